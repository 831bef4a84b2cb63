//! `/v1/accounts`: companies, as a CRM keeps them here, and which company a lead would be matched
//! with, and why.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State as Shared, rejection::QueryRejection},
    http::HeaderMap,
    response::Response,
    routing::{get, patch, post},
};
use pointsman_domain::{AccountId, CommandId, RepId};
use pointsman_intake::normalise;
use pointsman_store::{
    Command, Declined,
    backend::Around,
    command::{Keep, Kept, Keyed},
    directory::{self, Account, Which},
    row::AccountRow,
};
use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, Scope},
    api::{Caller, id, keyed},
    body::JsonBody,
    enquiry::{domain, rep as named_rep, short_text},
    error::{FieldError, Problem},
    etag::{IfMatch, tagged},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

const ID: crate::openapi::Parameter = ("path", "id", "The company's id.", true);
pub const KEY: crate::openapi::Parameter =
    ("header", "Idempotency-Key", "The same key and body gives the same answer again.", false);
pub const IF_MATCH: crate::openapi::Parameter =
    ("header", "If-Match", "The ETag of what you saw; * for whatever is there.", true);
pub const PAGE: [crate::openapi::Parameter; 2] = [
    ("query", "cursor", "'next' of the page before.", false),
    ("query", "limit", "Rows of a page, 1 to 200; 50 if absent.", false),
];
/// Tries where somebody else was faster.
const TRIES: u32 = 8;

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
            Access::Needs(Scope::SetupWrite),
            post(put),
        ),
        (
            Route {
                path: "/v1/accounts/match",
                id: "matchAccount",
                summary: "Which company a lead would be matched with, and why.",
                text: "By the domain (the address's, unless it is a mail provider's), then by the name without accents and legal form. Nothing is written.",
                answer: Some("AccountMatch"),
                parameters: &[
                    ("query", "email", "The person's address.", false),
                    ("query", "domain", "The company's.", false),
                    ("query", "name", "The company's.", false),
                ],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsScore),
            get(explain),
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
            get(show),
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
            Access::Needs(Scope::SetupWrite),
            patch(change),
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

impl AccountView {
    fn answer(self) -> Response {
        let version = self.version.to_string();
        tagged(&self, &version)
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

/// Rows of a page.
pub fn limit(text: Option<&String>) -> Result<u32, Problem> {
    match text {
        None => Ok(50),
        Some(text) => match text.parse() {
            Ok(limit) if (1..=200).contains(&limit) => Ok(limit),
            _ => Err(Problem::Parameter("'limit' is not a number from 1 to 200".into())),
        },
    }
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
    let rows = rows.await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|account| account.row.id);
    Ok(Json(ListBody { accounts: rows.into_iter().map(AccountView::from).collect(), next }))
}

async fn read(state: &Arc<State>, account: AccountId) -> Result<(Account, u64), Problem> {
    let read = state.read(|reader| reader.head()).await?.seq;
    let found = state.ask(move |statements| directory::account_of(statements, account)).await?;
    Ok((found.ok_or_else(|| Problem::NotFound { what: format!("company {account}") })?, read))
}

pub async fn show(Shared(state): Shared<Arc<State>>, Path(account): Path<String>) -> Result<Response, Problem> {
    Ok(AccountView::from(read(&state, id(&account)?).await?.0).answer())
}

/// A field that may be absent (it stays), null (it goes) or given.
#[allow(clippy::option_option, reason = "three things are told apart")]
pub fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "three things are told apart")]
pub struct AccountBody {
    pub name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub domain: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub parent: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub owner: Option<Option<String>>,
}

