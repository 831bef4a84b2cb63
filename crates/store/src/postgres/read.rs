//! The connections that read. What takes one statement is one state of the database by itself;
//! what takes several runs in a transaction that sees one state.

use std::{collections::BTreeMap, sync::Arc};

use pointsman_decision::{Decision, DocumentSet};
use pointsman_domain::{AccountId, ContactId, DecisionId, Digest, Instant, LeadId, RepId};
use pointsman_measure::rows::{self, Names};
use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::{
    around::Rounds,
    connect::Line,
    course, decision,
    evidence::{self, Behind},
    fault::unreadable,
    record, report,
    rows::{ASSIGNMENT, LEAD, RESPONSE, STAGE, account, assignment, contact, joined, lead, response, stage_row},
    value::{digest, id, json, number, parsed},
};
use crate::{
    backend::{
        Around, Counts, Courses, Evidence, LeadCourse, LeadFilter, LeadRecord, Reader, StoredDecision, Surroundings,
        ViewVisit, Visit,
    },
    error::StoreError,
    fact::{Answered, Life},
    log::{Head, LogKind, LogRow},
    number::custody,
    row::{
        AccountRow, AssignmentRow, CheckpointRow, ContactRow, CustodyKind, LeadRow, LeadState, ResponseRow, StageRow,
    },
    view::View,
};

/// Reads one schema.
#[derive(Debug)]
pub struct PostgresReader {
    line: Line,
    rounds: Arc<Rounds>,
}

impl PostgresReader {
    pub(super) fn new(line: Line, rounds: Arc<Rounds>) -> Self {
        Self { line, rounds }
    }

    /// Runs `read` on one state of the database.
    fn consistently<T>(
        &mut self,
        what: &'static str,
        read: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T, StoreError> {
        let done = self.line.run(async |connection| {
            sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *connection).await?;
            let value = read(&mut *connection).await;
            sqlx::query("COMMIT").execute(connection).await?;
            value
        });
        done.map_err(unreadable(what))
    }
}

async fn stored_decision(connection: &mut PgConnection, row: Option<PgRow>) -> sqlx::Result<Option<StoredDecision>> {
    let Some(row) = row else { return Ok(None) };
    let (seq, decision) = decision::read(&row)?;
    let sql = "SELECT (SELECT body FROM facts WHERE seq = $1), (SELECT body FROM traces WHERE seq = $1)";
    let bodies = sqlx::query(sql).bind(seq as i64).fetch_one(connection).await?;
    Ok(Some(StoredDecision { seq, decision, facts: bodies.try_get(0)?, trace: bodies.try_get(1)? }))
}

