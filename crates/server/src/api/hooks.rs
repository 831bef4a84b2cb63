//! `POST /v1/hooks/{source}`: what another system sends by itself, in its own words. Signed and fresh,
//! read by the same mapping as its files, and taken in by the same door as every lead; the sender
//! may send it as often as it likes.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as Shared},
    http::HeaderMap,
    routing::post,
};
use pointsman_connect::{Headers, Secret, Unsigned, signature};
use pointsman_domain::{CommandId, Entity, LeadId};
use pointsman_intake::{Mapping, join::Known, row::Rows};
use pointsman_store::{
    Command,
    command::{Keyed, Staging},
    log::digest,
    row::IdempotencyKey,
    stage::StageFact,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    access::Access,
    answer::LeadAnswer,
    api::{Caller, leads},
    body,
    enquiry::{CompanyBody, LeadBody, PersonBody},
    error::{FieldError, Problem, ProblemBody},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// A system that sends by itself.
#[derive(Debug)]
pub struct Hook {
    pub name: Box<str>,
    /// Any of them may have signed.
    pub secrets: Vec<Secret>,
    pub mapping: Mapping,
    /// Which of the mapping's inputs its bodies are.
    pub input: usize,
}

/// Records of one body at most.
const MOST: usize = 500;

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            method: "post",
            path: "/v1/hooks/{source}",
            id: "receiveHook",
            summary: "What another system sends by itself.",
            text: "One JSON object or a list of them, signed as Standard Webhooks has it with the secret of the source, at most five minutes old. Read by the source's mapping: a lead is taken in and decided, an outcome moves its stage. The same webhook-id is answered the same way again. A record that cannot be read is told so in its row; when all are, the answer is the first one's problem.",
            body: Some("HookBody"),
            answer: Some("HookAnswer"),
            parameters: &[
                ("path", "source", "A name under [hooks] of the settings.", true),
                ("header", "webhook-id", "The message's name; the same however often it is sent.", true),
                ("header", "webhook-timestamp", "Unix seconds of this attempt.", true),
                ("header", "webhook-signature", "v1,BASE64 of HMAC-SHA256 over id.timestamp.body.", true),
            ],
            problems: &["unsigned", "bad-body", "bad-fields", "too-large", "not-found", "key-reused", "bad-parameter"],
            ..PLAIN
        },
        Access::Open,
        post(receive),
    )]
}

#[derive(Debug, Serialize)]
pub struct HookAnswer {
    pub rows: Vec<HookRow>,
    pub taken: usize,
    pub refused: usize,
}

#[derive(Debug, Serialize)]
pub struct HookRow {
    /// Its place in the body, from 0.
    pub row: usize,
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadId>,
    /// Where it is, where the record made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<LeadAnswer>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemBody>,
}

/// What was taken of one record.
struct Taken {
    lead: LeadId,
    answer: Option<LeadAnswer>,
}

pub async fn receive(
    Shared(state): Shared<Arc<State>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    sent: Bytes,
) -> Result<Json<HookAnswer>, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp, signed) = (header(signature::ID), header(signature::TIMESTAMP), header(signature::SIGNATURE));
    // Which sources there are is nobody's business who cannot sign.
    let hook = state.config.hooks.iter().find(|hook| *hook.name == *source).cloned();
    let secrets = hook.as_ref().map_or(&[][..], |hook| &hook.secrets);
    let claimed = Headers { id, timestamp, signature: signed };
    signature::verify(secrets, claimed, &sent, state.now()).map_err(Problem::Unsigned)?;
    let hook = hook.ok_or(Problem::Unsigned(Unsigned::Wrong))?;
    let records = match body::parse::<Value>(&sent)? {
        Value::Array(records) if (1..=MOST).contains(&records.len()) => records,
        Value::Object(record) => vec![Value::Object(record)],
        _ => return Err(Problem::Body(format!("the body is neither an object nor a list of 1 to {MOST} of them"))),
    };
    let (mut rows, mut first) = (Vec::with_capacity(records.len()), None);
    for (row, record) in records.iter().enumerate() {
        rows.push(match take(&state, &hook, record, id, row).await {
            Ok(Taken { lead, answer }) => {
                HookRow { row, status: 200, lead: Some(lead), answer: answer.map(Box::new), problem: None }
            }
            // What is no fault of the record is tried again by the sender, whole: what was taken stays taken.
            Err(problem) if problem.is_passing() => return Err(problem),
            Err(problem) if records.len() == 1 => {
                first = Some(problem);
                continue;
            }
            Err(problem) => {
                let problem = problem.body();
                HookRow { row, status: problem.status, lead: None, answer: None, problem: Some(problem) }
            }
        });
    }
    if let Some(problem) = first {
        return Err(problem);
    }
    let taken = rows.iter().filter(|row| row.problem.is_none()).count();
    Ok(Json(HookAnswer { refused: rows.len() - taken, taken, rows }))
}

