//! Replay: a recorded decision is taken again from its record, with the outcome hidden.

use std::sync::Arc;

use pointsman_assign::Draw;

use crate::choose::{Walk, choose, conclude};
use crate::facts::Facts;
use crate::qualify::{Qualified, Scratch, qualify};
use crate::record::{Decision, ENGINE, Ticket};
use crate::snapshot::Snapshot;
use crate::trace::{self, TraceError};

/// What a replay found.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// The record and its replay agree in every field.
    Equal,
    /// They differ; under the same engine version that is a fault.
    Different { replayed: Box<Decision> },
}

/// Why a decision cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("the decision was taken on snapshot {needed}, but {given} was given")]
    OtherSnapshot { needed: String, given: String },
    #[error("the trace does not have the hash that the decision names")]
    TraceAltered,
    #[error("the trace cannot be read: {0}")]
    Trace(#[from] TraceError),
    #[error("the trace stops before the decision was reached, at rung {0}")]
    TraceIncomplete(usize),
}

/// Qualifies the facts again, rebuilds the load from the trace, and chooses anew. Of the record
/// only its identity, time and seed are used; the rest is compared.
pub fn replay(
    snapshot: &Arc<Snapshot>,
    facts: &Facts,
    recorded: &Decision,
    trace_bytes: &[u8],
) -> Result<Replay, ReplayError> {
    let (_, replayed) = walk_again(snapshot, facts, recorded, trace_bytes)?;
    // Claims are the ledger's to prove (`audit verify --ledger`); a load does not name counters.
    let replayed = Decision { claims: recorded.claims.clone(), engine: ENGINE, ..replayed };
    match replayed == *recorded {
        true => Ok(Replay::Equal),
        false => Ok(Replay::Different { replayed: Box::new(replayed) }),
    }
}

/// The qualification and the decision that the record's inputs give.
pub(crate) fn walk_again(
    snapshot: &Arc<Snapshot>,
    facts: &Facts,
    recorded: &Decision,
    trace_bytes: &[u8],
) -> Result<(Replayed, Decision), ReplayError> {
    if recorded.snapshot != snapshot.id {
        return Err(ReplayError::OtherSnapshot {
            needed: recorded.snapshot.to_string(),
            given: snapshot.id.to_string(),
        });
    }
    if trace::digest(trace_bytes) != recorded.trace {
        return Err(ReplayError::TraceAltered);
    }
    let qualified = qualify(snapshot, facts, recorded.decided_at, &mut Scratch::new(snapshot));
    let load = trace::decode(trace_bytes, &qualified)?;
    let ticket = Ticket { decision: recorded.id, seed: recorded.seed };
    let walk = choose(&qualified, &load, Draw { seed: recorded.seed });
    if let Walk::Rung(at) = walk {
        return Err(ReplayError::TraceIncomplete(at));
    }
    let decision = conclude(&qualified, &load, &walk, ticket, recorded.trace);
    Ok((Replayed { qualified, load, walk }, decision))
}

/// Everything a decision was made of, made again.
pub(crate) struct Replayed {
    pub qualified: Qualified,
    pub load: pointsman_assign::Load,
    pub walk: Walk,
}
