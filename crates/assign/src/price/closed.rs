//! Who has no place left is out of the market before it opens.
//!
//! A limit of share 0 has no price to search for: whatever the others cost, its column gets nothing.
//! The fluid problem is solved without the cells that it closes; its price is then the highest bid,
//! the least at which nobody would want the place that is not there.

use super::{Bound, Problem, Sample, Side, Solution, dual::column_prices, sample::LANES};

/// The problem that is left, and where its bounds stand in the whole one.
#[derive(Debug)]
pub(super) struct Open {
    pub sample: Sample,
    pub bounds: Vec<Bound>,
    pub kept: Vec<usize>,
    /// By column: bit k is set where a lead of class k finds no place.
    closed: Vec<u64>,
}

impl Open {
    /// `None` where nothing is closed.
    pub fn of(problem: &Problem<'_>) -> Option<Self> {
        let mut closed = vec![0u64; problem.sample.columns()];
        for bound in problem.bounds.iter().filter(|bound| bound.is_closed()) {
            closed[bound.column as usize] |= bound.classes;
        }
        if closed.iter().all(|classes| *classes == 0) {
            return None;
        }
        let live: Vec<usize> = (0..closed.len()).filter(|&column| closed[column] != u64::MAX).collect();
        let sample = problem.sample.part(&live, |column, class| closed[column] >> class & 1 == 1);
        let (mut bounds, mut kept) = (vec![], vec![]);
        for (l, bound) in problem.bounds.iter().enumerate().filter(|(_, bound)| !bound.is_closed()) {
            if let Ok(column) = live.binary_search(&(bound.column as usize)) {
                bounds.push(Bound { column: column as u32, ..*bound });
                kept.push(l);
            }
        }
        Some(Self { sample, bounds, kept, closed })
    }

    /// The solution of the whole problem from that of the part.
    pub fn whole(&self, problem: &Problem<'_>, part: &Solution) -> Solution {
        let mut prices: Vec<f64> = problem.bounds.iter().map(|bound| self.unsearched(bound)).collect();
        let mut demand = vec![0.0; prices.len()];
        for (at, &l) in self.kept.iter().enumerate() {
            (prices[l], demand[l]) = (part.prices[at], part.demand[at]);
        }
        for (l, bid) in self.highest_bids(problem, &prices) {
            prices[l] = bid;
        }
        Solution { prices, demand, ..*part }
    }

    /// A floor under who has no place is owed all that may be granted.
    fn unsearched(&self, bound: &Bound) -> f64 {
        match bound.side {
            Side::AtLeast { most } if self.closed[bound.column as usize] == u64::MAX && bound.share > 0.0 => most,
            Side::AtLeast { .. } | Side::AtMost => 0.0,
        }
    }

    /// Of each column's closed bounds the first, and what the keenest lead would gain there over its
    /// best open place.
    fn highest_bids(&self, problem: &Problem<'_>, prices: &[f64]) -> Vec<(usize, f64)> {
        let mut bids: Vec<(usize, f64)> = vec![];
        for (l, bound) in problem.bounds.iter().enumerate().filter(|(_, bound)| bound.is_closed()) {
            if bids.iter().all(|(first, _)| problem.bounds[*first].column != bound.column) {
                bids.push((l, 0.0));
            }
        }
        let mut by_class = vec![None; usize::from(super::MAX_CLASSES)];
        for i in (0..problem.sample.rows()).filter(|&i| problem.sample.weight(i) > 0.0) {
            let class = problem.sample.class(i);
            let paid = by_class[usize::from(class)].get_or_insert_with(|| column_prices(problem, prices, class));
            let row = problem.sample.row(i);
            let net = |column: usize| f64::from(row[column] - paid[column / LANES][column % LANES]);
            let is_open = |column: &usize| self.closed[*column] >> class & 1 == 0;
            let best = (0..self.closed.len()).filter(is_open).map(net).fold(0.0, f64::max);
            for (l, bid) in bids.iter_mut().filter(|(l, _)| problem.bounds[*l].applies_to(class)) {
                *bid = bid.max(net(problem.bounds[*l].column as usize) - best);
            }
        }
        bids
    }
}

impl Bound {
    /// Whether it is a limit without a place.
    fn is_closed(&self) -> bool {
        self.side == Side::AtMost && self.share <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{SolveConfig, solve};

    const FINE: SolveConfig = SolveConfig { temperature: 0.002, tolerance: 1e-4, of_chance: 0.0, evaluations: 300 };

    fn closed(column: u32, classes: u64) -> Bound {
        Bound { column, classes, side: Side::AtMost, share: 0.0 }
    }

    /// Three reps; the first two leads are of class 0, the third of class 1.
    fn sample() -> Sample {
        let mut sample = Sample::new(3);
        sample.push([0.9, 0.6, 0.2].into_iter(), 1.0, 0);
        sample.push([0.5, 0.4, 0.1].into_iter(), 1.0, 0);
        sample.push([0.8, 0.1, 0.3].into_iter(), 1.0, 1);
        sample
    }

    #[test]
    fn a_place_that_is_not_there_costs_what_the_keenest_lead_would_gain() {
        let bounds = [closed(0, u64::MAX), Bound::limit(1, 1.0, 1.0), Bound::limit(2, 1.0, 1.0)];
        let solution = solve(&Problem { sample: &sample(), bounds: &bounds }, &[0.0, 0.3], &FINE);
        // The third lead: 0.8 over 0.3 with the last rep.
        assert!((solution.prices[0] - 0.5).abs() < 1e-6, "{solution:?}");
        assert_eq!((solution.demand[0], solution.prices[1], solution.prices[2]), (0.0, 0.0, 0.0));
        assert!((solution.demand[1] - 2.0 / 3.0).abs() < 1e-3 && (solution.demand[2] - 1.0 / 3.0).abs() < 1e-3);
        assert_eq!(
            solve(&Problem { sample: &sample(), bounds: &bounds }, &solution.prices, &FINE).prices,
            solution.prices
        );
    }

    #[test]
    fn what_is_closed_to_a_class_is_open_to_the_others() {
        let bounds = [Bound::limit(0, 1.0, 1.0), closed(0, 0b10)];
        let solution = solve(&Problem { sample: &sample(), bounds: &bounds }, &[], &FINE);
        assert!((solution.demand[0] - 2.0 / 3.0).abs() < 1e-3, "{solution:?}");
        assert!((solution.prices[1] - 0.5).abs() < 1e-6 && solution.prices[0] == 0.0, "{solution:?}");
    }

    #[test]
    fn of_several_closed_bounds_the_first_carries_the_price_and_a_floor_is_owed_in_vain() {
        let floor = Bound { side: Side::AtLeast { most: 0.7 }, share: 0.2, ..closed(0, u64::MAX) };
        let bounds = [closed(0, u64::MAX), closed(0, u64::MAX), floor];
        let solution = solve(&Problem { sample: &sample(), bounds: &bounds }, &[], &FINE);
        assert!(solution.prices[0] > 0.5 && solution.prices[1] == 0.0 && solution.prices[2] == 0.7, "{solution:?}");
        assert_eq!(solution.demand, [0.0; 3]);
    }
}
