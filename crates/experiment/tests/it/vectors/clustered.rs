use std::collections::BTreeMap;

use pointsman_experiment::{
    moments::Moments,
    stats::{
        cluster::{self, Cluster},
        paired,
        switchback::{self as sb, Period, SmallSample},
    },
};
use serde_json::{Value, json};

use super::input::{flags, list, merged, num, nums, object, with_status};
use crate::compare;

/// The rows of each cluster, in the order of the keys.
fn clusters(y: &[f64], treated: &[bool], keys: impl Iterator<Item = (i64, i64)>) -> Vec<Cluster> {
    let mut rows: BTreeMap<(i64, i64), [Vec<f64>; 2]> = BTreeMap::new();
    for ((y, t), key) in y.iter().zip(treated).zip(keys) {
        rows.entry(key).or_default()[usize::from(*t)].push(*y);
    }
    rows.values().map(|[c, t]| Cluster { control: Moments::of(c), treatment: Moments::of(t) }).collect()
}

fn keys(value: &Value) -> Vec<i64> {
    nums(value).into_iter().map(|x| x as i64).collect()
}

pub fn one_way(inputs: &Value) -> Value {
    let (y, treated) = (nums(&inputs["y"]), flags(&inputs["treat"]));
    let cells = clusters(&y, &treated, keys(&inputs["cluster"]).into_iter().map(|k| (k, 0)));
    let mut result = with_status(cluster::difference(&cells), |c| {
        let mut fields = merged(
            object([
                ("estimate", c.estimate),
                ("se_cr0", c.se_cr0),
                ("se_cr1", c.se_cr1),
                ("df", c.df),
                ("p_cr1_t", c.p_value()),
                ("se_ols_iid", c.se_iid),
                ("se_hc1", c.se_hc1),
            ]),
            json!({"ci_cr1_t": list(&c.interval(0.05).as_array())}),
        );
        if let Some(se) = c.se_cr2 {
            fields["se_cr2"] = compare::json(se);
        }
        fields
    });
    if let Ok(e) = cluster::means_welch(&cells) {
        result["cluster_means_welch"] = object([("t", e.t()), ("p_value", e.p_two_sided())]);
    }
    result
}

pub fn two_way(inputs: &Value) -> Value {
    let (y, treated) = (nums(&inputs["y"]), flags(&inputs["treat"]));
    let (a, b) = (keys(&inputs["cluster_a"]), keys(&inputs["cluster_b"]));
    let by_a = clusters(&y, &treated, a.iter().map(|k| (*k, 0)));
    let by_b = clusters(&y, &treated, b.iter().map(|k| (*k, 0)));
    let by_both = clusters(&y, &treated, a.iter().copied().zip(b.iter().copied()));
    with_status(cluster::two_way(&by_a, &by_b, &by_both), |(estimate, se)| object([("estimate", estimate), ("se", se)]))
}

pub fn switchback(inputs: &Value, params: &Value) -> Value {
    let periods: Vec<Period> = nums(&inputs["y"])
        .into_iter()
        .zip(flags(&inputs["treat"]))
        .map(|(outcome, treated)| Period { outcome, treated })
        .collect();
    let p = num(params, "assignment_probability");
    let mut result = object([
        ("estimate", sb::difference(&periods).expect("both variants")),
        ("exact_randomization_p_complete", sb::randomisation_p(&periods, 1).expect("both variants")),
    ]);
    for lag in [0, 1, 3, 6] {
        let se = |small| compare::json(sb::hac_se(&periods, lag, small).expect("both variants"));
        result[format!("se_hac_lag{lag}")] = se(SmallSample::Plain);
        result[format!("se_hac_dfcorr_lag{lag}")] = se(SmallSample::Corrected);
    }
    let mut by_order = json!({});
    for order in 0..3 {
        if let Ok(total) = sb::horvitz_thompson(&periods, order, p) {
            by_order[order.to_string()] = compare::json(total);
        }
    }
    result["horvitz_thompson_by_carryover_order"] = by_order;
    result
}

pub fn budget_split(inputs: &Value) -> Value {
    let (control, treatment) = (nums(&inputs["control_by_rep"]), nums(&inputs["treatment_by_rep"]));
    let differences: Vec<f64> = treatment.iter().zip(&control).map(|(b, a)| b - a).collect();
    let mut result = with_status(paired::paired_t(&control, &treatment), |e| {
        let interval = e.interval(0.05);
        object([
            ("t", e.t()),
            ("df", e.df),
            ("p_value", e.p_two_sided()),
            ("ci_low", interval.low),
            ("ci_high", interval.high),
        ])
    });
    result["mean_difference"] = compare::json(Moments::of(&differences).mean);
    if let Ok(p) = paired::sign_flip_p(&control, &treatment, 1) {
        result["sign_flip_p_two_sided"] = compare::json(p);
    }
    if let Ok(lift) = paired::ratio_lift(&control, &treatment) {
        result["ratio_lift"] = compare::json(lift.lift);
        result["ratio_lift_jackknife_se"] = compare::json(lift.jackknife_se);
    }
    result
}
