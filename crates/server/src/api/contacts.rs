//! `/v1/contacts`: persons, as a CRM keeps them here. Personal data: who may export and erase a person
//! may read and write them.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State as Shared, rejection::QueryRejection},
    http::HeaderMap,
    response::Response,
    routing::{get, patch, post},
};
use pointsman_domain::{AccountId, CommandId, ContactId, RepId};
use pointsman_intake::{duplicate_keys, normalise};
use pointsman_store::{
    Command, Declined,
    command::{Keep, Kept, Keyed},
    directory::{self, Contact, Which},
    row::ContactRow,
};
use serde::{Deserialize, Serialize};

use super::accounts::{IF_MATCH, KEY, PAGE, given, limit};
use crate::{
    access::{Access, Scope},
    api::{Caller, id, keyed},
    body::JsonBody,
    enquiry::{rep as named_rep, short_text},
    error::{FieldError, Problem},
    etag::{IfMatch, tagged},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

const ID: crate::openapi::Parameter = ("path", "id", "The person's id.", true);
/// Tries where somebody else was faster.
const TRIES: u32 = 8;

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/contacts",
                id: "listContacts",
                summary: "Persons, in the order of their ids.",
                text: "All of them in pages, or those of one address, phone number or external id.",
                answer: Some("ContactList"),
                parameters: &[
                    ("query", "email", "Only who is known by this address.", false),
                    ("query", "phone", "Only who is known by this number.", false),
                    ("query", "external_id", "Only of this id in the system it comes from.", false),
                    PAGE[0],
                    PAGE[1],
                ],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            get(list),
        ),
        (
            Route {
                method: "post",
                path: "/v1/contacts",
                id: "putContact",
                summary: "Say how a person is: new, or known by external id, address or number.",
                text: "What the body does not name stays. Their next enquiry is recognised by address and number.",
                body: Some("Contact"),
                answer: Some("ContactView"),
                parameters: &[KEY],
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "key-reused",
                    "refused",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            post(put),
        ),
        (
            Route {
                path: "/v1/contacts/{id}",
                id: "showContact",
                summary: "One person.",
                text: "The ETag is what a change must have seen.",
                answer: Some("ContactView"),
                parameters: &[ID],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            get(show),
        ),
        (
            Route {
                method: "patch",
                path: "/v1/contacts/{id}",
                id: "changeContact",
                summary: "Change a person that you saw.",
                text: "What the body does not name stays; null takes it away. Somebody else was faster: 412 with how it is now.",
                body: Some("ContactChange"),
                answer: Some("ContactView"),
                parameters: &[ID, IF_MATCH],
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "not-found",
                    "changed",
                    "version-missing",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            patch(change),
        ),
    ]
}

#[derive(Debug, Serialize)]
pub struct ContactView {
    pub id: ContactId,
    pub name: Option<Box<str>>,
    pub email: Option<Box<str>>,
    /// E.164.
    pub phone: Option<Box<str>>,
    pub external_id: Option<Box<str>>,
    pub account: Option<AccountId>,
    pub owner: Option<RepId>,
    /// As the ETag has it.
    pub version: u64,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let Contact { row, external_id } = contact;
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            phone: row.phone,
            external_id,
            account: row.account,
            owner: row.owner,
            version: row.version,
        }
    }
}

impl ContactView {
    fn answer(self) -> Response {
        let version = self.version.to_string();
        tagged(&self, &version)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub external_id: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ListBody {
    pub contacts: Vec<ContactView>,
    pub next: Option<ContactId>,
}

pub async fn list(
    Shared(state): Shared<Arc<State>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<ListBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let (limit, after) = (limit(query.limit.as_ref())?, query.cursor.as_deref().map(id).transpose()?);
    let key = duplicate_keys(query.email.as_deref(), query.phone.as_deref(), &state.config.country);
    let key = key.first().map(ToString::to_string);
    if key.is_none() && (query.email.is_some() || query.phone.is_some()) {
        return Ok(Json(ListBody { contacts: Vec::new(), next: None }));
    }
    let rows = state.ask(move |statements| {
        let which = match (&query.external_id, &key) {
            (Some(id), _) => Which::External(id),
            (None, Some(key)) => Which::Key(key),
            (None, None) => Which::All,
        };
        directory::contacts(statements, which, after, limit)
    });
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|contact| contact.row.id);
    Ok(Json(ListBody { contacts: rows.into_iter().map(ContactView::from).collect(), next }))
}

async fn read(state: &Arc<State>, contact: ContactId) -> Result<(Contact, u64), Problem> {
    let read = state.read(|reader| reader.head()).await?.seq;
    let found = state.ask(move |statements| directory::contact_of(statements, contact)).await?;
    Ok((found.ok_or_else(|| Problem::NotFound { what: format!("person {contact}") })?, read))
}

pub async fn show(Shared(state): Shared<Arc<State>>, Path(contact): Path<String>) -> Result<Response, Problem> {
    Ok(ContactView::from(read(&state, id(&contact)?).await?.0).answer())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "three things are told apart")]
pub struct ContactBody {
    #[serde(default, deserialize_with = "given")]
    pub name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub email: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub account: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub owner: Option<Option<String>>,
}

