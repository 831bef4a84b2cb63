//! The model card: what the model predicts, how well, which layers earned their place, and what
//! it cannot say. A plain input, filled by whoever trained and evaluated.

mod inside;
mod sections;

use serde::{Deserialize, Serialize};

use crate::{
    Cx, Day, Interval, Page, Unit,
    chart::Bin,
    part::{Provenance, Tile, Tone, Verdict},
    words::model as words,
};

pub use sections::{calibration, gates, quality, rep_effects};

/// Everything the card says; intervals are computed by the evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    pub name: String,
    pub version: String,
    pub trained_from: Day,
    pub trained_until: Day,
    /// The test rows lie between `trained_until` and here.
    pub tested_until: Day,
    /// How the predictions that are judged were made.
    pub judged: Judged,
    pub train_rows: u64,
    pub test_rows: u64,
    pub reps: u64,
    /// Share of won leads in the test rows.
    pub base_rate: f64,
    pub metrics: Vec<MetricRow>,
    /// Expected calibration error, as a share.
    pub ece: f64,
    /// The 95 % quantile of the same error of a perfectly calibrated model at these predictions.
    pub ece_limit: f64,
    pub bins: Vec<Bin>,
    /// Share of leads, best scores first, and the share of wins among them.
    pub gains: Vec<GainPoint>,
    pub gates: Vec<Gate>,
    pub rep_effects: Vec<RepEffect>,
    /// Strongest first; the interval of each excludes 0.
    pub interactions: Vec<Interaction>,
    pub contributions: Vec<Contribution>,
    /// By growing history.
    pub learning: Vec<LearningPoint>,
    pub columns: Vec<ColumnRow>,
    /// Protected attributes that the specification uses by name.
    pub protected_used: Vec<String>,
    pub quality: Vec<QualityRow>,
    pub limits: Vec<Limit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// The last leads were set aside; the model saw none of them.
    HeldOut,
    /// Block after block, each predicted by a model that had seen only earlier ones; the model
    /// itself then learned from all of them.
    Chained,
}

/// A rep on a kind of lead, in share points against this rep's usual chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    pub rep: String,
    pub segment: String,
    pub effect: Interval,
}

/// How much a feature moves the logit: standard deviation over leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub feature: String,
    pub spread: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    pub rows: u64,
    pub log_loss: f64,
    pub base_log_loss: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnRow {
    pub name: String,
    pub coverage: f64,
    pub levels: Option<u64>,
    /// Smallest, median, largest.
    pub range: Option<[f64; 3]>,
    /// Population stability index between older and newer leads.
    pub drift: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    pub metric: Metric,
    pub model: Interval,
    /// The same of the base rate, where that makes sense.
    pub base: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    LogLoss,
    Auc,
    Brier,
    Ece,
    RepEce,
    /// Wins in the best tenth of leads against the average.
    LiftAtTenth,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GainPoint {
    pub leads: f64,
    pub wins: f64,
}

/// A layer of the model and whether it stayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub layer: Layer,
    /// Log-loss saved per lead, forward-chained, with ± two standard errors.
    pub gain: Interval,
    pub kept: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    BaseRate,
    LeadFeatures,
    /// Effects of lead features that move with time.
    LeadDrift,
    BoostedTrees,
    RepIntercepts,
    /// Rep × category slopes of one attribute.
    RepBy(String),
    /// What was known of the rep at the decision: rates, load, experience.
    RepRecord,
    /// Boosted trees with one effect a rep in every leaf.
    RepTrees,
    /// Rep effects on kinds of leads that were searched for.
    RepSegments,
    /// What a rep shows on one kind of lead says something about the others.
    SlopeCovariance,
    /// Older leads count less.
    Recency,
    Load,
    Calibration,
    Value,
}

/// What a rep adds to the chance of a win on an average lead, in share points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepEffect {
    pub rep: String,
    pub effect: Interval,
    pub leads: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityRow {
    pub fact: QualityFact,
    pub count: u64,
    pub of: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityFact {
    RowsSetAside,
    /// Leads without this attribute.
    Missing(String),
    /// Leads whose outcome may still change.
    Immature,
    Duplicates,
    Untouched,
    WithoutOwner,
    WonWithoutValue,
}

/// What the reader must not conclude.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    Simulated,
    /// So many reps have fewer than 20 leads.
    FewOutcomes(u64),
    /// This share of the newest leads is not mature.
    Immature(f64),
    NoRepSignal,
    /// History was not randomised: rep effects may carry who got which leads.
    NotRandomised,
    NoWonValue,
    /// Nothing beats the overall rate.
    NoSignal,
    FewRows(u64),
    /// This column has one value only.
    Constant(String),
    /// This protected attribute is used, because the specification names it.
    Protected(String),
}

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
