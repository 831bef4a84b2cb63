//! What would have had to differ for a named rep to get a lead.
//!
//! For every rung that could hand the lead to the rep, differences are added one obstacle at a
//! time, and the lead is decided anew after each through the same `qualify` and `choose`; what
//! turns out not to be needed is taken away again. Whatever is returned was decided in the rep's
//! favour. The rungs' load is the recorded one; where none was recorded (a rung that was not
//! walked) people are taken to have a free slot and a turn like a newcomer's, and the way says so.

mod answer;
mod repair;

use std::sync::Arc;

use pointsman_domain::RepId;
use pointsman_rules::{OnFull, Target};

use crate::counterfactual::{Record, World};
use crate::explain::{ExplainedRung, explain};
use crate::facts::Facts;
use crate::record::Decision;
use crate::replay::walk_again;
use crate::snapshot::Snapshot;
use repair::{Lever, Search};

pub use answer::{Obstacle, Way, WhyNot, WhyNotError};

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
