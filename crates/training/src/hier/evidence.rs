//! Learning the variances: Newton steps and evidence updates in turn.

use linfa::{DatasetBase, dataset::AsSingleTargets, traits::Fit};

use super::{
    Column, Covariance, Design, HierError, HierLogit, HierLogitParams, HierLogitValidParams, NONE, Prior,
    fitted::{self, Posterior},
    groups::{self, Group, Layout},
    newton::{Pass, Precisions, Problem, RepPrecision, Work},
    variances::{Moment, Variances},
};
use crate::dense;

/// Nothing is known of the intercept.
const FLAT: f64 = 0.0;
/// Variances stay below this: a standard deviation of three logits.
const MAX_VARIANCE: f64 = 10.0;
/// A variance taken over from an earlier fit is at least this, or a block that once came to
/// nothing could never come back.
const RESTART: f64 = 1e-3;
/// Changes are taken relative to at least this variance (a standard deviation of 0.1 logit), so
/// that a block on its way to nothing holds nobody up.
const NEGLIGIBLE: f64 = 0.01;
/// A covariance is at rest when no entry moves by more than this share of the mean variance: EM
/// creeps on for dozens of rounds below it without changing a prediction.
const COVARIANCE_TOLERANCE: f64 = 0.1;
/// The coupling of a rep's variances to the uncertain fixed effects is carried through while
/// learning only as long as it costs less than this many operations.
const COUPLING_BUDGET: usize = 50_000_000;

impl<T: AsSingleTargets<Elem = bool>> Fit<Design, T, HierError> for HierLogitValidParams {
    type Object = HierLogit;

    fn fit(&self, dataset: &DatasetBase<Design, T>) -> Result<HierLogit, HierError> {
        let design = &dataset.records;
        let won: Vec<bool> = dataset.targets.as_single_targets().iter().copied().collect();
        let weight = match dataset.weights() {
            Some(weights) => weights.iter().map(|&w| f64::from(w)).collect(),
            None => vec![1.0; design.len()],
        };
        check(design, &won, &weight)?;
        Ok(Learner::new(self, design, &won, &weight)?.learn())
    }
}

/// linfa offers a blanket `Fit` for unchecked parameters only where the error type is the
/// parameters' own, so this pair reads `params.fit(&dataset)?`.
impl HierLogitParams {
    /// Checks the parameters and fits.
    pub fn fit_checked<T: AsSingleTargets<Elem = bool>>(
        self,
        dataset: &DatasetBase<Design, T>,
    ) -> Result<HierLogit, HierError> {
        linfa::ParamGuard::check(self)?.fit(dataset)
    }
}

fn check(design: &Design, won: &[bool], weight: &[f64]) -> Result<(), HierError> {
    let n = design.len();
    let length = |what: &'static str, found: usize| match found == n {
        true => Ok(()),
        false => Err(HierError::Length { what, found, expected: n }),
    };
    if n == 0 {
        return Err(HierError::Empty);
    }
    length("targets", won.len())?;
    length("weights", weight.len())?;
    if design.reps > 0 {
        length("rep", design.rep.len())?;
    }
    let entry = |what, row, problem| HierError::Entry { what, row, problem };
    let columns = design.fixed.iter().map(|f| ("fixed column", &f.column));
    for (what, column) in columns.chain(design.slopes.iter().map(|s| ("slope column", s))) {
        length(what, column.len())?;
        let bad = match column {
            Column::Number(x) => x.iter().position(|x| !x.is_finite()),
            Column::Levels { codes, levels } => codes.iter().position(|&c| c != NONE && c as usize >= *levels),
            // Numbers that differ by level and by rep at once have no slope to share.
            Column::Scaled { .. } if what == "slope column" => Some(0),
            Column::Scaled { codes, levels, by } => {
                let wild = |(&c, x): (&u32, &f64)| !x.is_finite() || c != NONE && c as usize >= *levels;
                codes.iter().zip(by.iter()).position(wild)
            }
        };
        if let Some(row) = bad {
            return Err(entry(what, row, "neither a finite number nor a known level"));
        }
    }
    if let Some(row) = design.offset.iter().position(|x| !x.is_finite()) {
        return Err(entry("offset", row, "not a finite number"));
    }
    if let Some(row) = weight.iter().position(|w| !(*w >= 0.0 && w.is_finite())) {
        return Err(entry("weight", row, "not a number of at least 0"));
    }
    let counted = || won.iter().zip(weight).filter(|(_, w)| **w > 0.0).map(|(y, _)| *y);
    match counted().any(|y| y) && counted().any(|y| !y) {
        true => Ok(()),
        false => Err(HierError::OneOutcome),
    }
}

