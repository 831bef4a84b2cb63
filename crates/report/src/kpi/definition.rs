//! A figure's own page: what it means, its value, the way there, by groups.

use pointsman_measure::kpi::{Detail, Dimension, Kpi, KpiSpec, Part, TrendPoint};
use serde::Serialize;

use super::{About, format, groups, kicker, not_measured, tile};
use crate::{
    Chart, Cx, Figure, Interval, Locale, Page, Role, Section, Table, Unit,
    chart::{Lines, Point, Series},
    page::Link,
    table::{Column, Row},
    words::{formula, kpi as words},
};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DetailReport<'a> {
    pub about: About,
    pub detail: &'a Detail,
    pub spec: &'a KpiSpec,
}

/// The page in one language; `other` is the address of the other one.
pub fn page(report: &DetailReport<'_>, other: Option<String>, cx: Cx) -> Page {
    let (l, detail) = (cx.locale, report.detail);
    let kpi = detail.figure.now.kpi;
    let mut sections = vec![value(report, cx)];
    sections.extend(detail.by.iter().map(|(dimension, breakdown)| {
        let id = format!("by-{}", dimension.slug());
        let heading = words::by(l, &words::dimension_of(l, *dimension));
        let mut section = groups::section(&id, heading, &[breakdown], &report.about, cx);
        // Names of people are held against the limits of chance before anything else is said of them.
        if *dimension == Dimension::Rep
            && let Some(figure) = groups::funnel(&id, breakdown, cx)
        {
            section.figures.insert(0, figure);
        }
        section
    }));
    sections.push(definition(kpi, report.spec, cx));
    Page {
        title: words::name_of(l, kpi),
        kicker: kicker(&report.about, l),
        question: words::meaning_of(l, kpi),
        verdict: None,
        tiles: Vec::new(),
        sections,
        provenance: report.about.provenance.clone(),
        other_language: other,
    }
}

fn value(report: &DetailReport<'_>, cx: Cx) -> Section {
    let (l, figure) = (cx.locale, &report.detail.figure);
    let kpi = figure.now.kpi;
    let parts = match figure.now.value() {
        Some(value) if value.hits.is_some() => &[Part::Hits, Part::Misses, Part::Pending][..],
        Some(_) => &[Part::All, Part::Pending][..],
        None => &[Part::All][..],
    };
    let link = |part: &Part| {
        let links = report.about.links.as_ref()?;
        let label = format!("{}: {}", words::leads_behind(l), words::part_of(l, *part));
        Some(Link { href: links.leads(kpi, *part), label })
    };
    Section {
        id: "value".into(),
        heading: words::trend_title(l),
        board: vec![tile::tile(figure, &report.about, l)],
        notices: not_measured(&figure.now, l).into_iter().collect(),
        figures: trend(&figure.trend, kpi, report, cx).into_iter().collect(),
        links: parts.iter().filter_map(link).collect(),
        ..Section::default()
    }
}

/// `None` with fewer than two points.
fn trend(points: &[TrendPoint], kpi: Kpi, report: &DetailReport<'_>, cx: Cx) -> Option<Figure> {
    let l = cx.locale;
    let found: Vec<(f64, pointsman_measure::kpi::Value)> =
        points.iter().filter_map(|point| Some((f64::from(point.day.0), point.result.value()?))).collect();
    let (first, last) = (found.first()?, found.last().filter(|_| found.len() > 1)?);
    let show = |value: f64| format::value(l, kpi, value, report.about.currency);
    let bounded = |interval: Interval| {
        if interval.lo.is_finite() && interval.hi.is_finite() { interval } else { Interval::point(interval.est) }
    };
    let point = |(day, value): &(f64, _)| Point { x: *day, y: bounded(format::interval(kpi, *value)) };
    let name = words::name_of(l, kpi);
    Some(Figure {
        id: "trend".into(),
        finding: words::trend_finding(l, &name, &show(first.1.value), &show(last.1.value)),
        caption: String::new(),
        chart: Chart::Lines(Lines {
            x: Unit::day(),
            x_title: words::arrived(l),
            y: format::unit(kpi, report.about.currency),
            y_title: name.clone(),
            series: vec![Series { name, role: Role::Variant, points: found.iter().map(point).collect() }],
            reference: report.detail.figure.target.map(|target| format::scaled(kpi, target.target)),
            stepped: false,
        }),
    })
}

fn definition(kpi: Kpi, spec: &KpiSpec, cx: Cx) -> Section {
    let l = cx.locale;
    let needs: Vec<String> = kpi.needs().iter().map(|feed| words::feed_of(l, *feed)).collect();
    let columns = vec![Column::text(words::definition(l)), Column::text(String::new())];
    let rows = [
        (words::formula(l), formula(l, kpi).to_owned()),
        (words::window(l), words::window_of(l, kpi.window())),
        (words::needs(l), l.list(&needs)),
        (words::name(l), kpi.slug().to_owned()),
    ];
    let rows = rows.map(|(name, value)| Row::new(vec![name, value]));
    Section {
        id: "definition".into(),
        heading: words::definition(l),
        sentence: words::meaning_of(l, kpi),
        tables: vec![Table::of(columns, rows.into_iter(), cx)],
        method: vec![
            words::method_owner(l),
            words::method_curve(l),
            words::method_mature(l, &spec.maturity_days.to_string()),
            words::method_change(l),
        ],
        ..Section::default()
    }
}

/// Every figure's definition in one table: for files, which have no page of each.
pub(super) fn all(cx: Cx) -> Section {
    let l: Locale = cx.locale;
    let columns = vec![Column::text(words::figure(l)), Column::text(words::formula(l)), Column::text(words::window(l))];
    let row = |kpi: Kpi| {
        let name = format!("{}\n{}", words::name_of(l, kpi), kpi.slug());
        Row::new(vec![name, formula(l, kpi).to_owned(), words::window_of(l, kpi.window())])
    };
    let rows = Kpi::ALL.map(row);
    Section {
        id: "definitions".into(),
        heading: words::definitions(l),
        tables: vec![Table::of(columns, rows.into_iter(), cx)],
        ..Section::default()
    }
}
