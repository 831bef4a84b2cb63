//! The leads behind a figure.

use pointsman_measure::kpi::{Kpi, KpiUnit, List, Listed, Part};
use serde::Serialize;

use super::{About, format, kicker};
use crate::{
    Cx, Day, Page, Section, Table,
    page::Link,
    table::{Column, Row},
    words::kpi as words,
};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListReport<'a> {
    pub about: About,
    pub kpi: Kpi,
    pub part: Part,
    pub list: &'a List,
    /// Words of the leads' names: rep, team, source of each, in the order of the list.
    pub words: Vec<[String; 3]>,
    /// The local day of each.
    pub days: Vec<Day>,
    /// Where the next leads are; none at the end and in files.
    pub next: Option<String>,
}

/// The page in one language; `other` is the address of the other one.
pub fn page(report: &ListReport<'_>, other: Option<String>, cx: Cx) -> Page {
    let l = cx.locale;
    let list = report.list;
    let sentence = match list.total {
        0 => words::list_empty(l),
        total => words::list_sentence(l, &l.count(list.leads.len() as u64), &words::n_leads(l, total)),
    };
    let section = Section {
        id: "leads".into(),
        heading: words::leads_behind(l),
        sentence,
        tables: if list.leads.is_empty() { Vec::new() } else { vec![table(report, cx)] },
        links: report.next.iter().map(|href| Link { href: href.clone(), label: words::more(l) }).collect(),
        ..Section::default()
    };
    Page {
        title: words::list_title(l, &words::name_of(l, report.kpi)),
        kicker: kicker(&report.about, l),
        question: words::list_question(l, &words::part_of(l, report.part)),
        verdict: None,
        tiles: Vec::new(),
        sections: vec![section],
        provenance: report.about.provenance.clone(),
        other_language: other,
    }
}

fn table(report: &ListReport<'_>, cx: Cx) -> Table {
    let (l, kpi) = (cx.locale, report.kpi);
    let columns = vec![
        Column::text(words::lead(l)),
        Column::text(words::arrived(l)),
        Column::text(words::source(l)),
        Column::text(words::team(l)),
        Column::text(words::rep(l)),
        Column::text(words::stage(l)),
        Column::number(words::counts_with(l)),
    ];
    let counts = |lead: &Listed| match (lead.value, kpi.unit()) {
        (None, _) => words::part_of(l, Part::Pending),
        (Some(0.0), KpiUnit::Share) => words::no(l),
        (Some(1.0), KpiUnit::Share) => words::yes(l),
        (Some(value), KpiUnit::Money | KpiUnit::Hours) => l.number(value, 0),
        (Some(value), _) => format::value(l, kpi, value, report.about.currency),
    };
    let shown = report.list.leads.iter().zip(&report.words).zip(&report.days);
    let rows = shown.map(|((lead, [rep, team, source]), day)| {
        let dash = |text: &String| if text.is_empty() { "–".to_owned() } else { text.clone() };
        Row::new(vec![
            lead.lead.to_string(),
            l.date(*day),
            dash(source),
            dash(team),
            dash(rep),
            words::stage_of(l, lead.stage),
            counts(lead),
        ])
    });
    Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx)
}
