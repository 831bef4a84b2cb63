//! What is reported: the projection's cursor, rows of leads, and views.

use std::collections::BTreeMap;

use pointsman_domain::{Digest, Instant, LeadId};
use pointsman_measure::rows::{LeadRow, Name, NameRow, Names};
use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::{
    connect::Line,
    decision,
    fault::{refused, unavailable, unreadable},
    past,
    rows::{LEAD, assignment, lead as lead_row, stage_row},
    value::{id, instant, name, number, parsed},
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

/// Rows fetched at once.
const PAGE: usize = 4_096;

/// Writes the projection, on a connection of its own.
#[derive(Debug)]
pub struct PostgresProjection(pub(super) Line);

impl Projection for PostgresProjection {
    fn advance(&mut self, from: u64, to: u64, parts: &[(Table, Vec<Vec<Cell<'_>>>)]) -> Result<bool, StoreError> {
        let done = self.0.run(async |connection| {
            sqlx::query("BEGIN").execute(&mut *connection).await?;
            // Whoever else follows waits here, and then finds the cursor moved.
            let sql = "UPDATE projection SET seq = $2 WHERE one = 1 AND seq = $1";
            let moved = sqlx::query(sql).bind(from as i64).bind(to as i64).execute(&mut *connection).await?;
            if moved.rows_affected() != 1 {
                sqlx::query("ROLLBACK").execute(connection).await?;
                return Ok(false);
            }
            for (table, rows) in parts {
                past::put(&mut *connection, table, rows.clone()).await?;
            }
            sqlx::query("COMMIT").execute(connection).await?;
            Ok(true)
        });
        if done.is_err() {
            let _already_gone =
                self.0.run(async |connection| sqlx::query("ROLLBACK").execute(connection).await.map(drop));
        }
        done.map_err(refused("rows that are reported"))
    }

    fn show_notifications(&mut self) -> Result<(), StoreError> {
        let done = self.0.run(async |connection| {
            if sqlx::query(notified::WAITING).fetch_optional(&mut *connection).await?.is_some() {
                let [show, shown] = notified::SHOW;
                let sql = format!("BEGIN; {show}; {shown}; COMMIT");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
            }
            Ok(())
        });
        if done.is_err() {
            let _already_gone =
                self.0.run(async |connection| sqlx::query("ROLLBACK").execute(connection).await.map(drop));
        }
        done.map_err(unavailable("show who was told"))
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        let sql = "BEGIN; UPDATE projection SET seq = 0; DELETE FROM lead_fact; DELETE FROM rule_targets;
            DELETE FROM local_days; DELETE FROM rep_days; COMMIT";
        let done = self.0.run(async |connection| sqlx::raw_sql(sql).execute(connection).await);
        done.map(drop).map_err(unavailable("make what is reported anew"))
    }
}

pub async fn projected(connection: &mut PgConnection) -> sqlx::Result<u64> {
    let row = sqlx::query("SELECT seq FROM projection WHERE one = 1").fetch_one(connection).await?;
    number(&row, 0)
}

pub async fn names(connection: &mut PgConnection) -> sqlx::Result<Names> {
    let rows = sqlx::query("SELECT number, text FROM names ORDER BY number").fetch_all(connection).await?;
    let rows = rows.iter().map(|row| {
        let name = parsed(row, 0, |n: i64| u32::try_from(n).ok().and_then(Name::from_number))?;
        Ok(NameRow { name, text: row.try_get(1)? })
    });
    Ok(Names::from_rows(rows.collect::<sqlx::Result<Vec<_>>>()?))
}

/// Streams a statement through a cursor on one state of the database.
fn stream(
    line: &mut Line,
    what: &'static str,
    sql: &str,
    each: &mut dyn FnMut(&PgRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let declare = format!("DECLARE rows NO SCROLL CURSOR FOR {sql}");
    let opened = line.run(async |connection| {
        sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *connection).await?;
        // The first row of a view over everything may take longer than a statement of a batch may.
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *connection).await?;
        sqlx::query(AssertSqlSafe(declare)).persistent(false).execute(connection).await
    });
    let mut read = opened.map(|_| PAGE).map_err(unreadable(what));
    while matches!(read, Ok(PAGE)) {
        let fetch = format!("FETCH {PAGE} FROM rows");
        let page = line
            .run(async |connection| sqlx::query(AssertSqlSafe(fetch)).persistent(false).fetch_all(connection).await);
        read = page.map_err(unreadable(what)).and_then(|page| {
            page.iter().try_for_each(&mut *each)?;
            Ok(page.len())
        });
    }
    let _read_only = line.run(async |connection| sqlx::query("ROLLBACK").execute(connection).await.map(drop));
    read.map(drop)
}

pub fn facts_after(line: &mut Line, seq: u64, visit: &mut dyn FnMut(LeadRow)) -> Result<u64, StoreError> {
    let what = "read rows of leads";
    let sql = format!(
        "SELECT lead, (SELECT seq FROM projection WHERE one = 1), {} FROM lead_fact WHERE seq > {seq} ORDER BY lead",
        narrow::COLUMNS.join(", ")
    );
    let mut at = None;
    stream(line, what, &sql, &mut |row| {
        let read = || -> sqlx::Result<Option<LeadRow>> {
            let lead = id(row, 0, LeadId::from_bytes)?;
            let numbers = (0..narrow::COLUMNS.len()).map(|column| row.try_get(column + 2));
            Ok(narrow::row(lead, &numbers.collect::<sqlx::Result<Vec<_>>>()?))
        };
        at = Some(number(row, 1).map_err(unreadable(what))?);
        let fact = read().map_err(unreadable(what))?;
        visit(fact.ok_or_else(|| StoreError::damaged("a row of a lead", &"a number is none of its column"))?);
        Ok(())
    })?;
    match at {
        Some(at) => Ok(at),
        None => line.run(async |connection| projected(connection).await).map_err(unreadable(what)),
    }
}

pub fn touches(line: &mut Line, visit: &mut dyn FnMut(&str, Instant)) -> Result<(), StoreError> {
    let what = "read what reps did";
    let sql = "SELECT rep, at FROM activities WHERE human = 1 AND rep IS NOT NULL
        UNION ALL SELECT actor, at FROM stage_changes WHERE external_id LIKE 'activity:%' AND actor IS NOT NULL";
    stream(line, what, sql, &mut |row| {
        let (rep, at) = (row.try_get(0).map_err(unreadable(what))?, instant(row, 1).map_err(unreadable(what))?);
        visit(rep, at);
        Ok(())
    })
}

pub fn offers(line: &mut Line, visit: &mut dyn FnMut(&str, Instant, Answered)) -> Result<(), StoreError> {
    let what = "read offers";
    let sql = "SELECT rep, at, 0::int8 FROM offers
    UNION ALL SELECT d.rep, l.at, 0::int8 FROM decisions d JOIN log l ON l.seq = d.seq WHERE d.state = 5
    UNION ALL SELECT rep, at, response FROM responses WHERE response < 4";
    stream(line, what, sql, &mut |row| {
        let (rep, at) = (row.try_get(0).map_err(unreadable(what))?, instant(row, 1).map_err(unreadable(what))?);
        let answered = parsed(row, 2, Answered::from_number).map_err(unreadable(what))?;
        visit(rep, at, answered);
        Ok(())
    })
}

pub async fn loaded_by(connection: &mut PgConnection, seq: u64) -> sqlx::Result<Vec<LeadId>> {
    let sql = "SELECT id FROM leads WHERE loaded = $1 ORDER BY id";
    let rows = sqlx::query(sql).bind(seq as i64).fetch_all(connection).await?;
    rows.iter().map(|row| id(row, 0, LeadId::from_bytes)).collect()
}

pub async fn snapshot_number(connection: &mut PgConnection, digest: &Digest) -> sqlx::Result<Option<i64>> {
    let query = sqlx::query("SELECT number FROM snapshots WHERE id = $1").bind(&digest.bytes()[..]);
    query.fetch_optional(connection).await?.map(|row| row.try_get(0)).transpose()
}

/// One statement a table, whatever the number of leads.
pub async fn lives(connection: &mut PgConnection, leads: &[LeadId]) -> sqlx::Result<Vec<Life>> {
    let ids: Vec<[u8; 16]> = leads.iter().map(LeadId::bytes).collect();
    let sql = format!(
        "SELECT {LEAD}, (l.origin = 'import')::int::int8 FROM leads l JOIN lead_state s ON s.lead = l.id
         WHERE l.id = ANY($1) ORDER BY l.id"
    );
    let mut lives = BTreeMap::new();
    for row in sqlx::query(AssertSqlSafe(sql)).bind(&ids).fetch_all(&mut *connection).await? {
        let (lead, state) = lead_row(&row)?;
        let imported = row.try_get::<i64, _>(11)? != 0;
        lives.insert(lead.id, empty(lead, state, imported));
    }
    let mut each = async |sql: &str, take: &mut dyn FnMut(&PgRow, &mut Life) -> sqlx::Result<()>, at: usize| {
        for row in sqlx::query(AssertSqlSafe(sql.to_owned())).bind(&ids).fetch_all(&mut *connection).await? {
            if let Some(life) = lives.get_mut(&id(&row, at, LeadId::from_bytes)?) {
                take(&row, life)?;
            }
        }
        Ok::<(), sqlx::Error>(())
    };
    let decisions = format!("SELECT {} WHERE d.lead = ANY($1) ORDER BY d.seq", decision::COLUMNS);
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.decisions.push(decision::read(row)?.1);
        Ok(())
    };
    each(&decisions, take, 2).await?;
    let assignments = "SELECT seq, lead, rep, at, hop, propensity, actor, reason FROM assignments WHERE lead = ANY($1)
        UNION ALL SELECT 0, lead, rep, at, hop, propensity, 'import', NULL FROM loaded_assignments WHERE lead = ANY($1)
        ORDER BY seq, at";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.assignments.push(assignment(row)?);
        Ok(())
    };
    each(assignments, take, 1).await?;
    let stages = "SELECT seq, lead, at, known_at, stage, source_rank, external_id, reopen, value, reason, actor
        FROM stage_changes WHERE lead = ANY($1)
        UNION ALL SELECT 0, lead, at, known_at, stage, 0, 'load', 0, value, NULL, 'import' FROM loaded_stages
        WHERE lead = ANY($1) ORDER BY seq, at";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.stages.push(stage_row(row)?);
        Ok(())
    };
    each(stages, take, 1).await?;
    let activities = "SELECT lead, at, kind FROM activities WHERE lead = ANY($1) AND human = 1 ORDER BY at";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.activities.push((instant(row, 1)?, parsed(row, 2, activity)?));
        Ok(())
    };
    each(activities, take, 0).await?;
    let offers = "SELECT lead, at, rep, seq FROM offers WHERE lead = ANY($1)
        UNION ALL SELECT d.lead, l.at, d.rep, d.seq FROM decisions d JOIN log l ON l.seq = d.seq
            WHERE d.lead = ANY($1) AND d.state = 5
        ORDER BY seq";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.offers.push((instant(row, 1)?, name(row, 2)?));
        Ok(())
    };
    each(offers, take, 0).await?;
    let responses = "SELECT lead, at, response FROM responses WHERE lead = ANY($1) ORDER BY seq";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.responses.push((instant(row, 1)?, parsed(row, 2, Response::from_number)?));
        Ok(())
    };
    each(responses, take, 0).await?;
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.notified = Some(instant(row, 1)?);
        Ok(())
    };
    each("SELECT lead, at FROM notifications WHERE lead = ANY($1)", take, 0).await?;
    let moved = "SELECT lead, count(*) FILTER (WHERE reason = 1), count(*) FILTER (WHERE reason = 4) FROM reassignments
        WHERE lead = ANY($1) GROUP BY lead";
    let take = &mut |row: &PgRow, life: &mut Life| {
        (life.misrouted, life.requested) = (number(row, 1)?, number(row, 2)?);
        Ok(())
    };
    each(moved, take, 0).await?;
    let ratings = "SELECT lead, at, score FROM feedback WHERE lead = ANY($1) ORDER BY at, id";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.rating = Some(Rating { at: instant(row, 1)?, score: number(row, 2)? });
        Ok(())
    };
    each(ratings, take, 0).await?;
    let done = "SELECT lead, count(DISTINCT step) FROM checklist_ticks WHERE lead = ANY($1) GROUP BY lead";
    let take = &mut |row: &PgRow, life: &mut Life| {
        life.checklist_done = number(row, 1)?;
        Ok(())
    };
    each(done, take, 0).await?;
    Ok(lives.into_values().collect())
}

