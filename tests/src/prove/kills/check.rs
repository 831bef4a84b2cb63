//! What must be true of a record, of which only what is new is read at each check.

use std::path::{Path, PathBuf};

use pointsman_domain::{DecisionId, LeadId, record::Stage};
use pointsman_store::{
    Reader, Sqlite, Store, StoreError,
    audit::{AuditReport, LedgerAudit, LedgerReport, verify, verify_ledger, verify_on},
    row::{Custody, CustodyKind},
};

use super::Said;
use crate::prove::company::BY_HAND;

/// Follows one record from check to check.
#[derive(Debug)]
pub struct Checker {
    path: PathBuf,
    /// Leads that all reps together may have.
    places: u64,
    /// Heard since the last check.
    said: Vec<Said>,
    chain: AuditReport,
    ledger: LedgerAudit,
}

impl Checker {
    pub fn new(path: &Path, places: u64) -> Self {
        let (chain, ledger) = (AuditReport::default(), LedgerAudit::default());
        Self { path: path.to_owned(), places, said: Vec::new(), chain, ledger }
    }

    /// Takes note of what was acknowledged.
    pub fn heard(&mut self, said: Vec<Said>) {
        self.said.extend(said);
    }

    /// Rows of the record that were followed.
    pub fn rows(&self) -> u64 {
        self.chain.rows
    }

    /// Everything that was said since the last check is there, and what was added to the record holds:
    /// no lead with two owners, no cap exceeded, all counters what the record implies. Everything
    /// that is wrong.
    pub fn check(&mut self) -> Result<(), String> {
        self.look().map_err(|error| format!("the record cannot be read: {error}"))?
    }

    fn look(&mut self) -> Result<Result<(), String>, StoreError> {
        let mut reader = Sqlite::open(&self.path)?.reader()?;
        let mut faults = Vec::new();
        for said in std::mem::take(&mut self.said) {
            if !is_true(&mut *reader, &said)? {
                faults.push(format!("lost: {said:?}"));
            }
        }
        self.chain = verify_on(&mut *reader, std::mem::take(&mut self.chain), None)?;
        faults.extend(self.chain.fault.as_ref().map(|fault| format!("the chain is broken: {fault:?}")));
        let report = self.ledger.follow(&mut *reader)?;
        faults.extend(wrong(&report));
        let over = self.ledger.ledger().over_cap();
        if !over.is_empty() {
            faults.push(format!("over their caps: {over:?}"));
        }
        let counts = reader.counts()?;
        let owned = counts.by_custody.get(&CustodyKind::Owned).copied().unwrap_or(0);
        if owned > self.places {
            faults.push(format!("{owned} leads are owned where there are {} places", self.places));
        }
        Ok(if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) })
    }

    /// The whole record, read from its first row by who knows nothing of the checks before: they must
    /// agree. Gives the number of leads.
    pub fn whole(&self) -> Result<u64, String> {
        self.look_at_all().map_err(|error| format!("the record cannot be read: {error}"))?
    }

    fn look_at_all(&self) -> Result<Result<u64, String>, StoreError> {
        let mut reader = Sqlite::open(&self.path)?.reader()?;
        let chain = verify(&mut *reader, None)?;
        let (report, ledger) = verify_ledger(&mut *reader)?;
        let mut faults = wrong(&report);
        if chain != self.chain {
            faults.push(format!("read as a whole the chain is {chain:?}, followed it was {:?}", self.chain));
        }
        if ledger.state() != self.ledger.ledger().state() {
            faults.push("read as a whole the counters are others than followed".into());
        }
        let leads = reader.counts()?.by_custody.values().sum();
        Ok(if faults.is_empty() { Ok(leads) } else { Err(faults.join("; ")) })
    }
}

fn is_true(reader: &mut dyn Reader, said: &Said) -> Result<bool, StoreError> {
    let id = |text: &str| text.parse::<LeadId>().ok();
    Ok(match said {
        Said::Decided { lead, decision, owner } => {
            let Some(decision) = decision.parse::<DecisionId>().ok() else { return Ok(false) };
            reader.decision(decision)?.is_some_and(|stored| {
                Some(stored.decision.lead) == id(lead)
                    && stored.decision.owner().map(pointsman_domain::RepId::as_str) == owner.as_deref()
                    && stored.trace.is_some()
                    && stored.facts.is_some()
            })
        }
        Said::Handed { lead } => {
            let Some(lead) = id(lead) else { return Ok(false) };
            // It may have been closed since.
            reader.lead(lead)?.is_some_and(|kept| match &kept.state.custody {
                Custody::Closed => true,
                custody => custody.owner().map(pointsman_domain::RepId::as_str) == Some(BY_HAND),
            })
        }
        Said::Closed { lead } => {
            let Some(lead) = id(lead) else { return Ok(false) };
            reader
                .lead(lead)?
                .is_some_and(|kept| (kept.state.custody, kept.state.stage) == (Custody::Closed, Stage::Won))
        }
    })
}

fn wrong(report: &LedgerReport) -> Vec<String> {
    let mut faults = Vec::new();
    let mut tell = |found: bool, what: String| faults.extend(found.then_some(what));
    tell(!report.breaches.is_empty(), format!("claimed at a full limit: {:?}", report.breaches));
    tell(!report.shared.is_empty(), format!("two owners: {:?}", report.shared));
    tell(!report.misheld.is_empty(), format!("slots held otherwise than recorded: {:?}", report.misheld));
    tell(!report.miscounted.is_empty(), format!("counted otherwise than recorded: {:?}", report.miscounted));
    tell(!report.wrong_checkpoints.is_empty(), format!("wrong checkpoints: {:?}", report.wrong_checkpoints));
    faults
}
