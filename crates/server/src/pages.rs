//! Pages for people: today, the leads, one lead with its reasons. They work without script and
//! are made of the same parts as reports.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Query, State as Shared},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use pointsman_decision::{Decision, Explanation, Hold, Outcome, Snapshot, ValueSource, Verdict as Rung, explain};
use pointsman_domain::{Instant, LeadId, RuleId};
use pointsman_report::{
    Cx, Page, Section, Shell, Table, Unit,
    page::{CHART_JS, CSS, Live, Place, render},
    part::{Document, DocumentKind, Notice, Provenance, Tile, Tone},
    table::{Column, Row},
    words,
};
use pointsman_store::row::CustodyKind;

use crate::{
    access::Rights,
    api::{
        decisions::{unwalkable, whole},
        id,
        leads::{LeadView, ListQuery, detail, page as page_of_leads},
    },
    error::Problem,
    state::{State, Whole},
};

mod team;

pub use team::team;

const CX: Cx = Cx::EN;
/// Decisions on the first page.
const LAST: u32 = 20;

pub async fn css() -> Response {
    asset(CSS, "text/css; charset=utf-8")
}

pub async fn script() -> Response {
    asset(CHART_JS, "text/javascript; charset=utf-8")
}

fn asset(body: &'static str, kind: &'static str) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

/// The page within the shell; `links` turns texts that are alone in their cell into links.
fn respond(state: &State, here: &str, page: &Page, links: &[(String, String)]) -> Response {
    let place = |href: &str, label: &str| Place { href: href.into(), label: label.into(), current: href == here };
    let mut places = vec![place("/", "Today"), place("/leads", "Leads"), place("/team", "Team"), place("/docs", "API")];
    if !state.gate.is_open() {
        places.push(place("/login", "Account"));
    }
    let live = Live {
        workspace: state.config.workspace.clone(),
        places,
        css_href: "/assets/app.css".into(),
        script_href: "/assets/chart.js".into(),
        theme: None,
    };
    let mut html = render(page, Shell::Live(&live), CX);
    for (text, href) in links {
        // Ids and these labels need no escaping; a cell's text stands between two tags.
        html = html.replace(&format!(">{text}<"), &format!("><a href=\"{href}\">{text}</a><"));
    }
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))], Html(html)).into_response()
}

fn page(title: &str, question: &str, kicker: &str, snapshot: &Snapshot) -> Page {
    Page {
        title: title.into(),
        kicker: kicker.into(),
        question: question.into(),
        verdict: None,
        tiles: Vec::new(),
        sections: Vec::new(),
        provenance: Provenance {
            engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
            documents: vec![Document {
                kind: DocumentKind::Policy,
                name: snapshot.policy().name.to_string(),
                version: snapshot.id.short(),
                digest: snapshot.id,
            }],
            seeds: Vec::new(),
            command: String::new(),
        },
        other_language: None,
    }
}

fn tile(label: &str, value: u64, detail: &str) -> Tile {
    Tile { label: label.into(), value: CX.locale.number(value as f64, 0), detail: detail.into() }
}

fn section(id: &str, heading: &str, sentence: String, table: Table) -> Section {
    Section { id: id.into(), heading: heading.into(), sentence, tables: vec![table], ..Section::default() }
}

fn table(columns: Vec<Column>, rows: Vec<Row>) -> Table {
    Table { caption: String::new(), columns, rows, note: String::new() }
}

fn minute(at: Instant) -> String {
    // RFC 3339 up to the minute: seconds say nothing to a reader.
    at.to_string().replacen('T', " ", 1).chars().take(16).collect::<String>() + " UTC"
}

/// Where a decision left its lead, as a phrase.
fn phrase(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Owned { rep, .. } => format!("went to {rep}"),
        Outcome::Held { hold: Hold::Queued, until, .. } => format!("waits for a free place until {}", minute(*until)),
        Outcome::Held { hold: Hold::Priced, until, .. } => format!("waits for a better price until {}", minute(*until)),
        Outcome::Parked { queue, .. } => format!("is parked in {queue}"),
    }
}

fn lead_link(lead: LeadId) -> (String, String) {
    (lead.to_string(), format!("/leads/{lead}"))
}

