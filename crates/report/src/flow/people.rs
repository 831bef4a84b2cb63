//! Who does it, and which leads slip through.

use pointsman_measure::{Share, flow::Flow};

use super::{FlowReport, interval, percent, time, with_interval, words};
use crate::{
    Chart, Cx, Figure, Interval, Role, Section, Table, Unit,
    chart::{Bar, Bars, Flow as FlowChart, Group, Link, Node},
    part::{Notice, Tone},
    table::{Column, Row},
};

const REPS: usize = 12;
const PAIRS: usize = 12;

pub(super) fn section(flow: &Flow, cx: Cx) -> Section {
    let (l, people) = (cx.locale, &flow.people);
    let gini = people.gini_of_leads.map_or_else(|| "–".into(), |gini| l.number(gini, 2));
    let sentence = words::people_sentence(l, &percent(l, people.handed_off), &percent(l, people.ping_pong), &gini);
    let mut notices = Vec::new();
    if !people.single_points.is_empty() {
        let steps = words::n_steps(l, people.single_points.len() as u64);
        let named = people
            .single_points
            .iter()
            .take(6)
            .map(|point| format!("{} ({}, {})", point.step, point.rep, percent(l, point.share)));
        let text = format!("{} {}.", words::single_points(l, &steps), l.list(&named.collect::<Vec<_>>()));
        notices.push(Notice { tone: Tone::Warn, text });
    }
    Section {
        id: "people".into(),
        heading: words::people(l),
        sentence,
        notices,
        // Nobody is named where nobody is known, or where the reader may not see it.
        figures: if people.reps.is_empty() { Vec::new() } else { vec![reps_chart(flow, cx)] },
        tables: if people.reps.is_empty() { Vec::new() } else { vec![reps(flow, cx), pairs(flow, cx)] },
        method: vec![words::people_method(l)],
        ..Section::default()
    }
}

fn reps_chart(flow: &Flow, cx: Cx) -> Figure {
    let (l, reps) = (cx.locale, &flow.people.reps);
    let all: u64 = reps.iter().map(|row| row.touches).sum();
    let shown = Share::new(reps.iter().take(REPS).map(|row| row.touches).sum(), all);
    let groups = reps.iter().take(REPS).map(|row| Group {
        label: row.rep.to_string(),
        bars: vec![Bar { name: String::new(), role: Role::Variant, value: Interval::point(row.touches as f64) }],
    });
    Figure {
        id: "reps".into(),
        finding: words::reps_finding(l, &l.count(reps.len().min(REPS) as u64), &percent(l, shown)),
        caption: String::new(),
        chart: Chart::Bars(Bars { unit: Unit::count(), axis: words::reps_axis(l), groups: groups.collect() }),
    }
}

fn reps(flow: &Flow, cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::rep(l)),
        Column::number(words::touches(l)),
        Column::number(words::leads(l)),
        Column::number(words::first_touches(l)),
        Column::number(words::won(l)),
    ];
    let rows = flow.people.reps.iter().map(|row| {
        Row::new(vec![
            row.rep.to_string(),
            l.count(row.touches),
            l.count(row.leads),
            l.count(row.first_touches),
            with_interval(l, row.won),
        ])
    });
    Table { caption: words::reps_caption(l), ..Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx) }
}

fn pairs(flow: &Flow, cx: Cx) -> Table {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::from(l)),
        Column::text(words::to(l)),
        Column::number(words::times(l)),
        Column::number(words::mean_wait(l)),
    ];
    let rows = flow.people.pairs.iter().take(PAIRS).map(|pair| {
        let mean = time(l, pair.total_seconds / pair.count as f64);
        Row::new(vec![pair.from.to_string(), pair.to.to_string(), l.count(pair.count), mean])
    });
    Table { caption: words::pairs_caption(l), ..Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx) }
}

pub(super) fn drops(report: &FlowReport<'_>, cx: Cx) -> Section {
    let (l, drops) = (cx.locale, &report.flow.drops);
    let lead = |share: Share| words::n_leads(l, share.hits);
    let mut sentence = words::drops_sentence(
        l,
        &lead(drops.never_touched),
        &percent(l, drops.never_touched),
        &lead(drops.touched_once),
        &percent(l, drops.touched_once),
    );
    if let Some(at_stake) = drops.at_stake {
        let rate = percent(l, drops.won_when_touched);
        let text = match drops.mean_value {
            Some(_) => words::at_stake_money(l, &Unit::amount(report.currency).interval(l, interval(at_stake)), &rate),
            None => words::at_stake_wins(l, &Unit::count().interval(l, interval(at_stake)), &rate),
        };
        sentence = format!("{sentence} {text}");
    }
    let oldest = drops.oldest_open.iter().map(|lead| Row::new(vec![lead.to_string()])).collect::<Vec<_>>();
    let tables = match oldest.is_empty() {
        true => Vec::new(),
        false => vec![Table {
            caption: words::oldest_caption(l),
            ..Table::of(vec![Column::text(words::lead(l))], oldest.into_iter(), cx)
        }],
    };
    Section {
        id: "slips".into(),
        heading: words::drops(l),
        sentence,
        figures: vec![fate(report.flow, cx)],
        tables,
        method: vec![words::drops_method(l, &l.duration(report.quiet))],
        ..Section::default()
    }
}

/// From how leads were touched to how they ended.
fn fate(flow: &Flow, cx: Cx) -> Figure {
    let l = cx.locale;
    let labels = [words::fate_touched(l), words::fate_once(l), words::fate_never(l)];
    let ends = [words::fate_won(l), words::fate_lost(l), words::fate_open(l)];
    let fates = &flow.drops.fates;
    let counts = [fates.worked, fates.touched_once, fates.never_touched].map(|ends| [ends.won, ends.lost, ends.open]);
    let node = |column: usize| move |label: &String| Node { label: label.clone(), column };
    let links = counts
        .iter()
        .enumerate()
        .flat_map(|(from, row)| row.iter().enumerate().map(move |(to, &n)| Link { from, to: 3 + to, value: n as f64 }));
    Figure {
        id: "fate".into(),
        finding: words::fate_finding(l),
        caption: String::new(),
        chart: Chart::Flow(FlowChart {
            unit: Unit::count(),
            nodes: labels.iter().map(node(0)).chain(ends.iter().map(node(1))).collect(),
            links: links.filter(|link| link.value > 0.0).collect(),
        }),
    }
}
