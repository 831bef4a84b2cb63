//! What did it bring in? The return of a quarter as a page, and as a file to send.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State as Shared, rejection::QueryRejection},
    response::Response,
    routing::get,
};
use pointsman_report::{Cx, page::Link, roi as report, words::roi as words};
use serde::Deserialize;

use super::{page, report_file, respond};
use crate::{
    access::{Access, Scope},
    api::roi::{QUARTER, all, named, one, unknown},
    error::Problem,
    openapi::{Parameter, Route},
    router::{Entry, PLAIN},
    state::State,
};

const LANG: Parameter = ("query", "lang", "en or de: the language of the page.", false);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/roi",
                id: "roiPage",
                summary: "What a quarter brought in, as a page; the last one that was told, unless named.",
                parameters: &[("query", "quarter", "The quarter: 2026-Q3.", false), LANG],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(show),
        ),
        (
            Route {
                path: "/roi/{quarter}/report.html",
                id: "roiReport",
                summary: "The same as one file.",
                parameters: &[QUARTER, LANG],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(file),
        ),
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    quarter: Option<String>,
    lang: Option<String>,
}

type Asking = Result<Query<Asked>, QueryRejection>;

fn read(query: Asking) -> Result<(Option<String>, Cx), Problem> {
    let Query(asked) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let cx = match asked.lang.as_deref() {
        None | Some("en") => Cx::EN,
        Some("de") => Cx::DE,
        Some(_) => return Err(Problem::Parameter("'lang' is neither en nor de".into())),
    };
    asked.quarter.as_deref().map(named).transpose()?;
    Ok((asked.quarter, cx))
}

fn other(cx: Cx) -> &'static str {
    if cx == Cx::DE { "en" } else { "de" }
}

async fn show(Shared(state): Shared<Arc<State>>, query: Asking) -> Result<Response, Problem> {
    let (quarter, cx) = read(query)?;
    let all = all(&state).await?;
    let wanted = |kept: &str| quarter.as_deref().is_none_or(|quarter| quarter == kept);
    let Some(returned) = all.iter().find(|returned| wanted(&returned.kept.quarter)) else {
        return match quarter {
            Some(quarter) => Err(unknown(&quarter)),
            None => nothing_yet(&state, cx),
        };
    };
    let kept = &returned.kept.quarter;
    let here = format!("/roi?quarter={kept}&lang={}", other(cx));
    let mut shown = report::page(&returned.report(state.now()), Some(here), cx);
    let lang = if cx == Cx::DE { "de" } else { "en" };
    let file = Link { href: format!("/roi/{kept}/report.html?lang={lang}"), label: words::as_file(cx.locale) };
    let others = all.iter().filter(|other| other.kept.quarter != *kept).map(|other| Link {
        href: format!("/roi?quarter={}&lang={lang}", other.kept.quarter),
        label: other.kept.quarter.to_string(),
    });
    shown.sections.push(report::more(std::iter::once(file).chain(others).collect(), cx));
    Ok(respond(&state, "/roi", &shown, cx, &[]))
}

fn nothing_yet(state: &State, cx: Cx) -> Result<Response, Problem> {
    let (l, snapshot) = (cx.locale, state.live()?);
    let mut shown = page(&words::page_title(l), &words::question(l), &state.config.workspace, &snapshot);
    shown.other_language = Some(format!("/roi?lang={}", other(cx)));
    shown.sections.push(report::nothing_yet(cx));
    Ok(respond(state, "/roi", &shown, cx, &[]))
}

async fn file(
    Shared(state): Shared<Arc<State>>,
    Path(quarter): Path<String>,
    query: Asking,
) -> Result<Response, Problem> {
    let (_, cx) = read(query)?;
    named(&quarter)?;
    let returned = one(&state, Some(&quarter)).await?.ok_or_else(|| unknown(&quarter))?;
    let report = returned.report(state.now());
    report_file(&report::page(&report, None, cx), &report, cx)
}
