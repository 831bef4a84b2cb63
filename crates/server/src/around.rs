//! What happens around every request: an id, a key, a time limit, a line in the log.

use std::{any::Any, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State as Shared},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use pointsman_domain::CommandId;
use pointsman_store::stopwatch;
use tracing::Instrument;

use crate::{
    access::{Rights, Scope, Via, gate::Found, origin},
    api::Caller,
    error::Problem,
    state::State,
    traces,
};

const REQUEST_ID: &str = "x-request-id";

/// The id under which the log tells of a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives the request an id, ends it when it takes too long, counts it, traces it and logs one line.
/// Nothing of a body, an address with an id or a key is logged or traced.
pub async fn observe(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let started = stopwatch::start();
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let id = given
        .filter(plain)
        .map_or_else(|| CommandId::new(state.now(), state.outside.chance()).to_string(), str::to_owned);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let served =
        state.traces.as_ref().map(|traces| traces.request(&method, matched.as_deref(), request.headers(), &id));
    let (trace_id, span_id) = served.as_ref().map(traces::Served::ids).unzip();
    let route = matched.unwrap_or_else(|| "none".to_owned());
    let limit = state.config.timeout;
    request.extensions_mut().insert(RequestId(id.clone()));
    // What handlers log within carries the request's id, and its trace's.
    let span = tracing::info_span!("handling", request_id = id, trace_id, span_id);
    let context = served.as_ref().map(|served| served.context.clone());
    let answered = traces::within(context, next.run(request)).instrument(span);
    let mut response = match tokio::time::timeout(limit, answered).await {
        Ok(response) => response,
        Err(_) => Problem::Slow.into_response(),
    };
    let (status, took) = (response.status().as_u16(), started.elapsed());
    state.metrics.request(&route, status, took);
    if let Some(served) = served {
        served.end(status);
    }
    tracing::info!(
        request_id = id,
        trace_id,
        span_id,
        %method,
        route,
        status,
        latency_us = took.as_micros() as u64,
        "request"
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    secure(response.headers_mut());
    response
}

/// What every answer tells a browser: believe the type, load nothing, be in no frame, say nothing
/// to other sites, and keep what needs a key out of caches. A page states its own policy.
fn secure(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
}

/// Finds out who is calling. Whoever cannot be told from anybody is let through to what is open.
pub async fn recognise(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let proof = proof(request.headers());
    match rights(&state, proof).await {
        Ok(Some(rights)) => {
            request.extensions_mut().insert(Caller(rights.name.clone()));
            request.extensions_mut().insert(rights);
        }
        Ok(None) => {}
        Err(problem) => return problem.into_response(),
    }
    next.run(request).await
}

/// Lets in whoever may do what the route does.
pub async fn admit(Shared(scope): Shared<Scope>, request: Request, next: Next) -> Response {
    let Some(rights) = request.extensions().get::<Rights>() else { return turned_away(&request) };
    let foreign = match rights.via {
        Via::Key => Ok(()),
        Via::Session => origin::of_session(request.method(), request.headers()),
        Via::Loopback => origin::of_loopback(request.method(), request.headers()),
    };
    if let Err(foreign) = foreign {
        return Problem::Foreign(foreign).into_response();
    }
    if !rights.scopes.has(scope) {
        return Problem::Forbidden { needs: scope }.into_response();
    }
    next.run(request).await
}

/// A browser that asks for a page, and no program.
pub fn wants_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let api = request.uri().path().starts_with("/v1/");
    !api && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A browser is sent to log in, everybody else is told.
fn turned_away(request: &Request) -> Response {
    if request.method() != Method::GET || !wants_page(request) {
        return Problem::Unauthorized.into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    axum::response::Redirect::to(&format!("/login?next={}", percent_encoded(path))).into_response()
}

/// Everything but letters, digits and `/-._~` as `%XX`.
pub fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What a request shows of its sender.
enum Proof {
    Key(String),
    Session(String),
    Nothing,
}

/// The name of the cookie of a session.
pub const COOKIE: &str = "pointsman_session";

fn proof(headers: &HeaderMap) -> Proof {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    if let Some(sent) = headers.get(header::AUTHORIZATION) {
        let bearer = text(sent).and_then(|text| text.strip_prefix("Bearer ").map(|key| key.trim().to_owned()));
        // Whatever else stands here was meant as a proof, and is none.
        return Proof::Key(bearer.unwrap_or_default());
    }
    session_of(headers).map_or(Proof::Nothing, Proof::Session)
}

/// The secret in the cookie of a session.
pub fn session_of(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, COOKIE)
}

/// What a cookie holds.
pub fn cookie_of(headers: &HeaderMap, cookie: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie).map(|(_, value)| value.to_owned())
}

async fn rights(state: &Arc<State>, proof: Proof) -> Result<Option<Rights>, Problem> {
    let now = state.now();
    let gate = &state.gate;
    let look = |proof: &Proof| match proof {
        Proof::Key(key) => gate.of_key(key, now),
        Proof::Session(session) => gate.of_session(session, now),
        Proof::Nothing => Found::Unknown,
    };
    state.look_at_shelf(false).await?;
    let mut found = look(&proof);
    if found == Found::Unknown && !matches!(proof, Proof::Nothing) {
        state.look_at_shelf(true).await?;
        found = look(&proof);
    }
    match found {
        Found::Yes(rights, rate) => {
            let rate = f64::from(rate.unwrap_or(state.config.rate));
            if rights.via == Via::Key && !gate.take(&format!("key {}", rights.name), rate, rate, now) {
                return Err(Problem::RateLimited);
            }
            Ok(Some(rights))
        }
        // A wrong key is wrong even where none is needed: whoever sends one relies on it.
        Found::Unknown if gate.is_open() && !matches!(proof, Proof::Key(_)) => Ok(Some(gate.of_loopback())),
        Found::Unknown => Ok(None),
    }
}

/// A panic is our fault: logged, and told as such.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over by value")]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(panic = text, "a handler panicked");
    Problem::Ours.into_response()
}
