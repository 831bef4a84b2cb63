//! A policy that nobody understands, or that nobody has read for long.

use pointsman_expr::Node;

use super::{Finding, Kind, Lint, Particular, Severity};

pub(super) fn check(lint: &Lint<'_>, findings: &mut Vec<Finding>) {
    let review = &lint.policy.review;
    let finding = |kind, place: usize, particular| Finding {
        kind,
        severity: Severity::Warning,
        rules: vec![lint.at(place)],
        rows: None,
        particular,
        example: lint.lead_of(place),
    };
    let rules = lint.policy.rules.len();
    if rules > review.max_rules {
        let particular = Particular::TooManyRules { rules, most: review.max_rules };
        findings.push(finding(Kind::TooManyRules, review.max_rules, particular));
    }
    for (place, when) in lint.policy.when.iter().enumerate() {
        let depth = depth(when.tree());
        if depth > review.max_nesting {
            let particular = Particular::TooDeep { depth, most: review.max_nesting };
            findings.push(finding(Kind::TooDeep, place, particular));
        }
    }
    if let Some(days) = lint.policy.reviewed.map(|day| lint.context.today - day).filter(|days| *days > review.days) {
        let particular = Particular::NotReviewed { days, owner: lint.policy.owner.to_string() };
        findings.push(finding(Kind::NotReviewed, 0, particular));
    }
}

/// How many times "and" and "or" stand within each other.
fn depth(node: &Node) -> usize {
    match node {
        Node::All(parts) | Node::Any(parts) => 1 + parts.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
