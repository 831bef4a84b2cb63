//! The connections that read.

use std::collections::BTreeMap;

use pointsman_decision::{Decision, DocumentSet};
use pointsman_domain::{AccountId, ContactId, DecisionId, Digest, Instant, LeadId, Money, RepId};
use pointsman_measure::rows::{self, Names};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    course, decision,
    fault::{unavailable, unreadable},
    look_up::stage_fact,
    report,
    value::{digest, instant, json, maybe_name, name, number, parsed},
    write,
};
use crate::{
    backend::{
        Around, Counts, Courses, Evidence, LeadCourse, LeadFilter, LeadRecord, Reader, StoredDecision, Surroundings,
        ViewVisit, Visit,
    },
    error::StoreError,
    fact::{Answered, Life},
    log::{self, Head, LogKind, LogRow},
    number::custody,
    row::{
        AccountRow, AssignmentRow, CheckpointRow, ContactRow, CustodyKind, LeadRow, LeadState, Response, ResponseRow,
        StageRow, erasure_digest,
    },
    view::View,
};

/// Reads one file.
#[derive(Debug)]
pub struct SqliteReader {
    connection: Connection,
}

const CONTACT: &str = "SELECT id, name, email, phone, account, owner, version FROM contacts WHERE id = ?1";
const ACCOUNT: &str = "SELECT id, name, name_key, domain, parent, owner, version FROM accounts WHERE id = ?1";
/// A chain of parents longer than this is a mistake in the data, not a company.
const MOST_PARENTS: usize = 16;

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

fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(params, read)?.collect()
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    connection.prepare_cached(sql)?.query_row(params, read).optional()
}

fn seq(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(one(connection, "SELECT seq FROM head WHERE one = 1", [], |row| number(row, 0))?.unwrap_or(0))
}

fn contact(row: &Row<'_>) -> rusqlite::Result<ContactRow> {
    Ok(ContactRow {
        id: ContactId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        email: row.get(2)?,
        phone: row.get(3)?,
        account: row.get::<_, Option<[u8; 16]>>(4)?.map(AccountId::from_bytes),
        owner: maybe_name(row, 5)?,
        version: number(row, 6)?,
    })
}

/// Those of them that are there.
pub(super) fn people(
    connection: &Connection,
    contacts: &[ContactId],
) -> rusqlite::Result<BTreeMap<ContactId, ContactRow>> {
    let found = contacts.iter().filter_map(|id| one(connection, CONTACT, [id.bytes()], contact).transpose());
    found.map(|row| row.map(|row| (row.id, row))).collect()
}

fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        id: AccountId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        name_key: row.get(2)?,
        domain: row.get(3)?,
        parent: row.get::<_, Option<[u8; 16]>>(4)?.map(AccountId::from_bytes),
        owner: maybe_name(row, 5)?,
        version: number(row, 6)?,
    })
}

pub(super) const LEAD: &str =
    "l.id, l.source, l.external_id, l.at, l.contact, l.account, l.attributes, l.value, l.originator,
    l.completeness, s.state FROM leads l JOIN lead_state s ON s.lead = l.id";

pub(super) fn lead(row: &Row<'_>) -> rusqlite::Result<(LeadRow, LeadState)> {
    let lead = LeadRow {
        id: LeadId::from_bytes(row.get(0)?),
        source: row.get(1)?,
        external_id: row.get(2)?,
        at: instant(row, 3)?,
        contact: row.get::<_, Option<[u8; 16]>>(4)?.map(ContactId::from_bytes),
        account: row.get::<_, Option<[u8; 16]>>(5)?.map(AccountId::from_bytes),
        attributes: json(row, 6)?,
        value: row.get::<_, Option<i64>>(7)?.map(Money),
        originator: maybe_name(row, 8)?,
        completeness: row.get(9)?,
    };
    Ok((lead, json(row, 10)?))
}

/// The nearest parent that has an owner: its name, and whose it is.
fn parent_owner(connection: &Connection, of: &AccountRow) -> rusqlite::Result<Option<(Box<str>, RepId)>> {
    let mut next = of.parent;
    for _ in 0..MOST_PARENTS {
        let Some(id) = next else { return Ok(None) };
        let Some(parent) = one(connection, ACCOUNT, [id.bytes()], account)? else { return Ok(None) };
        if let Some(owner) = parent.owner {
            return Ok(Some((parent.name, owner)));
        }
        next = parent.parent;
    }
    Ok(None)
}

/// The owner among the accounts whose parent this is, if they have one and the same.
fn subsidiary_owner(connection: &Connection, account: AccountId) -> rusqlite::Result<Option<RepId>> {
    let sql =
        "SELECT min(owner) FROM accounts WHERE parent = ?1 AND owner IS NOT NULL HAVING count(DISTINCT owner) = 1";
    Ok(one(connection, sql, [account.bytes()], |row| maybe_name(row, 0))?.flatten())
}

