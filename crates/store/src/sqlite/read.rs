//! The connections that read.

use std::collections::BTreeMap;

use pointsman_decision::{Decision, DocumentSet};
use pointsman_domain::{AccountId, ContactId, DecisionId, Digest, Instant, LeadId, RepId};
use pointsman_measure::rows::{self, Names};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    around::{find_account, find_contact, opportunity, parent_owner, subsidiary_owner},
    course, decision,
    evidence::evidence,
    fault::{unavailable, unreadable},
    record, report,
    rows::{
        ACCOUNT, CONTACT, LEAD, RESPONSE, account, assignments_of, contact, lead, many, one, response, seq, stages_of,
    },
    value::{json, number, parsed},
};
use crate::{
    backend::{
        Around, Counts, Courses, Evidence, LeadCourse, LeadFilter, LeadRecord, Reader, StoredDecision, Surroundings,
        ViewVisit, Visit,
    },
    error::StoreError,
    fact::{Answered, Life},
    log::{Head, LogRow},
    number::custody,
    row::{
        AccountRow, AssignmentRow, CheckpointRow, ContactRow, CustodyKind, LeadRow, LeadState, ResponseRow, StageRow,
    },
    view::View,
};

/// Reads one file.
#[derive(Debug)]
pub struct SqliteReader {
    connection: Connection,
}

impl SqliteReader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Runs `read` on one state of the file.
    fn consistently<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction().map_err(unavailable(what))?;
        let value = read(&transaction).map_err(unreadable(what))?;
        transaction.finish().map_err(unavailable(what))?;
        Ok(value)
    }
}

