//! The description as a page.

use super::example;
use crate::{access::Access, error::SLUGS, router::routes};

/// It needs nothing from elsewhere.
pub fn page() -> String {
    let mut calls = String::new();
    for (route, access, _) in routes() {
        let method = route.method.to_uppercase();
        calls.push_str(&format!(
            "<section id=\"{}\"><h2><code>{method} {}</code></h2><p><b>{}</b> {}</p>",
            route.id, route.path, route.summary, route.text
        ));
        if let Access::Needs(scope) = access {
            calls.push_str(&format!("<p>Scope <code>{scope}</code></p>"));
        }
        for (place, name, meaning, required) in route.parameters {
            let must = if *required { ", required" } else { "" };
            calls.push_str(&format!("<p><code>{name}</code> ({place}{must}): {meaning}</p>"));
        }
        if let Some(body) = route.body {
            let example = serde_json::to_string_pretty(&example(body)).unwrap_or_default();
            calls.push_str(&format!("<p>Body, for example:</p><pre tabindex=\"0\">{example}</pre>"));
        }
        calls.push_str("</section>");
    }
    let mut problems = String::new();
    for (slug, title, status) in SLUGS {
        problems.push_str(&format!(
            "<tr id=\"{slug}\"><th scope=\"row\"><code>{slug}</code></th><td>{}</td><td>{title}</td></tr>",
            status.as_u16()
        ));
    }
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>API · Pointsman</title><style>{STYLE}</style></head><body><main><h1>The API of Pointsman</h1>\
         <p>The same for programs: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1). With keys configured, every call but \
         <code>/healthz</code> and <code>/readyz</code> needs <code>Authorization: Bearer KEY</code>.</p>{calls}\
         <section id=\"problems\"><h2>Problems</h2><p>Errors are <code>application/problem+json</code> (RFC 9457); <code>next</code> says what to do.</p>\
         <table><thead><tr><th scope=\"col\">slug</th><th scope=\"col\">status</th><th scope=\"col\">title</th></tr></thead><tbody>{problems}</tbody></table></section></main></body></html>"
    )
}

const STYLE: &str = "body{overflow-wrap:anywhere;font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c1c1a;background:#fbfaf7}main{max-width:48rem;margin:0 auto;padding:2rem 1rem}\
h2{margin-top:2.5rem;font-size:1.1rem}pre{overflow:auto;padding:.75rem;background:#f0eee8;border-radius:4px}table{border-collapse:collapse}th,td{text-align:left;padding:.25rem .75rem .25rem 0}\
@media(prefers-color-scheme:dark){body{color:#e8e6e0;background:#191917}pre{background:#262622}a{color:#9cc4ff}}";
