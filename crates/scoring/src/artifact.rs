//! The artifact: a trained model as plain JSON, read by the server without any learning library.
//!
//! The logit of rep r winning lead x is
//!
//! ```text
//! base + Σ number effects + Σ level effects + Σ trees              (the lead alone)
//!      + intercept_r + Σ slopes of r at the lead's segments        (the rep)
//!      + Σ r's effects at the lead's leaves of trees
//! ```
//!
//! and the probability is sigmoid(a + b × logit) with the calibration (a, b). The fallbacks are
//! the same struct with fewer parts: a shrunken rep rate is base and intercepts, a base rate is
//! base alone, so serving does not care which one it reads.

use pointsman_domain::{Digest, Instant};
use serde::{Deserialize, Serialize};

use crate::Scope;

/// Everything a score needs. Every stored list has the length that its neighbours say
/// ([`Artifact::load`] checks that).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// 2 where the rep layer has trees, else 1.
    pub format: u32,
    pub provenance: Provenance,
    pub fallback: Fallback,
    pub inputs: Inputs,
    /// Logit of the average lead.
    pub base: f64,
    pub lead: LeadLayer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trees: Option<TreeLayer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reps: Option<RepLayer>,
    pub calibration: Calibration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueModel>,
}

/// What the artifact was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Version of the code that trained it.
    pub engine: Box<str>,
    /// Hash of the feature specification; absent for a table made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Digest>,
    /// Hash of the training table.
    pub data: Digest,
    pub rows: u64,
    /// Labels learned after this instant were not used; absent where time is only an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_until: Option<Instant>,
    pub seed: u64,
}

/// How much of the model earned its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Nothing predicts better than the overall rate.
    BaseRate,
    /// Only the rep's own rate, shrunk towards the overall one.
    RepRate,
    /// At least one layer beyond that.
    Layers,
}

/// The features in the order that a lead's row has them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    pub categories: Vec<CategoryInput>,
    pub numbers: Vec<NumberInput>,
}

/// A category and its levels in byte order. A text outside the levels is `other` if there is one
/// (rare levels were merged into it), else it has no effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryInput {
    pub name: Box<str>,
    pub levels: Vec<Box<str>>,
    /// One more level after the named ones holds rare and unseen texts.
    pub other: bool,
    /// One more level after that holds missing texts.
    pub missing: bool,
}

impl CategoryInput {
    /// Levels including `other` and `missing`.
    pub fn len(&self) -> usize {
        self.levels.len() + usize::from(self.other) + usize::from(self.missing)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The level of a text; `None`: no effect.
    pub fn level(&self, text: Option<&str>) -> Option<u32> {
        let named = self.levels.len() as u32;
        match text {
            None => self.missing.then_some(named + u32::from(self.other)),
            Some(text) => match self.levels.binary_search_by(|l| (**l).cmp(text)) {
                Ok(place) => Some(place as u32),
                Err(_) => self.other.then_some(named),
            },
        }
    }
}

/// A number enters as clamp((x − mean) / sd, −clip, clip); missing enters as 0 with an effect of
/// its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberInput {
    pub name: Box<str>,
    #[serde(default)]
    pub scope: Scope,
    pub mean: f64,
    /// Above 0.
    pub sd: f64,
    pub clip: f64,
}

impl NumberInput {
    /// The standardised number; 0 for a missing one.
    pub fn standardise(&self, x: f64) -> f64 {
        if x.is_nan() { 0.0 } else { ((x - self.mean) / self.sd).clamp(-self.clip, self.clip) }
    }
}

/// Effects of the lead alone, in logits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadLayer {
    /// Per number, of one standard deviation.
    pub numbers: Vec<f64>,
    /// Per number, of its being missing.
    pub missing: Vec<f64>,
    /// Per category, one effect a level.
    pub categories: Vec<Vec<f64>>,
    /// Effects of segments within which reps differ as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentEffects>,
}

/// One effect a level of a segment, the same for all reps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentEffects {
    pub segment: Segment,
    pub effects: Vec<f64>,
}

/// Boosted trees over the lead's features, in logits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeLayer {
    pub trees: Vec<Tree>,
}

/// A tree as parallel arrays; node 0 is the root, children follow their parent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    pub splits: Vec<Split>,
    /// Of every node the mean logit of the training rows in it; a leaf's is what the tree adds.
    pub values: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Leaf,
    /// Left when x ≤ threshold; missing goes where `missing_left` says.
    Number {
        input: u32,
        threshold: f64,
        missing_left: bool,
        left: u32,
        right: u32,
    },
    /// Left when the level is in the sorted list; a level without effect goes right.
    Category {
        input: u32,
        levels: Vec<u32>,
        left: u32,
        right: u32,
    },
}

/// What differs between reps, in logits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepLayer {
    /// Names in byte order; a rep who is not here gets the prior: no effect, full variance.
    pub names: Vec<Box<str>>,
    pub intercepts: Vec<f64>,
    /// Posterior variances of the intercepts.
    pub variances: Vec<f32>,
    /// Variance of intercepts between reps.
    pub prior_variance: f64,
    pub slopes: Vec<SlopeBlock>,
    /// Trees that ask about the lead and whose leaves hold one effect a rep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trees: Vec<RepTree>,
}

/// A tree of leads whose leaves hold one effect a rep; node 0 is the root, children follow their
/// parent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepTree {
    pub splits: Vec<Split>,
    /// Share of the training rows in each node; explanations weigh leaves by it.
    pub shares: Vec<f64>,
    /// `effects[leaf × reps + rep]`, leaves in the order of their nodes.
    pub effects: Vec<f32>,
}

/// One effect per rep and level of a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlopeBlock {
    pub segment: Segment,
    pub prior_variance: f64,
    /// `effects[level × reps + rep]`.
    pub effects: Vec<f64>,
    /// Posterior variances, in the same order.
    pub variances: Vec<f32>,
    /// Posterior covariances with the rep's intercept, in the same order. Those between two
    /// slopes are not kept: they are smaller by an order.
    pub covariances: Vec<f32>,
}

/// What a slope block distinguishes leads by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// The levels of a category.
    Category { input: u32 },
    /// Ranges of a number: bin k holds edges[k−1] < x ≤ edges[k]; missing is the last bin + 1.
    Bins { input: u32, edges: Vec<f64> },
    /// Every pair of a level of the first and one of the second.
    Pair { first: Box<Segment>, second: Box<Segment> },
    /// One level, multiplied by the standardised number.
    Number { input: u32 },
}

/// sigmoid(intercept + slope × logit); (0, 1) is identity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub intercept: f64,
    pub slope: f64,
}

impl Calibration {
    pub const IDENTITY: Self = Self { intercept: 0.0, slope: 1.0 };
}

/// Expected money of a win, in the training table's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueModel {
    /// Mean of won values, the upper 1 % of them cut to the 99 % quantile.
    pub mean: f64,
    pub wins: u64,
    /// Means by level of one category, shrunk towards `mean`; only where they earn it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentValue>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentValue {
    /// Which category input.
    pub category: u32,
    pub means: Vec<f64>,
}
