//! What would have had to differ for a named rep to get a lead.
//!
//! For every rung that could hand the lead to the rep, differences are added one obstacle at a
//! time, and the lead is decided anew after each through the same `qualify` and `choose`; what
//! turns out not to be needed is taken away again. Whatever is returned was decided in the rep's
//! favour. The rungs' load is the recorded one; where none was recorded (a rung that was not
//! walked) people are taken to have a free slot and a turn like a newcomer's, and the way says so.

mod repair;
mod world;

use std::sync::Arc;

use pointsman_domain::{DecisionId, Instant, LeadId, LimitId, PoolId, Reason, RepId, RuleId, Value};
use pointsman_rules::{OnFull, OwnerOf, Target};
use serde::Serialize;

use crate::choose::Walk;
use crate::explain::{ExplainedRung, Next, explain};
use crate::facts::Facts;
use crate::record::Decision;
use crate::replay::{ReplayError, Replayed, walk_again};
use crate::snapshot::Snapshot;
use repair::{Lever, Search};
use world::{Record, World};

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhyNot {
    pub decision: DecisionId,
    pub lead: LeadId,
    pub rep: RepId,
    /// Who has it; `None`: nobody.
    pub owner: Option<RepId>,
    /// The rep has it already: there is nothing to answer.
    pub already: bool,
    /// The rungs of the walk that looked at the rep, with the reason against.
    pub stands: Vec<Obstacle>,
    /// Fewest differences first; any one of them would have been enough.
    pub ways: Vec<Way>,
}

/// What stood between the rep and the lead on one rung.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Obstacle {
    pub rule: RuleId,
    pub overflow: bool,
    pub reason: Reason,
}

/// Differences that together would have given the lead to the rep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// The rule by which the rep would have got it.
    pub rule: RuleId,
    pub differences: Vec<Difference>,
    /// Not all of that rung's load was recorded: people there are taken to have room, and a turn
    /// like a newcomer's.
    pub assumes_load: bool,
}

