//! What may follow from a result: one of five words, and why, as data.

use pointsman_domain::{Instant, VariantId};
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::{spec::MetricId, stats::non_inferiority::WithinMargin, undefined::Undefined};

/// The five words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ship,
    DoNotShip,
    KeepRunning,
    CannotTell,
    /// No effect may be read.
    Invalid,
}

/// A variant's verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictFor {
    pub variant: VariantId,
    pub verdict: Verdict,
    pub because: Vec<Because>,
    pub guardrails: Vec<Guardrail>,
    /// Where in the plan this look is; none without a planned size.
    pub look: Option<Look>,
}

impl VerdictFor {
    /// Keeps what was decided at an earlier look.
    pub fn latch(&mut self, verdict: Verdict, at: Instant) {
        self.verdict = verdict;
        self.because.insert(0, Because::Latched { at });
    }
}

/// A reason, with its numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Because {
    Better {
        metric: MetricId,
        estimate: f64,
        p: f64,
    },
    Worse {
        metric: MetricId,
        estimate: f64,
        p: f64,
    },
    NoDifference {
        metric: MetricId,
        estimate: f64,
        p: f64,
    },
    NotComputable {
        metric: MetricId,
        why: Option<Undefined>,
    },
    GuardrailHarmed {
        metric: MetricId,
    },
    GuardrailUnclear {
        metric: MetricId,
    },
    NotThereYet {
        fraction: f64,
    },
    /// A variant had no unit yet, as in the first period of a switchback, and the test goes on.
    NothingToCompare,
    /// Decided at an earlier look of a test that can be decided once.
    Latched {
        at: Instant,
    },
    Invalid {
        why: Invalid,
    },
}

/// Why no effect may be read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Invalid {
    /// The split is not the configured one.
    SampleRatio {
        p: f64,
    },
    UnitsInZeroWeight {
        units: u64,
    },
    UnknownVariants {
        rows: u64,
    },
    OutcomeBeforeExposure {
        rows: u64,
    },
    /// Clusters that were randomised have rows in both variants.
    CrossingClusters {
        clusters: u32,
    },
    EmptyVariant,
    /// A switchback's periods still feel the one before.
    CarryOver {
        p: f64,
    },
}

/// One guardrail of one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guardrail {
    pub metric: MetricId,
    pub state: GuardrailState,
    pub against_margin: Option<Outcome<WithinMargin>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardrailState {
    /// Not worse than the margin.
    Held,
    /// Worse than the margin: stop.
    Harmed,
    Unclear,
}

/// A look at a fraction of the planned information.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Look {
    pub fraction: f64,
    pub z: f64,
    /// Lan–DeMets; cross it and the test is decided.
    pub bound: f64,
}
