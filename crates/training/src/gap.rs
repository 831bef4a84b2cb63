//! How much of the gap between a random rep and the true best a model closes, where the true
//! probabilities are known.
//!
//! L leads, R reps, each rep may take c = ⌈1.2 L / R⌉ leads; a(M) is the mean *true* probability
//! of the assignment that maximises the sum of M. Then
//!
//! ```text
//! capacity_gap_closed = (a(predicted) − mean of all true) / (a(true) − mean of all true)
//! ```
//!
//! and `top1_gap_closed` is the same with each lead's best rep and no c.

use std::{cmp::Reverse, collections::BinaryHeap};

use pointsman_scoring::GapClosed;

/// Probabilities, `[lead × reps + rep]`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    pub values: &'a [f64],
    pub reps: usize,
}

impl Matrix<'_> {
    fn leads(&self) -> usize {
        self.values.len() / self.reps.max(1)
    }

    fn row(&self, lead: usize) -> &[f64] {
        &self.values[lead * self.reps..(lead + 1) * self.reps]
    }
}

/// Both shares. NaN where the truth leaves no gap to close.
pub fn gap_closed(predicted: Matrix<'_>, truth: Matrix<'_>) -> GapClosed {
    let leads = truth.leads();
    let capacity = (1.2 * leads as f64 / truth.reps as f64).ceil() as usize;
    let mean = |choice: &[usize]| {
        choice.iter().enumerate().map(|(lead, &rep)| truth.row(lead)[rep]).sum::<f64>() / leads as f64
    };
    let random = truth.values.iter().sum::<f64>() / truth.values.len() as f64;
    let closed = |ours: f64, best: f64| (ours - random) / (best - random);
    let top = |m: Matrix<'_>| (0..leads).map(|lead| best_rep(m.row(lead))).collect::<Vec<_>>();
    GapClosed {
        top1_gap_closed: closed(mean(&top(predicted)), mean(&top(truth))),
        capacity_gap_closed: closed(mean(&assign(predicted, capacity)), mean(&assign(truth, capacity))),
    }
}

/// The first of the largest.
fn best_rep(row: &[f64]) -> usize {
    (1..row.len()).fold(0, |best, rep| if row[rep] > row[best] { rep } else { best })
}

/// The assignment of every lead to a rep, at most `capacity` leads a rep, that maximises the sum
/// of `gains`: successive shortest paths with potentials (Jonker and Volgenant 1987), exact.
/// `capacity × reps` must not be less than the leads.
pub fn assign(gains: Matrix<'_>, capacity: usize) -> Vec<usize> {
    let (leads, reps) = (gains.leads(), gains.reps);
    let mut taken: Vec<Vec<usize>> = vec![Vec::new(); reps];
    let mut owner = vec![usize::MAX; leads];
    // Reduced costs cost(lead, rep) − price(rep) − (the lead's own, which cancels) stay ≥ 0.
    let mut price = vec![0.0; reps];
    for lead in 0..leads {
        augment(lead, gains, capacity, &mut taken, &mut owner, &mut price);
    }
    owner
}

/// Distances order the heap; they are never NaN.
#[derive(PartialEq)]
struct Distance(f64);

impl Eq for Distance {}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Gives `lead` a rep by the cheapest chain of moves: Dijkstra over reps, where leaving a full
/// rep means moving one of its leads on.
fn augment(
    lead: usize,
    gains: Matrix<'_>,
    capacity: usize,
    taken: &mut [Vec<usize>],
    owner: &mut [usize],
    price: &mut [f64],
) {
    let reps = gains.reps;
    let mut distance = vec![f64::INFINITY; reps];
    // By which lead a rep is reached.
    let mut by = vec![usize::MAX; reps];
    let mut done = vec![false; reps];
    let mut heap = BinaryHeap::new();
    let mut relax = |from: f64,
                     mover: usize,
                     level: f64,
                     done: &[bool],
                     heap: &mut BinaryHeap<(Reverse<Distance>, usize)>,
                     distance: &mut [f64],
                     price: &[f64]| {
        for (rep, &gain) in gains.row(mover).iter().enumerate() {
            let there = from + (price[rep] - gain) - level;
            if !done[rep] && there < distance[rep] {
                distance[rep] = there;
                by[rep] = mover;
                heap.push((Reverse(Distance(there)), rep));
            }
        }
    };
    let cheapest = gains.row(lead).iter().zip(&*price).map(|(gain, price)| price - gain).fold(f64::INFINITY, f64::min);
    relax(0.0, lead, cheapest, &done, &mut heap, &mut distance, price);
    let end = loop {
        let (Reverse(Distance(at)), rep) = heap.pop().expect("there is room for every lead");
        if done[rep] {
            continue;
        }
        done[rep] = true;
        if taken[rep].len() < capacity {
            break rep;
        }
        for &mover in &taken[rep] {
            // Its own rep is at no reduced cost, so this is what moving on starts from.
            let level = price[rep] - gains.row(mover)[rep];
            relax(at, mover, level, &done, &mut heap, &mut distance, price);
        }
    };
    let length = distance[end];
    for rep in 0..reps {
        if done[rep] {
            price[rep] += length - distance[rep];
        }
    }
    let mut rep = end;
    loop {
        let mover = by[rep];
        let before = owner[mover];
        owner[mover] = rep;
        taken[rep].push(mover);
        if mover == lead {
            return;
        }
        taken[before].retain(|&l| l != mover);
        rep = before;
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    /// Every assignment, tried.
    fn exhaustive(gains: Matrix<'_>, lead: usize, room: &mut [usize]) -> f64 {
        if lead == gains.leads() {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for rep in 0..gains.reps {
            if room[rep] > 0 {
                room[rep] -= 1;
                best = best.max(gains.row(lead)[rep] + exhaustive(gains, lead + 1, room));
                room[rep] += 1;
            }
        }
        best
    }

    #[test]
    fn assignments_are_optimal() {
        let mut rng = Rng::seeded(4);
        for (leads, reps, capacity) in [(6, 3, 2), (7, 3, 3), (5, 5, 1), (6, 2, 4)] {
            for _ in 0..20 {
                let values: Vec<f64> = (0..leads * reps).map(|_| rng.uniform()).collect();
                let gains = Matrix { values: &values, reps };
                let owner = assign(gains, capacity);
                let total: f64 = owner.iter().enumerate().map(|(l, &r)| gains.row(l)[r]).sum();
                assert!((total - exhaustive(gains, 0, &mut vec![capacity; reps])).abs() < 1e-12);
                assert!((0..reps).all(|r| owner.iter().filter(|&&o| o == r).count() <= capacity));
            }
        }
    }

    #[test]
    fn the_truth_closes_the_gap_and_a_constant_only_what_chance_gives() {
        let mut rng = Rng::seeded(5);
        let truth: Vec<f64> = (0..60 * 8).map(|_| rng.uniform()).collect();
        let truth = Matrix { values: &truth, reps: 8 };
        let perfect = gap_closed(truth, truth);
        assert_eq!((perfect.top1_gap_closed, perfect.capacity_gap_closed), (1.0, 1.0));
        let constant = vec![0.5; 60 * 8];
        let blind = gap_closed(Matrix { values: &constant, reps: 8 }, truth);
        assert!(blind.capacity_gap_closed.abs() < 0.3, "{blind:?}");
    }
}
