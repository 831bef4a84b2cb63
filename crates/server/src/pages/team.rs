//! The team: who is here, who returns when, how full everybody is, and whose turn it is.

use std::sync::Arc;

use axum::{extract::State as Shared, response::Response};
use pointsman_decision::{
    Member, Presence,
    team::{Overridden, Standing, Use},
};
use pointsman_domain::{FairnessMeasure, FairnessWindow};
use pointsman_report::{
    Unit,
    table::{Column, Row},
};

use super::{CX, minute, page, prices, respond, section, table, tile};
use crate::{api::reps, error::Problem, state::State};

pub async fn team(Shared(state): Shared<Arc<State>>) -> Result<Response, Problem> {
    let snapshot = state.live()?;
    let members = reps::now(&state).await?;
    let active: Vec<&Member> = members.iter().filter(|member| member.active).collect();
    let count = |state: Presence| active.iter().filter(|member| member.state == state).count() as u64;
    let mut page = page("Team", "Who is here, how full, and whose turn is it?", &state.config.workspace, &snapshot);
    page.tiles = vec![
        tile("Here", count(Presence::Here), "take leads now"),
        tile("Outside hours", count(Presence::Closed), "back when their calendar opens"),
        tile("Absent", count(Presence::Absent), "on leave or ill"),
    ];
    let worth = prices::in_words(&snapshot);
    let rows = active.iter().map(|member| {
        let cells = vec![named(member), presence(member), back(member), load(&member.limits, worth)];
        if member.state == Presence::Absent { Row::strong(cells) } else { Row::new(cells) }
    });
    let columns = ["Rep", "Now", "Next here", "Load"].map(Column::text).to_vec();
    page.sections.push(section("here", "Who is here", here(&active), table(columns, rows.collect())));
    let overrides: Vec<Row> =
        active.iter().flat_map(|member| member.overrides.iter().map(|o| Row::new(overridden(member, o)))).collect();
    if !overrides.is_empty() {
        let sentence = "For a while, leads of these reps go elsewhere; each override ends by itself.".to_owned();
        let columns = ["Rep", "What", "From", "Until"].map(Column::text).to_vec();
        page.sections.push(section("overrides", "Dated overrides", sentence, table(columns, overrides)));
    }
    for pool in &snapshot.roster.pools {
        let standing = |member: &&Member| member.turns.iter().find(|turn| turn.pool == pool.id).cloned();
        let standings: Vec<(&Member, Standing)> =
            active.iter().filter_map(|member| Some((*member, standing(member)?))).collect();
        let unit = match pool.contract.measure {
            FairnessMeasure::ExpectedValue if snapshot.scorer.is_some() => Unit::money(snapshot.currency),
            _ => Unit::number(1),
        };
        let show = |x: f64| unit.show(CX.locale, if x.abs() < 0.05 { 0.0 } else { x });
        let rows = standings.iter().map(|(member, turn)| {
            let owed = if turn.owed > 0.0 { show(turn.owed) } else { String::new() };
            let cells = vec![
                member.name.to_string(),
                turn.weight.to_string(),
                show(turn.taken),
                show(turn.entitled),
                show(turn.deficit),
                owed,
            ];
            Row::new(cells)
        });
        let columns = vec![
            Column::text("Rep"),
            Column::number("Weight"),
            Column::number("Had"),
            Column::number("Entitled to"),
            Column::number("Still to come"),
            Column::number("Owed from absence"),
        ];
        let id = format!("pool-{}", pool.id);
        let sentence = contract(pool.contract.measure, pool.contract.window, standings.len());
        let mut shown = section(&id, &format!("Pool {}", pool.id), sentence, table(columns, rows.collect()));
        shown.method = vec![measure(pool.contract.measure).to_owned()];
        page.sections.push(shown);
    }
    Ok(respond(&state, "/team", &page, CX, &[]))
}

fn named(member: &Member) -> String {
    let id = member.id.to_string();
    if *member.name == *id { id } else { format!("{}\n{id}", member.name) }
}

