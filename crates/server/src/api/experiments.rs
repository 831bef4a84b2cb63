//! `/v1/experiments`: drafts, advice, plans, steps and looks.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use pointsman_decision::Snapshot;
use pointsman_domain::{Digest, ExperimentId, Instant, VariantId};
use pointsman_experiment::{
    analysis::ExperimentResult,
    live::{Epoch, Event, LiveExperiment, LookRecord, State as Life},
    plan::Outlook,
    spec::ExperimentSpec,
};
use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Scope},
    api::{Caller, id},
    body::JsonBody,
    error::{FieldError, Problem},
    etag::{IF_MATCH, IfMatch, tagged},
    experiment::{self, Advised, DeskError, Findings, Past, Step, desk::Review},
    openapi::{Parameter, Route},
    router::{Entry, PLAIN},
    state::State,
};

const EXPERIMENT: Parameter = ("path", "id", "The experiment's id.", true);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/experiments",
                id: "listExperiments",
                summary: "Every experiment with its state.",
                text: "No effect is shown: looking is counted, and has its own call.",
                answer: Some("ExperimentList"),
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(list),
        ),
        (
            Route {
                method: "post",
                path: "/v1/experiments",
                id: "draftExperiment",
                summary: "Keep a draft of an experiment.",
                text: "The text of an experiment.toml. A draft of the same id is replaced; the findings say what keeps it from starting.",
                body: Some("Draft"),
                answer: Some("Experiment"),
                parameters: &[IF_MATCH],
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "refused", "bad-parameter", "changed"],
                ..PLAIN
            },
            Access::Needs(Scope::ExperimentsWrite),
            post(create),
        ),
        (
            Route {
                path: "/v1/experiments/{id}",
                id: "showExperiment",
                summary: "One experiment: text, epochs, history, looks taken.",
                answer: Some("Experiment"),
                parameters: &[EXPERIMENT],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(show),
        ),
        (
            Route {
                path: "/v1/experiments/{id}/advice",
                id: "adviseExperiment",
                summary: "Which design is honest here.",
                text: "Measured on the leads of the last 90 days: use of capacity, quotas, and candidates that units have in common.",
                answer: Some("Advice"),
                parameters: &[EXPERIMENT],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(advice),
        ),
        (
            Route {
                path: "/v1/experiments/{id}/plan",
                id: "planExperiment",
                summary: "How long it takes and what it can show, at this company's volume.",
                answer: Some("Outlook"),
                parameters: &[EXPERIMENT],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(plan),
        ),
        (
            Route {
                method: "post",
                path: "/v1/experiments/{id}/steps",
                id: "stepExperiment",
                summary: "Start, pause, resume, reweigh, stop, decide, promote.",
                text: "With who and why. A start is refused where the advisor refuses the design and nobody signed. Promoting first answers the change to the default policy; sent again with 'reviewed' it is made.",
                body: Some("Step"),
                answer: Some("Experiment"),
                parameters: &[EXPERIMENT, IF_MATCH],
                problems: &[
                    "changed",
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "not-found",
                    "refused",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::ExperimentsWrite),
            post(step),
        ),
        (
            Route {
                method: "post",
                path: "/v1/experiments/{id}/looks",
                id: "lookAtExperiment",
                summary: "Look at the effect.",
                text: "The result as of now. Every look is written down and spends error; a harmed guardrail pauses the test.",
                body: Some("Look"),
                answer: Some("LookAnswer"),
                parameters: &[EXPERIMENT],
                problems: &["bad-body", "media-type", "too-large", "bad-parameter", "not-found", "refused"],
                ..PLAIN
            },
            Access::Needs(Scope::ExperimentsWrite),
            post(look),
        ),
    ]
}

/// An experiment as lists show it: nothing that invites looking early.
#[derive(Debug, Serialize)]
pub struct ExperimentView {
    pub id: ExperimentId,
    pub state: Life,
    pub hypothesis: String,
    pub owner: String,
    pub design: &'static str,
    pub variants: Vec<VariantId>,
    pub started_at: Option<Instant>,
    /// Of the planned time, 0 to 1; absent without a horizon in days.
    pub done: Option<f64>,
    pub looks: usize,
    pub winner: Option<VariantId>,
}

impl ExperimentView {
    pub fn new(live: &LiveExperiment, spec: &ExperimentSpec, now: Instant) -> Self {
        Self {
            id: live.id.clone(),
            state: live.state,
            hypothesis: spec.hypothesis.clone(),
            owner: spec.owner.clone(),
            design: pointsman_decision::trial::design_word(&spec.design),
            variants: spec.variants.iter().map(|v| v.id.clone()).collect(),
            started_at: live.started_at(),
            done: experiment::look::fraction(live, spec, now),
            looks: live.looks.iter().map(|look| look.at).collect::<std::collections::BTreeSet<_>>().len(),
            winner: live.winner.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct ExperimentDetail {
    #[serde(flatten)]
    pub view: ExperimentView,
    /// `experiment.toml`.
    pub spec: Box<str>,
    pub frozen: Option<Digest>,
    pub epochs: Vec<Epoch>,
    pub history: Vec<Event>,
    pub looks_taken: Vec<LookRecord>,
}

fn detail(live: &LiveExperiment, spec: &ExperimentSpec, now: Instant) -> ExperimentDetail {
    ExperimentDetail {
        view: ExperimentView::new(live, spec, now),
        spec: live.spec.clone(),
        frozen: live.frozen.as_ref().map(|frozen| frozen.digest),
        epochs: live.epochs.clone(),
        history: live.history.clone(),
        looks_taken: live.looks.clone(),
    }
}

#[derive(Debug, Serialize)]
pub struct ExperimentList {
    pub experiments: Vec<ExperimentView>,
}

pub async fn list(Shared(state): Shared<Arc<State>>) -> Result<Json<ExperimentList>, Problem> {
    let snapshot = state.live()?;
    let now = state.now();
    let all = experiment::all(&snapshot.documents);
    let experiments = all.iter().map(|(live, spec)| ExperimentView::new(live, spec, now)).collect();
    Ok(Json(ExperimentList { experiments }))
}

pub async fn show(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let snapshot = state.live()?;
    let (live, spec) = experiment::find(&snapshot.documents, &id(&name)?)?;
    Ok(tagged(&detail(&live, &spec, state.now()), &version(&live)))
}

/// An experiment's version is its document's.
fn version(live: &LiveExperiment) -> String {
    pointsman_store::log::digest(&live.body()).short()
}

/// Refuses where the experiment is not the one that was seen; one that is not there is at no version.
fn seen_it(seen: &IfMatch, snapshot: &Snapshot, id: &ExperimentId, now: Instant) -> Result<(), Problem> {
    let found = experiment::find(&snapshot.documents, id).ok();
    let present = || found.as_ref().and_then(|(live, spec)| serde_json::to_value(detail(live, spec, now)).ok());
    let version = found.as_ref().map_or_else(|| "none".into(), |(live, _)| version(live));
    seen.check(&version, || present().unwrap_or_default())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// `experiment.toml`, as text.
    pub spec: String,
    /// The person; who has the key, if absent.
    pub by: Option<String>,
    pub reason: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct DraftAnswer {
    #[serde(flatten)]
    pub detail: ExperimentDetail,
    pub findings: Findings,
}

/// Keeps a draft, also one that cannot start yet: the findings say why.
pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<DraftBody>,
) -> Result<Json<DraftAnswer>, Problem> {
    let (seen, body) = (IfMatch::of(&headers)?, body.value);
    let by = body.by.unwrap_or(caller.0);
    let reason = body.reason.unwrap_or_else(|| "draft".into());
    let _editing = state.editing.lock().await;
    let snapshot = state.live()?;
    let now = state.now();
    let live = experiment::draft(&snapshot.documents, &body.spec, now, &by, &reason)?;
    seen_it(&seen, &snapshot, &live.id, now)?;
    let (next, spec) = (experiment::with(&snapshot.documents, &live)?, spec_of(&live)?);
    let findings = experiment::check(&snapshot, &spec, &live.spec);
    state.replace(snapshot.id, next, &by, &format!("experiment {}: draft", live.id)).await?;
    Ok(Json(DraftAnswer { detail: detail(&live, &spec, now), findings }))
}

fn spec_of(live: &LiveExperiment) -> Result<ExperimentSpec, Problem> {
    Ok(ExperimentSpec::from_toml(&live.spec).map_err(DeskError::from)?)
}

#[derive(Debug, Serialize)]
pub struct AdviceAnswer {
    pub findings: Findings,
    #[serde(flatten)]
    pub advised: Advised,
    pub may_start: bool,
}

pub async fn advice(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
) -> Result<Json<AdviceAnswer>, Problem> {
    let (snapshot, now) = (state.live()?, state.now());
    let (live, spec) = experiment::find(&snapshot.documents, &id(&name)?)?;
    let past = state.read({
        let snapshot = Arc::clone(&snapshot);
        move |reader| Past::read(reader, &snapshot, now)
    });
    let past = past.await?;
    let findings = experiment::check(&snapshot, &spec, &live.spec);
    let advised = experiment::advise_on(&past, &snapshot, &spec);
    let may_start = findings.errors.is_empty() && advised.may_start();
    Ok(Json(AdviceAnswer { findings, advised, may_start }))
}

pub async fn plan(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Result<Json<Outlook>, Problem> {
    let (snapshot, now) = (state.live()?, state.now());
    let (_, spec) = experiment::find(&snapshot.documents, &id(&name)?)?;
    let past = state.read(move |reader| Past::read(reader, &snapshot, now)).await?;
    Ok(Json(experiment::outlook_of(&past, &spec)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    pub action: StepAction,
    pub by: Option<String>,
    pub reason: String,
    /// With `decide`.
    pub winner: Option<String>,
    /// With `reweigh`: one a variant.
    pub weights: Option<Vec<f64>>,
    /// With `promote`: the name of the diff that was read.
    pub reviewed: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    Start,
    Pause,
    Resume,
    Reweigh,
    Stop,
    Decide,
    Promote,
}

#[derive(Debug, Serialize)]
pub struct StepAnswer {
    #[serde(flatten)]
    pub detail: ExperimentDetail,
    /// Of a promotion.
    pub review: Option<Review>,
    /// False: the change has to be read first, nothing was written.
    pub taken: bool,
}

fn step_of(body: &StepBody, salt: u128) -> Result<Step, Problem> {
    let missing = |field: &str, problem: &str| Problem::Fields(vec![FieldError::new(field, problem)]);
    Ok(match body.action {
        StepAction::Start => Step::Start { salt },
        StepAction::Pause => Step::Pause,
        StepAction::Resume => Step::Resume,
        StepAction::Stop => Step::Stop,
        StepAction::Reweigh => {
            let weights = body.weights.clone();
            Step::Reweigh { weights: weights.ok_or_else(|| missing("weights", "give one a variant"))? }
        }
        StepAction::Decide => {
            let winner = body.winner.as_deref().ok_or_else(|| missing("winner", "name the variant"))?;
            let winner: Result<VariantId, _> = winner.parse();
            Step::Decide { winner: winner.map_err(|error| missing("winner", &error.to_string()))? }
        }
        StepAction::Promote => {
            let reviewed = body.reviewed.as_deref().map(str::parse::<Digest>).transpose();
            Step::Promote { reviewed: reviewed.map_err(|error| missing("reviewed", &error.to_string()))? }
        }
    })
}

pub async fn step(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: JsonBody<StepBody>,
) -> Result<Json<StepAnswer>, Problem> {
    let seen = IfMatch::of(&headers)?;
    let name: ExperimentId = id(&name)?;
    let by = body.value.by.clone().unwrap_or(caller.0);
    let answer = take_step(&state, &name, &body.value, &by, &seen).await?;
    Ok(Json(answer))
}

/// One step, from API or page.
pub async fn take_step(
    state: &Arc<State>,
    name: &ExperimentId,
    body: &StepBody,
    by: &str,
    seen: &IfMatch,
) -> Result<StepAnswer, Problem> {
    let step = step_of(body, state.outside.chance())?;
    let _editing = state.editing.lock().await;
    let (snapshot, now) = (state.live()?, state.now());
    // One that is not there is told as such, whatever the caller saw.
    experiment::find(&snapshot.documents, name)?;
    seen_it(seen, &snapshot, name, now)?;
    if matches!(step, Step::Start { .. }) {
        admit(state, &snapshot, name, now).await?;
    }
    let stepped = experiment::step(&snapshot, name, &step, now, by, &body.reason)?;
    let taken = stepped.snapshot.is_some();
    if let Some(next) = stepped.snapshot {
        let reason = format!("experiment {name}: {} ({})", stepped.live.state, body.reason.trim());
        state.replace(snapshot.id, next, by, &reason).await?;
    }
    let spec = spec_of(&stepped.live)?;
    if taken {
        let (live, spec) = (stepped.live.clone(), spec.clone());
        state.ask(move |statements| experiment::figures::stands(statements, &live, &spec)).await?;
    }
    Ok(StepAnswer { detail: detail(&stepped.live, &spec, now), review: stepped.diff, taken })
}

/// Refuses to start what the advisor refuses and nobody signed for.
async fn admit(state: &Arc<State>, snapshot: &Arc<Snapshot>, name: &ExperimentId, now: Instant) -> Result<(), Problem> {
    let (_, spec) = experiment::find(&snapshot.documents, name)?;
    let live = Arc::clone(snapshot);
    let past = state.read(move |reader| Past::read(reader, &live, now)).await?;
    let advised = experiment::advise_on(&past, snapshot, &spec);
    match advised.may_start() {
        true => Ok(()),
        false => Err(DeskError::Refused(experiment::advice::refusal(&advised)).into()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookBody {
    pub by: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct LookAnswer {
    pub at: Instant,
    pub state: Life,
    pub result: ExperimentResult,
}

/// Looks at the effect: counted, written down, and valid for it.
pub async fn look(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    body: JsonBody<LookBody>,
) -> Result<Json<LookAnswer>, Problem> {
    let by = body.value.by.unwrap_or(caller.0);
    Ok(Json(take_look(&state, &id(&name)?, &by).await?))
}

/// One look, from API, page or the daily round.
pub async fn take_look(state: &Arc<State>, name: &ExperimentId, by: &str) -> Result<LookAnswer, Problem> {
    let _editing = state.editing.lock().await;
    let (snapshot, now) = (state.live()?, state.now());
    let (live, spec) = experiment::find(&snapshot.documents, name)?;
    let (shared, who) = (Arc::clone(&snapshot), by.to_owned());
    let looked = state.read(move |reader| Ok(experiment::looked(reader, &shared, &live, &spec, now, &who))).await?;
    let (result, next) = looked?;
    let documents = experiment::with(&snapshot.documents, &next)?;
    state.replace(snapshot.id, documents, by, &format!("experiment {name}: look")).await?;
    let (life, spec, told) = (next.state, spec_of(&next)?, result.clone());
    state.ask(move |statements| experiment::figures::keep(statements, &next, &spec, &told)).await?;
    Ok(LookAnswer { at: now, state: life, result })
}
