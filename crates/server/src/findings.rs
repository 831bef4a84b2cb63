//! What the lint found, as people and programs read it.

use std::collections::BTreeMap;

use pointsman_decision::Snapshot;
use pointsman_domain::Instant;
use pointsman_rules::{
    Policy,
    lint::{self, Finding, Kind, Particular, RowsAt, RuleAt, Severity},
};
use serde::Serialize;

/// One finding; the example lead is written as conditions write it.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub kind: Kind,
    pub severity: Severity,
    /// In the order of the ladder.
    pub rules: Vec<RuleAt>,
    pub rows: Option<RowsAt>,
    /// The particulars in English.
    pub message: String,
    /// The same for pages, which have their own words.
    #[serde(skip)]
    pub particular: Particular,
    /// The fields that need a value, all others missing.
    pub example: BTreeMap<String, String>,
}

/// Everything that looks like a mistake in one policy, the worst first.
pub fn findings(snapshot: &Snapshot, policy: &Policy, now: Instant) -> Vec<Shown> {
    let found = lint::check(policy, &snapshot.lint_context(now));
    found.into_iter().map(|finding| shown(snapshot, finding)).collect()
}

fn shown(snapshot: &Snapshot, finding: Finding) -> Shown {
    let environment = &snapshot.environment;
    let field = |(field, value): &(_, _)| {
        let info = environment.info(*field);
        (info.name.to_string(), environment.literal(info, value))
    };
    Shown {
        example: finding.example.iter().map(field).collect(),
        kind: finding.kind,
        severity: finding.severity,
        rules: finding.rules,
        rows: finding.rows,
        message: finding.particular.to_string(),
        particular: finding.particular,
    }
}
