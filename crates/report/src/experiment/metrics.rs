//! The other metrics, the guardrails, and the effect by segment.

use super::{ExperimentReport, MetricEffect, MetricMeasure, MetricRole, MetricStatus, words};
use crate::{
    Chart, Cx, Figure, Section, Table, Unit,
    chart::{Forest, ForestRow, RowStyle},
    part::{Notice, Tone},
    table::{Column, Row},
};

const RELATIVE: Unit = Unit::percent(1).signed();
const POINTS: Unit = Unit::points(1);

impl MetricMeasure {
    fn level(self) -> Unit {
        match self {
            Self::Share => Unit::percent(1),
            Self::Minutes => Unit::minutes(),
            Self::Money(currency) => Unit::money(currency),
            Self::Number => Unit::number(2),
        }
    }

    fn difference(self) -> Unit {
        match self {
            Self::Share => POINTS,
            other => other.level().signed(),
        }
    }
}

pub(super) fn section(report: &ExperimentReport, cx: Cx) -> Section {
    let l = cx.locale;
    let count = |wanted| l.count(report.metrics.iter().filter(|m| m.status == wanted).count() as u64);
    let all = l.count(report.metrics.len() as u64);
    let mut figures = Vec::new();
    if report.metrics.iter().any(|m| m.relative.is_some()) {
        figures.push(relative(report, cx));
    }
    Section {
        id: "metrics".into(),
        heading: words::metrics(l),
        sentence: words::metrics_sentence(l, &count(MetricStatus::Better), &count(MetricStatus::Worse), &all),
        notices: guardrails(report, cx).into_iter().collect(),
        figures,
        tables: vec![table(report, cx)],
        method: vec![words::metrics_method(l)],
        ..Section::default()
    }
}

fn guardrails(report: &ExperimentReport, cx: Cx) -> Option<Notice> {
    let l = cx.locale;
    let breached: Vec<String> =
        report.metrics.iter().filter(|m| m.status == MetricStatus::Breached).map(|m| m.name.clone()).collect();
    if !breached.is_empty() {
        return Some(Notice { tone: Tone::Bad, text: words::guardrail_breached(l, &l.list(&breached)) });
    }
    let held = report.metrics.iter().filter(|m| m.status == MetricStatus::WithinMargin).count() as u64;
    (held > 0).then(|| Notice { tone: Tone::Good, text: words::guardrails_hold(l, &l.count(held)) })
}

fn relative(report: &ExperimentReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let row = |m: &MetricEffect| {
        let note = format!("{}: {}", words::role(l, m.role), words::status(l, m.status));
        Some(ForestRow { label: m.name.clone(), note, value: m.relative?, style: RowStyle::Plain })
    };
    Figure {
        id: "relative".into(),
        finding: words::metrics_finding(l),
        caption: String::new(),
        chart: Chart::Forest(Forest {
            unit: RELATIVE,
            axis: words::relative_axis(l),
            reference: Some(0.0),
            below: words::lower(l),
            above: words::higher(l),
            rows: report.metrics.iter().filter_map(row).collect(),
            marks: Vec::new(),
        }),
    }
}

fn table(report: &ExperimentReport, cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::metric(l)),
        Column::number(report.names.control.clone()),
        Column::number(report.names.variant.clone()),
        Column::number(words::difference(l)),
        Column::number(words::relative(l)),
        Column::text(words::reading(l)),
    ];
    let rows = report.metrics.iter().map(|m| {
        let (level, unit) = (m.measure.level(), m.measure.difference());
        let with_range = |unit: Unit, value: crate::Interval| {
            format!("{}\n{}", unit.show(l, value.est), unit.range(l, value.lo, value.hi))
        };
        let cells = vec![
            format!("{}\n{}", m.name, words::role(l, m.role)),
            level.show(l, m.control),
            level.show(l, m.variant),
            with_range(unit, m.effect),
            m.relative.map_or_else(|| "–".into(), |value| with_range(RELATIVE, value)),
            words::status(l, m.status),
        ];
        Row { cells, strong: m.role == MetricRole::Primary }
    });
    Table::of(columns, rows, cx)
}

pub(super) fn segments(report: &ExperimentReport, cx: Cx) -> Section {
    let l = cx.locale;
    let row = |label: String, leads: u64, value, style| ForestRow { label, note: words::leads(l, leads), value, style };
    let mut rows: Vec<ForestRow> =
        report.segments.iter().map(|s| row(s.segment.clone(), s.leads, s.effect, RowStyle::Plain)).collect();
    rows.push(row(words::all_leads(l), report.test.accounting.matured, report.test.effect, RowStyle::Total));
    let sure = report.segments.iter().filter(|s| s.effect.excludes(0.0)).count() as u64;
    let chart = Chart::Forest(Forest {
        unit: POINTS,
        axis: words::effect_axis(l),
        reference: Some(0.0),
        below: words::better(l, &report.names.control),
        above: words::better(l, &report.names.variant),
        rows,
        marks: Vec::new(),
    });
    Section {
        id: "segments".into(),
        heading: words::segments(l),
        sentence: words::segments_sentence(l, &l.count(sure), &l.count(report.segments.len() as u64)),
        figures: vec![Figure {
            id: "by-segment".into(),
            finding: words::segments_finding(l),
            caption: String::new(),
            chart,
        }],
        ..Section::default()
    }
}
