//! What a model's card is made of.

use serde::{Deserialize, Serialize};

use crate::{Day, Interval, chart::Bin};

/// Everything the card says; intervals are computed by the evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    pub name: String,
    pub version: String,
    pub trained_from: Day,
    pub trained_until: Day,
    /// The test rows lie between `trained_until` and here.
    pub tested_until: Day,
    /// How the predictions that are judged were made.
    pub judged: Judged,
    pub train_rows: u64,
    pub test_rows: u64,
    pub reps: u64,
    /// Share of won leads in the test rows.
    pub base_rate: f64,
    pub metrics: Vec<MetricRow>,
    /// Expected calibration error, as a share.
    pub ece: f64,
    /// The 95 % quantile of the same error of a perfectly calibrated model at these predictions.
    pub ece_limit: f64,
    pub bins: Vec<Bin>,
    /// Share of leads, best scores first, and the share of wins among them.
    pub gains: Vec<GainPoint>,
    pub gates: Vec<Gate>,
    pub rep_effects: Vec<RepEffect>,
    /// Strongest first; the interval of each excludes 0.
    pub interactions: Vec<Interaction>,
    pub contributions: Vec<Contribution>,
    /// By growing history.
    pub learning: Vec<LearningPoint>,
    pub columns: Vec<ColumnRow>,
    /// Protected attributes that the specification uses by name.
    pub protected_used: Vec<String>,
    pub quality: Vec<QualityRow>,
    pub limits: Vec<Limit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// The last leads were set aside; the model saw none of them.
    HeldOut,
    /// Block after block, each predicted by a model that had seen only earlier ones; the model
    /// itself then learned from all of them.
    Chained,
}

/// A rep on a kind of lead, in share points against this rep's usual chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    pub rep: String,
    pub segment: String,
    pub effect: Interval,
}

/// How much a feature moves the logit: standard deviation over leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub feature: String,
    pub spread: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    pub rows: u64,
    pub log_loss: f64,
    pub base_log_loss: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnRow {
    pub name: String,
    pub coverage: f64,
    pub levels: Option<u64>,
    /// Smallest, median, largest.
    pub range: Option<[f64; 3]>,
    /// Population stability index between older and newer leads.
    pub drift: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    pub metric: Metric,
    pub model: Interval,
    /// The same of the base rate, where that makes sense.
    pub base: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    LogLoss,
    Auc,
    Brier,
    Ece,
    RepEce,
    /// Wins in the best tenth of leads against the average.
    LiftAtTenth,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GainPoint {
    pub leads: f64,
    pub wins: f64,
}

/// A layer of the model and whether it stayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub layer: Layer,
    /// Log-loss saved per lead, forward-chained, with ± two standard errors.
    pub gain: Interval,
    pub kept: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    BaseRate,
    LeadFeatures,
    /// Effects of lead features that move with time.
    LeadDrift,
    BoostedTrees,
    RepIntercepts,
    /// Rep × category slopes of one attribute.
    RepBy(String),
    /// What was known of the rep at the decision: rates, load, experience.
    RepRecord,
    /// Boosted trees with one effect a rep in every leaf.
    RepTrees,
    /// Rep effects on kinds of leads that were searched for.
    RepSegments,
    /// What a rep shows on one kind of lead says something about the others.
    SlopeCovariance,
    /// Older leads count less.
    Recency,
    Load,
    Calibration,
    Value,
}

/// What a rep adds to the chance of a win on an average lead, in share points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepEffect {
    pub rep: String,
    pub effect: Interval,
    pub leads: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityRow {
    pub fact: QualityFact,
    pub count: u64,
    pub of: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityFact {
    RowsSetAside,
    /// Leads without this attribute.
    Missing(String),
    /// Leads whose outcome may still change.
    Immature,
    Duplicates,
    Untouched,
    WithoutOwner,
    WonWithoutValue,
}

/// What the reader must not conclude.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Simulated,
    /// So many reps have fewer than 20 leads.
    FewOutcomes(u64),
    /// This share of the newest leads is not mature.
    Immature(f64),
    NoRepSignal,
    /// History was not randomised: rep effects may carry who got which leads.
    NotRandomised,
    NoWonValue,
    /// Nothing beats the overall rate.
    NoSignal,
    FewRows(u64),
    /// This column has one value only.
    Constant(String),
    /// This protected attribute is used, because the specification names it.
    Protected(String),
}
