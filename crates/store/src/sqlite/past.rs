//! History that was loaded: rows in, and what there is of a lead.

use std::collections::BTreeMap;

use pointsman_domain::{LeadId, Money, record::ActivityKind};
use rusqlite::{
    Connection, OptionalExtension, Row, ToSql, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};

use super::value::{instant, maybe_instant, name, parsed};
use crate::{
    cell::Cell,
    load::fact,
    loaded::{Past, Table},
    log::LogKind,
    number::{activity_number, stage},
    stage::StageFact,
};

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let null = ToSqlOutput::Owned(Value::Null);
        Ok(match self {
            Self::Int(value) => value.map_or(null, |value| ToSqlOutput::Owned(Value::Integer(value))),
            Self::Float(value) => value.map_or(null, |value| ToSqlOutput::Owned(Value::Real(value))),
            Self::Text(value) => {
                value.as_ref().map_or(null, |text| ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())))
            }
            Self::Bytes(value) => value.as_ref().map_or(null, |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes))),
        })
    }
}

pub fn put(connection: &Connection, table: &Table, rows: &[Vec<Cell<'_>>]) -> rusqlite::Result<u64> {
    let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
    let (columns, places) = (table.columns.join(", "), places.join(", "));
    let sql = format!("INSERT INTO {} ({columns}) VALUES ({places}) {}", table.name, table.conflict);
    let mut insert = connection.prepare_cached(&sql)?;
    rows.iter().try_fold(0, |new, row| Ok(new + insert.execute(params_from_iter(row))? as u64))
}

pub fn past(connection: &Connection, leads: &[LeadId]) -> rusqlite::Result<BTreeMap<LeadId, Past>> {
    let mut owners = connection.prepare_cached("SELECT at, rep FROM loaded_assignments WHERE lead = ?1 ORDER BY at")?;
    let first = "SELECT min(at), min(CASE WHEN kind = ?2 THEN at END) FROM activities WHERE lead = ?1 AND human = 1";
    let mut first = connection.prepare_cached(first)?;
    let ours = "SELECT l.kind FROM lead_state s JOIN log l ON l.seq = s.version WHERE s.lead = ?1";
    let mut ours = connection.prepare_cached(ours)?;
    let meeting = activity_number(ActivityKind::Meeting);
    let mut all = BTreeMap::new();
    for lead in leads {
        let id = lead.bytes();
        let owners = owners.query_map([id], |row| Ok((instant(row, 0)?, name(row, 1)?)))?;
        let activities = |row: &Row<'_>| Ok((maybe_instant(row, 0)?, maybe_instant(row, 1)?));
        let (attempted, met) = first.query_row((id, meeting), activities)?;
        let kind: Option<i64> = ours.query_row([id], |row| row.get(0)).optional()?;
        let past = Past {
            owners: owners.collect::<rusqlite::Result<_>>()?,
            stages: stages(connection, *lead)?,
            attempted,
            met,
            ours: kind.map(|kind| LogKind::from_number(kind) == Some(LogKind::Load)),
        };
        all.insert(*lead, past);
    }
    Ok(all)
}

/// The stage facts that were loaded.
pub fn stages(connection: &Connection, lead: LeadId) -> rusqlite::Result<Vec<StageFact>> {
    let sql = "SELECT at, known_at, stage, value FROM loaded_stages WHERE lead = ?1 ORDER BY at, stage";
    let mut select = connection.prepare_cached(sql)?;
    let facts = select.query_map([lead.bytes()], |row| {
        let value = row.get::<_, Option<i64>>(3)?.map(Money);
        Ok(fact(instant(row, 0)?, instant(row, 1)?, parsed(row, 2, stage)?, value))
    })?;
    facts.collect()
}
