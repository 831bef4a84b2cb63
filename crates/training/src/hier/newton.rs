//! One pass over the rows: objective, gradient and Hessian of the penalised likelihood, and from
//! them an exact Newton step.
//!
//! The Hessian has an arrow's shape: dense over the fixed coefficients, and one small block a
//! rep. Each rep's block is factored (H_rr = L Lᵀ) and eliminated, which leaves the Schur
//! complement S = H_ff − Σ_r V_rᵀ V_r with V_r = L⁻¹ H_rf over the fixed part. Sums run over
//! fixed lanes of groups and are added in lane order, so the number of threads changes no bit.

use std::thread;

use pointsman_domain::math;

use super::groups::{Group, Rows, SKIP};
use crate::dense::{add_scaled, cholesky, dot, solve_lower, solve_lower_rows, solve_upper};

/// Work is cut into this many parts, whatever the number of threads.
const LANES: usize = 16;

/// Prior precisions.
pub(super) struct Precisions {
    pub fixed: Vec<f64>,
    pub rep: RepPrecision,
}

pub(super) enum RepPrecision {
    Diagonal(Vec<f64>),
    /// Row-major, over all coefficients of a rep.
    Full(Vec<f64>),
}

/// A rep's coefficients, and what its last pass left behind.
#[derive(Clone, Default)]
pub(super) struct Work {
    pub coefficients: Vec<f64>,
    pub step: Vec<f64>,
    /// Cholesky factor of the rep's block.
    pub factor: Vec<f64>,
    /// L⁻¹ H_rf, one row a coefficient of the rep.
    pub coupling: Vec<f64>,
    pub residual: Vec<f64>,
}

/// Sums over groups.
pub(super) struct Pass {
    /// Penalised negative log-likelihood.
    pub objective: f64,
    /// Lower triangle of S.
    pub schur: Vec<f64>,
    pub gradient: Vec<f64>,
}

impl Pass {
    fn zero(width: usize) -> Self {
        Self { objective: 0.0, schur: vec![0.0; width * width], gradient: vec![0.0; width] }
    }
}

pub(super) struct Problem {
    pub rows: Rows,
    pub groups: Vec<Group>,
    pub fixed_width: usize,
    pub threads: usize,
}

impl Problem {
    /// The pass at `fixed` and the coefficients in `works`.
    pub fn pass(&self, fixed: &[f64], works: &mut [Work], precisions: &Precisions) -> Pass {
        let lanes = self.lanes();
        let mut parts: Vec<(&[Group], &mut [Work])> = Vec::with_capacity(lanes.len());
        let (mut groups, mut works) = (&self.groups[..], works);
        for size in lanes {
            let (group, groups_after) = groups.split_at(size);
            let (work, works_after) = works.split_at_mut(size);
            parts.push((group, work));
            (groups, works) = (groups_after, works_after);
        }
        let lane = |(groups, works): (&[Group], &mut [Work])| {
            let mut sums = Pass::zero(self.fixed_width);
            let mut scratch = Scratch::default();
            for (group, work) in groups.iter().zip(works) {
                self.group(group, work, fixed, precisions, &mut scratch, &mut sums);
            }
            sums
        };
        let sums = in_order(parts, self.threads, lane);
        let mut total = Pass::zero(self.fixed_width);
        for part in sums {
            total.objective += part.objective;
            add_scaled(&mut total.schur, 1.0, &part.schur);
            add_scaled(&mut total.gradient, 1.0, &part.gradient);
        }
        for (j, (&x, &precision)) in fixed.iter().zip(&precisions.fixed).enumerate() {
            total.objective += 0.5 * precision * x * x;
            total.gradient[j] -= precision * x;
            total.schur[j * self.fixed_width + j] += precision;
        }
        total
    }

    /// Groups a lane, balanced by what a group costs.
    fn lanes(&self) -> Vec<usize> {
        let rows = &self.rows;
        let entries = 2 + rows.fixed_numbers + rows.slope_numbers + rows.fixed_levels + rows.scaled + rows.slope_levels;
        let cost = |g: &Group| {
            g.rows.len() * entries * entries / 2 + g.cells.len() * (g.cells.len() + g.fixed.len()).pow(2) / 4
        };
        let total: usize = self.groups.iter().map(cost).sum();
        let share = total / LANES + 1;
        let mut sizes = Vec::new();
        let (mut size, mut spent) = (0, 0);
        for group in &self.groups {
            size += 1;
            spent += cost(group);
            if spent >= share {
                sizes.push(std::mem::take(&mut size));
                spent = 0;
            }
        }
        sizes.push(size);
        sizes
    }

