//! What is answered: what stood in the way, and the ways round it.

use pointsman_domain::{DecisionId, LeadId, Reason, RepId, RuleId};
use serde::Serialize;

use crate::counterfactual::Difference;
use crate::replay::ReplayError;

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

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhyNotError {
    #[error("'{0}' is not in the roster that this decision was taken on")]
    UnknownRep(String),
    #[error(transparent)]
    Replay(#[from] ReplayError),
}
