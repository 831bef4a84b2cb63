//! Who is calling: keys and sessions by their secrets, from what the store's shelf held a moment
//! ago. The shelf is read again every few seconds, so that what another process or replica
//! changed counts here soon.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use pointsman_domain::{Digest, Instant, Micros, RepId};
use pointsman_store::{
    Shelf, StoreError,
    shelf::{Item, ShelfKind},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    RepFigures, Rights, Role, Scopes, Via,
    secret::{id_of, same},
};
use crate::config::ApiKey;

/// The beginnings of secrets.
pub const KEY: &str = "pmk";
pub const SESSION: &str = "pms";
/// What the shelf held this long ago may be relied on.
const FRESH: Micros = Micros(5_000_000);
/// A secret that is not known may be newer than that; looking again is limited to this.
const AGAIN: Micros = Micros(1_000_000);

/// A key as it is kept. Rows stay when a key is revoked: who had one is part of the story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Who uses it; the actor of what it does.
    pub name: String,
    pub hash: Digest,
    pub scopes: Scopes,
    /// Requests a second; the server's default, if absent.
    pub rate: Option<u32>,
    pub made_at: Instant,
    pub made_by: String,
    pub expires_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    pub revoked_by: Option<String>,
}

impl KeyRow {
    pub fn is_valid(&self, now: Instant) -> bool {
        self.revoked_at.is_none_or(|at| at > now) && self.expires_at.is_none_or(|at| at > now)
    }
}

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRow {
    /// Argon2id, in the usual text form.
    pub password: String,
    pub role: Role,
    pub rep: Option<RepId>,
    pub made_at: Instant,
    pub made_by: String,
    pub disabled_at: Option<Instant>,
}

/// Somebody who is logged in. Role and rep are those of the user, now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRow {
    pub user: String,
    pub hash: Digest,
    pub made_at: Instant,
    pub expires_at: Instant,
}

#[derive(Debug, Default)]
struct Known {
    keys: BTreeMap<Box<str>, KeyRow>,
    users: BTreeMap<Box<str>, UserRow>,
    sessions: BTreeMap<Box<str>, SessionRow>,
    read_at: Option<Instant>,
}

/// Knows who is who.
#[derive(Debug)]
pub struct Gate {
    /// Keys of the environment.
    given: Vec<ApiKey>,
    figures: RepFigures,
    known: RwLock<Arc<Known>>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// What may still be spent: filled by `rate` a second, at most `burst`.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// Buckets kept; beyond it all are forgotten, which lets at most one burst more through.
const MOST_BUCKETS: usize = 10_000;

/// What came of a secret.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Yes(Rights, Option<u32>),
    /// Not as far as is known; the shelf may hold it by now.
    Unknown,
}

impl Gate {
    pub fn new(given: Vec<ApiKey>, figures: RepFigures) -> Self {
        Self { given, figures, known: RwLock::default(), buckets: Mutex::default() }
    }

    /// Whether nobody needs to prove anything. Revoked keys and disabled users count as well:
    /// taking the last one away must not open the door.
    pub fn is_open(&self) -> bool {
        let known = self.known();
        self.given.is_empty() && known.keys.is_empty() && known.users.is_empty()
    }

    /// Whether the shelf should be read again: by age, or because a secret was not known.
    pub fn is_stale(&self, now: Instant, unknown: bool) -> bool {
        let patience = if unknown { AGAIN } else { FRESH };
        self.known().read_at.is_none_or(|at| now >= at + patience || now < at)
    }

    /// Reads the shelf. Blocks.
    pub fn refresh(&self, shelf: &mut dyn Shelf, now: Instant) -> Result<(), StoreError> {
        let known = Known {
            keys: rows(shelf.all(ShelfKind::Key)?),
            users: rows(shelf.all(ShelfKind::User)?),
            sessions: rows(shelf.all(ShelfKind::Session)?),
            read_at: Some(now),
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    /// Whose key this is.
    pub fn of_key(&self, text: &str, now: Instant) -> Found {
        let hash = pointsman_store::log::digest(text.as_bytes());
        // All of them are compared, so that time does not tell which is nearly right.
        let given = self.given.iter().fold(None, |found, key| if same(&key.hash, &hash) { Some(key) } else { found });
        if let Some(key) = given {
            return Found::Yes(rights(&key.name, key.scopes, Via::Key), None);
        }
        let known = self.known();
        match id_of(KEY, text).and_then(|id| known.keys.get(id)) {
            Some(key) if same(&key.hash, &hash) && key.is_valid(now) => {
                Found::Yes(rights(&key.name, key.scopes, Via::Key), key.rate)
            }
            _ => Found::Unknown,
        }
    }

    /// Whose session this is.
    pub fn of_session(&self, text: &str, now: Instant) -> Found {
        let hash = pointsman_store::log::digest(text.as_bytes());
        let known = self.known();
        let session = id_of(SESSION, text).and_then(|id| known.sessions.get(id));
        let session = session.filter(|session| same(&session.hash, &hash) && session.expires_at > now);
        let user = session.and_then(|session| known.users.get_key_value(&*session.user));
        match user.filter(|(_, user)| user.disabled_at.is_none()) {
            Some((name, user)) => Found::Yes(
                Rights {
                    rep: user.rep.clone(),
                    role: Some(user.role),
                    ..rights(name, user.role.scopes(&self.figures), Via::Session)
                },
                None,
            ),
            None => Found::Unknown,
        }
    }

    /// What somebody may do who needs to prove nothing.
    pub fn of_loopback(&self) -> Rights {
        rights("local", Scopes::all(), Via::Loopback)
    }

    /// Takes one from the bucket of this name; `false` when it is empty.
    pub fn take(&self, name: &str, rate: f64, burst: f64, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS {
            buckets.clear();
        }
        if !buckets.contains_key(name) {
            buckets.insert(name.to_owned(), Bucket { left: burst, at: now });
        }
        let Some(bucket) = buckets.get_mut(name) else { return true };
        let seconds = (now.unix_micros() - bucket.at.unix_micros()).max(0) as f64 / 1e6;
        *bucket = Bucket { left: (bucket.left + seconds * rate).min(burst), at: now };
        let enough = bucket.left >= 1.0;
        bucket.left -= f64::from(u8::from(enough));
        enough
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn rights(name: &str, scopes: Scopes, via: Via) -> Rights {
    Rights { name: name.to_owned(), scopes, via, rep: None, role: None }
}

/// Rows that can be read; one that cannot lets nobody in, and the log says so.
fn rows<T: DeserializeOwned>(items: Vec<Item>) -> BTreeMap<Box<str>, T> {
    let read = |item: Item| match serde_json::from_str(&item.body) {
        Ok(row) => Some((item.id, row)),
        Err(error) => {
            tracing::error!(%error, id = &*item.id, "a row of the shelf cannot be read");
            None
        }
    };
    items.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_with_time() {
        let gate = Gate::new(vec![], RepFigures::default());
        let at = |millis: i64| Instant::from_unix_micros(millis * 1000);
        let taken = |name: &str, now| gate.take(name, 2.0, 3.0, now);
        assert_eq!((0..5).filter(|_| taken("a", at(0))).count(), 3, "a burst");
        assert!(taken("b", at(0)), "each has its own");
        assert!(!taken("a", at(400)) && taken("a", at(500)) && !taken("a", at(500)));
        assert_eq!((0..9).filter(|_| taken("a", at(60_000))).count(), 3, "never more than a burst");
        assert!(!taken("a", at(0)), "a clock that is set back gives nothing");
    }
}
