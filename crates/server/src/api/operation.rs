//! Health, readiness, metrics, and the description of the API.

use std::sync::Arc;

use axum::{
    Json,
    extract::State as Shared,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use pointsman_domain::Digest;
use serde::Serialize;

use crate::{error::Problem, openapi, state::State, traces};

#[derive(Debug, Serialize)]
pub struct HealthBody {
    pub status: &'static str,
}

/// The process runs.
pub async fn health() -> Json<HealthBody> {
    Json(HealthBody { status: "ok" })
}

#[derive(Debug, Serialize)]
pub struct ReadyBody {
    pub status: &'static str,
    pub snapshot: Digest,
    /// Rows of the record.
    pub seq: u64,
}

/// Leads can be decided: documents are live and the store answers.
pub async fn ready(Shared(state): Shared<Arc<State>>) -> Result<Json<ReadyBody>, Problem> {
    let snapshot = state.live()?.id;
    let head = state.read(|reader| reader.head()).await?;
    Ok(Json(ReadyBody { status: "ready", snapshot, seq: head.seq }))
}

pub async fn metrics(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let counts = state.read(|reader| reader.counts()).await?;
    let standing = state.outbox(pointsman_store::Outbox::standing).await?;
    let text = state.metrics.render(&state.handle, &counts)
        + &state.metrics.render_deliveries(&standing, state.now())
        + &traces::render(state.traces.as_ref());
    let mut response = text.into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

pub async fn description() -> Json<serde_json::Value> {
    Json(openapi::document())
}

/// Under the policy of the API a browser would drop the styles inside.
pub async fn docs() -> Response {
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(openapi::page())).into_response()
}
