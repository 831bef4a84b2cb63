//! How a rule picks one of several candidates, and what fairness a pool promises.

use serde::{Deserialize, Serialize};

use crate::LimitId;

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

/// How a rule that picks by score or value tries others than the best.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Exploration {
    #[default]
    Off,
    /// This share of choices is drawn evenly among the near-best.
    Evenly(f64),
    /// This share of choices is drawn by the probability that a candidate is the best, given how
    /// little the model knows of each (Thompson's rule); 1 is posterior sampling throughout.
    Posterior(f64),
}

impl Exploration {
    /// The share of choices that may go to others than the best.
    pub fn share(self) -> f64 {
        match self {
            Self::Off => 0.0,
            Self::Evenly(share) | Self::Posterior(share) => share,
        }
    }

    pub fn is_on(self) -> bool {
        self.share() > 0.0
    }
}

/// What a pool shares out in proportion to weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FairnessMeasure {
    /// Each lead is one turn.
    #[default]
    Turns,
    /// The leads each rep has open now, wherever they came from.
    OpenWork,
    /// Each lead weighs its value times the probability that this rep wins it.
    ExpectedValue,
    /// Each lead is one turn, and the weights are the caps of one quota.
    Quota,
}

/// What happens to the turns a rep missed while away, or before joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    /// They are forgotten: the rep goes on at the pool's clock.
    #[default]
    None,
    /// All of them, at once.
    Full,
    /// At most this many a day.
    PerDay(u32),
}

/// When a pool's account begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FairnessWindow {
    #[default]
    Always,
    /// The local day of the workspace.
    Day,
    /// From Monday.
    Week,
    Month,
}

/// The fairness contract of a pool, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fairness {
    pub measure: FairnessMeasure,
    pub window: FairnessWindow,
    /// After an absence.
    pub catch_up: CatchUp,
    /// For who joins the pool.
    pub newcomers: CatchUp,
    /// Whether an assignment by a named person counts.
    pub count_manual: bool,
    /// With the measure `quota`: the limit whose caps are the weights and whose window is the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<LimitId>,
}

/// What of a contract steers turns; the weights come with the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Contract {
    pub measure: FairnessMeasure,
    pub window: FairnessWindow,
    pub catch_up: CatchUp,
    pub newcomers: CatchUp,
}
