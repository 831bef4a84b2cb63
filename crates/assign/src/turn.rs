//! Fair turns: earliest eligible virtual deadline first (Stoica and Abdel-Wahab 1995).
//!
//! A pool has a clock V. A rep of weight w has a virtual start s; it may take a turn when s ≤ V,
//! its *deadline* is s + 1/w, the earliest deadline wins, ties by rep id, and a turn moves s to the
//! deadline. Who is present is a matter of each turn, and so is the total weight W of the present:
//!
//! - before a turn V is at least the smallest s of the present, so that somebody may go;
//! - a turn moves V by 1/W, but not past the earliest deadline of the present.
//!
//! While the same reps are present the second bound never binds and nobody is ever a whole turn
//! from entitlement. Whatever others do, for any two reps present throughout
//! |sᵢ − sⱼ| ≤ max(1/wᵢ, 1/wⱼ), which is at most one turn from what their weights give each of the
//! turns the two took together. And a present rep is never behind its deadline: whoever is, was
//! away, and starts at the clock again like a newcomer, nothing owed. A turn writes the clock, the
//! chosen rep and whoever came or came back with it, never the whole pool.

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
    /// Where a present rep stands: as it was kept, or at the clock when it is new or was away.
    pub fn of_present(kept: Option<Self>, clock: Clock, weight: f64) -> Self {
        match kept {
            Some(kept) if kept.deadline(weight) >= clock.now - Clock::ROUNDING => kept,
            _ => Self { start: clock.now },
        }
    }

    pub fn deadline(self, weight: f64) -> f64 {
        self.start + 1.0 / weight
    }

    /// Whether the turn may be taken now, and its deadline relative to the clock.
    pub fn due(self, clock: Clock, weight: f64) -> (bool, f64) {
        (self.start <= clock.now + Clock::ROUNDING, self.deadline(weight) - clock.now)
    }

    /// Turns owed (positive) or had in advance (negative), as people read it; whoever is away is
    /// owed nothing.
    pub fn deficit(self, clock: Clock, weight: f64) -> f64 {
        (clock.now - Self::of_present(Some(self), clock, weight).start) * weight
    }

    /// After its turn.
    pub fn taken(self, weight: f64) -> Self {
        Self { start: self.deadline(weight) }
    }
}

impl Clock {
    /// A start and a clock that are equal as fractions (2/6 and 1/3) may differ by rounding: far
    /// below one turn of any weight, far above the rounding of a clock of a hundred million turns.
    const ROUNDING: f64 = 1e-7;

    /// The clock as this turn sees it: not behind everybody who is present.
    pub fn before(self, present: impl Iterator<Item = Standing>) -> Self {
        let first = present.map(|standing| standing.start).fold(f64::INFINITY, f64::min);
        if first.is_finite() { Self { now: self.now.max(first) } } else { self }
    }

    /// The clock after a turn among present reps of this total weight, whose earliest deadline
    /// (the chosen one's new one counted) is given.
    pub fn after(self, total_weight: f64, earliest_deadline: f64) -> Self {
        if total_weight > 0.0 { Self { now: (self.now + 1.0 / total_weight).min(earliest_deadline) } } else { self }
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
            let now = clock.before(standing.iter().copied());
            let deadline = |i: usize| match standing[i].due(now, weights[i]) {
                (true, deadline) => Some((deadline, i)),
                (false, _) => None,
            };
            let (_, chosen) = (0..weights.len())
                .filter_map(deadline)
                .min_by(|a, b| a.partial_cmp(b).expect("finite"))
                .expect("somebody is always eligible");
            standing[chosen] = standing[chosen].taken(weights[chosen]);
            let earliest = standing.iter().zip(weights).map(|(s, w)| s.deadline(*w)).fold(f64::INFINITY, f64::min);
            clock = now.after(weights.iter().sum(), earliest);
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
