//! Finding the prices: projected L-BFGS on the smoothed dual, warm-started.

use super::{
    Bound, Problem, Sample, Side,
    closed::Open,
    dual::{Dual, Point},
};

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolveConfig {
    /// Smoothing temperature as a share of the mean best score: small against the differences that
    /// decide, large enough for a smooth descent. Measured shares of the hindsight optimum are the
    /// same from 1/200 to 1/50 and fall at 1/25.
    pub temperature: f64,
    /// Stop when no bound's use is off by more than this share of an average column's leads …
    pub tolerance: f64,
    /// … or by this share of what an average column's leads in the sample are off by chance,
    /// whichever is more. Ten times finer costs twice the evaluations and wins nothing.
    pub of_chance: f64,
    /// Evaluations on the full sample, at most.
    pub evaluations: u32,
}

impl Default for SolveConfig {
    fn default() -> Self {
        Self { temperature: 0.01, tolerance: 5e-3, of_chance: 0.1, evaluations: 60 }
    }
}

/// Prices in the order of the problem's bounds, in the unit of the scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    pub prices: Vec<f64>,
    /// Share of the coming leads that each bound is expected to count.
    pub demand: Vec<f64>,
    /// The smoothed dual at these prices: what a coming lead brings on average, at most.
    pub value: f64,
    /// By how much the most wrong bound is over- or underused, as a share of all leads.
    pub residual: f64,
    pub evaluations: u32,
}

/// Rows above which a first guess is made on a thinned sample.
const THIN_ABOVE: usize = 800;
/// Correction pairs that L-BFGS remembers.
const MEMORY: usize = 10;

/// Minimises the dual from `warm` (one price per bound; missing ones start at 0). The answer is a
/// pure function of the arguments, and a solution given back as `warm` returns unchanged.
pub fn solve(problem: &Problem<'_>, warm: &[f64], config: &SolveConfig) -> Solution {
    let scale = problem.sample.scale();
    let mut prices: Vec<f64> = (0..problem.bounds.len()).map(|l| warm.get(l).copied().unwrap_or(0.0)).collect();
    if scale <= 0.0 {
        // Nobody may have any of these leads, or they are worth nothing: no place is scarce.
        let residual = problem.bounds.iter().map(Bound::floor).fold(0.0, f64::max);
        prices.fill(0.0);
        return Solution { demand: prices.clone(), prices, value: 0.0, residual, evaluations: 0 };
    }
    let tau = scale * config.temperature;
    let goal = config.tolerance.max(config.of_chance * sampling_error(problem.sample))
        / problem.sample.columns().max(1) as f64;
    let Some(open) = Open::of(problem) else { return search(problem, prices, tau, goal, config.evaluations) };
    let part = Problem { sample: &open.sample, bounds: &open.bounds };
    let prices = open.kept.iter().map(|&l| prices[l]).collect();
    open.whole(problem, &search(&part, prices, tau, goal, config.evaluations))
}

fn search(problem: &Problem<'_>, mut prices: Vec<f64>, tau: f64, goal: f64, evaluations: u32) -> Solution {
    if prices.iter().all(|&p| p == 0.0) {
        prices = first_guess(problem, prices, tau, goal);
    }
    descend(problem, prices, tau, goal, evaluations)
}

/// How far an average column's leads among n are off by chance: 1/√(n / columns). 1,000 reps on
/// 3,500 leads: 53 %.
fn sampling_error(sample: &Sample) -> f64 {
    (sample.columns() as f64 / sample.effective_leads().max(1.0)).sqrt()
}

/// From nothing: a coarse answer on few rows, with the temperature falling in steps of four.
fn first_guess(problem: &Problem<'_>, mut prices: Vec<f64>, tau: f64, goal: f64) -> Vec<f64> {
    let thin: Sample;
    let sample = if problem.sample.rows() > THIN_ABOVE {
        thin = problem.sample.thinned(problem.sample.rows() / (THIN_ABOVE / 2));
        &thin
    } else {
        problem.sample
    };
    let coarse = Problem { sample, bounds: problem.bounds };
    for warmer in [16.0, 4.0] {
        prices = descend(&coarse, prices, tau * warmer, goal * 100.0, 30).prices;
    }
    prices
}

