//! Where a test stands whose weights follow the results.

use pointsman_domain::VariantId;
use serde::Serialize;

/// All variants on the decision metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weighing {
    pub leader: VariantId,
    /// Every variant has the units that the specification asks for before weights move.
    pub enough: bool,
    /// The confidence sequence tells the leader from every other variant: the test may stop.
    pub separated: bool,
    /// In the specification's order.
    pub standings: Vec<Standing>,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    pub variant: VariantId,
    /// Weighted by one over the probability.
    pub mean: f64,
    pub std_error: f64,
    pub units: u64,
    /// How many units of equal weight say as much.
    pub effective: f64,
    /// Of normal posteriors.
    pub prob_best: f64,
    /// Top-two Thompson sampling, above the floor.
    pub next_weight: f64,
}

impl Weighing {
    pub fn next_weights(&self) -> Vec<f64> {
        self.standings.iter().map(|s| s.next_weight).collect()
    }
}
