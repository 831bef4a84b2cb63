//! `audit verify`: whether the record is what was written, and whether it adds up.

mod ledger;

use std::{slice, vec::IntoIter};

use pointsman_domain::Digest;
use serde::Serialize;

pub use ledger::{LedgerAudit, LedgerReport, verify_ledger};

use crate::{
    backend::{Evidence, Reader, log_page},
    error::StoreError,
    log::{LogKind, LogRow},
};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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
    verify_on(reader, AuditReport::default(), kept)
}

/// Walks on from where an earlier walk without a fault ended. What stands before is taken as it was.
pub fn verify_on(
    reader: &mut dyn Reader,
    mut report: AuditReport,
    kept: Option<Digest>,
) -> Result<AuditReport, StoreError> {
    let head = reader.head()?;
    let mut kept_found = kept.is_none_or(|kept| kept == Digest::default());
    // Rows are taken in pages, because what stands behind each is read on the same connection.
    loop {
        let page = match log_page(reader, report.rows, PAGE) {
            Ok(page) => page,
            Err(StoreError::Damaged { why, .. }) => {
                let why = Problem::Unreadable { why };
                report.fault = Some(AuditFault { seq: report.rows + 1, problem: why });
                return Ok(report);
            }
            Err(error) => return Err(error),
        };
        let Some(last) = page.last().map(|row| row.seq) else { break };
        for part in page.chunks(PART) {
            let mut behind = together(reader, part)?;
            for row in part {
                let evidence = match &mut behind {
                    Some(behind) => behind.next().ok_or_else(|| "it is not there".to_owned()),
                    None => alone(reader, row)?,
                };
                if let Some(problem) = check(evidence, &mut report, row) {
                    report.fault = Some(AuditFault { seq: row.seq, problem });
                    return Ok(report);
                }
                report.rows = row.seq;
                report.head = row.hash;
                kept_found |= kept == Some(row.hash);
            }
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
/// What stands behind so many is read together: with facts and traces a megabyte or two.
const PART: usize = 256;

/// What stands behind rows, in their order; `None` where something of it cannot be read, so that
/// they are asked one by one and the first that is at fault is named.
fn together(reader: &mut dyn Reader, rows: &[LogRow]) -> Result<Option<IntoIter<Evidence>>, StoreError> {
    match reader.evidence(rows) {
        Ok(all) => Ok(Some(all.into_iter())),
        Err(StoreError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What stands behind one row, or why that cannot be read.
fn alone(reader: &mut dyn Reader, row: &LogRow) -> Result<Result<Evidence, String>, StoreError> {
    match reader.evidence(slice::from_ref(row)) {
        Ok(mut all) => Ok(all.pop().ok_or_else(|| "it is not there".to_owned())),
        Err(StoreError::Damaged { why, .. }) => Ok(Err(why)),
        Err(error) => Err(error),
    }
}

fn check(evidence: Result<Evidence, String>, report: &mut AuditReport, row: &LogRow) -> Option<Problem> {
    if row.seq != report.rows + 1 {
        return Some(Problem::Missing);
    }
    if row.chained(report.head, &mut Vec::new()) != row.hash {
        return Some(Problem::Altered);
    }
    let evidence = match evidence {
        Ok(evidence) => evidence,
        Err(why) => return Some(Problem::Detail { why }),
    };
    if evidence.detail != row.detail {
        let why = if evidence.detail.is_some() { "it was altered" } else { "it is not there" };
        return Some(Problem::Detail { why: why.into() });
    }
    if let Some(why) = evidence.contradiction {
        return Some(Problem::Detail { why });
    }
    match (evidence.facts == row.facts, evidence.erased_by) {
        (true, _) => {}
        (false, Some(request)) if evidence.facts.is_none() => report.erased.push((row.seq, request)),
        (false, _) => return Some(Problem::Facts),
    }
    match evidence.trace {
        Some((is, named)) if is != named => return Some(Problem::Trace),
        None if row.kind == LogKind::Decision => report.traces_gone += 1,
        _ => {}
    }
    None
}
