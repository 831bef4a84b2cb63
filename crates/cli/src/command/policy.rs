//! `pointsman policy`: are the files right?

use serde_json::json;

use crate::args::Policy;
use crate::{Done, output, workspace};

pub fn run(args: &Policy) -> anyhow::Result<Done> {
    let Policy::Check { workspace: folder, json } = args;
    let set = workspace::documents(folder)?;
    match pointsman_decision::Snapshot::compile(set) {
        Ok(snapshot) => {
            let policies: Vec<_> =
                snapshot.policies.iter().map(|p| json!({ "name": p.name, "rules": p.rules.len() })).collect();
            if *json {
                output::json(&json!({ "findings": [], "snapshot": snapshot.id, "policies": policies }))?;
            } else {
                let of = |p: &pointsman_rules::Policy| {
                    format!("policy '{}': {} rules, then queue '{}'", p.name, p.rules.len(), p.fallback)
                };
                let lines: Vec<String> = snapshot.policies.iter().map(of).collect();
                output::text(format!("{}\nnothing to complain about", lines.join("\n")))?;
            }
            Ok(Done::Fine)
        }
        Err(faults) => {
            if *json {
                let findings: Vec<_> = faults
                    .iter()
                    .map(|f| json!({ "document": f.kind, "name": f.name, "message": f.message }))
                    .collect();
                output::json(&json!({ "findings": findings }))?;
            } else {
                let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                output::text(lines.join("\n"))?;
            }
            Ok(Done::Found)
        }
    }
}
