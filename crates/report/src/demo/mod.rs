//! "A year of leads, routed twice": what the old policy and Pointsman made of the same leads, what
//! a test of it found, what that is worth, what the model knows, and why one lead went where it
//! went. A plain input: labels, numbers, intervals; everything is computed elsewhere.

pub mod data;
mod lead;
mod money;
mod year;

use crate::{
    Cx, Interval, Page, Role, Unit,
    experiment::{self, Names},
    model::{self},
    part::{Tile, Verdict},
    words::demo as words,
};

pub use data::{
    CandidateRow, ContactCurve, DemoReport, Evidence, LeadExplained, MoneyPart, MoneyResult, PartKind, PolicyYear,
    Quarter,
};

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