    fn group(
        &self,
        group: &Group,
        work: &mut Work,
        fixed: &[f64],
        precisions: &Precisions,
        scratch: &mut Scratch,
        sums: &mut Pass,
    ) {
        let (f, a) = (group.fixed.len(), group.cells.len());
        scratch.load(group, fixed, &work.coefficients);
        sums.objective += self.accumulate(group, scratch);
        sums.objective += penalise(group, work, &precisions.rep, scratch);
        let d = f + a;
        // Split the local Hessian: the rep's own block, its coupling, what is left.
        work.factor.clear();
        work.coupling.clear();
        for row in scratch.hessian[f * d..].chunks_exact(d) {
            work.coupling.extend_from_slice(&row[..f]);
            work.factor.extend_from_slice(&row[f..]);
        }
        cholesky(&mut work.factor, a);
        solve_lower_rows(&work.factor, a, &mut work.coupling, f);
        work.residual.clear();
        work.residual.extend_from_slice(&scratch.gradient[f..]);
        solve_lower(&work.factor, a, &mut work.residual);
        for (row, &residual) in work.coupling.chunks_exact(f).zip(&work.residual) {
            for p in 0..f {
                if row[p] != 0.0 {
                    add_scaled(&mut scratch.hessian[p * d..p * d + p + 1], -row[p], &row[..=p]);
                }
            }
            add_scaled(&mut scratch.gradient[..f], -residual, row);
        }
        for (p, &at) in group.fixed.iter().enumerate() {
            sums.gradient[at as usize] += scratch.gradient[p];
            let into = &mut sums.schur[at as usize * self.fixed_width..][..self.fixed_width];
            for (q, &other) in group.fixed[..=p].iter().enumerate() {
                into[other as usize] += scratch.hessian[p * d + q];
            }
        }
    }

    /// Adds the rows of a group to the local gradient and Hessian; returns their loss.
    fn accumulate(&self, group: &Group, scratch: &mut Scratch) -> f64 {
        let rows = &self.rows;
        let (f, a) = (group.fixed.len(), group.cells.len());
        let d = f + a;
        let plain = rows.fixed_numbers + rows.slope_numbers;
        let numbers = plain + rows.scaled;
        let fixed_levels = rows.fixed_levels + rows.scaled;
        let levels = fixed_levels + rows.slope_levels;
        let Scratch { point, gradient, hessian, entries } = scratch;
        let touched = |code: &u16| (*code != SKIP).then_some((usize::from(*code), 1.0));
        let mut loss = 0.0;
        for row in group.rows.clone() {
            let x = &rows.numbers[row * numbers..(row + 1) * numbers];
            let codes = &rows.levels[row * levels..(row + 1) * levels];
            entries.clear();
            entries.push((0, 1.0));
            entries.extend(x[..rows.fixed_numbers].iter().enumerate().map(|(k, &x)| (1 + k, x)));
            entries.extend(codes[..rows.fixed_levels].iter().filter_map(touched));
            let scaled = codes[rows.fixed_levels..fixed_levels].iter().zip(&x[plain..]);
            entries.extend(scaled.filter_map(|(code, &by)| touched(code).map(|(place, _)| (place, by))));
            if a > 0 {
                entries.push((f, 1.0));
                entries.extend(x[rows.fixed_numbers..plain].iter().enumerate().map(|(k, &x)| (f + 1 + k, x)));
                entries.extend(codes[fixed_levels..].iter().filter_map(touched));
            }
            let z = entries.iter().fold(rows.offset[row], |z, &(j, x)| z + point[j] * x);
            let tail = math::exp(-z.abs());
            let p = if z >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) };
            let (won, weight) = (rows.won[row], rows.weight[row]);
            // −ln of the probability of what happened, without cancellation.
            let wrong_side = if won { -z } else { z };
            loss += weight * (wrong_side.max(0.0) + tail.ln_1p());
            let residual = weight * (f64::from(u8::from(won)) - p);
            let curvature = weight * p * (1.0 - p);
            for (k, &(j, x)) in entries.iter().enumerate() {
                gradient[j] += residual * x;
                let row = &mut hessian[j * d..(j + 1) * d];
                let scaled = curvature * x;
                for &(i, y) in &entries[..=k] {
                    row[i] += scaled * y;
                }
            }
        }
        loss
    }

    /// Turns the last pass into a step for everybody; returns the fixed step and the largest
    /// change of any coefficient.
    pub fn solve(&self, pass: &mut Pass, works: &mut [Work]) -> (Vec<f64>, f64) {
        cholesky(&mut pass.schur, self.fixed_width);
        let mut step = pass.gradient.clone();
        solve_lower(&pass.schur, self.fixed_width, &mut step);
        solve_upper(&pass.schur, self.fixed_width, &mut step);
        let mut largest = step.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let mut local = Vec::new();
        for (group, work) in self.groups.iter().zip(works) {
            local.clear();
            local.extend(group.fixed.iter().map(|&j| step[j as usize]));
            let f = group.fixed.len();
            work.step.clear();
            let rows = work.coupling.chunks_exact(f).zip(&work.residual);
            work.step.extend(rows.map(|(row, &residual)| residual - dot(row, &local)));
            solve_upper(&work.factor, group.cells.len(), &mut work.step);
            largest = work.step.iter().fold(largest, |m, x| m.max(x.abs()));
        }
        (step, largest)
    }
}

