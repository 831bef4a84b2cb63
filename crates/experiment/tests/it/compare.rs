//! Expected against found, every field.

use std::path::PathBuf;

use serde_json::Value;

/// The folder of shared reference files; `None` (with a printed line) when it is not there.
pub fn shared(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// The file named by an environment variable, else the shared one.
#[expect(clippy::disallowed_methods, reason = "the variable is how other reference files are tried")]
pub fn vector_file(variable: &str, file: &str) -> Option<PathBuf> {
    match std::env::var_os(variable) {
        Some(path) => Some(PathBuf::from(path)),
        None => shared(file),
    }
}

pub fn read_json(path: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// |x − r| ≤ abs + rel |r|.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    pub rel: f64,
    pub abs: f64,
}

/// A number, with "inf" and "-inf" as text.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) if s == "inf" => Some(f64::INFINITY),
        Value::String(s) if s == "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A number as JSON: infinities as text, NaN as a text that matches nothing.
pub fn json(x: f64) -> Value {
    if x.is_finite() {
        serde_json::json!(x)
    } else if x.is_nan() {
        Value::String("NaN".into())
    } else {
        Value::String(if x > 0.0 { "inf" } else { "-inf" }.into())
    }
}

/// Walks the expected value and reports every path where `found` lacks it or differs.
pub struct Comparison<'a> {
    pub default: Tolerance,
    pub fields: &'a dyn Fn(&str) -> Option<Tolerance>,
    pub problems: Vec<String>,
    pub compared: usize,
}

impl Comparison<'_> {
    pub fn walk(&mut self, path: &str, tolerance: Tolerance, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::Object(fields), _) => self.object(path, tolerance, fields, found),
            (Value::Array(items), Value::Array(found_items)) => {
                if items.len() != found_items.len() {
                    self.problems.push(format!("{path}: {} values, expected {}", found_items.len(), items.len()));
                    return;
                }
                for (i, (e, f)) in items.iter().zip(found_items).enumerate() {
                    self.walk(&format!("{path}[{i}]"), tolerance, e, f);
                }
            }
            _ => self.leaf(path, tolerance, expected, found),
        }
    }

    fn object(&mut self, path: &str, tolerance: Tolerance, fields: &serde_json::Map<String, Value>, found: &Value) {
        let status = fields.get("status").and_then(Value::as_str);
        if status == Some("undefined_or_zero_se") {
            self.compared += 1;
            let undefined = found.get("status").and_then(Value::as_str) == Some("undefined");
            let small = found.get("std_error").and_then(number).is_some_and(|se| se.abs() < 1e-6);
            if !undefined && !small {
                self.problems.push(format!("{path}: expected undefined or a standard error below 1e-6, found {found}"));
            }
            return;
        }
        for (key, value) in fields {
            // The text of a reason is advisory; the status is compared.
            if key == "reason" {
                continue;
            }
            let inner = (self.fields)(key).unwrap_or(tolerance);
            let path = format!("{path}.{key}");
            match found.get(key) {
                Some(f) => self.walk(&path, inner, value, f),
                None => self.problems.push(format!("{path}: missing, expected {value}")),
            }
        }
    }

    fn leaf(&mut self, path: &str, tolerance: Tolerance, expected: &Value, found: &Value) {
        self.compared += 1;
        let fits = match (number(expected), number(found)) {
            (Some(e), Some(f)) if e.is_infinite() || f.is_infinite() => e == f,
            (Some(e), Some(f)) => (f - e).abs() <= tolerance.abs + tolerance.rel * e.abs(),
            _ => expected == found,
        };
        if !fits {
            self.problems.push(format!("{path}: found {found}, expected {expected}"));
        }
    }
}