pub(super) struct Learner<'a> {
    params: &'a HierLogitValidParams,
    design: &'a Design,
    layout: Layout,
    problem: Problem,
    fixed: Vec<f64>,
    works: Vec<Work>,
    variances: Variances,
    /// Which learned group a fixed coefficient belongs to.
    group_of: Vec<Option<usize>>,
    /// Which block a rep's coefficient belongs to.
    block_of: Vec<usize>,
    rounds: usize,
    converged: bool,
    /// It began where an earlier fit ended.
    warm: bool,
}

impl<'a> Learner<'a> {
    fn new(
        params: &'a HierLogitValidParams,
        design: &'a Design,
        won: &[bool],
        weight: &[f64],
    ) -> Result<Self, HierError> {
        let layout = Layout::of(design);
        if layout.fixed_width + layout.rep_width > 65_000 {
            return Err(HierError::TooWide(layout.fixed_width + layout.rep_width));
        }
        let dense = matches!(params.covariance, Covariance::Full { .. });
        let (rows, groups) = groups::arrange(design, &layout, won, weight, dense);
        let works = groups.iter().map(|g| Work { coefficients: vec![0.0; g.cells.len()], ..Work::default() }).collect();
        let mut group_of = vec![None; layout.fixed_width];
        for (column, &start) in design.fixed.iter().zip(&layout.fixed) {
            if let Prior::Learned { group } = column.prior {
                group_of[start..start + column.column.width()].fill(Some(group as usize));
            }
        }
        let mut block_of = vec![0; layout.rep_width];
        for (k, (column, &start)) in design.slopes.iter().zip(&layout.slopes).enumerate() {
            block_of[start..start + column.width()].fill(k + 1);
        }
        let learned = group_of.iter().flatten().max().map_or(0, |g| g + 1);
        let mut fixed = vec![0.0; layout.fixed_width];
        fixed[0] = start_logit(design, won, weight);
        let variances =
            Variances { groups: vec![0.3; learned], blocks: vec![0.1; 1 + design.slopes.len()], full: None };
        let problem = Problem { rows, groups, fixed_width: layout.fixed_width, threads: params.threads };
        let mut learner = Self {
            params,
            design,
            layout,
            problem,
            fixed,
            works,
            variances,
            group_of,
            block_of,
            rounds: 0,
            converged: false,
            warm: false,
        };
        if let Some(earlier) = &params.start {
            learner.start_from(earlier);
        }
        Ok(learner)
    }

    /// Takes over coefficients and variances of an earlier fit whose columns come first here.
    fn start_from(&mut self, earlier: &HierLogit) {
        let Some((fixed, reps)) = earlier.flat(self.design, &self.layout) else { return };
        self.warm = true;
        self.fixed = fixed;
        for (group, work) in self.problem.groups.iter().zip(&mut self.works) {
            if let Some(rep) = group.rep {
                let all = &reps[rep as usize * self.layout.rep_width..][..self.layout.rep_width];
                work.coefficients = group.cells.iter().map(|&c| all[c as usize]).collect();
            }
        }
        let known = self.variances.groups.iter_mut().zip(&earlier.group_variances);
        known.for_each(|(variance, earlier)| *variance = earlier.max(RESTART));
        if let Some(reps) = &earlier.reps {
            let earlier = [reps.prior_variance].into_iter().chain(reps.slopes.iter().map(|s| s.prior_variance));
            self.variances
                .blocks
                .iter_mut()
                .zip(earlier)
                .for_each(|(variance, earlier)| *variance = earlier.max(RESTART));
            let full = reps.covariance.as_ref().filter(|full| full.len() == self.layout.rep_width.pow(2));
            if matches!(self.params.covariance, Covariance::Full { .. }) {
                self.variances.full = full.cloned();
            }
        }
    }

