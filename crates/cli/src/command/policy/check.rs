//! `pointsman policy check`: are the files right, and is what they say meant?

use anyhow::{Context, bail};
use pointsman_decision::{DocumentKind, Snapshot};
use pointsman_rules::{
    Policy,
    lint::{self, Finding},
};
use serde_json::{Value, json};

use super::only;
use crate::args::policy::Check;
use crate::command::evaluate::word;
use crate::{Done, clock, output, workspace};

pub fn run(args: &Check) -> anyhow::Result<Done> {
    let mut documents = workspace::documents(&args.workspace)?;
    let mut names: Vec<String> = documents.of(DocumentKind::Policy).map(|(name, _)| name.to_owned()).collect();
    let snapshot = match (&args.file, &args.policy) {
        (Some(file), _) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let snapshot = only(&documents, &text)?;
            snapshot.map_err(|faults| anyhow::anyhow!("{} does not load:\n{faults}", file.display()))?
        }
        (None, Some(name)) => {
            let Some(body) = documents.get(DocumentKind::Policy, name.as_str()) else {
                bail!("there is no policy '{name}' in {}; there is {}", args.workspace.display(), names.join(", "))
            };
            let text = String::from_utf8_lossy(body).into_owned();
            only(&documents, &text)?.map_err(|faults| anyhow::anyhow!("policy '{name}' does not load:\n{faults}"))?
        }
        (None, None) => {
            names.clear();
            documents = workspace::check(&args.workspace)?.documents;
            match Snapshot::compile(documents) {
                Ok(snapshot) => snapshot,
                Err(_) => bail!("{} does not load", args.workspace.display()),
            }
        }
    };
    report(&snapshot, args)
}

fn report(snapshot: &Snapshot, args: &Check) -> anyhow::Result<Done> {
    let now = clock::now();
    let found: Vec<(&Policy, Vec<Finding>)> =
        snapshot.policies.iter().map(|policy| (policy, lint::check(policy, &snapshot.lint_context(now)))).collect();
    if args.json {
        let findings: Vec<Value> = found
            .iter()
            .flat_map(|(policy, findings)| findings.iter().map(|finding| shown(snapshot, policy, finding)))
            .collect();
        let policies: Vec<_> =
            snapshot.policies.iter().map(|p| json!({ "name": p.name, "rules": p.rules.len() })).collect();
        output::json(&json!({ "findings": findings, "snapshot": snapshot.id, "policies": policies }))?;
    } else {
        output::text(lines(snapshot, &found).join("\n"))?;
    }
    Ok(if found.iter().all(|(_, findings)| findings.is_empty()) { Done::Fine } else { Done::Found })
}

fn shown(snapshot: &Snapshot, policy: &Policy, finding: &Finding) -> Value {
    let example: serde_json::Map<String, Value> =
        example(snapshot, finding).into_iter().map(|(name, value)| (name, value.into())).collect();
    json!({
        "policy": policy.name,
        "kind": finding.kind,
        "severity": finding.severity,
        "rules": finding.rules,
        "rows": finding.rows,
        "message": finding.message,
        "example": example,
    })
}

/// The fields of the example lead as conditions write them.
fn example(snapshot: &Snapshot, finding: &Finding) -> Vec<(String, String)> {
    let environment = &snapshot.environment;
    let shown = finding.example.iter().map(|(field, value)| {
        let info = environment.info(*field);
        (info.name.to_string(), environment.literal(info, value))
    });
    shown.collect()
}

fn lines(snapshot: &Snapshot, found: &[(&Policy, Vec<Finding>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (policy, findings) in found {
        lines.push(format!("policy '{}': {} rules, then queue '{}'", policy.name, policy.rules.len(), policy.fallback));
        for finding in findings {
            let at =
                finding.rules.iter().map(|at| format!("'{}' line {}", at.rule, at.line)).collect::<Vec<_>>().join(", ");
            let at = if at.is_empty() { String::new() } else { format!(" {at}:") };
            lines.push(format!("  {} ({}){at} {}", word(&finding.severity), word(&finding.kind), finding.message));
            let example = example(snapshot, finding);
            let example =
                example.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ");
            let example = if example.is_empty() { "any lead, of which nothing is known".into() } else { example };
            lines.push(format!("      for example: {example}"));
        }
    }
    let count: usize = found.iter().map(|(_, findings)| findings.len()).sum();
    lines.push(match count {
        0 => "nothing to complain about".into(),
        1 => "1 finding".into(),
        count => format!("{count} findings"),
    });
    lines
}