/// One thing that would have been different.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Difference {
    /// A fact of the lead, its person or its company, as conditions write it.
    Fact {
        field: Box<str>,
        from: Option<String>,
        to: Option<String>,
        #[serde(skip)]
        value: Option<Value>,
    },
    /// The account, person or lead that a rule asks the owner of belongs to the rep.
    Owner {
        of: OwnerOf,
        from: Option<RepId>,
    },
    InPool {
        pool: PoolId,
    },
    Skill {
        skill: Box<str>,
        from: u8,
        to: u8,
    },
    Active,
    /// Back from an absence that lasts until then.
    Back {
        until: Option<Instant>,
    },
    /// At work at an hour that is outside the rep's.
    AtWork {
        until: Option<Instant>,
    },
    NotExcluded {
        rule: RuleId,
    },
    NotDeclined,
    FreeSlot {
        limit: LimitId,
    },
    /// No older lead waits for the rep's free slot.
    NobodyAhead,
    /// Turns that the rep would have been owed more.
    SoonerTurn {
        by: f64,
    },
    /// Share of the open cap in use.
    LowerLoad {
        by: f64,
    },
    /// A territory that fits more narrowly.
    NearerTerritory {
        by: f64,
    },
    /// Probability of winning.
    HigherScore {
        from: f64,
        to: f64,
    },
    LowerPrice {
        from: f64,
        to: f64,
    },
    /// The draw would have had to fall otherwise; the chance of that was this.
    AnotherDraw {
        propensity: f64,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhyNotError {
    #[error("'{0}' is not in the roster that this decision was taken on")]
    UnknownRep(String),
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// Who would have got the lead, had its owner not been able to take it.
pub(crate) fn next_after(replayed: &Replayed, facts: &Facts, seed: u64) -> Option<Next> {
    let Walk::Taken { rung, position, .. } = replayed.walk else { return None };
    let owner = replayed.qualified.asks(&replayed.qualified.rungs[rung])[position].rep;
    let record = Record::new(replayed, owner);
    let seen = World::new(&replayed.qualified.snapshot, facts, seed).without_rep().decide(&record);
    let Walk::Taken { rung, position, .. } = seen.walk else { return None };
    let rung = &seen.qualified.rungs[rung];
    let rep = seen.qualified.asks(rung)[position].rep;
    let rule = seen.qualified.rule(rung);
    Some(Next {
        rep: seen.qualified.snapshot.roster.rep_at(rep).id.clone(),
        rule: rule.id.clone(),
        overflow: rung.overflow,
        assumes_load: !record.knows_of(rep, rung.rule, rung.overflow, rule.pick),
    })
}

/// Alternatives that are told.
const MOST_WAYS: usize = 4;
/// Rungs that are tried, the matching ones first.
const MOST_RUNGS: usize = 64;

/// What would have had to differ in a recorded decision for `rep` to get the lead.
pub fn why_not(
    snapshot: &Arc<Snapshot>,
    facts: &Facts,
    recorded: &Decision,
    trace: &[u8],
    rep: &str,
) -> Result<WhyNot, WhyNotError> {
    let index = snapshot.roster.rep(rep).ok_or_else(|| WhyNotError::UnknownRep(rep.to_owned()))?;
    let (replayed, _) = walk_again(snapshot, facts, recorded, trace)?;
    let explanation = explain(snapshot, facts, recorded, trace)?;
    let id = snapshot.roster.rep_at(index).id.clone();
    let mut answer = WhyNot {
        decision: recorded.id,
        lead: recorded.lead,
        already: recorded.owner() == Some(&id),
        owner: recorded.owner().cloned(),
        stands: explanation.rungs.iter().filter_map(|rung| obstacle(rung, &id)).collect(),
        rep: id,
        ways: Vec::new(),
    };
    if answer.already {
        answer.stands.clear();
        return Ok(answer);
    }
    let record = Record::new(&replayed, index);
    let search = Search { record: &record, start: World::new(snapshot, facts, recorded.seed) };
    for target in targets(&record, &search) {
        for lever in [Lever::Score, Lever::Price] {
            let way = search.way_to(target, lever);
            answer.ways.extend(way.filter(|way| !answer.ways.iter().any(|had| had.differences == way.differences)));
        }
    }
    // Stable: among ways of one length the rung that comes first in the ladder.
    answer.ways.sort_by_key(|way| (way.differences.len(), way.assumes_load));
    answer.ways.truncate(MOST_WAYS);
    Ok(answer)
}

fn obstacle(rung: &ExplainedRung, rep: &RepId) -> Option<Obstacle> {
    let candidate = rung.candidates.iter().find(|candidate| candidate.rep == *rep)?;
    Some(Obstacle { rule: rung.rule.clone(), overflow: rung.overflow, reason: candidate.reason.clone() })
}

/// The rungs that could hand the lead to the rep: those that matched, then the others that name
/// the rep, or the owner of something.
fn targets(record: &Record, search: &Search<'_>) -> Vec<(usize, bool)> {
    let seen = search.start.decide(record);
    let snapshot = &search.start.snapshot;
    let rep = record.rep;
    let mut targets: Vec<(usize, bool)> = seen.qualified.rungs.iter().map(|rung| (rung.rule, rung.overflow)).collect();
    let member =
        |pool: pointsman_domain::PoolIndex| snapshot.roster.pool_at(pool).members.iter().any(|(r, _)| *r == rep);
    for (at, rule) in seen.qualified.policy().rules.iter().enumerate() {
        let named = match &rule.target {
            Target::Pool(pool) => member(*pool),
            Target::Rep(only) => *only == rep,
            Target::Queue(_) => false,
            // Owners, and whoever a lead's place in a territory names.
            _ => true,
        };
        let overflows = matches!(rule.on_full, OnFull::Overflow(pool) if member(pool));
        let halves = [(named, false), (overflows, true)];
        targets.extend(halves.into_iter().filter(|(may, _)| *may).map(|(_, overflow)| (at, overflow)));
    }
    let mut had = std::collections::BTreeSet::new();
    targets.retain(|target| had.insert(*target));
    targets.truncate(MOST_RUNGS);
    targets
}
