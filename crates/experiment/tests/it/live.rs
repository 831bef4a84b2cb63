//! From draft to promoted, and who gets what meanwhile.

use std::collections::BTreeMap;

use pointsman_domain::{Instant, LimitId, Micros, PolicyName, RepId, VariantId, Window};
use pointsman_experiment::{
    live::{LifecycleError, LiveError, LiveExperiment, Routing, Start, State},
    randomise::{LocalTime, Salt, compat::growthbook},
    spec::ExperimentSpec,
};

const POLICY: &str =
    "format = 1\nname = \"default\"\n[[rule]]\nid = \"rest\"\npool = \"all\"\n[fallback]\nqueue = \"q\"\n";

fn spec(more: &str, design: &str) -> String {
    format!(
        r#"
format = 1
id = "fast"
hypothesis = "least loaded answers sooner"
owner = "ops"
{more}
[design]
{design}
[[variants]]
id = "old"
policy = "default"
weight = 0.5
[[variants]]
id = "new"
policy = "default"
weight = 0.5
change = [{{ rule = "rest", set = {{ pick = "least-loaded" }} }}]
[[metrics]]
id = "won"
kind = "binary"
column = "won"
role = "decision"
"#
    )
}

fn at(minutes: i64) -> Instant {
    "2026-03-02T00:00:00Z".parse::<Instant>().expect("a Monday") + Micros::MINUTE.times(minutes)
}

fn policy(name: &PolicyName) -> Option<String> {
    (name.as_str() == "default").then(|| POLICY.to_owned())
}

fn started(text: &str, others: &[LiveExperiment]) -> Result<LiveExperiment, LifecycleError> {
    let start =
        Start { at: at(0), by: "ops", reason: "go", salt: Salt::new(7), local_day: 20_514, policy: &policy, others };
    LiveExperiment::draft(text, at(0), "ops", "first").expect("valid").start(start)
}

fn routing(live: &LiveExperiment) -> Routing {
    Routing::compile(live, &ExperimentSpec::from_toml(&live.spec).expect("valid")).expect("compiles")
}

const NOW: LocalTime = LocalTime { day: 20_514, minute: 600 };

#[test]
fn an_experiment_walks_from_draft_to_promoted_and_nowhere_else() {
    let text = spec("", "kind = \"lead\"\nsigned = \"ops\"");
    let draft = LiveExperiment::draft(&text, at(0), "ops", "first").expect("valid");
    let wrong = draft.pause(at(1), "ops", "x").expect_err("a draft cannot pause").to_string();
    assert_eq!(wrong, "'fast' is draft and cannot be paused: that is possible from running");
    let running = started(&text, &[]).expect("starts");
    assert!(matches!(running.edit(&text, at(1), "ops", "x"), Err(LifecycleError::WrongState { .. })));
    assert!(matches!(running.pause(at(1), "ops", " "), Err(LifecycleError::Unsigned)));
    let paused = running.pause(at(1), "ops", "trade fair").expect("pauses");
    let resumed = paused.resume(at(2), "ops", "over").expect("resumes");
    assert_eq!((resumed.epochs.len(), resumed.comparable_since()), (2, Some(at(0))));
    let stopped = resumed.stop(at(3), "ops", "long enough").expect("stops");
    let winner = VariantId::new("new").expect("a slug");
    assert!(matches!(stopped.promote(at(4), "ops", "x"), Err(LifecycleError::WrongState { .. })));
    let decided = stopped.decide(&winner, at(4), "ops", "ship").expect("decides");
    assert!(decided.winning_policy().expect("a winner").body.contains("least-loaded"));
    let promoted = decided.promote(at(5), "ops", "ship").expect("promotes");
    assert_eq!(promoted.state, State::Promoted);
    let states: Vec<&str> = promoted.history.iter().map(|e| e.to.as_str()).collect();
    assert_eq!(states, ["draft", "running", "paused", "running", "stopped", "decided", "promoted"]);
    // What was frozen is what is read, or the document is refused.
    let body = promoted.body();
    assert_eq!(LiveExperiment::read(&body).expect("reads").0, promoted);
    let forged = String::from_utf8(body).expect("UTF-8").replace("least-loaded", "best-score");
    assert!(matches!(LiveExperiment::read(forged.as_bytes()), Err(LiveError::Changed { .. })));
}

#[test]
fn an_a_a_test_is_asked_for_by_name() {
    let same = |aa: &str| {
        spec(aa, "kind = \"lead\"").replace("change = [{ rule = \"rest\", set = { pick = \"least-loaded\" } }]", "")
    };
    assert!(matches!(started(&same(""), &[]), Err(LifecycleError::SamePolicy(..))));
    assert!(started(&same("aa = true"), &[]).is_ok());
    assert!(matches!(started(&spec("aa = true", "kind = \"lead\""), &[]), Err(LifecycleError::NotAa)));
}

