//! What is reported: the projection's cursor, rows of leads, and views.

use pointsman_domain::{DecisionId, Digest, Instant, LeadId};
use pointsman_measure::rows::{LeadRow, Name, NameRow, Names};
use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};

use super::{
    decision,
    fault::{refused, unavailable},
    past,
    rows::{LEAD, assignments_of, lead as lead_row, stages_of},
    value::{instant, name, number, parsed},
};
use crate::{
    backend::ViewVisit,
    cell::Cell,
    error::StoreError,
    fact::{Answered, Life, Projection, Rating, Response, narrow, notified},
    loaded::Table,
    number::activity,
    view::{Kind, View},
};

/// Writes the projection, on a connection of its own. It does not wait for the disk: what a crash
/// takes is made anew.
#[derive(Debug)]
pub struct SqliteProjection(Connection);

impl SqliteProjection {
    pub(super) fn new(connection: Connection) -> Result<Self, StoreError> {
        let fault = unavailable("set its pragmas");
        connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(fault)?;
        Ok(Self(connection))
    }

    fn roll_back(&self) {
        if !self.0.is_autocommit() {
            let _already_gone = self.0.execute_batch("ROLLBACK");
        }
    }

    fn write(&self, from: u64, to: u64, parts: &[(Table, Vec<Vec<Cell<'_>>>)]) -> Result<bool, StoreError> {
        let fault = unavailable("move what is reported on");
        self.0.execute_batch("BEGIN IMMEDIATE").map_err(&fault)?;
        let sql = "UPDATE projection SET seq = ?2 WHERE one = 1 AND seq = ?1";
        if self.0.execute(sql, [from as i64, to as i64]).map_err(&fault)? != 1 {
            return Ok(false);
        }
        for (table, rows) in parts {
            past::put(&self.0, table, rows).map_err(refused(table.name))?;
        }
        self.0.execute_batch("COMMIT").map_err(&fault)?;
        Ok(true)
    }
}

impl Projection for SqliteProjection {
    fn advance(&mut self, from: u64, to: u64, parts: &[(Table, Vec<Vec<Cell<'_>>>)]) -> Result<bool, StoreError> {
        let done = self.write(from, to, parts);
        self.roll_back();
        done
    }

    fn show_notifications(&mut self) -> Result<(), StoreError> {
        let fault = unavailable("show who was told");
        let waiting =
            self.0.prepare_cached(notified::WAITING).and_then(|mut select| select.exists([])).map_err(&fault)?;
        if !waiting {
            return Ok(());
        }
        let [show, shown] = notified::SHOW;
        let done = self.0.execute_batch(&format!("BEGIN IMMEDIATE; {show}; {shown}; COMMIT;")).map_err(fault);
        self.roll_back();
        done
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        let sql = "BEGIN IMMEDIATE; UPDATE projection SET seq = 0; DELETE FROM lead_fact; DELETE FROM rule_targets;
            DELETE FROM local_days; DELETE FROM rep_days; COMMIT;";
        let done = self.0.execute_batch(sql).map_err(unavailable("make what is reported anew"));
        self.roll_back();
        done
    }
}

pub fn projected(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT seq FROM projection WHERE one = 1")?.query_row([], |row| number(row, 0))
}

pub fn names(connection: &Connection) -> rusqlite::Result<Names> {
    let mut select = connection.prepare_cached("SELECT number, text FROM names ORDER BY number")?;
    let rows = select.query_map([], |row| {
        let name = parsed(row, 0, |n: i64| u32::try_from(n).ok().and_then(Name::from_number))?;
        Ok(NameRow { name, text: row.get(1)? })
    })?;
    Ok(Names::from_rows(rows.collect::<rusqlite::Result<Vec<_>>>()?))
}

pub fn facts_after(connection: &Connection, seq: u64, visit: &mut dyn FnMut(LeadRow)) -> rusqlite::Result<u64> {
    let sql = format!("SELECT lead, {} FROM lead_fact WHERE seq > ?1 ORDER BY lead", narrow::COLUMNS.join(", "));
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([seq as i64])?;
    let mut numbers = vec![None; narrow::COLUMNS.len()];
    while let Some(row) = rows.next()? {
        let lead = LeadId::from_bytes(row.get(0)?);
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = row.get(at + 1)?;
        }
        visit(narrow::row(lead, &numbers).ok_or_else(|| super::value::damaged(1))?);
    }
    projected(connection)
}

const TOUCHES: &str = "SELECT rep, at FROM activities WHERE human = 1 AND rep IS NOT NULL
    UNION ALL SELECT actor, at FROM stage_changes WHERE external_id LIKE 'activity:%' AND actor IS NOT NULL";

pub fn touches(connection: &Connection, visit: &mut dyn FnMut(&str, Instant)) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(TOUCHES)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        visit(row.get_ref(0)?.as_str()?, instant(row, 1)?);
    }
    Ok(())
}

const OFFERS: &str = "SELECT rep, at, 0 FROM offers
    UNION ALL SELECT d.rep, l.at, 0 FROM decisions d JOIN log l ON l.seq = d.seq WHERE d.state = 5
    UNION ALL SELECT rep, at, response FROM responses WHERE response < 4";

pub fn offers(connection: &Connection, visit: &mut dyn FnMut(&str, Instant, Answered)) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(OFFERS)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let answered = parsed(row, 2, Answered::from_number)?;
        visit(row.get_ref(0)?.as_str()?, instant(row, 1)?, answered);
    }
    Ok(())
}

