//! `POST /v1/leads/{id}/accept` and `/decline`: what a rep says to a lead that they were offered, or
//! have. A decline frees the slot and decides the lead again, without them, in one transaction.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Response as Http},
    routing::post,
};
use pointsman_domain::{CommandId, DecisionId, LeadId, RepId};
use pointsman_store::{
    Accept, Command, Decline, Declined, Receipt,
    command::Keyed,
    enquiry::without,
    row::{CustodyKind, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Rights, Scope},
    api::{Caller, id, keyed},
    body::JsonBody,
    enquiry::rep as named_rep,
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
    traces::about_lead,
};

/// What the decision is to be taken on changed this often: the client tries again.
const TRIES: u32 = 12;
/// Bytes of a reason at most.
const LONGEST_REASON: usize = 500;

const PROBLEMS: &[&str] = &[
    "bad-body",
    "bad-fields",
    "media-type",
    "too-large",
    "bad-parameter",
    "not-found",
    "owner-changed",
    "lead-closed",
    "offer-over",
    "key-reused",
];
const PARAMETERS: &[crate::openapi::Parameter] = &[
    ("path", "id", "The lead's id.", true),
    ("header", "Idempotency-Key", "The same key and body gives the same answer again.", false),
];

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                method: "post",
                path: "/v1/leads/{id}/accept",
                id: "acceptLead",
                summary: "A rep takes a lead that they were offered.",
                text: "By the rep who is logged in, or whom the body names. Accepting twice is accepting once; after the end of the offer it is too late.",
                body: Some("Acceptance"),
                answer: Some("Responded"),
                parameters: PARAMETERS,
                problems: PROBLEMS,
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRespond),
            post(accept),
        ),
        (
            Route {
                method: "post",
                path: "/v1/leads/{id}/decline",
                id: "declineLead",
                summary: "A rep does not take a lead that they were offered, or have.",
                text: "Their slot is freed and the lead is decided again without them, in one transaction: the answer says where it is now.",
                body: Some("Refusal"),
                answer: Some("Responded"),
                parameters: PARAMETERS,
                problems: PROBLEMS,
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRespond),
            post(decline),
        ),
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceBody {
    pub rep: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalBody {
    pub rep: Option<String>,
    pub reason: String,
}

#[derive(Debug, Serialize)]
pub struct RespondedBody {
    pub did: Response,
    pub lead: LeadId,
    pub rep: RepId,
    /// Where the lead is now.
    pub custody: CustodyKind,
    /// Of the new decision, after a decline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
    /// Who has it or is asked now; a rep sees only themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepId>,
    #[serde(skip)]
    pub replayed: bool,
}

/// For whom is answered: the rep who is logged in, or whom the caller names.
fn responder(state: &State, rights: &Rights, named: Option<&str>) -> Result<RepId, Problem> {
    let mut faults = Vec::new();
    let named = match named {
        Some(text) => named_rep("rep", text, &*state.live()?, &mut faults),
        None => None,
    };
    let rep = match (rights.only(), named) {
        (Some(Some(own)), None) => Some(own.clone()),
        (Some(own), Some(named)) => match own == Some(&named) {
            true => Some(named),
            false => {
                faults.push(FieldError::new("rep", "a rep answers for themselves only"));
                None
            }
        },
        (None, Some(named)) => Some(named),
        (_, None) if faults.is_empty() => {
            faults.push(FieldError::new("rep", "say which rep answers"));
            None
        }
        (_, None) => None,
    };
    rep.ok_or(Problem::Fields(faults))
}

fn answer(rights: &Rights, mut body: RespondedBody) -> Http {
    body.owner = body.owner.filter(|owner| rights.only().is_none() || *owner == body.rep);
    let replayed = body.replayed;
    let mut response = Json(body).into_response();
    if replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}

pub async fn accept(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(rights): Extension<Rights>,
    Path(lead): Path<String>,
    headers: HeaderMap,
    body: JsonBody<AcceptanceBody>,
) -> Result<Http, Problem> {
    let lead: LeadId = id(&lead)?;
    let keyed = keyed(&headers, &caller, &format!("POST /v1/leads/{lead}/accept"), body.hash)?;
    let rep = responder(&state, &rights, body.value.rep.as_deref())?;
    Ok(answer(&rights, taken(&state, &caller.0, lead, rep, keyed).await?))
}

/// The rep takes the lead.
pub async fn taken(
    state: &Arc<State>,
    actor: &str,
    lead: LeadId,
    rep: RepId,
    idempotency: Option<Keyed>,
) -> Result<RespondedBody, Problem> {
    about_lead(lead);
    let command = CommandId::new(state.now(), state.outside.chance());
    let accept = Accept { command, lead, rep: rep.clone(), actor: actor.into(), idempotency };
    let done = state.send(Command::Accept(Box::new(accept))).await?.result?;
    let Receipt::Accepted { .. } = done.receipt else { return Err(Problem::Ours) };
    tracing::info!(lead_id = %lead, "accepted");
    let (did, custody, owner) = (Response::Accepted, CustodyKind::Owned, Some(rep.clone()));
    Ok(RespondedBody { did, lead, rep, custody, decision: None, owner, replayed: done.replayed })
}

pub async fn decline(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(rights): Extension<Rights>,
    Path(lead): Path<String>,
    headers: HeaderMap,
    body: JsonBody<RefusalBody>,
) -> Result<Http, Problem> {
    let lead: LeadId = id(&lead)?;
    let keyed = keyed(&headers, &caller, &format!("POST /v1/leads/{lead}/decline"), body.hash)?;
    let rep = responder(&state, &rights, body.value.rep.as_deref())?;
    Ok(answer(&rights, refused(&state, &caller.0, lead, rep, &body.value.reason, keyed).await?))
}

/// The rep does not take the lead; it is decided again without them.
pub async fn refused(
    state: &Arc<State>,
    actor: &str,
    lead: LeadId,
    rep: RepId,
    reason: &str,
    idempotency: Option<Keyed>,
) -> Result<RespondedBody, Problem> {
    let reason: Box<str> = reason.trim().into();
    if reason.is_empty() || reason.len() > LONGEST_REASON {
        return Err(Problem::Fields(vec![FieldError::new(
            "reason",
            format!("say why, in 1 to {LONGEST_REASON} bytes"),
        )]));
    }
    about_lead(lead);
    let did = Response::Declined;
    for _ in 0..TRIES {
        let command = CommandId::new(state.now(), state.outside.chance());
        let decline = Decline { rep: rep.clone(), response: did, reason: Some(reason.clone()), command };
        let (live, shared) = (state.live()?, Arc::clone(state));
        let read = state.read(move |reader| {
            let Some(record) = reader.lead(lead)? else { return Ok(None) };
            let before = record.state.clone();
            Ok(Some((before, without(reader, &record, &live, &shared.outside, decline)?)))
        });
        let unknown = || Problem::NotFound { what: format!("lead {lead}") };
        let (before, mut decide) = read.await?.ok_or_else(unknown)?;
        let owner = before.custody.owner();
        if idempotency.is_none() && owner != Some(&rep) && before.declined.contains(&rep) {
            // They said so already.
            let (custody, owner) = (before.custody.kind(), owner.cloned());
            let decision = Some(before.decision);
            return Ok(RespondedBody { did, lead, rep, custody, decision, owner, replayed: true });
        }
        decide.idempotency.clone_from(&idempotency);
        decide.actor = Some(actor.into());
        match state.send(Command::Decide(Box::new(decide))).await?.result {
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
            Ok(done) => {
                let Receipt::Decided { decision, .. } = done.receipt else { return Err(Problem::Ours) };
                tracing::info!(decision_id = %decision, lead_id = %lead, "declined and decided again");
                let now = state.read(move |reader| reader.lead(lead)).await?.ok_or(Problem::Ours)?.state.custody;
                let (custody, owner) = (now.kind(), now.owner().cloned());
                let (decision, replayed) = (Some(decision), done.replayed);
                return Ok(RespondedBody { did, lead, rep, custody, decision, owner, replayed });
            }
        }
    }
    Err(Problem::Busy)
}
