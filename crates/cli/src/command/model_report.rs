//! A trained model as the report's model pages read it: with a test on later leads, or (the card of
//! a version) by its forward-chained predictions.

use pointsman_domain::{Instant, math};
use pointsman_experiment::stats::proportion::Count;
use pointsman_pipeline::ImportReport;
use pointsman_report::{
    Cx, Day, Interval, Locale,
    chart::Bin,
    file::{FileError, stand_alone},
    model::{
        self, ColumnRow, Contribution, GainPoint, Gate, Interaction, Judged, Layer, LearningPoint, Limit, Metric,
        MetricRow, ModelReport, QualityFact, QualityRow, RepEffect,
    },
    part::{Document, DocumentKind, Provenance},
    text,
};
use pointsman_scoring::{FeatureTable, ModelCard, card, metrics};
use pointsman_training::Evaluated;

use crate::model_version::Manifest;

/// Points of the gain curve.
const GAIN_POINTS: usize = 20;

/// The card of a version: everything it says comes from its two files.
#[derive(Debug)]
pub struct CardPage {
    report: ModelReport,
    provenance: Provenance,
}

impl CardPage {
    pub fn of(manifest: &Manifest, card: &ModelCard) -> Self {
        let (name, version) = (manifest.name.to_string(), manifest.version.to_string());
        let document = |kind, name: &str, version: &str, digest| Document {
            kind,
            name: name.into(),
            version: version.into(),
            digest,
        };
        let provenance = Provenance {
            engine: format!("pointsman {}", manifest.engine),
            documents: vec![
                document(DocumentKind::Model, &name, &version, manifest.artifact),
                document(DocumentKind::Data, "features", &manifest.rows.to_string(), manifest.data),
                document(DocumentKind::Code, "features.toml", "", manifest.features),
            ],
            seeds: Vec::new(),
            command: format!("pointsman train --workspace … --name {name} --until {}", manifest.until),
        };
        Self { report: of_card(manifest, card), provenance }
    }

    pub fn html(&self, locale: Locale) -> Result<String, FileError> {
        let cx = Cx { locale };
        stand_alone(&model::page(&self.report, self.provenance.clone(), None, cx), &self.report, cx)
    }

    pub fn markdown(&self, locale: Locale) -> String {
        let cx = Cx { locale };
        text::markdown(&model::page(&self.report, self.provenance.clone(), None, cx), cx)
    }
}

fn of_card(manifest: &Manifest, card: &ModelCard) -> ModelReport {
    let until = Day::utc(manifest.until);
    let [from, to] = card.span.map_or([until; 2], |span| span.map(Day::utc));
    let chained = card.chained.as_ref();
    ModelReport {
        name: manifest.name.to_string(),
        version: manifest.version.to_string(),
        trained_from: from,
        trained_until: to,
        tested_until: to,
        judged: Judged::Chained,
        train_rows: card.rows,
        test_rows: chained.map_or(0, |c| c.rows),
        reps: card.reps,
        base_rate: chained.map_or(card.base_rate, |c| c.win_rate),
        metrics: chained.map_or_else(Vec::new, chained_metrics),
        ece: chained.map_or(0.0, |c| c.ece),
        ece_limit: chained.map_or(0.0, |c| c.ece_calibrated_q95),
        bins: chained.map_or_else(Vec::new, |c| c.reliability.iter().map(bin).collect()),
        gains: chained
            .map_or_else(Vec::new, |c| c.gains.iter().map(|&[leads, wins]| GainPoint { leads, wins }).collect()),
        quality: card_quality(card),
        limits: card_limits(card),
        ..inside(card, until)
    }
}

/// What the card says of the model's inside; the rest is for the caller to fill.
fn inside(card: &ModelCard, day: Day) -> ModelReport {
    let base_logit = math::logit(card.base_rate);
    let share = |effect: f64| math::sigmoid(base_logit + effect) - card.base_rate;
    let points = |e: card::Interval| Interval::new(share(e.estimate), share(e.low), share(e.high));
    let rep_effects = card.rep_effects.iter();
    ModelReport {
        name: String::new(),
        version: String::new(),
        trained_from: day,
        trained_until: day,
        tested_until: day,
        judged: Judged::HeldOut,
        train_rows: 0,
        test_rows: 0,
        reps: 0,
        base_rate: card.base_rate,
        metrics: Vec::new(),
        ece: 0.0,
        ece_limit: 0.0,
        bins: Vec::new(),
        gains: Vec::new(),
        gates: card.layers.iter().filter_map(gate).collect(),
        rep_effects: rep_effects
            .map(|r| RepEffect { rep: r.rep.to_string(), effect: points(r.effect), leads: r.rows })
            .collect(),
        interactions: (card.interactions.iter())
            .map(|i| Interaction { rep: i.rep.to_string(), segment: i.segment.to_string(), effect: points(i.effect) })
            .collect(),
        contributions: (card.contributions.iter())
            .map(|c| Contribution { feature: c.feature.to_string(), spread: c.standard_deviation })
            .collect(),
        learning: (card.learning_curve.iter())
            .map(|p| LearningPoint { rows: p.rows, log_loss: p.log_loss, base_log_loss: p.base_log_loss })
            .collect(),
        columns: (card.columns.iter())
            .map(|c| ColumnRow {
                name: c.name.to_string(),
                coverage: c.coverage,
                levels: c.levels,
                range: c.range,
                drift: c.drift,
            })
            .collect(),
        protected_used: card.protected_used.iter().map(ToString::to_string).collect(),
        quality: Vec::new(),
        limits: Vec::new(),
    }
}

