//! A decision explains itself: every rung with its verdict, every candidate with the reason
//! against, the numbers that decided. Ids and numbers only; sentences are made by who reads.

use std::sync::Arc;

use pointsman_assign::{Choosing, LoadEntry, pick::merit};
use pointsman_domain::{
    Availability, Exploration, Pick, PoolId, QueueId, Reason, ReasonCode, RepId, RuleId, TerritoryId,
};
use pointsman_rules::{Admission, OnFull, OwnerOf, Rule, Target};
use serde::{Deserialize, Serialize};

use crate::choose::Walk;
use crate::counterfactual::{Next, next_after};
use crate::facts::Facts;
use crate::qualify::{Qualified, Rung, availability_of};
use crate::record::{Decision, Hold};
use crate::replay::{ReplayError, Replayed, walk_again};
use crate::snapshot::Snapshot;
use crate::trial::{self, ExplainedTrial};

/// Why a lead went where it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub decision: Decision,
    /// The experiment that chose the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<ExplainedTrial>,
    /// The whole ladder, from the first rule to where the walk ended.
    pub rungs: Vec<ExplainedRung>,
    /// The lead's account, and the parent whose owner counts for it, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<str>>,
    /// Who would have got it without the one who did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
}

/// Whom a rung looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExplainedTarget {
    Pool(PoolId),
    Rep(RepId),
    Owner(OwnerOf),
    Territory(TerritoryId),
    Queue(QueueId),
    /// Of the rule's own target.
    Backups,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedRung {
    pub rule: RuleId,
    /// The second half of a rule: its overflow pool or backups.
    pub overflow: bool,
    pub verdict: Verdict,
    pub target: ExplainedTarget,
    pub pick: Pick,
    /// The row that the lead belongs to, where the rule names a territory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub territory: Option<ExplainedTerritory>,
    pub candidates: Vec<ExplainedCandidate>,
}

/// One row of a territory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedTerritory {
    pub name: TerritoryId,
    /// Of the table as it was, from 1.
    pub line: u32,
}

/// What came of a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its condition does not hold for this lead.
    NotMatched,
    Chosen,
    /// It matched, but names nobody for this lead (no owner, an empty pool).
    NobodyNamed,
    /// Everybody it names is excluded before load.
    NobodyEligible,
    /// Everybody eligible is full, or promised to a lead ahead.
    NobodyFree,
    Queued,
    Priced,
    Parked,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedCandidate {
    pub rep: RepId,
    pub reason: Reason,
    /// Probability of winning; absent without a model, or when excluded before load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// Value × score − price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<f64>,
    /// Free slots under the binding limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u16>,
}

/// Explains a recorded decision from its own record.
pub fn explain(
    snapshot: &Arc<Snapshot>,
    facts: &Facts,
    recorded: &Decision,
    trace: &[u8],
) -> Result<Explanation, ReplayError> {
    let (replayed, _) = walk_again(snapshot, facts, recorded, trace)?;
    let matched = &replayed.qualified.rungs;
    // The fallback stands behind the whole ladder.
    let end = replayed.walk.rung().unwrap_or(matched.len());
    let last_rule = matched.get(end).map(|rung| rung.rule);
    let mut rungs = Vec::new();
    for (index, rule) in replayed.qualified.policy().rules.iter().enumerate() {
        if last_rule.is_some_and(|last| index > last) {
            break;
        }
        let mut of_rule = matched.iter().enumerate().filter(|(at, rung)| rung.rule == index && *at <= end).peekable();
        if of_rule.peek().is_none() {
            rungs.push(not_matched(&replayed.qualified, rule));
        }
        rungs.extend(of_rule.map(|(at, rung)| explain_rung(&replayed, at, rung)));
    }
    let drawn = replayed.qualified.drawn.as_ref();
    let at = trial::local_time(snapshot.home(), recorded.decided_at);
    let experiment = drawn.map(|drawn| trial::explained(&snapshot.trials[drawn.trial], drawn, at));
    let account = facts.account.as_ref().filter(|account| !account.name.is_empty());
    Ok(Explanation {
        decision: recorded.clone(),
        experiment,
        rungs,
        account: account.map(|account| account.name.clone()),
        parent: account.and_then(|account| account.parent.clone()),
        next: next_after(&replayed, facts, recorded.seed),
    })
}

