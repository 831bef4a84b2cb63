//! Rows as they are stored.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, ContactId, LeadId, Money};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    look_up::stage_fact,
    value::{instant, json, maybe_name, name, number, parsed},
};
use crate::row::{AccountRow, AssignmentRow, ContactRow, LeadRow, LeadState, Response, ResponseRow, StageRow};

pub const CONTACT: &str = "SELECT id, name, email, phone, account, owner, version FROM contacts WHERE id = ?1";

pub const ACCOUNT: &str = "SELECT id, name, name_key, domain, parent, owner, version FROM accounts WHERE id = ?1";

pub const LEAD: &str = "l.id, l.source, l.external_id, l.at, l.contact, l.account, l.attributes, l.value, l.originator,
    l.completeness, s.state FROM leads l JOIN lead_state s ON s.lead = l.id";

pub const ASSIGNMENT: &str = "SELECT seq, lead, rep, at, hop, propensity, actor, reason FROM assignments";

pub const RESPONSE: &str = "SELECT seq, lead, rep, offered_at, at, response, reason FROM responses";

pub const STAGE: &str =
    "SELECT seq, lead, at, known_at, stage, source_rank, external_id, reopen, value, reason, actor FROM stage_changes";

pub fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(params, read)?.collect()
}

pub fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    connection.prepare_cached(sql)?.query_row(params, read).optional()
}

pub fn seq(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(one(connection, "SELECT seq FROM head WHERE one = 1", [], |row| number(row, 0))?.unwrap_or(0))
}

pub fn contact(row: &Row<'_>) -> rusqlite::Result<ContactRow> {
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
pub fn people(connection: &Connection, contacts: &[ContactId]) -> rusqlite::Result<BTreeMap<ContactId, ContactRow>> {
    let found = contacts.iter().filter_map(|id| one(connection, CONTACT, [id.bytes()], contact).transpose());
    found.map(|row| row.map(|row| (row.id, row))).collect()
}

pub fn account(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
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

pub fn lead(row: &Row<'_>) -> rusqlite::Result<(LeadRow, LeadState)> {
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

pub fn assignment(row: &Row<'_>) -> rusqlite::Result<AssignmentRow> {
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

pub fn stage_row(row: &Row<'_>) -> rusqlite::Result<StageRow> {
    let lead = LeadId::from_bytes(row.get(1)?);
    Ok(StageRow { seq: number(row, 0)?, lead, fact: stage_fact(row, 2)?, actor: row.get(10)? })
}

pub fn response(row: &Row<'_>) -> rusqlite::Result<ResponseRow> {
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

/// Those of a history come before those of the record.
pub fn assignments_of(connection: &Connection, lead: LeadId) -> rusqlite::Result<Vec<AssignmentRow>> {
    let sql = format!(
        "{ASSIGNMENT} WHERE lead = ?1
         UNION ALL SELECT 0, lead, rep, at, hop, propensity, 'import', NULL FROM loaded_assignments WHERE lead = ?1
         ORDER BY seq, at"
    );
    many(connection, &sql, [lead.bytes()], assignment)
}

pub fn stages_of(connection: &Connection, lead: LeadId) -> rusqlite::Result<Vec<StageRow>> {
    let sql = format!(
        "{STAGE} WHERE lead = ?1
         UNION ALL SELECT 0, lead, at, known_at, stage, 0, 'load', 0, value, NULL, 'import' FROM loaded_stages
         WHERE lead = ?1 ORDER BY seq, at"
    );
    many(connection, &sql, [lead.bytes()], stage_row)
}
