//! The price of one limit as it is posted between two solves.

use serde::{Deserialize, Serialize};

/// λ = clamp(λ₀ + η · (claims since the epoch − planned rate × leads since the epoch)).
///
/// A pure function of the posted numbers and two lifetime counters, so every replica and every
/// replay computes the same price between solves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// λ₀, in minor units (or wins) per slot.
    pub price: f64,
    /// Claims per decided lead that the solve planned.
    pub planned_rate: f64,
    /// η, price per claim ahead of the plan.
    pub step: f64,
    /// The clamp: what a slot may cost at least (negative under a floor) and at most.
    pub least: f64,
    pub most: f64,
    /// Lifetime counters when the book took effect.
    #[serde(default)]
    pub claims_at_epoch: u64,
    #[serde(default)]
    pub leads_at_epoch: u64,
}

impl Posted {
    /// A price that does not move between solves.
    pub fn fixed(price: f64) -> Self {
        Self { price, planned_rate: 0.0, step: 0.0, least: price, most: price, claims_at_epoch: 0, leads_at_epoch: 0 }
    }

    pub(crate) fn since(self, claims: u64) -> Self {
        Self { claims_at_epoch: claims, ..self }
    }

    pub fn price(&self, claims: u64, leads: u64) -> f64 {
        let made = claims.saturating_sub(self.claims_at_epoch) as f64;
        let planned = self.planned_rate * leads.saturating_sub(self.leads_at_epoch) as f64;
        // `max` then `min`, not `clamp`: a book with least > most must not panic the decision path.
        (self.price + self.step * (made - planned)).max(self.least).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_rises_with_claims_ahead_of_plan() {
        let posted = Posted {
            price: 10.0,
            planned_rate: 0.5,
            step: 2.0,
            least: 0.0,
            most: 20.0,
            claims_at_epoch: 4,
            leads_at_epoch: 8,
        };
        assert_eq!(posted.price(4, 8), 10.0);
        assert_eq!(posted.price(6, 10), 12.0, "two claims, one planned");
        assert_eq!(posted.price(4, 108), 0.0, "clamped from below");
        assert_eq!(posted.price(104, 8), 20.0, "clamped from above");
        assert_eq!(Posted::fixed(3.0).price(50, 1), 3.0);
    }
}
