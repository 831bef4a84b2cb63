//! The JSON API, one file per thing.

pub mod absences;
pub mod access;
pub mod accounts;
pub mod activities;
pub mod assignment;
pub mod audit;
pub mod batch;
pub mod contacts;
pub mod credit;
pub mod decisions;
pub mod deliveries;
pub mod experiments;
pub mod flow;
pub mod hooks;
pub mod keeper;
pub mod kpis;
pub mod leads;
pub mod matching;
pub mod operation;
pub mod outcomes;
pub mod persons;
pub mod policies;
pub mod preview;
pub mod prices;
pub mod reps;
pub mod responses;
pub mod roi;
pub mod scores;

use axum::http::HeaderMap;
use pointsman_domain::Digest;
use pointsman_store::{command::Keyed, row::IdempotencyKey};

use crate::error::Problem;

/// Who sent a request: the name of its key, or `local`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub String);

/// The request's `Idempotency-Key`, scoped to its caller and route.
pub fn keyed(headers: &HeaderMap, caller: &Caller, route: &str, body: Digest) -> Result<Option<Keyed>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| !key.is_empty() && key.len() <= 255);
    let Some(key) = key else {
        return Err(Problem::Parameter("the Idempotency-Key is not 1 to 255 printable characters".into()));
    };
    let scope = format!("{} {route}", caller.0).into();
    Ok(Some(Keyed { key: IdempotencyKey { scope, key: key.into() }, body }))
}

/// An id of an address.
pub fn id<T: std::str::FromStr<Err = pointsman_domain::IdError>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: pointsman_domain::IdError| Problem::Parameter(error.to_string()))
}