fn not_matched(qualified: &Qualified, rule: &Rule) -> ExplainedRung {
    ExplainedRung {
        rule: rule.id.clone(),
        overflow: false,
        verdict: Verdict::NotMatched,
        target: target(qualified, rule, false),
        pick: rule.pick,
        territory: None,
        candidates: Vec::new(),
    }
}

fn target(qualified: &Qualified, rule: &Rule, overflow: bool) -> ExplainedTarget {
    let roster = &qualified.snapshot.roster;
    match (&rule.target, &rule.on_full, overflow) {
        (_, OnFull::Overflow(pool), true) | (Target::Pool(pool), _, false) => {
            ExplainedTarget::Pool(roster.pool_at(*pool).id.clone())
        }
        (_, _, true) => ExplainedTarget::Backups,
        (Target::Rep(rep), ..) => ExplainedTarget::Rep(roster.rep_at(*rep).id.clone()),
        (Target::Owner(of), ..) => ExplainedTarget::Owner(*of),
        (Target::Territory(index), ..) => {
            ExplainedTarget::Territory(qualified.snapshot.territories[usize::from(index.0)].name.clone())
        }
        (Target::Queue(queue), ..) => ExplainedTarget::Queue(queue.clone()),
    }
}

fn explain_rung(replayed: &Replayed, at: usize, rung: &Rung) -> ExplainedRung {
    let qualified = &replayed.qualified;
    let rule = qualified.rule(rung);
    let entries = if at < replayed.load.rungs() { replayed.load.rung(at).entries } else { &[] };
    let chosen = match replayed.walk {
        Walk::Taken { rung, position, propensity } if rung == at => Some((position, propensity)),
        _ => None,
    };
    let admissions = qualified.admissions(rung);
    let verdict = match &replayed.walk {
        Walk::Taken { rung, .. } if *rung == at => Verdict::Chosen,
        Walk::Held { rung, hold: Hold::Queued, .. } if *rung == at => Verdict::Queued,
        Walk::Held { rung, hold: Hold::Priced, .. } if *rung == at => Verdict::Priced,
        Walk::Parked { rung: Some(rung) } if *rung == at && matches!(rule.target, Target::Queue(_)) => Verdict::Parked,
        _ if admissions.is_empty() => Verdict::NobodyNamed,
        _ if entries.is_empty() => Verdict::NobodyEligible,
        _ => Verdict::NobodyFree,
    };
    let how = Choosing { pick: rule.pick, value: qualified.value, may_wait: false, explore: Exploration::Off };
    let mut entry = entries.iter().enumerate();
    let candidates = admissions.iter().map(|admission| {
        let load = (admission.reason == ReasonCode::Admitted).then(|| entry.next()).flatten();
        explain_candidate(replayed, rule, admission, load, &how, entries, chosen)
    });
    ExplainedRung {
        rule: rule.id.clone(),
        overflow: rung.overflow,
        verdict,
        target: target(qualified, rule, rung.overflow),
        pick: rule.pick,
        territory: territory(qualified, rung),
        candidates: candidates.collect(),
    }
}

fn territory(qualified: &Qualified, rung: &Rung) -> Option<ExplainedTerritory> {
    let Target::Territory(index) = qualified.rule(rung).target else { return None };
    let name = qualified.snapshot.territories[usize::from(index.0)].name.clone();
    rung.territory_line.map(|line| ExplainedTerritory { name, line })
}

