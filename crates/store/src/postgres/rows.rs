//! Rows as they are stored.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, ContactId, LeadId, Money};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{
    look_up::stage_fact,
    value::{flag, id, instant, json, maybe_id, maybe_name, name, number, parsed, text},
};
use crate::row::{AccountRow, AssignmentRow, ContactRow, LeadRow, LeadState, Response, ResponseRow, StageRow};

pub const LEAD: &str = "l.id, l.source, l.external_id, l.at, l.contact, l.account, l.attributes, l.value, l.originator,
    l.completeness, s.state";

pub const RESPONSE: &str = "SELECT seq, lead, rep, offered_at, at, response, reason FROM responses";

pub const STAGE: &str =
    "SELECT seq, lead, at, known_at, stage, source_rank, external_id, reopen, value, reason, actor FROM stage_changes";

pub const ASSIGNMENT: &str = "SELECT seq, lead, rep, at, hop, propensity, actor, reason FROM assignments";

pub fn contact(row: &PgRow, first: usize) -> sqlx::Result<ContactRow> {
    Ok(ContactRow {
        id: id(row, first, ContactId::from_bytes)?,
        name: text(row, first + 1)?,
        email: text(row, first + 2)?,
        phone: text(row, first + 3)?,
        account: maybe_id(row, first + 4, AccountId::from_bytes)?,
        owner: maybe_name(row, first + 5)?,
        version: number(row, first + 6)?,
    })
}

/// Those of them that are there.
pub async fn people(
    connection: &mut PgConnection,
    contacts: &[ContactId],
) -> sqlx::Result<BTreeMap<ContactId, ContactRow>> {
    let ids: Vec<[u8; 16]> = contacts.iter().map(ContactId::bytes).collect();
    let sql = "SELECT id, name, email, phone, account, owner, version FROM contacts WHERE id = ANY($1)";
    let rows = sqlx::query(sql).bind(ids).fetch_all(connection).await?;
    rows.iter().map(|row| contact(row, 0).map(|row| (row.id, row))).collect()
}

pub fn account(row: &PgRow, first: usize) -> sqlx::Result<AccountRow> {
    Ok(AccountRow {
        id: id(row, first, AccountId::from_bytes)?,
        name: row.try_get(first + 1)?,
        name_key: row.try_get(first + 2)?,
        domain: text(row, first + 3)?,
        parent: maybe_id(row, first + 4, AccountId::from_bytes)?,
        owner: maybe_name(row, first + 5)?,
        version: number(row, first + 6)?,
    })
}

/// The same row as [`contact`] and [`account`], where an outer join found nothing.
pub fn joined<T>(
    row: &PgRow,
    first: usize,
    read: impl Fn(&PgRow, usize) -> sqlx::Result<T>,
) -> sqlx::Result<Option<T>> {
    let there = row.try_get::<Option<&[u8]>, _>(first)?.is_some();
    if there { read(row, first).map(Some) } else { Ok(None) }
}

pub fn lead(row: &PgRow) -> sqlx::Result<(LeadRow, LeadState)> {
    let lead = LeadRow {
        id: id(row, 0, LeadId::from_bytes)?,
        source: row.try_get(1)?,
        external_id: text(row, 2)?,
        at: instant(row, 3)?,
        contact: maybe_id(row, 4, ContactId::from_bytes)?,
        account: maybe_id(row, 5, AccountId::from_bytes)?,
        attributes: json(row, 6)?,
        value: row.try_get::<Option<i64>, _>(7)?.map(Money),
        originator: maybe_name(row, 8)?,
        completeness: row.try_get(9)?,
    };
    Ok((lead, json(row, 10)?))
}

pub fn assignment(row: &PgRow) -> sqlx::Result<AssignmentRow> {
    Ok(AssignmentRow {
        seq: number(row, 0)?,
        lead: id(row, 1, LeadId::from_bytes)?,
        rep: name(row, 2)?,
        at: instant(row, 3)?,
        hop: flag(row, 4)?,
        propensity: row.try_get(5)?,
        actor: text(row, 6)?,
        reason: text(row, 7)?,
    })
}

pub fn stage_row(row: &PgRow) -> sqlx::Result<StageRow> {
    let lead = id(row, 1, LeadId::from_bytes)?;
    Ok(StageRow { seq: number(row, 0)?, lead, fact: stage_fact(row, 2)?, actor: text(row, 10)? })
}

pub fn response(row: &PgRow) -> sqlx::Result<ResponseRow> {
    Ok(ResponseRow {
        seq: number(row, 0)?,
        lead: id(row, 1, LeadId::from_bytes)?,
        rep: name(row, 2)?,
        offered_at: instant(row, 3)?,
        at: instant(row, 4)?,
        response: parsed(row, 5, Response::from_number)?,
        reason: text(row, 6)?,
    })
}
