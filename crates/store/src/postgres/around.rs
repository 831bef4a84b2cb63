//! What is known around leads, read for many doors at once: whoever asks while a statement runs
//! goes with the next one. Alone, nobody waits; under load one statement serves dozens, which is
//! what keeps reading cheaper than deciding.

use std::sync::{
    Mutex, PoisonError,
    mpsc::{self, SyncSender},
};

use pointsman_domain::RepId;
use sqlx::{
    Row,
    postgres::{PgConnectOptions, PgRow},
};

use super::{
    connect::{self, Line},
    fault::{is_lost, unreadable},
    rows::{account, contact, joined},
    value::{maybe_name, number},
};
use crate::{
    backend::{Around, Surroundings},
    error::StoreError,
};

const WHAT: &str = "read what is known around a lead";

/// Leads of one statement.
const MOST: usize = 64;

/// For each lead: the head, the person (by id, else by the first key that somebody has), the
/// company (by id, domain, name, else the person's), its newest open opportunity, the nearest
/// parent with an owner, at most sixteen up, and the one owner of its subsidiaries.
const AROUND: &str = "
    SELECT r.place, h.seq, c.id, c.name, c.email, c.phone, c.account, c.owner, c.version,
        a.id, a.name, a.name_key, a.domain, a.parent, a.owner, a.version, o.id, o.owner,
        CASE WHEN a.parent IS NOT NULL THEN (
            WITH RECURSIVE line (name, owner, parent, depth) AS (
                SELECT p.name, p.owner, p.parent, 1 FROM accounts p WHERE p.id = a.parent
                UNION ALL
                SELECT p.name, p.owner, p.parent, line.depth + 1 FROM line JOIN accounts p ON p.id = line.parent
                WHERE line.owner IS NULL AND line.depth < 16
            ) SELECT ARRAY[name, owner] FROM line WHERE owner IS NOT NULL ORDER BY depth LIMIT 1) END,
        CASE WHEN a.id IS NOT NULL THEN (
            SELECT min(s.owner) FROM accounts s WHERE s.parent = a.id AND s.owner IS NOT NULL
            HAVING count(DISTINCT s.owner) = 1) END
    FROM head h
    CROSS JOIN unnest($1::bytea[], $2::text[], $3::bytea[], $4::text[], $5::text[]) WITH ORDINALITY
        AS r(contact, keys, account, domain, company, place)
    LEFT JOIN LATERAL (
        SELECT * FROM contacts WHERE id = coalesce(r.contact, (
            SELECT k.contact FROM json_array_elements_text(r.keys::json) WITH ORDINALITY AS w(key, place)
            CROSS JOIN LATERAL (SELECT contact FROM duplicate_keys
                WHERE key = w.key AND contact IS NOT NULL ORDER BY at DESC LIMIT 1) k
            ORDER BY w.place LIMIT 1))) c ON true
    LEFT JOIN LATERAL (
        SELECT * FROM accounts WHERE id = coalesce(r.account,
            (SELECT id FROM accounts WHERE domain = r.domain ORDER BY version DESC LIMIT 1),
            (SELECT id FROM accounts WHERE name_key = r.company AND name_key <> '' ORDER BY version DESC LIMIT 1),
            CASE WHEN r.domain IS NULL AND r.company IS NULL THEN c.account END)) a ON true
    LEFT JOIN LATERAL (
        SELECT id, owner FROM opportunities WHERE account = a.id AND stage < 5 ORDER BY at DESC LIMIT 1) o ON true
    WHERE h.one = 1";

/// What whoever waits is told: the answer; or nothing, when the one who read is done and it is their
/// turn to read for everybody who waits.
type Word = Option<Result<Surroundings, StoreError>>;

#[derive(Default)]
struct Waiting {
    asked: Vec<(Around, SyncSender<Word>)>,
    /// Somebody reads, or was told to.
    reading: bool,
}

/// See the module. One for all readers of a store.
pub struct Rounds {
    options: PgConnectOptions,
    /// Made by the first who reads.
    line: Mutex<Option<Line>>,
    waiting: Mutex<Waiting>,
}

impl Rounds {
    pub fn new(options: &PgConnectOptions) -> Self {
        Self { options: connect::by_keys(options), line: Mutex::default(), waiting: Mutex::default() }
    }

