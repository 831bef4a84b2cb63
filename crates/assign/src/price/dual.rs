//! The function that prices minimise, its gradient, and the trick that makes both cheap.
//!
//! With scores s, prices λ ≥ 0 of the bounds, y_ir = Σ (± λ of the bounds of rep r that lead i
//! draws on), weights w (summing to 1), shares c and a smoothing temperature τ:
//!
//! f(λ) = Σ_l ± c_l λ_l + Σ_i w_i τ ln(1 + Σ_r exp((s_ir − y_ir) / τ))
//!
//! The inner term is a soft max over the reps and over nobody (0); its derivative by λ_l is the
//! share of leads that would be offered to l's rep. f is convex, so a zero of the gradient is the
//! price at which every bound is used exactly as far as it reaches.

use pointsman_domain::math;

use super::{Problem, Side, fast_exp::exp2_of_negative, sample::LANES};

/// Cells this many τ below the row's best net value weigh less than 5e-8 and are skipped, where
/// their whole group of columns does.
const CUT: f32 = 17.0;
/// Rows whose shares are added up in `f32` before they go into the `f64` totals.
const BLOCK: usize = 64;

/// Value and gradient at one point; gradient in the order of the bounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Point {
    pub value: f64,
    pub gradient: Vec<f64>,
}

pub(super) struct Dual<'a> {
    problem: &'a Problem<'a>,
    tau: f32,
    /// Rows that weigh something, by class.
    classes: Vec<(u8, Vec<Row<'a>>)>,
    weights: Weights,
    /// Sums of a few rows.
    block: Vec<Group>,
}

/// Columns are worked on so many at a time.
pub(super) type Group = [f32; LANES];

/// A row's scores, and its share of all weight.
#[derive(Clone, Copy)]
struct Row<'a> {
    scores: &'a [Group],
    weight: f64,
}

/// How much each column of one row weighs; kept for its memory.
struct Weights {
    /// Net values, then weights where they count.
    columns: Vec<Group>,
    /// The groups that weigh anything, `count` of them.
    near: Vec<usize>,
    count: usize,
}

impl<'a> Dual<'a> {
    pub fn new(problem: &'a Problem<'a>, tau: f64) -> Self {
        let sample = problem.sample;
        let total = sample.total_weight();
        let mut classes: Vec<(u8, Vec<Row<'a>>)> = vec![];
        for i in (0..sample.rows()).filter(|&i| sample.weight(i) > 0.0) {
            let row = Row { scores: sample.row(i).as_chunks().0, weight: sample.weight(i) / total };
            let class = sample.class(i);
            let at = classes.binary_search_by_key(&class, |(class, _)| *class);
            let at = at.unwrap_or_else(|at| {
                classes.insert(at, (class, vec![]));
                at
            });
            classes[at].1.push(row);
        }
        let block = vec![[0.0; LANES]; sample.stride() / LANES];
        let weights = Weights { columns: block.clone(), near: vec![0; block.len()], count: 0 };
        Self { problem, tau: tau as f32, classes, weights, block }
    }

    /// f and its gradient at `prices`.
    pub fn evaluate(&mut self, prices: &[f64]) -> Point {
        let bounds = self.problem.bounds;
        let mut point = Point { value: 0.0, gradient: vec![0.0; bounds.len()] };
        for (l, bound) in bounds.iter().enumerate() {
            point.value += bound.sign() * bound.share * prices[l];
            point.gradient[l] = bound.sign() * bound.share;
        }
        for k in 0..self.classes.len() {
            let class = self.classes[k].0;
            let (value, demand) = self.class(k, &column_prices(self.problem, prices, class));
            point.value += value;
            for (l, bound) in bounds.iter().enumerate().filter(|(_, b)| b.applies_to(class)) {
                point.gradient[l] -= bound.sign() * demand[bound.column as usize];
            }
        }
        point
    }

    /// The soft maximum over the rows of one class, and how much of the weight each column gets.
    fn class(&mut self, k: usize, y: &[Group]) -> (f64, Vec<f64>) {
        let tau = self.tau;
        let mut demand = vec![0.0; y.len() * LANES];
        let mut value = 0.0;
        let mut logs = Logs::default();
        for rows in self.classes[k].1.chunks(BLOCK) {
            for row in rows {
                let (best, sum) = self.weights.weigh(row.scores, y, tau);
                value += row.weight * f64::from(best);
                logs.add(f64::from(sum), row.weight);
                self.weights.add_to(&mut self.block, row.weight as f32 / sum);
            }
            flush(&mut self.block, &mut demand);
        }
        (value + f64::from(tau) * logs.total(), demand)
    }
}

impl Weights {
    /// e^((net − best) / τ) of each column, nobody's among them: the best net value, and the sum.
    fn weigh(&mut self, scores: &[Group], y: &[Group], tau: f32) -> (f32, f32) {
        let mut most = [f32::MIN; LANES];
        for ((net, scores), y) in self.columns.iter_mut().zip(scores).zip(y) {
            let mut here = *scores;
            here.iter_mut().zip(y).for_each(|(net, y)| *net -= y);
            most.iter_mut().zip(&here).for_each(|(most, net)| *most = greater(*net, *most));
            *net = here;
        }
        let best = greatest(&most);
        let (least, per_tau) = (best - CUT * tau, std::f32::consts::LOG2_E / tau);
        let mut sums = [0.0f32; LANES];
        self.count = 0;
        for (g, net) in self.columns.iter_mut().enumerate() {
            // Every lane is compared, without a branch: of many columns most groups have nothing near.
            if net.iter().fold(false, |any, net| any | (*net >= least)) {
                let mut here = *net;
                here.iter_mut().for_each(|net| *net = exp2_of_negative((*net - best) * per_tau));
                sums.iter_mut().zip(&here).for_each(|(sum, weight)| *sum += weight);
                *net = here;
                self.near[self.count] = g;
                self.count += 1;
            }
        }
        (best, sum(&sums))
    }