/// Whether the account has an open opportunity, and whose the newest is.
fn opportunity(connection: &Connection, account: AccountId) -> rusqlite::Result<Option<Option<RepId>>> {
    let sql = "SELECT owner FROM opportunities WHERE account = ?1 AND stage < 5 ORDER BY at DESC LIMIT 1";
    one(connection, sql, [account.bytes()], |row| maybe_name(row, 0))
}

fn find_contact(connection: &Connection, keys: &[Box<str>]) -> rusqlite::Result<Option<ContactRow>> {
    let sql = "SELECT contact FROM duplicate_keys WHERE key = ?1 AND contact IS NOT NULL ORDER BY at DESC LIMIT 1";
    for key in keys {
        let id: Option<[u8; 16]> = one(connection, sql, [key], |row| row.get(0))?;
        if let Some(id) = id {
            return one(connection, CONTACT, [id], contact);
        }
    }
    Ok(None)
}

fn find_account(
    connection: &Connection,
    around: &Around,
    contact: Option<&ContactRow>,
) -> rusqlite::Result<Option<AccountRow>> {
    let by_domain = "SELECT id, name, name_key, domain, parent, owner, version FROM accounts WHERE domain = ?1 ORDER BY version DESC LIMIT 1";
    let by_name = "SELECT id, name, name_key, domain, parent, owner, version FROM accounts WHERE name_key = ?1 ORDER BY version DESC LIMIT 1";
    if let Some(domain) = &around.domain
        && let Some(found) = one(connection, by_domain, [domain], account)?
    {
        return Ok(Some(found));
    }
    if let Some(company) = around.company.as_ref().filter(|key| !key.is_empty())
        && let Some(found) = one(connection, by_name, [company], account)?
    {
        return Ok(Some(found));
    }
    // What the enquiry does not say, the person's earlier one may.
    let silent = around.domain.is_none() && around.company.is_none();
    match contact.and_then(|contact| contact.account).filter(|_| silent) {
        Some(id) => one(connection, ACCOUNT, [id.bytes()], account),
        None => Ok(None),
    }
}

fn stored_decision(
    connection: &Connection,
    condition: &str,
    key: impl rusqlite::Params,
) -> rusqlite::Result<Option<StoredDecision>> {
    let sql = format!("SELECT {} WHERE {condition}", decision::COLUMNS);
    let Some((seq, decision)) = one(connection, &sql, key, decision::read)? else { return Ok(None) };
    let body = |sql: &str| one(connection, sql, [seq as i64], |row| row.get(0));
    let facts = body("SELECT body FROM facts WHERE seq = ?1")?;
    let trace = body("SELECT body FROM traces WHERE seq = ?1")?;
    Ok(Some(StoredDecision { seq, decision, facts, trace }))
}

fn assignment(row: &Row<'_>) -> rusqlite::Result<AssignmentRow> {
    Ok(AssignmentRow {
        seq: number(row, 0)?,
        lead: LeadId::from_bytes(row.get(1)?),
        rep: name(row, 2)?,
        at: instant(row, 3)?,
        hop: row.get(4)?,
        propensity: row.get(5)?,
        actor: row.get(6)?,
        reason: row.get(7)?,
    })
}

const ASSIGNMENT: &str = "SELECT seq, lead, rep, at, hop, propensity, actor, reason FROM assignments";

fn stage_row(row: &Row<'_>) -> rusqlite::Result<StageRow> {
    let lead = LeadId::from_bytes(row.get(1)?);
    Ok(StageRow { seq: number(row, 0)?, lead, fact: stage_fact(row, 2)?, actor: row.get(10)? })
}

const RESPONSE: &str = "SELECT seq, lead, rep, offered_at, at, response, reason FROM responses";

fn response(row: &Row<'_>) -> rusqlite::Result<ResponseRow> {
    Ok(ResponseRow {
        seq: number(row, 0)?,
        lead: LeadId::from_bytes(row.get(1)?),
        rep: name(row, 2)?,
        offered_at: instant(row, 3)?,
        at: instant(row, 4)?,
        response: parsed(row, 5, Response::from_number)?,
        reason: row.get(6)?,
    })
}

const STAGE: &str =
    "SELECT seq, lead, at, known_at, stage, source_rank, external_id, reopen, value, reason, actor FROM stage_changes";

/// Those of a history come before those of the record.
pub(super) fn assignments_of(connection: &Connection, lead: LeadId) -> rusqlite::Result<Vec<AssignmentRow>> {
    let sql = format!(
        "{ASSIGNMENT} WHERE lead = ?1
         UNION ALL SELECT 0, lead, rep, at, hop, propensity, 'import', NULL FROM loaded_assignments WHERE lead = ?1
         ORDER BY seq, at"
    );
    many(connection, &sql, [lead.bytes()], assignment)
}

pub(super) fn stages_of(connection: &Connection, lead: LeadId) -> rusqlite::Result<Vec<StageRow>> {
    let sql = format!(
        "{STAGE} WHERE lead = ?1
         UNION ALL SELECT 0, lead, at, known_at, stage, 0, 'load', 0, value, NULL, 'import' FROM loaded_stages
         WHERE lead = ?1 ORDER BY seq, at"
    );
    many(connection, &sql, [lead.bytes()], stage_row)
}

