//! `/v1/persons/{contact}`: everything that is known of one person, told or erased.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    routing::{get, post},
};
use pointsman_domain::ContactId;
use pointsman_store::person::{self, EraseError, Erased, PersonFile, Request};
use serde::Deserialize;

use crate::{
    access::{Access, Scope},
    api::{Caller, id},
    body::JsonBody,
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

const ID: crate::openapi::Parameter = ("path", "id", "The person's id: GET /v1/contacts?email=… finds it.", true);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/persons/{id}/export",
                id: "exportPerson",
                summary: "Everything that is stored of one person.",
                text: "Their row and keys, their leads with all attributes, what each decision was taken on, and what became of it.",
                answer: Some("Person"),
                parameters: &[ID],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            get(export),
        ),
        (
            Route {
                method: "post",
                path: "/v1/persons/{id}/erasure",
                id: "erasePerson",
                summary: "Erase what is personal of one person.",
                text: "Name, address, number, keys, personal attributes, and what decisions were taken on with its salt. Open leads are closed. The record stays whole: verifying it says 'erased by request'. It cannot be undone.",
                body: Some("Erasure"),
                answer: Some("Erased"),
                parameters: &[ID],
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            post(erase),
        ),
    ]
}

pub async fn export(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(contact): Path<String>,
) -> Result<Json<PersonFile>, Problem> {
    let contact: ContactId = id(&contact)?;
    let file = state.with_both(move |reader, statements| person::export(reader, statements, contact)).await??;
    tracing::info!(by = caller.0, "a person was exported");
    Ok(Json(file.ok_or_else(|| Problem::NotFound { what: format!("person {contact}") })?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureBody {
    /// The request's name: what verifying the record shall say. Nothing personal.
    pub request: String,
    /// Who decides it; the caller, if absent.
    pub by: Option<String>,
}

pub async fn erase(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(contact): Path<String>,
    body: JsonBody<ErasureBody>,
) -> Result<Json<Erased>, Problem> {
    let contact: ContactId = id(&contact)?;
    let (name, by) = (body.value.request.trim(), body.value.by.as_deref().map_or(&*caller.0, str::trim));
    let mut faults = Vec::new();
    if !(1..=100).contains(&name.len()) {
        faults.push(FieldError::new("request", "name the request, in 1 to 100 bytes"));
    }
    if !(1..=200).contains(&by.len()) {
        faults.push(FieldError::new("by", "name the person, in at most 200 bytes"));
    }
    if !faults.is_empty() {
        return Err(Problem::Fields(faults));
    }
    let request = Request { name: name.into(), actor: by.into() };
    let shared = Arc::clone(&state);
    let erased = state.with_both(move |reader, statements| {
        person::erase(reader, statements, &shared.handle, &shared.outside, contact, &request)
    });
    let erased = erased.await?.map_err(|error| match error {
        EraseError::Unknown => Problem::NotFound { what: format!("person {contact}") },
        EraseError::Declined(declined) => declined.into(),
        EraseError::Busy => Problem::Busy,
        EraseError::Store(error) => error.into(),
    })?;
    tracing::info!(request = &*erased.request, leads = erased.leads, "a person was erased");
    Ok(Json(erased))
}
