use pointsman_experiment::{
    plan::{
        mid::SoFar,
        power::{self, Level, TwoMeans},
    },
    stats::lift,
};
use serde_json::{Value, json};

use super::input::{merged, num, object, samples, scale};
use crate::compare;

fn level(params: &Value) -> Level {
    Level { alpha: num(params, "alpha"), power: num(params, "power") }
}

fn two_means(inputs: &Value, params: &Value) -> TwoMeans {
    TwoMeans { sd: num(inputs, "sd"), ratio: num(params, "ratio_treatment_to_control") }
}

/// The size at which cases ask for power and detectable effect.
const AT: f64 = 1000.0;

pub fn power_means(inputs: &Value, params: &Value) -> Value {
    let (design, level, effect) = (two_means(inputs, params), level(params), num(inputs, "effect"));
    let mut result = json!({
        "n_control_z_formula": design.control_units(effect, level).expect("an effect"),
        "power_at_n_control": object([
            ("n", AT),
            ("z", design.power_z(effect, AT, level.alpha)),
            ("t", design.power_t(effect, AT, level.alpha)),
        ]),
        "mde_abs_at_n_control": object([("n", AT), ("z", design.detectable(AT, level).expect("a level"))]),
    });
    if let Ok(n) = design.control_units_z(effect, level) {
        result["n_control_z"] = compare::json(n);
    }
    if let Ok(n) = design.control_units_t(effect, level) {
        result["n_control_t"] = compare::json(n);
    }
    result
}

/// The reference solver for the t test (statsmodels on scipy's noncentral t) sometimes meets NaN
/// and then returns a size whose power is not the one asked for, or no power at all. Such a field
/// contradicts its own definition; it is taken out and named, after ours was shown to satisfy it.
pub fn disproved_references(case: &Value, expected: &mut Value) -> Vec<String> {
    let mut lines = Vec::new();
    if case["method"] != "power_means" {
        return lines;
    }
    let (inputs, params) = (&case["inputs"], &case["params"]);
    let (design, level, effect) = (two_means(inputs, params), level(params), num(inputs, "effect"));
    if expected["power_at_n_control"]["t"].is_null() {
        let ours = design.power_t(effect, AT, level.alpha);
        assert!((0.0..=1.0).contains(&ours), "{ours}");
        expected["power_at_n_control"].as_object_mut().expect("object").remove("t");
        lines.push(format!("the reference has no power of the t test at 1000 (ours: {ours})"));
    }
    if let Some(n) = compare::number(&expected["n_control_t"]) {
        let ours = design.control_units_t(effect, level).expect("a size");
        assert!((design.power_t(effect, ours, level.alpha) - level.power).abs() < 1e-9);
        let theirs = design.power_t(effect, n, level.alpha);
        if (theirs - level.power).abs() > 1e-4 {
            expected.as_object_mut().expect("object").remove("n_control_t");
            lines.push(format!("the reference's {n} units have power {theirs:.6}, not {}; ours: {ours}", level.power));
        }
    }
    lines
}

pub fn power_proportions(inputs: &Value, params: &Value) -> Value {
    let units =
        power::proportion_units(num(inputs, "p_control"), num(inputs, "relative_lift"), level(params)).expect("rates");
    object([
        ("n_per_arm_unpooled", units.unpooled),
        ("n_per_arm_pooled_null", units.pooled_null),
        ("n_per_arm_statsmodels", units.pooled_null),
        ("cohen_h", units.cohen_h),
        ("n_per_arm_arcsine", units.arcsine),
    ])
}

pub fn detectable(inputs: &Value, params: &Value) -> Value {
    let (mean, sd, n) = (num(inputs, "mean"), num(inputs, "sd"), num(inputs, "n_per_arm"));
    match power::detectable_lift(mean, sd, n, level(params)) {
        Ok(lift) => merged(
            json!({"status": "ok"}),
            object([
                ("relative_mde", lift),
                ("absolute_mde_ignoring_lift_variance", power::detectable_difference(sd, n, level(params))),
            ]),
        ),
        Err(why) => json!({"status": "no_mde", "reason": why}),
    }
}

pub fn mid_experiment(inputs: &Value, params: &Value) -> Value {
    let (control, treatment) = samples(inputs);
    let effect = lift::effect_on(scale(params), &control, &treatment).expect("variances");
    let so_far = SoFar {
        units: control.n + treatment.n,
        squared_error: effect.std_error * effect.std_error,
        target: num(params, "target_mde"),
        alpha: num(params, "alpha"),
        sequence_tuning: (params["sequential"] == true).then(|| num(params, "tuning_parameter")),
    };
    let mut result = object([
        ("power_scaling_0", so_far.power(0.0)),
        ("power_scaling_1", so_far.power(1.0)),
        ("power_scaling_3", so_far.power(3.0)),
        ("power_scaling_10", so_far.power(10.0)),
    ]);
    if let Ok(more) = so_far.more_needed(num(params, "target_power")) {
        result["scaling_factor"] = compare::json(more);
        // Nothing more is needed: the reference says null.
        result["additional_users"] = if more > 0.0 { compare::json(more * so_far.units) } else { Value::Null };
    } else {
        result["scaling_factor"] = Value::Null;
        result["additional_users"] = Value::Null;
    }
    result
}
