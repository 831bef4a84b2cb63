//! `POST /v1/outcomes`: what became of a lead.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State as Shared,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use pointsman_domain::{CommandId, LeadId, record::Stage};
use pointsman_store::{Command, Receipt, command::Staging, stage::StageFact};
use serde::Deserialize;

use crate::{
    api::{Caller, keyed},
    body::JsonBody,
    enquiry::{ValueBody, instant, money},
    error::{FieldError, Problem},
    state::State,
    traces::about_lead,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBody {
    /// The lead's id; or `source` and `external_id`.
    pub lead: Option<String>,
    pub source: Option<String>,
    pub external_id: Option<String>,
    pub stage: Stage,
    /// When it happened; now, if absent.
    pub at: Option<String>,
    /// Revenue, on a win.
    pub value: Option<ValueBody>,
    pub reason: Option<String>,
    /// The fact's name in its source: the same name, instant and stage is the same fact.
    pub fact: Option<String>,
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<OutcomeBody>,
) -> Result<Response, Problem> {
    let keyed = keyed(&headers, &caller, "POST /v1/outcomes", body.hash)?;
    let now = state.now();
    let body = body.value;
    let mut faults = Vec::new();
    let snapshot = state.live()?;
    let at = body.at.as_ref().map_or(Some(now), |text| instant("at", text, now, &mut faults));
    let value = body.value.as_ref().and_then(|value| money(value, &snapshot, &mut faults));
    if matches!(body.stage, Stage::Merged | Stage::Erased) {
        faults.push(FieldError::new("stage", "is set by merging or erasing, not by an outcome"));
    }
    if value.is_some() && body.stage != Stage::Won {
        faults.push(FieldError::new("value", "belongs to the stage 'won' only"));
    }
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > 1000);
    if long(&body.reason) || long(&body.fact) {
        faults.push(FieldError::new("reason", "reason and fact have at most 1000 bytes"));
    }
    if body.fact.as_ref().is_some_and(|fact| fact.starts_with("activity:")) {
        faults.push(FieldError::new("fact", "names an activity: send it to POST /v1/activities"));
    }
    let lead = named(&state, &body.lead, &body.source, &body.external_id, &mut faults).await?;
    let (Some(lead), Some(at), true) = (lead, at, faults.is_empty()) else { return Err(Problem::Fields(faults)) };
    about_lead(lead);
    let fact = StageFact {
        at,
        known_at: now,
        stage: body.stage,
        source_rank: 0,
        external_id: body.fact.unwrap_or_default().into(),
        reopen: false,
        value,
        reason: body.reason.map(Into::into),
    };
    let command = CommandId::new(now, state.outside.chance());
    let staging = Staging { command, lead, fact, actor: Some(caller.0.as_str().into()), idempotency: keyed };
    let reply = state.send(Command::Stage(Box::new(staging))).await?;
    answer(&reply.result?)
}

/// The lead that a body names by its id, or by its source and its name there.
pub async fn named(
    state: &Arc<State>,
    lead: &Option<String>,
    source: &Option<String>,
    external_id: &Option<String>,
    faults: &mut Vec<FieldError>,
) -> Result<Option<LeadId>, Problem> {
    match (lead, source, external_id) {
        (Some(lead), None, None) => Ok(lead
            .parse()
            .map_err(|error: pointsman_domain::IdError| faults.push(FieldError::new("lead", error.to_string())))
            .ok()),
        (None, Some(source), Some(external_id)) => {
            let (source, external_id) = (source.clone(), external_id.clone());
            let found = state.read(move |reader| reader.lead_by_source(&source, &external_id)).await?;
            found.map(Some).ok_or(Problem::NotFound { what: "lead of this source and external id".into() })
        }
        _ => {
            faults.push(FieldError::new("lead", "name the lead by 'lead', or by 'source' and 'external_id'"));
            Ok(None)
        }
    }
}

/// The receipt as JSON, with the header that says whether it was given before.
pub fn answer(done: &pointsman_store::Done) -> Result<Response, Problem> {
    let mut response = match &done.receipt {
        Receipt::Staged { .. } | Receipt::Transferred { .. } | Receipt::Credited { .. } | Receipt::Accepted { .. } => {
            Json(&done.receipt).into_response()
        }
        _ => return Err(Problem::Ours),
    };
    if done.replayed {
        let value = axum::http::HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", value);
    }
    Ok(response)
}
