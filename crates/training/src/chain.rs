//! Forward-chained folds: fit on the past, predict the next stretch, again and again.

use pointsman_domain::math;
use pointsman_scoring::{Calibration, LeadRow, Model, metrics};

use crate::{
    assemble::{assemble, nowhere},
    encode::Encoded,
    hier::HierError,
    plan::{FitConfig, Fitted, Plan, RepPlan, fit},
};

/// The first fold trains on this share of the rows.
const FIRST: f64 = 0.4;

/// Rows in order of time, cut into folds.
#[derive(Debug)]
pub struct Chain {
    pub folds: Vec<Fold>,
}

#[derive(Debug)]
pub struct Fold {
    pub past: Encoded,
    pub next: Encoded,
    base: f64,
}

/// Held-out logits of a plan, with what happened.
#[derive(Debug, Clone, Default)]
pub struct HeldOut {
    pub logits: Vec<f64>,
    pub won: Vec<bool>,
    pub weight: Vec<f64>,
    /// Per fold: rows trained on, rows predicted.
    pub folds: Vec<(usize, usize)>,
}

impl HeldOut {
    /// The rows of the folds from `fold` on.
    pub fn from_fold(&self, fold: usize) -> Self {
        let skipped = self.folds.iter().take(fold).map(|(_, next)| next).sum();
        Self {
            logits: self.logits[skipped..].to_vec(),
            won: self.won[skipped..].to_vec(),
            weight: self.weight[skipped..].to_vec(),
            folds: self.folds.iter().skip(fold).copied().collect(),
        }
    }

    pub fn losses(&self) -> Vec<f64> {
        self.logits.iter().zip(&self.won).map(|(&z, &y)| metrics::row_loss(math::sigmoid(z), y)).collect()
    }
}

impl Chain {
    /// `folds` stretches after the first 40 % of the rows; a stretch whose past has one outcome
    /// only is left out.
    pub fn cut(rows: &Encoded, folds: usize) -> Self {
        let n = rows.len();
        let border = |k: usize| {
            let share = FIRST + (1.0 - FIRST) * k as f64 / folds as f64;
            ((n as f64 * share).round() as usize).min(n)
        };
        let fold = |k: usize| {
            let past = rows.take(&(0..border(k)).collect::<Vec<_>>());
            let next = rows.take(&(border(k)..border(k + 1)).collect::<Vec<_>>());
            let total: f64 = past.weight.iter().sum();
            let wins: f64 = past.weight.iter().zip(past.won.iter()).filter(|(_, y)| **y).map(|(w, _)| w).sum();
            let usable = wins > 0.0 && wins < total && !next.is_empty();
            usable.then(|| Fold { past, next, base: math::logit(wins / total) })
        };
        Self { folds: (0..folds).filter_map(fold).collect() }
    }

    /// Held-out predictions of a plan over all folds. `earlier` are the folds' fits of a smaller
    /// plan, to start from.
    pub fn run(
        &self,
        plan: &Plan,
        config: &FitConfig,
        earlier: &[Fitted],
    ) -> Result<(HeldOut, Vec<Fitted>), HierError> {
        let mut held_out = HeldOut::default();
        let mut fits: Vec<Fitted> = Vec::new();
        for (k, fold) in self.folds.iter().enumerate() {
            held_out.won.extend_from_slice(&fold.next.won);
            held_out.weight.extend_from_slice(&fold.next.weight);
            held_out.folds.push((fold.past.len(), fold.next.len()));
            if plan.is_base() {
                held_out.logits.extend(fold.next.won.iter().map(|_| fold.base));
                continue;
            }
            // The previous fold's fit of the same plan is nearer than this fold's of a smaller one.
            let start = fits.last().or(earlier.get(k)).map(|f| f.linear.clone());
            let fitted = fit(&fold.past, plan, config, start)?;
            held_out.logits.extend(predict(&fold.past, &fitted, &fold.next));
            fits.push(fitted);
        }
        Ok((held_out, fits))
    }
}

/// Logits of `next` by a fit to `past`, through the same artifact and code that serve.
pub fn predict(past: &Encoded, fitted: &Fitted, next: &Encoded) -> Vec<f64> {
    let artifact = assemble(past, fitted, Calibration::IDENTITY, None, nowhere());
    let roster = if fitted.plan.reps == RepPlan::None { &[][..] } else { &past.rep_names };
    logits(&Model::compile(artifact, roster), next)
}

/// Logits of rows by a model whose roster is the rows' `rep_names`, or empty.
pub fn logits(model: &Model, rows: &Encoded) -> Vec<f64> {
    let mut lead = LeadRow::default();
    let known = model.roster() > 0;
    (0..rows.len())
        .map(|row| {
            let rep = rows.load(row, &mut lead).filter(|_| known);
            model.row_logit(&lead, rep)
        })
        .collect()
}
