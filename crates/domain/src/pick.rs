//! How a rule picks one of several candidates, and what fairness a pool promises.

use serde::{Deserialize, Serialize};

/// A pick that a rule can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// Earliest eligible virtual deadline: never more than one turn from entitlement.
    WeightedRoundRobin,
    /// Smallest share of the open cap in use.
    LeastLoaded,
    /// Highest level of the skill the rule names.
    BestSkill,
    /// The territory that matches most narrowly.
    NearestTerritory,
    /// Highest probability of winning.
    BestScore,
    /// Highest value × score − price. The default with a promoted model.
    ExpectedValue,
    /// By chance in proportion to weights.
    Draw,
}

/// What a pool shares out evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FairnessMeasure {
    #[default]
    Turns,
    OpenWork,
    ExpectedValue,
    Quota,
}

/// What happens to the turns a rep missed while absent, or before joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    #[default]
    None,
    Full,
    /// At most this many a day.
    PerDay(u32),
}

/// The fairness contract of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Fairness {
    pub measure: FairnessMeasure,
    pub catch_up: CatchUp,
    /// Whether an assignment by a named person counts as a turn.
    pub count_manual: bool,
}