fn here(members: &[&Member]) -> String {
    let here = members.iter().filter(|member| member.available).count();
    let next = members.iter().filter(|member| !member.available).filter_map(|member| member.returns_at).min();
    let next = next.map_or_else(String::new, |at| format!(" The next is back at {}.", minute(at)));
    match here {
        0 => format!("Nobody takes leads now: what is not placed waits or is parked, as the policy says.{next}"),
        _ => format!("{here} of {} take leads now.{next}", members.len()),
    }
}

fn presence(member: &Member) -> String {
    let until = member.until.map_or_else(String::new, |at| format!(" until {}", minute(at)));
    match (member.state, &member.stand_in) {
        (Presence::Here, _) => "here".into(),
        (Presence::Inactive, _) => "inactive".into(),
        (Presence::Closed, _) => "outside hours".into(),
        (Presence::Absent, None) if until.is_empty() => "absent, no end known".into(),
        (Presence::Absent, None) => format!("absent{until}"),
        (Presence::Absent, Some(stand_in)) => format!("absent{until}\n{stand_in} stands in"),
    }
}

fn back(member: &Member) -> String {
    member.returns_at.map_or_else(String::new, minute)
}

/// What is used of each limit, what is still owed under it, and what the next place is worth.
fn load(limits: &[Use], worth: Unit) -> String {
    let of = |limit: &Use| {
        let mut text = match limit.cap {
            Some(cap) => format!("{} {} of {cap}", limit.limit, limit.used),
            None => format!("{} {}", limit.limit, limit.used),
        };
        if let Some(owed) = limit.floor.map(|floor| floor.saturating_sub(limit.used)).filter(|owed| *owed > 0) {
            text.push_str(&format!(", {owed} still owed"));
        }
        if let Some(price) = limit.price.filter(|_| limit.cap.is_some_and(|cap| limit.used < cap)) {
            text.push_str(&format!(", the next worth {}", worth.show(CX.locale, price)));
        }
        text
    };
    limits.iter().map(of).collect::<Vec<_>>().join("\n")
}

fn overridden(member: &Member, o: &Overridden) -> Vec<String> {
    let what = match (&o.to, &o.pool) {
        (Some(to), None) => format!("leads go to {to}"),
        (Some(to), Some(pool)) => format!("leads of pool {pool} go to {to}"),
        (None, Some(pool)) => format!("takes nothing in pool {pool}"),
        (None, None) => String::new(),
    };
    vec![member.name.to_string(), what, o.from.map_or_else(|| "now".into(), minute), minute(o.until)]
}

fn contract(measure: FairnessMeasure, window: FairnessWindow, members: usize) -> String {
    let what = match measure {
        FairnessMeasure::Turns => "Turns are shared by weight",
        FairnessMeasure::OpenWork => "Open leads are shared by weight",
        FairnessMeasure::ExpectedValue => "Expected value is shared by weight",
        FairnessMeasure::Quota => "Turns are shared by quota",
    };
    let since = match window {
        FairnessWindow::Always => "",
        FairnessWindow::Day => ", anew every day",
        FairnessWindow::Week => ", anew every week",
        FairnessWindow::Month => ", anew every month",
    };
    let people = if members == 1 { "1 member".to_owned() } else { format!("{members} members") };
    format!("{what}{since}; {people}.")
}

fn measure(measure: FairnessMeasure) -> &'static str {
    match measure {
        FairnessMeasure::OpenWork => {
            "Entitled to: the share of everybody's open leads that the weight gives. Nothing is remembered: the next lead \
             goes to whoever has least by weight."
        }
        FairnessMeasure::Turns | FairnessMeasure::Quota | FairnessMeasure::ExpectedValue => {
            "Still to come is what a rep is entitled to less what it had; negative is had in advance. Who is away is owed \
             nothing, unless the pool's contract says otherwise. Picks that take no turns are not counted."
        }
    }
}
