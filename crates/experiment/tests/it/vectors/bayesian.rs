use pointsman_experiment::stats::{
    bandit::{self as arms, ArmStats},
    bayes::{self, Beta, Better, GaussianPrior},
    effect::Scale,
    lift,
};
use serde_json::{Value, json};

use super::input::{list, merged, num, nums, object, samples, scale, with_status};
use crate::compare;

fn better(params: &Value) -> Better {
    if params["inverse"] == true { Better::Lower } else { Better::Higher }
}

pub fn beta_binomial(inputs: &Value, params: &Value) -> Value {
    let prior = Beta { a: num(params, "prior_alpha"), b: num(params, "prior_beta") };
    let posterior = |arm: &Value| prior.updated(num(arm, "x"), num(arm, "n")).expect("counts");
    let (control, treatment) = (posterior(&inputs["control"]), posterior(&inputs["treatment"]));
    let result = bayes::compare(control, treatment);
    merged(
        object([
            ("prob_treatment_better", result.prob_treatment_better),
            ("expected_loss_choose_treatment", result.loss_if_treatment),
            ("expected_loss_choose_control", result.loss_if_control),
            ("posterior_mean_control", control.mean()),
            ("posterior_mean_treatment", treatment.mean()),
        ]),
        json!({
            "credible_control": list(&control.credible(0.95).as_array()),
            "credible_treatment": list(&treatment.credible(0.95).as_array()),
        }),
    )
}

pub fn gaussian(inputs: &Value, params: &Value) -> Value {
    let (control, treatment) = samples(inputs);
    let prior = GaussianPrior {
        mean: num(params, "prior_mean"),
        variance: num(params, "prior_variance"),
        proper: params["prior_proper"] == true,
        scale: if params["prior_type"] == "relative" { Scale::Relative } else { Scale::Absolute },
    };
    let better = better(params);
    let posterior = lift::effect_on(scale(params), &control, &treatment)
        .and_then(|e| bayes::gaussian(&e, scale(params), control.mean, prior, better));
    with_status(posterior, |p| {
        let interval = p.credible(num(params, "alpha"));
        let (of_control, of_treatment) = (p.positive_part, p.negative_part);
        let listed = if better == Better::Lower { [of_treatment, of_control] } else { [of_control, of_treatment] };
        merged(
            object([
                ("chance_to_win", p.chance_to_win),
                ("expected", p.mean),
                ("ci_low", interval.low),
                ("ci_high", interval.high),
                ("posterior_sd", p.sd),
                ("risk_choose_control", of_control),
                ("risk_choose_treatment", of_treatment),
            ]),
            json!({"gbstats_risk_list": list(&listed)}),
        )
    })
}

pub fn bandit(inputs: &Value, params: &Value) -> Value {
    let stats: Vec<ArmStats> = nums(&inputs["n"])
        .into_iter()
        .zip(nums(&inputs["mean"]))
        .zip(nums(&inputs["var"]))
        .map(|((n, mean), variance)| ArmStats { n, mean, variance })
        .collect();
    let better = better(params);
    let standing = arms::standing(&stats, better).expect("arms vary");
    let rule = arms::stop_rule(&stats, better, num(params, "delta"), num(params, "epsilon")).expect("arms vary");
    let mut result = json!({
        "prob_best": list(&standing.prob_best),
        "prob_second": list(&standing.prob_second),
        "thompson_weights_floored": list(&arms::floored(&standing.prob_best, num(params, "floor"))),
        "top_two_share": list(&standing.top_two_share),
        "ttts_sampling_probability": list(&arms::top_two(&standing.prob_best, num(params, "ttts_beta"))),
        "glr_min": rule.statistic,
        "glr_threshold": rule.threshold,
        "glr_stop": rule.crossed(),
        "leader": standing.leader,
    });
    if let Ok(track) = arms::track_and_stop(&stats, better) {
        result["track_and_stop_weights"] = list(&track.weights);
        result["characteristic_time"] = compare::json(track.characteristic_time);
    }
    result
}
