//! `audit verify`: whether the record is what was written, and whether it adds up.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_assign::{Change, CounterKey, Ledger};
use pointsman_domain::{Digest, LimitId, RepId, Window};
use serde::Serialize;

use crate::{
    backend::Reader,
    codec,
    error::StoreError,
    log::{LogKind, LogRow},
};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub rows: u64,
    /// Hash of the last row that verifies.
    pub head: Digest,
    /// Decisions whose facts were erased on request: (seq, request). Erasing is not altering.
    pub erased: Vec<(u64, Box<str>)>,
    /// Decisions whose trace has aged out.
    pub traces_gone: u64,
    /// The first row that does not verify, and why.
    pub fault: Option<AuditFault>,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFault {
    pub seq: u64,
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// Rows before this one are not there.
    Missing,
    /// The row's bytes do not have its hash.
    Altered,
    /// The row cannot be read at all.
    Unreadable {
        why: String,
    },
    /// The decision, stage fact, assignment or documents behind it are not what was written.
    Detail {
        why: String,
    },
    Facts,
    Trace,
    /// The record ends before, or elsewhere than, the head says.
    Cut {
        head: u64,
    },
    /// The record does not hold the head that was kept elsewhere.
    OtherHead,
}

/// Walks the chain from the first row. `kept` is a head hash that was exported earlier: it must
/// be the hash of some row, so that a cut tail shows.
pub fn verify(reader: &mut dyn Reader, kept: Option<Digest>) -> Result<AuditReport, StoreError> {
    let head = reader.head()?;
    let mut report = AuditReport { rows: 0, head: Digest::default(), erased: vec![], traces_gone: 0, fault: None };
    let mut kept_found = kept.is_none_or(|kept| kept == Digest::default());
    // Rows are taken in pages, because what stands behind each is read on the same connection.
    loop {
        let page = match page(reader, report.rows) {
            Ok(page) => page,
            Err(StoreError::Damaged { why, .. }) => {
                let why = Problem::Unreadable { why };
                report.fault = Some(AuditFault { seq: report.rows + 1, problem: why });
                return Ok(report);
            }
            Err(error) => return Err(error),
        };
        let Some(last) = page.last().map(|row| row.seq) else { break };
        for row in &page {
            if let Some(problem) = check(reader, &mut report, row)? {
                report.fault = Some(AuditFault { seq: row.seq, problem });
                return Ok(report);
            }
            report.rows = row.seq;
            report.head = row.hash;
            kept_found |= kept == Some(row.hash);
        }
        if last >= head.seq {
            break;
        }
    }
    if report.rows < head.seq || (report.rows == head.seq && report.head != head.hash) {
        report.fault = Some(AuditFault { seq: report.rows, problem: Problem::Cut { head: head.seq } });
    } else if !kept_found {
        report.fault = Some(AuditFault { seq: report.rows, problem: Problem::OtherHead });
    }
    Ok(report)
}

/// Rows read at once.
const PAGE: usize = 4096;

fn page(reader: &mut dyn Reader, after: u64) -> Result<Vec<LogRow>, StoreError> {
    let mut rows = Vec::new();
    // A page that is full ends the stream early; that is no fault.
    let full = || StoreError::Refused { what: "a page that is full".into(), source: None };
    let read = reader.log_after(after, &mut |row| {
        if rows.len() == PAGE {
            return Err(full());
        }
        rows.push(row);
        Ok(())
    });
    match read {
        Err(StoreError::Refused { .. }) if rows.len() == PAGE => Ok(rows),
        // What could be read comes first: an earlier fault may be among it.
        Err(StoreError::Damaged { .. }) if !rows.is_empty() => Ok(rows),
        read => read.map(|()| rows),
    }
}