#[test]
fn other_weights_move_nobody_who_need_not_move() {
    let live = started(&spec("", "kind = \"lead\""), &[]).expect("starts");
    let more = live.reweigh(&[0.8, 0.2], at(9), "ops", "careful").expect("reweighs");
    assert_eq!((more.comparable_since(), routing(&more).epoch()), (Some(at(9)), 2));
    let (before, after) = (routing(&live), routing(&more));
    let mut shares = [0u32; 2];
    for unit in 0..20_000 {
        let unit = format!("account-{unit}");
        let (was, is) = (before.choose(&unit, NOW).expect("in"), after.choose(&unit, NOW).expect("in"));
        assert!(was.variant == is.variant || (was.variant, is.variant) == (1, 0));
        assert_eq!(is.propensity, [0.8, 0.2][is.variant]);
        shares[is.variant] += 1;
    }
    assert!((f64::from(shares[0]) / 20_000.0 - 0.8).abs() < 0.015, "{shares:?}");
    assert!(live.reweigh(&[0.8], at(9), "ops", "x").is_err());
}

#[test]
fn tests_of_one_layer_share_nobody_and_the_holdout_is_in_none() {
    let half = |id: &str| {
        spec("", "kind = \"lead\"").replace("id = \"fast\"", &format!("id = \"{id}\""))
            + "[population]\nlayer = \"routing\"\nshare = 0.5\nholdout = 0.1\n"
    };
    let first = started(&half("one"), &[]).expect("starts");
    let second = started(&half("two"), std::slice::from_ref(&first)).expect("starts");
    let full = started(&half("three"), &[first.clone(), second.clone()]).expect_err("nothing free").to_string();
    assert!(full.contains("has 0.000 of its units free"), "{full}");
    let (a, b) = (routing(&first), routing(&second));
    let (mut in_a, mut in_b, mut out) = (0i32, 0i32, 0i32);
    for unit in 0..20_000 {
        let unit = format!("lead-{unit}");
        match (a.choose(&unit, NOW), b.choose(&unit, NOW)) {
            (Some(_), Some(_)) => panic!("{unit} is in both"),
            (Some(_), None) => in_a += 1,
            (None, Some(_)) => in_b += 1,
            (None, None) => out += 1,
        }
    }
    assert!((9_000 - in_a).abs() < 300 && (9_000 - in_b).abs() < 300, "{in_a} {in_b}");
    assert!((2_000 - out).abs() < 200, "{out}");
}

#[test]
fn a_company_that_migrates_keeps_growthbooks_buckets() {
    let live = started(&spec("hash = \"growthbook-v2\"", "kind = \"lead\""), &[]).expect("starts");
    for unit in ["user-1", "Ünit", "acc_9"] {
        let ours = routing(&live).choose(unit, NOW).map(|a| a.variant);
        assert_eq!(ours, growthbook::assign("fast", unit, 2, 1.0, Some(&[0.5, 0.5])));
    }
}

#[test]
fn a_switchback_runs_both_variants_equally_at_every_weekday() {
    let design = "kind = \"switchback\"\nunit = \"lead.region\"\nperiod_minutes = 1440";
    let routing = routing(&started(&spec("", design), &[]).expect("starts"));
    let mut runs: BTreeMap<(i32, usize), u32> = BTreeMap::new();
    for day in 0..28 {
        let local = LocalTime { day: 20_514 + day, minute: 600 };
        let assigned = routing.choose("north", local).expect("in");
        *runs.entry((day % 7, assigned.variant)).or_default() += 1;
        assert_eq!(Some(assigned), routing.choose("north", LocalTime { minute: 1439, ..local }));
    }
    assert!(runs.len() == 14 && runs.values().all(|n| *n == 2), "{runs:?}");
}

#[test]
fn the_parts_of_a_split_cap_add_up_and_are_fair_on_average() {
    let routing = routing(&started(&spec("", "kind = \"budget-split\""), &[]).expect("starts"));
    let (rep, limit) = (RepId::new("anna").expect("a slug"), LimitId::new("day").expect("a slug"));
    let mut sums = [0u32; 2];
    for day in 0..4000 {
        let parts = [0, 1].map(|variant| routing.part(variant, &rep, &limit, Window::Day(day), 5));
        assert_eq!(parts[0] + parts[1], 5);
        sums = [sums[0] + parts[0], sums[1] + parts[1]];
    }
    assert!(sums[0].abs_diff(10_000) < 150, "{sums:?}");
}
