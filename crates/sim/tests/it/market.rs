//! What is remembered between decisions says what looking again would.

use std::sync::Arc;

use pointsman_assign::Ledger;
use pointsman_decision::{Facts, Figures, LeadFacts, Market, PricingConfig, Qualified, Scratch, Snapshot, qualify};
use pointsman_domain::{AttributeIndex, Instant, LeadId, Micros, Rng, Value, Values};
use pointsman_sim::{World, run::documents_with_scores, run::snapshot};

fn company() -> (World, Arc<Snapshot>) {
    let world = World::parse(include_str!("../../../../worlds/claim.toml"), 3).expect("valid");
    let snapshot = snapshot(documents_with_scores(&world, "default", "expected-value")).expect("compiles");
    (world, snapshot)
}

/// A lead of the first region, of the first kind in every attribute.
fn lead(world: &World, snapshot: &Arc<Snapshot>, now: Instant, scratch: &mut Scratch) -> Qualified {
    let attributes = world.file.leads.attribute.len() + 1;
    let mut values = Values::missing(attributes);
    (0..attributes as u16).for_each(|at| values.set(AttributeIndex::new(at), Some(Value::Choice(0))));
    let id = LeadId::new(now, 7);
    let facts = LeadFacts { id, arrived: now, attributes: values, value: None, originator: None };
    qualify(snapshot, &Facts::of(facts), now, scratch)
}

#[test]
fn who_is_there_does_not_depend_on_when_it_was_asked_last() {
    let (world, snapshot) = company();
    let start = world.leads(0, 1, 0)[0].at;
    let mut kept = Scratch::new(&snapshot);
    let mut rng = Rng::seeded(8);
    let (mut now, mut away) = (start, 0);
    for _ in 0..3000 {
        // Mostly on by minutes, at times weeks on or back.
        let step = if rng.below(50) == 0 { 60 * (rng.below(4000) as i64 - 1800) } else { rng.below(40) as i64 };
        now = (now + Micros::MINUTE.times(step)).max(start);
        let (again, fresh) =
            (lead(&world, &snapshot, now, &mut kept), lead(&world, &snapshot, now, &mut Scratch::new(&snapshot)));
        let rung = &fresh.rungs[0];
        assert_eq!(again.rungs, fresh.rungs, "at {now}");
        assert_eq!(again.admissions(rung), fresh.admissions(rung), "at {now}");
        away += usize::from(snapshot.absences.iter().any(|absences| absences.end_of(now).is_some()));
        kept.reuse(again);
    }
    assert!((300..2999).contains(&away), "somebody was away at {away} of 3,000 instants");
}

#[test]
fn a_solve_is_due_as_soon_as_a_day_begins_or_somebody_leaves_or_comes_back() {
    let (world, snapshot) = company();
    let start = world.leads(0, 1, 0)[0].at + Micros::HOUR.times(10);
    // Nothing but events: no lead comes, and no time is too long.
    let mut market =
        Market::new(&snapshot, PricingConfig { longest: Micros::DAY.times(999), ..PricingConfig::simulated() });
    let (mut scratch, ledger) = (Scratch::new(&snapshot), Ledger::default());
    (0..60).for_each(|_| market.saw(&lead(&world, &snapshot, start, &mut scratch), 1.0));
    let zone = snapshot.home();
    let seen = |at: Instant| {
        let away: Vec<bool> = snapshot.absences.iter().map(|absences| absences.end_of(at).is_some()).collect();
        (zone.local_day(at), away)
    };
    let (mut now, mut solved, mut amid) = (start, None, 0);
    for _ in 0..600 {
        let due = market.due(&snapshot, 0, now);
        assert_eq!(due, solved.as_ref() != Some(&seen(now)), "at {now}");
        if due {
            amid += usize::from(solved.as_ref().is_some_and(|(day, _)| *day == zone.local_day(now)));
            market.book(&snapshot, Figures::of(&snapshot, &ledger, now));
            solved = Some(seen(now));
        }
        now = now + Micros::MINUTE.times(37);
    }
    assert!(amid > 3, "{amid} solves for somebody who left or came back");
}