pub fn loaded_by(connection: &Connection, seq: u64) -> rusqlite::Result<Vec<LeadId>> {
    let mut select = connection.prepare_cached("SELECT id FROM leads WHERE loaded = ?1 ORDER BY id")?;
    select.query_map([seq as i64], |row| row.get(0).map(LeadId::from_bytes))?.collect()
}

pub fn snapshot_number(connection: &Connection, id: &Digest) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT number FROM snapshots WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id.bytes()], |row| row.get(0)).optional()
}

const NOTIFIED: &str = "SELECT at FROM notifications WHERE lead = ?1";

pub fn life(connection: &Connection, lead: LeadId) -> rusqlite::Result<Option<Life>> {
    let id = lead.bytes();
    let sql = format!("SELECT {LEAD} WHERE l.id = ?1");
    let Some((row, state)) = connection.prepare_cached(&sql)?.query_row([id], lead_row).optional()? else {
        return Ok(None);
    };
    let undecided = state.decision == DecisionId::NONE;
    let origin = "SELECT origin = 'import' FROM leads WHERE id = ?1";
    let decisions = format!("SELECT {} WHERE d.lead = ?1 ORDER BY d.seq", decision::COLUMNS);
    let activities = "SELECT at, kind FROM activities WHERE lead = ?1 AND human = 1 ORDER BY at";
    let offers = "SELECT at, rep, seq FROM offers WHERE lead = ?1
        UNION ALL SELECT l.at, d.rep, d.seq FROM decisions d JOIN log l ON l.seq = d.seq
            WHERE d.lead = ?1 AND d.state = 5
        ORDER BY seq";
    let responses = "SELECT at, response FROM responses WHERE lead = ?1 ORDER BY seq";
    let moved = "SELECT count(*) FILTER (WHERE reason = 1), count(*) FILTER (WHERE reason = 4) FROM reassignments
        WHERE lead = ?1";
    let (misrouted, requested) =
        connection.prepare_cached(moved)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rating = "SELECT at, score FROM feedback WHERE lead = ?1 ORDER BY at DESC, id DESC LIMIT 1";
    let rated = |row: &Row<'_>| Ok(Rating { at: instant(row, 0)?, score: row.get(1)? });
    let done = "SELECT count(DISTINCT step) FROM checklist_ticks WHERE lead = ?1";
    Ok(Some(Life {
        row,
        state,
        imported: connection.prepare_cached(origin)?.query_row([id], |row| row.get(0))?,
        decisions: match undecided {
            true => Vec::new(),
            false => many(connection, &decisions, lead, |row| decision::read(row).map(|(_, decision)| decision))?,
        },
        assignments: assignments_of(connection, lead)?,
        stages: stages_of(connection, lead)?,
        activities: many(connection, activities, lead, |row| Ok((instant(row, 0)?, parsed(row, 1, activity)?)))?,
        offers: many(connection, offers, lead, |row| Ok((instant(row, 0)?, name(row, 1)?)))?,
        responses: many(connection, responses, lead, |row| {
            Ok((instant(row, 0)?, parsed(row, 1, Response::from_number)?))
        })?,
        notified: connection.prepare_cached(NOTIFIED)?.query_row([id], |row| instant(row, 0)).optional()?,
        misrouted,
        requested,
        rating: connection.prepare_cached(rating)?.query_row([id], rated).optional()?,
        checklist_done: connection.prepare_cached(done)?.query_row([id], |row| row.get(0))?,
    }))
}

fn many<T>(
    connection: &Connection,
    sql: &str,
    lead: LeadId,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map([lead.bytes()], read)?.collect()
}

pub fn view(connection: &Connection, view: &View, visit: ViewVisit<'_>) -> Result<(), StoreError> {
    let fault = unavailable("read a view");
    let columns: Vec<String> = view.columns.iter().map(|(column, kind)| column_sql(column, *kind)).collect();
    let sql = format!("SELECT {} FROM {} ORDER BY 1", columns.join(", "), view.name);
    let mut select = connection.prepare(&sql).map_err(&fault)?;
    let mut rows = select.query([]).map_err(&fault)?;
    while let Some(row) = rows.next().map_err(&fault)? {
        let cells = view.columns.iter().enumerate().map(|(at, (_, kind))| cell(row, at, *kind));
        let cells = cells.collect::<rusqlite::Result<Vec<_>>>().map_err(&fault)?;
        visit(&cells)?;
    }
    Ok(())
}

fn column_sql(column: &str, kind: Kind) -> String {
    match kind {
        Kind::Date => format!("CAST(julianday(\"{column}\") - 2440587.5 AS INTEGER)"),
        Kind::Text | Kind::Integer | Kind::Money | Kind::Number | Kind::Flag | Kind::Time => format!("\"{column}\""),
    }
}

fn cell<'a>(row: &'a Row<'_>, at: usize, kind: Kind) -> rusqlite::Result<Cell<'a>> {
    Ok(match kind {
        Kind::Text => match row.get_ref(at)? {
            ValueRef::Null => Cell::Text(None),
            value => Cell::Text(Some(value.as_str()?.into())),
        },
        Kind::Number => Cell::Float(row.get(at)?),
        Kind::Integer | Kind::Money | Kind::Flag | Kind::Time | Kind::Date => Cell::Int(row.get(at)?),
    })
}

pub fn view_columns(connection: &Connection, view: &View) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    select.query_map([view.name], |row| row.get(0))?.collect()
}
