//! The map of what follows what, where leads wait, and the ways through.

use pointsman_measure::flow::{Edge, Flow};

use super::{FlowReport, percent, time, with_interval, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section, Table, Unit,
    chart::{Bar, Bars, Group, Heat},
    table::{Column, Row},
};

/// Steps that the map shows; more would be unreadable.
const MAPPED: usize = 24;
const WAITS: usize = 10;
const EDGES: usize = 40;
const VARIANTS: usize = 20;
/// Steps of a way that are spelled out.
const SPELLED: usize = 8;

pub(super) fn map(report: &FlowReport<'_>, cx: Cx) -> Section {
    let (l, flow) = (cx.locale, report.flow);
    let process = &flow.process;
    if process.edges.is_empty() {
        let (id, heading) = ("map".into(), words::map(l));
        return Section { id, heading, sentence: words::nothing_follows(l), ..Section::default() };
    }
    let mut sentence = process.edges.first().map_or_else(String::new, |edge| {
        let edges = words::n_edges(l, process.edges.len() as u64);
        let steps = words::n_steps(l, process.steps.len() as u64);
        let transitions = words::n_transitions(l, process.transitions);
        words::map_sentence(l, &edges, &steps, &transitions, &edge.from, &edge.to, &l.count(edge.count))
    });
    let mut widest: Vec<&Edge> = process.edges.iter().collect();
    widest.sort_by(|a, b| b.total_seconds.total_cmp(&a.total_seconds));
    if let Some(edge) = widest.first() {
        let inside = if edge.total_seconds > 0.0 { edge.working_seconds / edge.total_seconds } else { 0.0 };
        let unit = Unit::percent(0);
        let (share, inside) = (unit.show(l, edge.share_of_waiting), unit.show(l, inside));
        sentence = format!("{sentence} {}", words::waits_sentence(l, &edge.from, &edge.to, &share, &inside));
    }
    let hours = match &report.calendar {
        Some(name) => words::calendar(l, name),
        None => words::office_hours(l),
    };
    Section {
        id: "map".into(),
        heading: words::map(l),
        sentence,
        figures: vec![matrix(flow, cx), waits(&widest, cx)],
        tables: vec![edges(&process.edges, cx)],
        method: vec![words::map_method(l), words::hours_method(l, &report.zone, &hours)],
        ..Section::default()
    }
}

fn matrix(flow: &Flow, cx: Cx) -> Figure {
    let l = cx.locale;
    let steps: Vec<&str> = flow.process.steps.iter().take(MAPPED).map(|row| &*row.step).collect();
    let place = |step: &str| steps.iter().position(|one| *one == step);
    let mut cells = vec![vec![f64::NAN; steps.len()]; steps.len()];
    let mut leaving = vec![0.0; steps.len()];
    for edge in &flow.process.edges {
        let Some(from) = place(&edge.from) else { continue };
        leaving[from] += edge.count as f64;
        if let Some(to) = place(&edge.to) {
            cells[from][to] = edge.count as f64;
        }
    }
    for (row, all) in cells.iter_mut().zip(leaving) {
        row.iter_mut().for_each(|cell| *cell /= all);
    }
    // Two dozen names do not stand side by side: columns carry the numbers of the rows.
    let number = |at: usize| (at + 1).to_string();
    Figure {
        id: "what-follows".into(),
        finding: words::map_finding(l, &l.count(steps.len() as u64)),
        caption: words::map_caption(l),
        chart: Chart::Heat(Heat {
            unit: Unit::percent(0),
            rows: steps.iter().enumerate().map(|(at, step)| format!("{} {step}", number(at))).collect(),
            columns: (0..steps.len()).map(number).collect(),
            cells,
            title: words::share(l),
        }),
    }
}

fn waits(widest: &[&Edge], cx: Cx) -> Figure {
    let l = cx.locale;
    let days = |seconds: f64| Interval::point(seconds / 86_400.0);
    let group = |edge: &&Edge| Group {
        label: format!("{} →\n{}", edge.from, edge.to),
        bars: vec![
            Bar { name: words::inside(l), role: Role::Variant, value: days(edge.working_seconds) },
            Bar {
                name: words::outside(l),
                role: Role::Control,
                value: days(edge.total_seconds - edge.working_seconds),
            },
        ],
    };
    Figure {
        id: "waits".into(),
        finding: words::waits_finding(l),
        caption: String::new(),
        chart: Chart::Bars(Bars {
            unit: Unit::count(),
            axis: words::waits_axis(l),
            groups: widest.iter().take(WAITS).map(group).collect(),
        }),
    }
}

