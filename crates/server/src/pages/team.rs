//! The team: who is here, who returns when, how full everybody is, and whose turn it is.

use std::sync::Arc;

use axum::{extract::State as Shared, response::Response};
use pointsman_decision::{
    Member, Presence,
    team::{Standing, Use},
};
use pointsman_domain::FairnessMeasure;
use pointsman_report::{
    Locale, Section, Unit,
    table::{Column, Row},
    words::{page::place_team, team as words},
};
use pointsman_rules::Pool;

use super::{
    prices,
    reader::Reader,
    sheet::{Sheet, section, table},
};
use crate::{api::reps, error::Problem, state::State};

pub async fn team(Shared(state): Shared<Arc<State>>, reader: Reader) -> Result<Response, Problem> {
    let sheet = Sheet::new(&state, reader)?;
    let l = sheet.l();
    let members = reps::now(&state).await?;
    let active: Vec<&Member> = members.iter().filter(|member| member.active).collect();
    let tile = |label: fn(Locale) -> String, presence: Presence, detail: fn(Locale) -> String| {
        let there = active.iter().filter(|member| member.state == presence).count();
        sheet.tile(label(l), there as u64, detail(l))
    };
    let mut page = sheet.page(place_team(l), words::question(l));
    page.tiles = vec![
        tile(words::here, Presence::Here, words::here_detail),
        tile(words::outside, Presence::Closed, words::outside_detail),
        tile(words::absent, Presence::Absent, words::absent_detail),
    ];
    page.sections.push(here(&sheet, &active));
    page.sections.extend(overrides(&sheet, &active));
    page.sections.extend(sheet.snapshot.roster.pools.iter().map(|pool| turns(&sheet, pool, &active)));
    Ok(sheet.respond("/team", page, &[]))
}

/// Everybody with what they can take.
fn here(sheet: &Sheet, active: &[&Member]) -> Section {
    let (l, worth) = (sheet.l(), prices::in_words(&sheet.snapshot));
    let rows = active.iter().map(|member| {
        let until = member.until.map(|at| sheet.at(at));
        let back = member.returns_at.map_or_else(String::new, |at| sheet.at(at));
        let load = member.limits.iter().map(|limit| load(l, limit, worth)).collect::<Vec<_>>().join("\n");
        let cells = vec![named(member), words::presence(l, member, until.as_deref()), back, load];
        if member.state == Presence::Absent { Row::strong(cells) } else { Row::new(cells) }
    });
    let columns = [words::rep, words::now, words::next_here, words::load].map(|word| Column::text(word(l)));
    let there = active.iter().filter(|member| member.available).count();
    let next = active.iter().filter(|member| !member.available).filter_map(|member| member.returns_at).min();
    let next = next.map_or_else(String::new, |at| words::next_back(l, &sheet.at(at)));
    let sentence = match there {
        0 => words::nobody_here(l),
        _ => words::some_here(l, &sheet.count(there), &sheet.count(active.len())),
    };
    section("here", words::who_is_here(l), sentence + &next, table(columns.into(), rows.collect()))
}

fn named(member: &Member) -> String {
    let id = member.id.to_string();
    if *member.name == *id { id } else { format!("{}\n{id}", member.name) }
}

/// What is used of a limit, what is still owed under it, and what the next place is worth.
fn load(l: Locale, limit: &Use, worth: Unit) -> String {
    let next = limit.price.filter(|_| limit.cap.is_some_and(|cap| limit.used < cap));
    words::used(l, limit, next.map(|price| worth.show(l, price)).as_deref())
}

fn overrides(sheet: &Sheet, active: &[&Member]) -> Option<Section> {
    let l = sheet.l();
    let rows: Vec<Row> = active
        .iter()
        .flat_map(|member| member.overrides.iter().map(move |o| (member, o)))
        .map(|(member, o)| {
            let from = o.from.map_or_else(|| words::from_now(l), |at| sheet.at(at));
            Row::new(vec![member.name.to_string(), words::overridden(l, o), from, sheet.at(o.until)])
        })
        .collect();
    let columns = [words::rep, words::what, words::from, words::until].map(|word| Column::text(word(l)));
    let shown =
        || section("overrides", words::overrides(l), words::overrides_sentence(l), table(columns.into(), Vec::new()));
    (!rows.is_empty()).then(|| {
        let mut shown = shown();
        shown.tables[0].rows = rows;
        shown
    })
}

/// Where everybody of a pool stands.
fn turns(sheet: &Sheet, pool: &Pool, active: &[&Member]) -> Section {
    let l = sheet.l();
    let standing = |member: &&Member| member.turns.iter().find(|turn| turn.pool == pool.id).cloned();
    let standings: Vec<(&Member, Standing)> =
        active.iter().filter_map(|member| Some((*member, standing(member)?))).collect();
    let unit = match pool.contract.measure {
        FairnessMeasure::ExpectedValue if sheet.snapshot.scorer.is_some() => Unit::money(sheet.snapshot.currency),
        _ => Unit::number(1),
    };
    let show = |x: f64| unit.show(l, if x.abs() < 0.05 { 0.0 } else { x });
    let rows = standings.iter().map(|(member, turn)| {
        let owed = if turn.owed > 0.0 { show(turn.owed) } else { String::new() };
        let weight = sheet.count(turn.weight);
        Row::new(vec![member.name.to_string(), weight, show(turn.taken), show(turn.entitled), show(turn.deficit), owed])
    });
    let numbers = [words::weight, words::had, words::entitled, words::to_come, words::owed_from_absence];
    let columns = [Column::text(words::rep(l))].into_iter().chain(numbers.map(|word| Column::number(word(l))));
    let sentence = words::contract(l, pool.contract.measure, pool.contract.window, standings.len());
    let id = format!("pool-{}", pool.id);
    let mut shown = section(&id, words::pool(l, pool.id.as_str()), sentence, table(columns.collect(), rows.collect()));
    shown.method = vec![words::method(l, pool.contract.measure)];
    shown
}
