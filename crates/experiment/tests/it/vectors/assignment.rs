use pointsman_experiment::randomise::compat::{self, growthbook};
use serde_json::{Value, json};

use super::input::{num, nums};

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is not text in {value}"))
}

fn ranges(value: &Value) -> Vec<[f64; 2]> {
    value.as_array().expect("ranges").iter().map(|r| nums(r).try_into().expect("two ends")).collect()
}

fn weights(inputs: &Value) -> Option<Vec<f64>> {
    (!inputs["weights"].is_null()).then(|| nums(&inputs["weights"]))
}

fn index(variation: Option<usize>) -> i64 {
    variation.map_or(-1, |v| v as i64)
}

pub fn hash(inputs: &Value) -> Value {
    match growthbook::hash(text(inputs, "seed"), text(inputs, "value"), num(inputs, "version") as u32) {
        Ok(value) => json!({"status": "ok", "value": value}),
        Err(_) => json!({"status": "unknown_version", "value": null}),
    }
}

pub fn bucket_ranges(inputs: &Value) -> Value {
    let weights = weights(inputs);
    let count = num(inputs, "num_variations") as usize;
    json!({"ranges": growthbook::bucket_ranges(count, num(inputs, "coverage"), weights.as_deref())})
}

pub fn choose_variation(inputs: &Value) -> Value {
    json!({"variation": index(growthbook::choose_variation(num(inputs, "n"), &ranges(&inputs["ranges"])))})
}

pub fn namespace(inputs: &Value) -> Value {
    let space = &inputs["namespace"];
    let (low, high) = (space[1].as_f64().expect("low"), space[2].as_f64().expect("high"));
    let name = space[0].as_str().expect("name");
    json!({"included": growthbook::in_namespace(text(inputs, "user_id"), name, low, high)})
}

/// `lead-{0..49}` stands for fifty units.
fn units(pattern: &str) -> Vec<String> {
    let (head, rest) = pattern.split_once('{').expect("a range");
    let (range, tail) = rest.split_once('}').expect("a closed range");
    let (from, to) = range.split_once("..").expect("two ends");
    let (from, to): (u32, u32) = (from.parse().expect("from"), to.parse().expect("to"));
    (from..=to).map(|i| format!("{head}{i}{tail}")).collect()
}

pub fn assignment(inputs: &Value) -> Value {
    let weights = weights(inputs);
    let count = num(inputs, "num_variations") as usize;
    let variations: Vec<i64> = units(text(inputs, "unit_pattern"))
        .iter()
        .map(|unit| {
            let key = text(inputs, "experiment_key");
            index(growthbook::assign(key, unit, count, num(inputs, "coverage"), weights.as_deref()))
        })
        .collect();
    json!({"variations": variations})
}

pub fn murmur3(inputs: &Value) -> Value {
    let hex = text(inputs, "bytes_hex");
    let bytes: Vec<u8> =
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex")).collect();
    json!({"hash": compat::murmur3_x86_32(&bytes, num(inputs, "seed") as u32)})
}

pub fn unleash(inputs: &Value) -> Value {
    let (normalizer, seed) = (num(inputs, "normalizer") as u32, num(inputs, "seed") as u32);
    let value = compat::unleash_normalised(text(inputs, "id"), text(inputs, "group_id"), normalizer, seed);
    json!({"value": value.expect("a normalizer")})
}
