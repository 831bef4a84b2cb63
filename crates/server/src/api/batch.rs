//! `POST /v1/leads/batch`: many leads in one request, each with its own answer. A row that is
//! wrong is told so and keeps no other from its owner; rows that came through are decided and on
//! disk, whatever became of the rest. Sent again, rows with an external id are the same leads.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State as Shared,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry::Context;
use pointsman_domain::Digest;
use pointsman_store::{command::Keyed, log::digest, row::IdempotencyKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    access::{Access, Scope},
    answer::LeadAnswer,
    api::{Caller, keyed, leads},
    body::JsonBody,
    enquiry::LeadBody,
    error::{Problem, ProblemBody},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
    traces,
};

/// Rows at most: a second's work of a slow disk.
pub const MOST_ROWS: usize = 500;
/// Rows that wait at once, so that a batch leaves room for others in the queue.
const AT_ONCE: usize = 64;

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            method: "post",
            path: "/v1/leads/batch",
            id: "createLeads",
            summary: "Send up to 500 leads, get an owner or a problem for each.",
            text: "Answers in the order of the rows, each with the status it would have had alone. With an Idempotency-Key each row has its own place under it: what came through before is answered the same way again.",
            body: Some("LeadBatch"),
            answer: Some("LeadBatchAnswer"),
            parameters: &[("header", "Idempotency-Key", "The same key and rows give the same answers again.", false)],
            problems: &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter"],
            ..PLAIN
        },
        Access::Needs(Scope::LeadsSend),
        post(create),
    )]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    pub leads: Vec<Value>,
}

#[derive(Debug, Serialize)]
pub struct BatchAnswer {
    pub rows: Vec<RowAnswer>,
    /// How many rows became, or were, a lead.
    pub taken: usize,
    pub refused: usize,
}

/// What became of one row.
#[derive(Debug, Serialize)]
pub struct RowAnswer {
    /// Its place in the request, from 0.
    pub row: usize,
    /// As it would have been alone.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemBody>,
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<BatchBody>,
) -> Result<Response, Problem> {
    let rows = body.value.leads;
    if rows.is_empty() || rows.len() > MOST_ROWS {
        return Err(Problem::Body(format!("'leads' has {} rows; 1 to {MOST_ROWS} go into one request", rows.len())));
    }
    let key = keyed(&headers, &caller, "POST /v1/leads/batch", body.hash)?;
    let mut answers: Vec<Option<RowAnswer>> = rows.iter().map(|_| None).collect();
    let mut waiting = rows.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((row, value)) = waiting.next()
        {
            let key = key.as_ref().map(|key| of_row(key, row, digest(value.to_string().as_bytes())));
            let part = state.traces.as_ref().map(|traces| traces.part("decide", Vec::new()));
            running.spawn(one(Arc::clone(&state), caller.clone(), row, value, key, part));
        }
        match running.join_next().await {
            None => break,
            Some(Ok(answer)) => {
                let row = answer.row;
                answers[row] = Some(answer);
            }
            // A panic was logged where it happened; its row stays without an answer.
            Some(Err(_)) => {}
        }
    }
    let fill = |(row, answer): (usize, Option<RowAnswer>)| answer.unwrap_or_else(|| refused(row, &Problem::Ours));
    let rows: Vec<RowAnswer> = answers.into_iter().enumerate().map(fill).collect();
    let taken = rows.iter().filter(|row| row.lead.is_some()).count();
    Ok(Json(BatchAnswer { refused: rows.len() - taken, taken, rows }).into_response())
}

/// The row's own place under the key of its batch.
fn of_row(key: &Keyed, row: usize, body: Digest) -> Keyed {
    let scope = format!("{} row {row}", key.key.scope).into();
    Keyed { key: IdempotencyKey { scope, key: key.key.key.clone() }, body }
}

async fn one(
    state: Arc<State>,
    caller: Caller,
    row: usize,
    value: Value,
    key: Option<Keyed>,
    part: Option<Context>,
) -> RowAnswer {
    let lead = async {
        let body: LeadBody = serde_json::from_value(value).map_err(|e| Problem::Body(e.to_string()))?;
        leads::take(&state, &caller, &body, key).await
    };
    match traces::whole(part, lead).await {
        Ok((lead, _)) => RowAnswer { row, status: 200, lead: Some(lead), problem: None },
        Err(problem) => refused(row, &problem),
    }
}

fn refused(row: usize, problem: &Problem) -> RowAnswer {
    let problem = problem.body();
    RowAnswer { row, status: problem.status, lead: None, problem: Some(problem) }
}
