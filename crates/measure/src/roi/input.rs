//! Numbers that go in, and where they come from.

use serde::{Deserialize, Serialize};

use crate::Estimate;

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// Counted or estimated from rows.
    Measured,
    /// Somebody says so.
    Stated,
}

/// A number that goes in: measured with its 95 % interval, or stated by somebody, perhaps with
/// the range that they find plausible.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Input {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub given: Given,
}

/// What a tornado tries where nobody gave a range: a fifth either way.
const ASSUMED_SWING: f64 = 0.2;

impl Input {
    pub fn stated(value: f64) -> Self {
        Self { value, low: value, high: value, given: Given::Stated }
    }

    pub fn measured(estimate: Estimate) -> Self {
        Self { value: estimate.value, low: estimate.low, high: estimate.high, given: Given::Measured }
    }

    /// Times a constant that is not negative, for example minor units in a major one.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor, given: self.given }
    }

    /// The interval that chance explains: none of what is stated.
    pub(super) fn sampled(self) -> Estimate {
        match self.given {
            Given::Measured => Estimate { value: self.value, low: self.low, high: self.high },
            Given::Stated => Estimate::exact(self.value),
        }
    }

    /// The two ends that a tornado tries, and whether they were assumed.
    pub(super) fn ends(self) -> (f64, f64, bool) {
        match self.low < self.high {
            true => (self.low, self.high, false),
            false => (self.value * (1.0 - ASSUMED_SWING), self.value * (1.0 + ASSUMED_SWING), true),
        }
    }
}
