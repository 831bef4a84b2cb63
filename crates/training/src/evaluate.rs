//! Training on a table's past and judging on its future.

use std::{sync::Arc, time::Instant};

use pointsman_domain::{RepIndex, math};
use pointsman_scoring::{
    Evaluation, FeatureTable, GapClosed, Model,
    metrics::{self, row_loss},
};

use crate::{
    chain::logits,
    encode::{Encoded, encode},
    gap::{Matrix, gap_closed},
    train::{TrainConfig, TrainError, Trained, train},
};

/// Bootstrap draws behind an interval, and behind the quantile of the calibration error.
const DRAWS: usize = 1000;

/// Where the past ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Split {
    /// Train `ts` < this, test from here on.
    At(i64),
    /// Train on this share of the rows, in the order of the table.
    Share(f64),
    /// Test on the last so many rows, in the order of the table.
    LastRows(usize),
}

#[derive(Debug, Clone)]
pub struct EvaluateConfig {
    pub split: Split,
    /// Test `ts` < this.
    pub until: Option<i64>,
    /// Train only on rows whose label was known before the split (only with [`Split::At`]).
    pub labels_known: bool,
    pub train: TrainConfig,
}

/// True probabilities of the table's last rows, `[row × reps + rep]`.
#[derive(Debug, Clone)]
pub struct Truth {
    pub values: Vec<f64>,
    /// What the columns are: the table's distinct reps in byte order, or a list of one's own.
    pub reps: Vec<Box<str>>,
}

#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    #[error("the split leaves {train} rows to train on and {test} to test on; both need at least one")]
    Split { train: usize, test: usize },
    #[error("labels-known needs a split at a point in time")]
    LabelsKnown,
    #[error("the truth has {values} entries, which is no multiple of its {reps} reps, or more rows than the table")]
    Truth { values: usize, reps: usize },
    #[error("training on the rows before the split failed")]
    Train(#[from] TrainError),
}

/// A model with its judgement.
#[derive(Debug, Clone)]
pub struct Evaluated {
    pub trained: Trained,
    pub evaluation: Evaluation,
    /// Rows of the table that were tested, and the probability given to each.
    pub test_rows: Vec<usize>,
    pub predictions: Vec<f64>,
}

/// Trains before the split and tests after it. Nothing of the test rows' outcomes is read before
/// the predictions are made.
#[expect(clippy::disallowed_methods, reason = "the training time is part of the judgement and decides nothing")]
pub fn evaluate_table(
    table: &FeatureTable,
    config: &EvaluateConfig,
    truth: Option<&Truth>,
) -> Result<Evaluated, EvaluateError> {
    let (train_rows, test_rows) = split(table, config)?;
    if train_rows.is_empty() || test_rows.is_empty() {
        return Err(EvaluateError::Split { train: train_rows.len(), test: test_rows.len() });
    }
    let past = table.take(&train_rows);
    let known_before = match (config.labels_known, config.split) {
        (true, Split::At(at)) => Some(at),
        _ => None,
    };
    let mut train_config = config.train.clone();
    train_config.known_before = train_config.known_before.or(known_before);
    let start = Instant::now();
    let trained = train(&past, &train_config)?;
    let train_seconds = start.elapsed().as_secs_f64();
    let future =
        encode(&table.take(&test_rows), &Arc::new(trained.artifact.inputs.clone()), &trained.encoded.rep_names);
    let model = Model::compile(trained.artifact.clone(), &trained.encoded.rep_names);
    let predictions: Vec<f64> = logits(&model, &future).into_iter().map(math::sigmoid).collect();
    let gap = truth.map(|truth| against_truth(table, &trained, truth)).transpose()?;
    Ok(conclude(table, &train_rows, test_rows, trained, predictions, train_seconds, gap))
}

/// Judges predictions that were made.
pub(crate) fn conclude(
    table: &FeatureTable,
    train_rows: &[usize],
    test_rows: Vec<usize>,
    trained: Trained,
    predictions: Vec<f64>,
    train_seconds: f64,
    gap: Option<GapClosed>,
) -> Evaluated {
    let wins = train_rows.iter().filter(|&&row| table.y[row]).count();
    let base = wins as f64 / train_rows.len() as f64;
    let evaluation = judge(base, table, &test_rows, &trained, &predictions, train_seconds, gap);
    Evaluated { trained, evaluation, test_rows, predictions }
}

