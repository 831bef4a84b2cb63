//! The sections of the card; the demo report shows some of them too.

use super::{Judged, Limit, Metric, MetricRow, ModelReport, RepEffect, calibration_sentence, rep_sentence, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section, Table, Unit,
    chart::{Calibration, Forest, ForestRow, Lines, Point, RowStyle, Series},
    part::{Notice, Tone},
    table::{Column, Row},
};

/// Reps shown at each end of the list of effects.
const ENDS: usize = 5;
const POINTS: Unit = Unit::points(1);

pub(super) fn evaluation(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let rows = report.metrics.iter().map(|row| {
        let unit = row.metric.unit();
        let range = if row.model.has_bounds() { unit.range(l, row.model.lo, row.model.hi) } else { String::new() };
        let base = row.base.map_or_else(String::new, |base| unit.show(l, base));
        let way = words::better(l, row.metric);
        Row::new(vec![words::metric(l, row.metric), unit.show(l, row.model.est), range, base, way])
    });
    let columns = vec![
        Column::text(words::measure(l)),
        Column::number(words::model(l)),
        Column::number(crate::words::chart::interval(l)),
        Column::number(words::base_model(l)),
        Column::text(words::better_is(l)),
    ];
    let until = l.date(report.tested_until);
    let sentence = match report.metric(Metric::LogLoss) {
        Some(MetricRow { metric, model, base: Some(base) }) => {
            let unit = metric.unit();
            let (loss, base) = (unit.interval(l, *model), unit.show(l, *base));
            match report.judged {
                Judged::HeldOut => words::evaluated(l, &l.count(report.test_rows), &until, &loss, &base),
                Judged::Chained => words::chained(l, &l.count(report.test_rows), &loss, &base),
            }
        }
        _ => words::tested_until(l, &l.count(report.test_rows), &until),
    };
    let mut figures = Vec::new();
    if report.gains.len() > 1 {
        figures.push(gain_figure(report, cx));
    }
    let tables = vec![Table::of(columns, rows, cx)];
    let method = vec![match report.judged {
        Judged::HeldOut => words::evaluation_method(l),
        Judged::Chained => words::chained_method(l),
    }];
    Section {
        id: "evaluation".into(),
        heading: words::evaluation(l),
        sentence,
        figures,
        tables,
        method,
        ..Section::default()
    }
}

fn gain_figure(report: &ModelReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let share = Unit::percent(0);
    let line = |name: String, role, points: Vec<Point>| Series { name, role, points };
    let points = report.gains.iter().map(|g| Point { x: g.leads, y: Interval::point(g.wins) }).collect();
    let even = [0.0, 1.0].map(|v| Point { x: v, y: Interval::point(v) }).to_vec();
    let fifth = report.gains.iter().min_by(|a, b| (a.leads - 0.2).abs().total_cmp(&(b.leads - 0.2).abs()));
    let finding =
        fifth.map_or_else(String::new, |g| words::gain_finding(l, &share.show(l, g.leads), &share.show(l, g.wins)));
    let chart = Chart::Lines(Lines {
        x: share,
        x_title: words::gain_x(l),
        y: share,
        y_title: words::gain_y(l),
        series: vec![line(words::model(l), Role::Variant, points), line(words::by_chance(l), Role::Control, even)],
        reference: None,
        stepped: false,
    });
    Figure { id: "gain".into(), finding, caption: String::new(), chart }
}

/// Predictions against what happened.
pub fn calibration(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let sentence = calibration_sentence(report, cx);
    let finding = if report.calibrated() { words::honest_finding(l) } else { words::dishonest_finding(l) };
    let chart = Chart::Calibration(Calibration { bins: report.bins.clone() });
    let figure = Figure { id: "calibration".into(), finding, caption: words::calibration_caption(l), chart };
    Section {
        id: "calibration".into(),
        heading: words::calibration(l),
        sentence,
        figures: vec![Figure { id: "reliability".into(), ..figure }],
        method: vec![words::calibration_method(l)],
        ..Section::default()
    }
}