fn check(reader: &mut dyn Reader, report: &mut AuditReport, row: &LogRow) -> Result<Option<Problem>, StoreError> {
    if row.seq != report.rows + 1 {
        return Ok(Some(Problem::Missing));
    }
    if row.chained(report.head, &mut Vec::new()) != row.hash {
        return Ok(Some(Problem::Altered));
    }
    let evidence = match reader.evidence(row) {
        Ok(evidence) => evidence,
        Err(StoreError::Damaged { why, .. }) => return Ok(Some(Problem::Detail { why })),
        Err(error) => return Err(error),
    };
    if evidence.detail != row.detail {
        let why = if evidence.detail.is_some() { "it was altered" } else { "it is not there" };
        return Ok(Some(Problem::Detail { why: why.into() }));
    }
    if let Some(why) = evidence.contradiction {
        return Ok(Some(Problem::Detail { why }));
    }
    match (evidence.facts == row.facts, evidence.erased_by) {
        (true, _) => {}
        (false, Some(request)) if evidence.facts.is_none() => report.erased.push((row.seq, request)),
        (false, _) => return Ok(Some(Problem::Facts)),
    }
    match evidence.trace {
        Some((is, named)) if is != named => return Ok(Some(Problem::Trace)),
        None if row.kind == LogKind::Decision => report.traces_gone += 1,
        _ => {}
    }
    Ok(None)
}

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
            && self.wrong_checkpoints.is_empty()
    }
}

/// Reads of log and claims until both are of one moment; beyond it the last ones are compared.
const MOST_READS: u32 = 50;

/// Folds the record again, counts it plainly beside that, and compares both with each other and
/// with what the leads hold now. Also returns the fold.
pub fn verify_ledger(reader: &mut dyn Reader) -> Result<(LedgerReport, Ledger), StoreError> {
    let mut ledger = Ledger::default();
    let mut plain: BTreeMap<CounterKey, i64> = BTreeMap::new();
    let mut breaches = Vec::new();
    let mut rows = 0;
    let kept = reader.checkpoints()?;
    let mut right = BTreeSet::new();
    let mut held: BTreeMap<CounterKey, i64> = BTreeMap::new();
    let mut seq = 0;
    // The log and the claims are two reads, and a server may commit between them: then they are
    // of two moments, and are read on until they are of one.
    for _ in 0..MOST_READS {
        let from = seq;
        reader.log_after(from, &mut |row| {
            rows += 1;
            seq = row.seq;
            let ours = row.kind == LogKind::Decision;
            codec::decode(&row.changes, |change| {
                match &change {
                    Change::Claim { key } => {
                        let (used, cap) = ledger.used(&key.rep, &key.limit, key.window);
                        if ours && key.partition.0 == 0 && cap.is_some_and(|cap| used >= cap) {
                            breaches.push((row.seq, key.clone()));
                        }
                        *plain.entry(key.clone()).or_default() += 1;
                    }
                    Change::Release { key } => *plain.entry(key.clone()).or_default() -= 1,
                    _ => {}
                }
                ledger.apply(&change);
            })?;
            let mut here = kept.iter().filter(|checkpoint| checkpoint.seq == row.seq);
            if here.any(|checkpoint| checkpoint.hash == row.hash && checkpoint.state() == Some(ledger.state())) {
                right.insert(row.seq);
            }
            Ok(())
        })?;
        held.clear();
        reader.held_claims(&mut |state| {
            for key in state.claims.into_iter().filter(|key| key.window == Window::Always) {
                *held.entry(key).or_default() += 1;
            }
        })?;
        if reader.head()?.seq == seq {
            break;
        }
    }
    let open = |key: &&CounterKey| key.window == Window::Always && key.partition.0 == 0;
    let miscounted = plain.iter().filter(|(key, _)| open(key)).filter_map(|(key, count)| {
        let (used, _) = ledger.used(&key.rep, &key.limit, key.window);
        (i64::from(used) != *count).then(|| (key.clone(), used, *count))
    });
    let miscounted = miscounted.collect();
    let keys = plain.keys().chain(held.keys()).filter(open);
    let of = |map: &BTreeMap<CounterKey, i64>, key: &CounterKey| map.get(key).copied().unwrap_or(0);
    let mut misheld: Vec<_> = keys
        .filter(|key| of(&plain, key) != of(&held, key))
        .map(|key| (key.rep.clone(), key.limit.clone(), of(&plain, key), of(&held, key)))
        .collect();
    misheld.dedup();
    let wrong_checkpoints = kept.iter().map(|checkpoint| checkpoint.seq).filter(|seq| !right.contains(seq)).collect();
    let (counters, checkpoints) = (plain.len() as u64, right.len() as u64);
    let report = LedgerReport { rows, counters, miscounted, misheld, breaches, checkpoints, wrong_checkpoints };
    Ok((report, ledger))
}