fn descend(problem: &Problem<'_>, mut x: Vec<f64>, tau: f64, goal: f64, evaluations: u32) -> Solution {
    let upper: Vec<f64> = problem.bounds.iter().map(Bound::most).collect();
    project(&mut x, &upper);
    let mut dual = Dual::new(problem, tau);
    let mut at = dual.evaluate(&x);
    let mut used = 1;
    let mut memory = Memory::default();
    loop {
        let slope = projected(&x, &at.gradient, &upper);
        let residual = slope.iter().fold(0.0f64, |m, g| m.max(g.abs()));
        if residual <= goal || used >= evaluations {
            return finished(problem, x, &at, residual, used);
        }
        let direction = memory.direction(&slope, &scaling(problem, &at.gradient, tau));
        match line_search(&mut dual, &x, &at, &direction, &upper, evaluations - used) {
            Step::To { x: next, point, spent } => {
                used += spent;
                memory.learn(&x, &next, &at.gradient, &point.gradient);
                (x, at) = (next, point);
            }
            // No descent along a remembered direction: once more from the plain slope.
            Step::None { spent } if !memory.is_empty() => {
                used += spent;
                memory = Memory::default();
            }
            Step::None { spent } => {
                return finished(problem, x, &at, residual, used + spent);
            }
        }
    }
}

fn finished(problem: &Problem<'_>, prices: Vec<f64>, at: &Point, residual: f64, evaluations: u32) -> Solution {
    let demand = problem.bounds.iter().zip(&at.gradient).map(|(bound, slope)| bound.demand(*slope)).collect();
    Solution { prices, demand, value: at.value, residual, evaluations }
}

/// τ over the leads a column gets: the inverse of the Hessian's diagonal, nearly. A column that
/// gets fewer leads than its share counts as getting its share.
fn scaling(problem: &Problem<'_>, gradient: &[f64], tau: f64) -> Vec<f64> {
    let least = 0.05 / problem.sample.columns().max(1) as f64;
    let slopes = problem.bounds.iter().zip(gradient);
    slopes.map(|(bound, slope)| tau / bound.demand(*slope).max(bound.share).max(least)).collect()
}

enum Step {
    To { x: Vec<f64>, point: Point, spent: u32 },
    None { spent: u32 },
}

/// Halves the step until the value falls as Armijo asks, up to the rounding of the value itself.
fn line_search(dual: &mut Dual<'_>, x: &[f64], at: &Point, direction: &[f64], upper: &[f64], left: u32) -> Step {
    let noise = 1e-9 * at.value.abs();
    let mut step = 1.0;
    for spent in 1..=left.min(12) {
        let mut next: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + step * d).collect();
        project(&mut next, upper);
        let promised: f64 = next.iter().zip(x).zip(&at.gradient).map(|((n, x), g)| g * (n - x)).sum();
        let point = dual.evaluate(&next);
        if promised < 0.0 && point.value <= at.value + 1e-4 * promised + noise {
            return Step::To { x: next, point, spent };
        }
        step *= 0.4;
    }
    Step::None { spent: left.min(12) }
}

fn project(x: &mut [f64], upper: &[f64]) {
    for (x, u) in x.iter_mut().zip(upper) {
        *x = if x.is_finite() { x.clamp(0.0, *u) } else { 0.0 };
    }
}

/// The gradient without the components that push against a border already reached.
fn projected(x: &[f64], gradient: &[f64], upper: &[f64]) -> Vec<f64> {
    let stuck = |x: f64, g: f64, u: f64| (x <= 0.0 && g > 0.0) || (x >= u && g < 0.0);
    x.iter().zip(gradient).zip(upper).map(|((&x, &g), &u)| if stuck(x, g, u) { 0.0 } else { g }).collect()
}