pub async fn today(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let snapshot = state.live()?;
    let read = state.read(|reader| Ok((reader.counts()?, reader.last_decisions(LAST)?)));
    let (counts, decisions) = read.await?;
    let count = |kind: CustodyKind| counts.by_custody.get(&kind).copied().unwrap_or(0);
    let mut page =
        page("Today", "Where do the leads stand, and does anything need a person?", &state.config.workspace, &snapshot);
    let parked = count(CustodyKind::Parked);
    page.tiles = vec![
        tile("Owned", count(CustodyKind::Owned), "with a rep now"),
        tile("Waiting", count(CustodyKind::Held), "for a free place or a better price"),
        tile("Parked", parked, "nobody may take them"),
        tile("Closed", count(CustodyKind::Closed), "won, lost, unqualified or resting"),
    ];
    let queues = counts.by_queue.iter().map(|(queue, n)| Row::new(vec![queue.to_string(), n.to_string()])).collect();
    let sentence = match parked {
        0 => "No lead is parked.".to_owned(),
        1 => "One lead is parked and needs a person, or a policy that places it.".to_owned(),
        n => format!("{n} leads are parked and need a person, or a policy that places them."),
    };
    page.sections.push(section(
        "parked",
        "Parked",
        sentence,
        table(vec![Column::text("Queue"), Column::number("Leads")], queues),
    ));
    let rows =
        decisions.iter().map(|d| Row::new(vec![d.lead.to_string(), minute(d.decided_at), phrase(&d.outcome), rule(d)]));
    let columns = vec![Column::text("Lead"), Column::text("Decided"), Column::text("Outcome"), Column::text("Rule")];
    let sentence = format!("The last {} decisions, newest first.", decisions.len());
    page.sections.push(section("last", "Last decisions", sentence, table(columns, rows.collect())));
    let links: Vec<_> = decisions.iter().map(|decision| lead_link(decision.lead)).collect();
    Ok(respond(&state, "/", &page, &unique(links)))
}

fn unique(mut links: Vec<(String, String)>) -> Vec<(String, String)> {
    links.sort();
    links.dedup();
    links
}

fn rule(decision: &Decision) -> String {
    decision.rule.as_ref().map_or_else(|| "fallback".into(), ToString::to_string)
}

pub async fn leads(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let snapshot = state.live()?;
    let (rows, more) = page_of_leads(&state, &rights, query.filter()?).await?;
    let views: Vec<LeadView> =
        rows.into_iter().map(|(row, state)| LeadView::new(row, state, &snapshot.schema)).collect();
    let mut page = page("Leads", "Which leads are there, and who has them?", &state.config.workspace, &snapshot);
    let cells = views.iter().map(|lead| {
        let owner = lead.owner.as_ref().map_or_else(String::new, ToString::to_string);
        let stage = format!("{:?}", lead.stage).to_lowercase();
        let kind = lead.custody.kind().as_str().to_owned();
        Row::new(vec![lead.id.to_string(), minute(lead.at), lead.source.to_string(), kind, owner, stage])
    });
    let columns = ["Lead", "Arrived", "Source", "Custody", "Owner", "Stage"].map(Column::text).to_vec();
    let mut listed = table(columns, cells.collect());
    let state_of = query.state.as_ref().map_or_else(String::new, |state| format!("&state={state}"));
    let mut links: Vec<_> = views.iter().map(|lead| lead_link(lead.id)).collect();
    if let Some(next) = more {
        listed.note = "Older leads".into();
        links.push(("Older leads".into(), format!("/leads?cursor={next}{state_of}")));
    }
    let sentence = if views.is_empty() { "There are none.".into() } else { "Newest first.".into() };
    page.sections.push(section("leads", "Leads", sentence, listed));
    Ok(respond(&state, "/leads", &page, &unique(links)))
}

