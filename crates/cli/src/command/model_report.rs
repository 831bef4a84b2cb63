//! A trained and evaluated model as the report's model pages read it.

use pointsman_domain::{Instant, math};
use pointsman_experiment::stats::proportion::Count;
use pointsman_pipeline::ImportReport;
use pointsman_report::{
    Day, Interval,
    chart::Bin,
    model::{GainPoint, Gate, Layer, Limit, Metric, MetricRow, ModelReport, QualityFact, QualityRow, RepEffect},
};
use pointsman_scoring::{FeatureTable, card, metrics};
use pointsman_training::Evaluated;

use super::train::Made;

/// Points of the gain curve.
const GAIN_POINTS: usize = 20;

pub fn model_report(made: &Made, evaluated: &Evaluated, table: &FeatureTable, import: &ImportReport) -> ModelReport {
    let e = &evaluated.evaluation;
    let at = |row: usize| Instant::from_unix_micros(table.ts[row]);
    let tests = &evaluated.test_rows;
    let (first_test, last_test) = (tests.first().copied().unwrap_or(0), tests.last().copied().unwrap_or(0));
    let won: Vec<bool> = tests.iter().map(|&row| table.y[row]).collect();
    let base_logit = math::logit(made.card.base_rate);
    let share = |effect: f64| math::sigmoid(base_logit + effect) - made.card.base_rate;
    ModelReport {
        name: made.manifest.name.to_string(),
        version: made.manifest.version.to_string(),
        trained_from: Day::utc(at(0)),
        trained_until: Day::utc(at(first_test)),
        tested_until: Day::utc(at(last_test)),
        train_rows: e.rows_train,
        test_rows: e.rows_test,
        reps: table.rep.names.len() as u64,
        base_rate: e.base_rate_test,
        metrics: metric_rows(evaluated, &won),
        ece: e.ece,
        ece_limit: e.ece_calibrated_q95,
        bins: e.reliability.iter().filter(|bin| bin.rows > 0).map(bin).collect(),
        gains: gains(&evaluated.predictions, &won),
        gates: made.card.layers.iter().filter_map(gate).collect(),
        rep_effects: made
            .card
            .rep_effects
            .iter()
            .map(|r| RepEffect {
                rep: r.rep.to_string(),
                effect: Interval::new(share(r.effect.estimate), share(r.effect.low), share(r.effect.high)),
                leads: r.rows,
            })
            .collect(),
        quality: quality(made, table, import),
        limits: limits(made),
    }
}

fn metric_rows(evaluated: &Evaluated, won: &[bool]) -> Vec<MetricRow> {
    let e = &evaluated.evaluation;
    let gain = e.gain_over_base;
    let point = |metric, value: f64, base: Option<f64>| MetricRow { metric, model: Interval::point(value), base };
    // The paired interval of the gain, around the base rate's log-loss.
    let loss = Interval::new(e.log_loss, e.base_log_loss - gain.high, e.base_log_loss - gain.low);
    let mut rows = vec![MetricRow { metric: Metric::LogLoss, model: loss, base: Some(e.base_log_loss) }];
    rows.extend(e.auc.map(|auc| point(Metric::Auc, auc, Some(0.5))));
    let base = vec![e.base_rate_train; won.len()];
    rows.push(point(Metric::Brier, e.brier, Some(metrics::brier(&base, won))));
    rows.push(point(Metric::Ece, e.ece, None));
    rows.extend(e.rep_ece.map(|ece| point(Metric::RepEce, ece, None)));
    rows
}

/// A bin with Wilson's interval of the share that came true.
fn bin(bin: &card::ReliabilityBin) -> Bin {
    let share = Count { successes: bin.won * bin.rows as f64, trials: bin.rows as f64 }.wilson(0.05);
    Bin { predicted: bin.mean_predicted, observed: Interval::new(bin.won, share.low, share.high), count: bin.rows }
}

/// Best predictions first: which share of the wins stands in which share of the leads.
fn gains(predictions: &[f64], won: &[bool]) -> Vec<GainPoint> {
    let mut order: Vec<usize> = (0..predictions.len()).collect();
    order.sort_by(|&a, &b| predictions[b].total_cmp(&predictions[a]).then(a.cmp(&b)));
    let all = won.iter().filter(|w| **w).count().max(1) as f64;
    let point = |k: usize| {
        let taken = order.len() * k / GAIN_POINTS;
        let wins = order[..taken].iter().filter(|&&row| won[row]).count();
        GainPoint { leads: k as f64 / GAIN_POINTS as f64, wins: wins as f64 / all }
    };
    (0..=GAIN_POINTS).map(point).collect()
}

fn gate(trial: &card::LayerTrial) -> Option<Gate> {
    let layer = match trial.layer {
        // The value model's gain is in money, not in log-loss; it has no place on the same axis.
        card::Layer::SegmentValue
        | card::Layer::RepRate
        | card::Layer::LeadDrift
        | card::Layer::Recency
        | card::Layer::SlopeCovariance => return None,
        card::Layer::Lead => Layer::LeadFeatures,
        card::Layer::Trees => Layer::BoostedTrees,
        card::Layer::RepIntercepts => Layer::RepIntercepts,
        card::Layer::RepSlopes => Layer::RepBy("attribute".into()),
        card::Layer::RepSegments => Layer::RepBy("segment".into()),
        card::Layer::Calibration => Layer::Calibration,
    };
    let (gain, error) = (trial.gain?, trial.standard_error?);
    let gain = Interval::new(gain, gain - 2.0 * error, gain + 2.0 * error);
    Some(Gate { layer, gain, kept: trial.verdict == card::Verdict::Kept })
}

fn quality(made: &Made, table: &FeatureTable, import: &ImportReport) -> Vec<QualityRow> {
    let rows = table.len() as u64;
    let (read, aside) = import.files.iter().fold((0, 0), |(r, s), f| (r + f.rows_read, s + f.set_aside));
    let open = table.label_ts.iter().filter(|at| **at == i64::MAX).count() as u64;
    let mut quality = vec![
        QualityRow { fact: QualityFact::RowsSetAside, count: aside, of: read },
        QualityRow { fact: QualityFact::Immature, count: open, of: rows },
    ];
    let missing = made.card.columns.iter().filter(|column| column.coverage < 1.0);
    quality.extend(missing.map(|column| QualityRow {
        fact: QualityFact::Missing(column.name.to_string()),
        count: ((1.0 - column.coverage) * rows as f64).round() as u64,
        of: rows,
    }));
    quality
}

fn limits(made: &Made) -> Vec<Limit> {
    let mut limits = vec![Limit::Simulated];
    limits.extend(made.card.limits.iter().filter_map(|limit| match limit {
        card::Limit::NoRepSignal | card::Limit::NoSignal => Some(Limit::NoRepSignal),
        card::Limit::NoPropensities => Some(Limit::NotRandomised),
        card::Limit::ThinReps { reps } => Some(Limit::FewOutcomes(*reps)),
        card::Limit::FewRows { .. } | card::Limit::ConstantColumn { .. } | card::Limit::Drift { .. } => None,
    }));
    limits
}