fn empty(row: crate::row::LeadRow, state: crate::row::LeadState, imported: bool) -> Life {
    Life {
        row,
        imported,
        state,
        decisions: Vec::new(),
        assignments: Vec::new(),
        stages: Vec::new(),
        activities: Vec::new(),
        offers: Vec::new(),
        responses: Vec::new(),
        notified: None,
        misrouted: 0,
        requested: 0,
        rating: None,
        checklist_done: 0,
    }
}

pub fn view(line: &mut Line, view: &View, visit: ViewVisit<'_>) -> Result<(), StoreError> {
    let what = "read a view";
    let columns: Vec<String> = view.columns.iter().map(|(column, kind)| column_sql(column, *kind)).collect();
    // Text in the order of its bytes, as the other store has it.
    let (first, kind) = view.columns[0];
    let order = if kind == Kind::Text { " COLLATE \"C\"" } else { "" };
    let sql = format!("SELECT * FROM (SELECT {} FROM {}) v ORDER BY \"{first}\"{order}", columns.join(", "), view.name);
    stream(line, what, &sql, &mut |row| {
        let cells = view.columns.iter().enumerate().map(|(at, (_, kind))| cell(row, at, *kind));
        let cells = cells.collect::<sqlx::Result<Vec<_>>>().map_err(unreadable(what))?;
        visit(&cells)
    })
}

fn column_sql(column: &str, kind: Kind) -> String {
    let cast = match kind {
        Kind::Text => "::text",
        Kind::Number => "::float8",
        Kind::Flag => "::int::int8",
        Kind::Integer | Kind::Money | Kind::Time => "::int8",
        Kind::Date => return format!("(\"{column}\" - DATE '1970-01-01')::int8 AS \"{column}\""),
    };
    format!("(\"{column}\"){cast} AS \"{column}\"")
}

fn cell(row: &PgRow, at: usize, kind: Kind) -> sqlx::Result<Cell<'_>> {
    Ok(match kind {
        Kind::Text => Cell::Text(row.try_get::<Option<&str>, _>(at)?.map(Into::into)),
        Kind::Number => Cell::Float(row.try_get(at)?),
        Kind::Integer | Kind::Money | Kind::Flag | Kind::Time | Kind::Date => Cell::Int(row.try_get(at)?),
    })
}

pub async fn view_columns(connection: &mut PgConnection, view: &View) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT column_name::text FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
    let rows = sqlx::query(sql).bind(view.name).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
