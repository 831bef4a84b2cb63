//! The model card: what the model predicts, how well, which layers earned their place, and what
//! it cannot say. A plain input, filled by whoever trained and evaluated.

pub mod data;
mod inside;
mod sections;

use crate::{
    Cx, Page, Unit,
    part::{Provenance, Tile, Tone, Verdict},
    words::model as words,
};

pub use data::{
    ColumnRow, Contribution, GainPoint, Gate, Interaction, Judged, Layer, LearningPoint, Limit, Metric, MetricRow,
    ModelReport, QualityFact, QualityRow, RepEffect,
};

pub use sections::{calibration, gates, quality, rep_effects};

impl ModelReport {
    fn calibrated(&self) -> bool {
        self.ece <= self.ece_limit
    }

    fn has_rep_layer(&self) -> bool {
        let of_rep = |layer: &Layer| {
            matches!(
                layer,
                Layer::RepIntercepts
                    | Layer::RepBy(_)
                    | Layer::RepRecord
                    | Layer::RepTrees
                    | Layer::RepSegments
                    | Layer::SlopeCovariance
            )
        };
        self.gates.iter().any(|gate| gate.kept && of_rep(&gate.layer))
    }

    fn metric(&self, wanted: Metric) -> Option<&MetricRow> {
        self.metrics.iter().find(|row| row.metric == wanted)
    }
}

/// The whole card. `other_language` is the address of the same card in the other language.
pub fn page(report: &ModelReport, provenance: Provenance, other_language: Option<String>, cx: Cx) -> Page {
    let l = cx.locale;
    Page {
        title: words::title(l, &report.name, &report.version),
        kicker: words::kicker(
            l,
            &l.date(report.trained_from),
            &l.date(report.trained_until),
            &l.count(report.train_rows),
        ),
        question: words::question(l),
        verdict: Some(verdict(report, cx)),
        tiles: tiles(report, cx),
        sections: vec![
            sections::evaluation(report, cx),
            calibration(report, cx),
            gates(report, cx),
            rep_effects(report, cx),
            inside::interactions(report, cx),
            inside::contributions(report, cx),
            inside::learning(report, cx),
            inside::columns(report, cx),
            quality(report, cx),
            sections::limits(report, cx),
        ],
        provenance,
        other_language,
    }
}

fn verdict(report: &ModelReport, cx: Cx) -> Verdict {
    let l = cx.locale;
    let (tone, answer) = match (report.calibrated(), report.has_rep_layer()) {
        (true, true) => (Tone::Good, words::may_route(l)),
        (true, false) => (Tone::Warn, words::no_rep_signal_short(l)),
        (false, _) => (Tone::Bad, words::not_calibrated_short(l)),
    };
    Verdict { tone, answer, sentence: format!("{} {}", calibration_sentence(report, cx), rep_sentence(report, cx)) }
}

fn tiles(report: &ModelReport, cx: Cx) -> Vec<Tile> {
    let l = cx.locale;
    let mut tiles: Vec<Tile> = [Metric::Auc, Metric::LogLoss, Metric::LiftAtTenth]
        .into_iter()
        .filter_map(|metric| {
            let row = report.metric(metric)?;
            let unit = metric.unit();
            let detail = if row.model.has_bounds() { unit.range(l, row.model.lo, row.model.hi) } else { String::new() };
            Some(Tile { label: words::metric(l, metric), value: unit.show(l, row.model.est), detail })
        })
        .collect();
    let n = l.count(report.test_rows);
    let base = Unit::percent(1).show(l, report.base_rate);
    tiles.push(Tile { label: words::base_rate(l), value: base, detail: words::tested_on(l, &n) });
    tiles
}

impl Metric {
    fn unit(self) -> Unit {
        match self {
            Self::LogLoss | Self::Brier => Unit::number(4),
            Self::Auc => Unit::number(3),
            Self::Ece | Self::RepEce => Unit::percent(2),
            Self::LiftAtTenth => Unit::number(2),
        }
    }
}

fn calibration_sentence(report: &ModelReport, cx: Cx) -> String {
    let l = cx.locale;
    let unit = Metric::Ece.unit();
    let (ece, limit) = (unit.show(l, report.ece), unit.show(l, report.ece_limit));
    if report.calibrated() { words::calibrated(l, &ece, &limit) } else { words::not_calibrated(l, &ece, &limit) }
}

fn rep_sentence(report: &ModelReport, cx: Cx) -> String {
    let l = cx.locale;
    let kept = report.gates.iter().filter(|g| g.kept).count() as u64;
    let all = report.gates.len() as u64;
    if report.has_rep_layer() { words::layers_kept(l, &l.count(kept), &l.count(all)) } else { words::no_rep_signal(l) }
}