    fn learn(mut self) -> HierLogit {
        if self.variances.full.is_none() {
            self.learn_blocks();
        }
        if let Covariance::Full { weight } = self.params.covariance {
            self.learn_covariance(weight);
        }
        let pass = self.newton(8, 1e-7);
        let posterior = self.posterior(&pass, true);
        fitted::assemble(
            self.design,
            &self.layout,
            &self.problem.groups,
            &self.fixed,
            &self.works,
            &self.variances,
            &posterior,
            self.rounds,
            self.converged,
        )
    }

    fn learn_blocks(&mut self) {
        let blocks = if self.design.reps > 0 { self.variances.blocks.len() } else { 0 };
        for round in 0..self.params.max_rounds {
            self.rounds += 1;
            let pass = if round == 0 { self.newton(10, 1e-3) } else { self.newton(1, 1e-3) };
            if self.variances.groups.is_empty() && blocks == 0 {
                self.converged = true;
                return;
            }
            let posterior = self.posterior(&pass, false);
            // The first rounds by EM, which is slow but never overshoots.
            let moved = self.update_blocks(&posterior, round >= 2 || self.warm);
            if (round >= 3 || self.warm) && moved < self.params.tolerance {
                self.converged = true;
                return;
            }
        }
    }

    fn learn_covariance(&mut self, weight: f64) {
        let reps = self.problem.groups.iter().filter(|g| g.rep.is_some()).count();
        if reps < 2 {
            return;
        }
        self.converged = false;
        let width = self.layout.rep_width;
        if self.variances.full.is_none() {
            let mut full = vec![0.0; width * width];
            (0..width).for_each(|c| full[c * width + c] = self.variances.blocks[self.block_of[c]]);
            self.variances.full = Some(full);
        }
        for round in 0..self.params.max_rounds {
            self.rounds += 1;
            self.newton(if round == 0 { 3 } else { 1 }, 1e-3);
            let moved = self.update_covariance(weight);
            if moved < COVARIANCE_TOLERANCE {
                self.converged = true;
                return;
            }
        }
    }

    fn precisions(&self) -> Precisions {
        let mut fixed: Vec<f64> =
            self.group_of.iter().map(|g| g.map_or(FLAT, |g| 1.0 / self.variances.groups[g])).collect();
        for (column, &start) in self.design.fixed.iter().zip(&self.layout.fixed) {
            if let Prior::Known { variance } = column.prior {
                fixed[start..start + column.column.width()].fill(1.0 / variance);
            }
        }
        let rep = match &self.variances.full {
            None => RepPrecision::Diagonal(self.block_of.iter().map(|&b| 1.0 / self.variances.blocks[b]).collect()),
            Some(full) => {
                let mut factor = full.clone();
                dense::cholesky(&mut factor, self.layout.rep_width);
                RepPrecision::Full(dense::inverse(&factor, self.layout.rep_width))
            }
        };
        Precisions { fixed, rep }
    }

    /// Newton steps with halving, until no coefficient moves by more than `tolerance`. The pass
    /// returned is factored and belongs to the coefficients before the last step.
    fn newton(&mut self, steps: usize, tolerance: f64) -> Pass {
        let precisions = self.precisions();
        let mut pass = self.problem.pass(&self.fixed, &mut self.works, &precisions);
        for step in 0.. {
            let (fixed_step, largest) = self.problem.solve(&mut pass, &mut self.works);
            self.walk(&fixed_step, 1.0);
            if step + 1 >= steps || largest < tolerance {
                break;
            }
            let before = pass.objective;
            let mut length = 1.0;
            loop {
                pass = self.problem.pass(&self.fixed, &mut self.works, &precisions);
                if pass.objective <= before + 1e-9 * before.abs() || length < 1e-3 {
                    break;
                }
                length *= 0.5;
                self.walk(&fixed_step, -length);
            }
        }
        pass
    }

    fn walk(&mut self, fixed_step: &[f64], length: f64) {
        dense::add_scaled(&mut self.fixed, length, fixed_step);
        for work in &mut self.works {
            dense::add_scaled(&mut work.coefficients, length, &work.step);
        }
    }

