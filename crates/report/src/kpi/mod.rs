//! Figures of a company in operation: the page, a page for each figure, the list behind it.

mod definition;
mod format;
pub(crate) mod groups;
mod list;
pub(crate) mod speed;
mod tile;

use pointsman_domain::Currency;
use pointsman_measure::kpi::{Dimension, Kpi, KpiResult, KpiSpec, Overview};
use serde::Serialize;

use crate::{
    Cx, Day, Locale, Page, Section, Table,
    part::{Notice, Provenance, Tone},
    table::{Column, Row},
    words::{kpi as words, tidy},
};

pub use definition::{DetailReport, page as detail_page};
pub use format::{difference as show_difference, p_value as show_p_value, range as show_range, value as show};
pub use list::{ListReport, page as list_page};

/// What every page of figures says of what it is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    pub from: Day,
    /// The last day.
    pub until: Day,
    pub as_of: Day,
    /// Leads of the selection.
    pub leads: u64,
    /// In words of the workspace: dimension and name.
    pub filters: Vec<(Dimension, String)>,
    pub currency: Currency,
    /// Where figures and lists have pages of their own; a file has none.
    pub links: Option<Links>,
    pub provenance: Provenance,
}

/// Addresses of live pages: `{base}/{slug}?{query}` and `{base}/{slug}/leads?{query}&part=…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Links {
    pub base: String,
    /// Period and filters, as they are in the address now.
    pub query: String,
}

impl Links {
    fn figure(&self, kpi: Kpi) -> String {
        format!("{}/{}?{}", self.base, kpi.slug(), self.query)
    }

    fn leads(&self, kpi: Kpi, part: pointsman_measure::kpi::Part) -> String {
        format!("{}/{}/leads?{}&part={}", self.base, kpi.slug(), self.query, part.slug())
    }
}

/// What the page needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KpiReport<'a> {
    pub about: About,
    pub overview: &'a Overview,
    pub spec: &'a KpiSpec,
}

/// The page in one language; `other` is the address of the other one.
pub fn page(report: &KpiReport<'_>, other: Option<String>, cx: Cx) -> Page {
    let (l, about, overview) = (cx.locale, &report.about, report.overview);
    let mut sections = vec![board(report, cx), speed::section(report, cx)];
    sections.extend(speed::chain(report, cx));
    sections.extend(speed::promise(report, cx));
    sections.push(groups::paths(report, cx));
    sections.push(groups::teams(report, cx));
    if let Some(reps) = &overview.reps {
        sections.extend(groups::balance(report, reps, cx));
        sections.push(groups::people(report, reps, cx));
    }
    sections.push(every(report, cx));
    sections.push(definition::all(cx));
    Page {
        title: words::title(l),
        kicker: kicker(about, l),
        question: words::question(l),
        verdict: None,
        tiles: Vec::new(),
        sections,
        provenance: about.provenance.clone(),
        other_language: other,
    }
}

pub(crate) fn kicker(about: &About, l: Locale) -> String {
    let (from, until, as_of) = (l.date(about.from), l.date(about.until), l.date(about.as_of));
    let kicker = words::kicker(l, &from, &until, &words::n_leads(l, about.leads), &as_of);
    let only = about.filters.iter().map(|(dimension, name)| {
        let name = if name.is_empty() { words::unknown(l) } else { name.clone() };
        format!(" · {}", words::only(l, &format!("{} {name}", words::dimension_of(l, *dimension))))
    });
    kicker + &only.collect::<String>()
}

fn board(report: &KpiReport<'_>, cx: Cx) -> Section {
    let (l, about) = (cx.locale, &report.about);
    let figures = &report.overview.board.figures;
    Section {
        id: "board".into(),
        heading: words::summary(l),
        sentence: summary(report, l),
        board: figures.iter().map(|figure| tile::tile(figure, about, l)).collect(),
        method: vec![words::method_owner(l), words::method_change(l)],
        ..Section::default()
    }
}

/// The written summary: speed first, then what got clearly better or worse.
fn summary(report: &KpiReport<'_>, l: Locale) -> String {
    let mut sentences = vec![speed::sentence(report, l)];
    for figure in &report.overview.board.figures {
        if let Some((verdict, change)) = figure.change.and_then(|change| Some((change.better?, change))) {
            let verdict = if verdict { words::better(l) } else { words::worse(l) };
            let difference = format::difference(l, figure.now.kpi, change.difference, report.about.currency);
            let name = words::name_of(l, figure.now.kpi);
            sentences.push(format!("{name}: {verdict}, {difference}."));
        }
    }
    tidy(&sentences.join(" "))
}

/// Every figure in one row, with the reason where there is no value.
fn every(report: &KpiReport<'_>, cx: Cx) -> Section {
    let (l, about) = (cx.locale, &report.about);
    let columns = vec![
        Column::text(words::figure(l)),
        Column::number(words::value(l)),
        Column::number(words::interval(l)),
        Column::number(words::before(l)),
        Column::number(words::rests(l)),
        Column::number(words::pending(l)),
    ];
    let figures = &report.overview.figures;
    let value = |result: &KpiResult| {
        result.value().map_or("–".into(), |v| format::value(l, result.kpi, v.value, about.currency))
    };
    let rows: Vec<Row> = figures
        .iter()
        .map(|(now, before)| {
            let name = words::name_of(l, now.kpi);
            let name = match now.measured {
                pointsman_measure::kpi::Measured::NotMeasured(why) => {
                    format!("{name}\n{}", words::not_measured_because(l, &words::why_not(l, why)))
                }
                pointsman_measure::kpi::Measured::Value(_) => name,
            };
            let range = now.value().map_or_else(String::new, |v| format::range(l, now.kpi, v, about.currency));
            let count = |n: u64| if now.value().is_some() { l.count(n) } else { String::new() };
            Row::new(vec![name, value(now), range, value(before), count(now.n), count(now.pending)])
        })
        .collect();
    let measured = figures.iter().filter(|(now, _)| now.value().is_some()).count() as u64;
    let not = l.count(figures.len() as u64 - measured);
    Section {
        id: "every".into(),
        heading: words::every(l),
        sentence: words::every_sentence(l, &l.count(measured), &not),
        tables: vec![Table::of(columns, rows.into_iter(), cx)],
        method: vec![words::method_curve(l), words::method_mature(l, &report.spec.maturity_days.to_string())],
        ..Section::default()
    }
}

fn not_measured(result: &KpiResult, l: Locale) -> Option<Notice> {
    match result.measured {
        pointsman_measure::kpi::Measured::NotMeasured(why) => Some(Notice {
            tone: Tone::Neutral,
            text: format!(
                "{}: {}",
                words::name_of(l, result.kpi),
                words::not_measured_because(l, &words::why_not(l, why))
            ),
        }),
        pointsman_measure::kpi::Measured::Value(_) => None,
    }
}
