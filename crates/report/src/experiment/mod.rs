//! Reports of experiments: should we ship? Verdict, effect with the interval of its design, health,
//! other metrics and guardrails, segments. A plain input; the experiment's own analysis fills it.

pub mod data;
mod metrics;
mod record;
mod result;

use crate::{
    Chart, Cx, Figure, Interval, Page, Role, Section, Unit,
    chart::{Curve, Survival},
    part::Tile,
    words::experiment as words,
};

pub use data::{
    Accounting, Analysis, ContactSteps, Design, EffectRow, Exclusion, ExperimentReport, Look, MetricEffect,
    MetricMeasure, MetricRole, MetricStatus, Names, SegmentEffect, Srm, Switchback, TestResult, TestVerdict,
};

pub use record::{Record, sections as record_sections};
pub use result::{section, verdict};

impl TestResult {
    /// Whether the effect may be read: the split was healthy, and the planned look has come.
    pub fn is_readable(&self) -> bool {
        !matches!(self.verdict, TestVerdict::Unhealthy | TestVerdict::Running { .. } | TestVerdict::TooSoon)
    }
}

/// The whole report. `other_language` is the address of the same report in the other language.
pub fn page(report: &ExperimentReport, other_language: Option<String>, cx: Cx) -> Page {
    let l = cx.locale;
    let (test, names) = (&report.test, &report.names);
    let mut sections = vec![section(test, names, cx)];
    if test.is_readable() {
        if !report.metrics.is_empty() {
            sections.push(metrics::section(report, cx));
        }
        if !report.contact.is_empty() {
            sections.push(contact(report, cx));
        }
        if !report.segments.is_empty() {
            sections.push(metrics::segments(report, cx));
        }
    }
    Page {
        title: words::title(l, &test.name),
        kicker: words::kicker(l, &names.control, &names.variant, &l.date(test.from), &l.date(test.until)),
        question: words::question(l),
        verdict: Some(verdict(test, names, cx)),
        tiles: tiles(report, cx),
        sections,
        provenance: report.provenance.clone(),
        other_language,
    }
}

fn tiles(report: &ExperimentReport, cx: Cx) -> Vec<Tile> {
    let l = cx.locale;
    let test = &report.test;
    let tile = |label: String, unit: Unit, value: Interval| {
        let detail = if value.has_bounds() { unit.range(l, value.lo, value.hi) } else { String::new() };
        Tile { label, value: unit.show(l, value.est), detail }
    };
    let mut tiles = Vec::new();
    if test.is_readable() {
        let rate = Unit::percent(1);
        tiles.push(tile(words::tile_control(l, &report.names.control), rate, test.control_rate));
        tiles.push(tile(words::tile_control(l, &report.names.variant), rate, test.variant_rate));
        tiles.push(tile(words::tile_effect(l), Unit::points(1), test.effect));
    }
    let sums = &test.accounting;
    let matured = if sums.exposed == 0 { f64::NAN } else { sums.matured as f64 / sums.exposed as f64 };
    tiles.push(Tile {
        label: words::tile_exposed(l),
        value: l.count(sums.exposed),
        detail: words::tile_matured(l, &Unit::percent(0).show(l, matured)),
    });
    tiles
}

fn contact(report: &ExperimentReport, cx: Cx) -> Section {
    let l = cx.locale;
    let name = |role| match role {
        Role::Control => report.names.control.clone(),
        _ => report.names.variant.clone(),
    };
    let curve = |c: &ContactSteps| Curve { name: name(c.role), role: c.role, steps: c.steps.clone() };
    let chart = Chart::Survival(Survival {
        time: Unit::minutes(),
        time_title: crate::words::demo::contact_x(l),
        share_title: crate::words::demo::contact_y(l),
        curves: report.contact.iter().map(curve).collect(),
        promise: report.sla_minutes.map(|at| (at, crate::words::demo::sla(l, &Unit::minutes().show(l, at)))),
    });
    Section {
        id: "contact".into(),
        heading: words::contact(l),
        sentence: words::contact_sentence(l),
        figures: vec![Figure {
            id: "contact-curves".into(),
            finding: contact_finding(report, cx),
            caption: String::new(),
            chart,
        }],
        method: vec![words::contact_method(l)],
        ..Section::default()
    }
}

/// How many still wait when the promise is due, read off the curves; else what the axis shows.
fn contact_finding(report: &ExperimentReport, cx: Cx) -> String {
    let l = cx.locale;
    let waiting = |role: Role, at: f64| {
        let curve = report.contact.iter().find(|c| c.role == role)?;
        let share = curve.steps.iter().take_while(|s| s.at <= at).last()?.share.est;
        Some(Unit::percent(1).show(l, share))
    };
    let both = |at| Some((at, waiting(Role::Variant, at)?, waiting(Role::Control, at)?));
    match report.sla_minutes.and_then(both) {
        Some((at, new, old)) => words::contact_finding(l, &Unit::minutes().show(l, at), &new, &old),
        None => crate::words::demo::contact_y(l),
    }
}
