//! `/v1/policies`: what is live, what a draft would do wrong, and making one live.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use pointsman_decision::{DocumentKind, DraftError, Snapshot, document};
use pointsman_domain::{Digest, Instant, PolicyName};
use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Scope},
    api::{Caller, id},
    body::JsonBody,
    error::{FieldError, Problem},
    etag::{IF_MATCH, IfMatch, tagged},
    findings::{Shown, findings},
    openapi::{Parameter, Route},
    router::{BODY, Entry, PLAIN},
    state::State,
};

const POLICY: Parameter = ("path", "name", "The policy's name.", true);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/policies",
                id: "listPolicies",
                summary: "The policies that are live, and which of them rules.",
                answer: Some("PolicyList"),
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(list),
        ),
        (
            Route {
                path: "/v1/policies/{name}",
                id: "showPolicy",
                summary: "One policy: its text, and what is probably a mistake in it.",
                answer: Some("Policy"),
                parameters: &[POLICY],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(show),
        ),
        (
            Route {
                method: "post",
                path: "/v1/policies/check",
                id: "checkPolicy",
                summary: "Check a draft against what is live.",
                text: "A draft that does not load is answered with its faults, line and column each. One that does is answered with the findings of the lint, each with an example lead. Nothing is written.",
                body: Some("PolicyDraft"),
                answer: Some("PolicyChecked"),
                problems: &BODY,
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            post(check),
        ),
        (
            Route {
                method: "post",
                path: "/v1/policies",
                id: "publishPolicy",
                summary: "Make a policy live.",
                text: "In place of its namesake, in force for the next decision, and recorded with author and reason. With 'rule' it also becomes the one that rules. Everything else that is live stays. Publishing the same text twice is publishing it once.",
                body: Some("PolicyPublish"),
                answer: Some("PolicyPublished"),
                parameters: &[IF_MATCH],
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter", "changed"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(publish),
        ),
    ]
}

#[derive(Debug, Serialize)]
pub struct PolicyRow {
    pub name: PolicyName,
    pub rules: usize,
    /// Whether it decides leads that are in no experiment.
    pub ruling: bool,
    /// Of its text.
    pub document: Digest,
}

impl PolicyRow {
    /// Every policy of the documents. What variants of experiments make of them comes after them in the
    /// snapshot and may bear their names: it is theirs.
    pub fn all(snapshot: &Snapshot) -> Vec<Self> {
        let row = |(name, text): (&str, &Arc<[u8]>)| {
            let policy = snapshot.policies.iter().find(|policy| policy.name.as_str() == name)?;
            Some(Self {
                name: policy.name.clone(),
                rules: policy.rules.len(),
                ruling: policy.name == snapshot.policy().name,
                document: document::digest(text),
            })
        };
        snapshot.documents.of(DocumentKind::Policy).filter_map(row).collect()
    }
}

#[derive(Debug, Serialize)]
pub struct PolicyList {
    pub snapshot: Digest,
    pub policies: Vec<PolicyRow>,
}

pub async fn list(Shared(state): Shared<Arc<State>>) -> Result<Json<PolicyList>, Problem> {
    let snapshot = state.live()?;
    Ok(Json(PolicyList { snapshot: snapshot.id, policies: PolicyRow::all(&snapshot) }))
}

#[derive(Debug, Serialize)]
pub struct PolicyDetail {
    #[serde(flatten)]
    pub row: PolicyRow,
    /// TOML, as published.
    pub text: String,
    pub findings: Vec<Shown>,
}

pub async fn show(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let (name, now): (PolicyName, _) = (id(&name)?, state.now());
    let snapshot = state.live()?;
    let row = PolicyRow::all(&snapshot).into_iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| Problem::NotFound { what: format!("policy '{name}'") })?;
    let text = snapshot.documents.get(DocumentKind::Policy, name.as_str());
    let text = text.map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
    // The lint asks the ladder thousands of questions: not on a thread that others wait for.
    let found = state.read(move |_| Ok(found(&snapshot, &name, now))).await?;
    let version = row.document.short();
    Ok(tagged(&PolicyDetail { row, text, findings: found }, &version))
}

