//! The engine at the edges: every strange table gets an answer or a named refusal.

use pointsman_domain::Rng;
use pointsman_experiment::{
    Undefined,
    analysis::{
        Analyzer, Batch, BatchError, Because, Column, ExclusionReason, ExperimentResult, Finding, Invalid, Looking,
        Verdict,
    },
    spec::{ExperimentSpec, SpecError},
    stats::{effect, sequential::ConfidenceSequence},
};

const HEAD: &str = r#"
format = 1
id = "edges"
variants = [{ id = "a", policy = "p", weight = 1 }, { id = "b", policy = "q", weight = 1 }]
"#;

fn spec(rest: &str) -> ExperimentSpec {
    ExperimentSpec::from_toml(&format!("{HEAD}\n{rest}")).unwrap_or_else(|e| panic!("{e}"))
}

fn won(rest: &str) -> ExperimentSpec {
    spec(&format!(
        "design = {{ kind = \"lead\" }}\nmetrics = [{{ id = \"won\", kind = \"binary\", column = \"won\", role = \"decision\" }}]\n{rest}"
    ))
}

fn analysed(spec: &ExperimentSpec, variants: &[&str], columns: &[&[f64]]) -> ExperimentResult {
    let mut analyzer = Analyzer::new(spec);
    let mut given = vec![Column::Text(variants)];
    given.extend(columns.iter().map(|c| Column::F64(c)));
    analyzer.push(&Batch { rows: variants.len(), columns: &given }).expect("a batch");
    let result = analyzer.finish();
    assert!(result.accounting.adds_up(), "{:?}", result.accounting);
    result
}

/// `n` rows a variant, the first `a` or `b` of them with a 1.
fn table(n: usize, a: usize, b: usize) -> (Vec<&'static str>, Vec<f64>) {
    let rows = |name: &'static str, k: usize| (0..n).map(move |i| (name, if i < k { 1.0 } else { 0.0 }));
    rows("a", a).chain(rows("b", b)).unzip()
}

fn first_finding(result: &ExperimentResult) -> &Finding {
    &result.comparisons[0].analyses[0].finding
}

#[test]
fn zero_conversions_are_refused_by_name_and_bounded_by_newcombe() {
    let (variants, values) = table(500, 0, 0);
    let result = analysed(&won(""), &variants, &[&values]);
    let Finding::Means(means) = first_finding(&result) else { panic!("means") };
    assert_eq!(means.absolute, Err(Undefined::ZeroVariance).into());
    let newcombe = means.newcombe.expect("an interval");
    assert!(newcombe.low < -0.007 && newcombe.high > 0.007);
    assert_eq!(result.verdicts[0].verdict, Verdict::CannotTell);
}

#[test]
fn a_variant_without_leads_and_one_with_a_single_lead() {
    let result = analysed(&won(""), &["a", "a", "a"], &[&[0.0, 1.0, 1.0]]);
    assert_eq!(result.verdicts[0].verdict, Verdict::Invalid);
    let result = analysed(&won(""), &["a", "a", "b"], &[&[0.0, 1.0, 1.0]]);
    let Finding::Means(means) = first_finding(&result) else { panic!("means") };
    assert_eq!(means.absolute, Err(Undefined::TooFewUnits).into());
    let empty = Analyzer::new(&won("")).finish();
    assert_eq!(empty.sample_ratio, Err(Undefined::NoUnits).into());
    assert_eq!(empty.verdicts[0].verdict, Verdict::Invalid);
}

/// In its first period a switchback has given all leads to one variant: that is early, no fault.
/// A whole table in which a variant has no row is one.
#[test]
fn a_test_that_goes_on_may_have_nothing_to_compare_yet() {
    let judged = |looking: Looking, spec: &ExperimentSpec| {
        let mut analyzer = Analyzer::new(spec).looking(looking);
        let columns = [Column::Text(&["a", "a", "a"]), Column::F64(&[0.0, 1.0, 1.0])];
        analyzer.push(&Batch { rows: 3, columns: &columns }).expect("a batch");
        analyzer.finish().verdicts.remove(0)
    };
    for looking in [Looking::Anytime, Looking::Planned { fraction: 0.1, before: Vec::new() }] {
        let early = judged(looking, &won(""));
        assert_eq!((early.verdict, &early.because[..]), (Verdict::KeepRunning, &[Because::NothingToCompare][..]));
    }
    for looking in [Looking::Complete, Looking::Planned { fraction: 1.0, before: Vec::new() }] {
        let late = judged(looking, &won(""));
        assert_eq!(late.verdict, Verdict::Invalid, "{late:?}");
        assert_eq!(late.because, [Because::Invalid { why: Invalid::EmptyVariant }]);
    }
}

