//! Pages of figures: how fast are we, who did nobody touch, does work go to the right people?

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State as Shared},
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use pointsman_measure::rows::Name;
use pointsman_report::{
    Cx, Day, Section,
    kpi::{DetailReport, KpiReport, ListReport, detail_page, list_page, page as overview_page},
    part::{Notice, Tone},
    words::kpi as words,
};

use super::{lead_link, page, respond};
use crate::{
    access::{Access, Rights, Scope},
    api::kpis::{Pairs, answer_soon, figure, next},
    error::Problem,
    kpi::{LIST_PARAMETERS, PARAMETERS, Question, about},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/kpi",
                id: "kpiPage",
                summary: "The figures as a page.",
                parameters: PARAMETERS,
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(board),
        ),
        (
            Route {
                path: "/kpi/{id}",
                id: "kpiFigurePage",
                summary: "One figure as a page: what it means, its value, by groups.",
                parameters: LIST_PARAMETERS,
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(one),
        ),
        (
            Route {
                path: "/kpi/{id}/leads",
                id: "kpiLeadsPage",
                summary: "The leads behind a figure as a page.",
                parameters: LIST_PARAMETERS,
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRead),
            get(leads),
        ),
    ]
}

/// The same address in the other language.
fn other(here: &str, question: &Question) -> Option<String> {
    let lang = if question.cx == Cx::DE { "en" } else { "de" };
    let and = if question.kept.is_empty() { "" } else { "&" };
    Some(format!("{here}?{}{and}lang={lang}", question.kept))
}

/// What is said while a new process reads the leads; the browser asks again by itself.
fn being_made(state: &State, cx: Cx) -> Result<Response, Problem> {
    let live = state.live()?;
    let mut shown = page(&words::title(cx.locale), &words::question(cx.locale), &state.config.workspace, &live);
    let text = words::being_made(cx.locale);
    let notices = vec![Notice { tone: Tone::Neutral, text }];
    let heading = words::being_made_heading(cx.locale);
    shown.sections.push(Section { id: "being-made".into(), heading, notices, ..Section::default() });
    let mut response = respond(state, "/kpi", &shown, cx, &[]);
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn board(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    query: Pairs,
) -> Result<Response, Problem> {
    let made = answer_soon(&state, &rights, query, |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let overview = measured.overview(&selection, days, question.visible.reps);
        let about = about(measured, question, &selection, days, &live);
        let report = KpiReport { about, overview: &overview, spec: &measured.spec };
        let page = overview_page(&report, other("/kpi", question), question.cx);
        Ok(page)
    });
    let (page, cx) = made.await?;
    let Some(page) = page else { return being_made(&state, cx) };
    Ok(respond(&state, "/kpi", &page, cx, &[]))
}

async fn one(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    let kpi = figure(&id)?;
    let made = answer_soon(&state, &rights, query, move |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let detail = measured.detail(kpi, &selection, days, &question.dimensions());
        let about = about(measured, question, &selection, days, &live);
        let here = format!("/kpi/{}", kpi.slug());
        let report = DetailReport { about, detail: &detail, spec: &measured.spec };
        let page = detail_page(&report, other(&here, question), question.cx);
        Ok(page)
    });
    let (page, cx) = made.await?;
    let Some(page) = page else { return being_made(&state, cx) };
    Ok(respond(&state, "/kpi", &page, cx, &[]))
}

async fn leads(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    let kpi = figure(&id)?;
    let made = answer_soon(&state, &rights, query, move |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let list = measured.kpis().behind(kpi, &selection.in_days(days), question.part, question.skip, question.limit);
        let here = format!("/kpi/{}/leads", kpi.slug());
        let and = if question.kept.is_empty() { "" } else { "&" };
        let next = next(question, list.total).map(|next| {
            let lang = if question.cx == Cx::DE { "&lang=de" } else { "" };
            format!("{here}?{}{and}part={}&cursor={next}{lang}", question.kept, question.part.slug())
        });
        let word = |name: Option<Name>| name.map_or("", |name| measured.names.text(name)).to_owned();
        let day = |at| Day::from_unix_days(i64::from(measured.zone.local_day(at)));
        let report = ListReport {
            about: about(measured, question, &selection, days, &live),
            kpi,
            part: question.part,
            words: list.leads.iter().map(|lead| [word(lead.rep), word(lead.team), word(lead.source)]).collect(),
            days: list.leads.iter().map(|lead| day(lead.arrived_at)).collect(),
            next,
            list: &list,
        };
        let links = list.leads.iter().map(|lead| lead_link(lead.lead)).collect::<Vec<_>>();
        Ok((list_page(&report, other(&here, question), question.cx), links))
    });
    let (made, cx) = made.await?;
    let Some((page, links)) = made else { return being_made(&state, cx) };
    Ok(respond(&state, "/kpi", &page, cx, &links))
}
