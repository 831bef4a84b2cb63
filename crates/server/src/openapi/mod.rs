//! The description of the API, made from the same table of routes that the router is built from:
//! `shapes` are the bodies and answers, `page` shows all of it to people.

mod page;
mod shapes;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{access::Access, around::COOKIE, error::SLUGS, router::routes};

pub use page::page;
use shapes::{reference, schemas};

/// What a call is, for people and programs.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// In small letters.
    pub method: &'static str,
    pub path: &'static str,
    pub id: &'static str,
    pub summary: &'static str,
    pub text: &'static str,
    /// Name of the body's schema.
    pub body: Option<&'static str>,
    /// Name of the schema of the same as a form.
    pub form: Option<&'static str>,
    /// Answers with a redirect (303).
    pub redirects: bool,
    /// Name of the answer's schema; `None` is a page or plain text.
    pub answer: Option<&'static str>,
    pub parameters: &'static [Parameter],
    /// Slugs of the problems it may answer besides those that every call may.
    pub problems: &'static [&'static str],
}

/// One parameter: (where, name, meaning, required).
pub type Parameter = (&'static str, &'static str, &'static str, bool);

/// Problems that any call may answer.
const EVERYWHERE: [&str; 6] = ["busy", "slow", "store-down", "ours", "nothing-live", "rate-limited"];
/// Those of every call that needs a scope.
const GUARDED: [&str; 3] = ["unauthorized", "forbidden", "foreign"];

/// The OpenAPI 3.1 document.
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for (route, access, _) in routes() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation(&route, access);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pointsman",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Sends every sales lead to the rep most likely to win it, within everybody's capacity.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": COOKIE },
            },
        },
    })
}

fn operation(route: &Route, access: Access) -> Value {
    let mut responses = Map::new();
    let ok = match route.answer {
        Some(schema) => {
            json!({ "description": "Done.", "content": { "application/json": { "schema": reference(schema) } } })
        }
        None => json!({ "description": "Done." }),
    };
    if !route.redirects {
        responses.insert("200".into(), ok);
    }
    if route.redirects || (access != Access::Open && route.answer.is_none()) {
        responses.insert("303".into(), json!({ "description": "To the page that follows, or to /login." }));
    }
    let guarded: &[&str] = if access == Access::Open { &[] } else { &GUARDED };
    for slug in EVERYWHERE.iter().chain(guarded).chain(route.problems) {
        let Some((_, title, status)) = SLUGS.iter().find(|(name, ..)| name == slug) else { continue };
        // Whoever logs in sees a page again.
        let page = route.redirects && *status == StatusCode::UNAUTHORIZED;
        let response = responses.entry(status.as_str()).or_insert_with(|| match page {
            true => json!({ "description": "" }),
            false => json!({ "description": "", "content": problem(route) }),
        });
        let so_far = response["description"].as_str().unwrap_or_default();
        let separator = if so_far.is_empty() { "" } else { " " };
        response["description"] = json!(format!("{so_far}{separator}{title} (`{slug}`)."));
    }
    let parameters: Vec<Value> = route
        .parameters
        .iter()
        .map(|(place, name, meaning, required)| {
            json!({ "in": place, "name": name, "description": meaning, "required": required, "schema": { "type": "string" } })
        })
        .collect();
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "description": route.text,
        "responses": responses,
    });
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    let mut content = Map::new();
    for (kind, body) in [("application/json", route.body), ("application/x-www-form-urlencoded", route.form)] {
        let Some(body) = body else { continue };
        content.insert(kind.into(), json!({ "schema": reference(body), "example": example(body) }));
    }
    if !content.is_empty() {
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if let Access::Needs(scope) = access {
        let scope = [scope.as_str()];
        operation["security"] = json!([{ "key": scope }, { "session": scope }]);
    } else {
        operation["security"] = json!([]);
    }
    operation
}

/// A problem is JSON; at the address of a page a browser is shown a page.
fn problem(route: &Route) -> Value {
    let mut content = json!({ "application/problem+json": { "schema": reference("Problem") } });
    if route.redirects || route.parameters.iter().any(|(_, name, ..)| *name == "lang") {
        content["text/html"] = json!({});
    }
    content
}

fn example(body: &str) -> Value {
    match body {
        "Lead" => json!({
            "source": "website",
            "external_id": "form-4711",
            "attributes": { "country": "DE", "employees": 120 },
            "contact": { "name": "Mara Weiss", "email": "mara.weiss@example.com", "phone": "030 1234567" },
            "account": { "name": "Example GmbH" },
            "value": { "amount": "12000.00", "currency": "EUR" },
        }),
        "Outcome" => {
            json!({ "source": "website", "external_id": "form-4711", "stage": "won", "value": { "minor_units": 1_150_000 } })
        }
        "Absence" => json!({ "rep": "mara", "from": "2026-12-21", "until": "2027-01-04", "backup": "jonas" }),
        "Credit" => json!({ "reason": "no-show", "by": "olga" }),
        "NewKey" => {
            json!({ "name": "website", "scopes": ["leads:send", "leads:score"], "expires_at": "2030-01-01T00:00:00Z" })
        }
        "Rotation" => json!({ "grace_hours": 48 }),
        "NewUser" => json!({ "name": "olga", "password": "a long sentence is a good one", "role": "ops" }),
        "Login" => json!({ "name": "olga", "password": "a long sentence is a good one", "next": "/" }),
        "UserChange" => json!({ "disabled": true }),
        "Draft" => json!({ "spec": "format = 1\nid = \"faster\"\n…", "by": "olga", "reason": "first draft" }),
        "ReturnFiles" => {
            json!({ "spec": "format = 1\nname = \"2026-Q3\"\n…", "frozen": "{ \"format\": 1, … }", "by": "olga" })
        }
        "Step" => json!({ "action": "start", "by": "olga", "reason": "agreed in the weekly" }),
        "Account" => {
            json!({ "name": "Example GmbH", "domain": "example.com", "external_id": "001-4711", "owner": "anna" })
        }
        "AccountChange" => json!({ "owner": "jonas", "parent": null }),
        "Contact" => json!({ "name": "Mara Weiss", "email": "mara.weiss@example.com", "phone": "+49 30 1234567" }),
        "ContactChange" => json!({ "owner": "jonas" }),
        "Erasure" => json!({ "request": "GDPR-2026-014", "by": "olga" }),
        "HookBody" => {
            json!({ "id": "4711", "created": "2026-03-02T08:00:00Z", "properties": { "email": "mara.weiss@example.com" } })
        }
        "Acceptance" => json!({ "rep": "anna" }),
        "Refusal" => json!({ "rep": "anna", "reason": "knows nothing of trains" }),
        "Answer" => json!({ "answer": "declined", "reason": "on the road all day" }),
        "Look" => json!({ "by": "olga" }),
        _ => json!({ "rep": "anna", "by": "olga", "reason": "knows the company" }),
    }
}
