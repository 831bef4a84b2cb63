//! `GET /v1/decisions/{id}` and its replay.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State as Shared},
};
use pointsman_decision::{Decision, Explanation, Replay, ReplayError, explain, replay};
use pointsman_domain::DecisionId;
use pointsman_store::{Reader, StoreError};
use serde::Serialize;

use crate::{
    api::id,
    error::Problem,
    state::{State, Whole},
};

/// A decision with all that it was taken on, or what is missing of it.
pub fn whole(
    state: &State,
    reader: &mut dyn Reader,
    decision: DecisionId,
) -> Result<Result<Whole, Problem>, StoreError> {
    let Some(mut stored) = reader.decision(decision)? else {
        return Ok(Err(Problem::NotFound { what: format!("decision {decision}") }));
    };
    let facts = stored.facts.as_deref().and_then(|facts| serde_json::from_slice(facts).ok());
    let snapshot = state.snapshot_of(reader, &stored.decision.snapshot)?;
    Ok(match (facts, stored.trace.take(), snapshot) {
        (Some(facts), Some(trace), Some(snapshot)) => Ok(Whole { stored, snapshot, facts, trace }),
        (None, ..) => Err(Problem::Gone { what: "the facts of this decision" }),
        (_, None, _) => Err(Problem::Gone { what: "the trace of this decision" }),
        (.., None) => Err(Problem::Gone { what: "the documents of this decision" }),
    })
}

async fn read(state: &Arc<State>, text: &str) -> Result<Whole, Problem> {
    let decision: DecisionId = id(text)?;
    let shared = Arc::clone(state);
    state.read(move |reader| whole(&shared, reader, decision)).await?
}

/// A decision that cannot be walked again is a fault of ours, and is logged with its cause.
pub fn unwalkable(error: &ReplayError) -> Problem {
    tracing::error!(%error, "a stored decision cannot be walked again");
    Problem::Ours
}

pub async fn show(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Result<Json<Explanation>, Problem> {
    let whole = read(&state, &text).await?;
    let explanation = explain(&whole.snapshot, &whole.facts, &whole.stored.decision, &whole.trace);
    explanation.map(Json).map_err(|error| unwalkable(&error))
}

/// Whether the record and its replay agree.
#[derive(Debug, Serialize)]
pub struct ReplayBody {
    pub equal: bool,
    pub engine: u32,
    pub recorded: Decision,
    /// What the replay decided, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Box<Decision>>,
}

pub async fn again(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Result<Json<ReplayBody>, Problem> {
    let whole = read(&state, &text).await?;
    let recorded = whole.stored.decision;
    let outcome = replay(&whole.snapshot, &whole.facts, &recorded, &whole.trace).map_err(|error| unwalkable(&error))?;
    let replayed = match outcome {
        Replay::Equal => None,
        Replay::Different { replayed } => Some(replayed),
    };
    Ok(Json(ReplayBody { equal: replayed.is_none(), engine: pointsman_decision::ENGINE, recorded, replayed }))
}
