//! How many decisions a second a simulation takes: `cargo run --release -p pointsman-sim --example
//! sim_speed [REPS [PICK]]`. One team, as many leads as it has places; one thread; decisions include
//! those of leads that waited.

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

use std::time::Instant as Clock;

use pointsman_decision::PricingConfig;
use pointsman_sim::{
    run::{Setting, documents_with_scores, run_watched, snapshot},
    world::World,
};

fn main() {
    let reps: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(50);
    let only = std::env::args().nth(2);
    let world = World::parse(&company(reps), 1).unwrap_or_else(|error| panic!("{error}"));
    let leads = world.leads(0, 200, 1);
    let picks = [("weighted-round-robin", false), ("best-score", false), ("expected-value", true)];
    for (pick, priced) in picks.into_iter().filter(|(pick, _)| only.as_deref().is_none_or(|only| only == *pick)) {
        let policy =
            snapshot(documents_with_scores(&world, "main", pick)).unwrap_or_else(|faults| panic!("{faults:?}"));
        let policies = [policy];
        let setting = Setting {
            world: &world,
            leads: &leads,
            policies: &policies,
            route: &|_, _| 0,
            priced: &[priced],
            pricing: PricingConfig::simulated(),
        };
        let mut decisions = 0u64;
        let start = Clock::now();
        let runs = run_watched(&setting, &mut |_, _, _| decisions += 1);
        let seconds = start.elapsed().as_secs_f64();
        let owned = runs.iter().filter(|run| run.owned.is_some()).count();
        println!(
            "{pick}: {reps} reps, {} leads ({owned} owned), {decisions} decisions in {seconds:.2} s: {:.0} decisions a second",
            leads.len(),
            decisions as f64 / seconds
        );
    }
}

fn company(reps: u32) -> String {
    format!(
        r#"
format = 1
name = "speed"
zone = "Europe/Berlin"
currency = "EUR"
[reps]
teams = ["all"]
per_team = {reps}
skill_sd = 0.35
hours = ["09:00-17:00"]
per_day = 6
absent = 0.05
[leads]
per_day = {}
week = [1.2, 1.1, 1.0, 1.0, 0.9, 0.2, 0.2]
daytime = 0.9
drift = 0.4
[[leads.attribute]]
name = "segment"
values = ["small", "middle", "large", "public"]
effect_sd = 0.4
skill_sd = 0.6
[[leads.attribute]]
name = "source"
values = ["form", "fair", "partner"]
effect_sd = 0.3
skill_sd = 0.3
[outcomes]
base_rate = 0.12
patience_hours = 12.0
service_minutes = 30.0
days_to_win = 20.0
days_to_loss = 10.0
value_median = 3000
value_spread = 0.7
"#,
        reps * 4
    )
}