#[test]
fn missing_and_infinite_values_are_counted_not_computed_with() {
    let values = [0.0, f64::NAN, 1.0, f64::INFINITY, 0.0, 1.0];
    let result = analysed(&won(""), &["a", "a", "a", "b", "b", "b"], &[&values]);
    let analysis = &result.comparisons[0].analyses[0];
    assert_eq!((analysis.units, analysis.missing), ([2, 2], [1, 1]));
}

#[test]
fn rows_outside_the_experiment_are_excluded_with_a_reason() {
    let spec = won(
        "[horizon]\nstart = \"2026-03-02T00:00:00Z\"\n[data]\nvariant = \"variant\"\nmatured = \"matured\"\nexposed_at = \"at\"\noutcome_at = \"outcome\"",
    );
    let start = 1_772_409_600_000_000.0;
    let variants = ["a", "b", "", "c", "a", "b", "a"];
    let matured = [1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let at = [start, start + 1.0, start, start, start - 1.0, start + 5.0, f64::NAN];
    let outcome = [start + 9.0, f64::NAN, start, start, start, start + 4.0, start];
    let result = analysed(&spec, &variants, &[&matured, &at, &outcome, &[1.0; 7]]);
    let excluded: Vec<(ExclusionReason, u64)> = result.accounting.excluded.iter().map(|e| (e.reason, e.rows)).collect();
    assert_eq!(
        excluded,
        [
            (ExclusionReason::NoVariant, 1),
            (ExclusionReason::UnknownVariant, 1),
            (ExclusionReason::NoExposureTime, 1),
            (ExclusionReason::BeforeStart, 1),
            (ExclusionReason::OutcomeBeforeExposure, 1),
        ]
    );
    assert_eq!((result.accounting.exposed, result.accounting.matured, result.accounting.pending), (7, 1, 1));
    assert_eq!(result.verdicts[0].verdict, Verdict::Invalid);
}

#[test]
fn verdicts_follow_the_decision_metric() {
    let verdict = |spec: &ExperimentSpec, n, a, b| {
        let (variants, values) = table(n, a, b);
        analysed(spec, &variants, &[&values]).verdicts[0].verdict
    };
    assert_eq!(verdict(&won(""), 1000, 100, 150), Verdict::Ship);
    assert_eq!(verdict(&won(""), 1000, 150, 100), Verdict::DoNotShip);
    assert_eq!(verdict(&won(""), 1000, 100, 104), Verdict::CannotTell);
    // A fifth of the planned units: p = 0.0008 does not cross O'Brien and Fleming's 4.88.
    let planned = won("[horizon]\nunits = 10000\nlooks = 5");
    assert_eq!(verdict(&planned, 1000, 100, 150), Verdict::KeepRunning);
    assert_eq!(verdict(&planned, 1000, 100, 200), Verdict::Ship);
}

#[test]
fn a_broken_split_makes_every_effect_unreadable() {
    let (mut variants, mut values) = table(1000, 100, 200);
    variants.extend(vec!["a"; 300]);
    values.extend(vec![0.0; 300]);
    let result = analysed(&won(""), &variants, &[&values]);
    assert!(result.sample_ratio.ok().expect("units").mismatch());
    assert_eq!(result.verdicts[0].verdict, Verdict::Invalid);
}

#[test]
fn a_harmed_guardrail_stops_a_winner() {
    let spec = spec(
        r#"
        design = { kind = "lead" }
        metrics = [
            { id = "won", kind = "binary", column = "won", role = "decision" },
            { id = "wait", kind = "mean", column = "wait", role = "guardrail", better = "lower", margin = 0.05 },
        ]
    "#,
    );
    let (variants, values) = table(1000, 100, 200);
    let wait = |slow: f64| -> Vec<f64> {
        variants.iter().enumerate().map(|(i, v)| (i % 7) as f64 + 20.0 + if *v == "b" { slow } else { 0.0 }).collect()
    };
    let verdict = |slow| analysed(&spec, &variants, &[&values, &wait(slow)]).verdicts[0].verdict;
    assert_eq!(verdict(0.0), Verdict::Ship);
    assert_eq!(verdict(5.0), Verdict::DoNotShip);
}

#[test]
fn a_change_of_weights_is_undone_within_epochs() {
    // Early leads convert at 40 %, late ones at 10 %; the treatment got few early and many late
    // ones. Within each epoch both variants do the same.
    let mut rows: Vec<(&str, f64, f64)> = Vec::new();
    for (variant, epoch, n, won) in
        [("a", 1.0, 900, 360), ("b", 1.0, 100, 40), ("a", 2.0, 500, 50), ("b", 2.0, 1300, 130)]
    {
        rows.extend((0..n).map(|i| (variant, epoch, if i < won { 1.0 } else { 0.0 })));
    }
    let variants: Vec<&str> = rows.iter().map(|r| r.0).collect();
    let (epochs, values): (Vec<f64>, Vec<f64>) = rows.iter().map(|r| (r.1, r.2)).unzip();
    let spec = won("[data]\nvariant = \"variant\"\nepoch = \"epoch\"");
    let result = analysed(&spec, &variants, &[&values, &epochs]);
    let Finding::Means(means) = first_finding(&result) else { panic!("means") };
    let within = means.absolute.ok().expect("an effect");
    let naive = means.naive.expect("beside it").ok().copied().expect("an effect");
    assert!(within.estimate.abs() < 1e-12 && within.p_value > 0.99, "{within:?}");
    assert!(naive.estimate < -0.1 && naive.p_value < 1e-9, "{naive:?}");
    assert_eq!(result.verdicts[0].verdict, Verdict::CannotTell);
}

#[test]
fn clusters_that_cross_variants_invalidate_a_cluster_design() {
    let spec = spec(
        r#"
        design = { kind = "cluster", unit = "territory" }
        metrics = [{ id = "won", kind = "binary", column = "won", role = "decision" }]
        analyses = [{ id = "won", metric = "won", cluster = "territory" }]
    "#,
    );
    let (variants, values) = table(60, 10, 12);
    let apart: Vec<f64> = (0..120).map(|i| f64::from(i / 10)).collect();
    let crossing: Vec<f64> = (0..120).map(|i| f64::from(i % 12)).collect();
    let result = |keys: &[f64]| analysed(&spec, &variants, &[&values, keys]);
    let Finding::Clustered(found) = first_finding(&result(&apart)).clone() else { panic!("clustered") };
    assert!(found.absolute.ok().is_some() && found.naive.ok().is_some(), "{found:?}");
    assert_ne!(result(&apart).verdicts[0].verdict, Verdict::Invalid);
    assert_eq!(result(&crossing).verdicts[0].verdict, Verdict::Invalid);
}

#[test]
fn a_switchback_is_read_by_its_periods_and_a_budget_split_by_its_reps() {
    let by_periods = spec(
        r#"
        design = { kind = "switchback", unit = "team", period_minutes = 60 }
        metrics = [{ id = "won", kind = "mean", column = "won", role = "decision" }]
        analyses = [{ id = "won", metric = "won", periods = { by = "period", lag = 1 } }]
    "#,
    );
    let mut rng = Rng::seeded(4);
    let (mut variants, mut values, mut periods) = (Vec::new(), Vec::new(), Vec::new());
    for period in 0..40u32 {
        let treated = rng.below(2) == 1;
        let level = rng.normal();
        for _ in 0..25 {
            variants.push(if treated { "b" } else { "a" });
            values.push(10.0 + level + if treated { 3.0 } else { 0.0 } + rng.normal());
            periods.push(f64::from(period));
        }
    }
    let result = analysed(&by_periods, &variants, &[&values, &periods]);
    let Finding::Periods(found) = first_finding(&result) else { panic!("periods") };
    let found = found.ok().expect("periods");
    assert_eq!(found.periods, 40);
    assert!(found.tested.low < 3.0 && found.tested.high > 3.0 && found.randomisation_p < 0.001, "{found:?}");

    let by_reps = spec(
        r#"
        design = { kind = "budget-split" }
        metrics = [{ id = "won", kind = "mean", column = "won", role = "decision" }]
        analyses = [{ id = "won", metric = "won", paired = "rep" }]
    "#,
    );
    let (mut variants, mut values, mut reps) = (Vec::new(), Vec::new(), Vec::new());
    for rep in 0..12u32 {
        let skill = 5.0 + f64::from(rep);
        for i in 0..40 {
            let treated = i % 2 == 1;
            variants.push(if treated { "b" } else { "a" });
            values.push(skill + if treated { 0.5 } else { 0.0 } + 0.2 * rng.normal());
            reps.push(f64::from(rep));
        }
    }
    let result = analysed(&by_reps, &variants, &[&values, &reps]);
    let Finding::Paired(found) = first_finding(&result) else { panic!("paired") };
    let found = found.ok().expect("reps");
    let (paired, naive) = (found.absolute.ok().expect("a test"), found.naive.ok().expect("a test"));
    // Totals of 20 leads: 20 × 0.5, and reps differ far more than variants.
    assert!((paired.estimate - 10.0).abs() < 2.0 && paired.std_error < naive.std_error / 10.0, "{found:?}");
    assert_eq!(result.verdicts[0].verdict, Verdict::Ship);
}

#[test]
fn a_batch_that_does_not_fit_is_refused_whole() {
    let mut analyzer = Analyzer::new(&won(""));
    let columns = [Column::Text(&["a", "b"]), Column::Text(&["1", "0"])];
    let error = analyzer.push(&Batch { rows: 2, columns: &columns }).expect_err("text in a number");
    assert!(matches!(error, BatchError::NotNumeric { .. }), "{error}");
    assert!(analyzer.push(&Batch { rows: 2, columns: &columns[..1] }).is_err());
    assert_eq!(analyzer.finish().accounting.exposed, 0);
}

#[test]
fn a_wrong_file_names_every_wrong_field() {
    let text = r#"
        format = 2
        id = "edges"
        alpha = 0.7
        control = "c"
        design = { kind = "switchback" }
        variants = [{ id = "a", policy = "P", weight = -1 }]
        metrics = [{ id = "won", kind = "rate", column = "won" }]
        analyses = [{ id = "x", metric = "lost" }]
    "#;
    let error = ExperimentSpec::from_toml(text).expect_err("many faults");
    let SpecError::Invalid(problems) = &error else { panic!("{error}") };
    let fields: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    for field in [
        "format",
        "alpha",
        "control",
        "design.unit",
        "variants",
        "variants[0].policy",
        "variants[0].weight",
        "metrics",
        "metrics[0].kind",
        "analyses[0].metric",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
    assert!(ExperimentSpec::from_toml("format = 1\ncolour = 2").is_err(), "an unknown field is a fault");
}

#[test]
fn a_a_runs_reject_as_often_as_they_say() {
    let mut rng = Rng::seeded(11);
    let (runs, n, looks) = (1500u32, 400usize, 10usize);
    let sequence = ConfidenceSequence { alpha: 0.05, tuning: 400.0 };
    let (mut fixed, mut anytime) = (0u32, 0u32);
    for _ in 0..runs {
        let draw =
            |rng: &mut Rng| -> Vec<f64> { (0..n).map(|_| if rng.uniform() < 0.2 { 1.0 } else { 0.0 }).collect() };
        let (control, treatment) = (draw(&mut rng), draw(&mut rng));
        let at = |m: usize| {
            let sample = |v: &[f64]| pointsman_experiment::moments::Moments::of(&v[..m]).into();
            effect::welch(&sample(&control), &sample(&treatment)).ok()
        };
        fixed += u32::from(at(n).is_some_and(|e| e.p_two_sided() < 0.05));
        let excluded = (1..=looks).filter_map(|k| {
            let m = n * k / looks;
            at(m).map(|e| !sequence.interval(e.estimate, e.std_error, 2.0 * m as f64).contains(0.0))
        });
        anytime += u32::from(excluded.into_iter().any(|out| out));
    }
    let share = |k: u32| f64::from(k) / f64::from(runs);
    // The Monte-Carlo error of 5 % over 1,500 runs is 0.56 points.
    assert!((share(fixed) - 0.05).abs() < 0.02, "{}", share(fixed));
    assert!(share(anytime) < 0.05, "{}", share(anytime));
}
