//! A small histogram booster for the logistic loss: second-order gradient boosting (Friedman
//! 2001; Chen and Guestrin 2016, *XGBoost*) over binned features, category splits by sorted
//! gradient ratio (Fisher 1958), shallow trees, early stopping on later rows.
//!
//! It improves on a given logit (the offset), so it learns only what the linear layers missed.
//! Reading order: [`bins`] (features as small integers), `config`, `grow` (one tree), this file (many);
//! [`reps`] (trees whose leaves hold one effect a rep), `partition` (their splits), `cells`.

pub mod bins;
mod cells;
mod config;
mod grow;
mod partition;
pub mod reps;

use pointsman_domain::{Rng, math};
use pointsman_scoring::artifact::Tree;

pub use bins::Binned;
pub use config::{BoostConfig, RepBoostConfig};
use grow::Grower;
pub use reps::{Owners, boost_reps};

/// What is learned from: all slices have one entry a row of the binned features.
#[derive(Debug, Clone, Copy)]
pub struct Lessons<'a> {
    pub features: &'a Binned,
    pub offset: &'a [f64],
    pub won: &'a [bool],
    pub weight: &'a [f64],
}

/// Trees, and the validation loss after each (empty without validation rows).
#[derive(Debug, Clone, Default)]
pub struct Boosted {
    pub trees: Vec<Tree>,
    /// Before the first tree.
    pub start_loss: f64,
    /// After the trees kept.
    pub loss: f64,
}

/// Boosts on `rows`; with validation rows, stops when they no longer gain and keeps the best.
pub fn boost(lessons: &Lessons<'_>, rows: &[u32], validation: &[u32], config: &BoostConfig) -> Boosted {
    let mut logits = lessons.offset.to_vec();
    let mut grower = Grower::new(lessons, config);
    let start_loss = loss(lessons, validation, &logits);
    let mut result = Boosted { trees: Vec::new(), start_loss, loss: start_loss };
    let mut best = 0;
    for round in 0..config.max_trees {
        let mut rng = Rng::stream(config.seed, round as u64);
        let sample: Vec<u32> = rows.iter().copied().filter(|_| rng.uniform() < config.row_share).collect();
        let Some(tree) = grower.grow(&sample, &logits, &mut rng) else { break };
        let add = |rows: &[u32], logits: &mut [f64]| {
            rows.iter().for_each(|&row| logits[row as usize] += tree.value(lessons.features, row as usize));
        };
        add(rows, &mut logits);
        add(validation, &mut logits);
        result.trees.push(tree.tree);
        if validation.is_empty() {
            continue;
        }
        let now = loss(lessons, validation, &logits);
        if now < result.loss {
            result.loss = now;
            best = result.trees.len();
        } else if result.trees.len() >= best + config.patience {
            break;
        }
    }
    if !validation.is_empty() {
        result.trees.truncate(best);
    }
    result
}

/// Weighted mean log-loss; 0 for no rows.
fn loss(lessons: &Lessons<'_>, rows: &[u32], logits: &[f64]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for &row in rows {
        let row = row as usize;
        let wrong_side = if lessons.won[row] { -logits[row] } else { logits[row] };
        sum += lessons.weight[row] * (wrong_side.max(0.0) + math::exp(-logits[row].abs()).ln_1p());
        total += lessons.weight[row];
    }
    if total > 0.0 { sum / total } else { 0.0 }
}
