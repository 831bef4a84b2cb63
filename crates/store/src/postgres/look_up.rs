//! What a batch asks of the database: one statement, whatever kinds of keys and however many.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, ContactId, LeadId, Money};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::value::{digest, flag, id, instant, json, maybe_id, number, parsed, text};
use crate::{
    backend::{DuplicateHit, Found, KeyHolder, Keys},
    number::stage,
    row::{IdempotencyKey, LeadState},
    stage::StageFact,
};

/// All keys in one statement, so in one round trip. The first column says what a row is; of one
/// duplicate key the sixteen newest are looked at.
const LOOK_UP: &str = "
    SELECT 1::int8, lead, NULL::text, NULL::text, state, NULL::bytea, 0::int8, 0::int8
        FROM lead_state WHERE lead = ANY($1)
    UNION ALL SELECT 2, l.id, k.source, k.external_id, s.state, NULL, 0, 0
        FROM unnest($2::text[], $3::text[]) AS k(source, external_id)
        JOIN leads l ON l.source = k.source AND l.external_id = k.external_id LEFT JOIN lead_state s ON s.lead = l.id
    UNION ALL SELECT 3, NULL, k.scope, k.key, i.receipt, i.body, 0, 0
        FROM unnest($4::text[], $5::text[]) AS k(scope, key)
        JOIN idempotency i ON i.scope = k.scope AND i.key = k.key
    UNION ALL SELECT 4, k.lead, w.key, NULL, s.state, k.contact, k.at, k.seq
        FROM unnest($6::text[]) AS w(key)
        CROSS JOIN LATERAL (SELECT lead, contact, at, seq FROM duplicate_keys
            WHERE key = w.key ORDER BY at DESC LIMIT 16) k
        LEFT JOIN lead_state s ON s.lead = k.lead
    UNION ALL SELECT 5, id, NULL, NULL, NULL, NULL, version, 0 FROM contacts WHERE id = ANY($7)
    UNION ALL SELECT 6, id, NULL, NULL, NULL, NULL, version, 0 FROM accounts WHERE id = ANY($8)
    UNION ALL SELECT 7, NULL, domain, NULL, NULL, NULL, version, 0 FROM accounts WHERE domain = ANY($9)
    UNION ALL SELECT 8, NULL, name_key, NULL, NULL, NULL, version, 0
        FROM accounts WHERE name_key = ANY($10) AND name_key <> ''
    UNION ALL SELECT 9, id, external_id, NULL, NULL, NULL, version, 0 FROM contacts WHERE external_id = ANY($11)
    UNION ALL SELECT 10, id, external_id, NULL, NULL, NULL, version, 0 FROM accounts WHERE external_id = ANY($12)";

pub async fn look_up(connection: &mut PgConnection, keys: &Keys) -> sqlx::Result<Found> {
    let (sources, external_ids): (Vec<&str>, Vec<&str>) = keys.sources.iter().map(|(a, b)| (&**a, &**b)).unzip();
    let (scopes, names): (Vec<&str>, Vec<&str>) = keys.idempotency.iter().map(|key| (&*key.scope, &*key.key)).unzip();
    let query = sqlx::query(LOOK_UP)
        .bind(keys.leads.iter().map(LeadId::bytes).collect::<Vec<_>>())
        .bind(sources)
        .bind(external_ids)
        .bind(scopes)
        .bind(names)
        .bind(&keys.duplicates)
        .bind(keys.contacts.iter().map(ContactId::bytes).collect::<Vec<_>>())
        .bind(keys.accounts.iter().map(AccountId::bytes).collect::<Vec<_>>())
        .bind(&keys.domains)
        .bind(&keys.names)
        .bind(&keys.external_contacts)
        .bind(&keys.external_accounts);
    let mut found = Found::default();
    for row in query.fetch_all(&mut *connection).await? {
        take(&row, &mut found)?;
    }
    found.duplicates.values_mut().for_each(|hits| hits.sort_by_key(|hit| hit.at));
    if !keys.staged.is_empty() {
        stages_of(connection, keys, &mut found).await?;
    }
    Ok(found)
}

fn take(row: &PgRow, found: &mut Found) -> sqlx::Result<()> {
    let lead = |row| id(row, 1, LeadId::from_bytes);
    let has_state = || Ok::<_, sqlx::Error>(row.try_get::<Option<&str>, _>(4)?.is_some());
    match number::<u8>(row, 0)? {
        1 => drop(found.leads.insert(lead(row)?, json(row, 4)?)),
        2 => {
            found.sources.insert((row.try_get(2)?, row.try_get(3)?), lead(row)?);
            if has_state()? {
                found.leads.insert(lead(row)?, json(row, 4)?);
            }
        }
        3 => {
            let key = IdempotencyKey { scope: row.try_get(2)?, key: row.try_get(3)? };
            found.idempotency.insert(key, (digest(row, 5)?, json(row, 4)?));
        }
        4 => {
            let key: &str = row.try_get(2)?;
            found.held(key, KeyHolder { contact: maybe_id(row, 5, ContactId::from_bytes)?, seq: number(row, 7)? });
            // Whoever was written down without a lead has no state.
            if has_state()? {
                let state: LeadState = json(row, 4)?;
                let (custody, decision) = (state.custody.kind(), state.decision);
                let hit = DuplicateHit { lead: lead(row)?, at: instant(row, 6)?, custody, decision };
                found.duplicates.entry(key.into()).or_default().push(hit);
            }
        }
        5 => drop(found.contacts.insert(id(row, 1, ContactId::from_bytes)?, number(row, 6)?)),
        6 => drop(found.accounts.insert(id(row, 1, AccountId::from_bytes)?, number(row, 6)?)),
        7 => newest(&mut found.domains, row)?,
        8 => newest(&mut found.names, row)?,
        9 => named(&mut found.external_contacts, row, ContactId::from_bytes)?,
        _ => named(&mut found.external_accounts, row, AccountId::from_bytes)?,
    }
    Ok(())
}

fn newest(versions: &mut BTreeMap<Box<str>, u64>, row: &PgRow) -> sqlx::Result<()> {
    let (key, version) = (row.try_get(2)?, number(row, 6)?);
    let newest = versions.entry(key).or_insert(version);
    *newest = version.max(*newest);
    Ok(())
}

fn named<T>(
    named: &mut BTreeMap<Box<str>, (T, u64)>,
    row: &PgRow,
    make: impl FnOnce([u8; 16]) -> T,
) -> sqlx::Result<()> {
    let (name, one): (Box<str>, _) = (row.try_get(2)?, (id(row, 1, make)?, number(row, 6)?));
    if named.get(&name).is_none_or(|(_, version)| *version < one.1) {
        named.insert(name, one);
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