/// The last steps and what they did to the gradient (Nocedal 1980).
#[derive(Default)]
struct Memory {
    pairs: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Memory {
    fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn learn(&mut self, from: &[f64], to: &[f64], before: &[f64], after: &[f64]) {
        let minus = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let (s, y) = (minus(to, from), minus(after, before));
        // Without curvature along the step there is nothing to learn.
        if dot(&s, &y) > 1e-12 * dot(&y, &y) {
            if self.pairs.len() == MEMORY {
                self.pairs.remove(0);
            }
            self.pairs.push((s, y));
        }
    }

    /// The two-loop recursion on the components that may move; downhill in any case.
    fn direction(&self, slope: &[f64], scaling: &[f64]) -> Vec<f64> {
        let free =
            |v: &[f64]| -> Vec<f64> { v.iter().zip(slope).map(|(v, g)| if *g == 0.0 { 0.0 } else { *v }).collect() };
        let pairs: Vec<_> =
            self.pairs.iter().map(|(s, y)| (free(s), free(y))).filter(|(s, y)| dot(s, y) > 0.0).collect();
        let mut q = slope.to_vec();
        let mut alphas = Vec::with_capacity(pairs.len());
        for (s, y) in pairs.iter().rev() {
            let alpha = dot(s, &q) / dot(s, y);
            add(&mut q, -alpha, y);
            alphas.push(alpha);
        }
        let gamma = pairs.last().map_or(1.0, |(s, y)| {
            let scaled: f64 = y.iter().zip(scaling).map(|(y, d)| y * y * d).sum();
            (dot(s, y) / scaled).clamp(0.05, 50.0)
        });
        q.iter_mut().zip(scaling).for_each(|(q, d)| *q *= gamma * d);
        for ((s, y), alpha) in pairs.iter().zip(alphas.iter().rev()) {
            let beta = dot(y, &q) / dot(s, y);
            add(&mut q, alpha - beta, s);
        }
        if dot(&q, slope) <= 0.0 {
            q = slope.iter().zip(scaling).map(|(g, d)| g * d).collect();
        }
        q.iter_mut().for_each(|q| *q = -*q);
        q
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(a: &mut [f64], by: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += by * b);
}

impl Bound {
    /// The share of leads that it counts, where the dual has this slope.
    fn demand(&self, slope: f64) -> f64 {
        self.share - self.sign() * slope
    }

    /// The highest price this bound may take.
    fn most(&self) -> f64 {
        match self.side {
            Side::AtMost => f64::INFINITY,
            Side::AtLeast { most } => most,
        }
    }

    fn floor(&self) -> f64 {
        match self.side {
            Side::AtMost => 0.0,
            Side::AtLeast { .. } => self.share,
        }
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    /// Leads × reps of random scores, with uneven shares that add up to `demanded`⁻¹.
    fn world(seed: u64, rows: usize, columns: usize, demanded: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut rng = Rng::seeded(seed);
        let scores = (0..rows).map(|_| (0..columns).map(|_| rng.uniform()).collect()).collect();
        let parts: Vec<f64> = (0..columns).map(|_| 0.5 + rng.uniform()).collect();
        let total: f64 = parts.iter().sum();
        (scores, parts.iter().map(|p| p / total / demanded).collect())
    }

    fn sample(scores: &[Vec<f64>]) -> Sample {
        let mut sample = Sample::new(scores[0].len());
        scores.iter().for_each(|row| sample.push(row.iter().copied(), 1.0, 0));
        sample
    }

    fn caps(shares: &[f64]) -> Vec<Bound> {
        (0u32..).zip(shares).map(|(c, share)| Bound::limit(c, *share, 1.0)).collect()
    }

    const FINE: SolveConfig = SolveConfig { temperature: 0.01, tolerance: 1e-3, of_chance: 0.0, evaluations: 300 };

    #[test]
    fn every_scarce_place_is_used_and_no_more() {
        let (scores, shares) = world(1, 2000, 12, 1.3);
        let (sample, bounds) = (sample(&scores), caps(&shares));
        let solution = solve(&Problem { sample: &sample, bounds: &bounds }, &[], &FINE);
        assert!(solution.residual < 1e-4, "{solution:?}");
        for (demand, share) in solution.demand.iter().zip(&shares) {
            assert!((demand / share - 1.0).abs() < 0.01, "{demand} of {share}");
        }
        // With room for everybody at the best rep nothing is scarce.
        let free = solve(&Problem { sample: &sample, bounds: &caps(&[1.0; 12]) }, &[], &FINE);
        assert!(free.prices.iter().all(|p| *p == 0.0));
    }

    #[test]
    fn the_dual_meets_the_exact_optimum() {
        let (scores, _) = world(2, 600, 6, 1.0);
        let capacity = [30, 50, 70, 80, 90, 120];
        let values: Vec<f64> = scores.concat();
        let exact = crate::flow::Assignment { values: &values, capacity: &capacity, floor: &[] };
        let exact = crate::flow::optimum(&exact).unwrap().value / 600.0;
        let shares: Vec<f64> = capacity.iter().map(|c| f64::from(*c) / 600.0).collect();
        let (sample, bounds) = (sample(&scores), caps(&shares));
        let sharp = SolveConfig { temperature: 0.001, ..FINE };
        let value = solve(&Problem { sample: &sample, bounds: &bounds }, &[], &sharp).value;
        // Weak duality from above; smoothing adds at most τ ln 7.
        assert!(value >= exact - 1e-6 && value < exact + 0.002, "{value} against {exact}");
    }

    #[test]
    fn solving_twice_changes_no_bit() {
        let (scores, shares) = world(3, 1200, 20, 1.1);
        let (sample, bounds) = (sample(&scores), caps(&shares));
        let problem = Problem { sample: &sample, bounds: &bounds };
        let first = solve(&problem, &[], &SolveConfig::default());
        assert_eq!(first, solve(&problem, &[], &SolveConfig::default()));
        let again = solve(&problem, &first.prices, &SolveConfig::default());
        assert_eq!((&again.prices, again.evaluations), (&first.prices, 1), "a solution stays where it is");
    }

    #[test]
    fn reps_in_another_order_have_the_same_prices() {
        let (scores, shares) = world(4, 900, 11, 1.0);
        let turned: Vec<Vec<f64>> = scores.iter().map(|row| row.iter().rev().copied().collect()).collect();
        let back: Vec<f64> = shares.iter().rev().copied().collect();
        let fine = SolveConfig { tolerance: 1e-4, ..FINE };
        let one = solve(&Problem { sample: &sample(&scores), bounds: &caps(&shares) }, &[], &fine);
        let two = solve(&Problem { sample: &sample(&turned), bounds: &caps(&back) }, &[], &fine);
        for (a, b) in one.prices.iter().zip(two.prices.iter().rev()) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }

    #[test]
    fn more_places_never_lower_the_value_nor_raise_the_price() {
        let (scores, mut shares) = world(5, 800, 8, 1.2);
        let sample = sample(&scores);
        let before = solve(&Problem { sample: &sample, bounds: &caps(&shares) }, &[], &FINE);
        shares[3] *= 1.5;
        let after = solve(&Problem { sample: &sample, bounds: &caps(&shares) }, &[], &FINE);
        assert!(after.value >= before.value - 1e-6);
        assert!(after.prices[3] < before.prices[3]);
    }

    #[test]
    fn a_floor_is_met_where_its_subsidy_suffices() {
        // The last rep is worse by 0.5 for every lead, yet must get a tenth.
        let (mut scores, _) = world(6, 1000, 4, 1.0);
        scores.iter_mut().for_each(|row| row[3] -= 0.5);
        let sample = sample(&scores);
        let floor = |most| Bound { column: 3, classes: u64::MAX, side: Side::AtLeast { most }, share: 0.1 };
        let solve_with = |most| {
            let bounds = [caps(&[0.4; 4]), vec![floor(most)]].concat();
            solve(&Problem { sample: &sample, bounds: &bounds }, &[], &FINE)
        };
        let met = solve_with(1.0);
        assert!((met.demand[4] - 0.1).abs() < 1e-3 && met.prices[4] > 0.1, "{met:?}");
        let bounded = solve_with(0.05);
        assert_eq!(bounded.prices[4], 0.05, "a subsidy goes to its bound and no further");
        assert!(bounded.demand[4] < 0.1);
    }

    #[test]
    fn a_conditional_limit_is_paid_by_its_class_alone() {
        // The first rep is best for all, and has room for all but the leads of class 1.
        let mut sample = Sample::new(2);
        for (i, row) in world(7, 500, 2, 1.0).0.iter().enumerate() {
            sample.push([0.5 + 0.5 * row[0], 0.5 * row[1]].into_iter(), 1.0, (i % 2) as u8);
        }
        let limited = Bound { column: 0, classes: 0b10, side: Side::AtMost, share: 0.2 };
        let bounds = [Bound::limit(0, 1.0, 1.0), limited];
        let solution = solve(&Problem { sample: &sample, bounds: &bounds }, &[], &FINE);
        assert_eq!(solution.prices[0], 0.0);
        assert!(solution.prices[1] > 0.1 && (solution.demand[1] - 0.2).abs() < 1e-3, "{solution:?}");
        assert!(solution.demand[0] > 0.69, "half the leads and two fifths of the other half: {solution:?}");
    }

    #[test]
    fn leads_that_nobody_may_have_make_nothing_scarce() {
        let mut sample = Sample::new(3);
        sample.push([f64::NEG_INFINITY, f64::NAN].into_iter(), 1.0, 0);
        let solution = solve(&Problem { sample: &sample, bounds: &caps(&[0.1; 3]) }, &[0.4; 3], &FINE);
        assert_eq!(solution.prices, [0.0; 3]);
        let empty = Sample::new(3);
        assert_eq!(solve(&Problem { sample: &empty, bounds: &caps(&[0.1; 3]) }, &[], &FINE).prices, [0.0; 3]);
    }
}