/// Which layers stayed.
pub fn gates(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let unit = Unit::number(4).signed();
    let forest = Forest {
        unit,
        axis: words::gate_axis(l),
        reference: Some(0.0),
        below: words::worse(l),
        above: words::better_word(l),
        rows: report
            .gates
            .iter()
            .map(|gate| ForestRow {
                label: words::layer(l, &gate.layer),
                note: if gate.kept { words::kept(l) } else { words::left_out(l) },
                value: gate.gain,
                style: if gate.kept { RowStyle::Plain } else { RowStyle::Doubtful },
            })
            .collect(),
        marks: Vec::new(),
    };
    let kept = report.gates.iter().filter(|g| g.kept).count() as u64;
    let finding = words::gates_finding(l, &l.count(kept), &l.count(report.gates.len() as u64));
    let figure = Figure { id: "layers".into(), finding, caption: String::new(), chart: Chart::Forest(forest) };
    Section {
        id: "gates".into(),
        heading: words::gates(l),
        sentence: rep_sentence(report, cx),
        figures: if report.gates.is_empty() { Vec::new() } else { vec![figure] },
        method: vec![words::gates_method(l)],
        ..Section::default()
    }
}

/// Reps at both ends, with intervals: a rank without them would be read as a verdict on people.
pub fn rep_effects(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let mut sorted: Vec<&RepEffect> = report.rep_effects.iter().filter(|r| !r.effect.est.is_nan()).collect();
    sorted.sort_by(|a, b| b.effect.est.total_cmp(&a.effect.est).then_with(|| a.rep.cmp(&b.rep)));
    let sure = sorted.iter().filter(|r| r.effect.excludes(0.0)).count() as u64;
    let shown: Vec<&RepEffect> = if sorted.len() <= 2 * ENDS {
        sorted.clone()
    } else {
        sorted[..ENDS].iter().chain(&sorted[sorted.len() - ENDS..]).copied().collect()
    };
    let rows = shown.iter().map(|r| ForestRow {
        label: r.rep.clone(),
        note: words::leads(l, r.leads),
        value: r.effect,
        style: RowStyle::Plain,
    });
    let forest = Forest {
        unit: POINTS,
        axis: words::rep_axis(l),
        reference: Some(0.0),
        below: words::below_average(l),
        above: words::above_average(l),
        rows: rows.collect(),
        marks: Vec::new(),
    };
    let counts = (l.count(sure), l.count(sorted.len() as u64));
    let figure = Figure {
        id: "rep-ends".into(),
        finding: words::reps_finding(l, &l.count(shown.len() as u64)),
        caption: String::new(),
        chart: Chart::Forest(forest),
    };
    Section {
        id: "rep-effects".into(),
        heading: words::rep_effects(l),
        sentence: words::reps_sentence(l, &counts.0, &counts.1),
        figures: if shown.is_empty() { Vec::new() } else { vec![figure] },
        method: vec![words::reps_method(l)],
        ..Section::default()
    }
}

/// What the data lacked.
pub fn quality(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let rows = report.quality.iter().map(|row| {
        let share = if row.of == 0 { f64::NAN } else { row.count as f64 / row.of as f64 };
        Row::new(vec![words::fact(l, &row.fact), l.count(row.count), l.count(row.of), Unit::percent(1).show(l, share)])
    });
    let columns = vec![
        Column::text(words::finding(l)),
        Column::number(words::how_many(l)),
        Column::number(words::of(l)),
        Column::number(words::share(l)),
    ];
    let tables = if report.quality.is_empty() { Vec::new() } else { vec![Table::of(columns, rows, cx)] };
    Section {
        id: "quality".into(),
        heading: words::quality(l),
        sentence: words::quality_sentence(l),
        tables,
        ..Section::default()
    }
}

pub(super) fn limits(report: &ModelReport, cx: Cx) -> Section {
    let l = cx.locale;
    let protected = report.protected_used.iter().map(|name| Limit::Protected(name.clone()));
    let limits: Vec<Limit> = protected.chain(report.limits.iter().cloned()).collect();
    let notices = limits.iter().map(|limit| {
        let tone = match limit {
            Limit::Simulated => Tone::Neutral,
            Limit::Protected(_) => Tone::Bad,
            _ => Tone::Warn,
        };
        Notice { tone, text: words::limit(l, limit) }
    });
    let sentence = if limits.is_empty() { words::no_limits(l) } else { words::limits_sentence(l) };
    Section {
        id: "limits".into(),
        heading: words::limits(l),
        sentence,
        notices: notices.collect(),
        ..Section::default()
    }
}
