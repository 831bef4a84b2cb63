//! A life to a row.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use pointsman_decision::{Decision, Outcome, Snapshot, ValueSource};
use pointsman_domain::{
    CreditReason, Digest, Entity, Instant, Micros, Money, RepIndex, Value,
    record::{ActivityKind, Stage},
};
use pointsman_measure::rows::{
    Custody as Held, LeadRow, LocalDay, Millionths, Name, Names, Origin, SIZED_BY, size_band,
};

use super::{
    life::{Life, Response},
    target::{self, Compiled},
};
use crate::{
    row::Custody,
    stage::{StageFact, converge},
};

/// What a row is made with beside the lead's own life.
pub(super) struct Context<'a> {
    /// What is live: the schema, the roster, its calendars and absences.
    pub live: &'a Snapshot,
    /// What decisions of this part were taken on, as far as it compiles.
    pub taken_on: &'a BTreeMap<Digest, Arc<Compiled>>,
    /// Of reps whom a history brought, and who are not in the roster any more.
    pub teams: &'a BTreeMap<Box<str>, Box<str>>,
    pub names: &'a mut Names,
}

pub(super) fn row(life: &Life, context: &mut Context<'_>) -> LeadRow {
    let zone = context.live.home();
    let arrived = life.row.at;
    let mut row = LeadRow::new(life.row.id, arrived, LocalDay(zone.local_day(arrived)));
    row.origin = if life.imported { Origin::Import } else { Origin::Door };
    what_it_is(life, context, &mut row);
    how_it_was_routed(life, context, &mut row);
    clocks(life, &mut row);
    on_the_way(life, &mut row);
    where_it_is(life, context, &mut row);
    service(life, context, &mut row);
    row
}

fn what_it_is(life: &Life, context: &mut Context<'_>, row: &mut LeadRow) {
    let schema = &context.live.schema;
    let said = |name: &str| {
        let index = schema.find(Entity::Lead, name)?;
        let (_, attribute) = schema.get(index)?;
        let value = life.row.attributes.get(index).filter(|_| !attribute.personal)?;
        Some(schema.show(index, value))
    };
    let mut word = |text: Option<String>| text.filter(|text| !text.is_empty()).map(|text| context.names.intern(&text));
    row.source = word(said("source").or_else(|| Some(life.row.source.to_string())));
    row.channel = word(said("channel"));
    row.campaign = word(said("campaign"));
    row.country = word(said("country"));
    row.industry = word(said("industry"));
    row.language = word(said("language"));
    row.product = word(said("product"));
    row.direction = word(said("direction"));
    let sized = SIZED_BY.into_iter().find_map(|name| Some((name, schema.find(Entity::Lead, name)?)));
    row.size = word(sized.and_then(|(name, index)| match life.row.attributes.get(index)? {
        Value::Integer(n) => size_band(*n).map(str::to_owned),
        Value::Text(_) | Value::Choice(_) => said(name),
        _ => None,
    }));
    row.segment = row.size;
    row.completeness = Millionths::from_f64(life.row.completeness);
}

fn how_it_was_routed(life: &Life, context: &mut Context<'_>, row: &mut LeadRow) {
    let first_owner = life.assignments.first();
    if let Some(first) = life.decisions.first() {
        row.policy = Some(context.names.intern(first.policy.as_str()));
        let taken_on = context.taken_on.get(&first.snapshot);
        let version = taken_on.and_then(|taken_on| taken_on.version(first));
        row.policy_version = version.map(|version| context.names.intern(version));
        row.expected_value = money(first);
    }
    if let Some(exposed) = life.decisions.iter().find_map(|decision| decision.variant.as_ref()) {
        row.experiment = Some(context.names.intern(exposed.experiment.as_str()));
        row.variant = Some(context.names.intern(exposed.variant.as_str()));
    }
    // The rule that gave it to its first owner; else the one that it was first held or parked by.
    let gave = life.decisions.iter().find(|decision| decision.owner().is_some());
    let by_name = first_owner.is_some_and(|first| first.actor.is_some());
    let told = gave.filter(|_| !by_name).or(life.decisions.first());
    if let Some(decision) = told {
        row.rule = decision.rule.as_ref().map(|rule| context.names.intern(rule.as_str()));
        if let Some(Compiled { snapshot, .. }) = context.taken_on.get(&decision.snapshot).map(|taken_on| &**taken_on)
            && let Some(rule) = target::rule(snapshot, decision)
        {
            row.path = Some(context.names.intern(&target::path(rule)));
            row.pool = target::pool(snapshot, rule).map(|pool| context.names.intern(pool));
        }
        row.score = decision.score.and_then(Millionths::from_f64);
    }
    if life.imported && first_owner.is_some() {
        row.path = Some(context.names.intern("import"));
    } else if by_name {
        row.path = Some(context.names.intern("named"));
    }
    if let Some(first) = first_owner {
        row.rep = Some(context.names.intern(first.rep.as_str()));
        row.assigned_at = Some(first.at);
        let rep = context.live.roster.rep(first.rep.as_str()).map(|index| context.live.roster.rep_at(index));
        let team = match rep {
            Some(rep) => rep.team.as_ref().map(pointsman_domain::TeamId::as_str),
            None => context.teams.get(first.rep.as_str()).map(|team| &**team),
        };
        row.team = team.map(|team| context.names.intern(team));
    }
}

