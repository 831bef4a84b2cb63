//! `/v1/accounts`: companies, as a CRM keeps them here.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State as Shared, rejection::QueryRejection},
    routing::{get, patch, post},
};
use pointsman_domain::{AccountId, Instant, RepId};
use pointsman_intake::normalise;
use pointsman_store::{
    Reader, StoreError,
    command::Kept,
    directory::{self, Account, Which},
    row::AccountRow,
    statements::Statements,
};
use serde::{Deserialize, Serialize};

use super::keeper::{
    CHANGE_PROBLEMS, Field, IF_MATCH, KEY, PAGE, PUT_PROBLEMS, Thing, change, limit, or_told, page, put, show,
};
use crate::{
    access::{Access, Scope},
    api::id,
    enquiry::{domain, rep as named_rep, short_text},
    error::{FieldError, Problem},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

const ID: crate::openapi::Parameter = ("path", "id", "The company's id.", true);

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![
        (
            Route {
                path: "/v1/accounts",
                id: "listAccounts",
                summary: "Companies, in the order of their ids.",
                text: "All of them in pages, or those of one domain, name or external id.",
                answer: Some("AccountList"),
                parameters: &[
                    ("query", "domain", "Only of this domain.", false),
                    ("query", "name", "Only of this name; legal forms and accents do not count.", false),
                    ("query", "external_id", "Only of this id in the system it comes from.", false),
                    PAGE[0],
                    PAGE[1],
                ],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(list),
        ),
        (
            Route {
                method: "post",
                path: "/v1/accounts",
                id: "putAccount",
                summary: "Say how a company is: new, or known by external id or domain.",
                text: "What the body does not name stays. Leads that come in are matched with it from the next decision on.",
                body: Some("Account"),
                answer: Some("AccountView"),
                parameters: &[KEY],
                problems: PUT_PROBLEMS,
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(put::<Account>),
        ),
        (
            Route {
                path: "/v1/accounts/{id}",
                id: "showAccount",
                summary: "One company.",
                text: "The ETag is what a change must have seen.",
                answer: Some("AccountView"),
                parameters: &[ID],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(show::<Account>),
        ),
        (
            Route {
                method: "patch",
                path: "/v1/accounts/{id}",
                id: "changeAccount",
                summary: "Change a company that you saw.",
                text: "What the body does not name stays; null takes it away. Somebody else was faster: 412 with how it is now.",
                body: Some("AccountChange"),
                answer: Some("AccountView"),
                parameters: &[ID, IF_MATCH],
                problems: CHANGE_PROBLEMS,
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            patch(change::<Account>),
        ),
    ]
}

#[derive(Debug, Serialize)]
pub struct AccountView {
    pub id: AccountId,
    pub name: Box<str>,
    /// What it is matched by: without accents and legal form.
    pub name_key: Box<str>,
    pub domain: Option<Box<str>>,
    pub external_id: Option<Box<str>>,
    pub parent: Option<AccountId>,
    pub owner: Option<RepId>,
    /// As the ETag has it.
    pub version: u64,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { row, external_id } = account;
        Self {
            id: row.id,
            name: row.name,
            name_key: row.name_key,
            domain: row.domain,
            external_id,
            parent: row.parent,
            owner: row.owner,
            version: row.version,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    pub domain: Option<String>,
    pub name: Option<String>,
    pub external_id: Option<String>,
    pub cursor: Option<String>,
    pub limit: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ListBody {
    pub accounts: Vec<AccountView>,
    pub next: Option<AccountId>,
}

pub async fn list(
    Shared(state): Shared<Arc<State>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<ListBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    let (limit, after) = (limit(query.limit.as_ref())?, query.cursor.as_deref().map(id).transpose()?);
    let rows = state.ask(move |statements| {
        let name = query.name.as_deref().map(normalise::company_key).unwrap_or_default();
        let host = query.domain.as_deref().and_then(|text| domain(text).ok()).unwrap_or_default();
        let which = match (&query.external_id, &query.domain, &query.name) {
            (Some(id), ..) => Which::External(id),
            (_, Some(_), _) => Which::Key(&host),
            (.., Some(_)) => Which::Name(&name),
            _ => Which::All,
        };
        directory::accounts(statements, which, after, limit)
    });
    let (accounts, next) = page(rows.await?, limit);
    Ok(Json(ListBody { accounts, next }))
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountBody {
    pub name: Option<String>,
    #[serde(default)]
    pub domain: Field,
    #[serde(default)]
    pub external_id: Field,
    #[serde(default)]
    pub parent: Field,
    #[serde(default)]
    pub owner: Field,
}

/// Parents of parents at most.
const MOST_PARENTS: u32 = 16;

impl Thing for Account {
    type Id = AccountId;
    type Body = AccountBody;
    type View = AccountView;
    const WHAT: &'static str = "company";
    const ROUTE: &'static str = "POST /v1/accounts";

    fn new(now: Instant, chance: u128) -> Self {
        let row = AccountRow {
            id: AccountId::new(now, chance),
            name: "".into(),
            name_key: "".into(),
            domain: None,
            parent: None,
            owner: None,
            version: 0,
        };
        Self { row, external_id: None }
    }

    fn id(&self) -> AccountId {
        self.row.id
    }

    fn version(&self) -> u64 {
        self.row.version
    }

    fn take_over(&mut self, body: &AccountBody, state: &State) -> Result<(), Problem> {
        let (live, row) = (state.live()?, &mut self.row);
        let mut faults = Vec::new();
        if let Some(name) = &body.name {
            match short_text("name", name, &mut faults) {
                Some(name) => (row.name_key, row.name) = (normalise::company_key(&name).into(), name),
                None => faults.push(FieldError::new("name", "is empty")),
            }
        }
        body.domain.put(&mut row.domain, |text| or_told("domain", domain(text), &mut faults).map(Into::into));
        body.external_id.put(&mut self.external_id, |text| short_text("external_id", text, &mut faults));
        body.owner.put(&mut row.owner, |text| named_rep("owner", text, &live, &mut faults));
        body.parent.put(&mut row.parent, |text| or_told("parent", text.parse(), &mut faults));
        if row.parent == Some(row.id) {
            faults.push(FieldError::new("parent", "is the company itself"));
        }
        if row.name.is_empty() {
            match &row.domain {
                Some(domain) => row.name = domain.clone(),
                None => faults.push(FieldError::new("name", "a company has a name or a domain")),
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::Fields(faults)) }
    }

    /// Whether the parent is there and the line of parents does not come back.
    fn dangling(&self, reader: &mut dyn Reader) -> Result<Option<FieldError>, StoreError> {
        let fault = |what: &str| Ok(Some(FieldError::new("parent", what)));
        let Some(mut next) = self.row.parent else { return Ok(None) };
        for _ in 0..MOST_PARENTS {
            let Some(parent) = reader.account(next)? else { return fault("there is no such company") };
            match parent.parent {
                None => return Ok(None),
                Some(parent) if parent == self.row.id => return fault("leads back to the company itself"),
                Some(parent) => next = parent,
            }
        }
        fault("has more than 16 parents above it")
    }

    fn of(statements: &mut dyn Statements, id: AccountId) -> Result<Option<Self>, StoreError> {
        directory::account_of(statements, id)
    }

    /// By external id, else by domain.
    fn known(statements: &mut dyn Statements, body: &AccountBody, _: &str) -> Result<Option<Self>, StoreError> {
        let mut find = |which: Which<'_>| directory::accounts(statements, which, None, 1).map(|mut found| found.pop());
        if let Some(external_id) = body.external_id.text().map(str::trim)
            && let Some(found) = find(Which::External(external_id))?
        {
            return Ok(Some(found));
        }
        match body.domain.text().and_then(|text| domain(text).ok()) {
            Some(host) => find(Which::Key(&host)),
            None => Ok(None),
        }
    }

    fn kept(self, _: &str, seen: Option<u64>, read_at: u64) -> Kept {
        let Self { row, external_id } = self;
        Kept::Account { row, external_id, seen, read_at }
    }
}
