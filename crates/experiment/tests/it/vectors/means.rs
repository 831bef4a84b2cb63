use pointsman_experiment::{
    Undefined,
    moments::{CoMoments, Moments},
    stats::{
        cuped,
        effect::{self, Sample, Scale},
        heterogeneity as het, lift, non_inferiority as ni, post_stratification as strata, ratio, regression as reg,
        winsor,
    },
};
use serde_json::{Value, json};

use super::input::{
    effect as effect_json, flags, list, merged, moments, num, nums, object, samples, scale, with_status,
};
use crate::compare;

pub fn welch_t(inputs: &Value, params: &Value) -> Value {
    let (control, treatment) = samples(inputs);
    effect_json(effect::welch(&control, &treatment), num(params, "alpha"))
}

pub fn welch_t_raw(inputs: &Value, params: &Value) -> Value {
    let sample = |key: &str| Sample::from(Moments::of(&nums(&inputs[key])));
    effect_json(effect::welch(&sample("control"), &sample("treatment")), num(params, "alpha"))
}

pub fn relative_lift(inputs: &Value, params: &Value) -> Value {
    let alpha = num(params, "alpha");
    let proportion = params["statistic"] == "proportion";
    let (control, treatment) = if proportion {
        let sample = |key: &str| Sample::proportion(num(&inputs[key], "sum"), num(&inputs[key], "n"));
        (sample("control"), sample("treatment"))
    } else {
        samples(inputs)
    };
    let delta = lift::delta(&control, &treatment);
    let mut result = effect_json(delta, alpha);
    if let Ok(found) = delta {
        result["lift"] = compare::json(found.estimate);
        result["fieller_z"] = match lift::fieller(&control, &treatment, alpha).expect("as delta") {
            Some(interval) => object([("fieller_low", interval.low), ("fieller_high", interval.high)]),
            None => json!({"fieller": "unbounded"}),
        };
        if let Ok(log) = lift::log_interval(&control, &treatment, alpha) {
            result = merged(result, object([("log_ci_low", log.low), ("log_ci_high", log.high)]));
        }
    }
    result
}

fn ratio_stats(arm: &Value) -> CoMoments<2> {
    let (m, d) = (num(arm, "sum_m"), num(arm, "sum_d"));
    let product = num(arm, "sumprod_m_d");
    CoMoments::from_sums(num(arm, "n"), [m, d], [[num(arm, "sumsq_m"), product], [product, num(arm, "sumsq_d")]])
}

pub fn ratio_delta(inputs: &Value, params: &Value) -> Value {
    let samples = || -> Result<(Sample, Sample), Undefined> {
        Ok((ratio::sample(&ratio_stats(&inputs["control"]))?, ratio::sample(&ratio_stats(&inputs["treatment"]))?))
    };
    let on = |scale| effect_json(samples().and_then(|(c, t)| lift::effect_on(scale, &c, &t)), num(params, "alpha"));
    json!({"absolute": on(Scale::Absolute), "relative": on(Scale::Relative)})
}

pub fn cuped_mean(inputs: &Value, params: &Value) -> Value {
    let alpha = num(params, "alpha");
    let stats = |arm: &Value| {
        let product = num(arm, "sumprod_y_x");
        CoMoments::<2>::from_sums(
            num(arm, "n"),
            [num(arm, "sum_y"), num(arm, "sum_x")],
            [[num(arm, "sumsq_y"), product], [product, num(arm, "sumsq_x")]],
        )
    };
    let (control, treatment) = (stats(&inputs["control"]), stats(&inputs["treatment"]));
    let on = |scale| effect_json(cuped::mean_effect(&control, &treatment, scale), alpha);
    let theta = cuped::theta(&control, &treatment);
    let mut result = json!({"absolute": on(Scale::Absolute), "relative": on(Scale::Relative), "theta": theta});
    if let Ok(means) = cuped::adjusted_means(&control, &treatment, alpha) {
        let interval = means.effect.interval(alpha);
        result["tea_tasting"] = object([
            ("effect_size", means.effect.estimate),
            ("ci_low", interval.low),
            ("ci_high", interval.high),
            ("p_value", means.effect.p_two_sided()),
            ("rel_effect_size", means.lift),
            ("rel_ci_low", means.lift_interval.low),
            ("rel_ci_high", means.lift_interval.high),
        ]);
    }
    if let Ok(share) = cuped::variance_reduction(&control, theta) {
        result["variance_reduction_control"] = compare::json(share);
    }
    result
}

