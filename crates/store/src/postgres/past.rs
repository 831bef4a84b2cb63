//! History that was loaded: rows in, and what there is of a lead.

use std::collections::BTreeMap;

use pointsman_domain::{LeadId, Money, record::ActivityKind};
use sqlx::{PgConnection, Row};

use super::{
    table::Rows,
    value::{id, instant, maybe_instant, name, parsed},
};
use crate::{
    cell::Cell,
    load::fact,
    loaded::{Past, Table},
    log::LogKind,
    number::{activity_number, stage},
};

pub async fn put(connection: &mut PgConnection, table: &Table, rows: Vec<Vec<Cell<'_>>>) -> sqlx::Result<u64> {
    let rows = Rows::new(rows);
    if rows.count() == 0 {
        return Ok(0);
    }
    let (columns, unnested) = (table.columns.join(", "), rows.unnested());
    let sql = format!("INSERT INTO {} ({columns}) SELECT * FROM {unnested} {}", table.name, table.conflict);
    Ok(rows.bound(sql).execute(connection).await?.rows_affected())
}

pub async fn past(connection: &mut PgConnection, leads: &[LeadId]) -> sqlx::Result<BTreeMap<LeadId, Past>> {
    let ids: Vec<[u8; 16]> = leads.iter().map(LeadId::bytes).collect();
    let mut all: BTreeMap<LeadId, Past> = leads.iter().map(|lead| (*lead, Past::default())).collect();
    let owners = "SELECT lead, at, rep FROM loaded_assignments WHERE lead = ANY($1) ORDER BY lead, at, rep";
    for row in sqlx::query(owners).bind(&ids).fetch_all(&mut *connection).await? {
        let owner = (instant(&row, 1)?, name(&row, 2)?);
        all.entry(id(&row, 0, LeadId::from_bytes)?).or_default().owners.push(owner);
    }
    let stages =
        "SELECT lead, at, known_at, stage, value FROM loaded_stages WHERE lead = ANY($1) ORDER BY lead, at, stage";
    for row in sqlx::query(stages).bind(&ids).fetch_all(&mut *connection).await? {
        let value = row.try_get::<Option<i64>, _>(4)?.map(Money);
        let fact = fact(instant(&row, 1)?, instant(&row, 2)?, parsed(&row, 3, stage)?, value);
        all.entry(id(&row, 0, LeadId::from_bytes)?).or_default().stages.push(fact);
    }
    let first = "SELECT lead, min(at), min(at) FILTER (WHERE kind = $2) FROM activities
        WHERE lead = ANY($1) AND human = 1 GROUP BY lead";
    let meeting = activity_number(ActivityKind::Meeting);
    for row in sqlx::query(first).bind(&ids).bind(meeting).fetch_all(&mut *connection).await? {
        let past = all.entry(id(&row, 0, LeadId::from_bytes)?).or_default();
        (past.attempted, past.met) = (maybe_instant(&row, 1)?, maybe_instant(&row, 2)?);
    }
    let ours = "SELECT s.lead, l.kind FROM lead_state s JOIN log l ON l.seq = s.version WHERE s.lead = ANY($1)";
    for row in sqlx::query(ours).bind(&ids).fetch_all(connection).await? {
        let is_load = LogKind::from_number(row.try_get(1)?) == Some(LogKind::Load);
        all.entry(id(&row, 0, LeadId::from_bytes)?).or_default().ours = Some(is_load);
    }
    Ok(all)
}
