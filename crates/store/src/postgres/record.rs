//! The record: its head, its rows, and the documents that it names.

use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_domain::{CommandId, Digest, LeadId};
use sqlx::{Row, postgres::PgRow};

use super::{
    connect::Line,
    fault::{unavailable, unreadable},
    value::{digest, id, instant, maybe_digest, maybe_id, number, parsed, text},
};
use crate::{
    backend::Visit,
    error::StoreError,
    log::{Head, LogKind, LogRow},
    row::CheckpointRow,
};

/// Rows of the log read at once.
const PAGE: i64 = 8192;

pub fn head(line: &mut Line) -> Result<Head, StoreError> {
    let sql = "SELECT seq, hash, snapshot, price_epoch, leads, at FROM head WHERE one = 1";
    let read = line.run(async |connection| head_row(&sqlx::query(sql).fetch_one(connection).await?));
    read.map_err(unreadable("read its head"))
}

pub fn head_row(row: &PgRow) -> sqlx::Result<Head> {
    Ok(Head {
        seq: number(row, 0)?,
        hash: digest(row, 1)?,
        snapshot: maybe_digest(row, 2)?,
        price_epoch: number(row, 3)?,
        leads: number(row, 4)?,
        at: instant(row, 5)?,
    })
}

pub fn log_after(line: &mut Line, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
    let sql = "SELECT seq, kind, at, command, lead, actor, changes, detail, facts, hash FROM log
        WHERE seq > $1 ORDER BY seq LIMIT $2";
    let mut last = seq;
    loop {
        let rows =
            line.run(async |connection| sqlx::query(sql).bind(last as i64).bind(PAGE).fetch_all(connection).await);
        let rows = rows.map_err(unavailable("read its log"))?;
        for row in &rows {
            let row = log_row(row).map_err(|e| StoreError::damaged(format!("the row of the log after {last}"), &e))?;
            last = row.seq;
            visit(row)?;
        }
        if (rows.len() as i64) < PAGE {
            return Ok(());
        }
    }
}

fn log_row(row: &PgRow) -> sqlx::Result<LogRow> {
    Ok(LogRow {
        seq: number(row, 0)?,
        kind: parsed(row, 1, LogKind::from_number)?,
        at: instant(row, 2)?,
        command: id(row, 3, CommandId::from_bytes)?,
        lead: maybe_id(row, 4, LeadId::from_bytes)?,
        actor: text(row, 5)?,
        changes: row.try_get(6)?,
        detail: maybe_digest(row, 7)?,
        facts: maybe_digest(row, 8)?,
        hash: digest(row, 9)?,
    })
}

pub fn documents(line: &mut Line, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
    let read = line.run(async |connection| {
        let sql = "SELECT s.kind, s.name, d.body FROM snapshots n JOIN snapshot_documents s ON s.snapshot = n.number
            JOIN documents d ON d.digest = s.digest WHERE n.id = $1";
        let rows = sqlx::query(sql).bind(&snapshot.bytes()[..]).fetch_all(connection).await?;
        let document = |row: &PgRow| {
            let kind = parsed(row, 0, DocumentKind::parse)?;
            Ok((kind, row.try_get::<String, _>(1)?, row.try_get::<Vec<u8>, _>(2)?))
        };
        rows.iter().map(document).collect::<sqlx::Result<Vec<_>>>()
    });
    let documents = read.map_err(unreadable("read its documents"))?;
    if documents.is_empty() {
        return Ok(None);
    }
    let mut set = DocumentSet::default();
    documents.into_iter().for_each(|(kind, name, body)| set.insert(kind, &name, body));
    Ok(Some(set))
}

pub fn checkpoint_row(row: &PgRow) -> sqlx::Result<CheckpointRow> {
    Ok(CheckpointRow { seq: number(row, 0)?, hash: digest(row, 1)?, digest: digest(row, 2)?, body: row.try_get(3)? })
}

pub fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our rows have text keys and finite numbers")
}
