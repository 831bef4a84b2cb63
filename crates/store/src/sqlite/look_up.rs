//! What a batch asks of the database: point queries on cached statements, all on indices.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, ContactId, LeadId, Money};
use rusqlite::{Connection, OptionalExtension, Row, params, types::ValueRef};

use super::value::{digest, instant, json, number, parsed};
use crate::{
    backend::{DuplicateHit, Found, KeyHolder, Keys},
    number::stage,
    row::LeadState,
    stage::StageFact,
};

/// At most this many leads of one key are looked at: the newest.
const HITS: i64 = 16;

pub fn look_up(connection: &Connection, keys: &Keys) -> rusqlite::Result<Found> {
    let mut found = Found::default();
    let mut states = connection.prepare_cached("SELECT state FROM lead_state WHERE lead = ?1")?;
    for lead in &keys.leads {
        if let Some(state) = states.query_row([lead.bytes()], |row| json::<LeadState>(row, 0)).optional()? {
            found.leads.insert(*lead, state);
        }
    }
    for lead in &keys.staged {
        found.stages.insert(*lead, stages(connection, *lead)?);
    }
    let mut sources = connection.prepare_cached("SELECT id FROM leads WHERE source = ?1 AND external_id = ?2")?;
    for (source, external_id) in &keys.sources {
        let lead = sources.query_row(params![source, external_id], |row| row.get(0)).optional()?;
        if let Some(lead) = lead {
            let lead = LeadId::from_bytes(lead);
            found.sources.insert((source.clone(), external_id.clone()), lead);
            if let Some(state) = states.query_row([lead.bytes()], |row| json::<LeadState>(row, 0)).optional()? {
                found.leads.insert(lead, state);
            }
        }
    }
    let mut receipts =
        connection.prepare_cached("SELECT body, receipt FROM idempotency WHERE scope = ?1 AND key = ?2")?;
    for key in &keys.idempotency {
        let read = |row: &Row<'_>| Ok((digest(row, 0)?, json(row, 1)?));
        if let Some(stored) = receipts.query_row(params![key.scope, key.key], read).optional()? {
            found.idempotency.insert(key.clone(), stored);
        }
    }
    let mut hits = connection.prepare_cached(
        "SELECT k.contact, k.seq, k.lead, k.at, s.state FROM duplicate_keys k LEFT JOIN lead_state s ON s.lead = k.lead
         WHERE k.key = ?1 ORDER BY k.at DESC LIMIT ?2",
    )?;
    for key in &keys.duplicates {
        let mut rows = hits.query(params![key, HITS])?;
        while let Some(row) = rows.next()? {
            let contact = row.get::<_, Option<_>>(0)?.map(ContactId::from_bytes);
            found.held(key, KeyHolder { contact, seq: number(row, 1)? });
            // Whoever was written down without a lead has no state.
            if row.get_ref(4)? != ValueRef::Null {
                found.duplicates.entry(key.clone()).or_default().push(hit(row)?);
            }
        }
    }
    found.duplicates.values_mut().for_each(|hits| hits.reverse());
    let mut contacts = connection.prepare_cached("SELECT version FROM contacts WHERE id = ?1")?;
    for id in &keys.contacts {
        if let Some(version) = contacts.query_row([id.bytes()], |row| number(row, 0)).optional()? {
            found.contacts.insert(*id, version);
        }
    }
    let mut accounts = connection.prepare_cached("SELECT version FROM accounts WHERE id = ?1")?;
    for id in &keys.accounts {
        if let Some(version) = accounts.query_row([id.bytes()], |row| number(row, 0)).optional()? {
            found.accounts.insert(*id, version);
        }
    }
    let mut domains =
        connection.prepare_cached("SELECT version FROM accounts WHERE domain = ?1 ORDER BY version DESC LIMIT 1")?;
    for domain in &keys.domains {
        if let Some(version) = domains.query_row([domain], |row| number(row, 0)).optional()? {
            found.domains.insert(domain.clone(), version);
        }
    }
    let mut names = connection.prepare_cached(
        "SELECT version FROM accounts WHERE name_key = ?1 AND name_key <> '' ORDER BY version DESC LIMIT 1",
    )?;
    for name in &keys.names {
        if let Some(version) = names.query_row([name], |row| number(row, 0)).optional()? {
            found.names.insert(name.clone(), version);
        }
    }
    let contact = "SELECT id, version FROM contacts WHERE external_id = ?1 ORDER BY version DESC LIMIT 1";
    found.external_contacts = by_external_id(connection, contact, &keys.external_contacts, ContactId::from_bytes)?;
    let account = "SELECT id, version FROM accounts WHERE external_id = ?1 ORDER BY version DESC LIMIT 1";
    found.external_accounts = by_external_id(connection, account, &keys.external_accounts, AccountId::from_bytes)?;
    Ok(found)
}

fn by_external_id<T>(
    connection: &Connection,
    sql: &str,
    names: &[Box<str>],
    id: impl Fn([u8; 16]) -> T,
) -> rusqlite::Result<BTreeMap<Box<str>, (T, u64)>> {
    let mut select = connection.prepare_cached(sql)?;
    let mut found = BTreeMap::new();
    for name in names {
        let read = |row: &Row<'_>| Ok((id(row.get(0)?), number(row, 1)?));
        if let Some(one) = select.query_row([name], read).optional()? {
            found.insert(name.clone(), one);
        }
    }
    Ok(found)
}

fn hit(row: &Row<'_>) -> rusqlite::Result<DuplicateHit> {
    let state: LeadState = json(row, 4)?;
    Ok(DuplicateHit {
        lead: LeadId::from_bytes(row.get(2)?),
        at: instant(row, 3)?,
        custody: state.custody.kind(),
        decision: state.decision,
    })
}

pub fn stages(connection: &Connection, lead: LeadId) -> rusqlite::Result<Vec<StageFact>> {
    let mut select = connection.prepare_cached(
        "SELECT at, known_at, stage, source_rank, external_id, reopen, value, reason FROM stage_changes
         WHERE lead = ?1 ORDER BY seq",
    )?;
    let mut facts = super::past::stages(connection, lead)?;
    facts.extend(select.query_map([lead.bytes()], |row| stage_fact(row, 0))?.collect::<rusqlite::Result<Vec<_>>>()?);
    Ok(facts)
}

/// The eight columns of a stage fact, from `first`.
pub fn stage_fact(row: &Row<'_>, first: usize) -> rusqlite::Result<StageFact> {
    Ok(StageFact {
        at: instant(row, first)?,
        known_at: instant(row, first + 1)?,
        stage: parsed(row, first + 2, stage)?,
        source_rank: row.get(first + 3)?,
        external_id: row.get(first + 4)?,
        reopen: row.get(first + 5)?,
        value: row.get::<_, Option<i64>>(first + 6)?.map(Money),
        reason: row.get(first + 7)?,
    })
}
