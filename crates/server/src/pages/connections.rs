//! The page that says whether data flows out: receivers, what waits, what was given up.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Shared},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use pointsman_domain::Micros;
use pointsman_report::{
    Locale, Table,
    page::Action,
    part::{Notice, Tone},
    table::{Column, Row},
    words::{live as words, page::place_connections},
};
use pointsman_store::outbox::DeliveryFilter;

use super::{
    lead_link,
    reader::Reader,
    sheet::{Sheet, section, table},
    unique,
};
use crate::{
    access::{Access, Scope},
    api::deliveries::{self, DeliveryView, SinkView},
    deliver,
    error::Problem,
    openapi::Route,
    router::{Entry, LANG, PLAIN},
    state::State,
};

/// Messages on the page.
const SHOWN: u32 = 50;

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/connections",
                id: "connectionsPage",
                summary: "Does data flow out? Receivers and failed messages, as a page.",
                parameters: &[LANG],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(show),
        ),
        (
            Route {
                method: "post",
                path: "/connections/{id}/retry",
                id: "retryOnPage",
                summary: "Try a message again, from the page.",
                parameters: &[("path", "id", "The delivery's id.", true)],
                redirects: true,
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(retry),
        ),
    ]
}

pub async fn show(Shared(state): Shared<Arc<State>>, reader: Reader) -> Result<Response, Problem> {
    let sheet = Sheet::new(&state, reader)?;
    let l = sheet.l();
    let body = deliveries::page(&state, DeliveryFilter { limit: SHOWN, ..DeliveryFilter::default() }).await?;
    let mut page = sheet.page(place_connections(l), words::connections_question(l));
    let mut out = section("receivers", words::receivers(l), sentence(l, &body.sinks), receivers(&sheet, &body.sinks));
    out.notices = body.sinks.iter().filter_map(notice).chain(unreached(&sheet)).collect();
    page.sections.push(out);
    let told = if body.deliveries.is_empty() { words::none(l) } else { words::undelivered_sentence(l) };
    let mut failed = section("failed", words::undelivered(l), told, messages(&sheet, &body.deliveries));
    failed.actions = body.deliveries.iter().filter(|row| row.attempts > 0).map(|row| again(l, row)).collect();
    page.sections.push(failed);
    let links = body.deliveries.iter().filter_map(|row| row.lead.map(lead_link)).collect();
    Ok(sheet.respond("/connections", page, &unique(links)))
}

pub async fn retry(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Result<Response, Problem> {
    deliveries::again(&state, &id).await?;
    Ok(Redirect::to("/connections").into_response())
}

fn sentence(l: Locale, sinks: &[SinkView]) -> String {
    let (waiting, dead) = sinks.iter().fold((0, 0), |(w, d), sink| (w + sink.waiting, d + sink.dead));
    match (sinks.len(), waiting + dead) {
        (0, _) => words::no_receiver(l),
        (_, 0) => words::all_told(l),
        _ => words::not_all_told(l, &l.count(waiting), &l.count(dead)),
    }
}

fn receivers(sheet: &Sheet, sinks: &[SinkView]) -> Table {
    let l = sheet.l();
    let rows = sinks.iter().map(|sink| {
        Row::new(vec![
            sink.name.to_string(),
            sink.url.clone().unwrap_or_else(|| words::not_in_settings(l)),
            sheet.count(sink.delivered),
            sink.last_at.map_or_else(|| words::never(l), |at| sheet.at(at)),
            sheet.count(sink.waiting),
            sheet.count(sink.dead),
            l.duration(Micros((sink.lag_seconds * 1e6) as i64)),
        ])
    });
    let columns = vec![
        Column::text(words::receiver(l)),
        Column::text(words::address(l)),
        Column::number(words::delivered(l)),
        Column::text(words::last(l)),
        Column::number(words::waiting(l)),
        Column::number(words::given_up(l)),
        Column::number(words::behind(l)),
    ];
    table(columns, rows.collect())
}

/// What a receiver answered, as it was.
fn notice(sink: &SinkView) -> Option<Notice> {
    let error = sink.error.as_ref()?;
    Some(Notice { tone: Tone::Bad, text: format!("{}: {error}", sink.name) })
}

/// Reps whom no letter reaches, where letters are written.
fn unreached(sheet: &Sheet) -> Option<Notice> {
    let reps = deliver::without_address(&sheet.snapshot);
    let written = sheet.state.config.sinks.iter().any(|sink| sink.outlet.is_mail());
    let names: Vec<String> = reps.iter().take(SHOWN as usize).map(ToString::to_string).collect();
    let text = words::no_address(sheet.l(), &sheet.count(reps.len() as u64), &names.join(", "));
    (written && !reps.is_empty()).then_some(Notice { tone: Tone::Neutral, text })
}

fn messages(sheet: &Sheet, deliveries: &[DeliveryView]) -> Table {
    let l = sheet.l();
    let rows = deliveries.iter().map(|row| {
        Row::new(vec![
            row.id.clone(),
            row.event.to_string(),
            row.lead.map_or_else(String::new, |lead| lead.to_string()),
            sheet.count(row.attempts),
            row.due.map_or_else(|| words::is_given_up(l), |at| sheet.at(at)),
            row.error.as_deref().map_or_else(|| words::waits_behind(l), ToOwned::to_owned),
        ])
    });
    let columns = vec![
        Column::text(words::message(l)),
        Column::text(words::event(l)),
        Column::text(words::lead(l)),
        Column::number(words::attempts(l)),
        Column::text(words::next_attempt(l)),
        Column::text(words::why(l)),
    ];
    table(columns, rows.collect())
}

fn again(l: Locale, row: &DeliveryView) -> Action {
    Action {
        action: format!("/connections/{}/retry", row.id),
        button: words::try_again(l, &row.id),
        quiet: true,
        ..Action::default()
    }
}
