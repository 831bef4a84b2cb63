//! Pages of experiments: what do we test, and should we switch over?

use std::sync::Arc;

use axum::{
    extract::{Path, State as Shared},
    response::Response,
    routing::get,
};
use pointsman_domain::ExperimentId;
use pointsman_experiment::live::State as Life;
use pointsman_report::{
    Section,
    experiment::Design,
    page::Link,
    part::{Notice, Tone},
    table::{Column, Row},
    words::{experiment as test, live as words, page::place_experiments},
};

use super::{
    reader::Reader,
    report_file,
    sheet::{Sheet, section, table},
};
use crate::{
    access::{Access, Scope},
    api::{experiments::ExperimentView, id},
    error::Problem,
    experiment::{self, DeskError, report},
    openapi::{Parameter, Route},
    router::{Entry, LANG, PLAIN},
    state::State,
};

const EXPERIMENT: Parameter = ("path", "id", "The experiment's id.", true);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/experiments",
                id: "experimentsPage",
                summary: "Experiments as a page: what do we test?",
                parameters: &[LANG],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(list),
        ),
        (
            Route {
                path: "/experiments/{id}",
                id: "experimentPage",
                summary: "One experiment as a page: should we switch over?",
                parameters: &[EXPERIMENT, LANG],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(show),
        ),
        (
            Route {
                path: "/experiments/{id}/report.html",
                id: "experimentReport",
                summary: "The report of the last look as one file.",
                parameters: &[EXPERIMENT, LANG],
                problems: &["bad-parameter", "not-found", "refused"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(file),
        ),
    ]
}

pub async fn list(Shared(state): Shared<Arc<State>>, reader: Reader) -> Result<Response, Problem> {
    let (sheet, now) = (Sheet::new(&state, reader)?, state.now());
    let l = sheet.l();
    let all = experiment::all(&sheet.snapshot.documents);
    let mut views: Vec<(ExperimentView, Design)> =
        all.iter().map(|(live, spec)| (ExperimentView::new(live, spec, now), report::design(spec))).collect();
    // What runs first, then what waits for a decision.
    views.sort_by_key(|(view, _)| (order(view.state), view.id.clone()));
    let rows = views.iter().map(|(view, design)| {
        Row::new(vec![
            view.id.to_string(),
            words::state_of(l, view.state),
            view.hypothesis.clone(),
            test::design(l, *design),
            view.started_at.map_or_else(String::new, |at| sheet.at(at)),
            view.done.map_or_else(String::new, |done| l.percent(done, 0)),
            view.winner.as_ref().map_or_else(String::new, ToString::to_string),
        ])
    });
    let columns = [words::experiment, words::state, words::hypothesis, words::design, words::started];
    let columns = columns.map(|word| Column::text(word(l))).into_iter();
    let columns = columns.chain([Column::number(words::done(l)), Column::text(words::winner(l))]).collect();
    let running = views.iter().filter(|(view, _)| view.state == Life::Running).count() as u64;
    let sentence = match (views.len(), running) {
        (0, _) => words::no_test(l),
        (_, 0) => words::none_running(l),
        (_, 1) => words::one_running(l),
        (_, n) => words::some_running(l, &l.count(n)),
    };
    let mut page = sheet.page(place_experiments(l), words::tests_question(l));
    page.sections.push(section("experiments", place_experiments(l), sentence, table(columns, rows.collect())));
    let links: Vec<(String, String)> =
        views.iter().map(|(view, _)| (view.id.to_string(), format!("/experiments/{}", view.id))).collect();
    Ok(sheet.respond("/experiments", page, &links))
}

fn order(state: Life) -> u8 {
    match state {
        Life::Running => 0,
        Life::Paused => 1,
        Life::Stopped => 2,
        Life::Draft => 3,
        Life::Decided => 4,
        Life::Promoted => 5,
    }
}

/// The result as of the last look: opening a page is no look, so it tells nothing new.
async fn last(state: &Arc<State>, name: &ExperimentId) -> Result<report::Reported, Problem> {
    let snapshot = state.live()?;
    let (live, spec) = experiment::find(&snapshot.documents, name)?;
    let now = state.now();
    let reported = state.read(move |reader| Ok(report::of_last_look(reader, &snapshot, &live, &spec, now))).await?;
    Ok(reported?)
}

pub async fn show(
    Shared(state): Shared<Arc<State>>,
    reader: Reader,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let name: ExperimentId = id(&name)?;
    let sheet = Sheet::new(&state, reader)?;
    let l = sheet.l();
    let reported = last(&state, &name).await?;
    let mut page = reported.page(None, sheet.cx());
    if reported.live.looks.is_empty() {
        let notices = vec![Notice { tone: Tone::Neutral, text: words::nobody_looked(l) }];
        let unseen = Section { id: "unseen".into(), heading: test::test(l), notices, ..Section::default() };
        page.sections.insert(0, unseen);
    } else {
        let href = format!("/experiments/{name}/report.html?lang={}", l.tag());
        let links = vec![Link { href, label: words::report_of_look(l) }];
        page.sections.push(Section { id: "file".into(), heading: words::as_one_file(l), links, ..Section::default() });
    }
    Ok(sheet.respond("/experiments", page, &[]))
}

pub async fn file(
    Shared(state): Shared<Arc<State>>,
    reader: Reader,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let name: ExperimentId = id(&name)?;
    let reported = last(&state, &name).await?;
    if reported.live.looks.is_empty() {
        return Err(
            DeskError::Refused(format!("nobody has looked at '{name}' yet, so there is nothing to report")).into()
        );
    }
    report_file(&reported.page(None, reader.cx), &reported.result, reader.cx)
}
