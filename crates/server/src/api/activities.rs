//! `POST /v1/activities`: what somebody did about a lead. It raises the stage from open to
//! attempted or contacted, in whatever order it is told, and never leaves a later one.

use std::sync::Arc;

use axum::{Extension, extract::State as Shared, http::HeaderMap, response::Response, routing::post};
use pointsman_domain::{CommandId, record::Stage};
use pointsman_store::{Command, command::Staging, stage::StageFact};
use serde::Deserialize;

use crate::{
    access::{Access, Scope},
    api::{
        Caller, keyed,
        outcomes::{answer, named},
    },
    body::JsonBody,
    enquiry::{instant, rep},
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            method: "post",
            path: "/v1/activities",
            id: "createActivity",
            summary: "Say what was done about a lead.",
            text: "A call, a mail or a task makes an open lead attempted; one that reached the person, or a meeting, makes it contacted. Never lowers a stage and never reopens.",
            body: Some("Activity"),
            answer: Some("Staged"),
            parameters: &[("header", "Idempotency-Key", "The same key and body gives the same answer again.", false)],
            problems: &[
                "bad-body",
                "bad-fields",
                "media-type",
                "too-large",
                "bad-parameter",
                "not-found",
                "key-reused",
            ],
            ..PLAIN
        },
        Access::Needs(Scope::LeadsSend),
        post(create),
    )]
}

/// What a person can do about a lead.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Call,
    Mail,
    Meeting,
    Task,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Mail => "mail",
            Self::Meeting => "meeting",
            Self::Task => "task",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityBody {
    /// The lead's id; or `source` and `external_id`.
    pub lead: Option<String>,
    pub source: Option<String>,
    pub external_id: Option<String>,
    pub kind: Kind,
    /// When it happened; now, if absent.
    pub at: Option<String>,
    #[serde(default)]
    pub reached: bool,
    /// Who did it.
    pub rep: Option<String>,
    /// Its name in its source: told twice, it counts once.
    pub activity: Option<String>,
}

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<ActivityBody>,
) -> Result<Response, Problem> {
    let keyed = keyed(&headers, &caller, "POST /v1/activities", body.hash)?;
    let (body, now) = (body.value, state.now());
    let mut faults = Vec::new();
    let at = body.at.as_ref().map_or(Some(now), |text| instant("at", text, now, &mut faults));
    let by = match &body.rep {
        Some(id) => rep("rep", id, &*state.live()?, &mut faults),
        None => None,
    };
    if body.activity.as_ref().is_some_and(|name| name.is_empty() || name.len() > 200) {
        faults.push(FieldError::new("activity", "has 1 to 200 bytes"));
    }
    let lead = named(&state, &body.lead, &body.source, &body.external_id, &mut faults).await?;
    let (Some(lead), Some(at), true) = (lead, at, faults.is_empty()) else { return Err(Problem::Fields(faults)) };
    let command = CommandId::new(now, state.outside.chance());
    let reached = body.reached || matches!(body.kind, Kind::Meeting);
    let name = body.activity.map_or_else(|| command.to_string(), |name| format!("{}:{name}", body.kind.as_str()));
    let fact = StageFact {
        at,
        known_at: now,
        stage: if reached { Stage::Contacted } else { Stage::Attempted },
        source_rank: 0,
        external_id: StageFact::of_activity(&name).into(),
        reopen: false,
        value: None,
        reason: Some(body.kind.as_str().into()),
    };
    let actor = by.map_or_else(|| caller.0.as_str().into(), |rep| rep.as_str().into());
    let staging = Staging { command, lead, fact, actor: Some(actor), idempotency: keyed };
    let reply = state.send(Command::Stage(Box::new(staging))).await?;
    answer(&reply.result?)
}
