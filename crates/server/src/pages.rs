//! Pages for people, in the language of whoever reads them ([`reader`]). They work without script
//! and are made of the same parts as reports ([`sheet`]). Here: today, and the leads.

pub mod connections;
pub mod experiments;
pub mod faults;
pub mod flow;
pub mod kpi;
mod lead;
pub mod mine;
pub mod policies;
mod prices;
pub mod reader;
pub mod roi;
mod sheet;
mod team;

pub use lead::lead;
pub use prices::prices;
pub use team::team;

use std::sync::Arc;

use axum::{
    Extension,
    extract::State as Shared,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use pointsman_decision::Decision;
use pointsman_domain::LeadId;
use pointsman_report::{
    Cx, Locale, Page,
    assets::{CHART_JS, CSS, content_policy},
    file::stand_alone,
    table::{Column, Row},
    words::{kpi::stage_of, live as words, page::place_leads, page::place_today},
};
use pointsman_store::row::CustodyKind;

use self::{
    reader::{Asked, Reader},
    sheet::{Sheet, section, table},
};
use crate::{
    access::Rights,
    api::leads::{LeadView, ListQuery, page as page_of_leads},
    error::Problem,
    state::State,
};

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

fn lead_link(lead: LeadId) -> (String, String) {
    (lead.to_string(), format!("/leads/{lead}"))
}

fn unique(mut links: Vec<(String, String)>) -> Vec<(String, String)> {
    links.sort();
    links.dedup();
    links
}

pub async fn today(Shared(state): Shared<Arc<State>>, reader: Reader) -> Result<Response, Problem> {
    let sheet = Sheet::new(&state, reader)?;
    let l = sheet.l();
    let read = state.read(|reader| Ok((reader.counts()?, reader.last_decisions(LAST)?)));
    let (counts, decisions) = read.await?;
    let tile = |label: fn(Locale) -> String, kind: CustodyKind, detail: fn(Locale) -> String| {
        sheet.tile(label(l), counts.by_custody.get(&kind).copied().unwrap_or(0), detail(l))
    };
    let mut page = sheet.page(place_today(l), words::today_question(l));
    page.tiles = vec![
        tile(words::owned, CustodyKind::Owned, words::owned_detail),
        tile(words::offered, CustodyKind::Offered, words::offered_detail),
        tile(words::held, CustodyKind::Held, words::held_detail),
        tile(words::parked, CustodyKind::Parked, words::parked_detail),
        tile(words::closed, CustodyKind::Closed, words::closed_detail),
    ];
    let queues = counts.by_queue.iter().map(|(queue, n)| Row::new(vec![queue.to_string(), sheet.count(*n)])).collect();
    let sentence = match counts.by_custody.get(&CustodyKind::Parked).copied().unwrap_or(0) {
        0 => words::none_parked(l),
        1 => words::one_parked(l),
        n => words::some_parked(l, &l.count(n)),
    };
    let columns = vec![Column::text(words::queue(l)), Column::number(words::leads(l))];
    let mut parked = section("parked", words::parked(l), sentence, table(columns, queues));
    parked.tables.retain(|table| !table.rows.is_empty());
    page.sections.push(parked);
    let rows = decisions.iter().map(|d| {
        let outcome = words::outcome_phrase(l, &d.outcome, |at| sheet.at(at));
        Row::new(vec![d.lead.to_string(), sheet.at(d.decided_at), outcome, rule(l, d)])
    });
    let columns = [words::lead, words::decided, words::outcome, words::rule].map(|word| Column::text(word(l)));
    let sentence = match decisions.len() as u64 {
        0 => words::no_decision(l),
        n => words::last_sentence(l, &l.count(n)),
    };
    page.sections.push(section("last", words::last_decisions(l), sentence, table(columns.into(), rows.collect())));
    let links: Vec<_> = decisions.iter().map(|decision| lead_link(decision.lead)).collect();
    Ok(sheet.respond("/", page, &unique(links)))
}

fn rule(l: Locale, decision: &Decision) -> String {
    decision.rule.as_ref().map_or_else(|| words::fallback(l), ToString::to_string)
}

/// Where a lead is, in a word.
fn custody(l: Locale, kind: CustodyKind) -> String {
    let word = match kind {
        CustodyKind::Owned => words::owned,
        CustodyKind::Offered => words::offered,
        CustodyKind::Held => words::held,
        CustodyKind::Parked => words::parked,
        CustodyKind::Closed => words::closed,
    };
    word(l)
}

pub async fn leads(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    reader: Reader,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Problem> {
    let sheet = Sheet::new(&state, reader)?;
    let l = sheet.l();
    let (rows, more) = page_of_leads(&state, &rights, query.filter()?).await?;
    let views: Vec<LeadView> =
        rows.into_iter().map(|(row, state)| LeadView::new(row, state, &sheet.snapshot.schema)).collect();
    let mut page = sheet.page(place_leads(l), words::leads_question(l));
    let cells = views.iter().map(|lead| {
        let owner = lead.owner.as_ref().map_or_else(String::new, ToString::to_string);
        let (custody, stage) = (custody(l, lead.custody.kind()), stage_of(l, lead.stage));
        Row::new(vec![lead.id.to_string(), sheet.at(lead.at), lead.source.to_string(), custody, owner, stage])
    });
    let columns = [words::lead, words::arrived, words::source, words::custody, words::owner, words::stage];
    let mut listed = table(columns.map(|word| Column::text(word(l))).into(), cells.collect());
    let state_of = query.state.as_ref().map_or_else(String::new, |state| format!("&state={state}"));
    let mut links: Vec<_> = views.iter().map(|lead| lead_link(lead.id)).collect();
    if let Some(next) = more {
        listed.note = words::older(l);
        links.push((words::older(l), format!("/leads?cursor={next}{state_of}")));
    }
    let sentence = if views.is_empty() { words::none(l) } else { words::newest_first(l) };
    page.sections.push(section("leads", place_leads(l), sentence, listed));
    Ok(sheet.respond("/leads", page, &unique(links)))
}