fn explain_candidate(
    replayed: &Replayed,
    rule: &Rule,
    admission: &Admission,
    load: Option<(usize, &LoadEntry)>,
    how: &Choosing,
    entries: &[LoadEntry],
    chosen: Option<(usize, f64)>,
) -> ExplainedCandidate {
    let snapshot = &replayed.qualified.snapshot;
    let rep = snapshot.roster.rep_at(admission.rep).id.clone();
    let Some((position, entry)) = load else {
        let reason = before_load(&replayed.qualified, rule, admission);
        return ExplainedCandidate { rep, reason, score: None, price: None, net: None, free: None };
    };
    let scored = snapshot.scorer.is_some();
    let net = f64::from(entry.score) * how.value - f64::from(entry.price);
    let capped = entry.limit != LoadEntry::NO_LIMIT;
    ExplainedCandidate {
        rep,
        reason: after_load(replayed, position, entry, how, entries, chosen),
        score: scored.then_some(f64::from(entry.score)),
        price: scored.then_some(f64::from(entry.price)),
        net: scored.then_some(net),
        free: capped.then_some(entry.free),
    }
}

/// What spoke against a candidate before any load was read.
pub(crate) fn before_load(qualified: &Qualified, rule: &Rule, admission: &Admission) -> Reason {
    let until = || match availability_of(&qualified.snapshot, admission.rep, qualified.decided_at) {
        Availability::Absent { until } | Availability::Closed { until } => until,
        Availability::Here => None,
    };
    match admission.reason {
        ReasonCode::Absent => Reason::Absent { until: until() },
        ReasonCode::OutsideHours => Reason::OutsideHours { until: until() },
        ReasonCode::DeclinedBefore => Reason::DeclinedBefore,
        ReasonCode::Redirected | ReasonCode::OutOfPool => overridden(qualified, admission),
        ReasonCode::MissingSkill => {
            let rep = qualified.snapshot.roster.rep_at(admission.rep);
            let lacks = |(name, least): &&(Box<str>, u8)| rep.skills.get(name).copied().unwrap_or(0) < (*least).max(1);
            let skill = rule.skills.iter().find(lacks).map(|(name, _)| name.clone());
            Reason::MissingSkill { skill: skill.unwrap_or_default() }
        }
        ReasonCode::ExcludedByRule => Reason::ExcludedByRule { rule: rule.id.clone() },
        _ => Reason::Inactive,
    }
}

/// The dated override that held for this rep.
fn overridden(qualified: &Qualified, admission: &Admission) -> Reason {
    let (snapshot, now) = (&qualified.snapshot, qualified.decided_at);
    let redirects = admission.reason == ReasonCode::Redirected;
    let mut overrides = snapshot.away.overrides_of(admission.rep, now);
    let held = overrides.find(|o| o.from <= now && o.to.is_some() == redirects);
    let until = held.map(|o| o.until);
    let to = held.and_then(|o| o.to).map(|to| snapshot.roster.rep_at(to).id.clone());
    if redirects { Reason::Redirected { to, until } } else { Reason::OutOfPool { until } }
}

fn after_load(
    replayed: &Replayed,
    position: usize,
    entry: &LoadEntry,
    how: &Choosing,
    entries: &[LoadEntry],
    chosen: Option<(usize, f64)>,
) -> Reason {
    let roster = &replayed.qualified.snapshot.roster;
    match (entry.reason, chosen) {
        (ReasonCode::LimitReached, _) => {
            Reason::LimitReached { limit: roster.limits[usize::from(entry.limit.0)].id.clone() }
        }
        (ReasonCode::OlderLeadWaits, _) => Reason::OlderLeadWaits { lead: None },
        (_, Some((taken, _))) if taken == position => Reason::Chosen,
        (_, Some((taken, propensity))) => {
            let by = merit(&entries[taken], how) - merit(entry, how);
            match how.pick {
                Pick::WeightedRoundRobin => Reason::LaterTurn { by },
                Pick::LeastLoaded => Reason::HigherLoad { by },
                Pick::BestSkill => Reason::LowerSkill { by },
                Pick::NearestTerritory => Reason::FartherTerritory { by },
                Pick::Draw => Reason::NotDrawn { propensity },
                Pick::BestScore => Reason::LowerScore { by },
                Pick::ExpectedValue => Reason::LowerValue { by },
            }
        }
        (_, None) => Reason::PriceTooHigh { by: -merit(entry, how) },
    }
}
