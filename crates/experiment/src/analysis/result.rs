//! What an analysis says: numbers and closed enums, no sentences.

use serde::Serialize;

use pointsman_domain::{ExperimentId, VariantId};

use crate::{
    spec::{AnalysisId, Design, Method, MetricId, Role},
    stats::{
        adaptive::WeightedDifference,
        bootstrap::Bootstrap,
        cluster::ClusterRobust,
        effect::Interval,
        heterogeneity::Heterogeneity,
        lift::LiftMethod,
        mann_whitney::MannWhitney,
        non_inferiority::WithinMargin,
        paired::RatioLift,
        post_stratification::Stratified,
        quantile::QuantileStat,
        srm::SampleRatio,
        survival::{Curve, HazardRatio, RankTest, RestrictedMean, RestrictedMeanDifference},
    },
};

use super::{adaptive::Weighing, keys::KeyValue, outcome::Outcome, verdict::VerdictFor};

/// The whole result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentResult {
    /// 1.
    pub format: u32,
    pub experiment: ExperimentId,
    pub design: Design,
    pub alpha: f64,
    pub accounting: Accounting,
    pub variants: Vec<VariantCount>,
    /// On everybody exposed, matured or not; on matured units where weights moved.
    pub sample_ratio: Outcome<SampleRatio>,
    pub comparisons: Vec<Comparison>,
    pub verdicts: Vec<VerdictFor>,
    /// Of an adaptive test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Outcome<Weighing>>,
}

/// exposed = matured + pending + excluded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accounting {
    pub exposed: u64,
    pub matured: u64,
    pub pending: u64,
    /// Only reasons that occurred.
    pub excluded: Vec<Excluded>,
}

impl Accounting {
    pub fn adds_up(&self) -> bool {
        self.exposed == self.matured + self.pending + self.excluded.iter().map(|e| e.rows).sum::<u64>()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Excluded {
    pub reason: ExclusionReason,
    pub rows: u64,
}

/// Why a row is in no analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    NoVariant,
    UnknownVariant,
    NoExposureTime,
    BeforeStart,
    OutcomeBeforeExposure,
    /// Outside the counted part of its switchback period.
    BurnedIn,
}

impl ExclusionReason {
    pub const ALL: [Self; 6] = [
        Self::NoVariant,
        Self::UnknownVariant,
        Self::NoExposureTime,
        Self::BeforeStart,
        Self::OutcomeBeforeExposure,
        Self::BurnedIn,
    ];
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantCount {
    pub variant: VariantId,
    pub weight: f64,
    pub exposed: u64,
    pub matured: u64,
}

/// The control against one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub control: VariantId,
    pub treatment: VariantId,
    pub analyses: Vec<AnalysisResult>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnalysisResult {
    pub analysis: AnalysisId,
    pub metric: MetricId,
    pub role: Role,
    #[serde(flatten)]
    pub method: Method,
    /// Units with a finite value, control then treatment.
    pub units: [u64; 2],
    /// Matured units without one.
    pub missing: [u64; 2],
    /// Holm over the decision metric's comparisons, Benjamini–Hochberg over the rest.
    pub adjusted_p: Option<f64>,
    pub finding: Finding,
}

/// One finding per method.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Finding {
    Means(Box<MeansResult>),
    Clustered(Box<ClusteredResult>),
    Stratified(Box<StratifiedResult>),
    Quantiles { quantiles: Vec<QuantileResult> },
    Survival(Box<SurvivalResult>),
    Ranks(Outcome<RanksResult>),
    Winsorised(Outcome<WinsorisedResult>),
    Periods(Outcome<PeriodsResult>),
    Paired(Outcome<PairedResult>),
    Weighted(Box<WeightedResult>),
}

/// An estimate with its test and interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tested {
    pub estimate: f64,
    pub std_error: f64,
    /// None: normal.
    pub df: Option<f64>,
    pub statistic: f64,
    pub p_value: f64,
    pub low: f64,
    pub high: f64,
}

/// A relative effect. No ends: unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LiftResult {
    pub estimate: f64,
    pub method: LiftMethod,
    /// Of the delta method.
    pub std_error: Option<f64>,
    pub df: Option<f64>,
    pub p_value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Valid at every look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Anytime {
    pub low: f64,
    pub high: f64,
    pub p_value: f64,
}