impl AccountBody {
    /// The company with what the body names.
    fn put_on(&self, account: &mut Account, state: &State) -> Result<(), Problem> {
        let mut faults = Vec::new();
        if let Some(name) = &self.name {
            match short_text("name", name, &mut faults) {
                Some(name) => (account.row.name_key, account.row.name) = (normalise::company_key(&name).into(), name),
                None => faults.push(FieldError::new("name", "is empty")),
            }
        }
        if let Some(text) = &self.domain {
            let read = text.as_deref().map(|text| domain(text).map(Into::into)).transpose();
            match read {
                Ok(host) => account.row.domain = host,
                Err(problem) => faults.push(FieldError::new("domain", problem)),
            }
        }
        if let Some(text) = &self.external_id {
            account.external_id = text.as_deref().and_then(|text| short_text("external_id", text, &mut faults));
        }
        if let Some(text) = &self.owner {
            account.row.owner = match text {
                None => None,
                Some(text) => named_rep("owner", text, &*state.live()?, &mut faults),
            };
        }
        if let Some(text) = &self.parent {
            let parent = text.as_deref().map(str::parse::<AccountId>).transpose();
            match parent {
                Ok(parent) if parent.is_some() && parent == Some(account.row.id) => {
                    faults.push(FieldError::new("parent", "is the company itself"));
                }
                Ok(parent) => account.row.parent = parent,
                Err(error) => faults.push(FieldError::new("parent", error.to_string())),
            }
        }
        if account.row.name.is_empty() {
            match &account.row.domain {
                Some(domain) => account.row.name = domain.clone(),
                None => faults.push(FieldError::new("name", "a company has a name or a domain")),
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::Fields(faults)) }
    }
}

/// Parents of parents at most.
const MOST_PARENTS: u32 = 16;

/// Whether the parent is there and the line of parents does not come back.
async fn check_parent(state: &Arc<State>, row: &AccountRow) -> Result<(), Problem> {
    let (of, Some(mut next)) = (row.id, row.parent) else { return Ok(()) };
    let checked = state.read(move |reader| {
        for _ in 0..MOST_PARENTS {
            let Some(parent) = reader.account(next)? else { return Ok(Some("there is no such company")) };
            match parent.parent {
                None => return Ok(None),
                Some(parent) if parent == of => return Ok(Some("leads back to the company itself")),
                Some(parent) => next = parent,
            }
        }
        Ok(Some("has more than 16 parents above it"))
    });
    match checked.await? {
        None => Ok(()),
        Some(problem) => Err(Problem::Fields(vec![FieldError::new("parent", problem)])),
    }
}

async fn keep(
    state: &Arc<State>,
    caller: &Caller,
    account: &Account,
    seen: Option<u64>,
    read_at: u64,
    idempotency: Option<Keyed>,
) -> Result<Result<(), Declined>, Problem> {
    let Account { row, external_id } = account.clone();
    let command = CommandId::new(state.now(), state.outside.chance());
    let kept = Kept::Account { row, external_id, seen, read_at };
    let keep = Keep { command, kept, actor: caller.0.as_str().into(), idempotency };
    Ok(state.send(Command::Keep(Box::new(keep))).await?.result.map(drop))
}

pub async fn put(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: JsonBody<AccountBody>,
) -> Result<Response, Problem> {
    let keyed = keyed(&headers, &caller, "POST /v1/accounts", body.hash)?;
    let body = body.value;
    // Two that make the same company at once: the second finds what the first made.
    let _editing = state.editing.lock().await;
    for _ in 0..TRIES {
        let read_at = state.read(|reader| reader.head()).await?.seq;
        let (external_id, host) = (body.external_id.clone().flatten(), body.domain.clone().flatten());
        let found = state.ask(move |statements| {
            let one = |rows: Vec<Account>| rows.into_iter().next();
            let mut found = None;
            if let Some(external_id) = external_id.as_deref().map(str::trim) {
                found = one(directory::accounts(statements, Which::External(external_id), None, 1)?);
            }
            if let (None, Some(host)) = (&found, host.and_then(|text| domain(&text).ok())) {
                found = one(directory::accounts(statements, Which::Key(&host), None, 1)?);
            }
            Ok(found)
        });
        let found = found.await?;
        let seen = found.as_ref().map(|account| account.row.version);
        let new = || Account {
            row: AccountRow {
                id: AccountId::new(state.now(), state.outside.chance()),
                name: "".into(),
                name_key: "".into(),
                domain: None,
                parent: None,
                owner: None,
                version: 0,
            },
            external_id: None,
        };
        let mut account = found.unwrap_or_else(new);
        body.put_on(&mut account, &state)?;
        check_parent(&state, &account.row).await?;
        match keep(&state, &caller, &account, seen, read_at, keyed.clone()).await? {
            Ok(()) => return answer_put(&state, account).await,
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
        }
    }
    Err(Problem::Busy)
}

