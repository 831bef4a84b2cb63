//! The quarter in two pages: seven questions, pictures, experiments, three recommendations, and
//! what could not be told.

mod advice;
mod answers;

use pointsman_measure::{
    Estimate,
    kpi::{Brief, KpiSpec},
    roi::RoiResult,
};
use serde::Serialize;

use crate::{
    Cx, Day, Locale, Page, Section, Table, Unit,
    kpi::{About, KpiReport},
    table::{Column, Row},
    words::brief as words,
};

/// What the two pages need.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BriefReport<'a> {
    /// `2026-Q3`.
    pub quarter: String,
    pub about: About,
    pub brief: &'a Brief,
    pub spec: &'a KpiSpec,
    pub roi: Option<&'a RoiResult>,
    /// `None`: there is no store to ask.
    pub experiments: Option<Vec<Decided>>,
}

/// An experiment that was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decided {
    pub id: String,
    pub hypothesis: String,
    pub on: Day,
    pub metric: String,
    pub winner: Option<String>,
    /// Variant minus control on the metric's own scale, at the last look.
    pub effect: Option<Estimate>,
}

impl BriefReport<'_> {
    fn figures(&self) -> KpiReport<'_> {
        KpiReport { about: self.about.clone(), overview: &self.brief.overview, spec: self.spec }
    }
}

/// The page in one language; `other` is the address of the other one.
pub fn page(report: &BriefReport<'_>, other: Option<String>, cx: Cx) -> Page {
    let l = cx.locale;
    let sections = vec![
        Section {
            id: "answers".into(),
            heading: words::answers(l),
            answers: answers::all(report, l),
            ..Section::default()
        },
        charts(report, cx),
        advice::section(report, cx),
        experiments(report, cx),
        untold(report, cx),
    ];
    Page {
        title: words::title(l, &report.quarter),
        kicker: crate::kpi::kicker(&report.about, l),
        question: words::question(l),
        verdict: None,
        tiles: Vec::new(),
        sections,
        provenance: report.about.provenance.clone(),
        other_language: other,
    }
}

/// Two pictures side by side: how fast, and what it brought or who wins.
fn charts(report: &BriefReport<'_>, cx: Cx) -> Section {
    let figures = report.figures();
    let overview = &report.brief.overview;
    let mut pictures = Vec::new();
    if !overview.curve.steps.is_empty() {
        pictures.push(crate::kpi::speed::curves(&figures, cx));
    }
    let by_team = &overview.conversion_by_team;
    match report.roi {
        Some(result) => pictures.push(crate::roi::money::waterfall(result, cx.locale)),
        None if by_team.all.value().is_some() && by_team.groups.len() > 1 => {
            pictures.push(crate::kpi::groups::forest("teams", by_team, &report.about, cx));
        }
        None => {}
    }
    Section { id: "charts".into(), heading: words::charts(cx.locale), figures: pictures, ..Section::default() }
}

fn experiments(report: &BriefReport<'_>, cx: Cx) -> Section {
    let l = cx.locale;
    let decided = report.experiments.as_deref();
    let sentence = match decided {
        None => words::experiments_unknown(l),
        Some([]) => words::experiments_none(l),
        Some(all) => words::experiments_n(l, &words::n_experiments(l, all.len() as u64)),
    };
    let columns = vec![
        Column::text(words::experiment(l)),
        Column::text(words::decided(l)),
        Column::text(words::winner(l)),
        Column::number(words::effect(l)),
    ];
    let row = |one: &Decided| {
        let effect = one.effect.map_or_else(
            || "–".into(),
            |e| {
                let unit = Unit::number(4).signed();
                format!("{}: {}", one.metric, unit.interval(l, crate::Interval::new(e.value, e.low, e.high)))
            },
        );
        let winner = one.winner.clone().unwrap_or_else(|| "–".into());
        Row::new(vec![format!("{}\n{}", one.id, one.hypothesis), l.date(one.on), winner, effect])
    };
    let rows: Vec<Row> = decided.unwrap_or_default().iter().map(row).collect();
    let tables = if rows.is_empty() { Vec::new() } else { vec![Table::of(columns, rows.into_iter(), cx)] };
    Section { id: "experiments".into(), heading: words::experiments(l), sentence, tables, ..Section::default() }
}

fn untold(report: &BriefReport<'_>, cx: Cx) -> Section {
    use pointsman_measure::kpi::Untold;
    let l = cx.locale;
    let names = |figures: &[pointsman_measure::kpi::Kpi]| {
        let names: Vec<String> = figures.iter().map(|kpi| crate::words::kpi::name_of(l, *kpi)).collect();
        l.list(&names)
    };
    let mut rows: Vec<Row> = report
        .brief
        .untold
        .iter()
        .map(|one| match one {
            Untold::Pending { figures, leads, on } => {
                let leads = words::untold_pending(l, &crate::words::kpi::n_leads(l, *leads));
                let on = l.date(Day::from_unix_days(i64::from(on.0)));
                Row::new(vec![format!("{leads}\n{}", names(figures)), words::untold_on(l, &on)])
            }
            Untold::Feed { feed, figures } => {
                let feed = crate::words::kpi::feed_of(l, *feed);
                Row::new(vec![names(figures), words::untold_feed(l, &feed)])
            }
        })
        .collect();
    if report.roi.is_none() {
        rows.push(Row::new(vec![words::untold_roi(l), words::untold_roi_when(l)]));
    }
    let columns = vec![Column::text(words::untold_what(l)), Column::text(words::untold_when(l))];
    let sentence = if rows.is_empty() { words::untold_all(l) } else { String::new() };
    let tables = if rows.is_empty() { Vec::new() } else { vec![Table::of(columns, rows.into_iter(), cx)] };
    Section {
        id: "untold".into(),
        heading: words::untold(l),
        sentence,
        tables,
        method: vec![words::method(l)],
        ..Section::default()
    }
}

/// `(0.9 to 3.9)` of money.
fn money_range(l: Locale, report: &BriefReport<'_>, e: Estimate) -> String {
    Unit::amount(report.about.currency).range(l, e.low, e.high)
}

fn money(l: Locale, report: &BriefReport<'_>, value: f64) -> String {
    Unit::amount(report.about.currency).show(l, value)
}
