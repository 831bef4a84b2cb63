//! Drafts, checks and steps: documents in, documents out.

use pointsman_decision::{DocumentKind, DocumentSet, Snapshot, trial};
use pointsman_domain::{Digest, ExperimentId, Instant, PolicyName, VariantId};
use pointsman_experiment::{
    analysis::{Analyzer, BatchError},
    live::{
        LifecycleError, LiveColumnError, LiveExperiment, LiveTable, RoutingError, Start, State, live_spec, renamed,
    },
    randomise::Salt,
    spec::{Design, ExperimentSpec, Method, Role, SpecError},
};
use pointsman_store::StoreError;
use serde::Serialize;

use super::diff;

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("there is no experiment '{0}'")]
    NotFound(ExperimentId),
    #[error("'{0}' is there already and is {1}: choose another id")]
    Exists(ExperimentId, State),
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    #[error(transparent)]
    Routing(#[from] RoutingError),
    #[error(transparent)]
    Column(#[from] LiveColumnError),
    #[error(transparent)]
    Rows(#[from] BatchError),
    #[error("the documents do not compile:\n{0}")]
    Documents(String),
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every experiment, whatever its state, by id. One that cannot be read is left out: the snapshot
/// would not have compiled.
pub fn all(documents: &DocumentSet) -> Vec<(LiveExperiment, ExperimentSpec)> {
    documents.of(DocumentKind::Experiment).filter_map(|(_, body)| LiveExperiment::read(body).ok()).collect()
}

pub fn find(documents: &DocumentSet, id: &ExperimentId) -> Result<(LiveExperiment, ExperimentSpec), DeskError> {
    let body = documents.get(DocumentKind::Experiment, id.as_str());
    let body = body.ok_or_else(|| DeskError::NotFound(id.clone()))?;
    LiveExperiment::read(body).map_err(|error| DeskError::Documents(error.to_string()))
}

/// The documents with this experiment as it is now, compiled.
pub fn with(documents: &DocumentSet, live: &LiveExperiment) -> Result<Snapshot, DeskError> {
    let mut documents = documents.clone();
    documents.insert(DocumentKind::Experiment, live.id.as_str(), live.body());
    compiled(documents)
}

fn compiled(documents: DocumentSet) -> Result<Snapshot, DeskError> {
    Snapshot::compile(documents).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        DeskError::Documents(faults.join("\n"))
    })
}

/// A new draft, or another text of one.
pub fn draft(
    documents: &DocumentSet,
    text: &str,
    at: Instant,
    by: &str,
    reason: &str,
) -> Result<LiveExperiment, DeskError> {
    let new = LiveExperiment::draft(text, at, by, reason)?;
    match find(documents, &new.id) {
        Err(DeskError::NotFound(_)) => Ok(new),
        Ok((old, _)) if old.state == State::Draft => Ok(old.edit(text, at, by, reason)?),
        Ok((old, _)) => Err(DeskError::Exists(old.id, old.state)),
        Err(error) => Err(error),
    }
}

/// What is wrong with a specification in this workspace, and what is worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Findings {
    /// It cannot start like this.
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
}

/// Checks a specification against the live documents.
pub fn check(snapshot: &Snapshot, spec: &ExperimentSpec, text: &str) -> Findings {
    let mut found = Findings { errors: trial::check(spec, &snapshot.environment), warnings: Vec::new() };
    let lived = live_spec(spec, None);
    let table = LiveTable::new(&Analyzer::new(&lived), None, spec.maturity, Instant::from_unix_micros(0));
    found.errors.extend(table.err().map(|error| error.to_string()));
    let then = Instant::from_unix_micros(0);
    let trial_run = LiveExperiment::draft(text, then, "check", "check")
        .map_err(LifecycleError::from)
        .and_then(|draft| started(&draft, snapshot, 0, then, "check", "check"));
    match trial_run {
        Ok(started) => found.errors.extend(with(&snapshot.documents, &started).err().map(|error| error.to_string())),
        Err(error) => found.errors.push(error.to_string()),
    }
    found.errors.dedup();
    found.warnings.extend(warnings(snapshot, spec, &lived));
    found
}

fn warnings(snapshot: &Snapshot, spec: &ExperimentSpec, lived: &ExperimentSpec) -> Vec<String> {
    let mut warnings = Vec::new();
    if spec.hypothesis.trim().is_empty() {
        warnings.push("no hypothesis: say in words what should change, and why".to_owned());
    }
    if spec.horizon.days.is_none() && spec.horizon.units.is_none() && spec.adaptive.is_none() {
        warnings.push(
            "no horizon: only the confidence sequence may decide, which takes longer than a planned end".to_owned(),
        );
    }
    if !spec.metrics.iter().any(|m| m.role == Role::Guardrail) {
        warnings.push("no guardrail: nothing stops a variant that wins one metric by spoiling another".to_owned());
    }
    if spec.maturity.0 == 0 {
        warnings.push("maturity_days = 0: a lead counts as lost before it had time to be won".to_owned());
    }
    let clustered = |a: &pointsman_experiment::spec::Analysis| {
        !matches!(a.method, Method::Difference { .. } | Method::Adjusted { .. })
    };
    let decides = |a: &&pointsman_experiment::spec::Analysis| spec.metrics[a.metric].role == Role::Decision;
    if spec.design != Design::Lead && lived.analyses.iter().filter(decides).any(|a| !clustered(a)) {
        warnings.push("an analysis of the decision metric treats leads as independent: the unit that is randomised is the unit of analysis".to_owned());
    }
    if spec.adaptive.is_some() {
        warnings.push("adaptive weights: when variants share reps, moving the weights moves what one variant takes from the other".to_owned());
    }
    for other in &snapshot.trials {
        let apart = spec.population.layer.as_ref().map(|l| &l.name)
            == other.spec.population.layer.as_ref().map(|l| &l.name)
            && spec.population.layer.is_some();
        if other.live.id != spec.id && !apart {
            warnings.push(format!(
                "'{}' runs as well and shares no layer with this one: a lead that fits both is in the one whose id comes first",
                other.live.id
            ));
        }
    }
    warnings
}

