use pointsman_experiment::stats::{
    contingency as table,
    multiplicity::{self as multi, Adjustment},
    proportion::{self, Count},
    score::{self, ScoreFormula},
    srm as ratio,
};
use serde_json::{Value, json};

use super::input::{list, merged, num, nums, object, with_status};
use crate::compare;

pub fn two_proportions(inputs: &Value, params: &Value) -> Value {
    let alpha = num(params, "alpha");
    let count = |arm: &Value| Count::new(num(arm, "x") as u64, num(arm, "n") as u64).expect("counts");
    let (control, treatment) = (count(&inputs["control"]), count(&inputs["treatment"]));
    let interval = |i: pointsman_experiment::stats::effect::Interval| list(&i.as_array());
    let intervals = json!({
        "diff": treatment.rate() - control.rate(),
        "wald_ci": interval(proportion::wald(control, treatment, alpha)),
        "newcombe_ci": interval(proportion::newcombe(control, treatment, alpha)),
        "agresti_caffo_ci": interval(proportion::agresti_caffo(control, treatment, alpha)),
        // The reference is statsmodels, which has its own idea of the constrained rates.
        "score_ci": interval(score::difference_interval(control, treatment, alpha, ScoreFormula::Statsmodels)),
    });
    let test = match proportion::pooled_z(control, treatment) {
        Ok(z) => object([("z_pooled", z.z), ("p_value", z.p_value), ("p_value_continuity", z.p_value_continuity)]),
        Err(why) => json!({"status": "undefined", "reason": why, "z_pooled": null, "p_value": null}),
    };
    merged(intervals, test)
}

pub fn intervals(inputs: &Value, params: &Value) -> Value {
    let count = Count::new(num(inputs, "x") as u64, num(inputs, "n") as u64).expect("counts");
    let alpha = num(params, "alpha");
    json!({
        "wilson": list(&count.wilson(alpha).as_array()),
        "clopper_pearson": list(&count.clopper_pearson(alpha).as_array()),
        "jeffreys": list(&count.jeffreys(alpha).as_array()),
        "agresti_coull": list(&count.agresti_coull(alpha).as_array()),
    })
}

pub fn contingency(inputs: &Value) -> Value {
    let rows: Vec<Vec<u64>> = inputs["table"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|r| r.as_array().expect("row").iter().map(|k| k.as_u64().expect("count")).collect())
        .collect();
    let result = with_status(table::independence(&rows), |t| {
        object([
            ("df", f64::from(t.df)),
            ("pearson_chi2", t.pearson),
            ("pearson_p", t.pearson_p),
            ("g_stat", t.g),
            ("g_p", t.g_p),
        ])
    });
    let [first, second] = rows.as_slice() else { return result };
    let (&[a, b], &[c, d]) = (first.as_slice(), second.as_slice()) else { return result };
    let fisher = table::fisher([[a, b], [c, d]]);
    merged(
        result,
        object([
            ("fisher_p_two_sided", fisher.two_sided),
            ("fisher_p_greater", fisher.greater),
            ("fisher_p_less", fisher.less),
        ]),
    )
}

pub fn srm(inputs: &Value, params: &Value) -> Value {
    let observed: Vec<u64> = nums(&inputs["observed"]).iter().map(|x| *x as u64).collect();
    let concentration = num(params, "dirichlet_concentration_per_arm");
    with_status(ratio::test(&observed, &nums(&inputs["weights"]), concentration), |s| {
        merged(
            object([
                ("chi2", s.chi2),
                ("df", f64::from(s.df)),
                ("p_value", s.p_value),
                ("min_expected", s.min_expected),
                ("sequential_log_bayes_factor", s.ln_bayes_factor),
                ("sequential_p_value", s.sequential_p),
                ("units_in_zero_weight_variant", s.units_in_zero_weight as f64),
            ]),
            json!({"mismatch_at_0_001": s.mismatch()}),
        )
    })
}

pub fn multiplicity(inputs: &Value, params: &Value) -> Value {
    let p = nums(&inputs["p_values"]);
    let alpha = num(params, "alpha");
    Adjustment::ALL
        .into_iter()
        .map(|how| {
            let adjusted = multi::adjust(&p, how);
            let reject: Vec<bool> = adjusted.iter().map(|a| *a <= alpha).collect();
            let name = serde_json::to_value(how).expect("name").as_str().expect("text").to_owned();
            (
                name,
                json!({"adjusted": adjusted.iter().map(|a| compare::json(*a)).collect::<Vec<_>>(), "reject": reject}),
            )
        })
        .collect()
}
