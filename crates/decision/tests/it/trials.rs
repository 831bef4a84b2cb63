//! Experiments live: the variant decides, the decision says so, and replay gives it again.

use std::collections::BTreeMap;

use pointsman_decision::{
    DocumentKind, Exposed, Facts, Replay, Scratch, Snapshot, SnapshotError, explain, qualify, replay,
};
use pointsman_domain::{Instant, Micros, PolicyName};
use pointsman_experiment::{
    live::{LiveExperiment, Start},
    randomise::Salt,
};

use crate::fixture::{Company, POLICY, TUESDAY, at, documents};

fn live(design: &str, more: &str) -> LiveExperiment {
    let text = format!(
        r#"
format = 1
id = "spread"
hypothesis = "spreading by load answers sooner"
{more}
[design]
{design}
[[variants]]
id = "old"
policy = "default"
weight = 1
[[variants]]
id = "new"
policy = "default"
weight = 1
change = [{{ rule = "everybody", set = {{ pick = "least-loaded", sla = "2h" }} }}]
[[metrics]]
id = "won"
kind = "binary"
column = "won"
role = "decision"
"#
    );
    let policy = |name: &PolicyName| (name.as_str() == "default").then(|| POLICY.to_owned());
    let start = Start {
        at: at(TUESDAY),
        by: "ops",
        reason: "go",
        salt: Salt::new(11),
        local_day: 20_515,
        policy: &policy,
        others: &[],
    };
    LiveExperiment::draft(&text, at(TUESDAY), "ops", "draft").expect("valid").start(start).expect("starts")
}

fn compiled(live: &LiveExperiment) -> Result<Snapshot, Vec<SnapshotError>> {
    let mut set = documents(POLICY);
    set.insert(DocumentKind::Experiment, live.id.as_str(), live.body());
    Snapshot::compile(set)
}

fn company(live: &LiveExperiment) -> Company {
    Company::of(compiled(live).expect("compiles"))
}

fn decided_again(facts: &Facts, exposed: &Exposed, now: Instant) -> Facts {
    let mut again = facts.clone();
    again.routing.first_decided = Some(now);
    again.routing.variant = Some(exposed.clone());
    again
}

#[test]
fn the_variants_policy_decides_and_replay_agrees() {
    let mut company = company(&live("kind = \"lead\"", ""));
    let now = at(TUESDAY);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..40 {
        let facts = company.lead(Some(10), now);
        let decided = company.decide(&facts, now);
        let exposed = decided.decision.variant.clone().expect("in the experiment");
        assert_eq!((exposed.experiment.as_str(), exposed.epoch, exposed.propensity), ("spread", 1, 0.5));
        let explanation =
            explain(&company.snapshot, &facts, &decided.decision, &decided.trace).expect("explains itself");
        let told = explanation.experiment.expect("says which");
        assert_eq!(
            (&*told.design, &told.variant, &*told.unit),
            ("lead", &exposed.variant, &*facts.lead.id.to_string())
        );
        // The variant's rule has a promise that the control's lacks.
        let promised = matches!(&decided.decision.outcome, pointsman_decision::Outcome::Owned { sla_due: Some(_), .. });
        assert!(decided.decision.owner().is_none() || promised == (exposed.variant.as_str() == "new"));
        let replayed = replay(&company.snapshot, &facts, &decided.decision, &decided.trace).expect("replays");
        assert_eq!(replayed, Replay::Equal);
        *seen.entry(exposed.variant.to_string()).or_default() += 1;
        company.release(&decided);
        company.renew();
    }
    assert!(seen.len() == 2 && seen.values().all(|n| *n > 8), "{seen:?}");
}

