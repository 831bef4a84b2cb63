//! Off-policy estimators against reference values on small logs.

use pointsman_experiment::off_policy::{self, Estimator, LoggedDecision};
use serde_json::{Value, json};

use crate::compare::{self, Comparison, Tolerance, number};

const TOLERANCE: Tolerance = Tolerance { rel: 1e-9, abs: 1e-12 };

/// A list of numbers, or one number for all rows.
fn column(value: &Value, rows: usize) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().map(|x| number(x).expect("number")).collect(),
        one => vec![number(one).expect("number"); rows],
    }
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("matrix").iter().map(|r| column(r, 0)).collect()
}

fn log(case: &Value) -> Vec<LoggedDecision> {
    let inputs = &case["inputs"];
    let actions = inputs["action"].as_array().expect("actions").len();
    let action: Vec<usize> = column(&inputs["action"], actions).iter().map(|a| *a as usize).collect();
    let (reward, propensity) = (column(&inputs["reward"], actions), column(&inputs["pscore"], actions));
    let (policy, model) = (matrix(&inputs["pi_e"]), matrix(&inputs["q_hat"]));
    // Without a context both tables are choice × position; with one they are row × choice.
    let context_free = match case["kind"].as_str() {
        Some("context_free") => Some(column(&inputs["position"], actions)),
        Some("contextual") => None,
        other => panic!("unknown kind {other:?}"),
    };
    let row = |table: &[Vec<f64>], i: usize| match &context_free {
        Some(position) => table.iter().map(|choice| choice[position[i] as usize]).collect(),
        None => table[i].clone(),
    };
    (0..actions)
        .map(|i| {
            LoggedDecision::new(action[i], propensity[i], reward[i], &row(&policy, i), &row(&model, i))
                .expect("a decision")
        })
        .collect()
}

/// The estimator a name stands for.
fn estimator(name: &str) -> Option<Estimator> {
    let parameter = |prefix: &str| name.strip_prefix(prefix).and_then(|p| p.parse().ok());
    Some(match name {
        "DM" => Estimator::DirectMethod,
        "IPS" => Estimator::Ips,
        "SNIPS" => Estimator::SelfNormalisedIps,
        "DR" => Estimator::DoublyRobust,
        "SNDR" => Estimator::SelfNormalisedDr,
        _ => parameter("IPS_clip")
            .map(Estimator::ClippedIps)
            .or_else(|| parameter("SwitchDR_tau").map(Estimator::SwitchDr))
            .or_else(|| parameter("DRos_lambda").map(Estimator::ShrunkenDr))?,
    })
}

fn values(log: &[LoggedDecision], name: &str, which: Estimator) -> Value {
    let found = off_policy::estimate(log, which).expect("a value");
    let mut fields = json!({
        "value": found.value,
        "se": found.std_error,
        "ci95_normal": found.interval.as_array(),
    });
    if name == "IPS" {
        let bound = off_policy::empirical_bernstein(log, 0.05).expect("a bound");
        fields["eb_lower95"] = json!(bound.lower);
        fields["eb_range_M"] = json!(bound.range);
    }
    fields
}

#[test]
fn off_policy_vectors() {
    let Some(path) = compare::vector_file("POINTSMAN_OPE_VECTORS", "vectors/off_policy.json") else {
        return;
    };
    let file = compare::read_json(&path);
    let cases = file["cases"].as_array().expect("cases");
    assert!(!cases.is_empty(), "{} has no cases", path.display());
    let mut problems = Vec::new();
    let mut per_estimator = std::collections::BTreeMap::<String, usize>::new();
    for case in cases {
        let name = case["name"].as_str().expect("name");
        let log = log(case);
        let no_overrides = |_: &str| None;
        let mut comparison =
            Comparison { default: TOLERANCE, fields: &no_overrides, problems: Vec::new(), compared: 0 };
        for (key, expected) in case["expected"].as_object().expect("expected") {
            let found = match key.as_str() {
                "diagnostics" => diagnostics(&log),
                "obp_bootstrap_ci95" => {
                    problems.extend(bootstrap_problems(name, &log, expected));
                    *per_estimator.entry(key.clone()).or_default() += 1;
                    continue;
                }
                // How far the reference's own two computations lay apart: no result of ours.
                "max_abs_diff_vs_obp" => continue,
                _ => match estimator(key) {
                    Some(which) => values(&log, key, which),
                    None => {
                        problems.push(format!("{name}: unknown estimator '{key}'"));
                        continue;
                    }
                },
            };
            *per_estimator.entry(key.clone()).or_default() += 1;
            comparison.walk(&format!(".{key}"), TOLERANCE, expected, &found);
        }
        assert!(comparison.compared > 0, "{name}: nothing was compared");
        problems.extend(comparison.problems.into_iter().map(|p| format!("{name}{p}")));
    }
    for (estimator, cases) in &per_estimator {
        println!("{estimator}: {cases} cases");
    }
    println!("{} cases checked", cases.len());
    assert!(problems.is_empty(), "{} fields differ:\n{}", problems.len(), problems.join("\n"));
}

fn diagnostics(log: &[LoggedDecision]) -> Value {
    let support = off_policy::support(log).expect("decisions");
    json!({
        "n": support.decisions,
        "ess": support.effective_sample,
        "mean_w": support.mean_weight,
        "max_w": support.max_weight,
        "frac_w0": support.share_without_weight,
    })
}

/// The reference's bootstrap drew with a generator of its own, so ends are compared within a
/// quarter of the interval's width: the Monte-Carlo error of both.
fn bootstrap_problems(name: &str, log: &[LoggedDecision], expected: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (key, ends) in expected.as_object().expect("intervals") {
        let which = estimator(key).expect("an estimator");
        let found = off_policy::bootstrap_interval(log, which, 2000, 7).expect("an interval").as_array();
        let ends = column(ends, 2);
        let width = ends[1] - ends[0];
        for (f, e) in found.iter().zip(&ends) {
            if (f - e).abs() > 0.25 * width {
                problems.push(format!("{name}.obp_bootstrap_ci95.{key}: found {found:?}, expected {ends:?}"));
            }
        }
    }
    problems
}

#[test]
fn a_verdict_on_a_log_without_support_is_refused() {
    let decision = |weight: f64| LoggedDecision {
        weight,
        reward: 1.0,
        model_chosen: 0.5,
        model_policy: 0.5,
        largest_weight: 60.0,
    };
    let mut log = vec![decision(0.0); 500];
    log.extend(vec![decision(50.0); 10]);
    assert!(off_policy::estimate(&log, Estimator::Ips).is_ok());
    let refusal = off_policy::verdict(&log, Estimator::Ips).expect_err("an effective sample of 10");
    assert_eq!(refusal.to_string(), "the effective sample size is below 50");
}