impl Reader for SqliteReader {
    fn head(&mut self) -> Result<Head, StoreError> {
        write::head(&self.connection)
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        write::log_after(&self.connection, seq, visit)
    }

    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
        write::documents(&self.connection, snapshot)
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
        self.consistently("read a decision", |connection| stored_decision(connection, "d.id = ?1", [id.bytes()]))
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
            many(connection, sql, [], write::checkpoint_row)
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
                && let Some(next) = stored_decision(connection, "d.seq > ?1 ORDER BY d.seq LIMIT 1", [after as i64])?
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

fn evidence(connection: &Connection, row: &LogRow) -> rusqlite::Result<Evidence> {
    match row.kind {
        LogKind::Decision => decision_evidence(connection, row),
        LogKind::Outcome => {
            let sql = format!("{STAGE} WHERE seq = ?1");
            let stage = one(connection, &sql, [row.seq as i64], stage_row)?;
            Ok(Evidence { detail: stage.map(|stage| stage.digest()), ..Evidence::default() })
        }
        LogKind::Transfer => {
            let sql = format!("{ASSIGNMENT} WHERE seq = ?1");
            let assignment = one(connection, &sql, [row.seq as i64], assignment)?;
            Ok(Evidence { detail: assignment.map(|assignment| assignment.digest()), ..Evidence::default() })
        }
        LogKind::Switch => switch_evidence(connection, row),
        LogKind::Response => {
            let sql = format!("{RESPONSE} WHERE seq = ?1");
            let response = one(connection, &sql, [row.seq as i64], response)?;
            let sql = format!("{ASSIGNMENT} WHERE seq = ?1");
            let assignment = one(connection, &sql, [row.seq as i64], assignment)?;
            Ok(Evidence::of_response(response.as_ref(), assignment.as_ref()))
        }
        LogKind::Erasure => {
            let sql = "SELECT request, at, contact FROM erasures WHERE seq = ?1";
            let seq = row.seq;
            let read = |row: &Row<'_>| {
                let (request, at): (String, _) = (row.get(0)?, instant(row, 1)?);
                let contact = row.get::<_, Option<[u8; 16]>>(2)?.map(ContactId::from_bytes);
                Ok(erasure_digest(seq, &request, at, contact))
            };
            Ok(Evidence { detail: one(connection, sql, [seq as i64], read)?, ..Evidence::default() })
        }
        LogKind::Credit | LogKind::PriceEpoch | LogKind::Kept | LogKind::Load => Ok(Evidence::default()),
    }
}

fn decision_evidence(connection: &Connection, row: &LogRow) -> rusqlite::Result<Evidence> {
    let seq = row.seq as i64;
    let Some(stored) = stored_decision(connection, "d.seq = ?1", [seq])? else { return Ok(Evidence::default()) };
    let facts = "SELECT salt, body FROM facts WHERE seq = ?1";
    let facts = one(connection, facts, [seq], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let erased = "SELECT e.request FROM erased_facts f JOIN erasures e ON e.seq = f.erasure WHERE f.seq = ?1";
    let assignment = one(connection, &format!("{ASSIGNMENT} WHERE seq = ?1"), [seq], assignment)?;
    let decision = &stored.decision;
    let earlier = "SELECT 1 FROM assignments WHERE lead = ?1 AND seq < ?2 LIMIT 1";
    let hop = one(connection, earlier, params![decision.lead.bytes(), seq], |_| Ok(()))?.is_some();
    let told = assignment.as_ref().map(|a| (&a.rep, a.lead, a.at, a.hop, a.propensity));
    let implied = decision.given_to().map(|rep| (rep, decision.lead, row.at, hop, Some(decision.propensity)));
    Ok(Evidence {
        detail: Some(log::decision_digest(decision)),
        facts: facts.map(|(salt, body)| log::salted(&salt, &body)),
        trace: stored.trace.map(|trace| (log::digest(&trace), decision.trace)),
        erased_by: one(connection, erased, [seq], |row| row.get(0))?,
        contradiction: (told != implied).then(|| "its assignment says something else".to_owned()),
    })
}

fn switch_evidence(connection: &Connection, row: &LogRow) -> rusqlite::Result<Evidence> {
    let sql = "SELECT s.id, w.author, w.reason, w.at FROM switches w JOIN snapshots s ON s.number = w.snapshot WHERE w.seq = ?1";
    let read =
        |row: &Row<'_>| Ok((digest(row, 0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, instant(row, 3)?));
    let Some((id, author, reason, at)) = one(connection, sql, [row.seq as i64], read)? else {
        return Ok(Evidence::default());
    };
    let documents = write::documents(connection, &id).ok().flatten();
    let whole = documents.is_some_and(|documents| documents.digest() == id);
    Ok(Evidence {
        detail: Some(log::switch_digest(&id, &author, &reason, at)),
        contradiction: (!whole).then(|| "its documents are not those of its snapshot".to_owned()),
        ..Evidence::default()
    })
}