impl Reader for SqliteReader {
    fn head(&mut self) -> Result<Head, StoreError> {
        record::head(&self.connection)
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        record::log_after(&self.connection, seq, visit)
    }

    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
        record::documents(&self.connection, snapshot)
    }

    fn around(&mut self, around: &Around) -> Result<Surroundings, StoreError> {
        self.consistently("read what is known around a lead", |connection| {
            let contact = match around.contact {
                Some(id) => one(connection, CONTACT, [id.bytes()], contact)?,
                None => find_contact(connection, &around.duplicate_keys)?,
            };
            let account = match around.account {
                Some(id) => one(connection, ACCOUNT, [id.bytes()], account)?,
                None => find_account(connection, around, contact.as_ref())?,
            };
            let parent_owner = account.as_ref().map_or(Ok(None), |account| parent_owner(connection, account))?;
            let subsidiary_owner =
                account.as_ref().map_or(Ok(None), |account| subsidiary_owner(connection, account.id))?;
            let opportunity = account.as_ref().map_or(Ok(None), |account| opportunity(connection, account.id))?;
            Ok(Surroundings {
                read_at: seq(connection)?,
                contact,
                account,
                parent_owner,
                subsidiary_owner,
                opportunity,
            })
        })
    }

    fn lead(&mut self, id: LeadId) -> Result<Option<LeadRecord>, StoreError> {
        self.consistently("read a lead", |connection| {
            let sql = format!("SELECT {LEAD} WHERE l.id = ?1");
            let Some((row, state)) = one(connection, &sql, [id.bytes()], lead)? else { return Ok(None) };
            let contact = row.contact.map_or(Ok(None), |id| one(connection, CONTACT, [id.bytes()], contact))?;
            let account = row.account.map_or(Ok(None), |id| one(connection, ACCOUNT, [id.bytes()], account))?;
            Ok(Some(LeadRecord { row, state, contact, account, read_at: seq(connection)? }))
        })
    }

    fn lead_by_source(&mut self, source: &str, external_id: &str) -> Result<Option<LeadId>, StoreError> {
        let sql = "SELECT id FROM leads WHERE source = ?1 AND external_id = ?2";
        let read = |row: &Row<'_>| row.get(0).map(LeadId::from_bytes);
        self.consistently("find a lead", |connection| one(connection, sql, [source, external_id], read))
    }

    fn leads(&mut self, filter: LeadFilter) -> Result<Vec<(LeadRow, LeadState)>, StoreError> {
        let before = filter.before.map_or([0xff; 16], |lead| lead.bytes());
        self.consistently("list leads", |connection| match filter.custody {
            Some(kind) => {
                let sql = format!("SELECT {LEAD} WHERE s.custody = ?1 AND s.lead < ?2 ORDER BY s.lead DESC LIMIT ?3");
                many(connection, &sql, params![kind as u8, before, filter.limit], lead)
            }
            None => {
                let sql = format!("SELECT {LEAD} WHERE l.id < ?1 ORDER BY l.id DESC LIMIT ?2");
                many(connection, &sql, params![before, filter.limit], lead)
            }
        })
    }

    fn leads_with(
        &mut self,
        rep: &RepId,
        before: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<(LeadRow, LeadState)>, StoreError> {
        let before = before.map_or([0xff; 16], |lead| lead.bytes());
        let sql = format!(
            "SELECT {LEAD} WHERE s.custody IN (1, 5) AND s.rep = ?1 AND s.lead < ?2 ORDER BY s.lead DESC LIMIT ?3"
        );
        self.consistently("list a rep's leads", |connection| {
            many(connection, &sql, params![rep.as_str(), before, limit], lead)
        })
    }

    fn decision(&mut self, id: DecisionId) -> Result<Option<StoredDecision>, StoreError> {
        self.consistently("read a decision", |connection| decision::stored(connection, "d.id = ?1", [id.bytes()]))
    }

    fn facts_of(&mut self, decisions: &[DecisionId]) -> Result<BTreeMap<DecisionId, Vec<u8>>, StoreError> {
        self.consistently("read what decisions were taken on", |connection| {
            let sql = "SELECT f.body FROM decisions d JOIN facts f ON f.seq = d.seq WHERE d.id = ?1";
            let mut select = connection.prepare_cached(sql)?;
            let mut found = BTreeMap::new();
            for id in decisions {
                if let Some(facts) = select.query_row([id.bytes()], |row| row.get(0)).optional()? {
                    found.insert(*id, facts);
                }
            }
            Ok(found)
        })
    }

    fn contact(&mut self, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
        self.consistently("read a person", |connection| one(connection, CONTACT, [id.bytes()], contact))
    }

    fn account(&mut self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        self.consistently("read a company", |connection| one(connection, ACCOUNT, [id.bytes()], account))
    }

    fn decisions_of(&mut self, lead: LeadId) -> Result<Vec<Decision>, StoreError> {
        let sql = format!("SELECT {} WHERE d.lead = ?1 ORDER BY d.seq", decision::COLUMNS);
        self.consistently("read a lead's decisions", |connection| {
            many(connection, &sql, [lead.bytes()], |row| decision::read(row).map(|(_, decision)| decision))
        })
    }

    fn last_decisions(&mut self, limit: u32) -> Result<Vec<Decision>, StoreError> {
        let sql = format!("SELECT {} ORDER BY d.seq DESC LIMIT ?1", decision::COLUMNS);
        self.consistently("read the last decisions", |connection| {
            many(connection, &sql, [limit], |row| decision::read(row).map(|(_, decision)| decision))
        })
    }

    fn assignments_of(&mut self, lead: LeadId) -> Result<Vec<AssignmentRow>, StoreError> {
        self.consistently("read a lead's assignments", |connection| assignments_of(connection, lead))
    }

    fn stages_of(&mut self, lead: LeadId) -> Result<Vec<StageRow>, StoreError> {
        self.consistently("read a lead's stages", |connection| stages_of(connection, lead))
    }

    fn responses_of(&mut self, lead: LeadId) -> Result<Vec<ResponseRow>, StoreError> {
        let sql = format!("{RESPONSE} WHERE lead = ?1 ORDER BY seq");
        self.consistently("read a lead's responses", |connection| many(connection, &sql, [lead.bytes()], response))
    }

    fn offers_over(&mut self, now: Instant, limit: u32) -> Result<Vec<LeadId>, StoreError> {
        let sql = "SELECT lead FROM lead_state WHERE offer_until <= ?1 ORDER BY offer_until LIMIT ?2";
        let read = |row: &Row<'_>| row.get(0).map(LeadId::from_bytes);
        self.consistently("find offers that ended", |connection| {
            many(connection, sql, params![now.unix_micros(), limit], read)
        })
    }

    fn counts(&mut self) -> Result<Counts, StoreError> {
        self.consistently("count leads", |connection| {
            let by_custody = "SELECT custody, count(*) FROM lead_state GROUP BY custody";
            let by_custody = many(connection, by_custody, [], |row| Ok((parsed(row, 0, custody)?, number(row, 1)?)))?;
            let by_queue =
                "SELECT json_extract(state, '$.custody.queue'), count(*) FROM lead_state WHERE custody = ?1 GROUP BY 1";
            let by_queue =
                many(connection, by_queue, [CustodyKind::Parked as u8], |row| Ok((row.get(0)?, number(row, 1)?)))?;
            Ok(Counts { by_custody: by_custody.into_iter().collect(), by_queue: BTreeMap::from_iter(by_queue) })
        })
    }

    fn courses(&mut self, which: Courses<'_>, visit: &mut dyn FnMut(LeadCourse)) -> Result<(), StoreError> {
        self.consistently("read the courses of leads", |connection| course::read(connection, which, visit))
    }

    fn evidence(&mut self, rows: &[LogRow]) -> Result<Vec<Evidence>, StoreError> {
        self.consistently("read what stands behind rows of the log", |connection| {
            rows.iter().map(|row| evidence(connection, row)).collect()
        })
    }

    fn checkpoints(&mut self) -> Result<Vec<CheckpointRow>, StoreError> {
        let sql = "SELECT seq, hash, digest, body FROM ledger_checkpoints ORDER BY seq";
        self.consistently("read checkpoints of the ledger", |connection| {
            many(connection, sql, [], record::checkpoint_row)
        })
    }

    fn held_claims(&mut self, visit: &mut dyn FnMut(LeadState)) -> Result<(), StoreError> {
        self.consistently("read who holds which claims", |connection| {
            let mut select = connection.prepare_cached("SELECT state FROM lead_state WHERE custody IN (?1, ?2)")?;
            let mut rows = select.query([CustodyKind::Owned as u8, CustodyKind::Offered as u8])?;
            while let Some(row) = rows.next()? {
                visit(json(row, 0)?);
            }
            Ok(())
        })
    }

    fn projected(&mut self) -> Result<u64, StoreError> {
        report::projected(&self.connection).map_err(unreadable("read where its reports stand"))
    }

    fn names(&mut self) -> Result<Names, StoreError> {
        report::names(&self.connection).map_err(unreadable("read its names"))
    }

    fn facts_after(&mut self, seq: u64, visit: &mut dyn FnMut(rows::LeadRow)) -> Result<u64, StoreError> {
        self.consistently("read rows of leads", |connection| report::facts_after(connection, seq, visit))
    }

    fn lives(&mut self, leads: &[LeadId]) -> Result<Vec<Life>, StoreError> {
        self.consistently("read what is stored of leads", |connection| {
            leads.iter().filter_map(|lead| report::life(connection, *lead).transpose()).collect()
        })
    }

    fn touches(&mut self, visit: &mut dyn FnMut(&str, Instant)) -> Result<(), StoreError> {
        report::touches(&self.connection, visit).map_err(unreadable("read what reps did"))
    }

    fn offers(&mut self, visit: &mut dyn FnMut(&str, Instant, Answered)) -> Result<(), StoreError> {
        report::offers(&self.connection, visit).map_err(unreadable("read offers"))
    }

    fn loaded_by(&mut self, seq: u64) -> Result<Vec<LeadId>, StoreError> {
        report::loaded_by(&self.connection, seq).map_err(unreadable("read what was loaded"))
    }

    fn decisions_after(&mut self, seq: u64, limit: u32) -> Result<Vec<StoredDecision>, StoreError> {
        let mut after = seq;
        self.consistently("read decisions", |connection| {
            let mut found = Vec::new();
            while found.len() < limit as usize
                && let Some(next) = decision::stored(connection, "d.seq > ?1 ORDER BY d.seq LIMIT 1", [after as i64])?
            {
                after = next.seq;
                found.push(next);
            }
            Ok(found)
        })
    }

    fn snapshot_number(&mut self, id: &Digest) -> Result<Option<i64>, StoreError> {
        report::snapshot_number(&self.connection, id).map_err(unreadable("read its documents"))
    }

    fn view(&mut self, view: &View, visit: ViewVisit<'_>) -> Result<(), StoreError> {
        report::view(&self.connection, view, visit)
    }

    fn view_columns(&mut self, view: &View) -> Result<Vec<String>, StoreError> {
        report::view_columns(&self.connection, view).map_err(unreadable("read a view's columns"))
    }
}
