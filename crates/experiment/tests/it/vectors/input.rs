//! Reading a case's inputs, and writing results the way cases expect them.

use pointsman_experiment::{
    Undefined,
    moments::Moments,
    stats::effect::{Effect, Sample, Scale},
};
use serde_json::{Map, Value, json};

use crate::compare;

pub fn num(value: &Value, key: &str) -> f64 {
    compare::number(&value[key]).unwrap_or_else(|| panic!("{key} is not a number in {value}"))
}

pub fn nums(value: &Value) -> Vec<f64> {
    value.as_array().expect("list").iter().map(|x| compare::number(x).expect("number")).collect()
}

pub fn flags(value: &Value) -> Vec<bool> {
    nums(value).into_iter().map(|x| x != 0.0).collect()
}

pub fn moments(arm: &Value) -> Moments {
    if arm.get("mean").is_some() {
        Moments::from_variance(num(arm, "n"), num(arm, "mean"), num(arm, "var"))
    } else {
        Moments::from_sums(num(arm, "n"), num(arm, "sum"), num(arm, "sum_squares"))
    }
}

pub fn samples(inputs: &Value) -> (Sample, Sample) {
    (moments(&inputs["control"]).into(), moments(&inputs["treatment"]).into())
}

pub fn scale(params: &Value) -> Scale {
    if params["difference_type"] == "relative" { Scale::Relative } else { Scale::Absolute }
}

/// An object of numbers.
pub fn object<const N: usize>(fields: [(&str, f64); N]) -> Value {
    Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), compare::json(v))).collect())
}

/// `fields` with status ok, or the refusal's name.
pub fn with_status<T>(result: Result<T, Undefined>, fields: impl FnOnce(T) -> Value) -> Value {
    match result {
        Ok(value) => merged(json!({"status": "ok"}), fields(value)),
        Err(why) => json!({"status": "undefined", "reason": why}),
    }
}

pub fn merged(mut a: Value, b: Value) -> Value {
    let (Value::Object(into), Value::Object(from)) = (&mut a, b) else { panic!("objects") };
    into.extend::<Map<String, Value>>(from);
    a
}

/// Every field that a t-tested effect may be asked for.
pub fn effect(result: Result<Effect, Undefined>, alpha: f64) -> Value {
    with_status(result, |e| {
        let interval = e.interval(alpha);
        object([
            ("estimate", e.estimate),
            ("std_error", e.std_error),
            ("df", e.df),
            ("t", e.t()),
            ("p_two_sided", e.p_two_sided()),
            ("p_greater", e.p_greater()),
            ("p_less", e.p_less()),
            ("ci_low", interval.low),
            ("ci_high", interval.high),
        ])
    })
}

pub fn list(values: &[f64]) -> Value {
    Value::Array(values.iter().map(|x| compare::json(*x)).collect())
}
