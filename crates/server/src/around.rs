//! What happens around every request: an id, a key, a time limit, a line in the log.

use std::{any::Any, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State as Shared},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use pointsman_domain::CommandId;
use pointsman_store::{log::digest, stopwatch};

use crate::{api::Caller, config::ApiKey, error::Problem, router::routes, state::State};

const REQUEST_ID: &str = "x-request-id";

/// Gives the request an id, ends it when it takes too long, counts it and logs one line. Nothing
/// of a body, an address with an id or a key is logged.
pub async fn observe(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let started = stopwatch::start();
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let id = given
        .filter(plain)
        .map_or_else(|| CommandId::new(state.now(), state.outside.chance()).to_string(), str::to_owned);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let limit = state.config.timeout;
    let mut response = match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::Slow.into_response(),
    };
    let (status, took) = (response.status().as_u16(), started.elapsed());
    state.metrics.request(&route, status, took);
    tracing::info!(request_id = id, %method, route, status, latency_us = took.as_micros() as u64, "request");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Lets in who has a key, where keys are required, and says who it is.
pub async fn check_key(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let keys = &state.config.keys;
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let open = || path.is_some_and(|path| routes().iter().any(|(route, _)| route.open && route.path == path));
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
    let caller = match (keys.is_empty(), sent) {
        (true, _) => Some("local".to_owned()),
        (false, Some(key)) => owner_of(keys, key),
        (false, None) => None,
    };
    match caller {
        Some(name) => {
            request.extensions_mut().insert(Caller(name));
            next.run(request).await
        }
        None if open() => next.run(request).await,
        None => Problem::Unauthorized.into_response(),
    }
}

/// Compares hashes, all of them and every byte, so that time tells nothing.
fn owner_of(keys: &[ApiKey], sent: &str) -> Option<String> {
    let sent = digest(sent.as_bytes());
    let mut owner = None;
    for key in keys {
        let differs = key.hash.bytes().iter().zip(sent.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
        if differs == 0 {
            owner = Some(key.name.clone());
        }
    }
    owner
}

/// A panic is our fault: logged, and told as such.
#[allow(clippy::needless_pass_by_value, reason = "the layer hands the panic over by value")]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(panic = text, "a handler panicked");
    Problem::Ours.into_response()
}
