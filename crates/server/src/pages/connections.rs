//! The page that says whether data flows out: receivers, what waits, what was given up.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Shared},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use pointsman_report::{
    page::Action,
    part::{Notice, Tone},
    table::{Column, Row},
};
use pointsman_store::outbox::DeliveryFilter;

use super::{CX, lead_link, minute, page, respond, section, table, unique};
use crate::{
    access::{Access, Scope},
    api::deliveries::{self, DeliveryView, SinkView},
    error::Problem,
    openapi::Route,
    router::{Entry, PLAIN},
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

pub async fn show(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let snapshot = state.live()?;
    let body = deliveries::page(&state, DeliveryFilter { limit: SHOWN, ..DeliveryFilter::default() }).await?;
    let mut page = page("Connections", "Does data flow out?", &state.config.workspace, &snapshot);
    let mut out = section("receivers", "Receivers", sentence(&body.sinks), receivers(&body.sinks));
    out.notices = body.sinks.iter().filter_map(notice).collect();
    page.sections.push(out);
    let heading = "Messages that did not arrive";
    let mut failed = section("failed", heading, told(&body.deliveries), messages(&body.deliveries));
    failed.actions = body.deliveries.iter().filter(|row| row.attempts > 0).map(again).collect();
    page.sections.push(failed);
    let links = body.deliveries.iter().filter_map(|row| row.lead.map(lead_link)).collect();
    Ok(respond(&state, "/connections", &page, CX, &unique(links)))
}

pub async fn retry(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Result<Response, Problem> {
    deliveries::again(&state, &id).await?;
    Ok(Redirect::to("/connections").into_response())
}

fn sentence(sinks: &[SinkView]) -> String {
    let (waiting, dead) = sinks.iter().fold((0, 0), |(w, d), sink| (w + sink.waiting, d + sink.dead));
    match (sinks.len(), waiting + dead) {
        (0, _) => "Nothing is told to other systems yet: a [webhooks.NAME] section in pointsman.toml names a receiver \
                   (docs/webhooks.md)."
            .into(),
        (_, 0) => "Everything that happened was told.".into(),
        _ => format!("{waiting} messages wait for another attempt, {dead} were given up."),
    }
}

fn receivers(sinks: &[SinkView]) -> pointsman_report::Table {
    let rows = sinks.iter().map(|sink| {
        Row::new(vec![
            sink.name.to_string(),
            sink.url.clone().unwrap_or_else(|| "not in the settings any more".into()),
            sink.delivered.to_string(),
            sink.last_at.map_or_else(|| "never".into(), minute),
            sink.waiting.to_string(),
            sink.dead.to_string(),
            format!("{:.0} s", sink.lag_seconds),
        ])
    });
    let columns = vec![
        Column::text("Receiver"),
        Column::text("Address"),
        Column::number("Delivered"),
        Column::text("Last"),
        Column::number("Waiting"),
        Column::number("Given up"),
        Column::number("Behind"),
    ];
    table(columns, rows.collect())
}

fn notice(sink: &SinkView) -> Option<Notice> {
    let error = sink.error.as_ref()?;
    Some(Notice { tone: Tone::Bad, text: format!("{}: {error}", sink.name) })
}

fn told(deliveries: &[DeliveryView]) -> String {
    if deliveries.is_empty() { "There are none.".into() } else { "Oldest first; each is tried again by itself.".into() }
}

fn messages(deliveries: &[DeliveryView]) -> pointsman_report::Table {
    let rows = deliveries.iter().map(|row| {
        Row::new(vec![
            row.id.clone(),
            row.event.to_string(),
            row.lead.map_or_else(String::new, |lead| lead.to_string()),
            row.attempts.to_string(),
            row.due.map_or_else(|| "given up".into(), minute),
            row.error.as_deref().unwrap_or("waits behind another of its lead").to_owned(),
        ])
    });
    let columns = vec![
        Column::text("Message"),
        Column::text("Event"),
        Column::text("Lead"),
        Column::number("Attempts"),
        Column::text("Next attempt"),
        Column::text("Why"),
    ];
    table(columns, rows.collect())
}

fn again(row: &DeliveryView) -> Action {
    Action {
        action: format!("/connections/{}/retry", row.id),
        button: format!("Try {} again now", row.id),
        quiet: true,
        ..Action::default()
    }
}
