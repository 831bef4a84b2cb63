//! `/v1/deliveries`: messages to other systems that did not arrive, how each receiver is doing, and
//! another try.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State as Shared, rejection::QueryRejection},
    routing::{get, post},
};
use pointsman_domain::{Instant, LeadId};
use pointsman_store::outbox::{Delivery, DeliveryFilter, DeliveryState, SinkStanding};
use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Scope},
    error::Problem,
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/deliveries",
                id: "listDeliveries",
                summary: "Messages that did not arrive, and how the receivers are doing.",
                text: "Those that wait for another attempt and those that were given up, by receiver and in the order of the record. What arrived is not kept.",
                answer: Some("Deliveries"),
                parameters: &[
                    ("query", "state", "Only those that are 'waiting' or 'dead'.", false),
                    ("query", "sink", "Only those of this receiver.", false),
                    ("query", "cursor", "'next' of the page before.", false),
                    ("query", "limit", "Rows of a page, 1 to 200; 50 if absent.", false),
                ],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(list),
        ),
        (
            Route {
                method: "post",
                path: "/v1/deliveries/{id}/retry",
                id: "retryDelivery",
                summary: "Try a message again at once.",
                text: "Also one that was given up; its attempts count from the beginning.",
                answer: Some("Delivery"),
                parameters: &[(
                    "path",
                    "id",
                    "As GET /v1/deliveries names it: the receiver's name, a dot, a number.",
                    true,
                )],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(retry),
        ),
    ]
}

#[derive(Debug, Serialize)]
pub struct DeliveriesBody {
    pub sinks: Vec<SinkView>,
    pub deliveries: Vec<DeliveryView>,
    /// Send it as `cursor` for the next page; absent on the last one.
    pub next: Option<String>,
}

/// How a receiver is doing.
#[derive(Debug, Serialize)]
pub struct SinkView {
    pub name: Box<str>,
    /// Of a mail server: `smtps://host:465`. Without its query; null where this server's settings do not name it any more.
    pub url: Option<String>,
    /// The last row of the record that it was told of.
    pub seq: u64,
    pub delivered: u64,
    pub last_at: Option<Instant>,
    pub waiting: u64,
    pub dead: u64,
    /// How long ago the oldest thing happened that it was not told yet.
    pub lag_seconds: f64,
    pub error: Option<Box<str>>,
}

impl SinkView {
    pub fn new(state: &State, standing: SinkStanding) -> Self {
        let sink = state.config.sinks.iter().find(|sink| sink.name == standing.cursor.sink);
        let lag = standing.oldest.map_or(0.0, |at| (state.now() - at).0.max(0) as f64 / 1e6);
        Self {
            url: sink.map(|sink| sink.outlet.address()),
            name: standing.cursor.sink,
            seq: standing.cursor.seq,
            delivered: standing.cursor.delivered,
            last_at: standing.cursor.last_at,
            waiting: standing.waiting,
            dead: standing.dead,
            lag_seconds: lag,
            error: standing.cursor.error,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct DeliveryView {
    pub id: String,
    pub sink: Box<str>,
    pub event: Box<str>,
    pub lead: Option<LeadId>,
    pub at: Instant,
    pub state: &'static str,
    pub attempts: u32,
    /// When it is tried again; null for one that was given up.
    pub due: Option<Instant>,
    pub failed_at: Option<Instant>,
    pub error: Option<Box<str>>,
}

impl From<Delivery> for DeliveryView {
    fn from(row: Delivery) -> Self {
        Self {
            id: format!("{}.{}", row.sink, row.seq),
            sink: row.sink,
            event: row.event,
            lead: row.lead,
            at: row.at,
            state: row.state.as_str(),
            attempts: row.attempts,
            due: (row.state == DeliveryState::Waiting).then_some(row.due),
            failed_at: row.failed_at,
            error: row.error,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    pub state: Option<String>,
    pub sink: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

/// Rows of a page at most.
const MOST: u32 = 200;

impl ListQuery {
    fn filter(&self) -> Result<DeliveryFilter, Problem> {
        let state = match &self.state {
            None => None,
            Some(text) => Some(
                DeliveryState::ALL
                    .into_iter()
                    .find(|state| state.as_str() == text)
                    .ok_or_else(|| Problem::Parameter("'state' is not one of waiting, dead".into()))?,
            ),
        };
        let limit = match &self.limit {
            None => 50,
            Some(text) => match text.parse() {
                Ok(limit) if (1..=MOST).contains(&limit) => limit,
                _ => return Err(Problem::Parameter(format!("'limit' is not a number from 1 to {MOST}"))),
            },
        };
        let sink = match &self.sink {
            None => None,
            Some(name) => Some(checked_name(name)?),
        };
        Ok(DeliveryFilter { sink, state, after: self.cursor.as_deref().map(parse_id).transpose()?, limit })
    }
}

fn checked_name(name: &str) -> Result<Box<str>, Problem> {
    let plain = (1..=63).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if plain { Ok(name.into()) } else { Err(Problem::Parameter("that is no receiver's name".into())) }
}

/// `crm.1234`: receiver and seq.
pub fn parse_id(id: &str) -> Result<(Box<str>, u64), Problem> {
    let wrong = || Problem::Parameter("that is no delivery's id: they look like 'crm.1234'".into());
    let (sink, seq) = id.rsplit_once('.').ok_or_else(wrong)?;
    // Seqs are stored as signed numbers.
    let seq = seq.parse::<u64>().ok().filter(|seq| (1..=i64::MAX as u64).contains(seq)).ok_or_else(wrong)?;
    Ok((checked_name(sink).map_err(|_| wrong())?, seq))
}

/// Receivers and one page of what did not arrive.
pub async fn page(state: &Arc<State>, filter: DeliveryFilter) -> Result<DeliveriesBody, Problem> {
    let limit = filter.limit as usize;
    let read = state.outbox(move |outbox| Ok((outbox.standing()?, outbox.deliveries(&filter)?)));
    let (standing, rows) = read.await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| format!("{}.{}", row.sink, row.seq));
    Ok(DeliveriesBody {
        sinks: standing.into_iter().map(|sink| SinkView::new(state, sink)).collect(),
        deliveries: rows.into_iter().map(DeliveryView::from).collect(),
        next,
    })
}

pub async fn list(
    Shared(state): Shared<Arc<State>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<DeliveriesBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    Ok(Json(page(&state, query.filter()?).await?))
}

/// Puts a delivery back in line.
pub async fn again(state: &Arc<State>, id: &str) -> Result<DeliveryView, Problem> {
    let (sink, seq) = parse_id(id)?;
    let now = state.now();
    let found = state.outbox(move |outbox| outbox.retry(&sink, seq, now)).await?;
    Ok(found.ok_or_else(|| Problem::NotFound { what: "such delivery: it arrived, or never was".into() })?.into())
}

pub async fn retry(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Result<Json<DeliveryView>, Problem> {
    Ok(Json(again(&state, &id).await?))
}
