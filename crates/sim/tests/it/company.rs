use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_decision::{PricingConfig, Snapshot};
use pointsman_domain::Instant;
use pointsman_sim::{LeadRun, Setting, World, WorldLead, run, run::documents, run::snapshot};

const DEMO: &str = include_str!("../../worlds/demo.toml");

fn route_all(world: &World, leads: &[WorldLead], pick: &str) -> (Arc<Snapshot>, Vec<LeadRun>) {
    let policy = snapshot(documents(world, "default", pick)).expect("compiles");
    let policies = [Arc::clone(&policy)];
    let route = |_: &WorldLead, _: Instant| 0;
    let pricing = PricingConfig::simulated();
    let runs = run(&Setting { world, leads, policies: &policies, route: &route, priced: &[false], pricing });
    (policy, runs)
}

#[test]
fn a_run_is_reproducible_and_nobody_is_over_quota() {
    let world = World::parse(DEMO, 5).expect("valid");
    let leads = world.leads(0, 35, 0);
    let (snapshot, runs) = route_all(&world, &leads, "weighted-round-robin");
    assert_eq!(runs, route_all(&world, &leads, "weighted-round-robin").1);
    let mut per_day: BTreeMap<(u32, i32), u32> = BTreeMap::new();
    let zone = snapshot.calendars[0].zone();
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
