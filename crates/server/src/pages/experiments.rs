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
    part::{Notice, Tone},
    table::{Column, Row},
    words::experiment as words,
};

use super::{CX, minute, page, report_file, respond, section, table};
use crate::{
    access::{Access, Scope},
    api::{experiments::ExperimentView, id},
    error::Problem,
    experiment::{self, DeskError, report},
    openapi::{Parameter, Route},
    router::{Entry, PLAIN},
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
                parameters: &[EXPERIMENT],
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
                parameters: &[EXPERIMENT],
                problems: &["bad-parameter", "not-found", "refused"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(file),
        ),
    ]
}

pub async fn list(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let (snapshot, now) = (state.live()?, state.now());
    let mut views: Vec<ExperimentView> =
        experiment::all(&snapshot.documents).iter().map(|(live, spec)| ExperimentView::new(live, spec, now)).collect();
    // What runs first, then what waits for a decision.
    views.sort_by_key(|view| (order(view.state), view.id.clone()));
    let mut shown = page("Experiments", "What do we test?", &state.config.workspace, &snapshot);
    let rows = views.iter().map(|view| {
        let done = view.done.map_or_else(String::new, |done| format!("{:.0} %", 100.0 * done));
        let winner = view.winner.as_ref().map_or_else(String::new, ToString::to_string);
        let started = view.started_at.map_or_else(String::new, minute);
        let cells = vec![
            view.id.to_string(),
            view.state.to_string(),
            view.hypothesis.clone(),
            view.design.replace('_', " "),
            started,
            done,
            winner,
        ];
        Row::new(cells)
    });
    let columns = ["Experiment", "State", "Hypothesis", "Design", "Started"].map(Column::text).into_iter();
    let columns = columns.chain([Column::number("Done"), Column::text("Winner")]).collect();
    let running = views.iter().filter(|view| view.state == Life::Running).count();
    let sentence = match (views.len(), running) {
        (0, _) => "No test yet. Write one with: pointsman experiment new ID --workspace DIR".to_owned(),
        (_, 0) => "None is running.".to_owned(),
        (_, 1) => "One is running.".to_owned(),
        (_, n) => format!("{n} are running."),
    };
    shown.sections.push(section("experiments", "Experiments", sentence, table(columns, rows.collect())));
    let links: Vec<(String, String)> =
        views.iter().map(|view| (view.id.to_string(), format!("/experiments/{}", view.id))).collect();
    Ok(respond(&state, "/experiments", &shown, CX, &links))
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

pub async fn show(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let name: ExperimentId = id(&name)?;
    let reported = last(&state, &name).await?;
    let mut shown = reported.page(None, CX);
    let links = match reported.live.looks.is_empty() {
        true => {
            let text = "Nobody has looked yet. A look is counted and written down: pointsman experiment analyze, or POST /v1/experiments/ID/looks. Until then only who did what is shown.";
            let notice = Notice { tone: Tone::Neutral, text: text.into() };
            shown.sections.insert(
                0,
                Section {
                    id: "unseen".into(),
                    heading: words::test(CX.locale),
                    notices: vec![notice],
                    ..Section::default()
                },
            );
            Vec::new()
        }
        false => {
            let heading = "As one file".to_owned();
            let rows = vec![Row::new(vec!["Report of the last look".into()])];
            shown.sections.push(section("file", &heading, String::new(), table(vec![Column::text("File")], rows)));
            vec![("Report of the last look".to_owned(), format!("/experiments/{name}/report.html"))]
        }
    };
    Ok(respond(&state, "/experiments", &shown, CX, &links))
}

pub async fn file(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Result<Response, Problem> {
    let name: ExperimentId = id(&name)?;
    let reported = last(&state, &name).await?;
    if reported.live.looks.is_empty() {
        return Err(
            DeskError::Refused(format!("nobody has looked at '{name}' yet, so there is nothing to report")).into()
        );
    }
    let page = reported.page(None, CX);
    report_file(&page, &reported.result, CX)
}
