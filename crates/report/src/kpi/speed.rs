//! Time to the first touch, the chain of clocks, and what was promised.

use pointsman_measure::kpi::{Kpi, KpiResult, TouchedBy};

use super::{KpiReport, format, not_measured};
use crate::{
    Chart, Cx, Figure, Interval, Locale, Role, Section, Table, Unit,
    chart::{Bar, Bars, Curve, Group, Step, Survival},
    table::{Column, Row},
    words::{kpi as words, tidy},
};

const SPEEDS: [Kpi; 8] = [
    Kpi::SpeedToLead,
    Kpi::SpeedToLeadP90,
    Kpi::TouchedFast,
    Kpi::TimeTo48h,
    Kpi::ServiceSpeed,
    Kpi::ServiceSpeedP90,
    Kpi::ServiceTouchedFast,
    Kpi::ServiceTimeTo48h,
];
const CHAIN: [Kpi; 5] =
    [Kpi::ClockDecided, Kpi::ClockNotified, Kpi::ClockAccepted, Kpi::ClockTouched, Kpi::ClockReached];

fn found<'a>(report: &'a KpiReport<'_>, kpi: Kpi) -> Option<&'a (KpiResult, KpiResult)> {
    report.overview.figures.iter().find(|(now, _)| now.kpi == kpi)
}

fn shown(report: &KpiReport<'_>, kpi: Kpi, l: Locale) -> String {
    let value = found(report, kpi).and_then(|(now, _)| now.value());
    value.map_or_else(|| "–".into(), |value| format::value(l, kpi, value.value, report.about.currency))
}

pub(super) fn sentence(report: &KpiReport<'_>, l: Locale) -> String {
    let Some((speed, _)) = found(report, Kpi::SpeedToLead) else { return String::new() };
    match speed.measured {
        pointsman_measure::kpi::Measured::NotMeasured(why) => words::speed_none(l, &words::why_not(l, why)),
        pointsman_measure::kpi::Measured::Value(value) => words::speed_sentence(
            l,
            &shown(report, Kpi::SpeedToLead, l),
            &format::range(l, Kpi::SpeedToLead, value, report.about.currency),
            &shown(report, Kpi::TouchedFast, l),
            &shown(report, Kpi::LostLeads, l),
        ),
    }
}

pub(super) fn section(report: &KpiReport<'_>, cx: Cx) -> Section {
    let l = cx.locale;
    let now = found(report, Kpi::SpeedToLead).map(|(now, _)| now);
    let measured = !report.overview.curve.steps.is_empty();
    let rows: Vec<(&KpiResult, &KpiResult)> =
        SPEEDS.iter().filter_map(|kpi| found(report, *kpi)).map(|(now, before)| (now, before)).collect();
    Section {
        id: "speed".into(),
        heading: words::speed(l),
        sentence: sentence(report, l),
        notices: now.and_then(|now| not_measured(now, l)).into_iter().collect(),
        figures: measured.then(|| curves(report, cx)).into_iter().collect(),
        tables: vec![table(report, &rows, cx)],
        method: vec![words::method_curve(l)],
        ..Section::default()
    }
}

pub(crate) fn curves(report: &KpiReport<'_>, cx: Cx) -> Figure {
    let l = cx.locale;
    let curve = |name: String, role, touched: &TouchedBy| Curve { name, role, steps: steps(touched) };
    let mut curves = vec![curve(words::now(l), Role::Variant, &report.overview.curve)];
    if !report.overview.curve_before.steps.is_empty() {
        curves.push(curve(words::before(l), Role::Control, &report.overview.curve_before));
    }
    let median = found(report, Kpi::SpeedToLead).and_then(|(now, _)| now.value());
    Figure {
        id: "untouched".into(),
        finding: match median {
            Some(_) => words::speed_finding(l, &shown(report, Kpi::SpeedToLead, l)),
            None => words::speed_finding_none(l),
        },
        caption: String::new(),
        chart: Chart::Survival(Survival {
            time: Unit::minutes(),
            time_title: words::speed_x(l),
            share_title: words::speed_y(l),
            curves,
            promise: None,
        }),
    }
}

fn steps(touched: &TouchedBy) -> Vec<Step> {
    let step = |step: &pointsman_measure::flow::TouchStep| Step {
        at: step.seconds / 60.0,
        share: Interval::new(step.untouched, step.low, step.high),
        open: step.at_risk,
    };
    let start = Step { at: 0.0, share: Interval::point(1.0), open: touched.n };
    std::iter::once(start).chain(touched.steps.iter().map(step)).collect()
}

