//! Groups beside each other: paths, teams, people.

use pointsman_measure::kpi::{Breakdown, FunnelPoint, GroupResult, Kpi, Place, RepBalance, Reps};

use super::{About, KpiReport, format, not_measured};
use crate::{
    Chart, Cx, Figure, Interval, Locale, Role, Section, Table, Unit,
    chart::{Bar, Bars, Forest, ForestMark, ForestRow, Funnel, Group, Limits, RowStyle, Spot, Where},
    page::Link,
    table::{Column, Row},
    words::kpi as words,
};

pub(super) fn paths(report: &KpiReport<'_>, cx: Cx) -> Section {
    section("paths", words::paths(cx.locale), &[&report.overview.conversion_by_path], &report.about, cx)
}

pub(super) fn teams(report: &KpiReport<'_>, cx: Cx) -> Section {
    let both = [&report.overview.conversion_by_team, &report.overview.speed_by_team];
    let mut teams = section("teams", words::teams(cx.locale), &both, &report.about, cx);
    teams.links = boards(both[0], "team", &report.about, cx.locale);
    teams
}

/// The board of each group: the same page with its filter; live pages only.
fn boards(breakdown: &Breakdown, dimension: &str, about: &About, l: Locale) -> Vec<Link> {
    let Some(links) = &about.links else { return Vec::new() };
    let and = if links.query.is_empty() { "" } else { "&" };
    let link = |group: &GroupResult| Link {
        href: format!("{}?{}{and}{dimension}={}", links.base, links.query, group.text),
        label: words::board_of(l, &group.text),
    };
    // A name with other characters would need an encoding of its own; slugs have none.
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let several = breakdown.groups.len() > 1;
    breakdown.groups.iter().filter(|group| several && plain(&group.text)).map(link).collect()
}

/// Conversion by rep is a funnel first: a ranking of names would be read as one.
pub(super) fn people(report: &KpiReport<'_>, reps: &Reps, cx: Cx) -> Section {
    let mut people = section("people", words::reps(cx.locale), &[&reps.conversion, &reps.speed], &report.about, cx);
    if let Some(figure) = funnel("people", &reps.conversion, cx) {
        people.figures.insert(0, figure);
    }
    people.links = boards(&reps.conversion, "rep", &report.about, cx.locale);
    people
}

/// Sizes at which the limits are drawn.
const STEPS: u64 = 60;

/// `None` where there are no two groups, or the figure is no share.
pub(crate) fn funnel(id: &str, breakdown: &Breakdown, cx: Cx) -> Option<Figure> {
    let (l, plot) = (cx.locale, breakdown.funnel.as_ref()?);
    let most = plot.points.iter().map(|point| point.n).max()?;
    // Evenly spaced roots: limits fall steeply where groups are small.
    let sizes = (1..=STEPS).map(|step| (most * step * step).div_ceil(STEPS * STEPS)).filter(|n| *n > 0);
    let limits = sizes.map(|n| {
        let [inner, outer] = plot.limits(n);
        Limits { n, inner, outer }
    });
    let spot = |point: &FunnelPoint| Spot {
        name: if point.text.is_empty() { words::unknown(l) } else { point.text.to_string() },
        n: point.n,
        expected: point.expected,
        observed: point.observed,
        place: match point.place {
            Place::Inside => Where::Inside,
            Place::Beyond95 => Where::Beyond95,
            Place::Beyond998 => Where::Beyond998,
        },
    };
    let count = |n: usize| l.count(n as u64);
    let (all, beyond) = (count(plot.points.len()), plot.beyond(Place::Beyond998));
    let inner = count(plot.beyond(Place::Beyond95));
    let caption = if plot.by_model { words::funnel_by_model } else { words::funnel_by_share };
    Some(Figure {
        id: format!("{id}-funnel"),
        finding: if beyond == 0 { words::funnel_none(l, &all) } else { words::funnel_some(l, &count(beyond), &all) },
        caption: caption(l, &inner, &all),
        chart: Chart::Funnel(Funnel { points: plot.points.iter().map(spot).collect(), limits: limits.collect() }),
    })
}

/// Figures by the same groups: what may be said, a forest and a table of each.
pub(super) fn section(id: &str, heading: String, by: &[&Breakdown], about: &About, cx: Cx) -> Section {
    let l = cx.locale;
    let told = |breakdown: &&&Breakdown| breakdown.all.value().is_some() && breakdown.groups.len() > 1;
    let mut sentences: Vec<String> = by.iter().filter(told).filter_map(|breakdown| verdict(breakdown, l)).collect();
    // A section that says nothing is read as one that broke.
    if by.iter().any(|breakdown| breakdown.all.value().is_some()) && !by.iter().any(|breakdown| told(&breakdown)) {
        sentences.push(words::groups_one(l));
    }
    Section {
        id: id.into(),
        heading,
        sentence: sentences.join(" "),
        notices: by.iter().filter_map(|breakdown| not_measured(&breakdown.all, l)).collect(),
        figures: by.iter().filter(told).map(|breakdown| forest(id, breakdown, about, cx)).collect(),
        tables: by.iter().filter(told).map(|breakdown| table(breakdown, about, cx)).collect(),
        method: vec![words::method_groups(l), words::observed_only(l)],
        ..Section::default()
    }
}

