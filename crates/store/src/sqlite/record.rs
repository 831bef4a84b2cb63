//! The record: its head, its rows, and the documents that it names.

use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_domain::{CommandId, Digest, LeadId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    fault::{unavailable, unreadable},
    value::{digest, instant, maybe_digest, maybe_instant, number, parsed},
};
use crate::{
    backend::Visit,
    error::StoreError,
    log::{Head, LogKind, LogRow},
    row::CheckpointRow,
};

pub fn head(connection: &Connection) -> Result<Head, StoreError> {
    let fault = unreadable("read its head");
    let mut select = connection
        .prepare_cached("SELECT seq, hash, snapshot, price_epoch, leads, at FROM head WHERE one = 1")
        .map_err(&fault)?;
    let head = select.query_row([], |row| {
        Ok(Head {
            seq: number(row, 0)?,
            hash: digest(row, 1)?,
            snapshot: maybe_digest(row, 2)?,
            price_epoch: number(row, 3)?,
            leads: number(row, 4)?,
            at: instant(row, 5)?,
        })
    });
    head.map_err(fault)
}

pub fn log_after(connection: &Connection, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
    let fault = unavailable("read its log");
    let sql =
        "SELECT seq, kind, at, command, lead, actor, changes, detail, facts, hash FROM log WHERE seq > ?1 ORDER BY seq";
    let mut select = connection.prepare_cached(sql).map_err(&fault)?;
    let mut rows = select.query([seq as i64]).map_err(&fault)?;
    let mut last = seq;
    while let Some(row) = rows.next().map_err(&fault)? {
        let row = log_row(row).map_err(|e| StoreError::damaged(format!("the row of the log after {last}"), &e))?;
        last = row.seq;
        visit(row)?;
    }
    Ok(())
}

fn log_row(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    Ok(LogRow {
        seq: number(row, 0)?,
        kind: parsed(row, 1, LogKind::from_number)?,
        at: maybe_instant(row, 2)?.unwrap_or_default(),
        command: CommandId::from_bytes(row.get(3)?),
        lead: row.get::<_, Option<[u8; 16]>>(4)?.map(LeadId::from_bytes),
        actor: row.get(5)?,
        changes: row.get(6)?,
        detail: maybe_digest(row, 7)?,
        facts: maybe_digest(row, 8)?,
        hash: digest(row, 9)?,
    })
}

pub fn documents(connection: &Connection, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
    let fault = unreadable("read its documents");
    let number = "SELECT number FROM snapshots WHERE id = ?1";
    let number: Option<i64> =
        connection.query_row(number, [snapshot.bytes()], |row| row.get(0)).optional().map_err(&fault)?;
    let Some(number) = number else { return Ok(None) };
    let sql = "SELECT s.kind, s.name, d.body FROM snapshot_documents s JOIN documents d ON d.digest = s.digest WHERE s.snapshot = ?1";
    let mut select = connection.prepare_cached(sql).map_err(&fault)?;
    let rows = select.query_map([number], |row| {
        let kind = parsed(row, 0, |text: String| DocumentKind::parse(&text))?;
        Ok((kind, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?))
    });
    let mut documents = DocumentSet::default();
    for row in rows.map_err(&fault)? {
        let (kind, name, body) = row.map_err(&fault)?;
        documents.insert(kind, &name, body);
    }
    Ok(Some(documents))
}

pub fn checkpoint_row(row: &Row<'_>) -> rusqlite::Result<CheckpointRow> {
    Ok(CheckpointRow { seq: number(row, 0)?, hash: digest(row, 1)?, digest: digest(row, 2)?, body: row.get(3)? })
}

pub fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))
}
