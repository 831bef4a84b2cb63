//! Past leads through another policy, and companies drawn with everything a world may say.

use std::sync::Arc;

use pointsman_decision::{Facts, LeadFacts, PricingConfig};
use pointsman_domain::{AttributeIndex, Instant, Micros, RepIndex, Value, Values};
use pointsman_sim::{
    Contender, Setting, Stretch, World, WorldLead,
    backtest::{PastLead, PastOwner, Replay, backtest},
    compare_seeds, run,
    run::{documents, documents_with_scores, snapshot},
};

const DEMO: &str = include_str!("../../worlds/demo.toml");
const CLAIM: &str = include_str!("../../../../worlds/claim.toml");
const CAMPAIGN: &str = include_str!("../../../../worlds/campaign.toml");

fn facts(lead: &WorldLead) -> Facts {
    let mut attributes = Values::missing(lead.levels.len() + 1);
    let choice = |level: usize| Some(Value::Choice(level as u16));
    attributes.set(AttributeIndex::new(0), choice(lead.team));
    lead.levels
        .iter()
        .enumerate()
        .for_each(|(i, level)| attributes.set(AttributeIndex::new(i as u16 + 1), choice(*level)));
    Facts::of(LeadFacts { id: lead.id, arrived: lead.at, attributes, value: None, originator: None })
}

/// Four weeks of the demo's company as they went under one pick.
fn past(world: &World, pick: &str) -> (Arc<pointsman_decision::Snapshot>, Vec<PastLead>) {
    let leads = world.leads(0, 28, 0);
    let policy = snapshot(documents(world, "default", pick)).expect("compiles");
    let policies = [Arc::clone(&policy)];
    let route = |_: &WorldLead, _: Instant| 0;
    let pricing = PricingConfig::simulated();
    let runs = run(&Setting { world, leads: &leads, policies: &policies, route: &route, priced: &[false], pricing });
    let past = leads.iter().zip(runs).map(|(lead, run)| PastLead {
        facts: facts(lead),
        at: lead.at,
        seed: lead.seed,
        owned: run.owned.map(|owned| PastOwner {
            rep: world.reps[owned.rep.0 as usize].id.clone(),
            at: owned.at,
            sla_due: None,
            touched_at: Some(owned.touched_at),
            propensity: owned.propensity,
        }),
        held: run.owned.is_none_or(|owned| owned.at > lead.at),
        closed_at: run.owned.map(|owned| owned.touched_at + lead.to_loss),
        won: run.owned.map(|owned| owned.won),
    });
    (policy, past.collect())
}

#[test]
fn the_same_policy_gives_the_past_again_and_another_does_not() {
    let world = World::parse(DEMO, 4).expect("valid");
    let (policy, leads) = past(&world, "weighted-round-robin");
    let judge = |_: &Facts, _: Instant, rep: RepIndex| 0.1 + 0.01 * f64::from(rep.0);
    let (from, until) = (leads[0].at, leads[leads.len() - 1].at + Micros::DAY.times(5));
    let again = backtest(&Replay { snapshot: &policy, leads: &leads, from, until, priced: false, judge: &judge });
    assert_eq!((again.elsewhere, again.moves.len()), (0, 0), "the very same turns");
    assert_eq!(again.as_it_was.by_rep, again.replayed.by_rep);
    assert!((again.as_it_was.expected_wins - again.replayed.expected_wins).abs() < 1e-9);
    let other = snapshot(documents(&world, "default", "draw")).expect("compiles");
    let other = backtest(&Replay { snapshot: &other, leads: &leads, from, until, priced: false, judge: &judge });
    assert!(other.elsewhere > other.leads / 2, "{} of {}", other.elsewhere, other.leads);
    assert!(other.replayed.owned as f64 > 0.9 * other.leads as f64);
    // Turns were not drawn, so they prove nothing of another policy.
    assert!(other.off_policy.is_none());
    let quota = world.file.reps.per_day;
    assert!(other.replayed.by_rep.values().all(|n| *n <= u64::from(quota) * 20), "twenty working days");
}