/// Rows to train on and rows to test on.
pub(crate) fn split(table: &FeatureTable, config: &EvaluateConfig) -> Result<(Vec<usize>, Vec<usize>), EvaluateError> {
    let n = table.len();
    let by_row = |border: usize| ((0..border.min(n)).collect(), (border.min(n)..n).collect());
    let (train, test): (Vec<usize>, Vec<usize>) = match config.split {
        Split::At(at) => (
            (0..n).filter(|&i| table.ts[i] < at && (!config.labels_known || table.label_ts[i] < at)).collect(),
            (0..n).filter(|&i| table.ts[i] >= at).collect(),
        ),
        _ if config.labels_known => return Err(EvaluateError::LabelsKnown),
        Split::Share(share) => by_row((n as f64 * share) as usize),
        Split::LastRows(rows) => by_row(n.saturating_sub(rows)),
    };
    let before = |i: &usize| config.until.is_none_or(|until| table.ts[*i] < until);
    Ok((train, test.into_iter().filter(before).collect()))
}

fn judge(
    base: f64,
    table: &FeatureTable,
    test_rows: &[usize],
    trained: &Trained,
    p: &[f64],
    train_seconds: f64,
    gap: Option<GapClosed>,
) -> Evaluation {
    let won: Vec<bool> = test_rows.iter().map(|&i| table.y[i]).collect();
    let rep: Vec<u32> = test_rows.iter().map(|&i| table.rep.codes[i]).collect();
    let share = |won: &[bool]| won.iter().filter(|y| **y).count() as f64 / won.len() as f64;
    let saved: Vec<f64> = p.iter().zip(&won).map(|(&p, &y)| row_loss(base, y) - row_loss(p, y)).collect();
    let seed = trained.artifact.provenance.seed;
    Evaluation {
        format: 1,
        rows_train: trained.encoded.len() as u64,
        rows_immature: trained.card.rows_immature,
        rows_test: p.len() as u64,
        base_rate_train: base,
        base_rate_test: share(&won),
        fallback: trained.artifact.fallback,
        log_loss: metrics::log_loss(p, &won),
        auc: metrics::auc(p, &won),
        brier: metrics::brier(p, &won),
        ece: metrics::ece(p, &won),
        ece_calibrated_q95: metrics::ece_quantile(p, 0.95, DRAWS, seed),
        rep_ece: (!trained.encoded.rep_names.is_empty())
            .then(|| metrics::rep_ece(p, &won, &rep, table.rep.names.len())),
        base_log_loss: metrics::log_loss(&vec![base; p.len()], &won),
        gain_over_base: metrics::paired_bootstrap(&saved, DRAWS, seed),
        train_seconds,
        layers: trained.card.layers.clone(),
        reliability: metrics::reliability(p, &won),
        gap,
    }
}

/// The model's probabilities of the last rows with every rep, against the true ones.
fn against_truth(table: &FeatureTable, trained: &Trained, truth: &Truth) -> Result<GapClosed, EvaluateError> {
    let reps = truth.reps.len();
    let rows = truth.values.len() / reps.max(1);
    if reps == 0 || rows * reps != truth.values.len() || rows > table.len() || rows == 0 {
        return Err(EvaluateError::Truth { values: truth.values.len(), reps });
    }
    let last: Vec<usize> = (table.len() - rows..table.len()).collect();
    let encoded = encode(&table.take(&last), &Arc::new(trained.artifact.inputs.clone()), &trained.encoded.rep_names);
    let model = Model::compile(trained.artifact.clone(), &truth.reps);
    let predicted = score_all(&model, &encoded, reps);
    Ok(gap_closed(Matrix { values: &predicted, reps }, Matrix { values: &truth.values, reps }))
}

fn score_all(model: &Model, rows: &Encoded, reps: usize) -> Vec<f64> {
    let everybody: Vec<RepIndex> = (0..reps as u32).map(RepIndex).collect();
    let mut lead = pointsman_scoring::LeadRow::default();
    let mut all = vec![0.0; rows.len() * reps];
    for (row, out) in all.chunks_exact_mut(reps).enumerate() {
        rows.load(row, &mut lead);
        model.score(&lead, &everybody, out);
        out.iter_mut().for_each(|z| *z = math::sigmoid(*z));
    }
    all
}
