//! What a client of one description of the API loses with another: one plain line per loss.
//! The part of OpenAPI and JSON Schema that ours uses; what it does not know it says.
//!
//! A client sends and is answered, and what is a loss differs: what is sent may be accepted in more
//! forms than before and never in fewer, what is answered may be promised more narrowly and never
//! more widely. New values of an answer's enumeration pass: clients are told to expect them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Sent,
    Answered,
}

/// Every way in which `now` breaks what `kept` promised, in the order of `kept`.
pub fn losses(kept: &Value, now: &Value) -> Vec<String> {
    let mut comparison = Comparison { kept, now, lost: Vec::new(), seen: BTreeSet::new() };
    for (path, operations) in entries(&kept["paths"]) {
        for (method, operation) in entries(operations) {
            comparison.operation(&format!("{} {path}", method.to_uppercase()), operation, &now["paths"][path][method]);
        }
    }
    comparison.lost
}

struct Comparison<'a> {
    kept: &'a Value,
    now: &'a Value,
    lost: Vec<String>,
    /// Named schemas compared already, each once a way: (kept name, present name, way).
    seen: BTreeSet<(&'a str, &'a str, Way)>,
}

impl<'a> Comparison<'a> {
    fn lose(&mut self, place: &str, what: impl AsRef<str>) {
        self.lost.push(format!("{place}: {}", what.as_ref()));
    }

    fn operation(&mut self, place: &str, kept: &'a Value, now: &'a Value) {
        if now.is_null() {
            return self.lose(place, "the operation is gone");
        }
        if kept["operationId"] != now["operationId"] {
            self.lose(place, format!("was called {}, is called {}", kept["operationId"], now["operationId"]));
        }
        self.security(place, &kept["security"], &now["security"]);
        self.parameters(place, &kept["parameters"], &now["parameters"]);
        self.body(place, &kept["requestBody"], &now["requestBody"]);
        for (status, response) in entries(&kept["responses"]) {
            let (place, now) = (format!("{place} {status}"), &now["responses"][status]);
            if now.is_null() {
                self.lose(&place, "the status is gone");
            } else {
                self.contents(&place, &response["content"], &now["content"], Way::Answered);
            }
        }
    }

    /// Whoever may call may call: an empty list asks nothing of anybody.
    fn security(&mut self, place: &str, kept: &Value, now: &Value) {
        let (kept, now) = (items(kept), items(now));
        if !now.is_empty() && (kept.is_empty() || kept.iter().any(|way| !now.contains(way))) {
            self.lose(place, format!("asks for {}, asked for {}", text(now), text(kept)));
        }
    }

    fn parameters(&mut self, place: &str, kept: &'a Value, now: &'a Value) {
        let same = |a: &Value, b: &Value| a["in"] == b["in"] && a["name"] == b["name"];
        let named = |parameter: &Value| format!("{place} {} {}", word(&parameter["in"]), word(&parameter["name"]));
        for parameter in items(kept) {
            match items(now).iter().find(|other| same(parameter, other)) {
                None => self.lose(&named(parameter), "the parameter is gone"),
                Some(other) => self.shape(&named(parameter), &parameter["schema"], &other["schema"], Way::Sent),
            }
        }
        for parameter in items(now).iter().filter(|parameter| parameter["required"] == true) {
            if !items(kept).iter().any(|other| same(parameter, other) && other["required"] == true) {
                self.lose(&named(parameter), "the parameter is required now");
            }
        }
    }

    fn body(&mut self, place: &str, kept: &'a Value, now: &'a Value) {
        let place = format!("{place} body");
        if now["required"] == true && kept["required"] != true {
            self.lose(&place, "is required now");
        }
        self.contents(&place, &kept["content"], &now["content"], Way::Sent);
    }

    fn contents(&mut self, place: &str, kept: &'a Value, now: &'a Value, way: Way) {
        for (kind, content) in entries(kept) {
            let place = format!("{place} {kind}");
            match now.get(kind) {
                None => self.lose(&place, "the type of content is gone"),
                Some(now) => self.shape(&place, &content["schema"], &now["schema"], way),
            }
        }
    }

