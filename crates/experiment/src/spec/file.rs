//! `experiment.toml` as written: every field may still be wrong.

use serde::Deserialize;

use crate::stats::{bayes::Better, effect::Scale, lift::LiftMethod, winsor::CapOf};

use super::Role;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecFile {
    pub format: Option<u32>,
    pub id: Option<String>,
    #[serde(default)]
    pub hypothesis: String,
    #[serde(default)]
    pub owner: String,
    pub segment: Option<String>,
    /// The control's id; the first variant unless given.
    pub control: Option<String>,
    pub alpha: Option<f64>,
    pub power: Option<f64>,
    pub maturity_days: Option<f64>,
    pub design: Option<DesignFile>,
    pub horizon: Option<HorizonFile>,
    #[serde(default)]
    pub variants: Vec<VariantFile>,
    #[serde(default)]
    pub metrics: Vec<MetricFile>,
    #[serde(default)]
    pub analyses: Vec<AnalysisFile>,
    pub data: Option<DataFile>,
    pub population: Option<PopulationFile>,
    /// Both variants are the same policy: a test of the test.
    pub aa: Option<bool>,
    /// Weights follow the results.
    pub adaptive: Option<AdaptiveFile>,
    /// `pointsman` (the default) or `growthbook-v2`.
    pub hash: Option<String>,
}

/// Who may be in the test, besides the segment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationFile {
    /// Tests of one layer never share a unit.
    pub layer: Option<String>,
    /// Of the layer, 0..1; all that is free unless given.
    pub share: Option<f64>,
    /// Share of units that no test with a holdout touches.
    pub holdout: Option<f64>,
    /// A named stretch of units as GrowthBook has it.
    pub namespace: Option<NamespaceFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveFile {
    /// Of top-two Thompson sampling, ½ to 1.
    pub leader_share: Option<f64>,
    /// The least share of any variant.
    pub floor: Option<f64>,
    /// Weights move at most so often.
    pub every_hours: Option<f64>,
    /// Matured units that every variant has before weights move.
    pub first_units: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamespaceFile {
    pub name: String,
    pub from: f64,
    pub until: f64,
}

/// What a variant changes in one rule of its policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeFile {
    pub rule: String,
    #[serde(default)]
    pub set: toml::Table,
    #[serde(default)]
    pub unset: Vec<String>,
    /// Takes the rule out.
    #[serde(default)]
    pub drop: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignFile {
    pub kind: String,
    pub unit: Option<String>,
    pub period_minutes: Option<f64>,
    pub burn_in_minutes: Option<f64>,
    pub burn_out_minutes: Option<f64>,
    /// Who accepts that the design answers another question than "what if everybody got it".
    pub signed: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HorizonFile {
    pub start: Option<String>,
    pub days: Option<f64>,
    pub units: Option<u64>,
    pub looks: Option<u32>,
    pub spending: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantFile {
    pub id: String,
    pub policy: String,
    pub weight: f64,
    /// As it stands in a data table; the id unless given.
    pub value: Option<String>,
    /// What differs from the named policy; none: the policy as it is.
    #[serde(default)]
    pub change: Vec<ChangeFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricFile {
    pub id: String,
    pub kind: String,
    pub column: String,
    pub denominator: Option<String>,
    pub event: Option<String>,
    pub role: Option<Role>,
    pub better: Option<Better>,
    pub margin: Option<f64>,
    pub margin_scale: Option<Scale>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisFile {
    pub id: String,
    pub metric: String,
    pub lift: Option<LiftMethod>,
    pub covariate: Option<String>,
    pub cluster: Option<String>,
    pub stratify: Option<String>,
    pub quantiles: Option<Vec<f64>>,
    pub survival: Option<SurvivalFile>,
    pub ranks: Option<bool>,
    pub winsorise: Option<WinsoriseFile>,
    pub periods: Option<PeriodsFile>,
    pub paired: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurvivalFile {
    pub restrict: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WinsoriseFile {
    pub percentile: f64,
    pub of: Option<CapOf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodsFile {
    pub by: String,
    pub lag: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    pub variant: String,
    pub unit: Option<String>,
    pub matured: Option<String>,
    pub epoch: Option<String>,
    pub propensity: Option<String>,
    pub counted: Option<String>,
    pub exposed_at: Option<String>,
    pub outcome_at: Option<String>,
}
