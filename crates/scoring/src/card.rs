//! What is known about a model: its evaluation on rows it has not seen, and its card. Numbers and
//! ids only; `report` makes the sentences and charts.

use pointsman_domain::{Digest, Instant};
use serde::{Deserialize, Serialize};

use crate::{Fallback, artifact::Segment};

/// A number with a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

/// A part of the model that must earn its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The rep's rate shrunk towards the overall one: the fallback.
    RepRate,
    /// Linear effects of the lead's features.
    Lead,
    /// Effects of the lead's features that moved: the latest of several periods counts.
    LeadDrift,
    /// Boosted trees over the lead's features.
    Trees,
    RepIntercepts,
    /// Rep × category and rep × number slopes, with the intercepts.
    RepSlopes,
    /// Numbers that speak of the rep as of the border: win rates, tenure, load, experience.
    RepNumbers,
    /// Slopes on segments found by a score test: ranges of numbers and pairs of categories.
    RepSegments,
    /// Boosted trees over the lead's features whose leaves hold one effect a rep.
    RepTrees,
    /// Slopes that borrow from one another through a learned covariance.
    SlopeCovariance,
    /// Older rows count less.
    Recency,
    Calibration,
    SegmentValue,
}

/// Why a layer is in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its gain exceeds two standard errors.
    Kept,
    /// A finer form of a layer that has earned its place (slopes, where intercepts have). The gain
    /// is that of both together over the same model without either and exceeds two standard errors;
    /// held-out rows do not show that the finer form alone costs: its own gain lies above minus one.
    KeptFiner,
    /// Its gain does not exceed two standard errors.
    NoGain,
    /// Nothing to build it from: no such column, one rep, one level.
    NotApplicable,
    /// Too few rows to test it.
    TooFewRows,
    /// The caller asked for a model without it.
    Excluded,
}

impl Verdict {
    /// Whether the model has the layer.
    pub fn stays(self) -> bool {
        matches!(self, Self::Kept | Self::KeptFiner)
    }
}

/// A layer's trial on forward-chained folds: mean log-loss saved a row against the layers kept
/// before it (under [`Verdict::KeptFiner`], against the model without the layer that it refines).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerTrial {
    pub layer: Layer,
    pub verdict: Verdict,
    /// Nats a row; absent when it was not tried.
    pub gain: Option<f64>,
    pub standard_error: Option<f64>,
    /// Held-out rows behind the two.
    pub rows: u64,
}

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    pub rows: u64,
    pub mean_predicted: f64,
    pub won: f64,
}

/// Quality on rows that training did not see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub format: u32,
    pub rows_train: u64,
    /// Rows before the split that were left out because their label was not mature.
    pub rows_immature: u64,
    pub rows_test: u64,
    pub base_rate_train: f64,
    pub base_rate_test: f64,
    pub fallback: Fallback,
    /// Nats a row.
    pub log_loss: f64,
    /// Absent where all test rows have one outcome.
    pub auc: Option<f64>,
    pub brier: f64,
    /// Expected calibration error, ten bins of equal width.
    pub ece: f64,
    /// 95 % quantile of the same for a perfectly calibrated model with these predictions.
    pub ece_calibrated_q95: f64,
    /// Calibration error over reps, weighted by their rows; absent without reps.
    pub rep_ece: Option<f64>,
    pub base_log_loss: f64,
    /// Base log-loss − log-loss, paired bootstrap over test rows.
    pub gain_over_base: Interval,
    pub train_seconds: f64,
    pub layers: Vec<LayerTrial>,
    pub reliability: Vec<ReliabilityBin>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapClosed>,
}

/// Against known true probabilities: 0 is drawing a rep at random, 1 is knowing the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GapClosed {
    pub top1_gap_closed: f64,
    pub capacity_gap_closed: f64,
}

/// What a reader must know before trusting a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    pub format: u32,
    pub artifact: Digest,
    pub spec: Option<Digest>,
    pub data: Digest,
    pub engine: Box<str>,
    pub rows: u64,
    pub rows_immature: u64,
    pub wins: u64,
    pub base_rate: f64,
    #[serde(default)]
    pub reps: u64,
    /// First and last decision trained on; absent where time is only an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<[Instant; 2]>,
    pub fallback: Fallback,
    pub layers: Vec<LayerTrial>,
    /// What the forward-chained predictions were worth; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chained: Option<Chained>,
    /// Forward-chained log-loss of the model that was kept, and of the base rate.
    pub chained_log_loss: Option<f64>,
    pub chained_base_log_loss: Option<f64>,
    /// Standard deviation between reps of each rep block, in logits.
    pub scales: Vec<Scale>,
    pub rep_effects: Vec<RepEffect>,
    /// Slopes whose interval excludes 0, strongest first.
    pub interactions: Vec<Interaction>,
    pub contributions: Vec<Contribution>,
    /// Forward-chained log-loss by rows trained on.
    pub learning_curve: Vec<LearningPoint>,
    pub columns: Vec<ColumnQuality>,
    /// Protected attributes used by name; empty is the rule.
    pub protected_used: Vec<Box<str>>,
    pub limits: Vec<Limit>,
}

/// Forward-chained predictions against what happened: each row was predicted by a model that had
/// seen only earlier ones. Rows count by their maturity weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chained {
    pub rows: u64,
    pub win_rate: f64,
    /// Nats a row.
    pub log_loss: f64,
    pub base_log_loss: f64,
    /// Base log-loss − log-loss, paired bootstrap over rows.
    pub gain_over_base: Interval,
    pub auc: Option<f64>,
    pub brier: f64,
    pub base_brier: f64,
    pub ece: f64,
    /// 95 % quantile of the same for a perfectly calibrated model with these predictions.
    pub ece_calibrated_q95: f64,
    pub reliability: Vec<ReliabilityBin>,
    /// Best predictions first: share of rows, share of wins among them.
    pub gains: Vec<[f64; 2]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Absent: the intercepts.
    pub segment: Option<Segment>,
    pub standard_deviation: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepEffect {
    pub rep: Box<str>,
    pub rows: u64,
    /// Logits above the average rep.
    pub effect: Interval,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    pub rep: Box<str>,
    /// `industry = retail`, `size = 2 & product = 1`, `amount`.
    pub segment: Box<str>,
    pub effect: Interval,
}

/// How much a feature moves the logit: the standard deviation of its contribution over the
/// training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub feature: Box<str>,
    pub standard_deviation: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    pub rows: u64,
    pub log_loss: f64,
    pub base_log_loss: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnQuality {
    pub name: Box<str>,
    /// Share of rows with a value.
    pub coverage: f64,
    /// Categories: distinct texts. Numbers: absent.
    pub levels: Option<u64>,
    /// Numbers: smallest, median, largest.
    pub range: Option<[f64; 3]>,
    /// Population stability index between the older and the newer half of the rows; above 0.25
    /// the feature has moved.
    pub drift: f64,
}

/// What the card warns of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// No rep layer earned its place: choosing by this model chooses by lead only.
    NoRepSignal,
    /// Nothing beat the overall rate.
    NoSignal,
    FewRows {
        rows: u64,
    },
    /// The chosen reps were not drawn with a logged probability.
    NoPropensities,
    /// A column has one value only.
    ConstantColumn {
        name: Box<str>,
    },
    /// A feature moved between the older and the newer half.
    Drift {
        name: Box<str>,
        stability_index: f64,
    },
    /// Reps with fewer than 20 leads, whose scores are mostly the prior.
    ThinReps {
        reps: u64,
    },
}
