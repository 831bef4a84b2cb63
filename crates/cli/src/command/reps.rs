//! `pointsman reps`: the team as it is, or will be.

use std::path::Path;

use anyhow::{Context, anyhow};
use pointsman_assign::Ledger;
use pointsman_decision::{Member, Presence, Snapshot, team};
use pointsman_domain::{FairnessMeasure, FairnessWindow, Instant};
use pointsman_rules::away::When;
use pointsman_workhours::Zone;
use serde_json::json;

use crate::args::Reps;
use crate::{Done, clock, output, store, workspace};

pub fn run(args: &Reps) -> anyhow::Result<Done> {
    let (snapshot, ledger) = standing(&args.workspace)?;
    let at = args.at.as_deref().map_or_else(|| Ok(clock::now()), |text| time(text, &snapshot))?;
    let members = team(&snapshot, &ledger, at);
    if args.json {
        output::json(&json!({ "at": at, "reps": members }))?;
        return Ok(Done::Fine);
    }
    let zone = Zone::new(&snapshot.zone)?;
    output::text(people(&members, &zone))?;
    if args.fairness {
        let tables = snapshot.roster.pools.iter().map(|pool| turns(&snapshot, pool.id.as_str(), &members));
        output::text(format!("\n{}", tables.collect::<Vec<_>>().join("\n\n")))?;
    }
    Ok(Done::Fine)
}

/// What is live with its load; the folder's files and no load where nothing is live yet.
pub fn standing(folder: &Path) -> anyhow::Result<(Snapshot, Ledger)> {
    match store::standing(folder)? {
        Some(standing) => Ok(standing),
        None => Ok((workspace::check(folder)?, Ledger::default())),
    }
}

fn time(text: &str, snapshot: &Snapshot) -> anyhow::Result<Instant> {
    let zone = Zone::new(&snapshot.zone)?;
    When::Text(text.into()).on(&zone).map_err(|e| anyhow!(e)).context("--at")
}

fn people(members: &[Member], zone: &Zone) -> String {
    let minute = |at: Option<Instant>| at.map_or_else(String::new, |at| local(at, zone));
    let rows: Vec<Vec<String>> = members
        .iter()
        .filter(|member| member.active)
        .map(|member| {
            let limit = |limit: &pointsman_decision::team::Use| match limit.cap {
                Some(cap) => format!("{} {}/{cap}", limit.limit, limit.used),
                None => format!("{} {}", limit.limit, limit.used),
            };
            let stand_in = member.stand_in.as_ref().map(|rep| format!("{rep} stands in"));
            let overrides = member.overrides.iter().map(|o| {
                let place = o.pool.as_ref().map_or_else(String::new, |pool| format!(" in {pool}"));
                let what = o.to.as_ref().map_or_else(|| "nothing".to_owned(), |to| format!("→ {to}"));
                format!("{what}{place} until {}", local(o.until, zone))
            });
            let notes: Vec<String> = stand_in.into_iter().chain(overrides).collect();
            vec![
                member.id.to_string(),
                state(member).to_owned(),
                minute(member.until),
                minute(member.returns_at),
                member.limits.iter().map(limit).collect::<Vec<_>>().join(", "),
                notes.join("; "),
            ]
        })
        .collect();
    let table = output::table(&["rep", "now", "until", "next here", "load", "note"], &rows);
    format!("{table}\ntimes in {}", zone.name())
}

fn state(member: &Member) -> &'static str {
    match member.state {
        Presence::Here => "here",
        Presence::Closed => "outside hours",
        Presence::Absent => "absent",
        Presence::Inactive => "inactive",
    }
}

/// `2026-12-24 09:00` on the workspace's clock.
pub fn local(at: Instant, zone: &Zone) -> String {
    let shown = (at + zone.offset(at)).to_string();
    shown.replacen('T', " ", 1).chars().take(16).collect()
}

fn turns(snapshot: &Snapshot, pool: &str, members: &[Member]) -> String {
    let of = |member: &Member| member.turns.iter().find(|turn| turn.pool.as_str() == pool).cloned();
    let standings: Vec<_> = members.iter().filter_map(|member| Some((member, of(member)?))).collect();
    let Some((_, first)) = standings.first() else { return format!("pool '{pool}' has no members") };
    let measure = match first.measure {
        FairnessMeasure::Turns => "turns",
        FairnessMeasure::OpenWork => "open leads",
        FairnessMeasure::ExpectedValue if snapshot.scorer.is_some() => "expected value, minor units",
        FairnessMeasure::ExpectedValue => "expected value",
        FairnessMeasure::Quota => "turns by quota",
    };
    let window = match first.window {
        FairnessWindow::Always => "",
        FairnessWindow::Day => ", this day",
        FairnessWindow::Week => ", this week",
        FairnessWindow::Month => ", this month",
    };
    let number = |x: f64| format!("{:.2}", if x.abs() < 0.005 { 0.0 } else { x });
    let rows: Vec<Vec<String>> = standings
        .iter()
        .map(|(member, turn)| {
            vec![
                member.id.to_string(),
                turn.weight.to_string(),
                number(turn.taken),
                number(turn.entitled),
                number(turn.deficit),
                number(turn.owed),
            ]
        })
        .collect();
    let table = output::table(&["rep", "weight", "had", "entitled", "deficit", "owed"], &rows);
    format!("pool '{pool}' ({measure}{window})\n{table}")
}
