//! `POST /v1/leads`, `GET /v1/leads`, `GET /v1/leads/{id}`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State as Shared},
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use pointsman_decision::{Decision, Facts, Scratch, Snapshot, Ticket, qualify};
use pointsman_domain::{AttributeSchema, CommandId, DecisionId, Entity, Instant, LeadId, RepId, Values, record::Stage};
use pointsman_store::{
    Command, Declined, Reader, Receipt, Reply, StoreError,
    backend::LeadFilter,
    command::{Decide, Keyed},
    enquiry::{Drawn, prepare_on},
    row::{Custody, CustodyKind, LeadRow, LeadState, Response as Response_},
    stopwatch,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json_};

use crate::{
    access::Rights,
    address::Wrong,
    answer::LeadAnswer,
    api::{Caller, id, keyed},
    body::{self, Kind, Sent},
    enquiry::{self, LeadBody},
    error::Problem,
    state::State,
    traces,
};

/// What the decision is to be taken on changed this often: the client tries again.
const TRIES: u32 = 12;

pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Problem> {
    let keyed = keyed(&headers, &caller, "POST /v1/leads", sent.hash())?;
    let body = match sent.kind {
        Kind::Json => body::parse(&sent.bytes)?,
        Kind::Form => LeadBody::of_form(body::parse_form(&sent.bytes)?)?,
    };
    let (answer, replayed) = take(&state, &caller, &body, keyed).await?;
    let mut response = Json(answer).into_response();
    if replayed {
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Takes one lead in: read, decided, on disk. Says too whether the same key was answered before.
pub async fn take(
    state: &Arc<State>,
    caller: &Caller,
    body: &LeadBody,
    keyed: Option<Keyed>,
) -> Result<(LeadAnswer, bool), Problem> {
    let read = enquiry::read(body, &*state.live()?, &state.config, &state.outside)?;
    let reply = decide(state, caller, Arc::new(read.enquiry), keyed).await?;
    let (done, command) = (reply.result?, reply.command);
    let replayed = done.replayed;
    let mut answer = match (done.decided, command) {
        (Some(decided), Command::Decide(command)) => {
            LeadAnswer::new(&decided.decision, Some(&command.qualified), &decided.trace)
        }
        _ => match &done.receipt {
            Receipt::Duplicate { lead, decision } if *decision == DecisionId::NONE => imported(state, *lead).await?,
            receipt => stored(state, decision_of(receipt)?).await?,
        },
    };
    match done.receipt {
        Receipt::Duplicate { .. } => answer.duplicate = true,
        Receipt::Decided { ambiguous, .. } => answer.ambiguous = ambiguous,
        _ => {}
    }
    answer.warnings = read.warnings;
    state.metrics.arrived(&body.source, answer.decided_at);
    traces::decided(&answer, replayed);
    tracing::info!(decision_id = %answer.decision, lead_id = %answer.lead, replayed, "decided");
    Ok((answer, replayed))
}

fn decision_of(receipt: &Receipt) -> Result<DecisionId, Problem> {
    match receipt {
        Receipt::Decided { decision, .. } | Receipt::Duplicate { decision, .. } => Ok(*decision),
        // A key is scoped to its route, so no other receipt is found under it.
        _ => Err(Problem::Ours),
    }
}

/// Reads, qualifies and commits; again whenever something changed in between.
async fn decide(
    state: &Arc<State>,
    caller: &Caller,
    enquiry: Arc<pointsman_store::Enquiry>,
    keyed: Option<Keyed>,
) -> Result<Reply, Problem> {
    let (at, chance) = (enquiry.at, state.outside.chance());
    let drawn = Drawn {
        command: CommandId::new(at, state.outside.chance()),
        ticket: Ticket { decision: DecisionId::new(at, state.outside.chance()), seed: chance as u64 },
        salt: state.outside.chance().to_le_bytes(),
    };
    let stages = state.traces.as_ref().and_then(traces::Traces::stages);
    if let Some(traces) = &state.traces {
        traces.remember(drawn.ticket.decision);
    }
    for _ in 0..TRIES {
        let started = stopwatch::start();
        let (mut command, times) = prepared(state, Arc::clone(&enquiry), drawn).await?;
        command.idempotency.clone_from(&keyed);
        command.actor = Some(caller.0.as_str().into());
        state.metrics.qualify.record(started.elapsed());
        let queued = stopwatch::start();
        let reply = state.send(Command::Decide(Box::new(command))).await?;
        state.metrics.commit.record(queued.elapsed());
        if let Some(stages) = &stages {
            stages.prepared(times.begun, times.read, times.qualified);
            stages.committed(queued, reply.pace);
        }
        if !matches!(reply.result, Err(Declined::Stale)) {
            return Ok(reply);
        }
    }
    Err(Problem::Busy)
}

/// When what comes before the queue was done.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// A thread that reads was free.
    pub begun: std::time::Instant,
    pub read: std::time::Instant,
    pub qualified: std::time::Instant,
}

/// Everything before the queue.
pub async fn prepared(
    state: &Arc<State>,
    enquiry: Arc<pointsman_store::Enquiry>,
    drawn: Drawn,
) -> Result<(Decide, Times), Problem> {
    let snapshot = state.live()?;
    let now = state.now();
    let live = Arc::clone(&snapshot);
    let work = move |reader: &mut dyn Reader, scratch: &mut Scratch| {
        let begun = stopwatch::start();
        let around = reader.around(&enquiry.around())?;
        let read = stopwatch::start();
        let command = prepare_on(&enquiry, &around, &live, drawn, now, scratch);
        Ok((command, Times { begun, read, qualified: stopwatch::start() }))
    };
    state.work(&snapshot, work).await
}

/// The answer for a lead that another system dealt with: nothing was decided here.
async fn imported(state: &Arc<State>, lead: LeadId) -> Result<LeadAnswer, Problem> {
    let record = state.read(move |reader| reader.lead(lead)).await?;
    let record = record.ok_or_else(|| Problem::NotFound { what: format!("lead {lead}") })?;
    LeadAnswer::imported(&record).ok_or(Problem::LeadClosed)
}

/// The answer of a stored decision, as it was given.
async fn stored(state: &Arc<State>, decision: DecisionId) -> Result<LeadAnswer, Problem> {
    let shared = Arc::clone(state);
    let answer = state.read(move |reader| {
        let Some(stored) = reader.decision(decision)? else { return Ok(None) };
        let snapshot = shared.snapshot_of(reader, &stored.decision.snapshot)?;
        let facts = stored.facts.as_deref().and_then(|facts| serde_json::from_slice::<Facts>(facts).ok());
        let qualified = snapshot.zip(facts).map(|(snapshot, facts)| {
            qualify(&snapshot, &facts, stored.decision.decided_at, &mut Scratch::new(&snapshot))
        });
        let trace = stored.trace.unwrap_or_default();
        Ok(Some(LeadAnswer::new(&stored.decision, qualified.as_ref(), &trace)))
    });
    answer.await?.ok_or(Problem::Gone { what: "the decision" })
}

/// A lead as lists show it.
#[derive(Debug, Serialize)]
pub struct LeadView {
    pub id: LeadId,
    pub source: Box<str>,
    pub external_id: Option<Box<str>>,
    pub at: Instant,
    #[serde(flatten)]
    pub custody: Custody,
    pub owner: Option<RepId>,
    pub stage: Stage,
    pub since: Instant,
    /// `None` for a lead that was imported and not decided here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
    pub priority: u8,
    pub completeness: f64,
    pub attributes: Map<String, Json_>,
}

impl LeadView {
    pub fn new(row: LeadRow, state: LeadState, schema: &AttributeSchema) -> Self {
        Self {
            id: row.id,
            source: row.source,
            external_id: row.external_id,
            at: row.at,
            owner: state.custody.owner().cloned(),
            custody: state.custody,
            stage: state.stage,
            since: state.since,
            decision: Some(state.decision).filter(|id| *id != DecisionId::NONE),
            priority: state.priority,
            completeness: row.completeness,
            attributes: shown(&row.attributes, schema),
        }
    }
}

/// Attributes by name, personal ones left out: who may see those is decided where roles are.
fn shown(values: &Values, schema: &AttributeSchema) -> Map<String, Json_> {
    let mut out = Map::new();
    for (index, value) in values.iter() {
        let Some((entity, attribute)) = schema.get(index).filter(|(_, attribute)| !attribute.personal) else {
            continue;
        };
        let prefix = match entity {
            Entity::Lead => "",
            Entity::Account => "account.",
            Entity::Contact => "contact.",
        };
        out.insert(format!("{prefix}{}", attribute.name), Json_::String(schema.show(index, value)));
    }
    out
}

/// One lead with its history.
#[derive(Debug, Serialize)]
pub struct LeadDetail {
    #[serde(flatten)]
    pub lead: LeadView,
    pub decisions: Vec<Decision>,
    pub assignments: Vec<AssignmentView>,
    pub stages: Vec<StageView>,
    pub responses: Vec<ResponseView>,
}

#[derive(Debug, Serialize)]
pub struct AssignmentView {
    pub rep: RepId,
    pub at: Instant,
    pub by: Option<Box<str>>,
    pub reason: Option<Box<str>>,
}

/// What a rep said to an offer.
#[derive(Debug, Serialize)]
pub struct ResponseView {
    pub rep: RepId,
    pub response: Response_,
    pub offered_at: Instant,
    pub at: Instant,
    pub reason: Option<Box<str>>,
}

#[derive(Debug, Serialize)]
pub struct StageView {
    pub stage: Stage,
    pub at: Instant,
    pub known_at: Instant,
    pub by: Option<Box<str>>,
    pub reason: Option<Box<str>>,
}

/// Reads one lead whole; `None` when there is none.
pub fn detail(reader: &mut dyn Reader, lead: LeadId, snapshot: &Snapshot) -> Result<Option<LeadDetail>, StoreError> {
    let Some(record) = reader.lead(lead)? else { return Ok(None) };
    let assignments = reader.assignments_of(lead)?.into_iter();
    let stages = reader.stages_of(lead)?.into_iter();
    let responses = reader.responses_of(lead)?.into_iter();
    Ok(Some(LeadDetail {
        decisions: reader.decisions_of(lead)?,
        assignments: assignments
            .map(|row| AssignmentView { rep: row.rep, at: row.at, by: row.actor, reason: row.reason })
            .collect(),
        stages: stages
            .map(|row| StageView {
                stage: row.fact.stage,
                at: row.fact.happened(),
                known_at: row.fact.known_at,
                by: row.actor,
                reason: row.fact.reason,
            })
            .collect(),
        responses: responses
            .map(|row| ResponseView {
                rep: row.rep,
                response: row.response,
                offered_at: row.offered_at,
                at: row.at,
                reason: row.reason,
            })
            .collect(),
        lead: LeadView::new(record.row, record.state, &snapshot.schema),
    }))
}

/// Somebody else's lead is none that a rep knows of.
pub fn may_see(rights: &Rights, detail: &LeadDetail) -> bool {
    rights.only().is_none_or(|rep| rep.is_some() && detail.lead.owner.as_ref() == rep)
}

pub async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(lead): Path<String>,
) -> Result<Response, Problem> {
    let lead: LeadId = id(&lead)?;
    let snapshot = state.live()?;
    let detail = state.read(move |reader| detail(reader, lead, &snapshot)).await?;
    let detail = detail.filter(|detail| may_see(&rights, detail));
    let detail = detail.ok_or_else(|| Problem::NotFound { what: format!("lead {lead}") })?;
    // The owner is what an assignment by hand must have seen.
    let owner = detail.lead.owner.as_ref().map_or("none", |rep| rep.as_str());
    let tag = HeaderValue::from_str(&format!("\"{owner}\""));
    let mut response = Json(&detail).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(axum::http::header::ETAG, tag);
    }
    Ok(response)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    pub state: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ListBody {
    pub leads: Vec<LeadView>,
    /// Send it as `cursor` for the next page; absent on the last one.
    pub next: Option<LeadId>,
}