/// Figures with their intervals, now and before.
fn table(report: &KpiReport<'_>, rows: &[(&KpiResult, &KpiResult)], cx: Cx) -> Table {
    let (l, currency) = (cx.locale, report.about.currency);
    let columns = vec![
        Column::text(words::figure(l)),
        Column::number(words::now(l)),
        Column::number(words::interval(l)),
        Column::number(words::before(l)),
        Column::number(words::rests(l)),
        Column::number(words::pending(l)),
    ];
    let value =
        |result: &KpiResult| result.value().map_or("–".into(), |v| format::value(l, result.kpi, v.value, currency));
    let rows = rows.iter().map(|(now, before)| {
        let range = now.value().map_or_else(String::new, |v| format::range(l, now.kpi, v, currency));
        Row::new(vec![
            words::name_of(l, now.kpi),
            value(now),
            range,
            value(before),
            l.count(now.n),
            l.count(now.pending),
        ])
    });
    Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx)
}

/// `None` where no clock is measured.
pub(super) fn chain(report: &KpiReport<'_>, cx: Cx) -> Option<Section> {
    let (l, currency) = (cx.locale, report.about.currency);
    let all: Vec<&KpiResult> = CHAIN.iter().filter_map(|kpi| found(report, *kpi)).map(|(now, _)| now).collect();
    let measured: Vec<&KpiResult> = all.iter().copied().filter(|result| result.value().is_some()).collect();
    let longest = measured.iter().max_by(|a, b| {
        let value = |result: &KpiResult| result.value().map_or(0.0, |value| value.value);
        value(a).total_cmp(&value(b))
    })?;
    let time = longest.value().map_or_else(String::new, |value| format::value(l, longest.kpi, value.value, currency));
    Some(Section {
        id: "chain".into(),
        heading: words::chain(l),
        sentence: tidy(&words::chain_sentence(l, &words::name_of(l, longest.kpi), &time)),
        notices: all.iter().filter_map(|result| not_measured(result, l)).collect(),
        figures: (measured.len() > 1).then(|| clocks(&measured, l)).into_iter().collect(),
        method: vec![words::method_curve(l)],
        ..Section::default()
    })
}

fn clocks(measured: &[&KpiResult], l: Locale) -> Figure {
    let bar = |result: &&KpiResult| {
        let value = result.value()?;
        let bar = Bar { name: String::new(), role: Role::Variant, value: format::interval(result.kpi, value) };
        Some(Group { label: words::name_of(l, result.kpi), bars: vec![bar] })
    };
    Figure {
        id: "clocks".into(),
        finding: words::chain_finding(l),
        caption: String::new(),
        chart: Chart::Bars(Bars {
            unit: Unit::minutes(),
            axis: words::chain_axis(l),
            groups: measured.iter().filter_map(bar).collect(),
        }),
    }
}

/// `None` where nothing was promised.
pub(super) fn promise(report: &KpiReport<'_>, cx: Cx) -> Option<Section> {
    let l = cx.locale;
    let (met, _) = found(report, Kpi::FirstContactInSla)?;
    let value = met.value()?;
    let breaches = &report.overview.breaches;
    let all: u64 = breaches.iter().map(|(_, count)| count).sum();
    let most = breaches.iter().max_by_key(|(_, count)| *count);
    let bar = |(cause, count): &(_, u64)| Group {
        label: words::cause_of(l, *cause),
        bars: vec![Bar { name: String::new(), role: Role::Variant, value: Interval::point(*count as f64) }],
    };
    let figure = |(cause, _): &(pointsman_measure::rows::BreachCause, u64)| Figure {
        id: "breaches".into(),
        finding: words::breaches_finding(l, &words::cause_of(l, *cause)),
        caption: String::new(),
        chart: Chart::Bars(Bars {
            unit: Unit::count(),
            axis: words::breaches_axis(l),
            groups: breaches.iter().map(bar).collect(),
        }),
    };
    Some(Section {
        id: "promise".into(),
        heading: words::promise(l),
        sentence: words::promise_sentence(
            l,
            &shown(report, Kpi::FirstContactInSla, l),
            &format::range(l, Kpi::FirstContactInSla, value, report.about.currency),
            &words::n_breaches(l, all),
        ),
        figures: most.map(figure).into_iter().collect(),
        ..Section::default()
    })
}
