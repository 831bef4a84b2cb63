//! What the difference is worth a quarter, and how well that is proved.

use super::{DemoReport, Evidence, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section,
    chart::{Bar, Bars, Block, BlockKind, Group, Waterfall},
    part::{Notice, Tone},
};

pub(super) fn section(report: &DemoReport, cx: Cx) -> Section {
    let l = cx.locale;
    let money = &report.money;
    // Money that rests on a test is covered with the test.
    let covered = report.covers_money();
    let mut figures = Vec::new();
    if !covered && !money.quarters.is_empty() {
        figures.push(quarters(report, cx));
    }
    if !covered && !money.parts.is_empty() {
        figures.push(parts(report, cx));
    }
    let tone = if money.evidence == Evidence::BeforeAfter { Tone::Warn } else { Tone::Neutral };
    Section {
        id: "money".into(),
        heading: words::money(l),
        sentence: sentence(report, cx),
        notices: if covered { Vec::new() } else { vec![Notice { tone, text: words::evidence(l, money.evidence) }] },
        figures,
        method: vec![words::money_method(l)],
        ..Section::default()
    }
}

pub(super) fn sentence(report: &DemoReport, cx: Cx) -> String {
    let l = cx.locale;
    if report.covers_money() {
        return words::money_covered(l);
    }
    let value = report.money.per_quarter;
    let unit = report.total_unit();
    let (est, range) = (unit.show(l, value.est), unit.range(l, value.lo, value.hi));
    match (report.currency, value.excludes(0.0)) {
        (Some(_), true) => words::money_sentence(l, &est, &range),
        (Some(_), false) => words::money_unsure(l, &est, &range),
        (None, _) => words::wins_sentence(l, &est, &range),
    }
}

fn quarters(report: &DemoReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let unit = report.total_unit().signed();
    let groups = report.money.quarters.iter().map(|q| Group {
        label: q.label.clone(),
        bars: vec![Bar { name: String::new(), role: Role::Variant, value: q.value }],
    });
    let sure = report.money.quarters.iter().filter(|q| q.value.lo > 0.0).count() as u64;
    let all = report.money.quarters.len() as u64;
    Figure {
        id: "quarters".into(),
        finding: words::quarters_finding(l, &l.count(sure), &l.count(all)),
        caption: String::new(),
        chart: Chart::Bars(Bars { unit, axis: words::money_axis(l), groups: groups.collect() }),
    }
}

fn parts(report: &DemoReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let money = &report.money;
    let part = |label: String, kind, value: Interval| Block { label, kind, value };
    let mut blocks: Vec<Block> =
        money.parts.iter().map(|p| part(words::part(l, p.part), BlockKind::Part, p.value)).collect();
    blocks.push(part(words::total(l), BlockKind::Total, money.per_quarter));
    Figure {
        id: "parts".into(),
        finding: words::parts_finding(l),
        caption: String::new(),
        chart: Chart::Waterfall(Waterfall { unit: report.total_unit().signed(), axis: words::money_axis(l), blocks }),
    }
}
