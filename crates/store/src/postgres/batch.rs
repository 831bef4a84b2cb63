//! What a batch writes: every table's rows and the head in one statement, so that a batch costs
//! one round trip and one plan, whatever it holds.

use std::collections::BTreeMap;

use pointsman_domain::{ContactId, Digest, Money, RepId};
use sqlx::{PgConnection, Row};

use super::{decision, record::json, table::Together, value::number};
use crate::{
    cell::{Cell, maybe, no_bytes, no_float, no_int, no_text},
    log::Head,
    number::stage_number,
    row::{BatchRows, DecisionRow, Expect, LeadRow, LeadState},
};

/// What the statement found.
#[derive(Debug)]
pub struct Written {
    /// Leads that were not at the version that the batch has seen.
    pub states_missed: u64,
    /// Whether the head was where the batch found it.
    pub head_moved: bool,
}

pub async fn write(
    connection: &mut PgConnection,
    rows: &BatchRows,
    snapshots: &mut BTreeMap<Digest, i64>,
) -> sqlx::Result<Written> {
    let mut numbers = Vec::with_capacity(rows.decisions.len());
    for row in &rows.decisions {
        numbers.push(snapshot_number(connection, snapshots, &row.decision.snapshot).await?);
    }
    let mut all = Together::default();
    log(&mut all, rows);
    people(&mut all, rows);
    decisions(&mut all, &rows.decisions, &numbers);
    let changed = states(&mut all, &rows.states);
    history(&mut all, rows);
    head(&mut all, &rows.head, rows.log.len() as u64);
    let updated = if changed > 0 { "(SELECT count(*) FROM changed)" } else { "0::int8" };
    let row = all.query(&format!("(SELECT count(*) FROM moved), {updated}")).fetch_one(connection).await?;
    Ok(Written { head_moved: row.try_get::<i64, _>(0)? == 1, states_missed: changed - number::<u64>(&row, 1)? })
}

async fn snapshot_number(
    connection: &mut PgConnection,
    snapshots: &mut BTreeMap<Digest, i64>,
    id: &Digest,
) -> sqlx::Result<i64> {
    if let Some(number) = snapshots.get(id) {
        return Ok(*number);
    }
    let row = sqlx::query("SELECT number FROM snapshots WHERE id = $1").bind(&id.bytes()[..]);
    let number = row.fetch_one(connection).await?.try_get(0)?;
    snapshots.insert(*id, number);
    Ok(number)
}

fn log<'a>(all: &mut Together<'a>, rows: &'a BatchRows) {
    let names = ["seq", "kind", "at", "command", "lead", "actor", "changes", "detail", "facts", "hash"];
    let cells = rows.log.iter().map(|row| {
        [
            row.seq.into(),
            (row.kind as u8).into(),
            row.at.into(),
            row.command.bytes().into(),
            maybe(row.lead.map(|lead| lead.bytes()), no_bytes),
            maybe(row.actor.as_deref(), no_text),
            Cell::from(&row.changes[..]),
            maybe(row.detail.as_ref(), no_bytes),
            maybe(row.facts.as_ref(), no_bytes),
            Cell::from(&row.hash),
        ]
    });
    all.insert("log", names, cells);
}

