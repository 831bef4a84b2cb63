//! What happened: the same year of leads under each policy.

use super::{ContactCurve, DemoReport, PolicyYear, words};
use crate::{
    Chart, Cx, Figure, Role, Section, Table, Unit,
    chart::{Bar, Bars, Curve, Group, Survival},
    experiment::Names,
    table::{Column, Row},
};

pub(super) fn section(report: &DemoReport, cx: Cx) -> Section {
    let l = cx.locale;
    let mut figures = vec![wins(report, cx)];
    if report.policies.iter().any(|p| p.hindsight_share.is_some()) {
        figures.push(hindsight(report, cx));
    }
    if !report.contact.is_empty() {
        figures.push(contact(report, cx));
    }
    Section {
        id: "year".into(),
        heading: words::year(l),
        sentence: sentence(report, cx),
        figures,
        tables: vec![table(report, cx)],
        method: vec![words::year_method(l), words::hindsight_method(l), words::gini_method(l)],
        ..Section::default()
    }
}

fn sentence(report: &DemoReport, cx: Cx) -> String {
    let l = cx.locale;
    let Names { control: old, variant: new } = report.names(cx);
    let (unit, wins, leads) = (Unit::count(), report.more_wins, l.count(report.leads));
    let mut text = if wins.est >= 0.0 {
        words::year_more(l, &new, &old, &unit.show(l, wins.est), &unit.range(l, wins.lo, wins.hi), &leads)
    } else {
        words::year_fewer(l, &new, &old, &unit.show(l, -wins.est), &unit.range(l, -wins.hi, -wins.lo), &leads)
    };
    if let Some(share) = report.with_role(Role::Variant).and_then(|p| p.hindsight_share) {
        text += &format!(" {}", words::hindsight_sentence(l, &Unit::percent(1).show(l, share)));
    }
    text
}

fn wins(report: &DemoReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let groups = report.policies.iter().map(|p| Group {
        label: words::policy(l, &p.policy),
        bars: vec![Bar { name: String::new(), role: p.role, value: p.wins }],
    });
    let Names { control: old, variant: new } = report.names(cx);
    let more = Unit::count().signed().show(l, report.more_wins.est);
    Figure {
        id: "wins".into(),
        finding: words::wins_finding(l, &new, &more, &old),
        caption: String::new(),
        chart: Chart::Bars(Bars { unit: Unit::count(), axis: words::wins_axis(l), groups: groups.collect() }),
    }
}

fn hindsight(report: &DemoReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let unit = Unit::percent(1);
    let groups = report.policies.iter().filter_map(|p| {
        let value = crate::Interval::point(p.hindsight_share?);
        let bars = vec![Bar { name: String::new(), role: p.role, value }];
        Some(Group { label: words::policy(l, &p.policy), bars })
    });
    let share = report.with_role(Role::Variant).and_then(|p| p.hindsight_share).unwrap_or(f64::NAN);
    Figure {
        id: "hindsight".into(),
        finding: words::hindsight_finding(l, &report.names(cx).variant, &unit.show(l, share)),
        caption: String::new(),
        chart: Chart::Bars(Bars { unit, axis: words::hindsight_axis(l), groups: groups.collect() }),
    }
}

fn contact(report: &DemoReport, cx: Cx) -> Figure {
    let l = cx.locale;
    let curve = |c: &ContactCurve| Curve { name: words::policy(l, &c.policy), role: c.role, steps: c.steps.clone() };
    let median = |role| report.with_role(role).and_then(|p: &PolicyYear| p.contact_p50_minutes).unwrap_or(f64::NAN);
    let show = |role| Unit::minutes().show(l, median(role));
    let new = report.names(cx).variant;
    Figure {
        id: "contact".into(),
        finding: words::contact_finding(l, &new, &show(Role::Variant), &show(Role::Control)),
        caption: String::new(),
        chart: Chart::Survival(Survival {
            time: Unit::minutes(),
            time_title: words::contact_x(l),
            share_title: words::contact_y(l),
            curves: report.contact.iter().map(curve).collect(),
            promise: report.sla_minutes.map(|at| (at, words::sla(l, &Unit::minutes().show(l, at)))),
        }),
    }
}

/// A column of the comparison: its title, and what a policy shows in it, if anything.
type Measure<'a> = (String, Box<dyn Fn(&PolicyYear) -> Option<String> + 'a>);

fn table(report: &DemoReport, cx: Cx) -> Table {
    let l = cx.locale;
    let (minutes, percent) = (Unit::minutes(), Unit::percent(1));
    let money = report.total_unit();
    // The range on a line of its own keeps the columns narrow.
    let two_lines = |unit: Unit, v: crate::Interval| match v.has_bounds() {
        true => format!("{}\n{}", unit.show(l, v.est), unit.range(l, v.lo, v.hi)),
        false => unit.show(l, v.est),
    };
    let measures: [Measure; 8] = [
        (words::wins(l), Box::new(|p| Some(two_lines(Unit::count(), p.wins)))),
        (words::win_rate(l), Box::new(|p| Some(two_lines(percent, p.win_rate)))),
        (words::of_hindsight(l), Box::new(|p| Some(percent.show(l, p.hindsight_share?)))),
        (words::contact_median(l), Box::new(|p| Some(minutes.show(l, p.contact_p50_minutes?)))),
        (words::contact_p90(l), Box::new(|p| Some(minutes.show(l, p.contact_p90_minutes?)))),
        (words::in_sla(l), Box::new(|p| Some(percent.show(l, p.within_sla?)))),
        (words::gini(l), Box::new(|p| Some(l.number(p.gini?, 3)))),
        (words::value(l), Box::new(|p| Some(two_lines(money, p.value?)))),
    ];
    // Policies side by side read better than eight columns, on a phone above all.
    let mut columns = vec![Column::text(words::measure(l))];
    columns.extend(report.policies.iter().map(|p| Column::number(words::policy(l, &p.policy))));
    let rows: Vec<Row> = measures
        .iter()
        .filter_map(|(title, of)| {
            let cells: Vec<Option<String>> = report.policies.iter().map(of).collect();
            cells.iter().any(Option::is_some).then(|| {
                let shown = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".into()));
                Row::new(std::iter::once(title.clone()).chain(shown).collect())
            })
        })
        .collect();
    let mut table = Table::of(columns, rows.into_iter(), cx);
    table.caption = words::comparison(l);
    table
}
