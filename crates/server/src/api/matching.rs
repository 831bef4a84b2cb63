//! `GET /v1/accounts/match`: which company a lead would be matched with, and why.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State as Shared, rejection::QueryRejection},
    routing::get,
};
use pointsman_intake::normalise;
use pointsman_store::{backend::Around, directory, row::AccountRow};
use serde::{Deserialize, Serialize};

use super::accounts::AccountView;
use crate::{
    access::{Access, Scope},
    enquiry::domain,
    error::Problem,
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
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
    )]
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