fn people<'a>(all: &mut Together<'a>, rows: &'a BatchRows) {
    let known_at = rows.head.at;
    let id = |id: Option<[u8; 16]>| maybe(id, no_bytes);
    let names = ["id", "known_at", "name", "email", "phone", "account", "owner", "version"];
    let contacts = rows.contacts.iter().map(|row| {
        [
            row.id.bytes().into(),
            known_at.into(),
            maybe(row.name.as_deref(), no_text),
            maybe(row.email.as_deref(), no_text),
            maybe(row.phone.as_deref(), no_text),
            id(row.account.map(|id| id.bytes())),
            maybe(row.owner.as_ref().map(RepId::as_str), no_text),
            row.version.into(),
        ]
    });
    all.insert("contacts", names, contacts);
    contact_owners(all, &rows.contact_owners);
    let names = ["id", "known_at", "name", "name_key", "domain", "parent", "owner", "version"];
    let accounts = rows.accounts.iter().map(|row| {
        [
            row.id.bytes().into(),
            known_at.into(),
            (&*row.name).into(),
            (&*row.name_key).into(),
            maybe(row.domain.as_deref(), no_text),
            id(row.parent.map(|id| id.bytes())),
            maybe(row.owner.as_ref().map(RepId::as_str), no_text),
            row.version.into(),
        ]
    });
    all.insert("accounts", names, accounts);
    let leads = rows.leads.iter().map(|row| row.cells(known_at));
    all.insert("leads", LeadRow::COLUMNS, leads);
    let names = ["key", "at", "lead", "contact", "seq"];
    let duplicates = rows.duplicates.iter().map(|row| {
        let contact = id(row.contact.map(|id| id.bytes()));
        [(&*row.key).into(), row.at.into(), row.lead.bytes().into(), contact, row.seq.into()]
    });
    all.insert("duplicate_keys", names, duplicates);
}

/// The last of a batch wins.
fn contact_owners<'a>(all: &mut Together<'a>, owners: &'a [(ContactId, RepId, u64)]) {
    let last: BTreeMap<ContactId, (&RepId, u64)> =
        owners.iter().map(|(contact, owner, version)| (*contact, (owner, *version))).collect();
    let rows = last.into_iter();
    let rows = rows.map(|(contact, (owner, version))| [contact.bytes().into(), owner.as_str().into(), version.into()]);
    all.change("owners", rows, |new| {
        format!(
            "UPDATE contacts c SET owner = n.owner, version = n.version
             FROM {new} AS n(id, owner, version) WHERE c.id = n.id"
        )
    });
}

fn decisions<'a>(all: &mut Together<'a>, decisions: &'a [DecisionRow], numbers: &[i64]) {
    let cells = decisions.iter().zip(numbers).map(|(row, number)| decision::cells(row.seq, *number, &row.decision));
    all.insert("decisions", decision::NAMES, cells);
    let facts = decisions.iter().map(|row| [row.seq.into(), row.salt.into(), Cell::from(&row.facts[..])]);
    all.insert("facts", ["seq", "salt", "body"], facts);
    let traces = decisions.iter().map(|row| [row.seq.into(), Cell::from(&row.trace[..])]);
    all.insert("traces", ["seq", "body"], traces);
    let names = ["seq", "unit", "experiment", "variant", "epoch", "p", "at"];
    let exposures = decisions.iter().filter_map(|row| {
        let variant = row.decision.variant.as_ref()?;
        Some([
            row.seq.into(),
            (&*row.unit).into(),
            variant.experiment.as_str().into(),
            variant.variant.as_str().into(),
            variant.epoch.into(),
            variant.propensity.into(),
            row.decision.decided_at.into(),
        ])
    });
    all.insert("exposures", names, exposures);
}

/// How many rows must change: the part `changed` returns those that did.
fn states(all: &mut Together<'_>, states: &[(Expect, LeadState)]) -> u64 {
    let cells = |state: &LeadState| -> [Cell<'static>; 8] {
        let rep = state.custody.owner().map(|rep| rep.as_str().to_owned());
        [
            state.lead.bytes().into(),
            (state.custody.kind() as u8).into(),
            stage_number(state.stage).into(),
            maybe(rep, no_text),
            state.since.into(),
            json(state).into(),
            state.version.into(),
            maybe(state.custody.offered_until(), no_int),
        ]
    };
    let new = states.iter().filter(|(expect, _)| *expect == Expect::New).map(|(_, state)| cells(state));
    let names = ["lead", "custody", "stage", "rep", "since", "state", "version", "offer_until"];
    all.insert("lead_state", names, new);
    let changed = states.iter().filter_map(|(expect, state)| match expect {
        Expect::New => None,
        Expect::Version(seen) => {
            let [lead, custody, stage, rep, since, body, version, until] = cells(state);
            Some([lead, custody, stage, rep, since, body, version, until, (*seen).into()])
        }
    });
    all.change("changed", changed, |new| {
        format!(
            "UPDATE lead_state s SET custody = n.custody, stage = n.stage, rep = n.rep, since = n.since,
                state = n.state, version = n.version, offer_until = n.offer_until
             FROM {new} AS n(lead, custody, stage, rep, since, state, version, offer_until, seen)
             WHERE s.lead = n.lead AND s.version = n.seen RETURNING 1"
        )
    })
}