/// Buffers of one lane.
#[derive(Default)]
struct Scratch {
    /// The group's coefficients, fixed ones first.
    point: Vec<f64>,
    gradient: Vec<f64>,
    /// Lower triangle, row-major.
    hessian: Vec<f64>,
    /// A row's coefficients, ascending, with their multipliers.
    entries: Vec<(usize, f64)>,
}

impl Scratch {
    fn load(&mut self, group: &Group, fixed: &[f64], coefficients: &[f64]) {
        self.point.clear();
        self.point.extend(group.fixed.iter().map(|&j| fixed[j as usize]));
        self.point.extend_from_slice(coefficients);
        let d = self.point.len();
        self.gradient.clear();
        self.gradient.resize(d, 0.0);
        self.hessian.clear();
        self.hessian.resize(d * d, 0.0);
    }
}

/// Adds the prior of a rep's coefficients; returns its penalty.
fn penalise(group: &Group, work: &Work, precision: &RepPrecision, scratch: &mut Scratch) -> f64 {
    let (f, a) = (group.fixed.len(), group.cells.len());
    let d = f + a;
    let mut penalty = 0.0;
    match precision {
        RepPrecision::Diagonal(precisions) => {
            for (i, (&cell, &x)) in group.cells.iter().zip(&work.coefficients).enumerate() {
                let precision = precisions[cell as usize];
                scratch.hessian[(f + i) * d + f + i] += precision;
                scratch.gradient[f + i] -= precision * x;
                penalty += 0.5 * precision * x * x;
            }
        }
        // A full precision goes with dense groups: local and global places are the same.
        RepPrecision::Full(matrix) => {
            for (i, row) in matrix.chunks_exact(a.max(1)).take(a).enumerate() {
                add_scaled(&mut scratch.hessian[(f + i) * d + f..][..=i], 1.0, &row[..=i]);
                let pull = dot(row, &work.coefficients);
                scratch.gradient[f + i] -= pull;
                penalty += 0.5 * pull * work.coefficients[i];
            }
        }
    }
    penalty
}

/// Maps parts on a few threads; results in the order of the parts.
pub(crate) fn in_order<P: Send, T: Send>(parts: Vec<P>, threads: usize, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    let threads = threads.clamp(1, parts.len().max(1));
    if threads == 1 {
        return parts.into_iter().map(work).collect();
    }
    let mut shares: Vec<Vec<(usize, P)>> = (0..threads).map(|_| Vec::new()).collect();
    for (place, part) in parts.into_iter().enumerate() {
        shares[place % threads].push((place, part));
    }
    let work = &work;
    let mut results: Vec<(usize, T)> = thread::scope(|scope| {
        let run = |share: Vec<(usize, P)>| move || share.into_iter().map(|(i, p)| (i, work(p))).collect::<Vec<_>>();
        let handles: Vec<_> = shares.into_iter().map(|share| scope.spawn(run(share))).collect();
        handles.into_iter().flat_map(|h| h.join().expect("the lanes' arithmetic does not panic")).collect()
    });
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