    pub fn ask(&self, around: &Around) -> Result<Surroundings, StoreError> {
        // Room for both words, so that nobody waits to say one.
        let (word, heard) = mpsc::sync_channel(2);
        let mut waiting = self.waiting();
        waiting.asked.push((around.clone(), word));
        if !std::mem::replace(&mut waiting.reading, true) {
            drop(waiting);
            self.read();
        } else {
            drop(waiting);
        }
        loop {
            match heard.recv() {
                Ok(Some(answer)) => return answer,
                Ok(None) => self.read(),
                Err(_) => return Err(StoreError::Unavailable { what: WHAT, source: "nobody read it".into() }),
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads for the first of those who wait, and lets another one read for the rest.
    fn read(&self) {
        let _turn = Turn(self);
        let asked: Vec<_> = {
            let mut waiting = self.waiting();
            let most = waiting.asked.len().min(MOST);
            waiting.asked.drain(..most).collect()
        };
        let arounds: Vec<&Around> = asked.iter().map(|(around, _)| around).collect();
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = match self.together(&mut line, &arounds) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            // A damaged row is the trouble of whoever asked for it, a lost server everybody's.
            Err(error) if !is_lost(&error) && asked.len() > 1 => {
                arounds.iter().map(|around| self.alone(&mut line, around)).collect()
            }
            Err(error) => {
                let others = error.to_string();
                let told = |_: &&Around| Err(StoreError::Unavailable { what: WHAT, source: others.clone().into() });
                let mut answers: Vec<_> = arounds.iter().map(told).collect();
                answers[0] = Err(unreadable(WHAT)(error));
                answers
            }
        };
        drop(line);
        for ((_, word), answer) in asked.into_iter().zip(answers) {
            let _gone = word.send(Some(answer));
        }
    }

    fn alone(&self, line: &mut Option<Line>, around: &Around) -> Result<Surroundings, StoreError> {
        let one = self.together(line, &[around]).map_err(unreadable(WHAT))?;
        one.into_iter().next().ok_or_else(|| StoreError::damaged("its head", &"it has no row"))
    }

    fn together(&self, line: &mut Option<Line>, arounds: &[&Around]) -> sqlx::Result<Vec<Surroundings>> {
        let line = match line {
            Some(line) => line,
            None => line.insert(Line::unconnected(&self.options)?),
        };
        let keys = |around: &&Around| serde_json::to_string(&around.duplicate_keys).expect("texts are JSON");
        let query = sqlx::query(AROUND)
            .bind(arounds.iter().map(|around| around.contact.map(|id| id.bytes())).collect::<Vec<_>>())
            .bind(arounds.iter().map(keys).collect::<Vec<_>>())
            .bind(arounds.iter().map(|around| around.account.map(|id| id.bytes())).collect::<Vec<_>>())
            .bind(arounds.iter().map(|around| around.domain.as_deref()).collect::<Vec<_>>())
            .bind(arounds.iter().map(|around| around.company.as_deref()).collect::<Vec<_>>());
        line.run(async |connection| {
            let rows = query.fetch_all(connection).await?;
            let mut answers = vec![Surroundings::default(); arounds.len()];
            for row in &rows {
                answers[number::<usize>(row, 0)? - 1] = surroundings(row)?;
            }
            // Without a head there is no row at all.
            if rows.len() == arounds.len() { Ok(answers) } else { Err(sqlx::Error::RowNotFound) }
        })
    }
}

impl std::fmt::Debug for Rounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rounds")
    }
}

/// Somebody's turn to read: however it ends, it goes on to the next one who waits.
struct Turn<'a>(&'a Rounds);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        while let Some((_, word)) = waiting.asked.first() {
            if word.send(None).is_ok() {
                return;
            }
            waiting.asked.remove(0);
        }
        waiting.reading = false;
    }
}

fn surroundings(row: &PgRow) -> sqlx::Result<Surroundings> {
    let opportunity = match row.try_get::<Option<&[u8]>, _>(16)? {
        Some(_) => Some(maybe_name(row, 17)?),
        None => None,
    };
    Ok(Surroundings {
        read_at: number(row, 1)?,
        contact: joined(row, 2, contact)?,
        account: joined(row, 9, account)?,
        parent_owner: row.try_get::<Option<Vec<String>>, _>(18)?.and_then(named),
        subsidiary_owner: maybe_name::<RepId>(row, 19)?,
        opportunity,
    })
}

/// A company's name and its owner.
fn named(pair: Vec<String>) -> Option<(Box<str>, RepId)> {
    let [name, owner] = <[String; 2]>::try_from(pair).ok()?;
    Some((name.into(), owner.parse().ok()?))
}
