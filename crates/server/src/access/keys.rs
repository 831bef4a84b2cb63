//! Keys: made, listed, rotated, revoked. The same for the command line and the API.

use pointsman_domain::{Instant, Micros};
use pointsman_store::{Outside, Shelf, StoreError, shelf::ShelfKind};
use serde::Serialize;

use super::{
    Scopes,
    gate::{KEY, KeyRow},
    secret::{self, Secret},
};

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Who uses it.
    pub name: String,
    pub scopes: Scopes,
    pub rate: Option<u32>,
    pub expires_at: Option<Instant>,
    /// Who makes it.
    pub by: String,
}

/// A key as lists show it: everything but its hash.
#[derive(Debug, Clone, Serialize)]
pub struct KeyView {
    pub id: String,
    pub name: String,
    pub scopes: Scopes,
    pub rate: Option<u32>,
    pub valid: bool,
    pub made_at: Instant,
    pub made_by: String,
    pub expires_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    pub revoked_by: Option<String>,
}

impl KeyView {
    fn new(id: &str, row: KeyRow, now: Instant) -> Self {
        Self {
            valid: row.is_valid(now),
            id: id.into(),
            name: row.name,
            scopes: row.scopes,
            rate: row.rate,
            made_at: row.made_at,
            made_by: row.made_by,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            revoked_by: row.revoked_by,
        }
    }
}

/// A new key with its text, which is shown this once and kept nowhere.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    pub key: String,
    #[serde(flatten)]
    pub view: KeyView,
}

/// Whether this may be a name of a key or a person.
pub fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    match !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        true => Ok(()),
        false => Err("a name is 1 to 64 letters, digits, dots, dashes, underscores or @".into()),
    }
}

pub fn make(shelf: &mut dyn Shelf, outside: &Outside, new: &NewKey) -> Result<Shown, StoreError> {
    let now = outside.now();
    let row = |secret: &Secret| KeyRow {
        name: new.name.clone(),
        hash: secret.hash,
        scopes: new.scopes,
        rate: new.rate,
        made_at: now,
        made_by: new.by.clone(),
        expires_at: new.expires_at,
        revoked_at: None,
        revoked_by: None,
    };
    loop {
        let secret = secret::make(KEY, outside);
        let row = row(&secret);
        // An id of 48 random bits is taken once in many millions of keys.
        if shelf.put(ShelfKind::Key, &secret.id, None, &json(&row))? {
            return Ok(Shown { view: KeyView::new(&secret.id, row, now), key: secret.text });
        }
    }
}

/// All keys that ever were, in the order of their ids.
pub fn list(shelf: &mut dyn Shelf, now: Instant) -> Result<Vec<KeyView>, StoreError> {
    let items = shelf.all(ShelfKind::Key)?.into_iter();
    Ok(items.filter_map(|item| Some(KeyView::new(&item.id, serde_json::from_str(&item.body).ok()?, now))).collect())
}

/// From now on nobody uses it; `None` when there is no such key.
pub fn revoke(shelf: &mut dyn Shelf, id: &str, now: Instant, by: &str) -> Result<Option<KeyView>, StoreError> {
    change(shelf, id, now, |row| {
        if row.revoked_at.is_none() {
            (row.revoked_at, row.revoked_by) = (Some(now), Some(by.to_owned()));
        }
    })
}

/// A new key for the same user and scopes; the old one ends after `grace`, so that whoever uses
/// it has time to change.
pub fn rotate(
    shelf: &mut dyn Shelf,
    outside: &Outside,
    id: &str,
    grace: Micros,
    by: &str,
) -> Result<Option<Shown>, StoreError> {
    let now = outside.now();
    let Some((_, old)) = read(shelf, id)?.filter(|(_, row)| row.is_valid(now)) else { return Ok(None) };
    let lifetime = old.expires_at.map(|end| end - old.made_at);
    let new = NewKey {
        name: old.name,
        scopes: old.scopes,
        rate: old.rate,
        expires_at: lifetime.map(|lifetime| now + lifetime),
        by: by.to_owned(),
    };
    let shown = make(shelf, outside, &new)?;
    let end = now + grace;
    change(shelf, id, now, |row| row.expires_at = Some(row.expires_at.map_or(end, |at| at.min(end))))?;
    Ok(Some(shown))
}

fn read(shelf: &mut dyn Shelf, id: &str) -> Result<Option<(u64, KeyRow)>, StoreError> {
    let item = shelf.get(ShelfKind::Key, id)?;
    Ok(item.and_then(|item| Some((item.version, serde_json::from_str(&item.body).ok()?))))
}

fn change(
    shelf: &mut dyn Shelf,
    id: &str,
    now: Instant,
    change: impl Fn(&mut KeyRow),
) -> Result<Option<KeyView>, StoreError> {
    loop {
        let Some((version, mut row)) = read(shelf, id)? else { return Ok(None) };
        change(&mut row);
        if shelf.put(ShelfKind::Key, id, Some(version), &json(&row))? {
            return Ok(Some(KeyView::new(id, row, now)));
        }
    }
}

pub(super) fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).expect("rows of the shelf have text keys")
}
