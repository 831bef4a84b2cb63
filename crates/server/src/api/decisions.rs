//! `GET /v1/decisions/{id}`, what would have had to differ, and its replay.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State as Shared},
};
use pointsman_decision::{
    Decision, Explanation, Replay, ReplayError, Snapshot, WhyNot, WhyNotError, explain, replay, why_not,
};
use pointsman_domain::DecisionId;
use pointsman_report::{Cx, words::why::Teller};
use pointsman_store::{Reader, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    address::Wrong,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowQuery {
    /// A rep: what would have had to differ for them to get the lead.
    pub why_not: Option<String>,
}

/// One text in each language.
#[derive(Debug, Serialize)]
pub struct Sentences {
    pub en: String,
    pub de: String,
}

impl Sentences {
    /// Where the lead went, why, and who would have been next.
    pub fn of(explanation: &Explanation, snapshot: &Snapshot) -> Self {
        let tell = |cx| Teller { snapshot, cx }.sentence(explanation);
        Self { en: tell(Cx::EN), de: tell(Cx::DE) }
    }
}

/// The record explained, in ids and numbers, and as sentences.
#[derive(Debug, Serialize)]
pub struct ShowBody {
    #[serde(flatten)]
    pub explanation: Explanation,
    pub sentences: Sentences,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNotBody>,
}

#[derive(Debug, Serialize)]
pub struct WhyNotBody {
    #[serde(flatten)]
    pub answer: WhyNot,
    pub sentences: WhyNotSentences,
}

/// The ways, then what stood between the rep and the lead.
#[derive(Debug, Serialize)]
pub struct WhyNotSentences {
    pub en: Vec<String>,
    pub de: Vec<String>,
}

pub async fn show(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    query: Result<Query<ShowQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<ShowBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let whole = read(&state, &text).await?;
    // The search decides anew some hundred times: not on a thread that serves others.
    let made = tokio::task::spawn_blocking(move || shown(&whole, query.why_not.as_deref()));
    made.await.map_err(|_| Problem::Ours)?.map(Json)
}

fn shown(whole: &Whole, rep: Option<&str>) -> Result<ShowBody, Problem> {
    let Whole { stored, snapshot, facts, trace } = whole;
    let explanation = explain(snapshot, facts, &stored.decision, trace).map_err(|error| unwalkable(&error))?;
    let answer = rep.map(|rep| asked(whole, rep)).transpose()?;
    let why_not = answer.map(|answer| {
        let tell = |cx| {
            let teller = Teller { snapshot, cx };
            let mut lines = teller.ways(&answer, &stored.decision);
            lines.extend(teller.obstacles(&answer, &stored.decision));
            lines
        };
        let sentences = WhyNotSentences { en: tell(Cx::EN), de: tell(Cx::DE) };
        WhyNotBody { answer, sentences }
    });
    Ok(ShowBody { sentences: Sentences::of(&explanation, snapshot), explanation, why_not })
}

/// What would have had to differ for a rep.
pub fn asked(whole: &Whole, rep: &str) -> Result<WhyNot, Problem> {
    why_not(&whole.snapshot, &whole.facts, &whole.stored.decision, &whole.trace, rep).map_err(|error| match error {
        WhyNotError::UnknownRep(rep) => Problem::Address(Wrong::UnknownRep { name: rep.clone() }),
        WhyNotError::Replay(error) => unwalkable(&error),
    })
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
