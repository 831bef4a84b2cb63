//! A probability, checked once at the border.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::math;

/// A number in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
#[serde(transparent)]
pub struct Probability(f64);

impl Probability {
    pub const ZERO: Self = Self(0.0);
    pub const ONE: Self = Self(1.0);

    /// `None` for NaN and whatever lies outside 0..=1.
    pub fn new(p: f64) -> Option<Self> {
        (0.0..=1.0).contains(&p).then_some(Self(p))
    }

    /// 1 / (1 + e^−x), by the pinned `exp`; NaN becomes 0.
    pub fn from_logit(x: f64) -> Self {
        Self(math::sigmoid(x).clamp(0.0, 1.0)).or_zero()
    }

    fn or_zero(self) -> Self {
        if self.0.is_nan() { Self::ZERO } else { self }
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let p = f64::deserialize(d)?;
        Self::new(p).ok_or_else(|| de::Error::custom(format!("{p} is not a probability: expected 0 to 1")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_to_one() {
        assert_eq!(Probability::new(0.3).map(Probability::get), Some(0.3));
        for bad in [-1e-9, 1.0 + 1e-9, f64::NAN, f64::INFINITY] {
            assert_eq!(Probability::new(bad), None);
        }
        assert_eq!(Probability::from_logit(f64::INFINITY), Probability::ONE);
        assert_eq!(Probability::from_logit(f64::NAN), Probability::ZERO);
    }
}
