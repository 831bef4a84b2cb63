//! Persons and companies as lists, for those who keep them: by key, in pages. A lead's own way to its
//! person and company is [`crate::backend::Reader::around`].

use pointsman_domain::{AccountId, ContactId};

use crate::{
    error::StoreError,
    row::{AccountRow, ContactRow},
    statements::{Row, Statements},
};

/// A company with its name in the system it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub row: AccountRow,
    pub external_id: Option<Box<str>>,
}

/// A person with their name in the system they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub row: ContactRow,
    pub external_id: Option<Box<str>>,
}

/// Which of them.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    All,
    External(&'a str),
    /// A company's domain, or a person's key (`email:…`, `phone:…`).
    Key(&'a str),
    /// A company's name without its legal form.
    Name(&'a str),
}

/// At most `limit` companies with an id above `after`, in the order of ids.
pub fn accounts(
    statements: &mut dyn Statements,
    which: Which<'_>,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<Account>, StoreError> {
    const ALL: &str = "SELECT id, name, name_key, domain, parent, owner, version, external_id FROM accounts
        WHERE id > $1 AND $2 = '' ORDER BY id LIMIT $3";
    const EXTERNAL: &str = "SELECT id, name, name_key, domain, parent, owner, version, external_id FROM accounts
        WHERE id > $1 AND external_id = $2 ORDER BY id LIMIT $3";
    const DOMAIN: &str = "SELECT id, name, name_key, domain, parent, owner, version, external_id FROM accounts
        WHERE id > $1 AND domain = $2 ORDER BY id LIMIT $3";
    const NAME: &str = "SELECT id, name, name_key, domain, parent, owner, version, external_id FROM accounts
        WHERE id > $1 AND name_key = $2 AND name_key <> '' ORDER BY id LIMIT $3";
    let (sql, key) = match which {
        Which::All => (ALL, ""),
        Which::External(id) => (EXTERNAL, id),
        Which::Key(domain) => (DOMAIN, domain),
        Which::Name(name) => (NAME, name),
    };
    let after = after.map_or([0; 16], |id| id.bytes());
    let rows = statements.rows("list companies", sql, vec![after.into(), key.into(), i64::from(limit).into()])?;
    rows.iter().map(account).collect()
}

pub fn account_of(statements: &mut dyn Statements, id: AccountId) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT id, name, name_key, domain, parent, owner, version, external_id FROM accounts WHERE id = $1";
    statements.rows("read a company", sql, vec![id.bytes().into()])?.first().map(account).transpose()
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        row: AccountRow {
            id: row.id(0, AccountId::from_bytes)?,
            name: row.text(1)?,
            name_key: row.text(2)?,
            domain: row.maybe_text(3)?,
            parent: row.maybe_id(4, AccountId::from_bytes)?,
            owner: row.maybe_name(5)?,
            version: row.number(6)?,
        },
        external_id: row.maybe_text(7)?,
    })
}

/// At most `limit` persons with an id above `after`, in the order of ids.
pub fn contacts(
    statements: &mut dyn Statements,
    which: Which<'_>,
    after: Option<ContactId>,
    limit: u32,
) -> Result<Vec<Contact>, StoreError> {
    const ALL: &str = "SELECT id, name, email, phone, account, owner, version, external_id FROM contacts
        WHERE id > $1 AND $2 = '' ORDER BY id LIMIT $3";
    const EXTERNAL: &str = "SELECT id, name, email, phone, account, owner, version, external_id FROM contacts
        WHERE id > $1 AND external_id = $2 ORDER BY id LIMIT $3";
    const KEY: &str =
        "SELECT c.id, c.name, c.email, c.phone, c.account, c.owner, c.version, c.external_id FROM contacts c
        WHERE c.id > $1 AND c.id IN (SELECT contact FROM duplicate_keys WHERE key = $2 AND contact IS NOT NULL)
        ORDER BY c.id LIMIT $3";
    let (sql, key) = match which {
        Which::All | Which::Name(_) => (ALL, ""),
        Which::External(id) => (EXTERNAL, id),
        Which::Key(key) => (KEY, key),
    };
    let after = after.map_or([0; 16], |id| id.bytes());
    let rows = statements.rows("list persons", sql, vec![after.into(), key.into(), i64::from(limit).into()])?;
    rows.iter().map(contact).collect()
}

pub fn contact_of(statements: &mut dyn Statements, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let sql = "SELECT id, name, email, phone, account, owner, version, external_id FROM contacts WHERE id = $1";
    statements.rows("read a person", sql, vec![id.bytes().into()])?.first().map(contact).transpose()
}

fn contact(row: &Row) -> Result<Contact, StoreError> {
    Ok(Contact {
        row: ContactRow {
            id: row.id(0, ContactId::from_bytes)?,
            name: row.maybe_text(1)?,
            email: row.maybe_text(2)?,
            phone: row.maybe_text(3)?,
            account: row.maybe_id(4, AccountId::from_bytes)?,
            owner: row.maybe_name(5)?,
            version: row.number(6)?,
        },
        external_id: row.maybe_text(7)?,
    })
}
