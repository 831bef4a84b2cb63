//! `pointsman policy check`: are the files right, and is what they say meant?

use anyhow::{Context, bail};
use pointsman_decision::{DocumentKind, Snapshot};
use pointsman_domain::PolicyName;
use pointsman_rules::Policy;
use pointsman_server::findings::{Shown, findings};
use serde::Serialize;
use serde_json::{Value, json};

use super::only;
use crate::args::policy::Check;
use crate::output::word;
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
    let found: Vec<(&Policy, Vec<Shown>)> =
        snapshot.policies.iter().map(|policy| (policy, findings(snapshot, policy, now))).collect();
    if args.json {
        let named = |(policy, findings): &(&Policy, Vec<Shown>)| {
            let of = |finding| json!(Named { policy: &policy.name, finding });
            findings.iter().map(of).collect::<Vec<_>>()
        };
        let findings: Vec<Value> = found.iter().flat_map(named).collect();
        let policies: Vec<_> =
            snapshot.policies.iter().map(|p| json!({ "name": p.name, "rules": p.rules.len() })).collect();
        output::json(&json!({ "findings": findings, "snapshot": snapshot.id, "policies": policies }))?;
    } else {
        output::text(lines(&found).join("\n"))?;
    }
    Ok(if found.iter().all(|(_, findings)| findings.is_empty()) { Done::Fine } else { Done::Found })
}

/// A finding with the policy that it is about.
#[derive(Serialize)]
struct Named<'a> {
    policy: &'a PolicyName,
    #[serde(flatten)]
    finding: &'a Shown,
}

fn lines(found: &[(&Policy, Vec<Shown>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (policy, findings) in found {
        lines.push(format!("policy '{}': {} rules, then queue '{}'", policy.name, policy.rules.len(), policy.fallback));
        for finding in findings {
            let at =
                finding.rules.iter().map(|at| format!("'{}' line {}", at.rule, at.line)).collect::<Vec<_>>().join(", ");
            let at = if at.is_empty() { String::new() } else { format!(" {at}:") };
            lines.push(format!("  {} ({}){at} {}", word(&finding.severity), word(&finding.kind), finding.message));
            let example =
                finding.example.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ");
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
