//! A decision as typed columns, and back, exactly.

use pointsman_decision::{Decision, Exposed, Outcome};
use pointsman_domain::{DecisionId, Instant, LeadId, RuleId};
use sqlx::{Row, postgres::PgRow};

use super::value::{digest, flag, id, instant, maybe_instant, maybe_name, name, number, parsed};
use crate::{
    cell::{Cell, maybe, no_float, no_int},
    codec,
    number::{HELD, OFFERED, OWNED, PARKED, hold, hold_number, source, source_number},
};

pub const NAMES: [&str; 31] = [
    "seq",
    "id",
    "lead",
    "engine",
    "snapshot",
    "policy",
    "decided_at",
    "border",
    "seed",
    "state",
    "rep",
    "sla_due",
    "hold",
    "until",
    "wake_at",
    "queue",
    "alarm",
    "rule",
    "priority",
    "experiment",
    "variant",
    "epoch",
    "p_variant",
    "p_choice",
    "price_epoch",
    "score",
    "value",
    "value_source",
    "price",
    "claims",
    "trace",
];

/// The columns in the order [`read`] expects; `s` is the joined snapshot.
pub const COLUMNS: &str = "d.seq, d.id, d.lead, d.engine, s.id, d.policy, d.decided_at, d.border, d.seed, d.state,
    d.rep, d.sla_due, d.hold, d.until, d.wake_at, d.queue, d.alarm, d.rule, d.priority, d.experiment, d.variant,
    d.epoch, d.p_variant, d.p_choice, d.price_epoch, d.score, d.value, d.value_source, d.price, d.claims, d.trace
    FROM decisions d JOIN snapshots s ON s.number = d.snapshot";

pub fn cells(seq: u64, snapshot: i64, d: &Decision) -> [Cell<'_>; 31] {
    let instant = |at: Option<Instant>| maybe(at, no_int);
    let text = |text: Option<&str>| Cell::Text(text.map(|text| text.to_owned().into()));
    let variant = d.variant.as_ref();
    let (state, rep, sla_due) = match &d.outcome {
        Outcome::Owned { rep, sla_due } => (OWNED, Some(rep.as_str()), *sla_due),
        Outcome::Offered { rep, sla_due, .. } => (OFFERED, Some(rep.as_str()), *sla_due),
        Outcome::Held { .. } => (HELD, None, None),
        Outcome::Parked { .. } => (PARKED, None, None),
    };
    let (why, until, wake_at) = match &d.outcome {
        Outcome::Held { hold, until, wake_at } => (Some(hold_number(*hold)), Some(*until), Some(*wake_at)),
        Outcome::Offered { until, .. } => (None, Some(*until), None),
        Outcome::Owned { .. } | Outcome::Parked { .. } => (None, None, None),
    };
    let (queue, alarm) = match &d.outcome {
        Outcome::Parked { queue, alarm } => (Some(queue.as_str()), Some(*alarm)),
        Outcome::Owned { .. } | Outcome::Offered { .. } | Outcome::Held { .. } => (None, None),
    };
    [
        seq.into(),
        d.id.bytes().into(),
        d.lead.bytes().into(),
        i64::from(d.engine).into(),
        snapshot.into(),
        d.policy.as_str().into(),
        d.decided_at.into(),
        instant(d.border),
        d.seed.into(),
        state.into(),
        text(rep),
        instant(sla_due),
        maybe(why, no_int),
        instant(until),
        instant(wake_at),
        text(queue),
        maybe(alarm, no_int),
        text(d.rule.as_ref().map(RuleId::as_str)),
        d.priority.into(),
        text(variant.map(|v| v.experiment.as_str())),
        text(variant.map(|v| v.variant.as_str())),
        maybe(variant.map(|v| v.epoch), no_int),
        maybe(variant.map(|v| v.propensity), no_float),
        d.propensity.into(),
        d.price_epoch.into(),
        maybe(d.score, no_float),
        d.value.into(),
        source_number(d.value_source).into(),
        maybe(d.price, no_float),
        codec::encode_keys(&d.claims).into(),
        Cell::from(&d.trace),
    ]
}

pub fn read(row: &PgRow) -> sqlx::Result<(u64, Decision)> {
    let outcome = match number::<u8>(row, 9)? {
        OWNED => Outcome::Owned { rep: name(row, 10)?, sla_due: maybe_instant(row, 11)? },
        OFFERED => Outcome::Offered { rep: name(row, 10)?, until: instant(row, 13)?, sla_due: maybe_instant(row, 11)? },
        HELD => Outcome::Held {
            hold: parsed(row, 12, |number: i64| u8::try_from(number).ok().and_then(hold))?,
            until: instant(row, 13)?,
            wake_at: instant(row, 14)?,
        },
        PARKED => Outcome::Parked { queue: name(row, 15)?, alarm: flag(row, 16)? },
        _ => return parsed(row, 9, |_: i64| None),
    };
    let variant = match maybe_name(row, 19)? {
        None => None,
        Some(experiment) => {
            Some(Exposed { experiment, variant: name(row, 20)?, epoch: number(row, 21)?, propensity: row.try_get(22)? })
        }
    };
    let decision = Decision {
        format: 1,
        id: id(row, 1, DecisionId::from_bytes)?,
        lead: id(row, 2, LeadId::from_bytes)?,
        engine: number(row, 3)?,
        snapshot: digest(row, 4)?,
        policy: name(row, 5)?,
        decided_at: instant(row, 6)?,
        border: maybe_instant(row, 7)?,
        seed: row.try_get::<i64, _>(8)? as u64,
        outcome,
        rule: maybe_name(row, 17)?,
        priority: number(row, 18)?,
        variant,
        propensity: row.try_get(23)?,
        price_epoch: number(row, 24)?,
        score: row.try_get(25)?,
        value: row.try_get(26)?,
        value_source: parsed(row, 27, |number: i64| u8::try_from(number).ok().and_then(source))?,
        price: row.try_get(28)?,
        claims: parsed(row, 29, |bytes: Vec<u8>| codec::decode_keys(&bytes).ok())?,
        trace: digest(row, 30)?,
    };
    Ok((number(row, 0)?, decision))
}