pub fn cuped_ratio(inputs: &Value, params: &Value) -> Value {
    let stats = |arm: &Value| {
        let get = |key: &str| num(arm, key);
        let (md, mm, mdp) = (get("sumprod_m_d"), get("sumprod_m_mp"), get("sumprod_m_dp"));
        let (dm, dd, pp) = (get("sumprod_d_mp"), get("sumprod_d_dp"), get("sumprod_mp_dp"));
        CoMoments::<4>::from_sums(
            get("n"),
            [get("sum_m"), get("sum_d"), get("sum_mp"), get("sum_dp")],
            [
                [get("sumsq_m"), md, mm, mdp],
                [md, get("sumsq_d"), dm, dd],
                [mm, dm, get("sumsq_mp"), pp],
                [mdp, dd, pp, get("sumsq_dp")],
            ],
        )
    };
    let (control, treatment) = (stats(&inputs["control"]), stats(&inputs["treatment"]));
    let on = |scale| effect_json(cuped::ratio_effect(&control, &treatment, scale), num(params, "alpha"));
    json!({
        "absolute": on(Scale::Absolute),
        "relative": on(Scale::Relative),
        "theta": cuped::ratio_theta(&control, &treatment),
    })
}

pub fn regression(inputs: &Value) -> Value {
    let x: Vec<Vec<f64>> = inputs["x"].as_array().expect("rows").iter().map(nums).collect();
    with_status(reg::lin(&nums(&inputs["y"]), &flags(&inputs["treat"]), &x), |r| {
        merged(
            object([
                ("estimate", r.estimate),
                ("se_hc0", r.se_hc0),
                ("se_hc1", r.se_hc1),
                ("se_hc2", r.se_hc2),
                ("se_hc3", r.se_hc3),
                ("p_hc2_normal", r.p_value()),
            ]),
            json!({"ci_hc2": list(&r.interval(0.05).as_array())}),
        )
    })
}

pub fn post_stratification(inputs: &Value, params: &Value) -> Value {
    let proportion = params["statistic"] == "proportion";
    let sample = |arm: &Value| {
        if proportion { Sample::proportion(num(arm, "sum"), num(arm, "n")) } else { moments(arm).into() }
    };
    let cells: Vec<(Sample, Sample)> = inputs["strata"]
        .as_array()
        .expect("strata")
        .iter()
        .map(|s| (sample(&s["control"]), sample(&s["treatment"])))
        .collect();
    let on = |scale| {
        with_status(strata::effect(&cells, scale), |r| {
            merged(
                object([("estimate", r.estimate), ("std_error", r.std_error)]),
                json!({"post_stratification_applied": r.applied}),
            )
        })
    };
    json!({"absolute": on(Scale::Absolute), "relative": on(Scale::Relative)})
}

pub fn winsorised(inputs: &Value, params: &Value) -> Value {
    let of = if params["nonzero_only"] == true { winsor::CapOf::NonZero } else { winsor::CapOf::All };
    match winsor::cap(&nums(&inputs["control"]), &nums(&inputs["treatment"]), num(params, "percentile"), of) {
        Ok(cut) => merged(
            effect_json(effect::welch(&cut.control, &cut.treatment), num(params, "alpha")),
            object([("cap", cut.cap), ("n_capped", cut.capped as f64)]),
        ),
        Err(why) => json!({"status": "undefined", "reason": why}),
    }
}

pub fn non_inferiority(inputs: &Value, params: &Value) -> Value {
    let (control, treatment) = samples(inputs);
    let alpha = num(params, "alpha");
    with_status(lift::effect_on(scale(params), &control, &treatment), |e| {
        let answer = ni::within_margin(&e, num(params, "margin"), alpha);
        merged(
            object([
                ("estimate", e.estimate),
                ("std_error", e.std_error),
                ("df", e.df),
                ("lower_bound", answer.lower_bound),
                ("p_noninferiority", answer.p_noninferiority),
                ("p_tost_equivalence", answer.p_equivalence),
            ]),
            json!({"noninferior": answer.noninferior, "equivalent": answer.equivalent}),
        )
    })
}

pub fn heterogeneity(inputs: &Value) -> Value {
    with_status(het::segments(&nums(&inputs["effects"]), &nums(&inputs["std_errors"])), |h| {
        object([
            ("fixed_effect", h.fixed_effect),
            ("fixed_se", h.fixed_se),
            ("q", h.q),
            ("df", f64::from(h.df)),
            ("p_heterogeneity", h.p_value),
            ("i2", h.i2),
            ("tau2_dl", h.tau2),
            ("random_effect", h.random_effect),
            ("random_se", h.random_se),
        ])
    })
}