    /// Posterior variances. `exact` carries the uncertainty of the fixed effects into the reps'.
    fn posterior(&self, pass: &Pass, exact: bool) -> Posterior {
        let fixed = dense::inverse(&pass.schur, self.problem.fixed_width);
        let cost: usize = self.problem.groups.iter().map(|g| g.cells.len() * g.fixed.len().pow(2)).sum();
        let coupled = exact || cost <= COUPLING_BUDGET;
        let parts: Vec<(&Group, &Work)> = self.problem.groups.iter().zip(&self.works).collect();
        let width = self.problem.fixed_width;
        let of =
            |(group, work): (&Group, &Work)| fitted::rep_posterior(group, work, coupled.then_some((&fixed[..], width)));
        let reps = super::newton::in_order(parts, self.problem.threads, of);
        Posterior { fixed: (0..width).map(|j| fixed[j * width + j]).collect(), reps }
    }

    /// New block variances; returns the largest relative change.
    fn update_blocks(&mut self, posterior: &Posterior, fast: bool) -> f64 {
        let mut groups = vec![Moment::default(); self.variances.groups.len()];
        for (j, group) in self.group_of.iter().enumerate() {
            if let Some(group) = group {
                groups[*group].add(self.fixed[j], posterior.fixed[j]);
            }
        }
        let mut blocks = vec![Moment::default(); self.variances.blocks.len()];
        for ((group, work), variances) in self.problem.groups.iter().zip(&self.works).zip(&posterior.reps) {
            for ((&cell, &x), &variance) in group.cells.iter().zip(&work.coefficients).zip(&variances.diagonal) {
                blocks[self.block_of[cell as usize]].add(x, variance);
            }
        }
        let floor = self.params.min_variance;
        let mut moved: f64 = 0.0;
        let old = self.variances.groups.iter_mut().chain(&mut self.variances.blocks);
        for (variance, moment) in old.zip(groups.into_iter().chain(blocks)) {
            let new = moment.variance(*variance, fast).clamp(floor, MAX_VARIANCE);
            moved = moved.max((new - *variance).abs() / variance.max(NEGLIGIBLE));
            *variance = new;
        }
        moved
    }

    /// EM for Σ: the mean of w wᵀ + posterior covariance over reps, joined by `weight` further
    /// reps that show exactly the blocks.
    fn update_covariance(&mut self, weight: f64) -> f64 {
        let width = self.layout.rep_width;
        let mut sum = vec![0.0; width * width];
        let mut reps = 0.0;
        for (group, work) in self.problem.groups.iter().zip(&self.works) {
            if group.rep.is_some() {
                reps += 1.0;
                dense::add_scaled(&mut sum, 1.0, &dense::inverse(&work.factor, width));
                for (row, &x) in sum.chunks_exact_mut(width).zip(&work.coefficients) {
                    dense::add_scaled(row, x, &work.coefficients);
                }
            }
        }
        let mut blocks = vec![(0.0, 0.0); self.variances.blocks.len()];
        for c in 0..width {
            let (total, cells) = &mut blocks[self.block_of[c]];
            *total += sum[c * width + c] / reps;
            *cells += 1.0;
        }
        let floor = self.params.min_variance;
        self.variances.blocks =
            blocks.iter().map(|(total, cells): &(f64, f64)| (total / cells).clamp(floor, MAX_VARIANCE)).collect();
        (0..width).for_each(|c| sum[c * width + c] += weight * self.variances.blocks[self.block_of[c]]);
        sum.iter_mut().for_each(|x| *x /= reps + weight);
        let full = self.variances.full.as_mut().expect("learn_covariance sets it first");
        let trace: f64 = (0..width).map(|c| sum[c * width + c]).sum();
        let change: f64 = sum.iter().zip(&*full).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        *full = sum;
        // Relative to the mean variance of a coefficient.
        change * width as f64 / trace.max(f64::MIN_POSITIVE)
    }
}

/// The logit of the base rate, offsets left aside where there are any.
fn start_logit(design: &Design, won: &[bool], weight: &[f64]) -> f64 {
    if design.offset.iter().any(|&x| x != 0.0) {
        return 0.0;
    }
    let total: f64 = weight.iter().sum();
    let wins: f64 = won.iter().zip(weight).filter(|(y, _)| **y).map(|(_, w)| w).sum();
    pointsman_domain::math::logit((wins + 0.5) / (total + 1.0))
}
