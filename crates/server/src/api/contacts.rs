//! `/v1/contacts`: persons, as a CRM keeps them here. Personal data: who may export and erase a person
//! may read and write them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State as Shared, rejection::QueryRejection},
    routing::{get, patch, post},
};
use pointsman_domain::{AccountId, ContactId, Instant, RepId};
use pointsman_intake::{duplicate_keys, normalise};
use pointsman_store::{
    Reader, StoreError,
    command::Kept,
    directory::{self, Contact, Which},
    row::ContactRow,
    statements::Statements,
};
use serde::{Deserialize, Serialize};

use super::keeper::{
    CHANGE_PROBLEMS, Field, IF_MATCH, KEY, PAGE, PUT_PROBLEMS, Thing, change, limit, or_told, page, put, show,
};
use crate::{
    access::{Access, Scope},
    api::id,
    enquiry::{rep as named_rep, short_text},
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

const ID: crate::openapi::Parameter = ("path", "id", "The person's id.", true);

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
                problems: PUT_PROBLEMS,
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            post(put::<Contact>),
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
            get(show::<Contact>),
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
                problems: CHANGE_PROBLEMS,
                ..PLAIN
            },
            Access::Needs(Scope::PeopleManage),
            patch(change::<Contact>),
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
    let (contacts, next) = page(rows.await?, limit);
    Ok(Json(ListBody { contacts, next }))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactBody {
    pub name: Field,
    pub email: Field,
    pub phone: Field,
    pub external_id: Field,
    pub account: Field,
    pub owner: Field,
}

impl Thing for Contact {
    type Id = ContactId;
    type Body = ContactBody;
    type View = ContactView;
    const WHAT: &'static str = "person";
    const ROUTE: &'static str = "POST /v1/contacts";

    fn new(now: Instant, chance: u128) -> Self {
        let row = ContactRow {
            id: ContactId::new(now, chance),
            name: None,
            email: None,
            phone: None,
            account: None,
            owner: None,
            version: 0,
        };
        Self { row, external_id: None }
    }

    fn id(&self) -> ContactId {
        self.row.id
    }

    fn version(&self) -> u64 {
        self.row.version
    }

    fn take_over(&mut self, body: &ContactBody, state: &State) -> Result<(), Problem> {
        let (live, row) = (state.live()?, &mut self.row);
        let mut faults = Vec::new();
        let email = |text: &str| normalise::email(text).ok_or("is not an e-mail address");
        let phone = |text: &str| normalise::phone(text, &state.config.country).ok_or("cannot be dialled");
        body.name.put(&mut row.name, |text| short_text("name", text, &mut faults));
        body.external_id.put(&mut self.external_id, |text| short_text("external_id", text, &mut faults));
        body.email.put(&mut row.email, |text| or_told("email", email(text), &mut faults).map(Into::into));
        body.phone.put(&mut row.phone, |text| or_told("phone", phone(text), &mut faults).map(Into::into));
        body.owner.put(&mut row.owner, |text| named_rep("owner", text, &live, &mut faults));
        body.account.put(&mut row.account, |text| or_told("account", text.parse(), &mut faults));
        if faults.is_empty() && row.email.is_none() && row.phone.is_none() && self.external_id.is_none() {
            faults.push(FieldError::new("email", "a person has an address, a number or an external id"));
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::Fields(faults)) }
    }

    fn dangling(&self, reader: &mut dyn Reader) -> Result<Option<FieldError>, StoreError> {
        let Some(account) = self.row.account else { return Ok(None) };
        let fault = || FieldError::new("account", "there is no such company");
        Ok(reader.account(account)?.is_none().then(fault))
    }

    fn of(statements: &mut dyn Statements, id: ContactId) -> Result<Option<Self>, StoreError> {
        directory::contact_of(statements, id)
    }

    /// By external id, address or number, in this order.
    fn known(statements: &mut dyn Statements, body: &ContactBody, country: &str) -> Result<Option<Self>, StoreError> {
        let mut find = |which: Which<'_>| directory::contacts(statements, which, None, 1).map(|mut found| found.pop());
        if let Some(external_id) = body.external_id.text().map(str::trim)
            && let Some(found) = find(Which::External(external_id))?
        {
            return Ok(Some(found));
        }
        for key in duplicate_keys(body.email.text(), body.phone.text(), country) {
            if let Some(found) = find(Which::Key(&key.to_string()))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn kept(self, country: &str, seen: Option<u64>, read_at: u64) -> Kept {
        let Self { row, external_id } = self;
        let keys = duplicate_keys(row.email.as_deref(), row.phone.as_deref(), country);
        let keys = keys.iter().map(|key| key.to_string().into()).collect();
        Kept::Contact { row, external_id, keys, seen, read_at }
    }
}