#[test]
fn the_first_variant_stays_with_the_lead_and_nobody_enters_late() {
    let running = live("kind = \"lead\"", "segment = \"lead.employees >= 5\"");
    let now = at(TUESDAY);
    let mut company = company(&running);
    let facts = company.lead(Some(10), now);
    let first = company.decide(&facts, now).decision.variant.expect("in the experiment");
    let outside = company.lead(Some(3), now);
    assert_eq!(company.decide(&outside, now).decision.variant, None);
    // Other weights later would give the unit the other variant.
    let moved =
        running.reweigh(&if first.variant.as_str() == "old" { [0.0, 1.0] } else { [1.0, 0.0] }, now, "ops", "x");
    let moved = std::sync::Arc::new(compiled(&moved.expect("reweighs")).expect("compiles"));
    let variant = |facts: &Facts| qualify(&moved, facts, now, &mut Scratch::new(&moved)).variant;
    assert_ne!(variant(&facts).map(|e| e.variant), Some(first.variant.clone()));
    assert_eq!(variant(&decided_again(&facts, &first, now)), Some(first.clone()));
    // A lead that was decided before the experiment began stays out of it.
    let mut early = facts.clone();
    early.routing.first_decided = Some(now);
    assert_eq!(variant(&early), None);
    // While it is paused, nobody is exposed.
    let paused = std::sync::Arc::new(compiled(&running.pause(now, "ops", "x").expect("pauses")).expect("compiles"));
    assert_eq!(qualify(&paused, &facts, now, &mut Scratch::new(&paused)).variant, None);
}

#[test]
fn in_a_switchback_the_period_of_the_decision_rules() {
    let design = "kind = \"switchback\"\nunit = \"lead.employees\"\nperiod_minutes = 60\nburn_in_minutes = 5";
    let snapshot = std::sync::Arc::new(compiled(&live(design, "")).expect("compiles"));
    let mut company = Company::of(compiled(&live(design, "")).expect("compiles"));
    let now = at(TUESDAY);
    let variant = |facts: &Facts, now| qualify(&snapshot, facts, now, &mut Scratch::new(&snapshot)).variant;
    let (mut same, mut switched) = (0, 0);
    let facts = company.lead(Some(10), now);
    for hour in 0..48 {
        let then = now + Micros::HOUR.times(hour);
        let other = company.lead(Some(10), then);
        let first = variant(&other, then).expect("in");
        assert_eq!(variant(&facts, then).map(|e| e.variant), Some(first.variant.clone()), "one unit, one period");
        match variant(&decided_again(&facts, &first, then), then + Micros::HOUR) {
            Some(next) if next.variant == first.variant => same += 1,
            _ => switched += 1,
        }
    }
    assert!(same > 5 && switched > 5, "{same} {switched}");
    assert_eq!(variant(&company.lead(None, now), now), None, "a lead without its unit is in no period");
}

#[test]
fn a_budget_split_keeps_each_variant_within_its_part_of_every_cap() {
    let mut company = company(&live("kind = \"budget-split\"", ""));
    // Wednesday, when all three are here: 3 leads a day each, in parts of 1 and 2.
    let now = at("2026-03-04T09:00:00Z");
    let mut owned: BTreeMap<(String, String), u32> = BTreeMap::new();
    for _ in 0..60 {
        let facts = company.lead(Some(10), now);
        let decided = company.decide(&facts, now);
        let exposed = decided.decision.variant.clone().expect("in the experiment");
        if let Some(rep) = decided.decision.owner() {
            *owned.entry((rep.to_string(), exposed.variant.to_string())).or_default() += 1;
        }
        assert_eq!(replay(&company.snapshot, &facts, &decided.decision, &decided.trace), Ok(Replay::Equal));
        company.release(&decided);
    }
    for rep in ["anna", "ben", "carla"] {
        let parts = ["old", "new"].map(|v| owned.get(&(rep.to_owned(), v.to_owned())).copied().unwrap_or(0));
        assert_eq!(parts[0] + parts[1], 3, "{rep}: {owned:?}");
        assert!(parts.contains(&1) && parts.contains(&2), "{rep}: {owned:?}");
    }
}

#[test]
fn what_an_experiment_says_of_leads_is_checked_with_the_documents() {
    let fault = |design: &str, more: &str| compiled(&live(design, more)).expect_err("a fault")[0].to_string();
    let unit = fault("kind = \"cluster\"\nunit = \"account.owner\"", "");
    assert!(unit.contains("names a rep, whom routing decides"), "{unit}");
    let segment = fault("kind = \"lead\"", "segment = \"lead.emploees > 3\"");
    assert!(segment.contains("experiment 'spread'") && segment.contains("employees"), "{segment}");
}
