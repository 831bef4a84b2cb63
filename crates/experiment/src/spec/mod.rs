//! The experiment file: read, checked, and then trusted.

mod adaptive;
mod check;
mod file;
mod name;

use serde::{Deserialize, Serialize};

use pointsman_domain::{ExperimentId, Instant, Micros, PolicyName, VariantId};

use crate::stats::{bayes::Better, effect::Scale, group_sequential::Spending, lift::LiftMethod, winsor::CapOf};

pub use adaptive::Adaptive;
pub use check::{FieldProblem, SpecError};
pub use name::{AnalysisId, ColumnName, MetricId};

/// A checked experiment.
///
/// ```
/// use pointsman_experiment::spec::ExperimentSpec;
/// let error = ExperimentSpec::from_toml("format = 1\nid = 'a b'").unwrap_err();
/// assert!(error.to_string().contains("id"), "{error}");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentSpec {
    pub id: ExperimentId,
    /// In words: what should change, and why.
    pub hypothesis: String,
    pub owner: String,
    /// A condition over the lead (CEL); none means every lead.
    pub segment: Option<String>,
    pub design: Design,
    pub variants: Vec<Variant>,
    /// The place of the control in `variants`.
    pub control: usize,
    pub metrics: Vec<Metric>,
    pub analyses: Vec<Analysis>,
    pub horizon: Horizon,
    /// Two-sided.
    pub alpha: f64,
    pub power: f64,
    /// A unit counts so long after its exposure.
    pub maturity: Micros,
    pub data: DataColumns,
    pub population: Population,
    pub hash: HashMode,
    /// Weights follow the results; none: they stay.
    pub adaptive: Option<Adaptive>,
    /// Both variants are meant to be the same: a test of the test.
    pub aa: bool,
    /// Who accepts a design that the advisor refuses.
    pub signed: Option<String>,
}

/// Who may be in the test, besides the segment.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Population {
    /// Tests of one layer never share a unit; the share is of the layer.
    pub layer: Option<Layer>,
    /// Share of units that no test with a holdout touches, 0..1.
    pub holdout: f64,
    /// A named stretch of units as GrowthBook has it.
    pub namespace: Option<Namespace>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    pub name: String,
    /// None: all that is free at the start.
    pub share: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Namespace {
    pub name: String,
    pub from: f64,
    pub until: f64,
}

/// How a unit's key becomes a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashMode {
    /// SipHash-2-4 keyed by the test's own 128-bit salt.
    #[default]
    Pointsman,
    /// GrowthBook's version 2 of the experiment's id: for companies that migrate a running test.
    GrowthbookV2,
}

impl ExperimentSpec {
    /// Reads and checks `experiment.toml`; an error names every field that is wrong.
    pub fn from_toml(text: &str) -> Result<Self, SpecError> {
        let file: file::SpecFile = toml::from_str(text).map_err(SpecError::Syntax)?;
        check::checked(&file)
    }

    /// The metric an analysis reads.
    pub fn metric(&self, analysis: &Analysis) -> &Metric {
        &self.metrics[analysis.metric]
    }

    pub fn weights(&self) -> Vec<f64> {
        self.variants.iter().map(|v| v.weight).collect()
    }
}

/// What is randomised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Design {
    /// The account, else the contact, else the lead.
    Lead,
    /// Periods of a unit, an expression over facts known before routing.
    Switchback { unit: String, period: Micros, burn_in: Micros, burn_out: Micros },
    /// Every rep's caps are divided among the variants.
    BudgetSplit,
    /// Values of an expression over facts known before routing.
    Cluster { unit: String },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    pub id: VariantId,
    pub policy: PolicyName,
    /// Of all weights; they need not sum to 1.
    pub weight: f64,
    /// How the variant is written in a data table.
    pub value: String,
    /// What it changes in the policy; empty: the policy as it is.
    pub changes: Vec<Change>,
}

/// What a variant changes in one rule of its policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub rule: String,
    pub set: toml::Table,
    pub unset: Vec<String>,
    /// Takes the rule out.
    pub drop: bool,
}

/// What a metric is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides.
    Decision,
    /// Must not get worse than its margin.
    Guardrail,
    /// Is looked at.
    Exploratory,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    pub id: MetricId,
    pub kind: MetricKind,
    pub role: Role,
    pub better: Better,
    pub margin: Option<Margin>,
}

/// The worst change that is still accepted, as a positive size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Margin {
    pub size: f64,
    pub scale: Scale,
}

/// How a metric is read from a table's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MetricKind {
    /// 0 or 1 a unit.
    Binary { column: ColumnName },
    /// A number a unit.
    Mean { column: ColumnName },
    /// A sum over a sum.
    Ratio { numerator: ColumnName, denominator: ColumnName },
    /// A time, and whether it ended with the event (1) or with the end of watching (0).
    TimeToEvent { time: ColumnName, event: ColumnName },
}

/// One analysis of one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    pub id: AnalysisId,
    /// The metric's place in [`ExperimentSpec::metrics`].
    pub metric: usize,
    pub method: Method,
}

/// How a metric is compared. Which to prefer when:
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// Difference and lift: the default.
    Difference { lift: LiftMethod },
    /// Adjusted by what was known before the test: whenever such a number exists.
    Adjusted { covariate: ColumnName, lift: LiftMethod },
    /// Standard errors by clusters: when rows of one cluster are not independent.
    Clustered { by: ColumnName },
    /// Within cells, and per cell with a test of whether cells differ: for segments.
    Stratified { by: ColumnName },
    /// Quantiles: when the typical or the slow lead matters more than the mean.
    Quantiles { levels: Vec<f64> },
    /// Curves of the time to an event: when not every unit has had it yet.
    Survival { restrict: f64 },
    /// Ranks: when only "larger" means something.
    Ranks,
    /// Values cut at a shared cap: when a few deals decide the mean.
    Winsorised { percentile: f64, of: CapOf },
    /// One value a period, neighbouring periods alike: for switchbacks in one unit.
    Periods { by: ColumnName, lag: usize },
    /// Reps against themselves: for budget splits.
    Paired { by: ColumnName },
    /// Rows weighted by one over the probability of their variant, units as clusters: the only
    /// one that is right where weights followed the results.
    Weighted { propensity: ColumnName, by: ColumnName },
}

/// When one looks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Horizon {
    pub start: Option<Instant>,
    pub days: Option<f64>,
    /// Matured units at the planned end; the information fraction is counted against it.
    pub units: Option<u64>,
    pub looks: u32,
    pub spending: Spending,
}

/// Which column of a table says what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataColumns {
    pub variant: ColumnName,
    /// What was randomised, for the reader of the file: where it has several rows, analyses name
    /// it as their cluster.
    pub unit: Option<ColumnName>,
    /// 1 once a unit's outcome counts; none: every row does.
    pub matured: Option<ColumnName>,
    /// Which stretch of constant weights and settings a row belongs to: differences of rates and
    /// means are then taken within epochs.
    pub epoch: Option<ColumnName>,
    /// The probability with which the row's variant was drawn: for tests whose weights moved.
    pub propensity: Option<ColumnName>,
    /// 0 for rows in a switchback's burn-in or burn-out.
    pub counted: Option<ColumnName>,
    /// Microseconds since 1970.
    pub exposed_at: Option<ColumnName>,
    pub outcome_at: Option<ColumnName>,
}
