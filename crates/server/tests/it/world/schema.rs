//! Answers against the description of the API: the part of JSON Schema that it uses. What it does
//! not know fails, so that nothing is passed over.

use serde_json::Value;

/// Checks an answer of a described route; says where it differs.
pub fn check(document: &Value, method: &str, path: &str, status: u16, body: Option<&Value>) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    let Some(operation) = operation(document, method, path) else {
        // A wrong address or method is answered with a problem that no route describes.
        return match status {
            401 | 404 | 405 => Ok(()),
            _ => Err(format!("{method} {path} is not described and answers {status}")),
        };
    };
    let response = &operation["responses"][status.to_string()];
    if response.is_null() {
        return Err(format!("{method} {path} answers {status}, which is not described"));
    }
    let contents = response["content"].as_object().into_iter().flatten();
    match (contents.map(|(_, content)| &content["schema"]).next(), body) {
        (Some(schema), Some(body)) => {
            valid(document, schema, body).map_err(|why| format!("{method} {path} {status}: {why} in {body}"))
        }
        // A browser is shown a page instead.
        (Some(_), None) if !response["content"]["text/html"].is_null() => Ok(()),
        (Some(_), None) => Err(format!("{method} {path} answers {status} without JSON")),
        (None, _) => Ok(()),
    }
}

/// The operation whose path fits; a literal part before a parameter.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let fits = |template: &str| {
        let (a, b): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || (a.starts_with('{') && !b.is_empty()))
    };
    let mut found: Vec<_> = document["paths"].as_object()?.iter().filter(|(template, _)| fits(template)).collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    found.first()?.1.get(method.to_lowercase())
}

fn valid(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else { return Err("a schema is no object".into()) };
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "$ref" => {
                let name = rule.as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
                let named = &document["components"]["schemas"][name];
                valid(document, named, value).map_err(|why| format!("{name}: {why}"))?;
            }
            "type" => {
                let of = |kind: &Value| is(value, kind.as_str().unwrap_or_default());
                let fits = rule.as_array().map_or_else(|| of(rule), |kinds| kinds.iter().any(of));
                fits.then_some(()).ok_or_else(|| format!("{value} is no {rule}"))?;
            }
            "required" => {
                for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.is_object() && value.get(name).is_none() {
                        return Err(format!("'{name}' is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().into_iter().flatten() {
                    if let Some(inner) = value.get(name) {
                        valid(document, schema, inner).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
            }
            "additionalProperties" if rule == false => {
                let known = keywords.get("properties").and_then(Value::as_object);
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    if !known.is_some_and(|known| known.contains_key(name)) {
                        return Err(format!("'{name}' is not described"));
                    }
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    valid(document, rule, item).map_err(|why| format!("[{at}]: {why}"))?;
                }
            }
            "enum" => {
                let listed = rule.as_array().is_some_and(|values| values.contains(value));
                listed.then_some(()).ok_or_else(|| format!("{value} is none of {rule}"))?;
            }
            "oneOf" => {
                let fit = rule.as_array().into_iter().flatten().filter(|schema| valid(document, schema, value).is_ok());
                (fit.count() == 1).then_some(()).ok_or_else(|| format!("{value} fits not exactly one of {rule}"))?;
            }
            "minimum" => {
                let below = value.as_f64().zip(rule.as_f64()).is_some_and(|(value, least)| value < least);
                (!below).then_some(()).ok_or_else(|| format!("{value} is below {rule}"))?;
            }
            "maximum" => {
                let above = value.as_f64().zip(rule.as_f64()).is_some_and(|(value, most)| value > most);
                (!above).then_some(()).ok_or_else(|| format!("{value} is above {rule}"))?;
            }
            "minItems" | "maxItems" => {
                let (n, bound) = (value.as_array().map_or(0, Vec::len), rule.as_u64().unwrap_or(0) as usize);
                let fits = if keyword == "minItems" { n >= bound } else { n <= bound };
                fits.then_some(()).ok_or_else(|| format!("{n} items against {keyword} {bound}"))?;
            }
            "minLength"
            | "maxLength"
            | "pattern"
            | "description"
            | "default"
            | "format"
            | "example"
            | "additionalProperties" => {}
            other => return Err(format!("the checker does not know '{other}'")),
        }
    }
    Ok(())
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    }
}
