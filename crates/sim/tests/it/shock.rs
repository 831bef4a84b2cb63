//! What nobody foretold: twice as many leads from one day to the next, and the best rep gone.

use std::sync::Arc;

use pointsman_assign::flow::{Assignment, optimum};
use pointsman_decision::PricingConfig;
use pointsman_domain::{Absence, Instant, Micros};
use pointsman_sim::{
    LeadRun, Setting, World, WorldLead, run,
    run::{documents_with_scores, snapshot},
    world::START,
};

/// Fifty reps of eight places a working day, leads in working hours; nothing is left over at night.
const COMPANY: &str = r#"
format = 1
name = "shock"
zone = "Etc/UTC"
currency = "EUR"

[reps]
teams = ["all"]
per_team = 50
skill_sd = 0.3
hours = ["08:00-18:00"]
per_day = 8
absent = 0.0

[leads]
per_day = 180
week = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
daytime = 0.9999999
drift = 0.0

[[leads.attribute]]
name = "industry"
values = ["energy", "finance", "health", "media", "retail", "tech"]
effect_sd = 0.6
skill_sd = 0.6

[[leads.attribute]]
name = "size"
values = ["small", "medium", "large"]
effect_sd = 0.4
skill_sd = 0.4

[outcomes]
base_rate = 0.25
patience_hours = 1e6
service_minutes = 1
days_to_win = 30
days_to_loss = 20
value_median = 1000
value_spread = 0.5
"#;

/// More leads of the usual kinds.
const CAMPAIGN: &str = "\n[[campaign]]\nfrom_day = 19\ndays = 5\nper_day = 180\n";

/// The world begins on a Wednesday; the shock comes on the third Monday and lasts till Friday.
const DAYS: u32 = 24;
const SHOCK: usize = 19;
const PLACES: u32 = 8;
const SEEDS: u64 = 6;

fn day_of(at: Instant) -> usize {
    ((at - START).0 / Micros::DAY.0) as usize
}

/// Share of what each day's leads could have won in hindsight with who was there that day. Panics
/// where a rep has more than a day's places, or a lead who is away.
fn shares(world: &World, leads: &[WorldLead], runs: &[LeadRun], gone: Option<(usize, usize)>) -> Vec<f64> {
    let reps = world.reps.len();
    let is_gone =
        |rep: usize, day: usize| gone.is_some_and(|(who, from)| rep == who && (from..from + 7).contains(&day));
    let mut taken = vec![vec![0u32; reps]; DAYS as usize];
    let mut won = vec![0.0; DAYS as usize];
    for (lead, run) in leads.iter().zip(runs) {
        let owned = run.owned.expect("there is room for everybody");
        let (day, rep) = (day_of(owned.at), owned.rep.0 as usize);
        assert_eq!(day, day_of(lead.at), "no lead is left over at night");
        assert!(!is_gone(rep, day), "day {day}");
        taken[day][rep] += 1;
        won[day] += owned.at_once;
    }
    assert!(taken.iter().flatten().all(|leads| *leads <= PLACES), "a rep over capacity");
    let share = |day: usize| {
        let of_day: Vec<&WorldLead> = leads.iter().filter(|lead| day_of(lead.at) == day).collect();
        let of_lead = |lead: &&WorldLead| {
            world.reps.iter().map(|rep| world.probability(lead, rep, Micros(0))).collect::<Vec<_>>()
        };
        let values: Vec<f64> = of_day.iter().flat_map(of_lead).collect();
        let capacity: Vec<u32> = (0..reps).map(|rep| if is_gone(rep, day) { 0 } else { PLACES }).collect();
        won[day] / optimum(&Assignment { values: &values, capacity: &capacity, floor: &[] }).expect("fits").value
    };
    // Nothing to share out on a weekend.
    (0..DAYS as usize).map(|day| if day % 7 == 3 || day % 7 == 4 { f64::NAN } else { share(day) }).collect()
}

/// Whoever wins most of the leads at the outset.
fn best_rep(world: &World, leads: &[WorldLead]) -> usize {
    let mean =
        |rep: usize| leads.iter().take(500).map(|l| world.probability(l, &world.reps[rep], Micros(0))).sum::<f64>();
    (0..world.reps.len()).max_by(|a, b| mean(*a).total_cmp(&mean(*b))).expect("there are reps")
}

/// By day, the mean over seeds. The absence becomes known when it begins.
fn days(file: &str, pick: &str, best_is_gone: bool) -> Vec<f64> {
    let mut mean = vec![0.0; DAYS as usize];
    for seed in 1..=SEEDS {
        let mut world = World::parse(file, seed).expect("valid");
        let leads = world.leads(0, DAYS, 0);
        let usual = snapshot(documents_with_scores(&world, "default", pick)).expect("compiles");
        let gone = best_is_gone.then(|| (best_rep(&world, &leads), SHOCK));
        let from = START + Micros::DAY.times(SHOCK as i64);
        let mut after = Arc::clone(&usual);
        if let Some((rep, _)) = gone {
            let rep = world.reps[rep].id.clone();
            world.absences.push(Absence {
                rep,
                from,
                until: from + Micros::DAY.times(7),
                known_at: from,
                backup: None,
            });
            after = snapshot(documents_with_scores(&world, "default", pick)).expect("compiles");
        }
        let route = |_: &WorldLead, now: Instant| usize::from(now >= from);
        let (policies, pricing) = ([usual, after], PricingConfig { rows: Some(800), ..PricingConfig::default() });
        let setting = Setting {
            world: &world,
            leads: &leads,
            policies: &policies,
            route: &route,
            priced: &[pick == "expected-value"; 2],
            pricing,
        };
        let shares = shares(&world, &leads, &run(&setting), gone);
        mean.iter_mut().zip(shares).for_each(|(mean, share)| *mean += share / SEEDS as f64);
    }
    mean
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

/// Level once it has settled, and the first two days.
fn told(what: &str, days: &[f64]) -> (f64, f64, f64) {
    let settled = mean(&days[SHOCK + 2..]);
    println!(
        "{what}: before {:.4}, the day {:.4}, the next {:.4}, settled {settled:.4}",
        mean(&days[12..17]),
        days[SHOCK],
        days[SHOCK + 1]
    );
    (settled, days[SHOCK], days[SHOCK + 1])
}

#[test]
fn volume_that_doubles_overnight_is_met_within_a_day() {
    let doubled = format!("{COMPANY}{CAMPAIGN}");
    let (settled, day, next) = told("doubled", &days(&doubled, "expected-value", false));
    assert!(settled > 0.99 && next > settled - 0.003 && day > settled - 0.005, "{settled} {day} {next}");
    // It is a week in which places are short: whoever takes the best score each time loses by it.
    let (greedy, ..) = told("doubled, by best score", &days(&doubled, "best-score", false));
    assert!(greedy < settled - 0.03, "{greedy}");
}

#[test]
fn the_best_rep_s_week_away_is_met_within_a_day() {
    let (settled, day, next) = told("gone", &days(COMPANY, "expected-value", true));
    assert!(settled > 0.99 && next > settled - 0.003 && day > settled - 0.003, "{settled} {day} {next}");
}
