//! Tests whose weights follow the results: the file, the analysis of a table, the stop.

use pointsman_domain::{Instant, Micros, PolicyName, Rng};
use pointsman_experiment::{
    analysis::{Analyzer, Batch, Because, Column, ExperimentResult, Finding, Invalid, Looking, Outcome, Verdict},
    live::{LiveExperiment, LookRecord, Start, State},
    randomise::Salt,
    spec::ExperimentSpec,
};

const POLICY: &str =
    "format = 1\nname = \"main\"\n[[rule]]\nid = \"rest\"\npool = \"all\"\n[fallback]\nqueue = \"q\"\n";

fn text(adaptive: &str, design: &str, more: &str) -> String {
    format!(
        r#"
format = 1
id = "follow"
{adaptive}
[design]
{design}
[[variants]]
id = "a"
policy = "main"
weight = 1
[[variants]]
id = "b"
policy = "main"
weight = 1
change = [{{ rule = "rest", set = {{ pick = "least-loaded" }} }}]
[[metrics]]
id = "won"
kind = "binary"
column = "won"
role = "decision"
{more}
"#
    )
}

const RULES: &str = "[adaptive]\nleader_share = 0.8\nfloor = 0.1\nfirst_units = 20";

fn spec() -> ExperimentSpec {
    ExperimentSpec::from_toml(&text(RULES, "kind = \"lead\"", "")).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_file_says_everything_that_does_not_go_with_moving_weights() {
    let switchback = "kind = \"switchback\"\nunit = \"all\"\nperiod_minutes = 60";
    let more = "[horizon]\nlooks = 5\nunits = 900\n[[metrics]]\nid = \"r\"\nkind = \"ratio\"\ncolumn = \"x\"\ndenominator = \"y\"\n[[analyses]]\nid = \"won\"\nmetric = \"won\"\ncluster = \"rep\"\n";
    let wrong = text("[adaptive]\nfloor = 0.5\nevery_hours = 0\nfirst_units = 1", switchback, more);
    let error =
        ExperimentSpec::from_toml(&wrong.replacen("weight = 1", "weight = 2", 1)).expect_err("wrong").to_string();
    for part in [
        "adaptive.leader_share: expected 0.5",
        "adaptive.floor: expected 0.01 or more and less than an equal share, 0.500",
        "adaptive.every_hours: expected 1 hour",
        "adaptive.first_units: expected at least 10",
        "adaptive: needs design.kind = \"lead\"",
        "horizon.looks: planned looks need constant weights",
        "metrics: 'r' is not a rate or a mean",
        "variants: an adaptive test begins with equal weights",
        "analyses[0]: an adaptive test has plain analyses only",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
}

/// Ten days of 300 leads. Everybody's rate falls from 0.5 to 0.1, weights move from the first
/// variant to the second: a plain difference sees the season, not the variants.
fn season(rng: &mut Rng, effect: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut variants, mut won, mut p) = (Vec::new(), Vec::new(), Vec::new());
    for day in 0..10 {
        let weight = 0.1 + 0.08 * f64::from(day);
        let rate = 0.5 - 0.04 * f64::from(day);
        for _ in 0..300 {
            let second = rng.uniform() < weight;
            variants.push(f64::from(u8::from(second)));
            p.push(if second { weight } else { 1.0 - weight });
            won.push(f64::from(u8::from(rng.uniform() < rate + if second { effect } else { 0.0 })));
        }
    }
    (variants, won, p)
}

fn analysed(variants: &[f64], won: &[f64], p: &[f64], halves: bool) -> ExperimentResult {
    let names: Vec<&str> = variants.iter().map(|v| if *v > 0.0 { "b" } else { "a" }).collect();
    let unit: Vec<f64> = (0..won.len()).map(|i| i as f64).collect();
    let of = |range: std::ops::Range<usize>| {
        let mut analyzer = Analyzer::new(&spec()).looking(Looking::Anytime);
        let needed: Vec<&str> = analyzer.columns().iter().map(|c| c.name.as_str()).collect();
        assert_eq!(needed, ["variant", "won", "propensity", "unit"]);
        let columns = [
            Column::Text(&names[range.clone()]),
            Column::F64(&won[range.clone()]),
            Column::F64(&p[range.clone()]),
            Column::F64(&unit[range.clone()]),
        ];
        analyzer.push(&Batch { rows: range.len(), columns: &columns }).expect("a batch");
        analyzer
    };
    if !halves {
        return of(0..won.len()).finish();
    }
    let mut first = of(0..won.len() / 2);
    first.merge(of(won.len() / 2..won.len())).expect("the same specification");
    first.finish()
}

#[test]
fn weighing_undoes_what_moving_weights_did_to_a_season() {
    let (mut weighted, mut naive, mut missed) = (0.0, 0.0, 0);
    for seed in 0..40 {
        let (variants, won, p) = season(&mut Rng::seeded(seed), 0.05);
        let result = analysed(&variants, &won, &p, seed % 2 == 1);
        let Finding::Weighted(found) = &result.comparisons[0].analyses[0].finding else { panic!("weighted") };
        let difference = found.difference.ok().expect("a difference");
        weighted += difference.estimate / 40.0;
        naive += found.naive.ok().expect("a plain difference").estimate / 40.0;
        let anytime = found.anytime.ok().expect("a sequence");
        missed += usize::from(anytime.low > 0.05 || anytime.high < 0.05);
        assert_eq!((found.units, result.accounting.exposed), (3000, 3000));
        assert!(result.sample_ratio.ok().expect("a split").p_value > 1e-4);
    }
    assert!((weighted - 0.05).abs() < 0.012, "{weighted}");
    assert!(naive < -0.03, "the season shows: {naive}");
    assert!(missed <= 2, "{missed}");
}

#[test]
fn a_split_that_is_not_the_logged_one_is_found_whatever_the_weights_did() {
    let (variants, won, p) = season(&mut Rng::seeded(5), 0.0);
    // Every fifth lead of the second variant is lost on the way.
    let kept: Vec<usize> = (0..won.len()).filter(|i| variants[*i] == 0.0 || i % 5 > 0).collect();
    let of = |column: &[f64]| kept.iter().map(|i| column[*i]).collect::<Vec<f64>>();
    let result = analysed(&of(&variants), &of(&won), &of(&p), false);
    let verdict = &result.verdicts[0];
    assert_eq!(verdict.verdict, Verdict::Invalid);
    assert!(matches!(verdict.because[0], Because::Invalid { why: Invalid::SampleRatio { .. } }), "{verdict:?}");
}

#[test]
fn rows_without_a_usable_probability_are_missing_not_weighed() {
    let result =
        analysed(&[0.0, 1.0, 0.0, 1.0, 0.0], &[1.0, 0.0, 0.0, 1.0, 1.0], &[0.5, 0.0, 0.5, 2.0, f64::NAN], false);
    let analysis = &result.comparisons[0].analyses[0];
    assert_eq!((analysis.units, analysis.missing), ([2, 0], [1, 2]));
    assert_eq!(result.verdicts[0].verdict, Verdict::CannotTell);
}

fn at(hours: i64) -> Instant {
    "2026-03-02T00:00:00Z".parse::<Instant>().expect("a Monday") + Micros::MINUTE.times(60 * hours)
}

fn running() -> LiveExperiment {
    let policy = |_: &PolicyName| Some(POLICY.to_owned());
    let text = text(RULES, "kind = \"lead\"", "");
    let start = Start {
        at: at(0),
        by: "ops",
        reason: "go",
        salt: Salt::new(7),
        local_day: 20_514,
        policy: &policy,
        others: &[],
    };
    LiveExperiment::draft(&text, at(0), "ops", "first").expect("valid").start(start).expect("starts")
}

/// Half the units each; so many in a hundred are won.
fn halves(units: usize, rates: [usize; 2]) -> ExperimentResult {
    let variants: Vec<f64> = (0..units).map(|i| (i % 2) as f64).collect();
    let won: Vec<f64> = (0..units).map(|i| f64::from(u8::from(i / 2 % 100 < rates[i % 2]))).collect();
    analysed(&variants, &won, &vec![0.5; units], false)
}

#[test]
fn weights_move_when_due_and_never_below_the_floor() {
    let (spec, live) = (spec(), running());
    let rules = spec.adaptive.expect("adaptive");
    let better = halves(400, [30, 40]);
    assert_eq!(live.adapted(&rules, &better, at(23)).expect("fine").epochs.len(), 1, "not due");
    assert_eq!(live.adapted(&rules, &halves(20, [30, 40]), at(25)).expect("fine").epochs.len(), 1, "too few units");
    let moved = live.adapted(&rules, &better, at(25)).expect("fine");
    let weights = &moved.epoch().expect("an epoch").weights;
    assert!(weights[1] > 0.7 && weights[0] >= 0.1 && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{weights:?}");
    let last = moved.history.last().expect("a step");
    assert!(&*last.by == "pointsman" && last.reason.contains("top-two Thompson sampling: a 0."), "{last:?}");
}

#[test]
fn a_stop_stays_a_stop_and_a_verdict_a_verdict() {
    let (spec, live) = (spec(), running());
    let rules = spec.adaptive.expect("adaptive");
    let clear = halves(600, [10, 60]);
    assert!(matches!(&clear.weighing, Some(Outcome::Ok(w)) if w.separated && w.leader.as_str() == "b"));
    let stopped = live.adapted(&rules, &clear, at(1)).expect("fine");
    assert_eq!(stopped.state, State::Stopped);
    let look = LookRecord {
        at: at(1),
        by: "ops".into(),
        variant: spec.variants[1].id.clone(),
        metric: spec.metrics[0].id.clone(),
        exposed: 600,
        matured: 600,
        estimate: Some(0.5),
        low: Some(0.3),
        high: Some(0.7),
        verdict: clear.verdicts[0].verdict,
        harmed: Vec::new(),
    };
    assert_eq!(look.verdict, Verdict::Ship);
    let stopped = stopped.looked([look]).expect("a look");
    let mut later = halves(600, [30, 30]);
    assert_eq!(later.verdicts[0].verdict, Verdict::KeepRunning);
    stopped.latch(&mut later, at(2));
    assert_eq!(
        (later.verdicts[0].verdict, &later.verdicts[0].because[0]),
        (Verdict::Ship, &Because::Latched { at: at(1) })
    );
    assert_eq!(stopped.adapted(&rules, &later, at(50)).expect("fine").state, State::Stopped);
    // The control may lead as well.
    let control = live.adapted(&rules, &halves(600, [60, 10]), at(1)).expect("fine");
    assert_eq!(control.state, State::Stopped);
}
