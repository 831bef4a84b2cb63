//! `audit verify`: whether the record is what was written, and whether it adds up.

mod ledger;

use pointsman_domain::Digest;
use serde::Serialize;

pub use ledger::{LedgerAudit, LedgerReport, verify_ledger};

use crate::{
    backend::Reader,
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
