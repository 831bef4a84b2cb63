//! The table of roles, scopes and routes, as the documentation shows it.

use std::fmt::Write;

use super::{Access, RepFigures, Role, Scope};
use crate::router::routes;

/// `docs/roles.md`, whole.
pub fn markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    let figures = RepFigures::default();
    let header = |out: &mut String, first: &str| {
        let names = Role::ALL.map(Role::as_str).join(" | ");
        line(out, &format!("| {first} | {names} |\n|---|{}", "---|".repeat(Role::ALL.len())));
    };
    let marks =
        |scope: Scope| Role::ALL.map(|role| if role.scopes(&figures).has(scope) { "yes" } else { "" }).join(" | ");
    line(&mut out, "## Scopes\n");
    header(&mut out, "scope | allows");
    for scope in Scope::ALL {
        line(&mut out, &format!("| `{scope}` | {} | {} |", scope.meaning(), marks(scope)));
    }
    line(&mut out, "\n## Routes\n");
    header(&mut out, "route | scope");
    let mut listed: Vec<(&str, &str, Access)> =
        routes().into_iter().map(|(route, access, _)| (route.path, route.method, access)).collect();
    listed.sort_by_key(|(path, method, _)| (*path, *method));
    for (path, method, access) in listed {
        let route = format!("`{} {path}`", method.to_uppercase());
        match access {
            Access::Needs(scope) => line(&mut out, &format!("| {route} | `{scope}` | {} |", marks(scope))),
            Access::Open => {
                let everybody = Role::ALL.map(|_| "yes").join(" | ");
                line(&mut out, &format!("| {route} | none, anybody | {everybody} |"));
            }
        }
    }
    out
}

const INTRODUCTION: &str = "# Who may do what

Made from the table of routes (`crates/server/src/router.rs`); a test compares this page with it and calls
every route as every role. To write it again: `POINTSMAN_WRITE_DOCS=1 cargo test -p pointsman-server roles`.

A route needs one scope. A person has the scopes of their role; a key has the scopes it was made with
(`pointsman keys new NAME --scopes leads:send,leads:score`, or the name of a role for its scopes). Who has the
role *rep* sees their own leads only. Figures of single reps (`reps:read`) are performance data: which roles see them is
the setting `privacy.rep_figures`, here with its default, admin and ops.

While a workspace has neither keys nor users, the server listens on loopback only and everything there may do everything.

";

fn line(out: &mut String, text: &str) {
    let written = writeln!(out, "{text}");
    debug_assert!(written.is_ok(), "a String takes what is written to it");
}
