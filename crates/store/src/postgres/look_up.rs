//! What a batch asks of the database: one statement a kind of key, whatever the number of keys.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, ContactId, LeadId, Money};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::value::{digest, flag, id, instant, json, number, parsed, text};
use crate::{
    backend::{DuplicateHit, Found, Keys},
    number::{custody, stage},
    row::{IdempotencyKey, LeadState},
    stage::StageFact,
};

/// At most this many leads of one key are looked at: the newest.
const HITS: i64 = 16;

pub async fn look_up(connection: &mut PgConnection, keys: &Keys) -> sqlx::Result<Found> {
    let mut found = Found::default();
    if !keys.sources.is_empty() {
        sources(connection, keys, &mut found).await?;
    }
    let mut leads: Vec<[u8; 16]> = keys.leads.iter().map(pointsman_domain::LeadId::bytes).collect();
    leads.extend(found.sources.values().map(pointsman_domain::LeadId::bytes));
    if !leads.is_empty() {
        let sql = "SELECT lead, state FROM lead_state WHERE lead = ANY($1)";
        for row in sqlx::query(sql).bind(leads).fetch_all(&mut *connection).await? {
            found.leads.insert(id(&row, 0, LeadId::from_bytes)?, json(&row, 1)?);
        }
    }
    if !keys.staged.is_empty() {
        stages_of(connection, keys, &mut found).await?;
    }
    if !keys.idempotency.is_empty() {
        receipts(connection, keys, &mut found).await?;
    }
    if !keys.duplicates.is_empty() {
        duplicates(connection, keys, &mut found).await?;
    }
    let contacts: Vec<[u8; 16]> = keys.contacts.iter().map(pointsman_domain::ContactId::bytes).collect();
    found.contacts = versions(connection, "SELECT id, version FROM contacts WHERE id = ANY($1)", contacts, |row| {
        id(row, 0, ContactId::from_bytes)
    })
    .await?;
    let accounts: Vec<[u8; 16]> = keys.accounts.iter().map(pointsman_domain::AccountId::bytes).collect();
    found.accounts = versions(connection, "SELECT id, version FROM accounts WHERE id = ANY($1)", accounts, |row| {
        id(row, 0, AccountId::from_bytes)
    })
    .await?;
    if !keys.domains.is_empty() {
        let sql = "SELECT domain, max(version) FROM accounts WHERE domain = ANY($1) GROUP BY domain";
        for row in sqlx::query(sql).bind(&keys.domains).fetch_all(&mut *connection).await? {
            found.domains.insert(row.try_get(0)?, number(&row, 1)?);
        }
    }
    Ok(found)
}

async fn versions<K: Ord>(
    connection: &mut PgConnection,
    sql: &'static str,
    ids: Vec<[u8; 16]>,
    key: impl Fn(&PgRow) -> sqlx::Result<K>,
) -> sqlx::Result<BTreeMap<K, u64>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(sql).bind(ids).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((key(row)?, number(row, 1)?))).collect()
}

async fn sources(connection: &mut PgConnection, keys: &Keys, found: &mut Found) -> sqlx::Result<()> {
    let (names, ids): (Vec<&str>, Vec<&str>) = keys.sources.iter().map(|(source, id)| (&**source, &**id)).unzip();
    let sql = "SELECT l.source, l.external_id, l.id FROM unnest($1::text[], $2::text[]) AS k(source, external_id)
        JOIN leads l ON l.source = k.source AND l.external_id = k.external_id";
    for row in sqlx::query(sql).bind(names).bind(ids).fetch_all(connection).await? {
        found.sources.insert((row.try_get(0)?, row.try_get(1)?), id(&row, 2, LeadId::from_bytes)?);
    }
    Ok(())
}

async fn receipts(connection: &mut PgConnection, keys: &Keys, found: &mut Found) -> sqlx::Result<()> {
    let (scopes, names): (Vec<&str>, Vec<&str>) = keys.idempotency.iter().map(|key| (&*key.scope, &*key.key)).unzip();
    let sql = "SELECT i.scope, i.key, i.body, i.receipt FROM unnest($1::text[], $2::text[]) AS k(scope, key)
        JOIN idempotency i ON i.scope = k.scope AND i.key = k.key";
    for row in sqlx::query(sql).bind(scopes).bind(names).fetch_all(connection).await? {
        let key = IdempotencyKey { scope: row.try_get(0)?, key: row.try_get(1)? };
        found.idempotency.insert(key, (digest(&row, 2)?, json(&row, 3)?));
    }
    Ok(())
}

async fn duplicates(connection: &mut PgConnection, keys: &Keys, found: &mut Found) -> sqlx::Result<()> {
    let sql = "SELECT w.key, k.lead, k.at, k.seq, s.custody, s.state FROM unnest($1::text[]) AS w(key)
        CROSS JOIN LATERAL (SELECT lead, at, seq FROM duplicate_keys WHERE key = w.key ORDER BY at DESC LIMIT $2) k
        JOIN lead_state s ON s.lead = k.lead ORDER BY w.key, k.at";
    for row in sqlx::query(sql).bind(&keys.duplicates).bind(HITS).fetch_all(connection).await? {
        let state: LeadState = json(&row, 5)?;
        let hit = DuplicateHit {
            lead: id(&row, 1, LeadId::from_bytes)?,
            at: instant(&row, 2)?,
            seq: number(&row, 3)?,
            custody: parsed(&row, 4, |number: i64| u8::try_from(number).ok().and_then(custody))?,
            decision: state.decision,
        };
        found.duplicates.entry(row.try_get(0)?).or_default().push(hit);
    }
    Ok(())
}

async fn stages_of(connection: &mut PgConnection, keys: &Keys, found: &mut Found) -> sqlx::Result<()> {
    let leads: Vec<[u8; 16]> = keys.staged.iter().map(pointsman_domain::LeadId::bytes).collect();
    let sql = "SELECT lead, at, known_at, stage, source_rank, external_id, reopen, value, reason FROM (
            SELECT 0 AS seq, lead, at, known_at, stage, 0::int8 AS source_rank, 'load' AS external_id,
                0::int8 AS reopen, value, NULL::text AS reason FROM loaded_stages WHERE lead = ANY($1)
            UNION ALL
            SELECT seq, lead, at, known_at, stage, source_rank, external_id, reopen, value, reason FROM stage_changes
            WHERE lead = ANY($1)) facts ORDER BY seq, at, stage";
    for row in sqlx::query(sql).bind(leads).fetch_all(connection).await? {
        found.stages.entry(id(&row, 0, LeadId::from_bytes)?).or_default().push(stage_fact(&row, 1)?);
    }
    Ok(())
}

/// The eight columns of a stage fact, from `first`.
pub fn stage_fact(row: &PgRow, first: usize) -> sqlx::Result<StageFact> {
    Ok(StageFact {
        at: instant(row, first)?,
        known_at: instant(row, first + 1)?,
        stage: parsed(row, first + 2, stage)?,
        source_rank: number(row, first + 3)?,
        external_id: row.try_get(first + 4)?,
        reopen: flag(row, first + 5)?,
        value: row.try_get::<Option<i64>, _>(first + 6)?.map(Money),
        reason: text(row, first + 7)?,
    })
}
