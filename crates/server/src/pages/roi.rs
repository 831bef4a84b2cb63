//! What did it bring in? The return of a quarter as a page, and as a file to send.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Shared},
    response::Response,
    routing::get,
};
use pointsman_report::{page::Link, roi as report, words::roi as words};
use serde::Deserialize;

use super::{
    reader::{Asked, Reader},
    report_file,
    sheet::{Sheet, respond},
};
use crate::{
    access::{Access, Scope},
    api::roi::{QUARTER, all, named, one, unknown},
    error::Problem,
    openapi::Route,
    router::{Entry, LANG, PLAIN},
    state::State,
};

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
struct Which {
    quarter: Option<String>,
}

async fn show(
    Shared(state): Shared<Arc<State>>,
    reader: Reader,
    Asked(Which { quarter }): Asked<Which>,
) -> Result<Response, Problem> {
    quarter.as_deref().map(named).transpose()?;
    let all = all(&state).await?;
    let wanted = |kept: &str| quarter.as_deref().is_none_or(|quarter| quarter == kept);
    let Some(returned) = all.iter().find(|returned| wanted(&returned.kept.quarter)) else {
        return match quarter {
            Some(quarter) => Err(unknown(&quarter)),
            None => nothing_yet(&Sheet::new(&state, reader)?),
        };
    };
    let (kept, cx) = (&returned.kept.quarter, reader.cx);
    let mut page = report::page(&returned.report(state.now()), None, cx);
    let href = format!("/roi/{kept}/report.html?lang={}", cx.locale.tag());
    let file = Link { href, label: words::as_file(cx.locale) };
    let others = all.iter().filter(|other| other.kept.quarter != *kept).map(|other| Link {
        href: format!("/roi?quarter={}", other.kept.quarter),
        label: other.kept.quarter.to_string(),
    });
    page.sections.push(report::more(std::iter::once(file).chain(others).collect(), cx));
    Ok(respond(&state, &reader, "/roi", page, &[]))
}

fn nothing_yet(sheet: &Sheet) -> Result<Response, Problem> {
    let l = sheet.l();
    let mut page = sheet.page(words::page_title(l), words::question(l));
    page.sections.push(report::nothing_yet(sheet.cx()));
    Ok(sheet.respond("/roi", page, &[]))
}

async fn file(
    Shared(state): Shared<Arc<State>>,
    reader: Reader,
    Path(quarter): Path<String>,
) -> Result<Response, Problem> {
    named(&quarter)?;
    let returned = one(&state, Some(&quarter)).await?.ok_or_else(|| unknown(&quarter))?;
    let report = returned.report(state.now());
    report_file(&report::page(&report, None, reader.cx), &report, reader.cx)
}
