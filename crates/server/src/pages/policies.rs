//! The policy: which rule takes which leads, and what is probably a mistake in it.

use std::sync::Arc;

use axum::{extract::State as Shared, response::Response, routing::get};
use pointsman_domain::PolicyName;
use pointsman_report::{
    Section,
    table::{Column, Row},
    words::{lint::particular, live, policy as words},
};
use pointsman_rules::{Policy, words::Names};
use serde::Deserialize;

use super::{
    reader::{Asked, Reader},
    sheet::{Sheet, section, table},
};
use crate::{
    access::{Access, Scope},
    api::{id, policies::PolicyRow},
    error::Problem,
    findings::{Shown, findings},
    openapi::Route,
    router::{Entry, LANG, PLAIN},
    state::State,
};

/// The routes of this file.
pub fn routes() -> Vec<Entry> {
    vec![(
        Route {
            path: "/policies",
            id: "policiesPage",
            summary: "The policy as a page: who gets which leads?",
            parameters: &[("query", "name", "A policy that is live; the one that rules when absent.", false), LANG],
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
    reader: Reader,
    Asked(Which { name }): Asked<Which>,
) -> Result<Response, Problem> {
    let (sheet, now) = (Sheet::new(&state, reader)?, state.now());
    let (l, snapshot) = (sheet.l(), &sheet.snapshot);
    let place = match name.as_deref().map(id::<PolicyName>).transpose()? {
        None => snapshot.policies.iter().position(|policy| policy.name == snapshot.policy().name),
        Some(name) => snapshot.policies.iter().position(|policy| policy.name == name),
    };
    let place = place.ok_or_else(|| Problem::NotFound { what: "such a policy".into() })?;
    let found = state.read({
        let snapshot = Arc::clone(snapshot);
        move |_| Ok(findings(&snapshot, &snapshot.policies[place], now))
    });
    let found = found.await?;
    let mut page = sheet.page(words::policy(l), words::question(l));
    page.sections.push(ladder(&sheet, &snapshot.policies[place]));
    page.sections.push(lint(&sheet, &found));
    let rows = PolicyRow::all(snapshot);
    let links: Vec<(String, String)> =
        rows.iter().map(|row| (row.name.to_string(), format!("/policies?name={}", row.name))).collect();
    page.sections.push(others(&sheet, &rows));
    Ok(sheet.respond("/policies", page, &links))
}

fn ladder(sheet: &Sheet, policy: &Policy) -> Section {
    let l = sheet.l();
    let names = Names { roster: &sheet.snapshot.roster, territories: &sheet.snapshot.territories };
    let rows = policy.rules.iter().zip(&policy.when).enumerate().map(|(place, (rule, when))| {
        let condition = if when.source() == "true" { words::every_lead(l) } else { when.source().to_owned() };
        let leads = match rule.lead_type {
            None => condition,
            Some(of) => format!("{}\n{condition}", words::lead_type(l, of)),
        };
        Row::new(vec![
            sheet.count(place + 1),
            rule.id.to_string(),
            leads,
            format!("{}\n{}", words::target(l, rule, names), words::pick(l, rule.pick)),
            rule.sla.map_or_else(String::new, |sla| l.duration(sla)),
            words::on_full(l, rule, names),
        ])
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.push(Row::strong(vec![
        sheet.count(rows.len() + 1),
        live::fallback(l),
        words::rest(l),
        words::queue(l, policy.fallback.as_str()),
        String::new(),
        String::new(),
    ]));
    let columns = [words::rule, words::takes, words::hands_to, words::sla, words::when_full];
    let columns = columns.map(|word| Column::text(word(l)));
    let columns = [Column::number(words::step(l))].into_iter().chain(columns).collect();
    let sentence = words::ladder_sentence(l, policy.name.as_str());
    section("ladder", words::ladder(l), sentence, table(columns, rows))
}

fn lint(sheet: &Sheet, found: &[Shown]) -> Section {
    let l = sheet.l();
    let rows = found.iter().map(|finding| {
        let rules = finding.rules.iter().map(|at| words::at_line(l, at.rule.as_str(), &at.line.to_string()));
        let territory = finding.rows.iter().map(|rows| {
            let lines: Vec<String> = rows.lines.iter().map(ToString::to_string).collect();
            words::rows(l, rows.territory.as_str(), &lines.join(", "))
        });
        let at: Vec<String> = rules.chain(territory).collect();
        let example: Vec<String> = finding.example.iter().map(|(field, value)| format!("{field} = {value}")).collect();
        let particular = particular(l, &finding.particular, &|at| sheet.at(at));
        let what = format!("{}\n{particular}", words::kind(l, finding.kind));
        Row::new(vec![words::severity(l, finding.severity), at.join("\n"), what, example.join("\n")])
    });
    let sentence = match found.len() as u64 {
        0 => words::no_finding(l),
        1 => words::one_finding(l),
        n => words::some_findings(l, &l.count(n)),
    };
    let columns = [words::how_bad, words::rules, words::what, words::example].map(|word| Column::text(word(l)));
    let mut shown = section("findings", words::findings(l), sentence, table(columns.into(), rows.collect()));
    if found.is_empty() {
        shown.tables.clear();
    }
    shown
}

fn others(sheet: &Sheet, rows: &[PolicyRow]) -> Section {
    let l = sheet.l();
    let ruling = |row: &PolicyRow| if row.ruling { words::ruling(l) } else { String::new() };
    let shown = rows
        .iter()
        .map(|row| Row::new(vec![row.name.to_string(), sheet.count(row.rules), ruling(row), row.document.short()]));
    let columns = vec![
        Column::text(words::policy(l)),
        Column::number(words::rules(l)),
        Column::text(words::decides(l)),
        Column::text(words::document(l)),
    ];
    section("policies", words::policies(l), words::policies_sentence(l), table(columns, shown.collect()))
}
