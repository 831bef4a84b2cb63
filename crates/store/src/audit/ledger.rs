//! Whether the record adds up: the ledger folded again, and a plain count of the same changes that
//! shares nothing with it.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_assign::{Change, CounterKey, Ledger};
use pointsman_domain::{LeadId, LimitId, RepId, Window};
use serde::Serialize;

use crate::{
    backend::Reader,
    codec,
    error::StoreError,
    log::{LogKind, LogRow},
    row::CheckpointRow,
};

/// Whether the record adds up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    pub rows: u64,
    pub counters: u64,
    /// Counters that the ledger folds to another number than a plain count of the claims.
    pub miscounted: Vec<(CounterKey, u32, i64)>,
    /// Open slots that the owned leads hold in another number than the record says.
    pub misheld: Vec<(RepId, LimitId, i64, i64)>,
    /// Claims of ours that succeeded at a full limit: (seq, counter).
    pub breaches: Vec<(u64, CounterKey)>,
    /// Rows after which more than one rep held open slots for one lead: (seq, lead).
    pub shared: Vec<(u64, LeadId)>,
    /// Checkpoints that say what the fold says there.
    pub checkpoints: u64,
    /// Seqs of those that do not.
    pub wrong_checkpoints: Vec<u64>,
}

impl LedgerReport {
    pub fn holds(&self) -> bool {
        self.miscounted.is_empty()
            && self.misheld.is_empty()
            && self.breaches.is_empty()
            && self.shared.is_empty()
            && self.wrong_checkpoints.is_empty()
    }
}

/// Reads of log and claims until both are of one moment; beyond it the last ones are compared.
const MOST_READS: u32 = 50;

/// Folds the record again, counts it plainly beside that, and compares both with each other and
/// with what the leads hold now. Also returns the fold.
pub fn verify_ledger(reader: &mut dyn Reader) -> Result<(LedgerReport, Ledger), StoreError> {
    let mut audit = LedgerAudit::default();
    let report = audit.follow(reader)?;
    Ok((report, audit.ledger))
}

/// The record folded and counted so far: it follows a record that grows without reading it again.
#[derive(Debug, Default)]
pub struct LedgerAudit {
    ledger: Ledger,
    rows: u64,
    seq: u64,
    plain: BTreeMap<CounterKey, i64>,
    caps: BTreeMap<(RepId, LimitId), u32>,
    /// Who holds open slots for a lead, and how many.
    holders: BTreeMap<LeadId, BTreeMap<RepId, i64>>,
    breaches: Vec<(u64, CounterKey)>,
    shared: Vec<(u64, LeadId)>,
    /// Checkpoints that were right when their row was folded.
    right: BTreeSet<u64>,
}

impl LedgerAudit {
    /// The fold as far as it was followed.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Takes in what the record holds since, and compares.
    pub fn follow(&mut self, reader: &mut dyn Reader) -> Result<LedgerReport, StoreError> {
        let kept = reader.checkpoints()?;
        let mut held: BTreeMap<CounterKey, i64> = BTreeMap::new();
        // The log and the claims are two reads, and a server may commit between them: then they are
        // of two moments, and are read on until they are of one.
        for _ in 0..MOST_READS {
            reader.log_after(self.seq, &mut |row| self.take(&row, &kept))?;
            held.clear();
            reader.held_claims(&mut |state| {
                for key in state.claims.into_iter().filter(|key| key.window == Window::Always) {
                    *held.entry(key).or_default() += 1;
                }
            })?;
            if reader.head()?.seq == self.seq {
                break;
            }
        }
        Ok(self.report(&kept, &held))
    }

    fn take(&mut self, row: &LogRow, kept: &[CheckpointRow]) -> Result<(), StoreError> {
        (self.rows, self.seq) = (self.rows + 1, row.seq);
        codec::decode(&row.changes, |change| {
            self.count(row, &change);
            self.ledger.apply(&change);
        })?;
        if let Some(lead) = row.lead
            && self.holders.get(&lead).is_some_and(|reps| reps.values().filter(|slots| **slots > 0).count() > 1)
        {
            self.shared.push((row.seq, lead));
        }
        let mut here = kept.iter().filter(|checkpoint| checkpoint.seq == row.seq);
        if here.any(|checkpoint| checkpoint.hash == row.hash && checkpoint.state() == Some(self.ledger.state())) {
            self.right.insert(row.seq);
        }
        Ok(())
    }

    fn count(&mut self, row: &LogRow, change: &Change) {
        match change {
            Change::Cap { rep, limit, cap } => {
                let limit = (rep.clone(), limit.clone());
                match cap {
                    Some(cap) => self.caps.insert(limit, *cap),
                    None => self.caps.remove(&limit),
                };
            }
            Change::Claim { key } => {
                let used = self.plain.entry(key.clone()).or_default();
                let cap = self.caps.get(&(key.rep.clone(), key.limit.clone()));
                let full = cap.is_some_and(|cap| *used >= i64::from(*cap));
                if row.kind == LogKind::Decision && key.partition.0 == 0 && full {
                    self.breaches.push((row.seq, key.clone()));
                }
                *used += 1;
                self.hold(row.lead, key, 1);
            }
            Change::Release { key } => {
                *self.plain.entry(key.clone()).or_default() -= 1;
                self.hold(row.lead, key, -1);
            }
            _ => {}
        }
    }

    fn hold(&mut self, lead: Option<LeadId>, key: &CounterKey, by: i64) {
        let Some(lead) = lead.filter(|_| key.window == Window::Always) else { return };
        let reps = self.holders.entry(lead).or_default();
        let slots = reps.entry(key.rep.clone()).or_default();
        *slots += by;
        if *slots == 0 {
            reps.remove(&key.rep);
        }
        if reps.is_empty() {
            self.holders.remove(&lead);
        }
    }

    fn report(&self, kept: &[CheckpointRow], held: &BTreeMap<CounterKey, i64>) -> LedgerReport {
        let open = |key: &&CounterKey| key.window == Window::Always && key.partition.0 == 0;
        let miscounted = self.plain.iter().filter(|(key, _)| open(key)).filter_map(|(key, count)| {
            let (used, _) = self.ledger.used(&key.rep, &key.limit, key.window);
            (i64::from(used) != *count).then(|| (key.clone(), used, *count))
        });
        let keys = self.plain.keys().chain(held.keys()).filter(open);
        let of = |map: &BTreeMap<CounterKey, i64>, key: &CounterKey| map.get(key).copied().unwrap_or(0);
        let mut misheld: Vec<_> = keys
            .filter(|key| of(&self.plain, key) != of(held, key))
            .map(|key| (key.rep.clone(), key.limit.clone(), of(&self.plain, key), of(held, key)))
            .collect();
        misheld.dedup();
        let wrong = kept.iter().map(|checkpoint| checkpoint.seq).filter(|seq| !self.right.contains(seq));
        LedgerReport {
            rows: self.rows,
            counters: self.plain.len() as u64,
            miscounted: miscounted.collect(),
            misheld,
            breaches: self.breaches.clone(),
            shared: self.shared.clone(),
            checkpoints: self.right.len() as u64,
            wrong_checkpoints: wrong.collect(),
        }
    }
}
