//! `POST /v1/leads/{id}/credit`: a lead that shall not count against whoever got it.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State as Shared},
    http::HeaderMap,
    response::Response,
};
use pointsman_domain::{CommandId, CreditReason, LeadId};
use pointsman_store::{Command, command::Credit};
use serde::Deserialize;

use crate::{
    api::{Caller, id, keyed, outcomes::answer},
    body::JsonBody,
    error::{FieldError, Problem},
    state::State,
    traces::about_lead,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditBody {
    /// One of the closed list.
    pub reason: String,
    /// The person who decides it; the caller, when absent.
    pub by: Option<String>,
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(lead): Path<String>,
    headers: HeaderMap,
    body: JsonBody<CreditBody>,
) -> Result<Response, Problem> {
    let lead: LeadId = id(&lead)?;
    about_lead(lead);
    let keyed = keyed(&headers, &caller, "POST /v1/leads/{id}/credit", body.hash)?;
    let body = body.value;
    let mut faults = Vec::new();
    let reason = CreditReason::parse(&body.reason);
    if reason.is_none() {
        let known = CreditReason::ALL.map(CreditReason::as_str).join(", ");
        faults.push(FieldError::new("reason", format!("is none of {known}")));
    }
    let by = body.by.as_deref().map_or(&*caller.0, str::trim);
    if by.is_empty() || by.len() > 200 {
        faults.push(FieldError::new("by", "name the person, in at most 200 bytes"));
    }
    let (Some(reason), true) = (reason, faults.is_empty()) else { return Err(Problem::Fields(faults)) };
    let command = CommandId::new(state.now(), state.outside.chance());
    let credit = Credit { command, lead, reason, actor: by.into(), idempotency: keyed };
    let reply = state.send(Command::Credit(Box::new(credit))).await?;
    answer(&reply.result?)
}
