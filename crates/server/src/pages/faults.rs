//! What a browser is shown where something did not work: the problem that programs are told, as a
//! page in the reader's language.

use std::sync::Arc;

use axum::{
    extract::{Request, State as Shared},
    http::header,
    middleware::Next,
    response::Response,
};
use pointsman_report::{
    Locale, Page, Section,
    page::Link,
    part::{Notice, Provenance, Tone},
    words::fault as words,
};

use super::{mine, reader::Reader, sheet::respond_alone};
use crate::{
    around::{RequestId, wants_page},
    error::Problem,
    state::State,
};

/// Turns a problem into a page where a browser asked for one. Status and headers stay.
pub async fn as_page(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let reader = wants_page(&request).then(|| Reader::lenient(request.uri(), request.headers(), state.config.language));
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Arc<Problem>>();
    let (Some(reader), Some(problem)) = (reader, problem) else { return response };
    let id = id.map_or_else(String::new, |RequestId(id)| id);
    let mut shown = respond_alone(&state, &reader, page(reader.cx.locale, &problem, &id));
    *shown.status_mut() = response.status();
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        shown.headers_mut().extend(response.headers_mut().remove(&name).map(|value| (name, value)));
    }
    shown
}

fn page(l: Locale, problem: &Problem, request: &str) -> Page {
    let told = told(problem);
    let mut notices = vec![Notice { tone: Tone::Warn, text: (told.next)(l) }];
    if told.with_detail {
        let detail = match problem.in_words(l) {
            Some(detail) => words::in_detail(l, &detail),
            None => words::technical(l, &problem.said()),
        };
        notices.push(Notice { tone: Tone::Neutral, text: detail });
    }
    let links = vec![Link { href: "/".into(), label: words::back(l) }];
    let what_now = Section { id: "next".into(), heading: words::what_now(l), notices, links, ..Section::default() };
    Page {
        title: (told.title)(l),
        kicker: words::request(l, request),
        question: words::question(l),
        verdict: None,
        tiles: Vec::new(),
        sections: vec![what_now],
        provenance: Provenance {
            engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
            documents: Vec::new(),
            seeds: Vec::new(),
            command: String::new(),
        },
        other_language: None,
    }
}

/// What is said of a problem.
struct Told {
    title: fn(Locale) -> String,
    next: fn(Locale) -> String,
    /// What programs are told helps people here, too.
    with_detail: bool,
}

fn told(problem: &Problem) -> Told {
    let plain = |title, next| Told { title, next, with_detail: false };
    let detailed = |title, next| Told { title, next, with_detail: true };
    match problem {
        Problem::Fields(errors) if errors.iter().any(|error| error.problem == mine::NO_REP) => {
            plain(words::no_inbox, words::no_inbox_next)
        }
        Problem::Body(_)
        | Problem::Fields(_)
        | Problem::Parameter(_)
        | Problem::Address(_)
        | Problem::MediaType
        | Problem::TooLarge { .. }
        | Problem::Method
        | Problem::KeyReused
        | Problem::IfMatchMissing
        | Problem::VersionMissing => detailed(words::bad_request, words::bad_request_next),
        Problem::Unauthorized | Problem::Unsigned(_) => plain(words::log_in, words::log_in_next),
        Problem::Forbidden { .. } => plain(words::forbidden, words::forbidden_next),
        Problem::Foreign(_) => plain(words::foreign, words::foreign_next),
        Problem::RateLimited => plain(words::too_often, words::too_often_next),
        Problem::NotFound { .. } | Problem::NoRoute => plain(words::not_found, words::not_found_next),
        Problem::OwnerChanged { .. } => plain(words::moved, words::moved_next),
        Problem::LeadClosed => plain(words::closed, words::closed_next),
        Problem::OfferOver { .. } => plain(words::offer_over, words::offer_over_next),
        Problem::Refused { .. } | Problem::Changed { .. } | Problem::Credited { .. } | Problem::NothingTaken => {
            detailed(words::refused, words::refused_next)
        }
        Problem::Gone { .. } => plain(words::gone, words::gone_next),
        Problem::NothingLive => plain(words::nothing_live, words::nothing_live_next),
        Problem::Busy | Problem::Slow | Problem::StoreDown => plain(words::busy, words::busy_next),
        Problem::Ours => plain(words::ours, words::ours_next),
    }
}
