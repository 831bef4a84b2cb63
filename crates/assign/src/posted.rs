//! The price of one limit as it is posted between two solves.

use serde::{Deserialize, Serialize};

/// λ = clamp(λ₀ + η · (claims since the epoch − planned rate × leads since the epoch)); with a
/// [`Ladder`], the price of the very place that would be given away.
///
/// A pure function of the posted numbers, the places left and two lifetime counters, so every
/// replica and every replay computes the same price between solves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Lifetime counters as the solve saw them.
    #[serde(default)]
    pub claims_at_epoch: u64,
    #[serde(default)]
    pub leads_at_epoch: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Ladder>,
}

/// What each of a rep's last few places costs: the fewer are left, the more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// Leads over which `now` becomes `then`; 0: it stays as it is.
    pub over: u32,
    /// With one place left, two left, …
    pub now: Box<[f32]>,
    pub then: Box<[f32]>,
}

impl Ladder {
    /// With more places than the ladder has rungs the lowest one counts.
    fn price(&self, free: u32, leads: u64) -> f64 {
        let Some(last) = self.now.len().checked_sub(1) else { return 0.0 };
        let at = (free.max(1) as usize - 1).min(last);
        let now = f64::from(self.now[at]);
        let then = self.then.get(at).map_or(now, |then| f64::from(*then));
        let passed = if self.over == 0 { 0.0 } else { (leads as f64 / f64::from(self.over)).min(1.0) };
        now + (then - now) * passed
    }
}

impl Posted {
    /// A price that does not move between solves.
    pub fn fixed(price: f64) -> Self {
        Self {
            price,
            planned_rate: 0.0,
            step: 0.0,
            least: price,
            most: price,
            claims_at_epoch: 0,
            leads_at_epoch: 0,
            ladder: None,
        }
    }

    /// What the next place costs with `free` left, after so many claims and leads ever.
    pub fn price(&self, free: u32, claims: u64, leads: u64) -> f64 {
        let leads = leads.saturating_sub(self.leads_at_epoch);
        if let Some(ladder) = &self.ladder {
            return ladder.price(free, leads);
        }
        let made = claims.saturating_sub(self.claims_at_epoch) as f64;
        let planned = self.planned_rate * leads as f64;
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
            planned_rate: 0.5,
            step: 2.0,
            least: 0.0,
            most: 20.0,
            claims_at_epoch: 4,
            leads_at_epoch: 8,
            ..Posted::fixed(10.0)
        };
        assert_eq!(posted.price(9, 4, 8), 10.0);
        assert_eq!(posted.price(9, 6, 10), 12.0, "two claims, one planned");
        assert_eq!(posted.price(9, 4, 108), 0.0, "clamped from below");
        assert_eq!(posted.price(9, 104, 8), 20.0, "clamped from above");
        assert_eq!(Posted::fixed(3.0).price(9, 50, 1), 3.0);
    }

    #[test]
    fn the_last_places_cost_more_and_cost_less_as_the_day_goes_by() {
        let ladder = Ladder { over: 10, now: [8.0, 5.0, 2.0].into(), then: [4.0, 1.0, 0.0].into() };
        let posted = Posted { leads_at_epoch: 100, ladder: Some(ladder), ..Posted::fixed(5.0) };
        let price = |free, leads| posted.price(free, 7, leads);
        assert_eq!([price(1, 100), price(2, 100), price(3, 100), price(9, 100)], [8.0, 5.0, 2.0, 2.0]);
        assert_eq!([price(1, 105), price(1, 110), price(1, 999)], [6.0, 4.0, 4.0]);
        assert_eq!(price(0, 100), 8.0, "nothing left is not cheaper than one left");
    }
}
