//! Pages for people: today, the leads, one lead with its reasons. They work without script and
//! are made of the same parts as reports. The page of one lead: [`lead`].

pub mod connections;
pub mod experiments;
pub mod kpi;
mod lead;
pub mod mine;
pub mod policies;
mod prices;
pub mod roi;

pub use lead::lead;
pub use prices::prices;

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State as Shared},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use pointsman_decision::{Decision, Hold, Outcome, Snapshot};
use pointsman_domain::{Instant, LeadId};
use pointsman_report::{
    Cx, Locale, Page, Section, Shell, Table,
    file::{content_policy, stand_alone},
    page::{CHART_JS, CSS, Live, Place, render},
    part::{Document, DocumentKind, Provenance, Tile},
    table::{Column, Row},
    words::page as words,
};
use pointsman_store::row::CustodyKind;

use crate::{
    access::Rights,
    api::leads::{LeadView, ListQuery, page as page_of_leads},
    error::Problem,
    state::State,
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

/// The page for whoever has a link to it and nothing else.
fn respond_without_places(state: &State, page: &Page, cx: Cx) -> Response {
    within(state, Vec::new(), page, cx, &[])
}

/// The page within the shell; `links` turns texts that are alone in their cell into links.
fn respond(state: &State, here: &str, page: &Page, cx: Cx, links: &[(String, String)]) -> Response {
    let word = |word: fn(Locale) -> String| word(cx.locale);
    let place = |href: &str, label: String| Place { href: href.into(), label, current: href == here };
    let mut places = vec![
        place("/", word(words::place_today)),
        place("/leads", word(words::place_leads)),
        place("/team", word(words::place_team)),
        place("/kpi", word(words::place_figures)),
        place("/roi", word(words::place_return)),
        place("/prices", word(words::place_prices)),
        place("/policies", word(words::place_policy)),
        place("/experiments", word(words::place_experiments)),
        place("/connections", word(words::place_connections)),
        place("/docs", word(words::place_api)),
    ];
    if !state.gate.is_open() {
        places.push(place("/login", word(words::place_account)));
    }
    within(state, places, page, cx, links)
}

fn within(state: &State, places: Vec<Place>, page: &Page, cx: Cx, links: &[(String, String)]) -> Response {
    let live = Live {
        workspace: state.config.workspace.clone(),
        places,
        css_href: "/assets/app.css".into(),
        script_href: "/assets/chart.js".into(),
        theme: None,
    };
    let mut html = render(page, Shell::Live(&live), cx);
    for (text, href) in links {
        // Ids and these labels need no escaping; a cell's text stands between two tags.
        html = html.replace(&format!(">{text}<"), &format!("><a href=\"{href}\">{text}</a><"));
    }
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))], Html(html)).into_response()
}

/// A report that stands alone, under the policy that it states itself: without it a browser would
/// load none of the styles inside.
fn report_file(page: &Page, result: &impl serde::Serialize, cx: Cx) -> Result<Response, Problem> {
    let ours = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a report cannot be written");
        Problem::Ours
    };
    let html = stand_alone(page, result, cx).map_err(|error| ours(&error))?;
    let policy = format!("{}; frame-ancestors 'none'", content_policy());
    let policy = HeaderValue::from_str(&policy).map_err(|error| ours(&error))?;
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response())
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
        Outcome::Offered { rep, until, .. } => format!("is offered to {rep} until {}", minute(*until)),
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
        tile("Offered", count(CustodyKind::Offered), "somebody is asked"),
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
    Ok(respond(&state, "/", &page, CX, &unique(links)))
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
    Ok(respond(&state, "/leads", &page, CX, &unique(links)))
}
