//! The connection that writes.

use std::collections::BTreeMap;

use pointsman_decision::DocumentSet;
use pointsman_domain::{ContactId, Digest, Instant, LeadId, RepId};
use sqlx::{PgConnection, Row};

use super::{
    batch,
    connect::Line,
    fault::{refused, unavailable, unreadable},
    look_up, past,
    record::{checkpoint_row, documents, head_row, json, log_after},
    rows,
    table::{insert, insert_or},
    value::instant,
};
use crate::{
    backend::{Backend, Found, Keys, Visit},
    cell::Cell,
    error::StoreError,
    loaded::{Past, Table},
    log::Head,
    row::{
        BatchRows, CHECKPOINTS_KEPT, CheckpointRow, ContactRow, DocumentRow, ErasedLead, ErasureRow, Expect,
        KeptAccount, KeptContact, NO_LEAD, SnapshotRow,
    },
};

/// Writes batches into one schema.
#[derive(Debug)]
pub struct PostgresBackend {
    line: Line,
    /// The numbers that snapshots have here.
    snapshots: BTreeMap<Digest, i64>,
    /// The database's clock when the head was locked.
    clock: Option<Instant>,
}

impl PostgresBackend {
    pub(super) fn new(line: Line) -> Self {
        Self { line, snapshots: BTreeMap::new(), clock: None }
    }
}

/// One round trip. The clock is read after the lock: a row of a CTE is made when the lock is held.
const LOCK: &str = "BEGIN; WITH head AS (SELECT seq, hash, snapshot, price_epoch, leads, at FROM head WHERE one = 1 FOR UPDATE)
    SELECT seq, hash, snapshot, price_epoch, leads, at, (extract(epoch FROM clock_timestamp()) * 1000000)::int8 FROM head";

impl Backend for PostgresBackend {
    fn begin(&mut self) -> Result<Head, StoreError> {
        let locked = self.line.run(async |connection| {
            let row = sqlx::raw_sql(LOCK).fetch_one(connection).await?;
            Ok((head_row(&row)?, instant(&row, 6)?))
        });
        match locked {
            Ok((head, clock)) => {
                self.clock = Some(clock);
                Ok(head)
            }
            Err(error) => {
                self.rollback();
                Err(unreadable("begin a batch")(error))
            }
        }
    }

    fn clock(&self) -> Option<Instant> {
        self.clock
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        log_after(&mut self.line, seq, visit)
    }

    fn checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError> {
        let sql = "SELECT c.seq, c.hash, c.digest, c.body FROM ledger_checkpoints c JOIN log l ON l.seq = c.seq
            WHERE l.hash = c.hash ORDER BY c.seq DESC LIMIT 1";
        let read = self.line.run(async |connection| {
            let row = sqlx::query(sql).fetch_optional(connection).await?;
            row.as_ref().map(checkpoint_row).transpose()
        });
        read.map_err(unreadable("read a checkpoint of its ledger"))
    }

    fn look_up(&mut self, keys: &Keys) -> Result<Found, StoreError> {
        let found = self.line.run(async |connection| look_up::look_up(connection, keys).await);
        found.map_err(unreadable("look up a batch's keys"))
    }

