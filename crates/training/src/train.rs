//! From a feature table to a trained artifact, its card and the numbers behind both.

use std::sync::Arc;

use pointsman_domain::{Digest, Instant};
use pointsman_scoring::{
    Artifact, Calibration, FeatureTable, Layer, LayerTrial, ModelCard, TableError, TimeScale, Verdict,
    artifact::Provenance,
};

use crate::{
    assemble::assemble,
    boost::BoostConfig,
    calibrate::calibrate,
    card::{Sources, card},
    chain::HeldOut,
    encode::{Encoded, encode, learn_inputs},
    gates::{self, Gated},
    hier::HierError,
    maturity,
    plan::{FitConfig, Fitted, fit},
    value::value_model,
};

#[derive(Debug, Clone)]
pub struct TrainConfig {
    /// Leave reps out altogether.
    pub no_rep: bool,
    pub threads: usize,
    pub seed: u64,
    /// Gates are tried on at most this many of the latest rows.
    pub gate_rows: usize,
    /// Stretches of the forward chain.
    pub folds: usize,
    pub boost: BoostConfig,
    /// Only outcomes learned before this count, so labels near it are not mature; absent: every
    /// label is final.
    pub known_before: Option<i64>,
    /// Protected attributes that the specification overrides by name; the card repeats them.
    pub protected_used: Vec<Box<str>>,
    /// Hash of the feature specification the table was made by.
    pub spec: Option<Digest>,
    /// Version of the code, for provenance.
    pub engine: Box<str>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            no_rep: false,
            threads: 2,
            seed: 1,
            gate_rows: 150_000,
            folds: 4,
            boost: BoostConfig::default(),
            known_before: None,
            protected_used: Vec::new(),
            spec: None,
            engine: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// Why nothing was trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("the table does not fit together")]
    Table(#[from] TableError),
    #[error("the table has no rows to train on")]
    Empty,
    #[error("all {rows} rows have the same outcome: nothing can be learned from them")]
    OneOutcome { rows: usize },
    #[error("the fit was refused")]
    Fit(#[source] HierError),
}

/// A trained model with what is known about it.
#[derive(Debug, Clone)]
pub struct Trained {
    pub artifact: Artifact,
    pub card: ModelCard,
    /// Forward-chained predictions of the kept plan and of the base rate, on the same rows.
    pub held_out: HeldOut,
    pub held_out_base: HeldOut,
    /// The rows trained on, in order of time, and the fit to them.
    pub encoded: Encoded,
    pub fitted: Fitted,
}

/// Trains on every row of the table; whatever it should not see must not be in it.
pub fn train(table: &FeatureTable, config: &TrainConfig) -> Result<Trained, TrainError> {
    table.check()?;
    let mature = maturity::weights(table, config.known_before);
    let (kept, immature);
    let table = match mature {
        None => {
            immature = 0;
            table
        }
        Some(weights) => {
            let rows: Vec<usize> = (0..table.len()).filter(|&i| weights[i] > 0.0).collect();
            immature = table.len() - rows.len();
            let mut mature = table.take(&rows);
            let case = |i: usize| table.weight.as_ref().map_or(1.0, |w| w[i]);
            mature.weight = Some(rows.iter().map(|&i| weights[i] * case(i)).collect());
            kept = mature;
            &kept
        }
    };
    let wins = table.y.iter().filter(|y| **y).count();
    if table.is_empty() {
        return Err(TrainError::Empty);
    }
    if wins == 0 || wins == table.len() {
        return Err(TrainError::OneOutcome { rows: table.len() });
    }
    let (inputs, reps) = learn_inputs(table);
    let reps = if config.no_rep { Vec::new() } else { reps };
    let mut order: Vec<usize> = (0..table.len()).collect();
    order.sort_by_key(|&i| table.ts[i]);
    let rows = encode(table, &Arc::new(inputs), &reps.into());
    let rows = if order.is_sorted() { rows } else { rows.take(&order) };
    let fit_config = FitConfig {
        threads: config.threads,
        boost: BoostConfig { seed: config.seed, threads: config.threads, ..config.boost.clone() },
    };
    let recent = rows.len().saturating_sub(config.gate_rows);
    let gate_rows = if recent == 0 { rows.clone() } else { rows.take(&(recent..rows.len()).collect::<Vec<_>>()) };
    let Gated { plan, held_out, base, mut trials } =
        gates::gate(&gate_rows, config.folds, config.no_rep, &fit_config).map_err(TrainError::Fit)?;
    let fitted = fit(&rows, &plan, &fit_config, None).map_err(TrainError::Fit)?;
    let calibration = if plan.is_base() { Calibration::IDENTITY } else { calibrate(&held_out) };
    trials.push(calibration_trial(&held_out, calibration, plan.is_base()));
    let earned = trials.last().is_some_and(|t| t.verdict == Verdict::Kept);
    let calibration = if earned { calibration } else { Calibration::IDENTITY };
    let values: Vec<f64> = order.iter().map(|&i| table.value[i]).collect();
    let (value, trial) = value_model(&rows, &values);
    trials.push(trial);
    let artifact = assemble(&rows, &fitted, calibration, value, provenance(table, config));
    let card = card(&Sources {
        table,
        rows: &rows,
        artifact: &artifact,
        layers: &trials,
        immature,
        held_out: &held_out,
        base: &base,
        no_rep: config.no_rep,
        protected_used: &config.protected_used,
    });
    Ok(Trained { artifact, card, held_out, held_out_base: base, encoded: rows, fitted })
}

fn calibration_trial(held_out: &HeldOut, calibration: Calibration, skip: bool) -> LayerTrial {
    let mut changed = held_out.clone();
    changed.logits.iter_mut().for_each(|z| *z = calibration.intercept + calibration.slope * *z);
    let (gain, standard_error) = gates::gain(held_out, &changed);
    let verdict = if skip {
        Verdict::NotApplicable
    } else if gain > 2.0 * standard_error {
        Verdict::Kept
    } else {
        Verdict::NoGain
    };
    LayerTrial {
        layer: Layer::Calibration,
        verdict,
        gain: Some(gain),
        standard_error: Some(standard_error),
        rows: changed.won.len() as u64,
    }
}

fn provenance(table: &FeatureTable, config: &TrainConfig) -> Provenance {
    let latest = table.label_ts.iter().chain(&table.ts).copied().filter(|&t| t != i64::MAX).max();
    Provenance {
        engine: config.engine.clone(),
        spec: config.spec,
        data: table.digest(),
        rows: table.len() as u64,
        trained_until: latest.filter(|_| table.time_scale == TimeScale::Micros).map(Instant::from_unix_micros),
        seed: config.seed,
    }
}