fn history<'a>(all: &mut Together<'a>, rows: &'a BatchRows) {
    let names = ["seq", "lead", "rep", "at", "hop", "propensity", "actor", "reason"];
    let assignments = rows.assignments.iter().map(|row| {
        [
            row.seq.into(),
            row.lead.bytes().into(),
            row.rep.as_str().into(),
            row.at.into(),
            row.hop.into(),
            maybe(row.propensity, no_float),
            maybe(row.actor.as_deref(), no_text),
            maybe(row.reason.as_deref(), no_text),
        ]
    });
    all.insert("assignments", names, assignments);
    let names =
        ["seq", "lead", "at", "known_at", "stage", "source_rank", "external_id", "reopen", "value", "reason", "actor"];
    let stages = rows.stages.iter().map(|row| {
        let fact = &row.fact;
        [
            row.seq.into(),
            row.lead.bytes().into(),
            fact.at.into(),
            fact.known_at.into(),
            stage_number(fact.stage).into(),
            fact.source_rank.into(),
            (&*fact.external_id).into(),
            fact.reopen.into(),
            maybe(fact.value.map(Money::minor_units), no_int),
            maybe(fact.reason.as_deref(), no_text),
            maybe(row.actor.as_deref(), no_text),
        ]
    });
    all.insert("stage_changes", names, stages);
    let names = ["seq", "lead", "rep", "offered_at", "at", "response", "reason"];
    let responses = rows.responses.iter().map(|row| {
        [
            row.seq.into(),
            row.lead.bytes().into(),
            row.rep.as_str().into(),
            row.offered_at.into(),
            row.at.into(),
            (row.response as u8).into(),
            maybe(row.reason.as_deref(), no_text),
        ]
    });
    all.insert("responses", names, responses);
    let names = ["seq", "lead", "at", "known_at", "stage", "value"];
    let outcomes = rows.stages.iter().filter(|row| row.fact.stage.closes()).map(|row| {
        let fact = &row.fact;
        [
            row.seq.into(),
            row.lead.bytes().into(),
            fact.happened().into(),
            fact.known_at.into(),
            stage_number(fact.stage).into(),
            maybe(fact.value.map(Money::minor_units), no_int),
        ]
    });
    all.insert("outcomes", names, outcomes);
    let keys = rows.idempotency.iter().map(|row| {
        [
            (&*row.key.scope).into(),
            (&*row.key.key).into(),
            Cell::from(&row.body),
            row.at.into(),
            json(&row.receipt).into(),
        ]
    });
    all.insert("idempotency", ["scope", "key", "body", "at", "receipt"], keys);
}

/// The part `moved` returns a row where the head was as the batch found it.
fn head(all: &mut Together<'_>, head: &Head, rows: u64) {
    let cells = [
        head.seq.into(),
        Cell::from(&head.hash),
        maybe(head.snapshot.as_ref(), no_bytes),
        head.price_epoch.into(),
        head.leads.into(),
        head.at.into(),
        (head.seq - rows).into(),
    ];
    all.change("moved", [cells], |new| {
        format!(
            "UPDATE head h SET seq = n.seq, hash = n.hash, snapshot = n.snapshot, price_epoch = n.price_epoch,
                leads = n.leads, at = n.at
             FROM {new} AS n(seq, hash, snapshot, price_epoch, leads, at, found)
             WHERE h.one = 1 AND h.seq = n.found RETURNING 1"
        )
    });
}