/// What is found in one policy.
fn found(snapshot: &Snapshot, name: &PolicyName, now: Instant) -> Vec<Shown> {
    let policy = snapshot.policies.iter().find(|policy| policy.name == *name);
    policy.map(|policy| findings(snapshot, policy, now)).unwrap_or_default()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// TOML.
    pub policy: String,
}

#[derive(Debug, Serialize)]
pub struct Checked {
    pub policy: PolicyName,
    pub rules: usize,
    pub findings: Vec<Shown>,
}

fn at_policy(error: &DraftError) -> Problem {
    Problem::Fields(vec![FieldError::new("policy", error.to_string())])
}

pub async fn check(Shared(state): Shared<Arc<State>>, body: JsonBody<DraftBody>) -> Result<Json<Checked>, Problem> {
    let (documents, now) = (state.live()?.documents.with_policy(&body.value.policy), state.now());
    let documents = documents.map_err(|error| at_policy(&error))?;
    let checked = state.read(move |_| {
        let compiled = Snapshot::compile(documents);
        Ok(compiled.map(|snapshot| {
            let policy = snapshot.policy();
            Checked {
                policy: policy.name.clone(),
                rules: policy.rules.len(),
                findings: findings(&snapshot, policy, now),
            }
        }))
    });
    let fault = |fault: pointsman_decision::SnapshotError| FieldError::new("policy", fault.to_string());
    let checked = checked.await?;
    Ok(Json(checked.map_err(|faults| Problem::Fields(faults.into_iter().map(fault).collect()))?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    /// TOML.
    pub policy: String,
    /// Also make it the policy that rules.
    #[serde(default)]
    pub rule: bool,
    pub by: Option<String>,
    pub reason: String,
}

#[derive(Debug, Serialize)]
pub struct Published {
    #[serde(flatten)]
    pub row: PolicyRow,
    pub snapshot: Digest,
    /// False: it was live already.
    pub changed: bool,
}

/// Refuses where the policy that is replaced is not the one that was seen.
fn seen_it(seen: &IfMatch, live: &Snapshot, name: &PolicyName) -> Result<(), Problem> {
    let row = PolicyRow::all(live).into_iter().find(|row| row.name == *name);
    // A policy that is not there yet is at no version.
    let version = row.as_ref().map_or_else(|| "none".to_owned(), |row| row.document.short());
    seen.check(&version, || {
        let text = live.documents.get(DocumentKind::Policy, name.as_str()).map(|text| String::from_utf8_lossy(text));
        serde_json::json!({ "policy": row, "text": text })
    })
}

pub async fn publish(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<PublishBody>,
) -> Result<Json<Published>, Problem> {
    let PublishBody { policy: text, rule, by, reason } = body.value;
    if reason.trim().is_empty() {
        return Err(Problem::Fields(vec![FieldError::new("reason", "say why")]));
    }
    let seen = IfMatch::of(&headers)?;
    let _editing = state.editing.lock().await;
    let edit = move |live: &Snapshot| {
        let mut next = live.documents.clone();
        let name = next.put_policy(&text).map_err(|error| at_policy(&error))?;
        seen_it(&seen, live, &name)?;
        if rule {
            next = next.ruled_by(&name).map_err(|error| at_policy(&error))?;
        }
        let changed = next.digest() != live.documents.digest();
        Ok((name, changed.then_some(next)))
    };
    let (name, snapshot, changed) = state.change_documents(by.unwrap_or(caller.0), reason, edit).await?;
    let row = PolicyRow::all(&*state.live()?).into_iter().find(|row| row.name == name).ok_or(Problem::Ours)?;
    Ok(Json(Published { row, snapshot, changed }))
}
