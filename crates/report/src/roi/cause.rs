//! Every comparison with the one sentence that it allows.

use pointsman_measure::roi::{
    Design, Judged, REHEARSALS, RoiResult,
    interrupted::Interrupted,
    spec::{Detail, Source},
};

use super::{interval, range};
use crate::{
    Chart, Cx, Figure, Interval, Locale, Role, Section, Table, Unit,
    chart::{Forest, ForestRow, Lines, Point, RowStyle, Series},
    part::{Notice, Tone},
    table::{Column, Row},
    words::roi as words,
};

const POINTS: Unit = Unit::points(2);

pub(super) fn section(result: &RoiResult, cx: Cx) -> Section {
    let l = cx.locale;
    let counted = result.counted();
    let mut figures: Vec<Figure> = counted.map(|judged| forest(result, judged, l)).into_iter().collect();
    let mut method = vec![words::cause_method(l)];
    for (i, source) in result.spec.sources.iter().enumerate() {
        if let Detail::Interrupted { found, weekly } = &source.detail {
            figures.push(series(i, *found, weekly, l));
        }
        method.extend(made(source, l));
    }
    let rows: Vec<Row> = result.judged.iter().map(|judged| row(judged, l)).collect();
    let columns = vec![
        Column::text(words::design(l)),
        Column::number(words::effect(l)),
        Column::text(words::may_say(l)),
        Column::text(words::counts_here(l)),
    ];
    Section {
        id: "cause".into(),
        heading: words::cause(l),
        sentence: counted.map_or_else(String::new, |judged| words::claim_of(l, judged.claim)),
        notices: rehearsed(result, l),
        figures,
        tables: vec![Table::of(columns, rows.into_iter(), cx)],
        method,
        ..Section::default()
    }
}

fn row(judged: &Judged, l: Locale) -> Row {
    let evidence = judged.evidence;
    let counts = if judged.counts { words::yes(l) } else { words::no(l) };
    let effect = POINTS.interval(l, interval(evidence.effect));
    Row {
        cells: vec![words::design_of(l, evidence.design), effect, words::claim_of(l, judged.claim), counts],
        strong: judged.counts,
    }
}

/// Where the money rests on before and after, how easily that is fooled stands beside it.
fn rehearsed(result: &RoiResult, l: Locale) -> Vec<Notice> {
    let (told, percent) = (result.rehearsed, Unit::percent(1));
    let share = |n: u32| percent.show(l, f64::from(n) / f64::from(told.runs.max(1)));
    let runs = l.count(u64::from(REHEARSALS));
    let drift = Unit::percent(0).show(l, result.world.drift);
    let before = words::rehearsed(l, &share(told.pre_post_differs), &runs, &drift);
    let held = words::covers(l, &share(told.hold_out_covers), &runs, &share(told.hold_out_caused));
    let rests_on_before = result.counted().is_some_and(|judged| judged.evidence.design == Design::PrePost);
    let tone = if rests_on_before { Tone::Warn } else { Tone::Neutral };
    vec![Notice { tone, text: before }, Notice { tone: Tone::Neutral, text: held }]
}

fn forest(result: &RoiResult, counted: &Judged, l: Locale) -> Figure {
    let rows = result.judged.iter().map(|judged| ForestRow {
        label: words::design_of(l, judged.evidence.design),
        note: String::new(),
        value: interval(judged.evidence.effect),
        style: if judged.counts { RowStyle::Plain } else { RowStyle::Doubtful },
    });
    let (design, effect) = (words::design_of(l, counted.evidence.design), counted.evidence.effect);
    Figure {
        id: "comparisons".into(),
        finding: words::cause_finding(l, &design, &POINTS.show(l, effect.value), &range(l, POINTS, effect)),
        caption: String::new(),
        chart: Chart::Forest(Forest {
            unit: POINTS,
            axis: words::cause_axis(l),
            reference: Some(0.0),
            below: words::fewer_wins(l),
            above: words::more_wins(l),
            rows: rows.collect(),
            marks: Vec::new(),
        }),
    }
}

fn series(i: usize, found: Interrupted, weekly: &[f64], l: Locale) -> Figure {
    let line = |name: String, role, of: &dyn Fn(usize) -> f64| Series {
        name,
        role,
        points: (0..weekly.len()).map(|t| Point { x: t as f64 + 1.0, y: Interval::point(of(t)) }).collect(),
    };
    let gap = POINTS.show(l, found.effect.value);
    Figure {
        id: format!("weeks-{i}"),
        finding: words::series_finding(l, &gap, &range(l, POINTS, found.effect)),
        caption: String::new(),
        chart: Chart::Lines(Lines {
            x: Unit::count(),
            x_title: words::series_x(l),
            y: Unit::percent(1),
            y_title: words::series_y(l),
            series: vec![
                line(words::series_seen(l), Role::Variant, &|t| weekly[t]),
                line(words::series_trend(l), Role::Control, &|t| found.expected(t)),
            ],
            reference: None,
            stepped: false,
        }),
    }
}

fn made(source: &Source, l: Locale) -> Option<String> {
    match &source.detail {
        Detail::HoldOut => None,
        Detail::Interrupted { found, .. } => {
            Some(words::series_method(l, &l.number(found.df, 0), &l.number(found.neighbours, 2)))
        }
        Detail::Staggered { found } => {
            let (teams, orders) = (l.count(found.teams as u64), l.count(found.orders as u64));
            Some(words::staggered_method(l, &teams, &orders, &l.number(found.p_value, 3)))
        }
        Detail::Experiment { experiment } => Some(words::experiment_method(l, experiment)),
    }
}
