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

use super::{
    Problem, Side,
    fast_exp::exp_of_negative,
    sample::{LANES, Sample},
};

/// Cells this many τ below the row's best net value weigh less than 5e-8 and are skipped.
const CUT: f32 = 17.0;
/// How far (in τ) prices may move before the lists of near cells are made again.
const SLACK: f32 = 2.0;
/// Rows whose shares are added up in `f32` before they go into the `f64` totals.
const BLOCK: usize = 64;

/// Value and gradient at one point; gradient in the order of the bounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Point {
    pub value: f64,
    pub gradient: Vec<f64>,
}

/// The near cells of every row of one class: all that can matter at prices close to `at`.
#[derive(Default)]
struct Near {
    rows: Vec<u32>,
    ends: Vec<u32>,
    columns: Vec<u32>,
    scores: Vec<f32>,
    at: Vec<f32>,
}

pub(super) struct Dual<'a> {
    problem: &'a Problem<'a>,
    tau: f32,
    total_weight: f64,
    classes: Vec<u8>,
    near: Vec<Option<Near>>,
    net: Vec<f32>,
}

impl<'a> Dual<'a> {
    pub fn new(problem: &'a Problem<'a>, tau: f64) -> Self {
        let sample = problem.sample;
        let mut classes: Vec<u8> = (0..sample.rows()).map(|i| sample.class(i)).collect();
        classes.sort_unstable();
        classes.dedup();
        let near = classes.iter().map(|_| None).collect();
        let net = vec![0.0; sample.stride()];
        Self { problem, tau: tau as f32, total_weight: sample.total_weight(), classes, near, net }
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
            let class = self.classes[k];
            let (value, demand) = self.class(k, &column_prices(self.problem, prices, class));
            point.value += value;
            for (l, bound) in bounds.iter().enumerate().filter(|(_, b)| b.applies_to(class)) {
                point.gradient[l] -= bound.sign() * demand[bound.column as usize];
            }
        }
        point
    }

    /// The soft maximum over the rows of one class, and how much of the weight each column gets.
    fn class(&mut self, k: usize, y: &[f32]) -> (f64, Vec<f64>) {
        let (sample, tau) = (self.problem.sample, self.tau);
        let moved = |near: &Near| near.at.iter().zip(y).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        if self.near[k].as_ref().is_none_or(|near| moved(near) > SLACK * tau) {
            let near = self.near[k].take().unwrap_or_default();
            self.near[k] = Some(near_cells(near, sample, self.classes[k], y, tau));
        }
        let near = self.near[k].as_ref().expect("made in the line above");
        let mut demand = vec![0.0; y.len()];
        let mut block = vec![0.0f32; y.len()];
        let (mut value, mut from) = (0.0, 0);
        let mut logs = Logs::default();
        let per_tau = 1.0 / tau;
        for (n, (&i, &end)) in near.rows.iter().zip(&near.ends).enumerate() {
            let (columns, scores) = (&near.columns[from..end as usize], &near.scores[from..end as usize]);
            from = end as usize;
            let weight = sample.weight(i as usize) / self.total_weight;
            let width = columns.len().next_multiple_of(LANES);
            if self.net.len() < width {
                self.net.resize(width, 0.0);
            }
            let mut best = 0.0f32;
            for ((net, &c), &s) in self.net.iter_mut().zip(columns).zip(scores) {
                *net = s - y[c as usize];
                best = if *net > best { *net } else { best };
            }
            self.net[columns.len()..width].fill(f32::MIN / 2.0);
            let mut sums = [0.0f32; LANES];
            for group in self.net[..width].chunks_exact_mut(LANES) {
                for (lane, net) in group.iter_mut().enumerate() {
                    *net = exp_of_negative((*net - best) * per_tau);
                    sums[lane] += *net;
                }
            }
            let nobody = exp_of_negative(-best * per_tau);
            let sum = nobody + sums.iter().sum::<f32>();
            value += weight * f64::from(best);
            logs.add(f64::from(sum), weight);
            let each = weight as f32 / sum;
            for (&c, &e) in columns.iter().zip(&self.net) {
                block[c as usize] += each * e;
            }
            if n % BLOCK == BLOCK - 1 {
                flush(&mut block, &mut demand);
            }
        }
        flush(&mut block, &mut demand);
        (value + f64::from(tau) * logs.total(), demand)
    }
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
fn column_prices(problem: &Problem<'_>, prices: &[f64], class: u8) -> Vec<f32> {
    let mut y = vec![0.0f64; problem.sample.stride()];
    for (bound, price) in problem.bounds.iter().zip(prices).filter(|(b, _)| b.applies_to(class)) {
        y[bound.column as usize] += bound.sign() * price;
    }
    y.into_iter().map(|p| p as f32).collect()
}

/// The same lists anew, in the memory of the old ones.
fn near_cells(mut near: Near, sample: &Sample, class: u8, y: &[f32], tau: f32) -> Near {
    near.at.clear();
    near.at.extend_from_slice(y);
    [&mut near.rows, &mut near.ends, &mut near.columns].into_iter().for_each(Vec::clear);
    near.scores.clear();
    // Both the best and the cell may move by SLACK.
    let reach = (CUT + 2.0 * SLACK) * tau;
    for i in (0..sample.rows()).filter(|&i| sample.class(i) == class && sample.weight(i) > 0.0) {
        let row = sample.row(i);
        let mut best = [0.0f32; LANES];
        for (scores, prices) in row.chunks_exact(LANES).zip(y.chunks_exact(LANES)) {
            for ((best, s), y) in best.iter_mut().zip(scores).zip(prices) {
                let net = s - y;
                *best = if net > *best { net } else { *best };
            }
        }
        let least = best.iter().fold(0.0f32, |m, &b| if b > m { b } else { m }) - reach;
        for (g, (scores, prices)) in row.chunks_exact(LANES).zip(y.chunks_exact(LANES)).enumerate() {
            // Every lane is compared, without a branch: most groups have nothing near.
            let any = scores.iter().zip(prices).fold(false, |any, (s, y)| any | (s - y >= least));
            if any {
                for lane in (0..LANES).filter(|&lane| scores[lane] - prices[lane] >= least) {
                    near.columns.push((g * LANES + lane) as u32);
                    near.scores.push(scores[lane]);
                }
            }
        }
        near.rows.push(i as u32);
        near.ends.push(near.columns.len() as u32);
    }
    near
}

fn flush(block: &mut [f32], total: &mut [f64]) {
    for (b, t) in block.iter_mut().zip(total) {
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