async fn take(state: &Arc<State>, hook: &Hook, record: &Value, id: &str, row: usize) -> Result<Taken, Problem> {
    let read = read(hook, record)?;
    let no_lead = || Problem::Fields(vec![FieldError::new("mapping", "this record names no lead: see [input.lead]")]);
    let lead = read.lead.as_ref().ok_or_else(no_lead)?;
    let (source, external) = (lead.source_system.clone(), lead.external_id.clone());
    let known = state.read(move |reader| reader.lead_by_source(&source, &external)).await?;
    let caller = Caller(format!("hook {}", hook.name));
    let mut answer = None;
    let ends = read.outcome.as_ref().is_some_and(|outcome| outcome.stage.closes());
    let lead_id = match known {
        Some(known) => known,
        // What is over before we hear of it is nothing to decide.
        None if ends => return Err(Problem::NotFound { what: "such lead, and it is over already".into() }),
        None => {
            let (text, key) = (
                record.to_string(),
                IdempotencyKey { scope: format!("{} row {row}", caller.0).into(), key: id.into() },
            );
            let keyed = Keyed { key, body: digest(text.as_bytes()) };
            let (taken, _) = leads::take(state, &caller, &body_of(state, hook, &read)?, Some(keyed)).await?;
            let lead = taken.lead;
            answer = Some(taken);
            lead
        }
    };
    stage(state, &caller, lead_id, &read, id).await?;
    Ok(Taken { lead: lead_id, answer })
}

/// Outcome and activity of the record, as stage facts; told twice they are told once.
async fn stage(state: &Arc<State>, caller: &Caller, lead: LeadId, read: &Rows, id: &str) -> Result<(), Problem> {
    let mut facts = Vec::new();
    let now = state.now();
    let fact = |at, stage, external_id: String, value| StageFact {
        at,
        known_at: now,
        stage,
        source_rank: 0,
        external_id: external_id.into(),
        reopen: false,
        value,
        reason: None,
    };
    if let Some(outcome) = &read.outcome {
        let value = outcome.value.filter(|_| outcome.stage == pointsman_domain::record::Stage::Won);
        facts.push(fact(outcome.at, outcome.stage, format!("hook:{id}"), value));
    }
    if let Some(activity) = read.activity.as_ref().filter(|activity| activity.human) {
        let name = StageFact::of_activity(&activity.id.to_string());
        facts.push(fact(activity.at, pointsman_domain::record::Stage::Attempted, name, None));
    }
    for fact in facts {
        let command = CommandId::new(now, state.outside.chance());
        let staging = Staging { command, lead, fact, actor: Some(caller.0.as_str().into()), idempotency: None };
        state.send(Command::Stage(Box::new(staging))).await?.result?;
    }
    Ok(())
}

/// The record through the mapping.
fn read(hook: &Hook, record: &Value) -> Result<Rows, Problem> {
    let Value::Object(record) = record else { return Err(Problem::Body("a record is no object".into())) };
    let input = &hook.mapping.inputs[hook.input];
    let texts: Vec<String> = input.columns.iter().map(|column| text(record, column)).collect();
    let mut fields: Vec<&str> = texts.iter().map(String::as_str).collect();
    input.fix(&mut fields);
    let known = Known::default();
    let fault = |fault: pointsman_intake::row::RowFault| FieldError::new(&*fault.column, fault.reason);
    input.row(&hook.mapping, &fields, &known, 0).map_err(|error| Problem::Fields(vec![fault(error)]))
}

/// A field of the record, also within others: `properties.email`.
fn text(record: &Map<String, Value>, column: &str) -> String {
    let within = || {
        let (first, rest) = column.split_once('.')?;
        rest.split('.').try_fold(record.get(first)?, |value, name| value.get(name))
    };
    match record.get(column).or_else(within) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(yes)) => yes.to_string(),
        _ => String::new(),
    }
}

/// The lead as the door takes it; attributes that the workspace does not have are left out.
fn body_of(state: &State, hook: &Hook, rows: &Rows) -> Result<LeadBody, Problem> {
    let live = state.live()?;
    let mut attributes = std::collections::BTreeMap::new();
    let mut add = |values: &pointsman_domain::Values, of: Entity| {
        for (index, value) in values.iter() {
            let Some((entity, attribute)) = hook.mapping.schema.get(index).filter(|(entity, _)| *entity == of) else {
                continue;
            };
            if live.schema.find(entity, &attribute.name).is_none() {
                continue;
            }
            let name =
                if of == Entity::Account { format!("account.{}", attribute.name) } else { attribute.name.to_string() };
            attributes.insert(name, Value::String(hook.mapping.schema.show(index, value)));
        }
    };
    let lead = rows.lead.as_ref();
    lead.into_iter().for_each(|lead| add(&lead.attributes, Entity::Lead));
    rows.account.iter().for_each(|account| add(&account.attributes, Entity::Account));
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    Ok(LeadBody {
        source: lead.map_or_else(String::new, |lead| lead.source_system.to_string()),
        external_id: lead.map(|lead| lead.external_id.to_string()),
        attributes,
        contact: rows.contact.as_ref().map(|contact| PersonBody {
            name: text(&contact.name),
            email: text(&contact.email),
            phone: text(&contact.phone),
        }),
        account: rows
            .account
            .as_ref()
            .map(|account| CompanyBody { name: Some(account.name.to_string()), domain: text(&account.domain) }),
        value: None,
        originator: None,
    })
}