/// Means, rates and ratios.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeansResult {
    /// None without units, or without a denominator.
    pub control: Option<f64>,
    pub treatment: Option<f64>,
    pub absolute: Outcome<Tested>,
    pub relative: Outcome<LiftResult>,
    /// Newcombe's interval of a difference of rates: answers without conversions too.
    pub newcombe: Option<Interval>,
    /// Of an adjusted mean.
    pub theta: Option<f64>,
    /// An adjusted mean without its adjustment.
    pub naive: Option<Outcome<Tested>>,
    pub anytime: Outcome<Anytime>,
    /// Against the metric's margin.
    pub margin: Option<Outcome<WithinMargin>>,
}

/// Clustered standard errors beside the ones that pretend rows are independent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClusteredResult {
    pub control: Option<f64>,
    pub treatment: Option<f64>,
    pub absolute: Outcome<Tested>,
    pub naive: Outcome<Tested>,
    /// Units counted as clusters.
    pub anytime: Outcome<Anytime>,
    pub details: Outcome<ClusterRobust>,
    pub design_effect: Option<f64>,
    pub margin: Option<Outcome<WithinMargin>>,
}

/// Rows weighted by one over the probability of their variant. There is no test for one look: after
/// weights that followed the results only the sequence holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeightedResult {
    pub control: Option<f64>,
    pub treatment: Option<f64>,
    pub difference: Outcome<WeightedDifference>,
    pub anytime: Outcome<Anytime>,
    /// What it would look like without weights.
    pub naive: Outcome<Tested>,
    /// Of all variants: the sequence's time.
    pub units: u64,
    /// How many units of equal weight say as much.
    pub effective: [Option<f64>; 2],
    pub margin: Option<Outcome<WithinMargin>>,
}

/// Post-stratified, and by cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StratifiedResult {
    pub absolute: Outcome<Stratified>,
    pub relative: Outcome<Stratified>,
    pub tested: Outcome<Tested>,
    /// The difference without strata.
    pub naive: Outcome<Tested>,
    pub cells: Vec<Cell>,
    /// Do cells differ?
    pub heterogeneity: Outcome<Heterogeneity>,
    pub margin: Option<Outcome<WithinMargin>>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    pub cell: KeyValue,
    pub units: [u64; 2],
    pub effect: Outcome<Tested>,
    /// Benjamini–Hochberg over the cells.
    pub adjusted_p: Option<f64>,
    /// Drawn towards the overall effect.
    pub shrunken: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantileResult {
    pub level: f64,
    pub control: Outcome<QuantileStat>,
    pub treatment: Outcome<QuantileStat>,
    pub absolute: Outcome<Tested>,
    pub relative: Outcome<LiftResult>,
    /// Percentile bootstrap with 2,000 draws.
    pub bootstrap: Outcome<Bootstrap>,
}

/// Curves, their tests, and restricted means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SurvivalResult {
    pub restrict: f64,
    pub control: SurvivalArm,
    pub treatment: SurvivalArm,
    pub log_rank: Outcome<RankTest>,
    pub gehan: Outcome<RankTest>,
    pub hazard_ratio: Outcome<HazardRatio>,
    pub difference: RestrictedMeanDifference,
    pub tested: Outcome<Tested>,
    pub margin: Option<Outcome<WithinMargin>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SurvivalArm {
    pub units: u64,
    pub events: u64,
    pub restricted_mean: RestrictedMean,
    pub median: Option<f64>,
    pub p90: Option<f64>,
    /// At most 200 steps of the curve, for drawing.
    pub curve: Curve,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RanksResult {
    #[serde(flatten)]
    pub test: MannWhitney,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WinsorisedResult {
    pub cap: f64,
    pub capped: u64,
    pub control: f64,
    pub treatment: f64,
    pub absolute: Outcome<Tested>,
    pub relative: Outcome<LiftResult>,
}

/// A switchback read by its periods.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PeriodsResult {
    pub periods: u32,
    /// Bartlett, with the small-sample factor.
    pub tested: Tested,
    pub lag: usize,
    pub naive_std_error: f64,
    pub randomisation_p: f64,
    /// Of the period before.
    pub carry_over: Outcome<Tested>,
    /// Total effects when an effect carries over 0, 1 and 2 periods.
    pub horvitz_thompson: [Option<f64>; 3],
}

/// A budget split read by its reps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PairedResult {
    pub reps: u32,
    /// Mean difference a rep, of totals divided by the variants' weights.
    pub absolute: Outcome<Tested>,
    pub naive: Outcome<Tested>,
    pub sign_flip_p: f64,
    pub lift: Outcome<RatioLift>,
}