#[test]
fn what_was_drawn_proves_something_of_the_policy_that_drew_it() {
    let world = World::parse(DEMO, 5).expect("valid");
    let (policy, leads) = past(&world, "draw");
    let judge = |_: &Facts, _: Instant, _: RepIndex| 0.13;
    let (from, until) = (leads[0].at, leads[leads.len() - 1].at + Micros::DAY.times(5));
    let same = backtest(&Replay { snapshot: &policy, leads: &leads, from, until, priced: false, judge: &judge });
    let off = same.off_policy.expect("every decision was drawn");
    assert!(off.support.decisions > 1000 && off.warning.is_none(), "{off:?}");
    let snips = off.snips.expect("enough support");
    assert!(snips.interval.low < off.as_it_was && off.as_it_was < snips.interval.high, "{off:?}");
}

#[test]
fn prices_still_win_when_volume_doubles_overnight() {
    let stretch = Stretch { first_day: 0, days: 28, replicates: 1 };
    let make = |n: u32| -> Result<(World, Vec<Contender>), String> {
        let world = World::parse(CAMPAIGN, 20 + u64::from(n)).map_err(|e| e.to_string())?;
        let contender = |name: &str, pick: &str, scores: bool, priced: bool| {
            let set = if scores {
                documents_with_scores(&world, "default", pick)
            } else {
                documents(&world, "default", pick)
            };
            let snapshot = snapshot(set).expect("compiles");
            Contender { name: name.into(), snapshot, priced, manual: false }
        };
        let contenders = vec![
            contender("turns", "weighted-round-robin", false, false),
            contender("greedy", "best-score", true, false),
            contender("prices", "expected-value", true, true),
        ];
        Ok((world, contenders))
    };
    let result = compare_seeds(1, stretch, &make, &|| {}).expect("the world is valid");
    let share = |at: usize| result.policies[at].share_of_optimum.value;
    assert!(share(1) > share(0) && share(2) > share(1), "{} {} {}", share(0), share(1), share(2));
    // The bound knows of no daily caps while the volume is doubled.
    assert!(share(2) <= 1.0 && share(2) > 0.7, "{}", share(2));
}

#[test]
fn by_hand_is_slower_and_loses_more() {
    let world = World::parse(CLAIM, 1).expect("valid");
    let stretch = Stretch { first_day: 0, days: 28, replicates: 2 };
    let snapshot = snapshot(documents(&world, "default", "weighted-round-robin")).expect("compiles");
    let contender = |name: &str, manual: bool| Contender {
        name: name.into(),
        snapshot: Arc::clone(&snapshot),
        priced: false,
        manual,
    };
    let result =
        pointsman_sim::compare(&world, &[contender("manual", true), contender("turns", false)], stretch, &|| {});
    let (hand, turns) = (&result.policies[0], &result.policies[1]);
    assert!(hand.reaction_hours.value > 3.0 * turns.reaction_hours.value, "{hand:?}");
    assert!(hand.lost.value > 2.0 * turns.lost.value && turns.lost.value < 0.1);
    // One clock for both: whoever is handed out by nine and touched by one is in time.
    assert!(hand.within_sla.value > 0.02 && hand.within_sla.value < 0.5 * turns.within_sla.value, "{hand:?}");
    assert!(hand.conversion_rate.value < turns.conversion_rate.value);
}

#[test]
fn a_campaign_is_in_its_days_and_of_its_kind() {
    let world = World::parse(CAMPAIGN, 3).expect("valid");
    let leads = world.leads(0, 60, 0);
    let campaign: Vec<_> = leads.iter().filter(|lead| lead.extra > 0.0).collect();
    assert!((1500..2100).contains(&campaign.len()), "twelve days of 150: {}", campaign.len());
    assert!(campaign.iter().all(|lead| lead.levels == [2, 1]), "large ones, from the fair");
    // A stretch is what it is, whatever stretch was asked for.
    let later: Vec<_> = world.leads(25, 5, 0).iter().filter(|lead| lead.extra > 0.0).map(|lead| lead.luck).collect();
    let days = |lead: &&&WorldLead| (25..30).contains(&((lead.at - pointsman_sim::world::START).0 / Micros::DAY.0));
    let same = campaign.iter().filter(days).filter(|lead| later.contains(&lead.luck)).count();
    assert!(same as f64 > 0.9 * later.len() as f64, "{same} of {}", later.len());
    let wrong = CAMPAIGN.replace("segment = \"large\"", "segment = \"huge\"");
    let error = World::parse(&wrong, 1).expect_err("no such level").to_string();
    assert_eq!(error, "campaign.levels is segment = huge: expected an attribute and one of its values");
}
