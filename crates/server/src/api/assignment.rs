//! `POST /v1/leads/{id}/assignment`: an assignment by a named person, who says whom they saw as
//! owner.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State as Shared},
    http::{HeaderMap, header},
    response::Response,
};
use pointsman_decision::{Scratch, draws_on};
use pointsman_domain::{CommandId, LeadId, RepId};
use pointsman_store::{Command, command::Transfer, enquiry as facts};
use serde::Deserialize;

use crate::{
    api::{Caller, id, keyed, outcomes::answer},
    body::JsonBody,
    enquiry::rep,
    error::{FieldError, Problem},
    state::State,
    traces::about_lead,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentBody {
    pub rep: String,
    /// The person who decides it.
    pub by: String,
    pub reason: Option<String>,
}

/// The owner named by `If-Match: "rep"`, or nobody by `"none"`.
fn expected(headers: &HeaderMap) -> Result<Option<RepId>, Problem> {
    let value = headers.get(header::IF_MATCH).ok_or(Problem::IfMatchMissing)?;
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if text == "none" {
        return Ok(None);
    }
    let rep = RepId::new(text).map_err(|error| Problem::Parameter(format!("If-Match: {error}")))?;
    Ok(Some(rep))
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(lead): Path<String>,
    headers: HeaderMap,
    body: JsonBody<AssignmentBody>,
) -> Result<Response, Problem> {
    let lead: LeadId = id(&lead)?;
    about_lead(lead);
    let keyed = keyed(&headers, &caller, "POST /v1/leads/{id}/assignment", body.hash)?;
    let expected = expected(&headers)?;
    let body = body.value;
    let snapshot = state.live()?;
    let mut faults = Vec::new();
    let to = rep("rep", &body.rep, &snapshot, &mut faults);
    if body.by.trim().is_empty() || body.by.len() > 200 {
        faults.push(FieldError::new("by", "name the person, in at most 200 bytes"));
    }
    if body.reason.as_ref().is_some_and(|reason| reason.len() > 1000) {
        faults.push(FieldError::new("reason", "is longer than 1000 bytes"));
    }
    let (Some(to), true) = (to, faults.is_empty()) else { return Err(Problem::Fields(faults)) };
    let (now, owner, live) = (state.now(), to.clone(), Arc::clone(&snapshot));
    let claims = state.read(move |reader| {
        let Some(record) = reader.lead(lead)? else { return Ok(None) };
        let around = reader.around(&facts::around_again(&record))?;
        let facts = facts::again(&record, None, &around);
        let index = live.roster.rep(owner.as_str());
        Ok(index.map(|index| draws_on(&live, &facts, index, now, &mut Scratch::new(&live))))
    });
    let claims = claims.await?.ok_or_else(|| Problem::NotFound { what: format!("lead {lead}") })?;
    let transfer = Transfer {
        command: CommandId::new(now, state.outside.chance()),
        lead,
        to,
        expected,
        claims,
        actor: body.by.trim().into(),
        reason: body.reason.map(Into::into),
        idempotency: keyed,
    };
    let reply = state.send(Command::Transfer(Box::new(transfer))).await?;
    answer(&reply.result?)
}