/// Expected of a win, in money; a workspace that counts wins has none.
fn money(decision: &Decision) -> Option<Money> {
    let is_money = decision.value_source != ValueSource::Wins && decision.value.is_finite();
    is_money.then(|| Money(decision.value.round() as i64))
}

/// The first of a thing that a person did, or a fact between these stages. What closes a lead does
/// not touch it.
fn first_of(life: &Life, stages: RangeInclusive<Stage>, activity: impl Fn(ActivityKind) -> bool) -> Option<Instant> {
    let done = life.activities.iter().filter(|(_, kind)| activity(*kind)).map(|(at, _)| *at);
    let told = life.stages.iter().filter(|row| stages.contains(&row.fact.stage));
    done.chain(told.map(|row| row.fact.happened())).min()
}

fn clocks(life: &Life, row: &mut LeadRow) {
    row.decided_at = life.decisions.first().map(|first| first.decided_at);
    row.notified_at = life.notified;
    row.offered_at = life.offers.first().map(|(at, _)| *at);
    let accepted = life.responses.iter().filter(|(_, response)| *response == Response::Accepted);
    row.accepted_at = accepted.map(|(at, _)| *at).min();
    row.touched_at = first_of(life, Stage::Attempted..=Stage::Opportunity, |_| true);
    row.reached_at = first_of(life, Stage::Contacted..=Stage::Opportunity, |kind| kind == ActivityKind::Meeting);
    row.qualified_at = first_of(life, Stage::Qualified..=Stage::Qualified, |_| false);
    row.opportunity_at = first_of(life, Stage::Opportunity..=Stage::Opportunity, |_| false);
    row.sla_due_at = life.decisions.iter().find_map(|decision| match decision.outcome {
        Outcome::Owned { sla_due, .. } | Outcome::Offered { sla_due, .. } => sla_due,
        Outcome::Held { .. } | Outcome::Parked { .. } => None,
    });
}

fn on_the_way(life: &Life, row: &mut LeadRow) {
    let told = life.stages.iter().filter(|row| row.fact.is_activity()).count();
    row.touches = (life.activities.len() + told) as u32;
    let mut owners: Vec<_> = life.assignments.iter().map(|row| (&row.rep, row.at)).collect();
    owners.dedup_by_key(|(rep, _)| *rep);
    row.hops = owners.len().saturating_sub(1) as u32;
    row.first_hop_at = owners.get(1).map(|(_, at)| *at);
    row.ping_pong = owners.iter().enumerate().any(|(at, (rep, _))| owners[..at].iter().any(|(had, _)| had == rep));
    let credited = life.state.credited.as_ref().is_some_and(|credit| credit.reason == CreditReason::WrongTerritory);
    row.misrouted = life.misrouted + u32::from(credited);
    row.requested = life.requested;
    let answers = |response| life.responses.iter().filter(|(_, given)| *given == response).count() as u32;
    row.declined = answers(Response::Declined);
    row.expired = answers(Response::Expired);
    row.reopened = reopened(life);
    row.checklist_done = life.checklist_done;
    row.feedback = life.rating.map(|rating| rating.score);
    row.feedback_at = life.rating.map(|rating| rating.at);
    parked(life, row);
}

