//! The fitted model, and prediction through linfa's traits.

use linfa::traits::PredictInplace;
use ndarray::Array1;
use pointsman_domain::math;

use super::{
    Column, Design, NONE,
    groups::{Group, Layout},
    newton::Work,
    variances::Variances,
};
use crate::dense;

/// Coefficients in logits, with posterior variances.
#[derive(Debug, Clone, PartialEq)]
pub struct HierLogit {
    pub intercept: f64,
    pub intercept_variance: f64,
    /// Per fixed column: one coefficient, or one a level.
    pub fixed: Vec<Vec<f64>>,
    pub fixed_variances: Vec<Vec<f64>>,
    /// Learned prior variances of the fixed part, by group.
    pub group_variances: Vec<f64>,
    /// Absent for a design without reps.
    pub reps: Option<RepEffects>,
    pub rounds: usize,
    /// The variances came to rest before the rounds were used up.
    pub converged: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RepEffects {
    /// Per rep of the design; 0 for one without rows.
    pub intercepts: Vec<f64>,
    pub variances: Vec<f64>,
    pub prior_variance: f64,
    /// Per slope column.
    pub slopes: Vec<SlopeEffects>,
    /// Σ over a rep's coefficients (numbers before levels), where it was learned.
    pub covariance: Option<Vec<f64>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SlopeEffects {
    pub prior_variance: f64,
    /// `[level × reps + rep]`; 0 for a cell without rows.
    pub effects: Vec<f64>,
    pub variances: Vec<f64>,
    /// With the rep's intercept.
    pub covariances: Vec<f64>,
}

impl HierLogit {
    /// The logit of each row of a design of the same shape.
    pub fn logits(&self, design: &Design) -> Vec<f64> {
        let mut logits: Vec<f64> = design.offset.iter().map(|offset| offset + self.intercept).collect();
        for (fixed, effects) in design.fixed.iter().zip(&self.fixed) {
            match &fixed.column {
                Column::Number(x) => dense::add_scaled(&mut logits, effects[0], x),
                Column::Levels { codes, .. } => {
                    let terms = logits.iter_mut().zip(codes.iter());
                    terms.filter(|(_, c)| **c != NONE).for_each(|(z, &c)| *z += effects[c as usize]);
                }
                Column::Scaled { codes, by, .. } => {
                    let terms = logits.iter_mut().zip(codes.iter().zip(by.iter()));
                    terms.filter(|(_, (c, _))| **c != NONE).for_each(|(z, (&c, x))| *z += x * effects[c as usize]);
                }
            }
        }
        let Some(reps) = self.reps.as_ref().filter(|_| design.reps > 0) else { return logits };
        let count = reps.intercepts.len();
        for (row, (z, &rep)) in logits.iter_mut().zip(design.rep.iter()).enumerate() {
            if rep == NONE {
                continue;
            }
            *z += reps.intercepts[rep as usize];
            for (column, slopes) in design.slopes.iter().zip(&reps.slopes) {
                *z += match column {
                    Column::Number(x) => x[row] * slopes.effects[rep as usize],
                    Column::Levels { codes, .. } | Column::Scaled { codes, .. } if codes[row] == NONE => 0.0,
                    Column::Levels { codes, .. } | Column::Scaled { codes, .. } => {
                        slopes.effects[codes[row] as usize * count + rep as usize]
                    }
                };
            }
        }
        logits
    }

    /// Coefficients in the layout of a design that begins with the same columns; columns beyond
    /// those of this fit start at 0. `None` where the shapes do not match.
    pub(super) fn flat(&self, design: &Design, layout: &Layout) -> Option<(Vec<f64>, Vec<f64>)> {
        let same_fixed = self.fixed.len() <= design.fixed.len()
            && self.fixed.iter().zip(&design.fixed).all(|(effects, f)| effects.len() == f.column.width());
        let same_reps = self.reps.as_ref().is_none_or(|reps| {
            reps.intercepts.len() == design.reps
                && reps.slopes.len() <= design.slopes.len()
                && reps
                    .slopes
                    .iter()
                    .zip(&design.slopes)
                    .all(|(s, column)| s.effects.len() == column.width() * design.reps)
        });
        if !(same_fixed && same_reps) {
            return None;
        }
        let mut fixed = vec![0.0; layout.fixed_width];
        fixed[0] = self.intercept;
        for (effects, &start) in self.fixed.iter().zip(&layout.fixed) {
            fixed[start..start + effects.len()].copy_from_slice(effects);
        }
        let mut all = vec![0.0; layout.rep_width * design.reps];
        if let Some(reps) = &self.reps {
            for (rep, row) in all.chunks_exact_mut(layout.rep_width).enumerate() {
                row[0] = reps.intercepts[rep];
                for (slopes, (&start, column)) in reps.slopes.iter().zip(layout.slopes.iter().zip(&design.slopes)) {
                    (0..column.width())
                        .for_each(|level| row[start + level] = slopes.effects[level * design.reps + rep]);
                }
            }
        }
        Some((fixed, all))
    }
}

impl PredictInplace<Design, Array1<f64>> for HierLogit {
    /// Probabilities of a win.
    fn predict_inplace(&self, design: &Design, p: &mut Array1<f64>) {
        p.iter_mut().zip(self.logits(design)).for_each(|(p, z)| *p = math::sigmoid(z));
    }

    fn default_target(&self, design: &Design) -> Array1<f64> {
        Array1::zeros(design.len())
    }
}

/// Posterior variances of everything.
pub(super) struct Posterior {
    pub fixed: Vec<f64>,
    pub reps: Vec<RepPosterior>,
}

/// Of one group's coefficients.
pub(super) struct RepPosterior {
    pub diagonal: Vec<f64>,
    /// Covariances with the rep's intercept.
    pub with_intercept: Vec<f64>,
}

/// H_rr⁻¹ of a group; with the fixed part's covariance C also U C Uᵀ, U = H_rr⁻¹ H_rf.
pub(super) fn rep_posterior(group: &Group, work: &Work, fixed: Option<(&[f64], usize)>) -> RepPosterior {
    let (f, a) = (group.fixed.len(), group.cells.len());
    let inverse = dense::inverse(&work.factor, a);
    let mut diagonal: Vec<f64> = (0..a).map(|i| inverse[i * a + i]).collect();
    let mut with_intercept: Vec<f64> = inverse[..a].to_vec();
    if let (Some((covariance, width)), true) = (fixed, a > 0) {
        // U = L⁻ᵀ V, from the last row upwards.
        let mut u = work.coupling.clone();
        for i in (0..a).rev() {
            let (before, rest) = u.split_at_mut(i * f);
            let pivot = work.factor[i * a + i];
            rest[..f].iter_mut().for_each(|x| *x /= pivot);
            for k in 0..i {
                dense::add_scaled(&mut before[k * f..(k + 1) * f], -work.factor[i * a + k], &rest[..f]);
            }
        }
        let mut image = vec![0.0; f];
        let first = u[..f].to_vec();
        for (i, row) in u.chunks_exact(f).enumerate() {
            image.fill(0.0);
            for (&j, &x) in group.fixed.iter().zip(row) {
                let from = &covariance[j as usize * width..][..width];
                group.fixed.iter().zip(&mut image).for_each(|(&q, y)| *y += x * from[q as usize]);
            }
            diagonal[i] += dense::dot(&image, row);
            with_intercept[i] += dense::dot(&image, &first);
        }
    }
    RepPosterior { diagonal, with_intercept }
}

#[expect(clippy::too_many_arguments, reason = "the one place where the parts of a fit meet")]
pub(super) fn assemble(
    design: &Design,
    layout: &Layout,
    groups: &[Group],
    fixed: &[f64],
    works: &[Work],
    variances: &Variances,
    posterior: &Posterior,
    rounds: usize,
    converged: bool,
) -> HierLogit {
    let by_column = |values: &[f64]| -> Vec<Vec<f64>> {
        let starts = design.fixed.iter().zip(&layout.fixed);
        starts.map(|(f, &start)| values[start..start + f.column.width()].to_vec()).collect()
    };
    let reps = (design.reps > 0).then(|| {
        let prior = |cell: usize, block: usize| match &variances.full {
            Some(full) => full[cell * layout.rep_width + cell],
            None => variances.blocks[block],
        };
        let mut effects = RepEffects {
            intercepts: vec![0.0; design.reps],
            variances: vec![prior(0, 0); design.reps],
            prior_variance: variances.blocks[0],
            slopes: Vec::new(),
            covariance: variances.full.clone(),
        };
        for (k, (column, &start)) in design.slopes.iter().zip(&layout.slopes).enumerate() {
            let cells = column.width() * design.reps;
            effects.slopes.push(SlopeEffects {
                prior_variance: variances.blocks[k + 1],
                effects: vec![0.0; cells],
                variances: (0..cells).map(|c| prior(start + c / design.reps, k + 1)).collect(),
                covariances: vec![0.0; cells],
            });
        }
        // Which slope column a coefficient belongs to, and where that starts.
        let mut owner = vec![(0, 0); layout.rep_width];
        for (k, (column, &start)) in design.slopes.iter().zip(&layout.slopes).enumerate() {
            owner[start..start + column.width()].fill((k, start));
        }
        for ((group, work), posterior) in groups.iter().zip(works).zip(&posterior.reps) {
            let Some(rep) = group.rep.map(|r| r as usize) else { continue };
            for (i, &cell) in group.cells.iter().enumerate() {
                let cell = cell as usize;
                if cell == 0 {
                    effects.intercepts[rep] = work.coefficients[i];
                    effects.variances[rep] = posterior.diagonal[i];
                    continue;
                }
                let (k, start) = owner[cell];
                let place = (cell - start) * design.reps + rep;
                effects.slopes[k].effects[place] = work.coefficients[i];
                effects.slopes[k].variances[place] = posterior.diagonal[i];
                effects.slopes[k].covariances[place] = posterior.with_intercept[i];
            }
        }
        effects
    });
    HierLogit {
        intercept: fixed[0],
        intercept_variance: posterior.fixed[0],
        fixed: by_column(fixed),
        fixed_variances: by_column(&posterior.fixed),
        group_variances: variances.groups.clone(),
        reps,
        rounds,
        converged,
    }
}
