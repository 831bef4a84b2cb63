//! Two models on the same rows, which neither has seen.

use std::sync::Arc;

use pointsman_domain::{RepIndex, math};
use pointsman_scoring::{
    Artifact, FeatureTable, Interval, LeadRow, Model,
    metrics::{self, row_loss},
};
use serde::{Deserialize, Serialize};

use crate::{
    chain::logits,
    encode::{Encoded, encode},
};

const DRAWS: usize = 1000;
/// Rows on which all reps are scored.
const RANKED: usize = 5000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub rows: u64,
    pub first: Quality,
    pub second: Quality,
    /// Log-loss of the first − log-loss of the second, paired bootstrap over rows: above 0 the
    /// second is better.
    pub gain: Interval,
    /// Share of leads on which both name the same best rep, by what they know of reps alone.
    pub same_best_rep: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    pub log_loss: f64,
    pub auc: Option<f64>,
    pub ece: f64,
}

/// Compares on every row of the table; `None` for no rows.
pub fn compare(table: &FeatureTable, first: &Artifact, second: &Artifact, seed: u64) -> Option<Comparison> {
    if table.is_empty() {
        return None;
    }
    let (a, b) = (probabilities(table, first), probabilities(table, second));
    let quality = |p: &[f64]| Quality {
        log_loss: metrics::log_loss(p, &table.y),
        auc: metrics::auc(p, &table.y),
        ece: metrics::ece(p, &table.y),
    };
    let saved: Vec<f64> =
        a.iter().zip(&b).zip(&table.y).map(|((&a, &b), &y)| row_loss(a, y) - row_loss(b, y)).collect();
    Some(Comparison {
        rows: table.len() as u64,
        first: quality(&a),
        second: quality(&b),
        gain: metrics::paired_bootstrap(&saved, DRAWS, seed),
        same_best_rep: same_best_rep(table, first, second),
    })
}

/// The probability of each row with its own rep.
pub fn probabilities(table: &FeatureTable, artifact: &Artifact) -> Vec<f64> {
    let names = artifact.reps.as_ref().map_or_else(Vec::new, |reps| reps.names.clone());
    let rows = coded(table, artifact, &names);
    let model = Model::compile(artifact.clone(), &names);
    logits(&model, &rows).into_iter().map(math::sigmoid).collect()
}

fn coded(table: &FeatureTable, artifact: &Artifact, reps: &[Box<str>]) -> Encoded {
    encode(table, &Arc::new(artifact.inputs.clone()), &reps.to_vec().into())
}

fn same_best_rep(table: &FeatureTable, first: &Artifact, second: &Artifact) -> Option<f64> {
    first.reps.as_ref().or(second.reps.as_ref())?;
    let mut names = table.rep.names.clone();
    names.sort_unstable();
    names.dedup();
    let step = table.len() / RANKED + 1;
    let rows: Vec<usize> = (0..table.len()).step_by(step).collect();
    let sample = table.take(&rows);
    let (a, b) = (best_reps(&sample, first, &names), best_reps(&sample, second, &names));
    Some(a.iter().zip(&b).filter(|(a, b)| a == b).count() as f64 / rows.len() as f64)
}

fn best_reps(table: &FeatureTable, artifact: &Artifact, names: &[Box<str>]) -> Vec<usize> {
    let rows = coded(table, artifact, names);
    let model = Model::compile(artifact.clone(), names);
    let everybody: Vec<RepIndex> = (0..names.len() as u32).map(RepIndex).collect();
    let (mut lead, mut scores) = (LeadRow::default(), vec![0.0; names.len()]);
    (0..table.len())
        .map(|row| {
            rows.load(row, &mut lead);
            model.score(&lead, &everybody, &mut scores);
            (1..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
        })
        .collect()
}
