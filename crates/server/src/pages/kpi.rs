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
    Day, Page, Section,
    kpi::{DetailReport, KpiReport, ListReport, detail_page, list_page, page as overview_page},
    part::{Notice, Tone},
    words::kpi as words,
};

use super::{
    lead_link,
    reader::{Asked, Reader},
    sheet::Sheet,
};
use crate::{
    access::{Access, Rights, Scope},
    api::kpis::{answer_soon, figure, next},
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

type Pairs = Vec<(String, String)>;

/// What is said while a new process reads the leads; the browser asks again by itself.
pub(super) fn being_made(sheet: &Sheet, here: &str, mut page: Page) -> Response {
    let l = sheet.l();
    let notices = vec![Notice { tone: Tone::Neutral, text: words::being_made(l) }];
    let heading = words::being_made_heading(l);
    page.sections.push(Section { id: "being-made".into(), heading, notices, ..Section::default() });
    let mut response = sheet.respond(here, page, &[]);
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn board_being_made(sheet: &Sheet) -> Response {
    let l = sheet.l();
    being_made(sheet, "/kpi", sheet.page(words::title(l), words::question(l)))
}

async fn board(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    reader: Reader,
    Asked(pairs): Asked<Pairs>,
) -> Result<Response, Problem> {
    let cx = reader.cx;
    let sheet = Sheet::new(&state, reader)?;
    let page = answer_soon(&state, Question::read(&pairs, &rights)?, move |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let overview = measured.overview(&selection, days, question.visible.reps);
        let about = about(measured, question, &selection, days, &live);
        Ok(overview_page(&KpiReport { about, overview: &overview, spec: &measured.spec }, None, cx))
    });
    let Some(page) = page.await? else { return Ok(board_being_made(&sheet)) };
    Ok(sheet.respond("/kpi", page, &[]))
}

async fn one(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    reader: Reader,
    Asked(pairs): Asked<Pairs>,
) -> Result<Response, Problem> {
    let kpi = figure(&id)?;
    let cx = reader.cx;
    let sheet = Sheet::new(&state, reader)?;
    let page = answer_soon(&state, Question::read(&pairs, &rights)?, move |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let detail = measured.detail(kpi, &selection, days, &question.dimensions());
        let about = about(measured, question, &selection, days, &live);
        Ok(detail_page(&DetailReport { about, detail: &detail, spec: &measured.spec }, None, cx))
    });
    let Some(page) = page.await? else { return Ok(board_being_made(&sheet)) };
    Ok(sheet.respond("/kpi", page, &[]))
}

async fn leads(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    reader: Reader,
    Asked(pairs): Asked<Pairs>,
) -> Result<Response, Problem> {
    let kpi = figure(&id)?;
    let cx = reader.cx;
    let sheet = Sheet::new(&state, reader)?;
    let made = answer_soon(&state, Question::read(&pairs, &rights)?, move |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let list = measured.kpis().behind(kpi, &selection.in_days(days), question.part, question.skip, question.limit);
        let and = if question.kept.is_empty() { "" } else { "&" };
        let next = next(question, list.total).map(|next| {
            format!("/kpi/{}/leads?{}{and}part={}&cursor={next}", kpi.slug(), question.kept, question.part.slug())
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
        Ok((list_page(&report, None, cx), links))
    });
    let Some((page, links)) = made.await? else { return Ok(board_being_made(&sheet)) };
    Ok(sheet.respond("/kpi", page, &links))
}