/// Starts a draft on what is live.
fn started(
    draft: &LiveExperiment,
    snapshot: &Snapshot,
    salt: u128,
    at: Instant,
    by: &str,
    reason: &str,
) -> Result<LiveExperiment, LifecycleError> {
    let others: Vec<LiveExperiment> =
        all(&snapshot.documents).into_iter().map(|(live, _)| live).filter(|live| live.id != draft.id).collect();
    let policy = |name: &PolicyName| {
        let body = snapshot.documents.get(DocumentKind::Policy, name.as_str())?;
        String::from_utf8(body.to_vec()).ok()
    };
    let local_day = snapshot.home().local_day(at);
    draft.start(Start { at, by, reason, salt: Salt::new(salt), local_day, policy: &policy, others: &others })
}

/// A step of an experiment's life.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// 128 bits of chance.
    Start {
        salt: u128,
    },
    Pause,
    Resume,
    Reweigh {
        weights: Vec<f64>,
    },
    Stop,
    Decide {
        winner: VariantId,
    },
    /// Names the diff that was read; without it nothing is written.
    Promote {
        reviewed: Option<Digest>,
    },
}

/// What a step makes live.
#[derive(Debug)]
pub struct Stepped {
    pub live: LiveExperiment,
    /// `None`: the diff has to be read first.
    pub snapshot: Option<Snapshot>,
    /// Of a promotion: what changes in the default policy, and the name of exactly this change.
    pub diff: Option<Review>,
}

/// A change to read before it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    pub policy: PolicyName,
    pub diff: String,
    /// Send it back as `reviewed` to make the change.
    pub reviewed: Digest,
    /// The default policy as it becomes.
    #[serde(skip)]
    pub text: String,
}

/// Takes a step. `by` and `reason` are kept.
pub fn step(
    snapshot: &Snapshot,
    id: &ExperimentId,
    step: &Step,
    at: Instant,
    by: &str,
    reason: &str,
) -> Result<Stepped, DeskError> {
    let (live, _) = find(&snapshot.documents, id)?;
    let next = match step {
        Step::Start { salt } => started(&live, snapshot, *salt, at, by, reason)?,
        Step::Pause => live.pause(at, by, reason)?,
        Step::Resume => live.resume(at, by, reason)?,
        Step::Reweigh { weights } => live.reweigh(weights, at, by, reason)?,
        Step::Stop => live.stop(at, by, reason)?,
        Step::Decide { winner } => live.decide(winner, at, by, reason)?,
        Step::Promote { reviewed } => return promote(snapshot, &live, reviewed.as_ref(), at, by, reason),
    };
    let snapshot = with(&snapshot.documents, &next)?;
    Ok(Stepped { live: next, snapshot: Some(snapshot), diff: None })
}

fn promote(
    snapshot: &Snapshot,
    live: &LiveExperiment,
    reviewed: Option<&Digest>,
    at: Instant,
    by: &str,
    reason: &str,
) -> Result<Stepped, DeskError> {
    let review = review(snapshot, live)?;
    match reviewed {
        None => Ok(Stepped { live: live.clone(), snapshot: None, diff: Some(review) }),
        Some(digest) if *digest != review.reviewed => Err(DeskError::Refused(format!(
            "the default policy or the winner is not what was reviewed: read the change again ({} instead of {})",
            review.reviewed.short(),
            digest.short()
        ))),
        Some(_) => {
            let next = live.promote(at, by, reason)?;
            let mut documents = snapshot.documents.clone();
            documents.insert(DocumentKind::Policy, review.policy.as_str(), review.text.as_bytes());
            documents.insert(DocumentKind::Experiment, next.id.as_str(), next.body());
            Ok(Stepped { live: next, snapshot: Some(compiled(documents)?), diff: Some(review) })
        }
    }
}

/// What promoting the winner would change.
fn review(snapshot: &Snapshot, live: &LiveExperiment) -> Result<Review, DeskError> {
    let winner = live.winning_policy().ok_or_else(|| {
        DeskError::Refused(format!("'{}' is {}: stop it and decide for a variant first", live.id, live.state))
    })?;
    let policy = snapshot.policy().name.clone();
    let before = snapshot.documents.get(DocumentKind::Policy, policy.as_str());
    let before = before.map_or_else(String::new, |body| String::from_utf8_lossy(body).into_owned());
    let text = renamed(&winner.body, &policy);
    let diff = diff::lines(&before, &text);
    let named = format!("{}\n{before}\n{text}", live.id);
    Ok(Review { policy, diff, reviewed: pointsman_decision::document::digest(named.as_bytes()), text })
}