fn edges(edges: &[Edge], cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::from(l)),
        Column::text(words::to(l)),
        Column::number(words::times(l)),
        Column::number(words::median(l)),
        Column::number(words::p90(l)),
        Column::number(words::of_waiting(l)),
    ];
    let rows: Vec<Row> = edges
        .iter()
        .take(EDGES)
        .map(|edge| {
            Row::new(vec![
                edge.from.to_string(),
                edge.to.to_string(),
                l.count(edge.count),
                time(l, edge.median_seconds),
                time(l, edge.p90_seconds),
                Unit::percent(1).show(l, edge.share_of_waiting),
            ])
        })
        .collect();
    Table::of(columns, rows.into_iter(), cx)
}

pub(super) fn variants(flow: &Flow, cx: Cx) -> Section {
    let (l, process) = (cx.locale, &flow.process);
    let share = |n: usize| process.variants.iter().take(n).map(|variant| variant.share).sum::<f64>();
    let unit = Unit::percent(1);
    let n = words::n_variants(l, process.variants.len() as u64);
    let repeated = |of: fn(&pointsman_measure::flow::Repeated) -> u64| {
        l.count(process.steps.iter().map(|row| of(&row.repeated)).sum())
    };
    let repeats = words::repeats_sentence(
        l,
        &percent(l, process.leads_with_repeats),
        &repeated(|r| r.loops),
        &repeated(|r| r.rework),
    );
    let ways = words::variants_sentence(l, &n, &unit.show(l, share(5)), &unit.show(l, share(1)));
    Section {
        id: "ways".into(),
        heading: words::variants(l),
        sentence: format!("{ways} {repeats}"),
        tables: vec![ways_table(flow, cx), steps_table(flow, cx)],
        ..Section::default()
    }
}

fn ways_table(flow: &Flow, cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::variant(l)),
        Column::number(words::leads(l)),
        Column::number(words::share(l)),
        Column::number(words::duration(l)),
        Column::number(words::won(l)),
    ];
    let rows: Vec<Row> = flow
        .process
        .variants
        .iter()
        .take(VARIANTS)
        .map(|variant| {
            Row::new(vec![
                spelled(&variant.steps, cx),
                l.count(variant.leads),
                Unit::percent(1).show(l, variant.share),
                time(l, variant.median_seconds),
                with_interval(l, variant.won),
            ])
        })
        .collect();
    Table::of(columns, rows.into_iter(), cx)
}

/// `call ×3 → mail → offer … 2 more`: a step that comes several times in a row is named once.
fn spelled(steps: &[Box<str>], cx: Cx) -> String {
    let runs: Vec<&[Box<str>]> = steps.chunk_by(|a, b| a == b).collect();
    let run = |run: &&[Box<str>]| match run.len() {
        1 => run[0].to_string(),
        n => format!("{}\u{a0}×{}", run[0], cx.locale.count(n as u64)),
    };
    let way = runs.iter().take(SPELLED).map(run).collect::<Vec<_>>().join(" → ");
    match runs[runs.len().min(SPELLED)..].iter().map(|run| run.len()).sum::<usize>() {
        0 => way,
        left => format!("{way} {}", words::more_steps(cx.locale, &cx.locale.count(left as u64))),
    }
}

fn steps_table(flow: &Flow, cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::step(l)),
        Column::number(words::times(l)),
        Column::number(words::by_people(l)),
        Column::number(words::leads(l)),
        Column::number(words::loops(l)),
        Column::number(words::rework(l)),
    ];
    let rows = flow.process.steps.iter().map(|row| {
        Row::new(vec![
            row.step.to_string(),
            l.count(row.events),
            l.count(row.human),
            l.count(row.leads),
            l.count(row.repeated.loops),
            l.count(row.repeated.rework),
        ])
    });
    Table { caption: words::steps_caption(l), ..Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx) }
}
