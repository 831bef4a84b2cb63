//! The policy: which rule takes which leads, and what is probably a mistake in it.

use std::sync::Arc;

use axum::{
    extract::{Query, State as Shared},
    response::Response,
    routing::get,
};
use pointsman_decision::Snapshot;
use pointsman_domain::PolicyName;
use pointsman_report::table::{Column, Row};
use pointsman_rules::{
    Policy,
    lint::Severity,
    words::{self, Names},
};
use serde::Deserialize;

use super::{CX, page, respond, section, table};
use crate::{
    access::{Access, Scope},
    api::{id, policies::PolicyRow},
    error::Problem,
    findings::{Shown, findings},
    openapi::Route,
    router::{Entry, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            path: "/policies",
            id: "policiesPage",
            summary: "The policy as a page: who gets which leads?",
            parameters: &[("query", "name", "A policy that is live; the one that rules when absent.", false)],
            problems: &["bad-parameter", "not-found"],
            ..PLAIN
        },
        Access::Needs(Scope::ReportsRead),
        get(show),
    )]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    name: Option<String>,
}

pub async fn show(
    Shared(state): Shared<Arc<State>>,
    query: Result<Query<Which>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Which { name }) = query.map_err(|error| Problem::Parameter(error.body_text()))?;
    let (snapshot, now) = (state.live()?, state.now());
    let place = match name.as_deref().map(id::<PolicyName>).transpose()? {
        None => snapshot.policies.iter().position(|policy| policy.name == snapshot.policy().name),
        Some(name) => snapshot.policies.iter().position(|policy| policy.name == name),
    };
    let place = place.ok_or_else(|| Problem::NotFound { what: "such a policy".into() })?;
    let found = state.read({
        let snapshot = Arc::clone(&snapshot);
        move |_| Ok(findings(&snapshot, &snapshot.policies[place], now))
    });
    let found = found.await?;
    let policy = &snapshot.policies[place];
    let mut shown = page("Policy", "Who gets which leads?", &state.config.workspace, &snapshot);
    shown.sections.push(ladder(&snapshot, policy));
    shown.sections.push(lint(&found));
    let rows = PolicyRow::all(&snapshot);
    let links: Vec<(String, String)> =
        rows.iter().map(|row| (row.name.to_string(), format!("/policies?name={}", row.name))).collect();
    shown.sections.push(others(&rows));
    Ok(respond(&state, "/policies", &shown, CX, &links))
}

fn ladder(snapshot: &Snapshot, policy: &Policy) -> pointsman_report::Section {
    let names = Names { roster: &snapshot.roster, territories: &snapshot.territories };
    let rows = policy.rules.iter().zip(&policy.when).enumerate().map(|(place, (rule, when))| {
        let condition = if when.source() == "true" { "every lead".to_owned() } else { when.source().to_owned() };
        let leads = match rule.lead_type {
            None => condition,
            Some(_) => format!("{}\n{condition}", words::lead_type(rule.lead_type)),
        };
        Row::new(vec![
            (place + 1).to_string(),
            rule.id.to_string(),
            leads,
            format!("{}\n{}", words::target(rule, names), words::pick(rule.pick)),
            rule.sla.map_or_else(String::new, |sla| words::length(Some(sla))),
            words::on_full(rule, names),
        ])
    });
    let mut rows: Vec<Row> = rows.collect();
    let last = (rows.len() + 1).to_string();
    rows.push(Row::strong(vec![
        last,
        "fallback".into(),
        "whatever is left".into(),
        format!("queue '{}'", policy.fallback),
        String::new(),
        String::new(),
    ]));
    let columns = ["Rule", "Takes", "Hands to", "SLA", "When nobody is free"].map(Column::text);
    let columns = [Column::number("Step")].into_iter().chain(columns).collect();
    let sentence = format!(
        "Policy '{}': the first rule whose condition holds takes the lead. A condition on a value that is missing does not hold.",
        policy.name
    );
    section("ladder", "The ladder", sentence, table(columns, rows))
}

fn lint(found: &[Shown]) -> pointsman_report::Section {
    let rows = found.iter().map(|finding| {
        let rules: Vec<String> = finding.rules.iter().map(|at| format!("{} (line {})", at.rule, at.line)).collect();
        let example: Vec<String> = finding.example.iter().map(|(field, value)| format!("{field} = {value}")).collect();
        let severity = match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        Row::new(vec![severity.into(), rules.join("\n"), finding.message.clone(), example.join("\n")])
    });
    let sentence = match found.len() {
        0 => "Nothing to complain about.".to_owned(),
        1 => "One thing is probably a mistake.".to_owned(),
        n => format!("{n} things are probably mistakes."),
    };
    let columns = ["How bad", "Rules", "What", "For example"].map(Column::text).to_vec();
    let mut shown = section("findings", "What the check finds", sentence, table(columns, rows.collect()));
    if found.is_empty() {
        shown.tables.clear();
    }
    shown
}

fn others(rows: &[PolicyRow]) -> pointsman_report::Section {
    let ruling = |row: &PolicyRow| if row.ruling { "rules" } else { "" }.to_owned();
    let shown = rows
        .iter()
        .map(|row| Row::new(vec![row.name.to_string(), row.rules.to_string(), ruling(row), row.document.short()]));
    let columns =
        vec![Column::text("Policy"), Column::number("Rules"), Column::text("Decides"), Column::text("Document")];
    let sentence = "What is live. Check and publish with pointsman policy, or POST /v1/policies.".to_owned();
    section("policies", "Policies", sentence, table(columns, shown.collect()))
}
