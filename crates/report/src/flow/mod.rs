//! "How leads move today": the analysis of the flow before anything is automated.

mod people;
mod process;
mod proposals;
mod territory;
mod touch;

use pointsman_domain::{Currency, Micros};
use pointsman_measure::{
    Estimate, Share,
    flow::{Flow, survey::Question},
};
use serde::Serialize;

use crate::{
    Cx, Day, Interval, Locale, Page, Section, Table, Unit,
    part::{Notice, Provenance, Tile, Tone, Verdict},
    table::{Column, Row},
    words::flow as words,
};

/// What the page needs besides the analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowReport<'a> {
    pub flow: &'a Flow,
    /// First and last day, in the zone of the analysis.
    pub from: Day,
    pub until: Day,
    pub currency: Currency,
    pub zone: String,
    /// The calendar of working hours; `None` for the assumed office hours.
    pub calendar: Option<String>,
    pub quiet: Micros,
    pub provenance: Provenance,
}

/// The page in one language; `other` is the address of the other one.
pub fn page(report: &FlowReport<'_>, other: Option<String>, cx: Cx) -> Page {
    let (l, flow) = (cx.locale, report.flow);
    let mut sections = vec![sources(flow, cx)];
    if flow.has_activities {
        sections.push(touch::section(flow, cx));
    }
    sections.push(process::map(report, cx));
    sections.push(process::variants(flow, cx));
    if flow.has_activities {
        sections.extend([people::section(flow, cx), people::drops(report, cx)]);
    }
    sections.push(territory::section(flow.territories.as_ref(), cx));
    sections.push(proposals::section(flow, cx));
    if flow.has_activities {
        sections.push(proposals::survey(flow, cx));
    }
    sections[0].notices.insert(0, Notice { tone: Tone::Neutral, text: words::observed(l) });
    if !flow.has_activities {
        sections[0].notices.insert(0, Notice { tone: Tone::Warn, text: words::no_activities(l) });
    }
    let (from, until) = (l.date(report.from), l.date(report.until));
    let (leads, events) = (words::n_leads(l, flow.leads), words::n_events(l, flow.events));
    Page {
        title: words::title(l),
        kicker: words::kicker(l, &from, &until, &leads, &events),
        question: words::question(l),
        verdict: Some(verdict(flow, cx)),
        tiles: tiles(flow, cx),
        sections,
        provenance: report.provenance.clone(),
        other_language: other,
    }
}

fn verdict(flow: &Flow, cx: Cx) -> Verdict {
    let l = cx.locale;
    let answer = match flow.touch.all.median_seconds {
        _ if !flow.has_activities => words::verdict_unmeasured(l),
        Some(median) => words::verdict_answer(l, &time(l, median)),
        None => words::verdict_slow(l),
    };
    let widest = flow.process.edges.iter().max_by(|a, b| a.total_seconds.total_cmp(&b.total_seconds));
    let never = flow.drops.never_touched;
    let (leads, share) = (words::n_leads(l, never.hits), percent(l, never));
    let sentence = match widest {
        _ if !flow.has_activities => words::no_activities(l),
        Some(edge) => words::verdict_sentence(l, &leads, &share, &format!("{} → {}", edge.from, edge.to)),
        None => words::verdict_never(l, &leads, &share),
    };
    Verdict { tone: Tone::Neutral, answer, sentence }
}

fn tiles(flow: &Flow, cx: Cx) -> Vec<Tile> {
    let l = cx.locale;
    let mut tiles = Vec::new();
    if flow.has_activities {
        let touch = &flow.touch;
        let of_touched =
            touch.median_of_touched_seconds.map_or_else(String::new, |t| words::tile_median_detail(l, &time(l, t)));
        let never = flow.drops.never_touched;
        tiles.extend([
            Tile { label: words::tile_median(l), value: maybe_time(l, touch.all.median_seconds), detail: of_touched },
            Tile {
                label: words::tile_fast(l),
                value: touch.all.fast.map_or("–".into(), |e| Unit::percent(1).show(l, e.value)),
                detail: touch.all.fast.map_or_else(String::new, |e| Unit::percent(1).range(l, e.low, e.high)),
            },
            Tile { label: words::tile_never(l), value: percent(l, never), detail: words::n_leads(l, never.hits) },
        ]);
    }
    let won = Share::new(flow.won, flow.won + flow.lost);
    let detail = words::tile_open(l, &l.count(flow.open));
    tiles.push(Tile { label: words::tile_won(l), value: percent(l, won), detail });
    tiles
}

fn sources(flow: &Flow, cx: Cx) -> Section {
    let l = cx.locale;
    let mut columns = vec![
        Column::text(words::source(l)),
        Column::number(words::leads(l)),
        Column::number(words::share(l)),
        Column::number(words::closed(l)),
        Column::number(words::won(l)),
    ];
    let fields = flow.sources.first().map_or(&[][..], |row| &row.filled);
    columns.extend(fields.iter().map(|field| Column::number(words::filled(l, &field.attribute))));
    let rows = flow.sources.iter().map(|row| {
        let mut cells = vec![
            row.source.to_string(),
            l.count(row.leads.hits),
            percent(l, row.leads),
            l.count(row.won.n),
            with_interval(l, row.won),
        ];
        cells.extend(row.filled.iter().map(|field| percent(l, field.filled)));
        Row::new(cells)
    });
    let sentence = flow.sources.first().map_or_else(String::new, |first| {
        let n = words::n_sources(l, flow.sources.len() as u64);
        words::sources_sentence(l, &first.source, &percent(l, first.leads), &n)
    });
    Section {
        id: "sources".into(),
        heading: words::sources(l),
        sentence,
        tables: vec![Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx)],
        method: vec![words::sources_method(l)],
        ..Section::default()
    }
}

/// The questionnaire as CSV, both languages side by side, to be answered from 1 to 5.
pub fn questionnaire() -> String {
    let mut text = String::from("question,answer,comment,english,deutsch\n");
    for question in Question::ALL {
        let [english, german] = [Locale::En, Locale::De].map(|l| words::ask(l, question));
        text += &format!("{},,,\"{english}\",\"{german}\"\n", question.key());
    }
    text
}

/// `33.7%`, or a dash of nothing.
fn percent(l: Locale, share: Share) -> String {
    share.value().map_or_else(|| "–".into(), |value| Unit::percent(1).show(l, value))
}

/// `33.7% (31.0 to 36.5)`.
fn with_interval(l: Locale, share: Share) -> String {
    share.estimate().map_or_else(|| "–".into(), |e| Unit::percent(1).interval(l, interval(e)))
}

fn interval(e: Estimate) -> Interval {
    Interval::new(e.value, e.low, e.high)
}

/// A length of time, rounded to what a reader of that size wants.
fn time(l: Locale, seconds: f64) -> String {
    l.duration(Micros((seconds * 1e6).round() as i64))
}

fn maybe_time(l: Locale, seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".into(), |seconds| time(l, seconds))
}

/// Lead-days, for sums over many leads.
fn days(l: Locale, seconds: f64) -> String {
    words::days(l, &l.number(seconds / 86_400.0, 0))
}