    fn shape(&mut self, place: &str, kept: &'a Value, now: &'a Value, way: Way) {
        let (before, after) = (name(kept), name(now));
        if let (Some(before), Some(after)) = (before, after)
            && !self.seen.insert((before, after, way))
        {
            return;
        }
        let place = match (before, way) {
            (None, _) => place.to_owned(),
            (Some(before), Way::Sent) => format!("{before} as sent"),
            (Some(before), Way::Answered) => format!("{before} as answered"),
        };
        let (kept, now) = (resolve(self.kept, kept), resolve(self.now, now));
        if kept["oneOf"].is_null() && now["oneOf"].is_null() {
            return self.plain(&place, kept, now, way);
        }
        let (wanted, offered) = match way {
            Way::Sent => (alternatives(kept), alternatives(now)),
            Way::Answered => (alternatives(now), alternatives(kept)),
        };
        for one in wanted {
            let fits = |other: &&'a Value| match way {
                Way::Sent => self.fits(one, other, way),
                Way::Answered => self.fits(other, one, way),
            };
            if !offered.iter().any(fits) {
                match way {
                    Way::Sent => self.lose(&place, format!("is not taken any more as {one}")),
                    Way::Answered => self.lose(&place, format!("may be {one} now")),
                }
            }
        }
    }

    fn fits(&self, kept: &'a Value, now: &'a Value, way: Way) -> bool {
        let mut trial = Comparison { kept: self.kept, now: self.now, lost: Vec::new(), seen: BTreeSet::new() };
        trial.shape("", kept, now, way);
        trial.lost.is_empty()
    }

    fn plain(&mut self, place: &str, kept: &'a Value, now: &'a Value, way: Way) {
        for keyword in entries(kept).chain(entries(now)).map(|(keyword, _)| keyword) {
            if !KNOWN.contains(&keyword.as_str()) {
                self.lose(place, format!("the comparison does not know '{keyword}'"));
            }
        }
        self.types(place, kept, now, way);
        self.values(place, &kept["enum"], &now["enum"], way);
        self.bounds(place, kept, now, way);
        self.properties(place, kept, now, way);
        self.inner(&format!("{place}[]"), &kept["items"], &now["items"], way);
        self.inner(&format!("{place}.*"), &kept["additionalProperties"], &now["additionalProperties"], way);
    }

    fn types(&mut self, place: &str, kept: &Value, now: &Value, way: Way) {
        let (before, after) = (types(kept), types(now));
        let (demanded, given) = match way {
            Way::Sent => (&before, &after),
            Way::Answered => (&after, &before),
        };
        let within = |kind: &&str| given.contains(kind) || (*kind == "integer" && given.contains("number"));
        if given.is_empty() || (!demanded.is_empty() && demanded.iter().all(within)) {
            return;
        }
        let beyond: Vec<_> = demanded.iter().filter(|kind| !within(kind)).collect();
        match (way, beyond.as_slice()) {
            (Way::Answered, [kind]) if **kind == "null" => self.lose(place, "may be null now"),
            _ => self.lose(place, format!("was {}, is {}", text(&kept["type"]), text(&now["type"]))),
        }
    }

    fn values(&mut self, place: &str, kept: &Value, now: &Value, way: Way) {
        match (kept.as_array(), now.as_array(), way) {
            (None, Some(now), Way::Sent) => self.lose(place, format!("takes only {} now", text(now))),
            (Some(_), None, Way::Answered) => self.lose(place, "may have any value now"),
            (Some(kept), Some(now), _) => {
                for value in kept.iter().filter(|value| !now.contains(value)) {
                    self.lose(place, format!("the value {value} is gone"));
                }
            }
            _ => {}
        }
    }

    fn bounds(&mut self, place: &str, kept: &Value, now: &Value, way: Way) {
        for (keyword, is_floor) in BOUNDS {
            let edge = |schema: &Value| {
                schema[keyword].as_f64().unwrap_or(if is_floor { f64::NEG_INFINITY } else { f64::INFINITY })
            };
            let tighter = if is_floor { edge(now) > edge(kept) } else { edge(now) < edge(kept) };
            let wider = edge(now) != edge(kept) && !tighter;
            if (way == Way::Sent && tighter) || (way == Way::Answered && wider) {
                self.lose(place, format!("{keyword} was {}, is {}", kept[keyword], now[keyword]));
            }
        }
        for keyword in ["pattern", "format"] {
            let asked = if way == Way::Sent { now } else { kept };
            if !asked[keyword].is_null() && kept[keyword] != now[keyword] {
                self.lose(place, format!("{keyword} was {}, is {}", kept[keyword], now[keyword]));
            }
        }
    }

    fn properties(&mut self, place: &str, kept: &'a Value, now: &'a Value, way: Way) {
        let (before, after) = (items(&kept["required"]), items(&now["required"]));
        for (name, property) in entries(&kept["properties"]) {
            let place = format!("{place}.{name}");
            let Some(now) = now["properties"].get(name) else {
                self.lose(&place, "the property is gone");
                continue;
            };
            let named = |list: &[Value]| list.iter().any(|other| other == name);
            if way == Way::Answered && named(before) && !named(after) {
                self.lose(&place, "may be absent now");
            }
            self.shape(&place, property, now, way);
        }
        if way == Way::Sent {
            for name in after.iter().filter(|name| !before.contains(name)) {
                self.lose(&format!("{place}.{}", word(name)), "is required now");
            }
        }
    }

    /// What lists hold, and objects under names that are not described: `false` is nothing.
    fn inner(&mut self, place: &str, kept: &'a Value, now: &'a Value, way: Way) {
        match (kept.is_object(), now.is_object(), way) {
            (true, true, _) => self.shape(place, kept, now, way),
            (false, true, Way::Sent) if *kept != false => self.lose(place, "is described more narrowly now"),
            (_, false, Way::Sent) if *now == false && *kept != false => self.lose(place, "is refused now"),
            (true, false, Way::Answered) if *now != false => self.lose(place, "may be anything now"),
            _ => {}
        }
    }
}

/// (keyword, whether it bounds from below).
const BOUNDS: [(&str, bool); 6] = [
    ("minimum", true),
    ("maximum", false),
    ("minItems", true),
    ("maxItems", false),
    ("minLength", true),
    ("maxLength", false),
];

/// The keywords compared, and those that promise nothing.
const KNOWN: [&str; 18] = [
    "type",
    "enum",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "oneOf",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "description",
    "default",
    "example",
];

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter)
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn text(value: impl serde::Serialize) -> String {
    serde_json::to_string(&value).unwrap().replace('"', "")
}

fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    name(schema).map_or(schema, |name| &document["components"]["schemas"][name])
}

fn alternatives(schema: &Value) -> Vec<&Value> {
    schema["oneOf"].as_array().map_or_else(|| vec![schema], |all| all.iter().collect())
}

/// No type named is any type.
fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(word).collect(),
        kind => kind.as_str().into_iter().collect(),
    }
}
