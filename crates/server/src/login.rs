//! Logging in and out, as pages without script.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use pointsman_report::words::{
    mine as words,
    page::{other_language, place_today},
};
use serde::Deserialize;

use crate::{
    access::{Access, Rights, Via, origin, password, users},
    around::COOKIE,
    body::FormBody,
    error::Problem,
    openapi::Route,
    pages::reader::{Asked, Reader},
    router::{Entry, LANG, PLAIN},
    state::State,
};

/// Tries of one name: a burst, then one every ten seconds. Of all names together: a few a second,
/// because each costs 19 MiB and tens of milliseconds.
const TRIES: (f64, f64) = (0.1, 5.0);
const ALL_TRIES: (f64, f64) = (5.0, 20.0);

#[derive(Debug, Deserialize)]
pub struct NextQuery {
    next: Option<String>,
}

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/login",
                id: "loginPage",
                summary: "Log in, or out, as a page.",
                parameters: &[("query", "next", "Where to go then.", false), LANG],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Open,
            get(show),
        ),
        (
            Route {
                method: "post",
                path: "/login",
                id: "login",
                summary: "Log in; sets the session's cookie and leads on.",
                form: Some("Login"),
                redirects: true,
                problems: &["bad-body", "bad-parameter", "media-type", "too-large", "unauthorized", "foreign"],
                ..PLAIN
            },
            Access::Open,
            post(enter),
        ),
        (
            Route {
                method: "post",
                path: "/logout",
                id: "logout",
                summary: "Log out; the session is over.",
                redirects: true,
                problems: &["foreign"],
                ..PLAIN
            },
            Access::Open,
            post(leave_now),
        ),
    ]
}

/// Only places of this server.
fn place(next: Option<&str>) -> &str {
    let here = |next: &&str| next.starts_with('/') && !next[1..].starts_with(['/', '\\']) && next.is_ascii();
    next.filter(here).filter(|next| !next.contains(char::is_control)).unwrap_or("/")
}

pub async fn show(
    Shared(state): Shared<Arc<State>>,
    reader: Reader,
    asked: Result<Asked<NextQuery>, Problem>,
    rights: Option<Extension<Rights>>,
) -> Response {
    let next = asked.ok().and_then(|Asked(query)| query.next);
    let body = match rights.filter(|rights| rights.via == Via::Session) {
        Some(Extension(rights)) => leave(&reader, &rights),
        None => form(&reader, place(next.as_deref()), false),
    };
    reader.keep(page(StatusCode::OK, &reader, &body), state.config.https)
}

#[derive(Debug, Deserialize)]
pub struct LoginBody {
    name: String,
    password: String,
    next: Option<String>,
}

pub async fn enter(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    reader: Reader,
    body: FormBody<LoginBody>,
) -> Result<Response, Problem> {
    // Another site must not log somebody in as somebody else either.
    origin::of_browser(&Method::POST, &headers).map_err(Problem::Foreign)?;
    let LoginBody { name, password, next } = body.value;
    let now = state.now();
    let tries = [(format!("login {}", name.chars().take(64).collect::<String>()), TRIES), ("logins".into(), ALL_TRIES)];
    if !tries.iter().all(|(bucket, (rate, burst))| state.gate.take(bucket, *rate, *burst, now)) {
        return Err(Problem::RateLimited);
    }
    let user = name.clone();
    let stored = state.shelf(move |shelf| users::password_of(shelf, &user)).await?;
    let fits = password.chars().count() <= password::LONGEST;
    let right = state.slowly(move || password::verify(&password, stored.as_deref())).await?;
    let next = place(next.as_deref()).to_owned();
    if !(right && fits) {
        return Ok(page(StatusCode::UNAUTHORIZED, &reader, &form(&reader, &next, true)));
    }
    let outside = state.outside.clone();
    let old = cookie(&headers);
    let secret = state.shelf(move |shelf| {
        if let Some(old) = old {
            users::end(shelf, &old)?;
        }
        users::begin(shelf, &outside, &name)
    });
    let cookie = set_cookie(&secret.await?.text, users::LIFETIME.as_secs_f64() as u64, state.config.https);
    Ok(with_cookie(Redirect::to(&next), &cookie))
}

pub async fn leave_now(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Result<Response, Problem> {
    origin::of_browser(&Method::POST, &headers).map_err(Problem::Foreign)?;
    if let Some(text) = cookie(&headers) {
        state.shelf(move |shelf| users::end(shelf, &text)).await?;
    }
    Ok(with_cookie(Redirect::to("/login"), &set_cookie("", 0, state.config.https)))
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    crate::around::session_of(headers)
}

/// Not for scripts, not for other sites' requests, and over TLS only where there is TLS.
fn set_cookie(value: &str, seconds: u64, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn with_cookie(answer: Redirect, cookie: &str) -> Response {
    let mut response = answer.into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn form(reader: &Reader, next: &str, wrong: bool) -> String {
    let l = reader.cx.locale;
    let (next, title) = (escaped(next), words::log_in(l));
    let message = if wrong { format!("<p role=\"alert\"><b>{}</b></p>", words::wrong(l)) } else { String::new() };
    format!(
        "<h1>{title}</h1>{message}<form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"next\" value=\"{next}\">\
         <p><label for=\"name\">{}</label><br><input id=\"name\" name=\"name\" autocomplete=\"username\" required autofocus></p>\
         <p><label for=\"password\">{}</label><br><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required></p>\
         <p><button type=\"submit\">{title}</button></p></form>",
        words::name(l),
        words::password(l)
    )
}

fn leave(reader: &Reader, rights: &Rights) -> String {
    let l = reader.cx.locale;
    let role = rights.role.map_or("", |role| role.as_str());
    format!(
        "<h1>{}</h1><p>{} <a href=\"/\">{}</a></p>\
         <form method=\"post\" action=\"/logout\"><p><button type=\"submit\">{}</button></p></form>",
        words::logged_in(l),
        words::logged_in_as(l, &escaped(&rights.name), role),
        place_today(l),
        words::log_out(l)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn page(status: StatusCode, reader: &Reader, body: &str) -> Response {
    let l = reader.cx.locale;
    let (lang, title, other, href) = (l.tag(), words::log_in(l), l.other().tag(), escaped(&reader.other()));
    let html = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Pointsman</title><link rel=\"stylesheet\" href=\"/assets/app.css\"></head><body><main>{body}\
         <p><a class=\"language\" href=\"{href}\" hreflang=\"{other}\" lang=\"{other}\">{}</a></p></main></body></html>",
        other_language(l)
    );
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    (status, [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))], Html(html)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_places_of_this_server_only() {
        let check = |next: &str, expected: &str| assert_eq!(place(Some(next)), expected, "{next}");
        check("/leads?state=held", "/leads?state=held");
        check("https://evil.example", "/");
        check("//evil.example", "/");
        check("/\\evil.example", "/");
        check("/a\nb", "/");
        check("", "/");
        assert_eq!(place(None), "/");
        assert_eq!(escaped("<a href='\"&"), "&lt;a href=&#39;&quot;&amp;");
        assert_eq!(set_cookie("x", 5, true), "pointsman_session=x; Path=/; Max-Age=5; HttpOnly; SameSite=Lax; Secure");
    }
}
