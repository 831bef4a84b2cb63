//! `/v1/kpis`: figures of the company, one figure, and the leads behind it. Answers say of which
//! moment they are and where the record stood.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State as Shared, rejection::QueryRejection},
    routing::get,
};
use pointsman_measure::{kpi::Kpi, rows::Name};
use pointsman_report::kpi::{DetailReport, KpiReport};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    access::{Access, Rights, Scope},
    error::Problem,
    kpi::{LIST_PARAMETERS, Measured, PARAMETERS, Question, about},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/kpis",
                id: "listKpis",
                summary: "Every figure of a period.",
                text: "With the period before, targets, the way there, and by team and path; single reps only for who may see them. What is not measured says why.",
                answer: Some("Kpis"),
                parameters: PARAMETERS,
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(list),
        ),
        (
            Route {
                path: "/v1/kpis/{id}",
                id: "showKpi",
                summary: "One figure: definition, value, the way there, by groups.",
                text: "By team, source, segment, path, rule, variant; by rep for who may see it.",
                answer: Some("Kpi"),
                parameters: LIST_PARAMETERS,
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(show),
        ),
        (
            Route {
                path: "/v1/kpis/{id}/leads",
                id: "listLeadsOfKpi",
                summary: "The leads behind a figure.",
                text: "In the order of arrival, in pages. 'part' asks for those that count, that are in a share or not, or that are pending.",
                answer: Some("KpiLeads"),
                parameters: LIST_PARAMETERS,
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRead),
            get(leads),
        ),
    ]
}

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Reads the address, and answers on a thread that may wait and compute.
async fn answer<T: Send + 'static>(
    state: &Arc<State>,
    rights: &Rights,
    query: Pairs,
    work: impl FnOnce(&Measured, &Question, &Arc<State>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let Query(pairs) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let question = Question::read(&pairs, rights)?;
    let shared = Arc::clone(state);
    let run = move || {
        let measured = shared.desk.measured(&shared)?;
        work(&measured, &question, &shared)
    };
    tokio::task::spawn_blocking(run).await.map_err(|_| Problem::Ours)?
}

/// The same for a page: `None` while the first columns of this process are being made.
pub async fn answer_soon<T: Send + 'static>(
    state: &Arc<State>,
    question: Question,
    work: impl FnOnce(&Measured, &Question, &Arc<State>) -> Result<T, Problem> + Send + 'static,
) -> Result<Option<T>, Problem> {
    let shared = Arc::clone(state);
    let run = move || {
        let measured = shared.desk.soon(&shared)?;
        measured.map(|measured| work(&measured, &question, &shared)).transpose()
    };
    tokio::task::spawn_blocking(run).await.map_err(|_| Problem::Ours)?
}

/// The figure that an address names.
pub fn figure(id: &str) -> Result<Kpi, Problem> {
    let shown: String = id.chars().take(80).collect();
    Kpi::parse(id).ok_or_else(|| Problem::NotFound { what: format!("figure '{shown}'") })
}

fn json(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|_| Problem::Ours)
}

async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let made = answer(&state, &rights, query, |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let overview = measured.overview(&selection, days, question.visible.reps);
        let about = about(measured, question, &selection, days, &live);
        let mut body = json(&KpiReport { about, overview: &overview, spec: &measured.spec })?;
        of_moment(&mut body, measured);
        Ok(body)
    });
    Ok(Json(made.await?))
}

async fn show(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let kpi = figure(&id)?;
    let made = answer(&state, &rights, query, move |measured, question, state| {
        let (selection, days, live) = (question.selection(measured), question.days(measured), state.live()?);
        let detail = measured.detail(kpi, &selection, days, &question.dimensions());
        let about = about(measured, question, &selection, days, &live);
        let mut body = json(&DetailReport { about, detail: &detail, spec: &measured.spec })?;
        body["definition"] = json!({
            "slug": kpi.slug(), "formula": kpi.formula(), "unit": json(&kpi.unit())?, "window": json(&kpi.window())?,
            "needs": json(&kpi.needs())?,
        });
        of_moment(&mut body, measured);
        Ok(body)
    });
    Ok(Json(made.await?))
}

/// The moment that an answer is of, to the microsecond, and the row of the record.
fn of_moment(body: &mut Value, measured: &Measured) {
    body["measured_at"] = json!(measured.table.as_of());
    body["seq"] = json!(measured.seq);
}

async fn leads(
    Shared(state): Shared<Arc<State>>,
    Extension(rights): Extension<Rights>,
    Path(id): Path<String>,
    query: Pairs,
) -> Result<Json<Value>, Problem> {
    let kpi = figure(&id)?;
    let made = answer(&state, &rights, query, move |measured, question, _| {
        let selection = question.selection(measured).in_days(question.days(measured));
        let list = measured.kpis().behind(kpi, &selection, question.part, question.skip, question.limit);
        let word = |name: Option<Name>| name.map_or("", |name| measured.names.text(name));
        let leads: Result<Vec<Value>, Problem> = list
            .leads
            .iter()
            .map(|listed| {
                let (rep, team, source) = (word(listed.rep), word(listed.team), word(listed.source));
                let mut lead = json(listed)?;
                (lead["rep"], lead["team"], lead["source"]) = (rep.into(), team.into(), source.into());
                Ok(lead)
            })
            .collect();
        let next = next(question, list.total).map(|next| next.to_string());
        let mut body = json!({ "total": list.total, "leads": leads?, "next": next });
        of_moment(&mut body, measured);
        Ok(body)
    });
    Ok(Json(made.await?))
}

/// Where the next page of a list begins; none at its end.
pub fn next(question: &Question, total: u64) -> Option<usize> {
    let next = question.skip + question.limit;
    ((next as u64) < total).then_some(next)
}