/// What is there now; where the same key was answered before, the company it made.
async fn answer_put(state: &Arc<State>, account: Account) -> Result<Response, Problem> {
    let now = state.ask(move |statements| match directory::account_of(statements, account.row.id)? {
        Some(now) => Ok(Some(now)),
        None => {
            let by_domain = account.row.domain.as_deref().map(Which::Key);
            let which = account.external_id.as_deref().map(Which::External).or(by_domain);
            let rows = which.map(|which| directory::accounts(statements, which, None, 1)).transpose()?;
            Ok(rows.unwrap_or_default().into_iter().next())
        }
    });
    let why = "the same Idempotency-Key made a company that is not found by this body any more".to_owned();
    Ok(AccountView::from(now.await?.ok_or(Problem::Refused { why })?).answer())
}

pub async fn change(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: JsonBody<AccountBody>,
) -> Result<Response, Problem> {
    let (account, seen): (AccountId, _) = (id(&account)?, IfMatch::needed(&headers)?);
    for _ in 0..TRIES {
        let (mut found, read_at) = read(&state, account).await?;
        let version = found.row.version;
        let present = || serde_json::to_value(AccountView::from(found.clone())).unwrap_or_default();
        seen.check(&version.to_string(), present)?;
        body.value.put_on(&mut found, &state)?;
        check_parent(&state, &found.row).await?;
        match keep(&state, &caller, &found, Some(version), read_at, None).await? {
            Ok(()) => return Ok(AccountView::from(read(&state, account).await?.0).answer()),
            Err(Declined::Stale) => {}
            Err(declined) => return Err(declined.into()),
        }
    }
    Err(Problem::Busy)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchQuery {
    pub email: Option<String>,
    pub domain: Option<String>,
    pub name: Option<String>,
}

/// How a company was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Domain,
    Name,
}

#[derive(Debug, Serialize)]
pub struct MatchBody {
    pub account: Option<AccountView>,
    pub by: Option<By>,
    /// The domain that was looked for; null: none, or a mail provider's.
    pub domain: Option<String>,
    /// The name that was looked for, without accents and legal form.
    pub name_key: Option<String>,
    /// In words, step by step.
    pub steps: Vec<String>,
}

pub async fn explain(
    Shared(state): Shared<Arc<State>>,
    query: Result<Query<MatchQuery>, QueryRejection>,
) -> Result<Json<MatchBody>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::Parameter(rejection.body_text()))?;
    if query.email.is_none() && query.domain.is_none() && query.name.is_none() {
        return Err(Problem::Parameter("name an e-mail address, a domain or a company".into()));
    }
    let mut steps = Vec::new();
    let host = looked_for(&query, &mut steps);
    let key = query.name.as_deref().map(normalise::company_key).filter(|key| !key.is_empty());
    if let (Some(name), Some(key)) = (&query.name, &key) {
        steps.push(format!("'{}' is looked for as '{key}'", cut(name)));
    }
    let around = Around {
        domain: host.as_deref().map(Into::into),
        company: key.as_deref().map(Into::into),
        ..Around::default()
    };
    let found: Option<AccountRow> = state.read(move |reader| Ok(reader.around(&around)?.account)).await?;
    let by = found.as_ref().map(|row| match row.domain.is_some() && row.domain.as_deref() == host.as_deref() {
        true => By::Domain,
        false => By::Name,
    });
    let external = |row: AccountRow| state.ask(move |statements| directory::account_of(statements, row.id));
    let account = match found {
        None => None,
        Some(row) => external(row).await?,
    };
    steps.push(match (&account, &by) {
        (Some(account), Some(By::Domain)) => format!("'{}' has that domain", account.row.name),
        (Some(account), _) => format!("no company has that domain; '{}' has that name", account.row.name),
        (None, _) => "no company is known: the lead would make a new one".into(),
    });
    Ok(Json(MatchBody { account: account.map(AccountView::from), by, domain: host, name_key: key, steps }))
}

fn looked_for(query: &MatchQuery, steps: &mut Vec<String>) -> Option<String> {
    if let Some(text) = &query.domain {
        match domain(text) {
            Ok(host) if normalise::is_free_mail(&host) => {
                steps.push(format!("'{host}' is a mail provider's, not a company's: it is not looked for"));
            }
            Ok(host) => return Some(host),
            Err(problem) => steps.push(problem),
        }
    }
    let email = query.email.as_deref()?;
    let Some(address) = normalise::email(email) else {
        steps.push(format!("'{}' is not an e-mail address", cut(email)));
        return None;
    };
    let host = normalise::company_domain(&address).map(str::to_owned);
    match &host {
        Some(host) => steps.push(format!("the address is of {host}")),
        None => steps.push("the address is of a mail provider, which is nobody's company".into()),
    }
    host
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
