use pointsman_experiment::{
    moments::CoMoments,
    stats::{
        bootstrap as boot,
        effect::Scale,
        lift, mann_whitney as ranks,
        quantile::{self, ClusterShare, QuantileStat},
        survival::{self as surv, Observed, RankWeight, Sorted, Ties},
    },
};
use serde_json::{Value, json};

use super::input::{effect as effect_json, flags, list, merged, num, nums, object, with_status};
use crate::compare;

fn effects(
    control: (&QuantileStat, Option<&ClusterShare>),
    treatment: (&QuantileStat, Option<&ClusterShare>),
    alpha: f64,
) -> Value {
    let on = |scale| {
        let effect =
            control.0.sample(control.1).and_then(|c| lift::effect_on(scale, &c, &treatment.0.sample(treatment.1)?));
        effect_json(effect, alpha)
    };
    json!({"absolute": on(Scale::Absolute), "relative": on(Scale::Relative)})
}

pub fn quantile_raw(inputs: &Value, params: &Value) -> Value {
    let stat = |key: &str| quantile::from_values(&mut nums(&inputs[key]), num(params, "nu")).expect("values");
    let (control, treatment) = (stat("control"), stat("treatment"));
    let fields = |q: &QuantileStat| {
        object([
            ("n", q.n),
            ("n_star", q.n_star),
            ("nu", q.nu),
            ("quantile_hat", q.value),
            ("quantile_lower", q.lower),
            ("quantile_upper", q.upper),
        ])
    };
    let described = json!({
        "control": fields(&control),
        "treatment": fields(&treatment),
        "var_control": control.variance(),
        "var_treatment": treatment.variance(),
    });
    merged(described, effects((&control, None), (&treatment, None), num(params, "alpha")))
}

pub fn quantile_aggregate(inputs: &Value, params: &Value) -> Value {
    let stat = |arm: &Value| QuantileStat {
        n: num(arm, "n"),
        n_star: num(arm, "n_star"),
        nu: num(arm, "nu"),
        value: num(arm, "quantile_hat"),
        lower: num(arm, "quantile_lower"),
        upper: num(arm, "quantile_upper"),
    };
    let share = |arm: &Value| {
        (params["clustered"] == true).then(|| {
            let product = num(arm, "main_denominator_sum_product");
            ClusterShare(CoMoments::from_sums(
                num(arm, "n_clusters"),
                [num(arm, "main_sum"), num(arm, "denominator_sum")],
                [[num(arm, "main_sum_squares"), product], [product, num(arm, "denominator_sum_squares")]],
            ))
        })
    };
    let (control, treatment) = (&inputs["control"], &inputs["treatment"]);
    let (c, t) = (stat(control), stat(treatment));
    let (share_c, share_t) = (share(control), share(treatment));
    let variance = |q: &QuantileStat, s: &Option<ClusterShare>| match s {
        Some(s) => q.clustered_variance(s),
        None => q.variance(),
    };
    let variances = json!({"var_control": variance(&c, &share_c), "var_treatment": variance(&t, &share_t)});
    merged(variances, effects((&c, share_c.as_ref()), (&t, share_t.as_ref()), num(params, "alpha")))
}

pub fn bootstrap(inputs: &Value, params: &Value) -> Value {
    let statistic = match params["statistic"].as_str().expect("statistic") {
        "mean" => boot::Statistic::Mean,
        "median" => boot::Statistic::Quantile(0.5),
        other => {
            let percent: f64 = other.strip_prefix('p').and_then(|p| p.parse().ok()).expect("a percentile");
            boot::Statistic::Quantile(percent / 100.0)
        }
    };
    let indices = |key: &str| -> Vec<Vec<usize>> {
        inputs[key].as_array().expect("rows").iter().map(|r| nums(r).iter().map(|x| *x as usize).collect()).collect()
    };
    let result = boot::from_resamples(
        &nums(&inputs["control"]),
        &nums(&inputs["treatment"]),
        &indices("control_indices"),
        &indices("treatment_indices"),
        statistic,
        num(params, "confidence"),
    );
    with_status(result, |b| {
        json!({
            "observed": b.observed,
            "std_error": b.std_error,
            "percentile": list(&b.percentile.as_array()),
            "basic": list(&b.basic.as_array()),
            "bca": b.bca.map_or(json!([null, null]), |i| list(&i.as_array())),
        })
    })
}

pub fn survival(inputs: &Value, params: &Value) -> Value {
    let tau = num(params, "tau");
    let sorted = |arm: &Value| {
        let observations =
            nums(&arm["time"]).into_iter().zip(flags(&arm["event"])).map(|(time, event)| Observed { time, event });
        Sorted::new(observations.collect()).expect("finite times")
    };
    let (control, treatment) = (sorted(&inputs["control"]), sorted(&inputs["treatment"]));
    let (curve_c, curve_t) = (surv::kaplan_meier(&control), surv::kaplan_meier(&treatment));
    let fields = |curve: &surv::Curve| {
        let mean = curve.restricted_mean(tau);
        json!({
            "times": list(&curve.times),
            "at_risk": list(&curve.at_risk),
            "events": list(&curve.events),
            "survival": list(&curve.survival),
            "greenwood_se": list(&curve.std_error),
            "median": curve.quantile(0.5),
            "rmst": mean.value,
            "rmst_se": mean.std_error,
        })
    };
    let rank = |weight| {
        with_status(surv::rank_test(&control, &treatment, weight), |r| {
            object([("chi2", r.chi2), ("p_value", r.p_value), ("df", 1.0)])
        })
    };
    let cox = |ties| {
        with_status(surv::hazard_ratio(&control, &treatment, ties), |h| {
            object([("log_hazard_ratio", h.ln_ratio), ("se", h.std_error)])
        })
    };
    let difference = surv::restricted_mean_difference(curve_c.restricted_mean(tau), curve_t.restricted_mean(tau));
    json!({
        "control": fields(&curve_c),
        "treatment": fields(&curve_t),
        "logrank": rank(RankWeight::LogRank),
        "gehan_breslow": rank(RankWeight::Gehan),
        "tarone_ware": rank(RankWeight::TaroneWare),
        "cox_breslow": cox(Ties::Breslow),
        "cox_efron": cox(Ties::Efron),
        "rmst_difference": {
            "tau": tau,
            "estimate": difference.estimate,
            "se": difference.std_error,
            "p_value": difference.p_value,
        },
    })
}

pub fn mann_whitney(inputs: &Value) -> Value {
    with_status(ranks::test(&nums(&inputs["control"]), &nums(&inputs["treatment"])), |m| {
        let mut result = object([
            ("u_treatment", m.u_treatment),
            ("p_asymptotic_continuity", m.p_asymptotic),
            ("prob_superiority", m.prob_superiority),
        ]);
        if let Some(p) = m.p_exact {
            result["p_exact"] = compare::json(p);
        }
        result
    })
}
