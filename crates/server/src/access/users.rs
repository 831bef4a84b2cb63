//! People who log in, and their sessions.

use pointsman_domain::{Instant, Micros, RepId};
use pointsman_store::{Outside, Shelf, StoreError, shelf::ShelfKind};
use serde::Serialize;

use super::{
    Role,
    gate::{SESSION, SessionRow, UserRow},
    keys::json,
    secret::{self, Secret},
};

/// How long somebody stays logged in.
pub const LIFETIME: Micros = Micros(12 * Micros::HOUR.0);

/// A user as lists show them.
#[derive(Debug, Clone, Serialize)]
pub struct UserView {
    pub name: String,
    pub role: Role,
    pub rep: Option<RepId>,
    pub made_at: Instant,
    pub made_by: String,
    pub disabled_at: Option<Instant>,
}

impl UserView {
    fn new(name: &str, row: UserRow) -> Self {
        Self {
            name: name.into(),
            role: row.role,
            rep: row.rep,
            made_at: row.made_at,
            made_by: row.made_by,
            disabled_at: row.disabled_at,
        }
    }
}

/// A new user, with the hash of their password.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: String,
    pub password_hash: String,
    pub role: Role,
    pub rep: Option<RepId>,
    pub by: String,
}

/// `None` when the name is taken.
pub fn add(shelf: &mut dyn Shelf, new: NewUser, now: Instant) -> Result<Option<UserView>, StoreError> {
    let row = UserRow {
        password: new.password_hash,
        role: new.role,
        rep: new.rep,
        made_at: now,
        made_by: new.by,
        disabled_at: None,
    };
    let added = shelf.put(ShelfKind::User, &new.name, None, &json(&row))?;
    Ok(added.then(|| UserView::new(&new.name, row)))
}

pub fn list(shelf: &mut dyn Shelf) -> Result<Vec<UserView>, StoreError> {
    let items = shelf.all(ShelfKind::User)?.into_iter();
    Ok(items.filter_map(|item| Some(UserView::new(&item.id, serde_json::from_str(&item.body).ok()?))).collect())
}

/// What may be changed of a user. A new password, or an end, ends their sessions.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub password_hash: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

/// `None` when there is no such user.
pub fn change(
    shelf: &mut dyn Shelf,
    name: &str,
    change: &Change,
    now: Instant,
) -> Result<Option<UserView>, StoreError> {
    let row = loop {
        let Some((version, mut row)) = read(shelf, name)? else { return Ok(None) };
        if let Some(hash) = &change.password_hash {
            row.password.clone_from(hash);
        }
        row.role = change.role.unwrap_or(row.role);
        row.disabled_at = match change.disabled {
            Some(true) => row.disabled_at.or(Some(now)),
            Some(false) => None,
            None => row.disabled_at,
        };
        if shelf.put(ShelfKind::User, name, Some(version), &json(&row))? {
            break row;
        }
    };
    if change.password_hash.is_some() || change.disabled == Some(true) {
        end_sessions(shelf, |session| session.user == name)?;
    }
    Ok(Some(UserView::new(name, row)))
}

/// The stored hash of somebody who may log in.
pub fn password_of(shelf: &mut dyn Shelf, name: &str) -> Result<Option<String>, StoreError> {
    Ok(read(shelf, name)?.filter(|(_, row)| row.disabled_at.is_none()).map(|(_, row)| row.password))
}

/// A new session; whatever cookie came with the login is none of it. Old ones are swept.
pub fn begin(shelf: &mut dyn Shelf, outside: &Outside, user: &str) -> Result<Secret, StoreError> {
    let now = outside.now();
    end_sessions(shelf, |session| session.expires_at <= now)?;
    loop {
        let secret = secret::make(SESSION, outside);
        let row = SessionRow { user: user.into(), hash: secret.hash, made_at: now, expires_at: now + LIFETIME };
        if shelf.put(ShelfKind::Session, &secret.id, None, &json(&row))? {
            return Ok(secret);
        }
    }
}

/// The session with this secret is over.
pub fn end(shelf: &mut dyn Shelf, text: &str) -> Result<(), StoreError> {
    let hash = pointsman_store::log::digest(text.as_bytes());
    end_sessions(shelf, |session| secret::same(&session.hash, &hash))
}

fn end_sessions(shelf: &mut dyn Shelf, over: impl Fn(&SessionRow) -> bool) -> Result<(), StoreError> {
    for item in shelf.all(ShelfKind::Session)? {
        if serde_json::from_str(&item.body).map_or(true, |session| over(&session)) {
            shelf.remove(ShelfKind::Session, &item.id)?;
        }
    }
    Ok(())
}

fn read(shelf: &mut dyn Shelf, name: &str) -> Result<Option<(u64, UserRow)>, StoreError> {
    let item = shelf.get(ShelfKind::User, name)?;
    Ok(item.and_then(|item| Some((item.version, serde_json::from_str(&item.body).ok()?))))
}
