//! The document of one experiment, whatever state it is in.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use pointsman_domain::{Digest, ExperimentId, Instant, PolicyName, VariantId};

use crate::{
    analysis::Verdict,
    randomise::{Salt, Slice},
    spec::{ExperimentSpec, MetricId, SpecError},
};

/// Everything that is kept of one experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveExperiment {
    /// 1.
    pub format: u32,
    pub id: ExperimentId,
    pub state: State,
    /// `experiment.toml`, word for word; changed in no state but draft.
    pub spec: Box<str>,
    /// Set at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
    /// Stretches of constant weights, oldest first; empty for a draft.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<Epoch>,
    /// Who did what when, oldest first.
    pub history: Vec<Event>,
    /// Every look at the effect, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<LookRecord>,
    /// What was decided: the variant to use from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<VariantId>,
}

/// Draft → running ⇄ paused → stopped → decided → promoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Draft,
    Running,
    /// No lead is newly exposed; everybody gets the default policy.
    Paused,
    Stopped,
    Decided,
    Promoted,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Decided => "decided",
            Self::Promoted => "promoted",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What cannot change once units were exposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    pub salt: Salt,
    /// Of the hash and of how slices are cut; 1.
    pub salt_version: u32,
    /// One a variant, in the specification's order.
    pub policies: Vec<FrozenPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerRange>,
    /// The local day of the start, in days since 1970-01-01: switchback blocks begin there.
    pub first_day: i32,
    /// SHA-256 over specification, salt and policies.
    pub digest: Digest,
}

/// A variant's policy, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenPolicy {
    pub variant: VariantId,
    /// The policy it is, or was changed from.
    pub name: PolicyName,
    pub body: Box<str>,
}

/// The stretch of a layer that this experiment holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRange {
    pub name: Box<str>,
    pub from: f64,
    pub until: f64,
}

/// A stretch of constant weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// From 1.
    pub number: u32,
    pub from: Instant,
    pub weights: Vec<f64>,
    pub slices: Vec<Slice<VariantId>>,
}

/// One step of an experiment's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub at: Instant,
    pub by: Box<str>,
    pub to: State,
    pub reason: Box<str>,
}

/// One look at the effect of one variant: looking is what makes a test need wider bounds, so it is
/// written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookRecord {
    pub at: Instant,
    pub by: Box<str>,
    pub variant: VariantId,
    pub metric: MetricId,
    pub exposed: u64,
    pub matured: u64,
    /// None where it could not be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<f64>,
    /// Of the confidence sequence: valid at this and every other look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    pub verdict: Verdict,
    /// Guardrails that were worse than their margin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harmed: Vec<MetricId>,
}

/// Why a document is not one that this version wrote.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error("the experiment document cannot be read: {0}")]
    Syntax(#[from] serde_json::Error),
    #[error("format {found} of the experiment is newer than this version reads (1)")]
    Format { found: u32 },
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error("the document is named '{name}', its specification '{inside}'")]
    OtherName { name: ExperimentId, inside: ExperimentId },
    #[error("what was frozen at the start of '{id}' was changed since: digest {found} instead of {kept}")]
    Changed { id: ExperimentId, kept: String, found: String },
    #[error("'{id}' is {state}, but nothing was frozen and no epoch began")]
    Unfrozen { id: ExperimentId, state: State },
}

impl LiveExperiment {
    /// A draft of a specification that was checked.
    pub fn draft(text: &str, at: Instant, by: &str, reason: &str) -> Result<Self, SpecError> {
        let spec = ExperimentSpec::from_toml(text)?;
        let event = Event { at, by: by.into(), to: State::Draft, reason: reason.into() };
        Ok(Self {
            format: 1,
            id: spec.id,
            state: State::Draft,
            spec: text.into(),
            frozen: None,
            epochs: Vec::new(),
            history: vec![event],
            looks: Vec::new(),
            winner: None,
        })
    }

    /// Reads a document and checks that what it froze is what it names.
    pub fn read(body: &[u8]) -> Result<(Self, ExperimentSpec), LiveError> {
        let live: Self = serde_json::from_slice(body)?;
        if live.format != 1 {
            return Err(LiveError::Format { found: live.format });
        }
        let spec = ExperimentSpec::from_toml(&live.spec)?;
        if spec.id != live.id {
            return Err(LiveError::OtherName { name: live.id, inside: spec.id });
        }
        match (&live.frozen, live.state) {
            (None, State::Draft) => {}
            (Some(frozen), _) if !live.epochs.is_empty() => {
                let found = frozen_digest(&live.spec, frozen.salt, &frozen.policies);
                if found != frozen.digest {
                    let (kept, found) = (frozen.digest.short(), found.short());
                    return Err(LiveError::Changed { id: live.id, kept, found });
                }
            }
            (_, state) => return Err(LiveError::Unfrozen { id: live.id, state }),
        }
        Ok((live, spec))
    }

    /// The bytes that are stored.
    pub fn body(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an experiment has text keys and finite numbers")
    }

    /// The present, or last, stretch of constant weights.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epochs.last()
    }

    pub fn started_at(&self) -> Option<Instant> {
        self.epochs.first().map(|epoch| epoch.from)
    }

    /// Since when weights are what they are now: what is analysed together.
    pub fn comparable_since(&self) -> Option<Instant> {
        let last = self.epochs.last()?;
        let same = self.epochs.iter().rev().take_while(|epoch| epoch.weights == last.weights);
        same.last().map(|epoch| epoch.from)
    }
}

/// SHA-256 over what a start freezes; parts are delimited by their lengths.
pub(super) fn frozen_digest(spec: &str, salt: Salt, policies: &[FrozenPolicy]) -> Digest {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    };
    part(spec);
    part(&salt.to_string());
    for policy in policies {
        part(policy.variant.as_str());
        part(policy.name.as_str());
        part(&policy.body);
    }
    Digest::new(hasher.finalize().into())
}
