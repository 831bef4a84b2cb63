use pointsman_experiment::stats::{
    group_sequential::{GroupSequential, Spending},
    lift,
    sequential::{self as seq, ConfidenceSequence, NormalMixture, Sides, vendor},
};
use serde_json::{Value, json};

use super::input::{list, merged, moments, num, nums, object, samples, scale, with_status};

pub fn asymptotic(inputs: &Value, params: &Value) -> Value {
    let (control, treatment) = samples(inputs);
    let sequence = ConfidenceSequence { alpha: num(params, "alpha"), tuning: num(params, "tuning_parameter") };
    let units = control.n + treatment.n;
    with_status(lift::effect_on(scale(params), &control, &treatment), |e| {
        let interval = sequence.interval(e.estimate, e.std_error, units);
        let one_sided = sequence.one_sided_width(e.std_error, units);
        object([
            ("estimate", e.estimate),
            ("std_error", e.std_error),
            ("rho", sequence.rho()),
            ("half_width", sequence.half_width(e.std_error, units)),
            ("ci_low", interval.low),
            ("ci_high", interval.high),
            ("p_value", sequence.p_value(e.estimate, e.std_error, units)),
            ("log_p_unclipped", sequence.ln_p(e.estimate, e.std_error, units)),
            ("one_sided_greater_rho", sequence.rho_one_sided()),
            ("one_sided_greater_bound", e.estimate - one_sided),
            ("one_sided_lesser_rho", sequence.rho_one_sided()),
            ("one_sided_lesser_bound", e.estimate + one_sided),
        ])
    })
}

pub fn vendors(inputs: &Value, params: &Value) -> Value {
    let alpha = num(params, "alpha");
    let (control, treatment) = (moments(&inputs["control"]).into(), moments(&inputs["treatment"]).into());
    let statsig = vendor::statsig(&control, &treatment, alpha);
    let eppo = vendor::eppo(&control, &treatment, alpha, num(params, "eppo_n_tune"));
    let mixture = NormalMixture::tuned(num(params, "confseq_v_opt"), alpha, Sides::Two);
    let units = control.n + treatment.n;
    let bound = mixture.bound(units, alpha);
    json!({
        "statsig_msprt": object([
            ("tau", statsig.tau),
            ("z_star", statsig.z_star),
            ("ci_low", statsig.interval.low),
            ("ci_high", statsig.interval.high),
            ("p_value", statsig.p_value),
        ]),
        "eppo": object([
            ("rho", eppo.rho),
            ("multiplier", eppo.multiplier),
            ("abs_ci_low", eppo.interval.low),
            ("abs_ci_high", eppo.interval.high),
        ]),
        "confseq_normal_mixture_two_sided": object([("bound_sum_scale", bound), ("multiplier", bound / units.sqrt())]),
        "tensorzero_per_arm": object([
            ("rho", vendor::tensorzero_rho(alpha)),
            ("margin_control", vendor::tensorzero_margin(&control, alpha)),
            ("margin_treatment", vendor::tensorzero_margin(&treatment, alpha)),
        ]),
    })
}

pub fn mixture(inputs: &Value, params: &Value) -> Value {
    let (alpha, s, v) = (num(params, "alpha"), num(inputs, "sum"), num(inputs, "intrinsic_time"));
    let side = |sides| NormalMixture::tuned(num(params, "v_opt"), alpha, sides);
    let fields = |m: NormalMixture| {
        object([("log_e_value", m.ln_e(s, v)), ("always_valid_p", m.p_value(s, v)), ("bound", m.bound(v, alpha))])
    };
    json!({
        "two_sided": fields(side(Sides::Two)),
        "one_sided": fields(side(Sides::One)),
        "rho_two_sided": side(Sides::Two).rho,
    })
}

pub fn bernoulli(inputs: &Value, params: &Value) -> Value {
    let interval =
        seq::bernoulli(num(inputs, "successes"), num(inputs, "trials"), num(params, "alpha"), num(params, "t_opt"));
    with_status(interval, |i| object([("ci_low", i.low), ("ci_high", i.high)]))
}

pub fn group_sequential(inputs: &Value, params: &Value) -> Value {
    assert_eq!(params["sides"], 2, "only symmetric two-sided plans");
    let (alpha, power) = (num(params, "alpha"), num(params, "power"));
    let spending = match params["spending"].as_str().expect("spending") {
        "obf" => Spending::ObrienFleming,
        "pocock" => Spending::Pocock,
        other => Spending::Power(other.strip_prefix("power").and_then(|k| k.parse().ok()).expect("power family")),
    };
    let plan = GroupSequential::plan(&nums(&inputs["information_fractions"]), alpha, spending);
    with_status(plan, |plan| {
        let drift = plan.drift_for(power);
        merged(
            json!({
                "z_bounds": list(&plan.z_bounds),
                "nominal_p_two_sided": list(&plan.nominal_p),
                "cumulative_alpha_two_sided": list(&plan.spent),
            }),
            object([
                ("drift_for_power80", drift),
                ("inflation_factor", plan.inflation(alpha, power)),
                ("expected_information_fraction_under_drift", plan.expected_fraction(drift)),
            ]),
        )
    })
}