pub async fn lead(Shared(state): Shared<Arc<State>>, Path(text): Path<String>) -> Result<Response, Problem> {
    let lead: LeadId = id(&text)?;
    let live = state.live()?;
    let (shared, snapshot) = (Arc::clone(&state), Arc::clone(&live));
    let read = state.read(move |reader| {
        let Some(detail) = detail(reader, lead, &snapshot)? else { return Ok(None) };
        let last = whole(&shared, reader, detail.lead.decision)?;
        Ok(Some((detail, last)))
    });
    let (detail, last) = read.await?.ok_or_else(|| Problem::NotFound { what: format!("lead {lead}") })?;
    let mut page = page(&lead.to_string(), "Why did it go there?", &state.config.workspace, &live);
    match last {
        Ok(Whole { stored, snapshot, facts, trace }) => {
            let explanation =
                explain(&snapshot, &facts, &stored.decision, &trace).map_err(|error| unwalkable(&error))?;
            page.sections = why(&explanation, &snapshot);
        }
        // The decision stays when what it was taken on is gone; then the page says so.
        Err(Problem::Gone { what }) => {
            let text =
                format!("What was decided is kept; {what} aged out or were erased, so the reasons cannot be shown.");
            let notices = vec![Notice { tone: Tone::Neutral, text }];
            page.sections.push(Section { id: "why".into(), heading: "Why".into(), notices, ..Section::default() });
        }
        Err(problem) => return Err(problem),
    }
    let columns = vec![Column::text("When"), Column::text("What"), Column::text("By")];
    let mut history: Vec<(Instant, String, String)> = Vec::new();
    history.extend(detail.decisions.iter().map(|d| (d.decided_at, phrase(&d.outcome), format!("rule {}", rule(d)))));
    let by = |by: &Option<Box<str>>| by.as_deref().unwrap_or_default().to_owned();
    let by_hand = detail.assignments.iter().filter(|row| row.by.is_some());
    history.extend(by_hand.map(|row| (row.at, format!("assigned to {}", row.rep), by(&row.by))));
    history.extend(detail.stages.iter().map(|row| (row.at, format!("{:?}", row.stage).to_lowercase(), by(&row.by))));
    history.sort();
    let rows = history.into_iter().map(|(at, what, by)| Row::new(vec![minute(at), what, by])).collect();
    page.sections.push(section(
        "history",
        "History",
        "What happened to this lead, oldest first.".into(),
        table(columns, rows),
    ));
    Ok(respond(&state, "/leads", &page, &[]))
}

/// Sentence, ladder, candidates: why a lead went where it went.
fn why(explanation: &Explanation, snapshot: &Snapshot) -> Vec<Section> {
    let decision = &explanation.decision;
    let value_unit = match decision.value_source {
        ValueSource::Wins => Unit::number(3),
        ValueSource::Given | ValueSource::Model => Unit::money(snapshot.currency),
    };
    let how = match &decision.rule {
        Some(rule) => format!("because rule {rule} of policy {} applied", decision.policy),
        None => format!("because no rule of policy {} found anybody", decision.policy),
    };
    let sentence = format!("This lead {}, {how}.", phrase(&decision.outcome));
    let rungs = explanation.rungs.iter().map(|rung| {
        let cells =
            vec![named(&rung.rule, rung.overflow), verdict(rung.verdict).into(), rung.candidates.len().to_string()];
        if rung.verdict == Rung::Chosen { Row::strong(cells) } else { Row::new(cells) }
    });
    let columns = vec![Column::text("Rule"), Column::text("What came of it"), Column::number("Candidates")];
    let mut sections = vec![section("why", "The ladder", sentence, table(columns, rungs.collect()))];
    let Some(last) = explanation.rungs.iter().rev().find(|rung| !rung.candidates.is_empty()) else { return sections };
    let l = CX.locale;
    let mut listed: Vec<_> = last.candidates.iter().collect();
    listed.sort_by(|a, b| b.net.unwrap_or(f64::MIN).total_cmp(&a.net.unwrap_or(f64::MIN)));
    listed.sort_by_key(|candidate| candidate.reason != pointsman_domain::Reason::Chosen);
    let rows = listed.into_iter().map(|candidate| {
        let show = |unit: Unit, x: Option<f64>| x.map_or_else(String::new, |x| unit.show(l, x));
        let cells = vec![
            candidate.rep.to_string(),
            words::reason::reason(&candidate.reason, value_unit, CX),
            show(Unit::percent(1), candidate.score),
            show(value_unit, candidate.price),
            show(value_unit, candidate.net),
            candidate.free.map_or_else(String::new, |free| free.to_string()),
        ];
        if candidate.reason == pointsman_domain::Reason::Chosen { Row::strong(cells) } else { Row::new(cells) }
    });
    let columns = vec![
        Column::text("Rep"),
        Column::text("Why, or why not"),
        Column::number("Chance"),
        Column::number("Price"),
        Column::number("Value − price"),
        Column::number("Free places"),
    ];
    let sentence = format!("Everybody that rule {} looked at.", last.rule);
    sections.push(section("candidates", "The candidates", sentence, table(columns, rows.collect())));
    sections
}

fn named(rule: &RuleId, overflow: bool) -> String {
    if overflow { format!("{rule}, when full") } else { rule.to_string() }
}

fn verdict(verdict: Rung) -> &'static str {
    match verdict {
        Rung::NotMatched => "did not apply",
        Rung::Chosen => "chosen here",
        Rung::NobodyNamed => "names nobody for this lead",
        Rung::NobodyEligible => "nobody may take it",
        Rung::NobodyFree => "nobody is free",
        Rung::Queued => "waits here for a free place",
        Rung::Priced => "waits here for a better price",
        Rung::Parked => "parked here",
    }
}
