//! What lies around a lead: its account with parents, its person, open opportunities.

use pointsman_domain::{AccountId, RepId};
use rusqlite::Connection;

use super::{
    rows::{ACCOUNT, CONTACT, account, contact, one},
    value::maybe_name,
};
use crate::{
    backend::Around,
    row::{AccountRow, ContactRow},
};

/// A chain of parents longer than this is a mistake in the data, not a company.
const MOST_PARENTS: usize = 16;

/// The nearest parent that has an owner: its name, and whose it is.
pub fn parent_owner(connection: &Connection, of: &AccountRow) -> rusqlite::Result<Option<(Box<str>, RepId)>> {
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
pub fn subsidiary_owner(connection: &Connection, account: AccountId) -> rusqlite::Result<Option<RepId>> {
    let sql =
        "SELECT min(owner) FROM accounts WHERE parent = ?1 AND owner IS NOT NULL HAVING count(DISTINCT owner) = 1";
    Ok(one(connection, sql, [account.bytes()], |row| maybe_name(row, 0))?.flatten())
}

/// Whether the account has an open opportunity, and whose the newest is.
pub fn opportunity(connection: &Connection, account: AccountId) -> rusqlite::Result<Option<Option<RepId>>> {
    let sql = "SELECT owner FROM opportunities WHERE account = ?1 AND stage < 5 ORDER BY at DESC LIMIT 1";
    one(connection, sql, [account.bytes()], |row| maybe_name(row, 0))
}

pub fn find_contact(connection: &Connection, keys: &[Box<str>]) -> rusqlite::Result<Option<ContactRow>> {
    let sql = "SELECT contact FROM duplicate_keys WHERE key = ?1 AND contact IS NOT NULL ORDER BY at DESC LIMIT 1";
    for key in keys {
        let id: Option<[u8; 16]> = one(connection, sql, [key], |row| row.get(0))?;
        if let Some(id) = id {
            return one(connection, CONTACT, [id], contact);
        }
    }
    Ok(None)
}

pub fn find_account(
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
