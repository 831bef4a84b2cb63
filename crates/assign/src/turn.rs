//! Fair turns: earliest eligible virtual deadline first (Stoica and Abdel-Wahab 1995).
//!
//! A pool has a clock V. Each turn among available reps of total weight W moves it by 1/W. A rep
//! of weight w that has had k turns (counted from its own start s) is *eligible* for the next
//! when s ≤ V and its *deadline* is s + 1/w; a turn moves s to the deadline. Among the eligible
//! the earliest deadline wins, ties by rep id. While the available set is constant nobody is ever
//! a whole turn from entitlement. A turn writes the clock and the chosen rep, never the whole pool.

use pointsman_domain::Pick;

/// Where one rep stands in one pool: the virtual start of its next turn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standing {
    pub start: f64,
}

/// A pool's virtual clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clock {
    pub now: f64,
}

impl Standing {
    /// A rep that joins, or comes back, starts at the clock: nothing owed, nothing to catch up.
    pub fn joining(clock: Clock) -> Self {
        Self { start: clock.now }
    }

    /// The start that counts at this turn. Somebody available throughout never falls a whole turn
    /// behind, so whoever did was away: what lies further back than one turn is forgotten.
    pub fn effective(self, clock: Clock, weight: f64) -> f64 {
        self.start.max(clock.now - 1.0 / weight)
    }

    /// Whether the turn may be taken now, and its deadline relative to the clock.
    pub fn due(self, clock: Clock, weight: f64) -> (bool, f64) {
        let start = self.effective(clock, weight);
        (start <= clock.now + Clock::ROUNDING, start + 1.0 / weight - clock.now)
    }

    /// Turns owed (positive) or had in advance (negative), as people read it.
    pub fn deficit(self, clock: Clock, weight: f64) -> f64 {
        (clock.now - self.effective(clock, weight)) * weight
    }

    pub fn take(&mut self, clock: Clock, weight: f64) {
        self.start = self.effective(clock, weight) + 1.0 / weight;
    }
}

impl Clock {
    /// A start and a clock that are equal as fractions (2/6 and 1/3) may differ by rounding: far
    /// below one turn of any weight, far above the rounding of a clock of a hundred million turns.
    const ROUNDING: f64 = 1e-7;

    /// One turn among available reps of this total weight.
    pub fn advance(&mut self, total_weight: f64) {
        if total_weight > 0.0 {
            self.now += 1.0 / total_weight;
        }
    }
}

/// Whether a pick takes turns in its pool.
pub fn takes_turns(pick: Pick) -> bool {
    pick == Pick::WeightedRoundRobin
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs `turns` turns among reps of these weights, all available, and returns the counts after each.
    fn run(weights: &[f64], turns: usize) -> Vec<Vec<u32>> {
        let mut clock = Clock::default();
        let mut standing = vec![Standing::default(); weights.len()];
        let mut counts = vec![0; weights.len()];
        let mut seen = Vec::with_capacity(turns);
        for _ in 0..turns {
            let deadline = |i: usize| match standing[i].due(clock, weights[i]) {
                (true, deadline) => Some((deadline, i)),
                (false, _) => None,
            };
            let (_, chosen) = (0..weights.len())
                .filter_map(deadline)
                .min_by(|a, b| a.partial_cmp(b).expect("finite"))
                .expect("somebody is always eligible");
            standing[chosen].take(clock, weights[chosen]);
            clock.advance(weights.iter().sum());
            counts[chosen] += 1;
            seen.push(counts.clone());
        }
        seen
    }

    #[test]
    fn weights_three_two_one() {
        assert_eq!(run(&[3.0, 2.0, 1.0], 6).last(), Some(&vec![3, 2, 1]));
        assert_eq!(run(&[3.0, 2.0, 1.0], 600).last(), Some(&vec![300, 200, 100]));
    }

    proptest! {
        #[test]
        fn never_a_whole_turn_from_entitlement(weights in prop::collection::vec(1u8..9, 1..12)) {
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let total: f64 = weights.iter().sum();
            for (t, counts) in run(&weights, 400).iter().enumerate() {
                for (weight, count) in weights.iter().zip(counts) {
                    let entitled = weight / total * (t + 1) as f64;
                    prop_assert!((f64::from(*count) - entitled).abs() < 1.0 + 1e-9, "turn {}: {} of {}", t, count, entitled);
                }
            }
        }
    }
}
