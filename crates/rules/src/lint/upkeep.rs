//! A policy that nobody understands, or that nobody has read for long.

use pointsman_expr::Node;

use super::{Finding, Kind, Lint, Severity};

pub(super) fn check(lint: &Lint<'_>, findings: &mut Vec<Finding>) {
    let review = &lint.policy.review;
    let finding = |kind, place: usize, message| Finding {
        kind,
        severity: Severity::Warning,
        rules: vec![lint.at(place)],
        rows: None,
        message,
        example: lint.lead_of(place),
    };
    let rules = lint.policy.rules.len();
    if rules > review.max_rules {
        let message = format!(
            "the policy has {rules} rules, more than {}: territories and skills say the same in fewer. [review] max_rules \
             sets the number.",
            review.max_rules
        );
        findings.push(finding(Kind::TooManyRules, review.max_rules, message));
    }
    for (place, when) in lint.policy.when.iter().enumerate() {
        let depth = depth(when.tree());
        if depth > review.max_nesting {
            let message = format!(
                "its condition nests {depth} deep, more than {}: two rules are easier to read. [review] max_nesting sets \
                 the number.",
                review.max_nesting
            );
            findings.push(finding(Kind::TooDeep, place, message));
        }
    }
    if let Some(days) = lint.policy.reviewed.map(|day| lint.context.today - day).filter(|days| *days > review.days) {
        let owner = if lint.policy.owner.is_empty() { "somebody" } else { &lint.policy.owner };
        let message =
            format!("nobody has reviewed the policy for {days} days: {owner} reads it whole and sets 'reviewed'.");
        findings.push(finding(Kind::NotReviewed, 0, message));
    }
}

/// How many times "and" and "or" stand within each other.
fn depth(node: &Node) -> usize {
    match node {
        Node::All(parts) | Node::Any(parts) => 1 + parts.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