fn chained_metrics(c: &card::Chained) -> Vec<MetricRow> {
    let point = |metric, value: f64, base: Option<f64>| MetricRow { metric, model: Interval::point(value), base };
    let gain = c.gain_over_base;
    let loss = Interval::new(c.log_loss, c.base_log_loss - gain.high, c.base_log_loss - gain.low);
    let mut rows = vec![MetricRow { metric: Metric::LogLoss, model: loss, base: Some(c.base_log_loss) }];
    rows.extend(c.auc.map(|auc| point(Metric::Auc, auc, Some(0.5))));
    rows.push(point(Metric::Brier, c.brier, Some(c.base_brier)));
    rows.push(point(Metric::Ece, c.ece, None));
    let tenth = c.gains.iter().find(|[leads, _]| *leads >= 0.1);
    rows.extend(tenth.map(|[leads, wins]| point(Metric::LiftAtTenth, wins / leads, Some(1.0))));
    rows
}

fn card_quality(card: &ModelCard) -> Vec<QualityRow> {
    let all = card.rows + card.rows_immature;
    let mut rows = vec![QualityRow { fact: QualityFact::Immature, count: card.rows_immature, of: all }];
    rows.extend(missing(card, card.rows));
    rows
}

fn missing(card: &ModelCard, rows: u64) -> Vec<QualityRow> {
    let lacking = card.columns.iter().filter(|column| column.coverage < 1.0);
    lacking
        .map(|column| QualityRow {
            fact: QualityFact::Missing(column.name.to_string()),
            count: ((1.0 - column.coverage) * rows as f64).round() as u64,
            of: rows,
        })
        .collect()
}

pub fn model_report(
    (manifest, card): (&Manifest, &ModelCard),
    evaluated: &Evaluated,
    table: &FeatureTable,
    import: &ImportReport,
) -> ModelReport {
    let e = &evaluated.evaluation;
    let at = |row: usize| Instant::from_unix_micros(table.ts[row]);
    let tests = &evaluated.test_rows;
    let (first_test, last_test) = (tests.first().copied().unwrap_or(0), tests.last().copied().unwrap_or(0));
    let won: Vec<bool> = tests.iter().map(|&row| table.y[row]).collect();
    let trained_until = Day::utc(at(first_test));
    ModelReport {
        name: manifest.name.to_string(),
        version: manifest.version.to_string(),
        trained_from: Day::utc(at(0)),
        trained_until,
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
        quality: quality(card, table, import),
        limits: [Limit::Simulated].into_iter().chain(card_limits(card)).collect(),
        ..inside(card, trained_until)
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
        card::Layer::SegmentValue | card::Layer::RepRate => return None,
        card::Layer::LeadDrift => Layer::LeadDrift,
        card::Layer::Recency => Layer::Recency,
        card::Layer::SlopeCovariance => Layer::SlopeCovariance,
        card::Layer::Lead => Layer::LeadFeatures,
        card::Layer::Trees => Layer::BoostedTrees,
        card::Layer::RepIntercepts => Layer::RepIntercepts,
        card::Layer::RepSlopes => Layer::RepBy("attribute".into()),
        card::Layer::RepNumbers => Layer::RepRecord,
        card::Layer::RepTrees => Layer::RepTrees,
        card::Layer::RepSegments => Layer::RepSegments,
        card::Layer::Calibration => Layer::Calibration,
    };
    let (gain, error) = (trial.gain?, trial.standard_error?);
    let gain = Interval::new(gain, gain - 2.0 * error, gain + 2.0 * error);
    Some(Gate { layer, gain, kept: trial.verdict.stays() })
}

fn quality(card: &ModelCard, table: &FeatureTable, import: &ImportReport) -> Vec<QualityRow> {
    let rows = table.len() as u64;
    let (read, aside) = import.files.iter().fold((0, 0), |(r, s), f| (r + f.rows_read, s + f.set_aside));
    let open = table.label_ts.iter().filter(|at| **at == i64::MAX).count() as u64;
    let mut quality = vec![
        QualityRow { fact: QualityFact::RowsSetAside, count: aside, of: read },
        QualityRow { fact: QualityFact::Immature, count: open, of: rows },
    ];
    quality.extend(missing(card, rows));
    quality
}

fn card_limits(card: &ModelCard) -> Vec<Limit> {
    let limit = |limit: &card::Limit| match limit {
        card::Limit::NoRepSignal => Some(Limit::NoRepSignal),
        card::Limit::NoSignal => Some(Limit::NoSignal),
        card::Limit::NoPropensities => Some(Limit::NotRandomised),
        card::Limit::ThinReps { reps } => Some(Limit::FewOutcomes(*reps)),
        card::Limit::FewRows { rows } => Some(Limit::FewRows(*rows)),
        card::Limit::ConstantColumn { name } => Some(Limit::Constant(name.to_string())),
        // The columns' own section shows it.
        card::Limit::Drift { .. } => None,
    };
    card.limits.iter().filter_map(limit).collect()
}