/// Rows of a page at most.
const MOST: u32 = 200;

impl ListQuery {
    pub fn filter(&self) -> Result<LeadFilter, Problem> {
        let kind = |text: &String| CustodyKind::ALL.into_iter().find(|kind| kind.as_str() == text);
        let custody = match &self.state {
            None => None,
            Some(text) => Some(kind(text).ok_or_else(|| {
                let known = CustodyKind::ALL.map(CustodyKind::as_str).join(", ");
                Problem::Address(Wrong::NotOneOf { name: "state", known })
            })?),
        };
        let before = self.cursor.as_ref().map(|text| id(text)).transpose()?;
        let limit = match &self.limit {
            None => 50,
            Some(text) => match text.parse() {
                Ok(limit) if (1..=MOST).contains(&limit) => limit,
                _ => return Err(Problem::Address(Wrong::NotANumber { name: "limit", most: MOST as usize })),
            },
        };
        Ok(LeadFilter { custody, before, limit })
    }
}

/// One page of the leads that this caller may see.
pub async fn page(
    state: &Arc<State>,
    rights: &Rights,
    filter: LeadFilter,
) -> Result<(Vec<(LeadRow, LeadState)>, Option<LeadId>), Problem> {
    let only = rights.only().map(Option::<&pointsman_domain::RepId>::cloned);
    let Some(own) = only else {
        let rows = state.read(move |reader| reader.leads(filter)).await?;
        let next = if rows.len() == filter.limit as usize { rows.last().map(|(lead, _)| lead.id) } else { None };
        return Ok((rows, next));
    };
    let Some(own) = own else { return Ok((Vec::new(), None)) };
    let mut rows = state.read(move |reader| reader.leads_with(&own, filter.before, filter.limit)).await?;
    let next = if rows.len() == filter.limit as usize { rows.last().map(|(lead, _)| lead.id) } else { None };
    rows.retain(|(_, state)| filter.custody.is_none_or(|kind| state.custody.kind() == kind));
    Ok((rows, next))
}

pub async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<ListBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let snapshot = state.live()?;
    let (rows, next) = page(&state, &rights, query.filter()?).await?;
    let leads = rows.into_iter().map(|(row, state)| LeadView::new(row, state, &snapshot.schema)).collect();
    Ok(Json(ListBody { leads, next }))
}