fn verdict(breakdown: &Breakdown, l: Locale) -> Option<String> {
    let spread = breakdown.spread?;
    let p = format::p_value(l, spread.p_value);
    if !spread.is_real() {
        return Some(words::groups_alike(l, &p));
    }
    let drawn = || breakdown.groups.iter().filter_map(|group| Some((group, group.shrunken?.value)));
    let (best, top) = drawn().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let (worst, low) = drawn().min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let share = |share: f64| Unit::percent(1).show(l, share);
    let extremes = words::group_best(l, &name(best, l), &share(top), &name(worst, l), &share(low));
    Some(format!("{} {extremes} {}", words::groups_differ(l, &p), words::observed_only(l)))
}

pub(super) fn name(group: &GroupResult, l: Locale) -> String {
    if group.text.is_empty() { words::unknown(l) } else { group.text.to_string() }
}

pub(crate) fn forest(id: &str, breakdown: &Breakdown, about: &About, cx: Cx) -> Figure {
    let (l, kpi) = (cx.locale, breakdown.kpi);
    let whole = breakdown.all.value().map(|value| value.value);
    let row = |group: &GroupResult| {
        let value = group.shrunken.map_or_else(
            || group.result.value().map_or(Interval::point(f64::NAN), |value| format::interval(kpi, value)),
            |e| Interval::new(e.value, e.low, e.high),
        );
        ForestRow { label: name(group, l), note: words::n_leads(l, group.result.n), value, style: RowStyle::Plain }
    };
    let shown = whole.map_or_else(|| "–".into(), |whole| format::value(l, kpi, whole, about.currency));
    let outside = breakdown.groups.iter().filter(|group| group.limits.is_some_and(|limits| limits.outside)).count();
    let mark = |at: f64| ForestMark { at: format::scaled(kpi, at), label: words::all_together(l) };
    Figure {
        id: format!("{id}-{}", kpi.slug()),
        finding: words::groups_finding(l, &words::name_of(l, kpi), &shown),
        caption: match breakdown.spread {
            Some(_) => words::funnel_note(l, &words::n_groups(l, outside as u64)),
            None => String::new(),
        },
        chart: Chart::Forest(Forest {
            unit: format::unit(kpi, about.currency),
            axis: words::name_of(l, kpi),
            reference: whole.map(|whole| format::scaled(kpi, whole)),
            below: String::new(),
            above: String::new(),
            rows: breakdown.groups.iter().filter(|group| group.result.value().is_some()).map(row).collect(),
            marks: whole.map(mark).into_iter().collect(),
        }),
    }
}

pub(super) fn table(breakdown: &Breakdown, about: &About, cx: Cx) -> Table {
    let (l, kpi) = (cx.locale, breakdown.kpi);
    let drawn = breakdown.spread.is_some();
    let ratios = breakdown.groups.iter().any(|group| group.observed_to_expected.is_some());
    let mut columns = vec![
        Column::text(words::group(l)),
        Column::number(words::name_of(l, kpi)),
        Column::number(words::interval(l)),
        Column::number(words::rests(l)),
        Column::number(words::pending(l)),
    ];
    if drawn {
        columns.extend([Column::number(words::shrunken(l)), Column::text(words::told_apart(l))]);
    }
    if ratios {
        columns.push(Column::number(words::observed_expected(l)));
    }
    let rows = breakdown.groups.iter().map(|group| {
        let value = group.result.value();
        let mut cells = vec![
            name(group, l),
            value.map_or_else(|| "–".into(), |value| format::value(l, kpi, value.value, about.currency)),
            value.map_or_else(String::new, |value| format::range(l, kpi, value, about.currency)),
            l.count(group.result.n),
            l.count(group.result.pending),
        ];
        if drawn {
            cells.push(group.shrunken.map_or_else(|| "–".into(), |e| Unit::percent(1).show(l, e.value)));
            cells.push(if group.distinguishable { words::yes(l) } else { words::no(l) });
        }
        if ratios {
            let ratio = |of: pointsman_measure::kpi::Value| {
                let interval = format::interval(Kpi::ObservedToExpected, of);
                Unit::number(2).interval(l, interval)
            };
            cells.push(group.observed_to_expected.map_or_else(|| "–".into(), ratio));
        }
        Row::new(cells)
    });
    Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx)
}

/// `None` where nobody was due anything.
pub(super) fn balance(report: &KpiReport<'_>, reps: &Reps, cx: Cx) -> Option<Section> {
    let l = cx.locale;
    let first = reps.balance.first()?;
    let gini = report.overview.figures.iter().find(|(now, _)| now.kpi == Kpi::BalanceGini)?.0.value()?.value;
    let deficit = l.number(first.entitled - first.received as f64, 1);
    let bar = |name: String, role, value: f64| Bar { name, role, value: Interval::point(value) };
    let group = |rep: &RepBalance| Group {
        label: rep.rep.to_string(),
        bars: vec![
            bar(words::received(l), Role::Variant, rep.received as f64),
            bar(words::entitled(l), Role::Control, rep.entitled),
        ],
    };
    Some(Section {
        id: "balance".into(),
        heading: words::balance(l),
        sentence: words::balance_sentence(l, &l.number(gini, 2), &first.rep, &deficit),
        figures: vec![Figure {
            id: "due".into(),
            finding: words::balance_finding(l),
            caption: String::new(),
            chart: Chart::Bars(Bars {
                unit: Unit::number(1),
                axis: words::balance_axis(l),
                groups: reps.balance.iter().map(group).collect(),
            }),
        }],
        method: vec![words::balance_method(l)],
        ..Section::default()
    })
}