impl Reader for PostgresReader {
    fn head(&mut self) -> Result<Head, StoreError> {
        record::head(&mut self.line)
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        record::log_after(&mut self.line, seq, visit)
    }

    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
        record::documents(&mut self.line, snapshot)
    }

    fn around(&mut self, around: &Around) -> Result<Surroundings, StoreError> {
        self.rounds.ask(around)
    }

    fn lead(&mut self, id: LeadId) -> Result<Option<LeadRecord>, StoreError> {
        let sql = format!(
            "SELECT {LEAD}, c.id, c.name, c.email, c.phone, c.account, c.owner, c.version, a.id, a.name, a.name_key,
                a.domain, a.parent, a.owner, a.version, h.seq
             FROM leads l JOIN lead_state s ON s.lead = l.id JOIN head h ON h.one = 1
             LEFT JOIN contacts c ON c.id = l.contact LEFT JOIN accounts a ON a.id = l.account WHERE l.id = $1"
        );
        let read = self.line.run(async |connection| {
            let row = sqlx::query(AssertSqlSafe(sql)).bind(id.bytes()).fetch_optional(connection).await?;
            let Some(row) = row else { return Ok(None) };
            let (lead, state) = lead(&row)?;
            let (contact, account) = (joined(&row, 11, contact)?, joined(&row, 18, account)?);
            Ok(Some(LeadRecord { row: lead, state, contact, account, read_at: number(&row, 25)? }))
        });
        read.map_err(unreadable("read a lead"))
    }

    fn lead_by_source(&mut self, source: &str, external_id: &str) -> Result<Option<LeadId>, StoreError> {
        let sql = "SELECT id FROM leads WHERE source = $1 AND external_id = $2";
        let read = self.line.run(async |connection| {
            let row = sqlx::query(sql).bind(source).bind(external_id).fetch_optional(connection).await?;
            row.as_ref().map(|row| id(row, 0, LeadId::from_bytes)).transpose()
        });
        read.map_err(unreadable("find a lead"))
    }

    fn leads(&mut self, filter: LeadFilter) -> Result<Vec<(LeadRow, LeadState)>, StoreError> {
        let before = filter.before.map_or([0xff; 16], |lead| lead.bytes());
        let kind = filter.custody.map(|kind| kind as i64);
        let condition = if kind.is_some() { "s.custody = $3 AND s.lead" } else { "$3::int8 IS NULL AND l.id" };
        let order = if kind.is_some() { "s.lead" } else { "l.id" };
        let sql = format!(
            "SELECT {LEAD} FROM leads l JOIN lead_state s ON s.lead = l.id
             WHERE {condition} < $1 ORDER BY {order} DESC LIMIT $2"
        );
        let read = self.line.run(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(before).bind(i64::from(filter.limit)).bind(kind);
            query.fetch_all(connection).await?.iter().map(lead).collect()
        });
        read.map_err(unreadable("list leads"))
    }

    fn leads_with(
        &mut self,
        rep: &RepId,
        before: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<(LeadRow, LeadState)>, StoreError> {
        let before = before.map_or([0xff; 16], |lead| lead.bytes());
        let sql = format!(
            "SELECT {LEAD} FROM leads l JOIN lead_state s ON s.lead = l.id
             WHERE s.custody IN (1, 5) AND s.rep = $1 AND s.lead < $2 ORDER BY s.lead DESC LIMIT $3"
        );
        let read = self.line.run(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(rep.as_str()).bind(before).bind(i64::from(limit));
            query.fetch_all(connection).await?.iter().map(lead).collect()
        });
        read.map_err(unreadable("list a rep's leads"))
    }

    fn decision(&mut self, id: DecisionId) -> Result<Option<StoredDecision>, StoreError> {
        let sql = format!("SELECT {} WHERE d.id = $1", decision::COLUMNS);
        self.consistently("read a decision", async |connection| {
            let row = sqlx::query(AssertSqlSafe(sql)).bind(id.bytes()).fetch_optional(&mut *connection).await?;
            stored_decision(connection, row).await
        })
    }

    fn facts_of(&mut self, decisions: &[DecisionId]) -> Result<BTreeMap<DecisionId, Vec<u8>>, StoreError> {
        let ids: Vec<[u8; 16]> = decisions.iter().map(DecisionId::bytes).collect();
        let sql = "SELECT d.id, f.body FROM decisions d JOIN facts f ON f.seq = d.seq WHERE d.id = ANY($1)";
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(sql).bind(ids).fetch_all(connection).await?;
            rows.iter().map(|row| Ok((id(row, 0, DecisionId::from_bytes)?, row.try_get(1)?))).collect()
        });
        read.map_err(unreadable("read what decisions were taken on"))
    }

    fn contact(&mut self, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
        let sql = "SELECT id, name, email, phone, account, owner, version FROM contacts WHERE id = $1";
        let read = self.line.run(async |connection| {
            let row = sqlx::query(sql).bind(id.bytes()).fetch_optional(connection).await?;
            row.as_ref().map(|row| contact(row, 0)).transpose()
        });
        read.map_err(unreadable("read a person"))
    }

    fn account(&mut self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        let sql = "SELECT id, name, name_key, domain, parent, owner, version FROM accounts WHERE id = $1";
        let read = self.line.run(async |connection| {
            let row = sqlx::query(sql).bind(id.bytes()).fetch_optional(connection).await?;
            row.as_ref().map(|row| account(row, 0)).transpose()
        });
        read.map_err(unreadable("read a company"))
    }

    fn decisions_of(&mut self, lead: LeadId) -> Result<Vec<Decision>, StoreError> {
        let sql = format!("SELECT {} WHERE d.lead = $1 ORDER BY d.seq", decision::COLUMNS);
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(lead.bytes()).fetch_all(connection).await?;
            rows.iter().map(|row| decision::read(row).map(|(_, decision)| decision)).collect()
        });
        read.map_err(unreadable("read a lead's decisions"))
    }

    fn last_decisions(&mut self, limit: u32) -> Result<Vec<Decision>, StoreError> {
        let sql = format!("SELECT {} ORDER BY d.seq DESC LIMIT $1", decision::COLUMNS);
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(connection).await?;
            rows.iter().map(|row| decision::read(row).map(|(_, decision)| decision)).collect()
        });
        read.map_err(unreadable("read the last decisions"))
    }

    fn assignments_of(&mut self, lead: LeadId) -> Result<Vec<AssignmentRow>, StoreError> {
        let sql = format!(
            "{ASSIGNMENT} WHERE lead = $1
             UNION ALL SELECT 0, lead, rep, at, hop, propensity, 'import', NULL FROM loaded_assignments WHERE lead = $1
             ORDER BY seq, at"
        );
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(lead.bytes()).fetch_all(connection).await?;
            rows.iter().map(assignment).collect()
        });
        read.map_err(unreadable("read a lead's assignments"))
    }

    fn stages_of(&mut self, lead: LeadId) -> Result<Vec<StageRow>, StoreError> {
        let sql = format!(
            "{STAGE} WHERE lead = $1
             UNION ALL SELECT 0, lead, at, known_at, stage, 0, 'load', 0, value, NULL, 'import' FROM loaded_stages
             WHERE lead = $1 ORDER BY seq, at"
        );
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(lead.bytes()).fetch_all(connection).await?;
            rows.iter().map(stage_row).collect()
        });
        read.map_err(unreadable("read a lead's stages"))
    }

    fn responses_of(&mut self, lead: LeadId) -> Result<Vec<ResponseRow>, StoreError> {
        let sql = format!("{RESPONSE} WHERE lead = $1 ORDER BY seq");
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(lead.bytes()).fetch_all(connection).await?;
            rows.iter().map(response).collect()
        });
        read.map_err(unreadable("read a lead's responses"))
    }

    fn offers_over(&mut self, now: Instant, limit: u32) -> Result<Vec<LeadId>, StoreError> {
        let sql = "SELECT lead FROM lead_state WHERE offer_until <= $1 ORDER BY offer_until LIMIT $2";
        let read = self.line.run(async |connection| {
            let query = sqlx::query(sql).bind(now.unix_micros()).bind(i64::from(limit));
            query.fetch_all(connection).await?.iter().map(|row| id(row, 0, LeadId::from_bytes)).collect()
        });
        read.map_err(unreadable("find offers that ended"))
    }

    fn counts(&mut self) -> Result<Counts, StoreError> {
        self.consistently("count leads", async |connection| {
            let sql = "SELECT custody, count(*) FROM lead_state GROUP BY custody";
            let rows = sqlx::query(sql).fetch_all(&mut *connection).await?;
            let kind = |row: &PgRow| parsed(row, 0, |number: i64| u8::try_from(number).ok().and_then(custody));
            let by_custody = rows.iter().map(|row| Ok((kind(row)?, number(row, 1)?))).collect::<sqlx::Result<_>>()?;
            let sql = "SELECT state::jsonb -> 'custody' ->> 'queue', count(*) FROM lead_state
                WHERE custody = $1 GROUP BY 1";
            let rows = sqlx::query(sql).bind(CustodyKind::Parked as i64).fetch_all(connection).await?;
            let by_queue =
                rows.iter().map(|row| Ok((row.try_get(0)?, number(row, 1)?))).collect::<sqlx::Result<_>>()?;
            Ok(Counts { by_custody, by_queue })
        })
    }

    fn courses(&mut self, which: Courses<'_>, visit: &mut dyn FnMut(LeadCourse)) -> Result<(), StoreError> {
        course::read(&mut self.line, which, visit)
    }

    fn evidence(&mut self, rows: &[LogRow]) -> Result<Vec<Evidence>, StoreError> {
        let behind = self.consistently("read what stands behind rows of the log", async |connection| {
            Behind::read(connection, rows).await
        })?;
        let of = |row: &LogRow| match row.kind {
            LogKind::Switch => evidence::of_switch(&mut self.line, row),
            _ => Ok(behind.of(row)),
        };
        rows.iter().map(of).collect()
    }

    fn checkpoints(&mut self) -> Result<Vec<CheckpointRow>, StoreError> {
        let sql = "SELECT seq, hash, digest, body FROM ledger_checkpoints ORDER BY seq";
        let read = self.line.run(async |connection| {
            sqlx::query(sql).fetch_all(connection).await?.iter().map(record::checkpoint_row).collect()
        });
        read.map_err(unreadable("read checkpoints of the ledger"))
    }

    fn announced(&mut self) -> Result<Vec<Digest>, StoreError> {
        let sql = "SELECT snapshot FROM announcements ORDER BY at DESC LIMIT 4";
        let read = self.line.run(async |connection| {
            sqlx::query(sql).fetch_all(connection).await?.iter().map(|row| digest(row, 0)).collect()
        });
        read.map_err(unreadable("read what was announced"))
    }

    fn held_claims(&mut self, visit: &mut dyn FnMut(LeadState)) -> Result<(), StoreError> {
        let mut after = Vec::new();
        loop {
            let read = self.line.run(async |connection| {
                let sql =
                    "SELECT lead, state FROM lead_state WHERE custody IN ($1, $3) AND lead > $2 ORDER BY lead LIMIT 8192";
                let query = sqlx::query(sql).bind(CustodyKind::Owned as i64).bind(&after[..]).bind(CustodyKind::Offered as i64);
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(|row| Ok((row.try_get(0)?, json(row, 1)?))).collect::<sqlx::Result<Vec<_>>>()
            });
            let page: Vec<(Vec<u8>, LeadState)> = read.map_err(unreadable("read who holds which claims"))?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.clone();
            page.into_iter().for_each(|(_, state)| visit(state));
        }
    }

    fn projected(&mut self) -> Result<u64, StoreError> {
        let read = self.line.run(async |connection| report::projected(connection).await);
        read.map_err(unreadable("read where its reports stand"))
    }

    fn names(&mut self) -> Result<Names, StoreError> {
        self.line.run(async |connection| report::names(connection).await).map_err(unreadable("read its names"))
    }

    fn facts_after(&mut self, seq: u64, visit: &mut dyn FnMut(rows::LeadRow)) -> Result<u64, StoreError> {
        report::facts_after(&mut self.line, seq, visit)
    }

    fn lives(&mut self, leads: &[LeadId]) -> Result<Vec<Life>, StoreError> {
        self.consistently("read what is stored of leads", async |connection| report::lives(connection, leads).await)
    }

    fn touches(&mut self, visit: &mut dyn FnMut(&str, Instant)) -> Result<(), StoreError> {
        report::touches(&mut self.line, visit)
    }

    fn offers(&mut self, visit: &mut dyn FnMut(&str, Instant, Answered)) -> Result<(), StoreError> {
        report::offers(&mut self.line, visit)
    }

    fn loaded_by(&mut self, seq: u64) -> Result<Vec<LeadId>, StoreError> {
        let read = self.line.run(async |connection| report::loaded_by(connection, seq).await);
        read.map_err(unreadable("read what was loaded"))
    }

    fn decisions_after(&mut self, seq: u64, limit: u32) -> Result<Vec<StoredDecision>, StoreError> {
        let sql = format!("SELECT {} WHERE d.seq > $1 ORDER BY d.seq LIMIT $2", decision::COLUMNS);
        self.consistently("read decisions", async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(seq as i64).bind(i64::from(limit));
            let mut found = Vec::new();
            for row in query.fetch_all(&mut *connection).await? {
                found.extend(stored_decision(&mut *connection, Some(row)).await?);
            }
            Ok(found)
        })
    }

    fn snapshot_number(&mut self, id: &Digest) -> Result<Option<i64>, StoreError> {
        let read = self.line.run(async |connection| report::snapshot_number(connection, id).await);
        read.map_err(unreadable("read its documents"))
    }

    fn view(&mut self, view: &View, visit: ViewVisit<'_>) -> Result<(), StoreError> {
        report::view(&mut self.line, view, visit)
    }

    fn view_columns(&mut self, view: &View) -> Result<Vec<String>, StoreError> {
        let read = self.line.run(async |connection| report::view_columns(connection, view).await);
        read.map_err(unreadable("read a view's columns"))
    }
}
