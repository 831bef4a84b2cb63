use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_decision::{DocumentKind, PricingConfig, Snapshot};
use pointsman_domain::{Instant, Micros, RepIndex};
use pointsman_sim::{
    LeadRun, Setting, World, WorldLead, run, run::documents, run::documents_with_scores, run::snapshot,
};

const DEMO: &str = include_str!("../../worlds/demo.toml");

fn route_all(world: &World, leads: &[WorldLead], pick: &str) -> (Arc<Snapshot>, Vec<LeadRun>) {
    let priced = pick == "expected-value";
    let documents = if priced { documents_with_scores } else { documents };
    let policy = snapshot(documents(world, "default", pick)).expect("compiles");
    let policies = [Arc::clone(&policy)];
    let route = |_: &WorldLead, _: Instant| 0;
    let pricing = PricingConfig::simulated();
    let runs = run(&Setting { world, leads, policies: &policies, route: &route, priced: &[priced], pricing });
    (policy, runs)
}

#[test]
fn a_run_is_reproducible_and_nobody_is_over_quota() {
    ["weighted-round-robin", "expected-value"].into_iter().for_each(reproducible);
}

fn reproducible(pick: &str) {
    let world = World::parse(DEMO, 5).expect("valid");
    let leads = world.leads(0, 35, 0);
    let (snapshot, runs) = route_all(&world, &leads, pick);
    assert_eq!(runs, route_all(&world, &leads, pick).1);
    let mut per_day: BTreeMap<(u32, i32), u32> = BTreeMap::new();
    let zone = snapshot.home();
    for owned in runs.iter().filter_map(|run| run.owned) {
        *per_day.entry((owned.rep.0, zone.local_day(owned.at))).or_default() += 1;
        let calendar = snapshot.calendar(owned.rep);
        assert!(calendar.is_open(owned.at), "assigned at {} outside working hours", owned.at);
        assert!(calendar.is_open(owned.touched_at) && owned.touched_at >= owned.at);
    }
    assert!(per_day.values().all(|n| *n <= world.file.reps.per_day), "{per_day:?}");
    let owned = runs.iter().filter(|run| run.owned.is_some()).count();
    assert!(owned as f64 > 0.95 * leads.len() as f64, "{owned} of {}", leads.len());
}

#[test]
fn turns_are_even_among_those_present() {
    let world = World::parse(DEMO, 6).expect("valid");
    let leads = world.leads(0, 28, 0);
    let (_, runs) = route_all(&world, &leads, "weighted-round-robin");
    let mut counts = vec![0u32; world.reps.len()];
    runs.iter().filter_map(|run| run.owned).for_each(|owned| counts[owned.rep.0 as usize] += 1);
    for team in 0..world.file.reps.teams.len() {
        let of_team = || world.reps.iter().zip(&counts).filter(move |(rep, _)| rep.team == team);
        let most = of_team().map(|(_, n)| *n).max().unwrap_or(0);
        let mean = of_team().map(|(_, n)| f64::from(*n)).sum::<f64>() / of_team().count() as f64;
        assert!(f64::from(most) < 1.35 * mean, "team {team}: {counts:?}");
    }
}

/// Of the days on which a rep was there all day: how many brought fewer than `floor` leads, and how
/// many there were; and what all leads may be expected to bring.
fn short_days(floor: Option<u32>) -> (usize, usize, f64) {
    const LEAST: u32 = 3;
    let world = World::parse(include_str!("../../../../worlds/claim.toml"), 4).expect("valid");
    let leads = world.leads(0, 42, 0);
    let mut documents = pointsman_sim::run::documents_with_scores(&world, "default", "expected-value");
    let roster = documents.get(DocumentKind::Roster, "").expect("written").to_vec();
    let roster = String::from_utf8(roster).expect("text");
    let owed = floor.map_or_else(String::new, |floor| format!("floor = {floor}\n"));
    documents.insert(
        DocumentKind::Roster,
        "",
        roster.replacen("default = 8\n", &format!("default = 8\n{owed}"), 1).into_bytes(),
    );
    let snapshot = snapshot(documents).expect("compiles");
    let policies = [Arc::clone(&snapshot)];
    let route = |_: &WorldLead, _: Instant| 0;
    let pricing = PricingConfig::simulated();
    let runs =
        run(&Setting { world: &world, leads: &leads, policies: &policies, route: &route, priced: &[true], pricing });
    let zone = snapshot.home();
    let mut per_day: BTreeMap<(u32, i32), u32> = BTreeMap::new();
    for owned in runs.iter().filter_map(|run| run.owned) {
        *per_day.entry((owned.rep.0, zone.local_day(owned.at))).or_default() += 1;
    }
    assert!(per_day.values().all(|n| *n <= 8));
    let (mut short, mut all) = (0, 0);
    // The first week teaches the prices.
    let first = zone.local_day(leads[0].at);
    for day in first + 7..first + 42 {
        let (morning, evening) =
            (zone.day_start(day) + Micros::HOUR.times(9), zone.day_start(day) + Micros::HOUR.times(17));
        for rep in 0..world.reps.len() {
            let here =
                |at| snapshot.calendar(RepIndex(rep as u32)).is_open(at) && snapshot.absences[rep].end_of(at).is_none();
            if here(morning) && here(evening) {
                all += 1;
                short += usize::from(per_day.get(&(rep as u32, day)).copied().unwrap_or(0) < LEAST);
            }
        }
    }
    (short, all, runs.iter().filter_map(|run| run.owned).map(|owned| owned.at_once).sum())
}

#[test]
fn a_floor_is_met_through_prices_and_costs_little() {
    let ((without, days, best), (with, _, floored)) = (short_days(None), short_days(Some(3)));
    println!(
        "short of three leads: {without} of {days} days without a floor, {with} with; wins {best:.1} and {floored:.1}"
    );
    assert!(without > days / 20 && with * 10 < without, "{with} and {without} of {days}");
    assert!(floored > 0.97 * best, "{floored} of {best}");
}
