//! `/v1/flow`: how leads move today, as `pointsman flow --json` tells it of files.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Query, State as Shared, rejection::QueryRejection},
    routing::get,
};
use pointsman_decision::Snapshot;
use pointsman_domain::Instant;
use pointsman_measure::kpi::Days;
use serde_json::{Value, json};

use crate::{
    access::{Access, Rights, Scope},
    address::Wrong,
    error::Problem,
    kpi::{period_of, quarter_names},
    openapi::{Parameter, Route},
    router::{Entry, PLAIN},
    state::State,
};

pub const QUARTER: Parameter = ("query", "quarter", "Leads that arrived in this quarter: 2026-Q3.", false);
pub const FROM: Parameter =
    ("query", "from", "Leads that arrived on this local date or later; with 'until'. Every lead, if absent.", false);
pub const UNTIL: Parameter = ("query", "until", "The first local date that is no longer in the period.", false);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            path: "/v1/flow",
            id: "showFlow",
            summary: "How leads move today.",
            text: "Sources, times to the first touch, steps and waits between them, variants, hand-offs, leads that nobody touched, and what to change first: the analysis of 'pointsman flow' over what the store holds. Names of single reps only for who may see their figures. Large stores take a while the first time; until then the answer is 'slow'.",
            answer: Some("Flow"),
            parameters: &[QUARTER, FROM, UNTIL],
            problems: &["bad-parameter"],
            ..PLAIN
        },
        Access::Needs(Scope::ReportsRead),
        get(show),
    )]
}

/// The period of an address.
pub fn period(pairs: &[(String, String)]) -> Result<Option<Days>, Problem> {
    let known = |name: &str| matches!(name, "quarter" | "from" | "until");
    if let Some((other, _)) = pairs.iter().find(|(name, _)| !known(name)) {
        let shown: String = other.chars().take(40).collect();
        return Err(Problem::Address(Wrong::UnknownOfFlow { name: shown }));
    }
    period_of(pairs)
}

/// This quarter and the one before, as addresses name them.
pub fn quarters(now: Instant, live: &Snapshot) -> [String; 2] {
    quarter_names(live.home().local_day(now))
}

async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(pairs) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let (days, names) = (period(&pairs)?, rights.scopes.has(Scope::RepsRead));
    let run = move || -> Result<Value, Problem> {
        let found = state.flows.now(&state, days)?;
        let mut body = serde_json::to_value(found.report(names)).map_err(|_| Problem::Ours)?;
        body["measured_at"] = json!(found.as_of);
        body["seq"] = json!(found.seq);
        Ok(body)
    };
    let body = tokio::task::spawn_blocking(run).await.map_err(|_| Problem::Ours)??;
    Ok(Json(body))
}
