//! `/v1/roi`: what quarters brought in, as it was told.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    routing::{get, post},
};
use pointsman_domain::Instant;
use pointsman_measure::Estimate;
use pointsman_measure::roi::Claim;
use pointsman_store::Reports;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    access::{Access, Scope},
    address::Wrong,
    api::Caller,
    body::JsonBody,
    error::{FieldError, Problem},
    openapi::{Parameter, Route},
    roi::{ReturnError, Returned},
    router::{BODY, Entry, PLAIN},
    state::State,
};

pub const QUARTER: Parameter = ("path", "quarter", "The quarter: 2026-Q3.", true);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/roi",
                id: "listReturns",
                summary: "What quarters brought in.",
                text: "The newest first: net amount with its interval, and the sentence that the evidence allows.",
                answer: Some("Returns"),
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(list),
        ),
        (
            Route {
                method: "post",
                path: "/v1/roi",
                id: "keepReturn",
                summary: "Keep what a quarter brought in.",
                text: "The text of roi.toml and of its frozen baseline; both are checked and computed as by `pointsman roi`. Told again, the quarter is replaced. A baseline that is not the file's is refused.",
                body: Some("ReturnFiles"),
                answer: Some("Return"),
                problems: &BODY,
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(keep),
        ),
        (
            Route {
                path: "/v1/roi/{quarter}",
                id: "showReturn",
                summary: "What a quarter brought in, with everything that it rests on.",
                answer: Some("Return"),
                parameters: &[QUARTER],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(show),
        ),
    ]
}

impl From<ReturnError> for Problem {
    fn from(error: ReturnError) -> Self {
        let field = match error {
            ReturnError::Frozen(_) => "frozen",
            ReturnError::Spec(_) | ReturnError::NoQuarter { .. } | ReturnError::Currency { .. } => "spec",
        };
        Self::Fields(vec![FieldError::new(field, error.to_string())])
    }
}

/// Every quarter, the newest first.
pub async fn all(state: &Arc<State>) -> Result<Vec<Arc<Returned>>, Problem> {
    let kept = state.ask(|statements| Reports::new(statements).returns()).await?;
    let shared = Arc::clone(state);
    let compute = move || kept.iter().map(|kept| shared.returns.get(kept)).collect::<Result<Vec<_>, _>>();
    let computed = tokio::task::spawn_blocking(compute).await.map_err(|_| Problem::Ours)?;
    // What was checked when it was kept and is not right now is our fault.
    computed.map_err(|error| {
        tracing::error!(%error, "a return that was kept cannot be computed");
        Problem::Ours
    })
}

/// One quarter; the newest where none is named.
pub async fn one(state: &Arc<State>, quarter: Option<&str>) -> Result<Option<Arc<Returned>>, Problem> {
    let all = all(state).await?;
    Ok(all.into_iter().find(|returned| quarter.is_none_or(|quarter| *returned.kept.quarter == *quarter)))
}

/// The quarter that an address names.
pub fn named(quarter: &str) -> Result<(), Problem> {
    let fault = || Problem::Address(Wrong::NotAQuarter);
    let (year, number) = quarter.split_once("-Q").ok_or_else(fault)?;
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(year, 4) && digits(number, 1) && ("1"..="4").contains(&number) { Ok(()) } else { Err(fault()) }
}

#[derive(Debug, Serialize)]
pub struct ReturnView {
    pub quarter: Box<str>,
    pub told_at: Instant,
    pub by: Box<str>,
    /// Minor units.
    pub net: Estimate,
    pub benefit: Estimate,
    pub cost: f64,
    pub currency: String,
    pub claim: Claim,
}

impl ReturnView {
    fn new(returned: &Returned) -> Self {
        let (kept, result) = (&returned.kept, &returned.result);
        Self {
            quarter: kept.quarter.clone(),
            told_at: kept.at,
            by: kept.by.clone(),
            net: result.roi.net,
            benefit: result.roi.benefit,
            cost: result.spec.cost().value,
            currency: result.spec.currency.to_string(),
            claim: result.roi.claim,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct ReturnList {
    pub quarters: Vec<ReturnView>,
}

async fn list(Shared(state): Shared<Arc<State>>) -> Result<Json<ReturnList>, Problem> {
    let all = all(&state).await?;
    Ok(Json(ReturnList { quarters: all.iter().map(|returned| ReturnView::new(returned)).collect() }))
}

fn shown(state: &State, returned: &Returned) -> Result<Json<Value>, Problem> {
    let mut body = serde_json::to_value(returned.report(state.now())).map_err(|_| Problem::Ours)?;
    let view = serde_json::to_value(ReturnView::new(returned)).map_err(|_| Problem::Ours)?;
    if let (Some(body), Value::Object(view)) = (body.as_object_mut(), view) {
        body.extend(view);
    }
    Ok(Json(body))
}

async fn show(Shared(state): Shared<Arc<State>>, Path(quarter): Path<String>) -> Result<Json<Value>, Problem> {
    named(&quarter)?;
    let found = one(&state, Some(&quarter)).await?;
    shown(&state, &*found.ok_or_else(|| unknown(&quarter))?)
}

pub fn unknown(quarter: &str) -> Problem {
    Problem::NotFound { what: format!("return of {quarter}") }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnBody {
    /// `roi.toml`, as text.
    pub spec: String,
    /// The frozen baseline, as text.
    pub frozen: String,
    pub seed: Option<u32>,
    /// The person; who has the key, if absent.
    pub by: Option<String>,
}

async fn keep(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    body: JsonBody<ReturnBody>,
) -> Result<Json<Value>, Problem> {
    let ReturnBody { spec, frozen, seed, by } = body.value;
    let (now, currency) = (state.now(), state.live()?.currency);
    let by = by.unwrap_or(caller.0);
    let compute = move || {
        let returned = Returned::of(&spec, &frozen, u64::from(seed.unwrap_or(1)), &by, now)?;
        returned.must_be_in(currency)?;
        Ok::<_, ReturnError>(returned)
    };
    let returned = Arc::new(tokio::task::spawn_blocking(compute).await.map_err(|_| Problem::Ours)??);
    let keep = Arc::clone(&returned);
    state.ask(move |statements| Reports::new(statements).keep_return(&keep.kept, &keep.figures())).await?;
    shown(&state, &returned)
}
