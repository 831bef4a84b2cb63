//! Half-way: how many more units until the target effect would be found?

use crate::{
    special::{normal, roots},
    stats::sequential::ConfidenceSequence,
    undefined::Undefined,
};

/// What is known so far of one comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoFar {
    /// Units of both variants.
    pub units: f64,
    /// The squared standard error of the effect, on the scale of `target`.
    pub squared_error: f64,
    /// The effect that should be found.
    pub target: f64,
    pub alpha: f64,
    /// None: one test at the end. Some: an asymptotic confidence sequence tuned at so many units.
    pub sequence_tuning: Option<f64>,
}

impl SoFar {
    /// The power after (1 + more) × the present units: P(|estimate| beyond the half-width), both
    /// tails (GrowthBook's mid-experiment power).
    pub fn power(&self, more: f64) -> f64 {
        let se = (self.squared_error / (1.0 + more)).sqrt();
        let half_width = match self.sequence_tuning {
            None => normal::two_sided(self.alpha) * se,
            Some(tuning) => ConfidenceSequence { alpha: self.alpha, tuning }.half_width(se, self.units * (1.0 + more)),
        };
        let target = self.target.abs();
        normal::sf((half_width - target) / se) + normal::cdf(-(half_width + target) / se)
    }

    /// Further units, as a multiple of the present ones, until `power`; 0 when it is reached
    /// already. Undefined when even 1e8 times as many would not do.
    pub fn more_needed(&self, power: f64) -> Result<f64, Undefined> {
        if self.power(0.0) > power {
            return Ok(0.0);
        }
        roots::solve_upward(|m| self.power(m) - power, 1e-9, 1.4e8).ok_or(Undefined::NoDetectableEffect)
    }
}
