//! What a report of an experiment is made of.

use serde::{Deserialize, Serialize};

use crate::{
    Day, Interval, Role,
    chart::{Slot, Step},
    provenance::Provenance,
};

/// What the variants are called in sentences and pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub control: String,
    pub variant: String,
}

/// The whole report of one experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentReport {
    pub names: Names,
    pub test: TestResult,
    /// The deciding metric first.
    pub metrics: Vec<MetricEffect>,
    /// The effect of the deciding metric by segment; may be empty.
    pub segments: Vec<SegmentEffect>,
    /// The share of leads not yet contacted, by minutes; may be empty.
    pub contact: Vec<ContactSteps>,
    pub sla_minutes: Option<f64>,
    pub provenance: Provenance,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricEffect {
    pub name: String,
    pub role: MetricRole,
    pub measure: MetricMeasure,
    pub control: f64,
    pub variant: f64,
    /// Variant less control, in the metric's unit.
    pub effect: Interval,
    /// The same as a share of the control.
    pub relative: Option<Interval>,
    pub status: MetricStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricRole {
    Primary,
    Secondary,
    Guardrail,
}

/// How a metric's numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricMeasure {
    /// Shares of 1.
    Share,
    Minutes,
    /// Minor units of this currency.
    Money(pointsman_domain::Currency),
    Number,
}

/// What the analysis says of a metric; which way is better is its business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricStatus {
    Better,
    Worse,
    Unclear,
    /// A guardrail that stayed within the agreed margin.
    WithinMargin,
    Breached,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentEffect {
    pub segment: String,
    pub leads: u64,
    pub effect: Interval,
}

/// One variant's course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactSteps {
    pub role: Role,
    /// `at` in minutes.
    pub steps: Vec<Step>,
}

/// What the test of the challenger found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    pub name: String,
    pub hypothesis: String,
    pub design: Design,
    pub from: Day,
    pub until: Day,
    pub verdict: TestVerdict,
    pub control_rate: Interval,
    pub variant_rate: Interval,
    /// Difference of the win rates, as a share, with the design's own interval.
    pub effect: Interval,
    /// The same effect under several analyses, the naive ones included.
    pub analyses: Vec<EffectRow>,
    /// The true effect, where the world is simulated.
    pub truth: Option<f64>,
    /// The effect at each look, with an interval that is valid at all of them; may be empty.
    pub looks: Vec<Look>,
    pub switchback: Option<Switchback>,
    pub accounting: Accounting,
    pub srm: Srm,
    /// Leads decided in one period and owned in another.
    pub crossed_periods: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    LeadLevel,
    Switchback,
    BudgetSplit,
    Cluster,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestVerdict {
    ShipVariant,
    KeepControl,
    Undecided,
    /// Planned for one look at its end, and not there yet.
    Running {
        days_left: u64,
    },
    /// A variant had no lead yet, as in a switchback's first period.
    TooSoon,
    /// A health check failed: the numbers must not be read.
    Unhealthy,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectRow {
    pub analysis: Analysis,
    pub effect: Interval,
    /// Whether the analysis fits the design.
    pub trusted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    /// A lead-level test, leads as if independent.
    LeadLevel,
    /// A switchback, leads as if independent.
    SwitchbackNaive,
    /// A switchback, by unit and period.
    SwitchbackClustered,
    /// The same with an interval valid at every look.
    SwitchbackAlwaysValid,
    BudgetSplit,
    /// From logged propensities, without a test.
    OffPolicy,
    /// Any design, leads as if independent.
    Naive,
    /// Any design, by what was randomised.
    ByUnit,
    /// The same with an interval valid at every look.
    AlwaysValid,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Days since 1970-01-01.
    pub unix_day: i64,
    pub effect: Interval,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Switchback {
    pub units: Vec<String>,
    pub periods: Vec<String>,
    /// `slots[unit][period]`.
    pub slots: Vec<Vec<Slot>>,
}

/// exposed = matured + pending + the excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    pub exposed: u64,
    pub matured: u64,
    pub pending: u64,
    pub excluded: Vec<(Exclusion, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    BurnIn,
    Duplicate,
    Internal,
    Erased,
    Other,
}

/// Sample ratio: were the shares as planned?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Srm {
    pub control: u64,
    pub variant: u64,
    /// Planned share of the variant.
    pub planned: f64,
    pub p_value: f64,
    /// What the experiment's own check says.
    pub healthy: bool,
}
