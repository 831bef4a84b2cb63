//! A decision as typed columns, and back, exactly.

use pointsman_decision::{Decision, Exposed, Outcome};
use pointsman_domain::{DecisionId, LeadId, RuleId};
use rusqlite::{CachedStatement, Connection, Row, params};

use super::rows::one;
use super::value::{at, damaged, digest, instant, maybe_instant, maybe_name, name, number, parsed};
use crate::{
    backend::StoredDecision,
    codec,
    number::{HELD, OFFERED, OWNED, PARKED, hold, hold_number, source, source_number},
};

pub const INSERT: &str = "INSERT INTO decisions (seq, id, lead, engine, snapshot, policy, decided_at, border, seed,
    state, rep, sla_due, hold, until, wake_at, queue, alarm, rule, priority, experiment, variant, epoch, p_variant,
    p_choice, price_epoch, score, value, value_source, price, claims, trace)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
    ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)";

/// The columns in the order [`read`] expects; `s` is the joined snapshot.
pub const COLUMNS: &str = "d.seq, d.id, d.lead, d.engine, s.id, d.policy, d.decided_at, d.border, d.seed, d.state,
    d.rep, d.sla_due, d.hold, d.until, d.wake_at, d.queue, d.alarm, d.rule, d.priority, d.experiment, d.variant,
    d.epoch, d.p_variant, d.p_choice, d.price_epoch, d.score, d.value, d.value_source, d.price, d.claims, d.trace
    FROM decisions d JOIN snapshots s ON s.number = d.snapshot";

pub fn insert(insert: &mut CachedStatement<'_>, seq: u64, snapshot: i64, d: &Decision) -> rusqlite::Result<usize> {
    let (mut rep, mut sla_due, mut hold, mut until, mut wake_at, mut queue, mut alarm) =
        (None, None, None, None, None, None, None);
    let state = match &d.outcome {
        Outcome::Owned { rep: owner, sla_due: due } => {
            (rep, sla_due) = (Some(owner.as_str()), due.map(at));
            OWNED
        }
        Outcome::Offered { rep: asked, until: latest, sla_due: due } => {
            (rep, until, sla_due) = (Some(asked.as_str()), Some(at(*latest)), due.map(at));
            OFFERED
        }
        Outcome::Held { hold: why, until: latest, wake_at: wake } => {
            (hold, until, wake_at) = (Some(hold_number(*why)), Some(at(*latest)), Some(at(*wake)));
            HELD
        }
        Outcome::Parked { queue: name, alarm: rings } => {
            (queue, alarm) = (Some(name.as_str()), Some(*rings));
            PARKED
        }
    };
    let variant = d.variant.as_ref();
    insert.execute(params![
        seq as i64,
        d.id.bytes(),
        d.lead.bytes(),
        d.engine,
        snapshot,
        d.policy.as_str(),
        at(d.decided_at),
        d.border.map(at),
        d.seed as i64,
        state,
        rep,
        sla_due,
        hold,
        until,
        wake_at,
        queue,
        alarm,
        d.rule.as_ref().map(RuleId::as_str),
        d.priority,
        variant.map(|v| v.experiment.as_str()),
        variant.map(|v| v.variant.as_str()),
        variant.map(|v| v.epoch),
        variant.map(|v| v.propensity),
        d.propensity,
        d.price_epoch as i64,
        d.score,
        d.value,
        source_number(d.value_source),
        d.price,
        codec::encode_keys(&d.claims),
        d.trace.bytes(),
    ])
}

pub fn read(row: &Row<'_>) -> rusqlite::Result<(u64, Decision)> {
    let outcome = match row.get::<_, u8>(9)? {
        OWNED => Outcome::Owned { rep: name(row, 10)?, sla_due: maybe_instant(row, 11)? },
        OFFERED => Outcome::Offered { rep: name(row, 10)?, until: instant(row, 13)?, sla_due: maybe_instant(row, 11)? },
        HELD => Outcome::Held { hold: parsed(row, 12, hold)?, until: instant(row, 13)?, wake_at: instant(row, 14)? },
        PARKED => Outcome::Parked { queue: name(row, 15)?, alarm: row.get(16)? },
        _ => return Err(damaged(9)),
    };
    let variant = match maybe_name(row, 19)? {
        None => None,
        Some(experiment) => {
            Some(Exposed { experiment, variant: name(row, 20)?, epoch: row.get(21)?, propensity: row.get(22)? })
        }
    };
    let decision = Decision {
        format: 1,
        id: DecisionId::from_bytes(row.get(1)?),
        lead: LeadId::from_bytes(row.get(2)?),
        engine: row.get(3)?,
        snapshot: digest(row, 4)?,
        policy: name(row, 5)?,
        decided_at: instant(row, 6)?,
        border: maybe_instant(row, 7)?,
        seed: row.get::<_, i64>(8)? as u64,
        outcome,
        rule: maybe_name(row, 17)?,
        priority: row.get(18)?,
        variant,
        propensity: row.get(23)?,
        price_epoch: number(row, 24)?,
        score: row.get(25)?,
        value: row.get(26)?,
        value_source: parsed(row, 27, source)?,
        price: row.get(28)?,
        claims: parsed(row, 29, |bytes: Vec<u8>| codec::decode_keys(&bytes).ok())?,
        trace: digest(row, 30)?,
    };
    Ok((number(row, 0)?, decision))
}

/// A decision with what was kept of its facts and its trace.
pub fn stored(
    connection: &Connection,
    condition: &str,
    key: impl rusqlite::Params,
) -> rusqlite::Result<Option<StoredDecision>> {
    let sql = format!("SELECT {COLUMNS} WHERE {condition}");
    let Some((seq, decision)) = one(connection, &sql, key, read)? else { return Ok(None) };
    let body = |sql: &str| one(connection, sql, [seq as i64], |row| row.get(0));
    let facts = body("SELECT body FROM facts WHERE seq = ?1")?;
    let trace = body("SELECT body FROM traces WHERE seq = ?1")?;
    Ok(Some(StoredDecision { seq, decision, facts, trace }))
}
