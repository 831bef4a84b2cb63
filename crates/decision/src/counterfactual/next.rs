//! The lead without its owner.

use pointsman_domain::{RepId, RuleId};
use serde::{Deserialize, Serialize};

use super::world::{Record, World};
use crate::choose::Walk;
use crate::facts::Facts;
use crate::replay::Replayed;

/// Who would have got a lead next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Next {
    pub rep: RepId,
    pub rule: RuleId,
    pub overflow: bool,
    /// Not all of that rung's load was recorded: people there are taken to have room.
    pub assumes_load: bool,
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