    fn add_to(&self, block: &mut [Group], share: f32) {
        for &g in &self.near[..self.count] {
            let (sums, weights) = (&mut block[g], &self.columns[g]);
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += share * weight);
        }
    }
}

/// A comparison, not `max`: the latter's care for NaN costs a third of the speed.
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Not inlined: a compiler that sees the pairs of this sum and of [`sum`] works on two lanes at once
/// in the loops before them, in place of four.
#[inline(never)]
fn greatest(lanes: &Group) -> f32 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    greater(greater(greater(a, e), greater(b, f)), greater(greater(c, g), greater(d, h)))
}

#[inline(never)]
fn sum(lanes: &Group) -> f32 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// Σ w ln x for runs of equal w, by one logarithm of a product in place of many.
struct Logs {
    product: f64,
    weight: f64,
    total: f64,
}

impl Default for Logs {
    fn default() -> Self {
        Self { product: 1.0, weight: 0.0, total: 0.0 }
    }
}

impl Logs {
    /// x is at least 1, and far below 1e100.
    fn add(&mut self, x: f64, weight: f64) {
        if weight != self.weight || self.product > 1e100 {
            *self = Self { product: 1.0, weight, total: self.total() };
        }
        self.product *= x;
    }

    fn total(&self) -> f64 {
        self.total + self.weight * math::ln(self.product)
    }
}

/// What a lead of this class pays for each column; padding is free and never a candidate.
pub(super) fn column_prices(problem: &Problem<'_>, prices: &[f64], class: u8) -> Vec<Group> {
    let mut y = vec![[0.0f64; LANES]; problem.sample.stride() / LANES];
    for (bound, price) in problem.bounds.iter().zip(prices).filter(|(b, _)| b.applies_to(class)) {
        y[bound.column as usize / LANES][bound.column as usize % LANES] += bound.sign() * price;
    }
    y.into_iter().map(|group| group.map(|price| price as f32)).collect()
}

fn flush(block: &mut [Group], total: &mut [f64]) {
    for (b, t) in block.as_flattened_mut().iter_mut().zip(total) {
        *t += f64::from(*b);
        *b = 0.0;
    }
}

impl super::Bound {
    /// + for a cap (its price is paid), − for a floor (its price is a subsidy).
    pub(super) fn sign(&self) -> f64 {
        match self.side {
            Side::AtMost => 1.0,
            Side::AtLeast { .. } => -1.0,
        }
    }

    pub(super) fn applies_to(&self, class: u8) -> bool {
        self.classes >> class & 1 == 1
    }
}
