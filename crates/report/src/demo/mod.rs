//! "A year of leads, routed twice": what the old policy and Pointsman made of the same leads, what
//! a test of it found, what that is worth, what the model knows, and why one lead went where it
//! went. A plain input: labels, numbers, intervals; everything is computed elsewhere.

mod lead;
mod money;
mod year;

use pointsman_domain::{Currency, Reason};
use serde::{Deserialize, Serialize};

use crate::{
    Cx, Day, Interval, Page, Role, Unit,
    chart::Step,
    experiment::{self, Names, TestResult},
    model::{self, ModelReport},
    part::{Provenance, Tile, Verdict},
    words::demo as words,
};

/// The whole result, as it is embedded in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DemoReport {
    pub company: String,
    pub from: Day,
    pub until: Day,
    pub leads: u64,
    pub reps: u64,
    /// `None` counts wins instead of money: all values and prices are then in wins.
    pub currency: Option<Currency>,
    /// One row a policy; the challenger has [`Role::Variant`], the baseline [`Role::Control`].
    pub policies: Vec<PolicyYear>,
    /// Wins of the challenger less those of the baseline, over the year.
    pub more_wins: Interval,
    /// Time to first contact; may be empty.
    pub contact: Vec<ContactCurve>,
    pub sla_minutes: Option<f64>,
    pub test: TestResult,
    pub money: MoneyResult,
    pub model: ModelReport,
    pub lead: LeadExplained,
    pub provenance: Provenance,
}

/// What one policy made of the year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyYear {
    /// A policy's name; those of the product (`round_robin`, `prices`, …) are translated.
    pub policy: String,
    pub role: Role,
    pub wins: Interval,
    pub win_rate: Interval,
    /// Share of the wins of the best assignment that knows the future.
    pub hindsight_share: Option<f64>,
    pub contact_p50_minutes: Option<f64>,
    pub contact_p90_minutes: Option<f64>,
    /// Share of leads contacted within the SLA.
    pub within_sla: Option<f64>,
    /// Gini coefficient of received against entitled work: 0 is equal.
    pub gini: Option<f64>,
    /// Minor units.
    pub value: Option<Interval>,
}

/// The share of leads not yet contacted after so many minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactCurve {
    pub policy: String,
    pub role: Role,
    /// `at` in minutes.
    pub steps: Vec<Step>,
}

/// What the difference is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoneyResult {
    pub evidence: Evidence,
    /// Minor units a quarter.
    pub per_quarter: Interval,
    pub quarters: Vec<Quarter>,
    /// What it consists of; may be empty.
    pub parts: Vec<MoneyPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    Experiment,
    Simulation,
    BeforeAfter,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarter {
    /// "Q1 2026".
    pub label: String,
    pub value: Interval,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoneyPart {
    pub part: PartKind,
    pub value: Interval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    MoreWins,
    LargerDeals,
    FasterContact,
    SavedHours,
    RunningCost,
}

/// One decision, candidate by candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadExplained {
    pub lead: String,
    /// What was known: name and value, as a person would read them.
    pub facts: Vec<(String, String)>,
    pub policy: String,
    pub rule: String,
    /// Probability with which this choice was drawn; 1 where nothing was drawn.
    pub propensity: f64,
    /// In the order in which they were compared; exactly one is [`Reason::Chosen`], or none.
    pub candidates: Vec<CandidateRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateRow {
    pub rep: String,
    /// Probability of a win.
    pub score: Option<f64>,
    /// Expected value, score times value.
    pub value: Option<f64>,
    /// What the capacity is worth to the leads still to come.
    pub price: Option<f64>,
    pub reason: Reason,
}

impl DemoReport {
    fn with_role(&self, role: Role) -> Option<&PolicyYear> {
        self.policies.iter().find(|p| p.role == role)
    }

    /// Whether the money rests on a test whose effect must not be read.
    fn covers_money(&self) -> bool {
        !self.test.is_readable() && self.money.evidence == Evidence::Experiment
    }

    fn value_unit(&self) -> Unit {
        self.currency.map_or(Unit::number(2), Unit::money)
    }

    /// For sums over many leads: amounts are shortened.
    fn total_unit(&self) -> Unit {
        self.currency.map_or(Unit::number(1), Unit::amount)
    }

    fn names(&self, cx: Cx) -> Names {
        let name = |role| self.with_role(role).map_or_else(String::new, |p| words::policy(cx.locale, &p.policy));
        Names { control: name(Role::Control), variant: name(Role::Variant) }
    }
}

/// The report. `other_language` is the address of the same report in the other language.
pub fn page(report: &DemoReport, other_language: Option<String>, cx: Cx) -> Page {
    let l = cx.locale;
    let (leads, reps) = (l.count(report.leads), l.count(report.reps));
    let (from, until) = (l.date(report.from), l.date(report.until));
    Page {
        title: words::title(l),
        kicker: words::kicker(l, &report.company, &from, &until, &leads, &reps),
        question: words::question(l),
        verdict: Some(verdict(report, cx)),
        tiles: tiles(report, cx),
        sections: vec![
            year::section(report, cx),
            experiment::section(&report.test, &report.names(cx), cx),
            money::section(report, cx),
            model::calibration(&report.model, cx),
            model::gates(&report.model, cx),
            model::rep_effects(&report.model, cx),
            model::quality(&report.model, cx),
            lead::section(report, cx),
        ],
        provenance: report.provenance.clone(),
        other_language,
    }
}

fn verdict(report: &DemoReport, cx: Cx) -> Verdict {
    let mut verdict = experiment::verdict(&report.test, &report.names(cx), cx);
    verdict.sentence += &format!(" {}", money::sentence(report, cx));
    verdict
}

fn tiles(report: &DemoReport, cx: Cx) -> Vec<Tile> {
    let l = cx.locale;
    let tile = |label: String, unit: Unit, value: Interval| {
        let detail = if value.has_bounds() { unit.range(l, value.lo, value.hi) } else { String::new() };
        Tile { label, value: unit.show(l, value.est), detail }
    };
    let mut tiles = vec![tile(words::tile_wins(l), Unit::count().signed(), report.more_wins)];
    if report.test.is_readable() {
        tiles.push(tile(words::tile_effect(l), Unit::points(1), report.test.effect));
    }
    if !report.covers_money() {
        tiles.push(tile(words::tile_money(l), report.total_unit(), report.money.per_quarter));
    }
    let ours = report.with_role(Role::Variant).and_then(|p| p.hindsight_share);
    if let Some(share) = ours {
        let percent = Unit::percent(1);
        let theirs = report.with_role(Role::Control).and_then(|p| p.hindsight_share);
        let detail = theirs.map_or_else(String::new, |was| words::tile_was(l, &percent.show(l, was)));
        tiles.push(Tile { label: words::tile_hindsight(l), value: percent.show(l, share), detail });
    }
    tiles
}
