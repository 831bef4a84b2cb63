//! The checker: what clients were told against the record, counted with nothing but its own maps.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use pointsman_assign::{Change, CounterKey, Partition};
use pointsman_domain::{LeadId, LimitId, RepId, Window, record::Stage};
use pointsman_store::{Reader, Receipt, Store, StoreError, audit, codec, log::LogKind, row::Custody};

/// What one client was told.
#[derive(Debug)]
pub enum Said {
    Enquiry { key: String, person: u64, receipt: Receipt },
    Closed { lead: LeadId, stage: Stage },
    Transferred { receipt: Receipt },
}

/// What was checked.
#[derive(Debug, Default)]
pub struct Summary {
    rows: u64,
    decided: u64,
    duplicates: u64,
    replays: u64,
    transfers: u64,
    /// Rows at which some cap was just reached.
    binding: u64,
    /// Turns compared with entitlement.
    turns: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, decided, duplicates, replays, transfers, binding, turns } = self;
        write!(
            f,
            "{rows} rows hold: {decided} leads decided once, {duplicates} duplicates and {replays} retries told the same, \
             {transfers} contested transfers with one winner, a cap binding at {binding} rows and never exceeded, \
             {turns} turns within the bound"
        )
    }
}

/// Panics where the record and what was told disagree.
pub fn check(store: &dyn Store, said: &[Said], cap: u32) -> Result<Summary, StoreError> {
    let mut reader = store.reader()?;
    let mut summary = Summary::default();
    let decided = answers(said, &mut summary);
    record(&mut *reader, cap, &mut summary)?;
    assert!(summary.binding > 0 && summary.turns > 0, "caps that never bind prove nothing");
    for lead in &decided {
        owners(&mut *reader, *lead)?;
    }
    for said in said {
        match said {
            Said::Closed { lead, stage } => {
                let state = reader.lead(*lead)?.expect("an acknowledged lead is stored").state;
                assert_eq!((state.custody, state.stage), (Custody::Closed, *stage), "{lead}");
            }
            Said::Transferred { receipt: Receipt::Transferred { lead, from, to, .. } } => {
                let history = reader.assignments_of(*lead)?;
                let told = |pair: &[pointsman_store::row::AssignmentRow]| {
                    Some(&pair[0].rep) == from.as_ref() && pair[1].rep == *to && pair[1].actor.is_some()
                };
                assert!(history.windows(2).any(told), "{lead} went from {from:?} to {to}: {history:?}");
                summary.transfers += 1;
            }
            Said::Transferred { receipt } => panic!("{receipt:?}"),
            Said::Enquiry { .. } => {}
        }
    }
    assert_eq!(audit::verify(&mut *reader, None)?.fault, None);
    let (report, _) = audit::verify_ledger(&mut *reader)?;
    assert!(report.holds(), "{report:?}");
    Ok(summary)
}

/// One answer to a key; the leads that were decided.
fn answers(said: &[Said], summary: &mut Summary) -> Vec<LeadId> {
    let mut by_key: HashMap<&str, &Receipt> = HashMap::new();
    let mut decided = Vec::new();
    for said in said {
        let Said::Enquiry { key, person, receipt } = said else { continue };
        if let Some(before) = by_key.insert(key, receipt) {
            assert_eq!(before, receipt, "{key} of {person} was answered in two ways");
            summary.replays += 1;
            continue;
        }
        match receipt {
            Receipt::Decided { lead, .. } => decided.push(*lead),
            Receipt::Duplicate { .. } => summary.duplicates += 1,
            other => panic!("{other:?}"),
        }
    }
    let mut distinct = decided.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), decided.len(), "a lead was decided twice");
    summary.decided = decided.len() as u64;
    decided
}

/// Walks the record: no cap is exceeded at any row, and turns are fair while everybody is free.
fn record(reader: &mut dyn Reader, cap: u32, summary: &mut Summary) -> Result<(), StoreError> {
    let open = LimitId::new("open").expect("a name");
    let mut used: BTreeMap<RepId, u32> = BTreeMap::new();
    let mut turns: BTreeMap<RepId, i64> = BTreeMap::new();
    let mut free = Vec::new();
    reader.log_after(0, &mut |row| {
        summary.rows += 1;
        let now: Vec<RepId> = used.iter().filter(|(_, n)| **n < cap).map(|(rep, _)| rep.clone()).collect();
        // Whoever is there throughout: counted anew whenever that changes.
        if now != free {
            turns.clear();
            free = now;
        }
        codec::decode(&row.changes, |change| match change {
            Change::Claim { key } if is(&key, &open) => {
                let n = used.entry(key.rep.clone()).or_default();
                *n += 1;
                assert!(*n <= cap || row.kind != LogKind::Decision, "row {}: {} holds {n} of {cap}", row.seq, key.rep);
                summary.binding += u64::from(*n == cap);
            }
            Change::Release { key } if is(&key, &open) => *used.entry(key.rep).or_default() -= 1,
            Change::Turn { rep, .. } => {
                *turns.entry(rep).or_default() += 1;
                let counts = || free.iter().map(|rep| turns.get(rep).copied().unwrap_or(0));
                let (most, least) = (counts().max().unwrap_or(0), counts().min().unwrap_or(0));
                // Equal weights: within one of half of what two took together.
                assert!(most - least <= 2, "row {}: {turns:?}", row.seq);
                summary.turns += 1;
            }
            _ => {}
        })?;
        Ok(())
    })
}

fn is(key: &CounterKey, open: &LimitId) -> bool {
    key.limit == *open && key.window == Window::Always && key.partition == Partition::default()
}

/// A lead came to its first owner by one decision; everybody later got it by hand.
fn owners(reader: &mut dyn Reader, lead: LeadId) -> Result<(), StoreError> {
    let history = reader.assignments_of(lead)?;
    let automatic = history.iter().filter(|row| row.actor.is_none()).count();
    assert!(automatic <= 1, "{lead} was given away {automatic} times: {history:?}");
    Ok(())
}
