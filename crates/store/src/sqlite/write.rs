//! The connection that writes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use pointsman_decision::DocumentSet;
use pointsman_domain::{ContactId, Digest, LeadId, Money, RepId};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::{
    checkpoint, decision,
    fault::{refused, unavailable, unreadable},
    look_up, past,
    record::{checkpoint_row, documents, head, json, log_after},
    rows,
    value::at,
};
use crate::{
    backend::{Backend, Found, Keys, Visit},
    cell::Cell,
    error::StoreError,
    loaded::{Past, Table},
    log::{Head, LogRow},
    number::stage_number,
    row::{
        BatchRows, CHECKPOINTS_KEPT, CheckpointRow, ContactRow, DecisionRow, ErasedLead, ErasureRow, Expect,
        KeptAccount, KeptContact, LeadState, NO_LEAD, SnapshotRow,
    },
};

/// Writes batches into one file.
#[derive(Debug)]
pub struct SqliteBackend {
    connection: Connection,
    path: PathBuf,
    /// The numbers that snapshots have in this file.
    snapshots: BTreeMap<Digest, i64>,
    batches: u64,
}

impl SqliteBackend {
    pub(super) fn new(connection: Connection, path: &Path) -> Self {
        Self { connection, path: path.to_owned(), snapshots: BTreeMap::new(), batches: 0 }
    }

    fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'_>, StoreError> {
        self.connection.prepare_cached(sql).map_err(unavailable("prepare a statement"))
    }

    fn run(&self, sql: &'static str, what: &'static str) -> Result<(), StoreError> {
        self.prepare(sql)?.execute([]).map(drop).map_err(unavailable(what))
    }

    /// Runs one insert per row.
    fn insert<T>(
        &self,
        what: &'static str,
        sql: &'static str,
        rows: &[T],
        mut each: impl FnMut(&mut CachedStatement<'_>, &T) -> rusqlite::Result<usize>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut statement = self.prepare(sql)?;
        rows.iter().try_for_each(|row| each(&mut statement, row).map(drop)).map_err(refused(what))
    }

    fn snapshot_number(&mut self, id: &Digest) -> Result<i64, StoreError> {
        if let Some(number) = self.snapshots.get(id) {
            return Ok(*number);
        }
        let mut find = self.prepare("SELECT number FROM snapshots WHERE id = ?1")?;
        let number =
            find.query_row([id.bytes()], |row| row.get(0)).map_err(refused("a decision of an unknown snapshot"))?;
        drop(find);
        self.snapshots.insert(*id, number);
        Ok(number)
    }

    fn write_log(&self, rows: &[LogRow]) -> Result<(), StoreError> {
        let sql = "INSERT INTO log (seq, kind, at, command, lead, actor, changes, detail, facts, hash)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        self.insert("a row of the log", sql, rows, |insert, row| {
            insert.execute(params![
                row.seq as i64,
                row.kind as u8,
                at(row.at),
                row.command.bytes(),
                row.lead.map(|lead| lead.bytes()),
                row.actor,
                row.changes,
                row.detail.as_ref().map(Digest::bytes),
                row.facts.as_ref().map(Digest::bytes),
                row.hash.bytes(),
            ])
        })
    }

    fn write_decisions(&mut self, rows: &[DecisionRow]) -> Result<(), StoreError> {
        let numbers =
            rows.iter().map(|row| self.snapshot_number(&row.decision.snapshot)).collect::<Result<Vec<_>, _>>()?;
        let numbered: Vec<(i64, &DecisionRow)> = numbers.into_iter().zip(rows).collect();
        self.insert("a decision", decision::INSERT, &numbered, |insert, (number, row)| {
            decision::insert(insert, row.seq, *number, &row.decision)
        })?;
        let facts = "INSERT INTO facts (seq, salt, body) VALUES (?1, ?2, ?3)";
        self.insert("the facts of a decision", facts, rows, |insert, row| {
            insert.execute(params![row.seq as i64, row.salt, row.facts])
        })?;
        let traces = "INSERT INTO traces (seq, body) VALUES (?1, ?2)";
        self.insert("the trace of a decision", traces, rows, |insert, row| {
            insert.execute(params![row.seq as i64, row.trace])
        })?;
        let exposed: Vec<&DecisionRow> = rows.iter().filter(|row| row.decision.variant.is_some()).collect();
        let exposures = "INSERT INTO exposures (seq, unit, experiment, variant, epoch, p, at)
            SELECT seq, ?2, experiment, variant, epoch, p_variant, decided_at FROM decisions WHERE seq = ?1";
        self.insert("an exposure", exposures, &exposed, |insert, row| insert.execute(params![row.seq as i64, row.unit]))
    }

    fn write_people(&self, rows: &BatchRows) -> Result<(), StoreError> {
        let known_at = at(rows.head.at);
        let contacts = "INSERT INTO contacts (id, known_at, name, email, phone, account, owner, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.insert("a contact", contacts, &rows.contacts, |insert, row| {
            let account = row.account.map(|id| id.bytes());
            let owner = row.owner.as_ref().map(RepId::as_str);
            insert.execute(params![
                row.id.bytes(),
                known_at,
                row.name,
                row.email,
                row.phone,
                account,
                owner,
                row.version as i64
            ])
        })?;
        let owners = "UPDATE contacts SET owner = ?2, version = ?3 WHERE id = ?1";
        self.insert("a contact's owner", owners, &rows.contact_owners, |update, (id, owner, version)| {
            update.execute(params![id.bytes(), owner.as_str(), *version as i64])
        })?;
        let accounts = "INSERT INTO accounts (id, known_at, name, name_key, domain, parent, owner, version)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.insert("an account", accounts, &rows.accounts, |insert, row| {
            let parent = row.parent.map(|id| id.bytes());
            let owner = row.owner.as_ref().map(RepId::as_str);
            let version = row.version as i64;
            insert.execute(params![
                row.id.bytes(),
                known_at,
                row.name,
                row.name_key,
                row.domain,
                parent,
                owner,
                version
            ])
        })?;
        let leads = "INSERT INTO leads (id, source, external_id, at, known_at, contact, account, attributes, value,
            originator, completeness) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        self.insert("a lead", leads, &rows.leads, |insert, row| {
            insert.execute(params![
                row.id.bytes(),
                row.source,
                row.external_id,
                at(row.at),
                known_at,
                row.contact.map(|id| id.bytes()),
                row.account.map(|id| id.bytes()),
                json(&row.attributes)?,
                row.value.map(Money::minor_units),
                row.originator.as_ref().map(RepId::as_str),
                row.completeness,
            ])
        })?;
        let duplicates = "INSERT INTO duplicate_keys (key, at, lead, contact, seq) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.insert("a duplicate key", duplicates, &rows.duplicates, |insert, row| {
            let contact = row.contact.map(|id| id.bytes());
            insert.execute(params![row.key, at(row.at), row.lead.bytes(), contact, row.seq as i64])
        })
    }

    fn write_states(&self, states: &[(Expect, LeadState)]) -> Result<(), StoreError> {
        let mut insert = self.prepare(
            "INSERT INTO lead_state (lead, custody, stage, rep, since, state, version, offer_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let mut update = self.prepare(
            "UPDATE lead_state SET custody = ?2, stage = ?3, rep = ?4, since = ?5, state = ?6, version = ?7,
             offer_until = ?8 WHERE lead = ?1 AND version = ?9",
        )?;
        for (expect, state) in states {
            let body = json(state).map_err(refused("a lead's state"))?;
            let rep = state.custody.owner().map(RepId::as_str);
            let until = state.custody.offered_until().map(at);
            let lead = state.lead.bytes();
            let (custody, stage) = (state.custody.kind() as u8, stage_number(state.stage));
            let (since, version) = (at(state.since), state.version as i64);
            let written = match expect {
                Expect::New => insert.execute(params![lead, custody, stage, rep, since, body, version, until]),
                Expect::Version(seen) => {
                    update.execute(params![lead, custody, stage, rep, since, body, version, until, *seen as i64])
                }
            };
            // The assertion that keeps one owner to a lead whatever went wrong above.
            if written.map_err(refused("a lead's state"))? != 1 {
                let what = format!("the state of {}: it is not at the version this batch has seen", state.lead);
                return Err(StoreError::Refused { what, source: None });
            }
        }
        Ok(())
    }

    fn write_history(&self, rows: &BatchRows) -> Result<(), StoreError> {
        let assignments = "INSERT INTO assignments (seq, lead, rep, at, hop, propensity, actor, reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.insert("an assignment", assignments, &rows.assignments, |insert, row| {
            let lead = row.lead.bytes();
            let rep = row.rep.as_str();
            insert.execute(params![
                row.seq as i64,
                lead,
                rep,
                at(row.at),
                row.hop,
                row.propensity,
                row.actor,
                row.reason
            ])
        })?;
        let stages = "INSERT INTO stage_changes (seq, lead, at, known_at, stage, source_rank, external_id, reopen,
            value, reason, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        self.insert("a stage fact", stages, &rows.stages, |insert, row| {
            let fact = &row.fact;
            insert.execute(params![
                row.seq as i64,
                row.lead.bytes(),
                at(fact.at),
                at(fact.known_at),
                stage_number(fact.stage),
                fact.source_rank,
                fact.external_id,
                fact.reopen,
                fact.value.map(Money::minor_units),
                fact.reason,
                row.actor,
            ])
        })?;
        let responses = "INSERT INTO responses (seq, lead, rep, offered_at, at, response, reason)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.insert("a response", responses, &rows.responses, |insert, row| {
            let (seq, lead, rep) = (row.seq as i64, row.lead.bytes(), row.rep.as_str());
            insert.execute(params![seq, lead, rep, at(row.offered_at), at(row.at), row.response as u8, row.reason])
        })?;
        let closing: Vec<_> = rows.stages.iter().filter(|row| row.fact.stage.closes()).collect();
        let outcomes = "INSERT INTO outcomes (seq, lead, at, known_at, stage, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.insert("an outcome", outcomes, &closing, |insert, row| {
            let fact = &row.fact;
            let value = fact.value.map(Money::minor_units);
            let (happened, known_at) = (at(fact.happened()), at(fact.known_at));
            insert.execute(params![
                row.seq as i64,
                row.lead.bytes(),
                happened,
                known_at,
                stage_number(fact.stage),
                value
            ])
        })?;
        let idempotency = "INSERT INTO idempotency (scope, key, body, at, receipt) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.insert("an idempotency key", idempotency, &rows.idempotency, |insert, row| {
            insert.execute(params![row.key.scope, row.key.key, row.body.bytes(), at(row.at), json(&row.receipt)?])
        })
    }

    fn write_snapshot(&mut self, snapshot: &SnapshotRow) -> Result<(), StoreError> {
        let fault = refused("a set of documents");
        self.prepare("INSERT OR IGNORE INTO snapshots (id) VALUES (?1)")?
            .execute([snapshot.id.bytes()])
            .map_err(&fault)?;
        let number = self.snapshot_number(&snapshot.id)?;
        for document in &snapshot.documents {
            let (digest, body) = (document.digest.bytes(), &document.body[..]);
            let documents = "INSERT OR IGNORE INTO documents (digest, body) VALUES (?1, ?2)";
            self.prepare(documents)?.execute(params![digest, body]).map_err(&fault)?;
            let members =
                "INSERT OR IGNORE INTO snapshot_documents (snapshot, kind, name, digest) VALUES (?1, ?2, ?3, ?4)";
            let row = params![number, document.kind.as_str(), document.name, digest];
            self.prepare(members)?.execute(row).map_err(&fault)?;
        }
        let switches = "INSERT INTO switches (seq, snapshot, at, author, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
        let row = params![snapshot.seq as i64, number, at(snapshot.at), snapshot.author, snapshot.reason];
        self.prepare(switches)?.execute(row).map(drop).map_err(&fault)
    }

    /// Persons and companies as somebody says they are: new, or at the version that was seen.
    fn write_kept(&self, rows: &BatchRows) -> Result<(), StoreError> {
        let one = |changed: rusqlite::Result<usize>| match changed.map_err(refused("a person or company"))? {
            1 => Ok(()),
            _ => Err(StoreError::Refused { what: "a person or company that changed meanwhile".into(), source: None }),
        };
        let known_at = at(rows.head.at);
        for KeptAccount { expect, row, external_id } in &rows.kept_accounts {
            let (id, parent) = (row.id.bytes(), row.parent.map(|id| id.bytes()));
            let (owner, version) = (row.owner.as_ref().map(RepId::as_str), row.version as i64);
            let (name, key, domain) = (&row.name, &row.name_key, &row.domain);
            one(match expect {
                Expect::New => self
                    .prepare("INSERT INTO accounts (id, known_at, name, name_key, domain, parent, owner, version, external_id)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
                    .execute(params![id, known_at, name, key, domain, parent, owner, version, external_id]),
                Expect::Version(seen) => self
                    .prepare("UPDATE accounts SET name = ?2, name_key = ?3, domain = ?4, parent = ?5, owner = ?6,
                        version = ?7, external_id = ?8 WHERE id = ?1 AND version = ?9")?
                    .execute(params![id, name, key, domain, parent, owner, version, external_id, *seen as i64]),
            })?;
        }
        for KeptContact { expect, row, external_id, keys, at: from } in &rows.kept_contacts {
            let (id, account) = (row.id.bytes(), row.account.map(|id| id.bytes()));
            let (owner, version) = (row.owner.as_ref().map(RepId::as_str), row.version as i64);
            let (name, email, phone) = (&row.name, &row.email, &row.phone);
            one(match expect {
                Expect::New => self
                    .prepare(
                        "INSERT INTO contacts (id, known_at, name, email, phone, account, owner, version, external_id)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    )?
                    .execute(params![id, known_at, name, email, phone, account, owner, version, external_id]),
                Expect::Version(seen) => self
                    .prepare(
                        "UPDATE contacts SET name = ?2, email = ?3, phone = ?4, account = ?5, owner = ?6,
                        version = ?7, external_id = ?8 WHERE id = ?1 AND version = ?9",
                    )?
                    .execute(params![id, name, email, phone, account, owner, version, external_id, *seen as i64]),
            })?;
            let known =
                "INSERT OR IGNORE INTO duplicate_keys (key, at, lead, contact, seq) VALUES (?1, ?2, ?3, ?4, ?5)";
            self.insert("a person's key", known, keys, |insert, key| {
                insert.execute(params![key, at(*from), NO_LEAD.bytes(), id, version])
            })?;
        }
        Ok(())
    }

    /// What is erased is overwritten in the file, too.
    fn write_erasures(&self, rows: &[ErasureRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let fault = refused("an erasure");
        let secure = |on: bool| self.connection.pragma_update_and_check(None, "secure_delete", on, |_| Ok(()));
        secure(true).map_err(&fault)?;
        let written = rows.iter().try_for_each(|row| self.write_erasure(row));
        secure(false).map_err(&fault)?;
        written.map_err(fault)
    }

    fn write_erasure(&self, row: &ErasureRow) -> rusqlite::Result<()> {
        let (seq, contact) = (row.seq as i64, row.contact.bytes());
        let run =
            |sql: &str, values: &[&dyn rusqlite::ToSql]| self.connection.prepare_cached(sql)?.execute(values).map(drop);
        run(
            "INSERT INTO erasures (seq, request, at, contact) VALUES (?1, ?2, ?3, ?4)",
            &[&seq, &row.request, &at(row.at), &contact],
        )?;
        for ErasedLead { lead, attributes } in &row.leads {
            let id = lead.bytes();
            run(
                "INSERT INTO erased_facts (seq, erasure) SELECT f.seq, ?2 FROM decisions d JOIN facts f ON f.seq = d.seq
                 WHERE d.lead = ?1",
                &[&id, &seq],
            )?;
            run("DELETE FROM facts WHERE seq IN (SELECT seq FROM decisions WHERE lead = ?1)", &[&id])?;
            run("UPDATE leads SET attributes = ?2 WHERE id = ?1", &[&id, &json(attributes)?])?;
        }
        for key in &row.keys {
            run("DELETE FROM duplicate_keys WHERE key = ?1 AND contact = ?2", &[key, &contact])?;
        }
        let gone = "UPDATE contacts SET name = NULL, email = NULL, phone = NULL, external_id = NULL, version = ?2 WHERE id = ?1";
        run(gone, &[&contact, &seq])
    }

    /// Adds one, and drops all but the last few.
    fn write_checkpoint(&self, checkpoint: Option<&CheckpointRow>) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger_checkpoints (seq, hash, digest, body) VALUES (?1, ?2, ?3, ?4)";
        self.insert("a checkpoint of the ledger", sql, checkpoint.as_slice(), |insert, row| {
            insert.execute(params![row.seq as i64, row.hash.bytes(), row.digest.bytes(), row.body])
        })?;
        let old = "DELETE FROM ledger_checkpoints WHERE seq NOT IN
            (SELECT seq FROM ledger_checkpoints ORDER BY seq DESC LIMIT ?1)";
        self.insert("old checkpoints", old, checkpoint.as_slice(), |delete, _| delete.execute([CHECKPOINTS_KEPT]))
    }

    fn move_head(&self, head: &Head) -> Result<(), StoreError> {
        let sql =
            "UPDATE head SET seq = ?1, hash = ?2, snapshot = ?3, price_epoch = ?4, leads = ?5, at = ?6 WHERE one = 1";
        let row = params![
            head.seq as i64,
            head.hash.bytes(),
            head.snapshot.as_ref().map(Digest::bytes),
            head.price_epoch as i64,
            head.leads as i64,
            at(head.at),
        ];
        self.prepare(sql)?.execute(row).map(drop).map_err(unavailable("move its head"))
    }
}

impl Backend for SqliteBackend {
    fn begin(&mut self) -> Result<Head, StoreError> {
        // IMMEDIATE takes the file's one write lock: on this backend that is the head's lock.
        self.run("BEGIN IMMEDIATE", "begin a batch")?;
        head(&self.connection).inspect_err(|_| self.rollback_quietly())
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        log_after(&self.connection, seq, visit)
    }

    fn checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError> {
        let sql = "SELECT c.seq, c.hash, c.digest, c.body FROM ledger_checkpoints c JOIN log l ON l.seq = c.seq
            WHERE l.hash = c.hash ORDER BY c.seq DESC LIMIT 1";
        let mut select = self.prepare(sql)?;
        select.query_row([], checkpoint_row).optional().map_err(unavailable("read a checkpoint of its ledger"))
    }

    fn look_up(&mut self, keys: &Keys) -> Result<Found, StoreError> {
        look_up::look_up(&self.connection, keys).map_err(unavailable("look up a batch's keys"))
    }

    fn write(&mut self, rows: &BatchRows) -> Result<(), StoreError> {
        self.write_log(&rows.log)?;
        rows.snapshots.iter().try_for_each(|snapshot| self.write_snapshot(snapshot))?;
        self.write_people(rows)?;
        self.write_decisions(&rows.decisions)?;
        self.write_states(&rows.states)?;
        self.write_history(rows)?;
        self.write_kept(rows)?;
        self.write_erasures(&rows.erasures)?;
        self.write_checkpoint(rows.checkpoint.as_ref())?;
        self.move_head(&rows.head)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batches += 1;
        self.run("COMMIT", "commit a batch")
    }

    fn rollback(&mut self) {
        self.rollback_quietly();
    }

    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
        documents(&self.connection, snapshot)
    }

    fn put(&mut self, table: &Table, rows: Vec<Vec<Cell<'_>>>) -> Result<u64, StoreError> {
        past::put(&self.connection, table, &rows).map_err(refused(table.name))
    }

    fn past(&mut self, leads: &[LeadId]) -> Result<BTreeMap<LeadId, Past>, StoreError> {
        past::past(&self.connection, leads).map_err(unreadable("read what was loaded"))
    }

    fn people(&mut self, contacts: &[ContactId]) -> Result<BTreeMap<ContactId, ContactRow>, StoreError> {
        rows::people(&self.connection, contacts).map_err(unreadable("read people"))
    }

    fn rest(&mut self) {
        checkpoint::keep_small(&self.connection, &self.path, self.batches);
    }
}

impl SqliteBackend {
    fn rollback_quietly(&self) {
        // SQLite may have rolled back by itself already; then there is nothing to undo.
        if !self.connection.is_autocommit() {
            let _already_gone = self.connection.execute_batch("ROLLBACK");
        }
    }
}