/// How often it was at rest and went on.
fn reopened(life: &Life) -> u32 {
    let mut facts: Vec<&StageFact> = life.stages.iter().map(|row| &row.fact).filter(|f| !f.is_activity()).collect();
    facts.sort_by_key(|fact| (fact.happened(), fact.stage.is_terminal()));
    let (mut stage, mut times) = (Stage::Open, 0);
    for fact in facts {
        if stage.is_terminal() && !fact.stage.is_terminal() && !fact.reopen {
            continue;
        }
        times += u32::from(stage.closes() && !fact.stage.closes());
        stage = fact.stage;
    }
    times
}

/// A stay begins with a decision that parks and ends with whatever comes next.
fn parked(life: &Life, row: &mut LeadRow) {
    let decided = life.decisions.iter().map(|d| (d.decided_at, matches!(d.outcome, Outcome::Parked { .. })));
    let owned = life.assignments.iter().map(|assigned| (assigned.at, false));
    let closed = life.stages.iter().filter(|row| row.fact.stage.closes()).map(|row| (row.fact.known_at, false));
    let mut turns: Vec<(Instant, bool)> = decided.chain(owned).chain(closed).collect();
    turns.sort_unstable();
    let mut since = None;
    for (at, parks) in turns {
        match (since, parks) {
            (None, true) => {
                since = Some(at);
                row.parked_at.get_or_insert(at);
            }
            (Some(from), false) => {
                row.parked_time = Micros(row.parked_time.0 + (at - from).0);
                since = None;
            }
            (Some(_), true) | (None, false) => {}
        }
    }
}

fn where_it_is(life: &Life, context: &mut Context<'_>, row: &mut LeadRow) {
    let state = &life.state;
    row.stage = state.stage;
    row.custody = match state.custody {
        Custody::Owned { .. } => Held::Owned,
        Custody::Offered { .. } => Held::Offered,
        Custody::Held { .. } => Held::Held,
        Custody::Parked { .. } => Held::Parked,
        Custody::Closed => Held::Closed,
    };
    row.custody_since = state.since;
    let waits = matches!(state.custody, Custody::Held { .. } | Custody::Parked { .. });
    row.unassigned_since = waits.then(|| if state.last_owner.is_some() { state.since } else { row.arrived_at });
    if life.imported && state.custody == Custody::Closed && !state.stage.closes() {
        // Open in the system it came from, and nobody's.
        (row.custody, row.custody_since, row.unassigned_since) = (Held::Parked, row.arrived_at, Some(row.arrived_at));
    }
    let owner = state.custody.owner().or(state.last_owner.as_ref());
    row.owner = owner.map(|owner| context.names.intern(owner.as_str()));
    let facts: Vec<&StageFact> = life.stages.iter().map(|row| &row.fact).collect();
    let current = converge(facts.iter().copied()).filter(|fact| fact.stage == state.stage && fact.stage.closes());
    row.closed_at = current.map(StageFact::happened);
    let ended = |stage: Stage| current.filter(|fact| fact.stage == stage);
    row.won_at = ended(Stage::Won).map(StageFact::happened);
    row.lost_at = ended(Stage::Lost).map(StageFact::happened);
    row.value = ended(Stage::Won).and_then(|fact| fact.value);
}

/// The same clocks in open hours of the first owner; without an owner, or hours of theirs, they are
/// not measured.
fn service(life: &Life, context: &mut Context<'_>, row: &mut LeadRow) {
    let Some(first) = life.assignments.first() else { return };
    let live = context.live;
    let index = |rep: &str| live.roster.rep(rep);
    if let Some(due) = row.sla_due_at {
        let then = life.assignments.iter().rfind(|owner| owner.at <= due).and_then(|owner| index(owner.rep.as_str()));
        row.owner_absent_at_due = then.map(|rep: RepIndex| live.absences[rep.0 as usize].end_of(due).is_some());
    }
    let Some(rep) = index(first.rep.as_str()) else { return };
    let Some(calendar) = live.roster.rep_at(rep).calendar.as_ref() else { return };
    row.calendar = Some::<Name>(context.names.intern(calendar.as_str()));
    let arrived = row.arrived_at;
    let open =
        |until: Option<Instant>| until.map(|until| live.calendar(rep).worked_between(arrived, until.max(arrived)));
    row.accept_service = open(row.accepted_at);
    row.touch_service = open(row.touched_at);
    row.reach_service = open(row.reached_at);
    row.close_service = open(row.closed_at);
}
