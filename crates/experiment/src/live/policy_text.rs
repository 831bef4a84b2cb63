//! A variant's policy from the policy it changes, as text.

use pointsman_domain::PolicyName;

use crate::spec::Change;

/// Why a change does not fit its policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyTextError {
    #[error("the policy is not TOML: {0}")]
    Syntax(String),
    #[error("the policy has no rule '{rule}'; it has {known}")]
    NoRule { rule: String, known: String },
}

/// The policy with the changes made; word for word the same when there are none.
///
/// ```
/// use pointsman_experiment::{live::changed, spec::Change};
/// let policy = "format = 1\nname = 'default'\n[[rule]]\nid = 'rest'\npool = 'all'\n";
/// let set = toml::toml! { pick = "least-loaded" };
/// let change = Change { rule: "rest".into(), set, unset: vec![], drop: false };
/// assert!(changed(policy, &[change]).unwrap().contains("least-loaded"));
/// assert_eq!(changed(policy, &[]).unwrap(), policy);
/// ```
pub fn changed(policy: &str, changes: &[Change]) -> Result<String, PolicyTextError> {
    if changes.is_empty() {
        return Ok(policy.to_owned());
    }
    let syntax = |e: &dyn std::fmt::Display| PolicyTextError::Syntax(e.to_string());
    let mut table: toml::Table = toml::from_str(policy).map_err(|e| syntax(&e))?;
    let mut none = Vec::new();
    let rules = match table.get_mut("rule") {
        Some(toml::Value::Array(rules)) => rules,
        _ => &mut none,
    };
    for change in changes {
        let named = |rule: &toml::Value| rule.get("id").and_then(toml::Value::as_str) == Some(&change.rule);
        let Some(at) = rules.iter().position(named) else {
            let ids = rules.iter().filter_map(|rule| rule.get("id")?.as_str()).collect::<Vec<_>>();
            return Err(PolicyTextError::NoRule { rule: change.rule.clone(), known: ids.join(", ") });
        };
        if change.drop {
            rules.remove(at);
        } else if let Some(rule) = rules[at].as_table_mut() {
            change.unset.iter().for_each(|key| drop(rule.remove(key)));
            rule.extend(change.set.clone());
        }
    }
    toml::to_string(&table).map_err(|e| syntax(&e))
}

/// The policy under another name; every other line stays as it is, comments included.
pub fn renamed(policy: &str, name: &PolicyName) -> String {
    let mut done = false;
    let mut lines: Vec<String> = Vec::new();
    for line in policy.lines() {
        let key = line.split('=').next().unwrap_or_default().trim();
        // The name stands before the first table.
        done |= line.trim_start().starts_with('[');
        if key == "name" && !done {
            lines.push(format!("name = \"{name}\""));
            done = true;
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "format = 1\n# who\nname = \"best\"\n[[rule]]\nid = \"a\"\npool = \"all\"\nsla = \"1h\"\n[[rule]]\nid = \"b\"\npool = \"all\"\n";

    fn change(rule: &str, drop: bool) -> Change {
        Change { rule: rule.into(), set: toml::Table::new(), unset: vec!["sla".into()], drop }
    }

    #[test]
    fn rules_are_changed_dropped_and_asked_for_by_name() {
        let unset = changed(POLICY, &[change("a", false)]).expect("fits");
        assert!(!unset.contains("sla") && unset.contains("\"b\""), "{unset}");
        let dropped = changed(POLICY, &[change("a", true)]).expect("fits");
        assert!(!dropped.contains("\"a\""), "{dropped}");
        let error = changed(POLICY, &[change("c", true)]).expect_err("no such rule").to_string();
        assert_eq!(error, "the policy has no rule 'c'; it has a, b");
    }

    #[test]
    fn a_new_name_leaves_the_rest_alone() {
        let name = PolicyName::new("default").expect("a slug");
        assert_eq!(renamed(POLICY, &name), POLICY.replace("\"best\"", "\"default\""));
    }
}