    fn write(&mut self, rows: &BatchRows) -> Result<(), StoreError> {
        let (line, snapshots) = (&mut self.line, &mut self.snapshots);
        for snapshot in &rows.snapshots {
            let written = line.run(async |connection| write_snapshot(connection, snapshot).await);
            written.map_err(refused("a set of documents"))?;
        }
        let written = line.run(async |connection| batch::write(connection, rows, snapshots).await);
        let written = written.map_err(refused("rows of a batch"))?;
        // The assertion that keeps one owner to a lead whatever went wrong above.
        if written.states_missed > 0 {
            let what = "the state of a lead: it is not at the version this batch has seen".into();
            return Err(StoreError::Refused { what, source: None });
        }
        if !written.head_moved {
            let what = "to move a head that somebody else moved".into();
            return Err(StoreError::Refused { what, source: None });
        }
        if !rows.kept_accounts.is_empty() || !rows.kept_contacts.is_empty() {
            let kept = line.run(async |connection| write_kept(connection, rows).await);
            if !kept.map_err(refused("a person or company"))? {
                let what = "a person or company that changed meanwhile".into();
                return Err(StoreError::Refused { what, source: None });
            }
        }
        for erasure in &rows.erasures {
            let erased = line.run(async |connection| write_erasure(connection, erasure).await);
            erased.map_err(refused("an erasure"))?;
        }
        if let Some(checkpoint) = &rows.checkpoint {
            let written = line.run(async |connection| write_checkpoint(connection, checkpoint).await);
            written.map_err(refused("a checkpoint of the ledger"))?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let done = self.line.run(async |connection| sqlx::query("COMMIT").execute(connection).await);
        done.map(drop).map_err(|error| {
            // Whether it is on disk nobody knows: the record tells, on another connection.
            self.line.hang_up();
            unavailable("commit a batch")(error)
        })
    }

    fn rollback(&mut self) {
        if self.line.is_connected()
            && self.line.run(async |connection| sqlx::query("ROLLBACK").execute(connection).await).is_err()
        {
            self.line.hang_up();
        }
    }

    fn put(&mut self, table: &Table, rows: Vec<Vec<Cell<'_>>>) -> Result<u64, StoreError> {
        let put = self.line.run(async |connection| past::put(connection, table, rows).await);
        put.map_err(refused(table.name))
    }

    fn past(&mut self, leads: &[LeadId]) -> Result<BTreeMap<LeadId, Past>, StoreError> {
        let read = self.line.run(async |connection| past::past(connection, leads).await);
        read.map_err(unreadable("read what was loaded"))
    }

    fn people(&mut self, contacts: &[ContactId]) -> Result<BTreeMap<ContactId, ContactRow>, StoreError> {
        let read = self.line.run(async |connection| rows::people(connection, contacts).await);
        read.map_err(unreadable("read people"))
    }

    fn documents(&mut self, snapshot: &Digest) -> Result<Option<DocumentSet>, StoreError> {
        documents(&mut self.line, snapshot)
    }
}

/// Persons and companies as somebody says they are: new, or at the version that was seen; `false`
/// where they are at another.
async fn write_kept(connection: &mut PgConnection, rows: &BatchRows) -> sqlx::Result<bool> {
    let known_at = rows.head.at.unix_micros();
    for KeptAccount { expect, row, external_id } in &rows.kept_accounts {
        let sql = match expect {
            Expect::New => {
                "INSERT INTO accounts (id, name, name_key, domain, parent, owner, version, external_id, known_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            }
            Expect::Version(_) => {
                "UPDATE accounts SET name = $2, name_key = $3, domain = $4, parent = $5, owner = $6, version = $7,
                 external_id = $8 WHERE id = $1 AND version = $9"
            }
        };
        let last = if let Expect::Version(seen) = expect { *seen as i64 } else { known_at };
        let query = sqlx::query(sql)
            .bind(row.id.bytes())
            .bind(&*row.name)
            .bind(&*row.name_key)
            .bind(row.domain.as_deref())
            .bind(row.parent.map(|id| id.bytes()))
            .bind(row.owner.as_ref().map(RepId::as_str))
            .bind(row.version as i64)
            .bind(external_id.as_deref())
            .bind(last);
        if query.execute(&mut *connection).await?.rows_affected() != 1 {
            return Ok(false);
        }
    }
    for KeptContact { expect, row, external_id, keys, at } in &rows.kept_contacts {
        let sql = match expect {
            Expect::New => {
                "INSERT INTO contacts (id, name, email, phone, account, owner, version, external_id, known_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            }
            Expect::Version(_) => {
                "UPDATE contacts SET name = $2, email = $3, phone = $4, account = $5, owner = $6, version = $7,
                 external_id = $8 WHERE id = $1 AND version = $9"
            }
        };
        let last = if let Expect::Version(seen) = expect { *seen as i64 } else { known_at };
        let query = sqlx::query(sql)
            .bind(row.id.bytes())
            .bind(row.name.as_deref())
            .bind(row.email.as_deref())
            .bind(row.phone.as_deref())
            .bind(row.account.map(|id| id.bytes()))
            .bind(row.owner.as_ref().map(RepId::as_str))
            .bind(row.version as i64)
            .bind(external_id.as_deref())
            .bind(last);
        if query.execute(&mut *connection).await?.rows_affected() != 1 {
            return Ok(false);
        }
        let keys = keys.iter().map(|key| {
            [(&**key).into(), (*at).into(), NO_LEAD.bytes().into(), row.id.bytes().into(), row.version.into()]
        });
        let names = ["key", "at", "lead", "contact", "seq"];
        insert_or(&mut *connection, "duplicate_keys", names, keys, "ON CONFLICT DO NOTHING").await?;
    }
    Ok(true)
}

async fn write_erasure(connection: &mut PgConnection, row: &ErasureRow) -> sqlx::Result<()> {
    let seq = row.seq as i64;
    sqlx::query("INSERT INTO erasures (seq, request, at, contact) VALUES ($1, $2, $3, $4)")
        .bind(seq)
        .bind(&*row.request)
        .bind(row.at.unix_micros())
        .bind(row.contact.bytes())
        .execute(&mut *connection)
        .await?;
    for ErasedLead { lead, attributes } in &row.leads {
        let noted = "INSERT INTO erased_facts (seq, erasure)
            SELECT f.seq, $2 FROM decisions d JOIN facts f ON f.seq = d.seq WHERE d.lead = $1";
        sqlx::query(noted).bind(lead.bytes()).bind(seq).execute(&mut *connection).await?;
        let gone = "DELETE FROM facts WHERE seq IN (SELECT seq FROM decisions WHERE lead = $1)";
        sqlx::query(gone).bind(lead.bytes()).execute(&mut *connection).await?;
        let left =
            sqlx::query("UPDATE leads SET attributes = $2 WHERE id = $1").bind(lead.bytes()).bind(json(attributes));
        left.execute(&mut *connection).await?;
    }
    for key in &row.keys {
        let gone = sqlx::query("DELETE FROM duplicate_keys WHERE key = $1 AND contact = $2");
        gone.bind(&**key).bind(row.contact.bytes()).execute(&mut *connection).await?;
    }
    let gone =
        "UPDATE contacts SET name = NULL, email = NULL, phone = NULL, external_id = NULL, version = $2 WHERE id = $1";
    sqlx::query(gone).bind(row.contact.bytes()).bind(seq).execute(connection).await.map(drop)
}

async fn write_snapshot(connection: &mut PgConnection, snapshot: &SnapshotRow) -> sqlx::Result<()> {
    let number = write_documents(&mut *connection, &snapshot.id, &snapshot.documents).await?;
    let switch: [Cell<'_>; 5] = [
        snapshot.seq.into(),
        number.into(),
        snapshot.at.into(),
        (&*snapshot.author).into(),
        (&*snapshot.reason).into(),
    ];
    insert(connection, "switches", ["seq", "snapshot", "at", "author", "reason"], [switch]).await
}

/// Adds one, and drops all but the last few.
async fn write_checkpoint(connection: &mut PgConnection, row: &CheckpointRow) -> sqlx::Result<()> {
    let cells: [Cell<'_>; 4] =
        [row.seq.into(), Cell::from(&row.hash), Cell::from(&row.digest), Cell::from(&row.body[..])];
    insert(&mut *connection, "ledger_checkpoints", ["seq", "hash", "digest", "body"], [cells]).await?;
    let old = "DELETE FROM ledger_checkpoints WHERE seq NOT IN
        (SELECT seq FROM ledger_checkpoints ORDER BY seq DESC LIMIT $1)";
    sqlx::query(old).bind(CHECKPOINTS_KEPT).execute(connection).await.map(drop)
}

/// The documents, those that are new, and that they will be live.
pub(super) async fn announce(
    connection: &mut PgConnection,
    snapshot: &Digest,
    documents: &[DocumentRow],
) -> sqlx::Result<()> {
    let id = &snapshot.bytes()[..];
    sqlx::query("BEGIN").execute(&mut *connection).await?;
    write_documents(&mut *connection, snapshot, documents).await?;
    // Whatever was announced an hour ago is live by now, or never will be.
    let sql = "WITH now (at) AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8),
        old AS (DELETE FROM announcements a USING now WHERE a.at < now.at - 3600000000 AND a.snapshot <> $1)
        INSERT INTO announcements (snapshot, at) SELECT $1, at FROM now
        ON CONFLICT (snapshot) DO UPDATE SET at = excluded.at";
    sqlx::query(sql).bind(id).execute(&mut *connection).await?;
    sqlx::query("COMMIT").execute(connection).await.map(drop)
}

/// The number that the set has in this schema.
async fn write_documents(
    connection: &mut PgConnection,
    snapshot: &Digest,
    documents: &[DocumentRow],
) -> sqlx::Result<i64> {
    let id = &snapshot.bytes()[..];
    sqlx::query("INSERT INTO snapshots (id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query("SELECT number FROM snapshots WHERE id = $1").bind(id).fetch_one(&mut *connection).await?;
    let number: i64 = row.try_get(0)?;
    let nothing = "ON CONFLICT DO NOTHING";
    let bodies = documents.iter().map(|row| [Cell::from(&row.digest), Cell::from(&row.body[..])]);
    insert_or(&mut *connection, "documents", ["digest", "body"], bodies, nothing).await?;
    let members = documents
        .iter()
        .map(|row| [number.into(), row.kind.as_str().into(), (&*row.name).into(), Cell::from(&row.digest)]);
    let names = ["snapshot", "kind", "name", "digest"];
    insert_or(&mut *connection, "snapshot_documents", names, members, nothing).await?;
    Ok(number)
}
