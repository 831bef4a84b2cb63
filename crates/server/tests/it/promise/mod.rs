//! What `/v1` has promised stays: the description that is served against the one that is kept.
//!
//! `docs/openapi-v1.json` is the part of the description that binds: no texts, no pages. It grows by
//! `POINTSMAN_WRITE_DOCS=1 cargo test -p pointsman-server -- roles promise`, which refuses to write
//! while anything is lost: what was promised is never taken out again.

#![expect(clippy::disallowed_methods, reason = "whether the promise is written or compared is said by the environment")]

mod compare;
mod found;

use std::{fmt::Write as _, path::Path};

use compare::losses;
use serde_json::{Map, Value, json};

#[test]
fn what_v1_has_promised_stays() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi-v1.json");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let promised: Value = serde_json::from_str(&kept).unwrap_or_else(|e| panic!("docs/openapi-v1.json: {e}"));
    let served = pointsman_server::openapi::document();
    let lost = losses(&promised, &served);
    assert!(lost.is_empty(), "/v1 does not keep what it promised:\n{}", lost.join("\n"));
    let now = written(&binding(&served));
    if std::env::var_os("POINTSMAN_WRITE_DOCS").is_some() {
        std::fs::write(&path, &now).unwrap();
        return;
    }
    assert!(kept == now, "/v1 promises more: POINTSMAN_WRITE_DOCS=1 cargo test -p pointsman-server -- roles promise");
}

/// The operations under `/v1` and the schemas, without the words for people.
fn binding(document: &Value) -> Value {
    let paths = document["paths"].as_object().unwrap().iter();
    let paths: Map<String, Value> = paths
        .filter(|(path, _)| path.starts_with("/v1/"))
        .map(|(path, all)| (path.clone(), bare(all, false)))
        .collect();
    json!({ "components": { "schemas": bare(&document["components"]["schemas"], true) }, "paths": paths })
}

/// `names`: the keys are names of properties or schemas, whatever they are called.
fn bare(value: &Value, names: bool) -> Value {
    const WORDS: [&str; 3] = ["description", "summary", "example"];
    match value {
        Value::Object(entries) => entries
            .iter()
            .filter(|(key, _)| names || !WORDS.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), bare(value, !names && key == "properties")))
            .collect(),
        Value::Array(items) => items.iter().map(|item| bare(item, false)).collect(),
        other => other.clone(),
    }
}

/// One line an operation and a schema, so that a difference shows where it is.
fn written(promise: &Value) -> String {
    let mut text = String::from("{\"paths\": {\n");
    let paths = promise["paths"].as_object().unwrap();
    for (at, (path, operations)) in paths.iter().enumerate() {
        let _ = writeln!(text, "{}: {{", json!(path));
        lines(&mut text, operations);
        text += if at + 1 < paths.len() { "},\n" } else { "}\n" };
    }
    text += "}, \"components\": {\"schemas\": {\n";
    lines(&mut text, &promise["components"]["schemas"]);
    text + "}}}\n"
}

fn lines(text: &mut String, object: &Value) {
    let entries = object.as_object().unwrap();
    for (at, (name, value)) in entries.iter().enumerate() {
        let _ = writeln!(text, "{}: {value}{}", json!(name), if at + 1 < entries.len() { "," } else { "" });
    }
}