impl ContactBody {
    /// The person with what the body names.
    fn put_on(&self, contact: &mut Contact, state: &State) -> Result<(), Problem> {
        let mut faults = Vec::new();
        if let Some(text) = &self.name {
            contact.row.name = text.as_deref().and_then(|text| short_text("name", text, &mut faults));
        }
        if let Some(text) = &self.external_id {
            contact.external_id = text.as_deref().and_then(|text| short_text("external_id", text, &mut faults));
        }
        if let Some(text) = &self.email {
            let read = text.as_deref().map(|text| normalise::email(text).ok_or("is not an e-mail address")).transpose();
            match read {
                Ok(email) => contact.row.email = email.map(Into::into),
                Err(problem) => faults.push(FieldError::new("email", problem)),
            }
        }
        if let Some(text) = &self.phone {
            let number = |text| normalise::phone(text, &state.config.country).ok_or("cannot be dialled");
            match text.as_deref().map(number).transpose() {
                Ok(phone) => contact.row.phone = phone.map(Into::into),
                Err(problem) => faults.push(FieldError::new("phone", problem)),
            }
        }
        if let Some(text) = &self.owner {
            contact.row.owner = match text {
                None => None,
                Some(text) => named_rep("owner", text, &*state.live()?, &mut faults),
            };
        }
        if let Some(text) = &self.account {
            match text.as_deref().map(str::parse::<AccountId>).transpose() {
                Ok(account) => contact.row.account = account,
                Err(error) => faults.push(FieldError::new("account", error.to_string())),
            }
        }
        if contact.row.email.is_none() && contact.row.phone.is_none() && contact.external_id.is_none() {
            faults.push(FieldError::new("email", "a person has an address, a number or an external id"));
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::Fields(faults)) }
    }
}

async fn check_account(state: &Arc<State>, row: &ContactRow) -> Result<(), Problem> {
    let Some(account) = row.account else { return Ok(()) };
    match state.read(move |reader| reader.account(account)).await? {
        Some(_) => Ok(()),
        None => Err(Problem::Fields(vec![FieldError::new("account", "there is no such company")])),
    }
}

async fn keep(
    state: &Arc<State>,
    caller: &Caller,
    contact: &Contact,
    seen: Option<u64>,
    read_at: u64,
    idempotency: Option<Keyed>,
) -> Result<Result<(), Declined>, Problem> {
    let Contact { row, external_id } = contact.clone();
    let keys = duplicate_keys(row.email.as_deref(), row.phone.as_deref(), &state.config.country);
    let keys = keys.iter().map(|key| key.to_string().into()).collect();
    let command = CommandId::new(state.now(), state.outside.chance());
    let kept = Kept::Contact { row, external_id, keys, seen, read_at };
    let keep = Keep { command, kept, actor: caller.0.as_str().into(), idempotency };
    Ok(state.send(Command::Keep(Box::new(keep))).await?.result.map(drop))
}

/// Who is known by the body's external id, address or number, in this order.
async fn known(state: &Arc<State>, body: &ContactBody) -> Result<Option<Contact>, Problem> {
    let external_id = body.external_id.clone().flatten();
    let (email, phone) = (body.email.clone().flatten(), body.phone.clone().flatten());
    let keys = duplicate_keys(email.as_deref(), phone.as_deref(), &state.config.country);
    state
        .ask(move |statements| {
            if let Some(external_id) = external_id.as_deref().map(str::trim)
                && let Some(found) = directory::contacts(statements, Which::External(external_id), None, 1)?.pop()
            {
                return Ok(Some(found));
            }
            for key in keys {
                if let Some(found) = directory::contacts(statements, Which::Key(&key.to_string()), None, 1)?.pop() {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
        .await
}

pub async fn put(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<ContactBody>,
) -> Result<Response, Problem> {
    let keyed = keyed(&headers, &caller, "POST /v1/contacts", body.hash)?;
    let body = body.value;
    // Two that make the same person at once: the second finds what the first made.
    let _editing = state.editing.lock().await;
    for _ in 0..TRIES {
        let read_at = state.read(|reader| reader.head()).await?.seq;
        let found = known(&state, &body).await?;
        let seen = found.as_ref().map(|contact| contact.row.version);
        let new = || Contact {
            row: ContactRow {
                id: ContactId::new(state.now(), state.outside.chance()),
                name: None,
                email: None,
                phone: None,
                account: None,
                owner: None,
                version: 0,
            },
            external_id: None,
        };
        let mut contact = found.unwrap_or_else(new);
        body.put_on(&mut contact, &state)?;
        check_account(&state, &contact.row).await?;
        match keep(&state, &caller, &contact, seen, read_at, keyed.clone()).await? {
            Ok(()) => {
                let kept = contact.row.id;
                let now = state.ask(move |statements| directory::contact_of(statements, kept)).await?;
                let now = if now.is_some() { now } else { known(&state, &body).await? };
                let why = "the same Idempotency-Key made a person that is not found by this body any more".to_owned();
                return Ok(ContactView::from(now.ok_or(Problem::Refused { why })?).answer());
            }
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
        }
    }
    Err(Problem::Busy)
}

pub async fn change(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(contact): Path<String>,
    headers: HeaderMap,
    body: JsonBody<ContactBody>,
) -> Result<Response, Problem> {
    let (contact, seen): (ContactId, _) = (id(&contact)?, IfMatch::needed(&headers)?);
    for _ in 0..TRIES {
        let (mut found, read_at) = read(&state, contact).await?;
        let version = found.row.version;
        let present = || serde_json::to_value(ContactView::from(found.clone())).unwrap_or_default();
        seen.check(&version.to_string(), present)?;
        body.value.put_on(&mut found, &state)?;
        check_account(&state, &found.row).await?;
        match keep(&state, &caller, &found, Some(version), read_at, None).await? {
            Ok(()) => return Ok(ContactView::from(read(&state, contact).await?.0).answer()),
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
        }
    }
    Err(Problem::Busy)
}
