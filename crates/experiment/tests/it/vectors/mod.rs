//! Reference cases of every method: each expected field of each case is compared.

mod assignment;
mod bayesian;
mod clustered;
mod input;
mod means;
mod planning;
mod proportions;
mod ranked;
mod sequential;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compare::{self, Comparison, Tolerance};

/// Computes what a case of this method expects; `None` for an unknown method.
fn compute(method: &str, inputs: &Value, params: &Value) -> Option<Value> {
    Some(match method {
        "welch_t" => means::welch_t(inputs, params),
        "welch_t_hard_raw" => means::welch_t_raw(inputs, params),
        "relative_lift" => means::relative_lift(inputs, params),
        "ratio_delta" => means::ratio_delta(inputs, params),
        "cuped_mean" => means::cuped_mean(inputs, params),
        "cuped_ratio" => means::cuped_ratio(inputs, params),
        "regression_adjust_lin" => means::regression(inputs),
        "post_stratification" => means::post_stratification(inputs, params),
        "winsorized_welch" => means::winsorised(inputs, params),
        "non_inferiority" => means::non_inferiority(inputs, params),
        "segment_heterogeneity" => means::heterogeneity(inputs),
        "two_proportion_z" => proportions::two_proportions(inputs, params),
        "proportion_interval" => proportions::intervals(inputs, params),
        "contingency" => proportions::contingency(inputs),
        "srm" => proportions::srm(inputs, params),
        "multiple_testing" => proportions::multiplicity(inputs, params),
        "seq_asymptotic_cs" => sequential::asymptotic(inputs, params),
        "seq_vendor_bounds" => sequential::vendors(inputs, params),
        "msprt_normal_mixture" => sequential::mixture(inputs, params),
        "bernoulli_confidence_sequence" => sequential::bernoulli(inputs, params),
        "group_sequential" => sequential::group_sequential(inputs, params),
        "power_means" => planning::power_means(inputs, params),
        "power_proportions" => planning::power_proportions(inputs, params),
        "mde_relative" => planning::detectable(inputs, params),
        "mid_experiment_power" => planning::mid_experiment(inputs, params),
        "quantile_raw" => ranked::quantile_raw(inputs, params),
        "quantile_aggregate" => ranked::quantile_aggregate(inputs, params),
        "bootstrap_fixed_resamples" => ranked::bootstrap(inputs, params),
        "survival" => ranked::survival(inputs, params),
        "mann_whitney" => ranked::mann_whitney(inputs),
        "bayes_beta_binomial" => bayesian::beta_binomial(inputs, params),
        "bayes_gaussian" => bayesian::gaussian(inputs, params),
        "bandit_gaussian" => bayesian::bandit(inputs, params),
        "cluster_robust" => clustered::one_way(inputs),
        "cluster_robust_two_way" => clustered::two_way(inputs),
        "switchback" => clustered::switchback(inputs, params),
        "budget_split_paired" => clustered::budget_split(inputs),
        "growthbook_hash" => assignment::hash(inputs),
        "growthbook_bucket_ranges" => assignment::bucket_ranges(inputs),
        "growthbook_choose_variation" => assignment::choose_variation(inputs),
        "growthbook_namespace" => assignment::namespace(inputs),
        "growthbook_assignment" => assignment::assignment(inputs),
        "murmur3_x86_32" => assignment::murmur3(inputs),
        "unleash_normalized" => assignment::unleash(inputs),
        _ => return None,
    })
}

#[test]
fn experiment_vectors() {
    let Some(path) = compare::vector_file("POINTSMAN_EXPERIMENT_VECTORS", "vectors/experiment.json") else {
        return;
    };
    let file = compare::read_json(&path);
    let cases = file["cases"].as_array().expect("cases");
    assert!(!cases.is_empty(), "{} has no cases", path.display());
    let mut per_method: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut problems = Vec::new();
    for case in cases {
        let (id, method) = (case["id"].as_str().expect("id"), case["method"].as_str().expect("method"));
        let Some(found) = compute(method, &case["inputs"], &case["params"]) else {
            problems.push(format!("{id}: unknown method '{method}'"));
            continue;
        };
        let (compared, wrong) = check(case, &found);
        problems.extend(wrong.into_iter().map(|p| format!("{id}{p}")));
        assert!(compared > 0, "{id}: nothing was compared");
        let entry = per_method.entry(method).or_default();
        *entry = (entry.0 + 1, entry.1 + compared);
    }
    for (method, (cases, fields)) in &per_method {
        println!("{method}: {cases} cases, {fields} fields");
    }
    println!("{} cases of {} methods checked", cases.len(), per_method.len());
    assert!(problems.is_empty(), "{} fields differ:\n{}", problems.len(), problems.join("\n"));
}

fn check(case: &Value, found: &Value) -> (usize, Vec<String>) {
    let tolerance = |t: &Value| Some(Tolerance { rel: t.get("rel")?.as_f64()?, abs: t.get("abs")?.as_f64()? });
    let default = tolerance(&case["tol"]).expect("tolerance");
    let fields = |key: &str| case["tol"].get("fields").and_then(|f| f.get(key)).and_then(tolerance);
    let mut comparison = Comparison { default, fields: &fields, problems: Vec::new(), compared: 0 };
    let mut expected = case["expected"].clone();
    let disproved = planning::disproved_references(case, &mut expected);
    let default = comparison.default;
    comparison.walk("", default, &expected, found);
    for line in disproved {
        println!("{}: {line}", case["id"]);
    }
    (comparison.compared, comparison.problems)
}
