//! What differs between two versions of a policy, in words.

use std::collections::BTreeMap;
use std::fmt;

use pointsman_domain::RuleId;
use serde::Serialize;

use crate::{
    Policy,
    words::{Names, exploration, lead_type, length, list, on_full, pick, target},
};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    Added {
        rule: RuleId,
        after: Option<RuleId>,
        hands_to: String,
    },
    Removed {
        rule: RuleId,
        handed_to: String,
    },
    /// It stands elsewhere among the rules that both have.
    Moved {
        rule: RuleId,
        after: Option<RuleId>,
    },
    Changed {
        rule: RuleId,
        what: &'static str,
        from: String,
        to: String,
    },
    /// Of the policy as a whole.
    Whole {
        what: &'static str,
        from: String,
        to: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |after: &Option<RuleId>| match after {
            Some(rule) => format!("after '{rule}'"),
            None => "at the top".to_owned(),
        };
        match self {
            Self::Added { rule, after, hands_to } => write!(f, "rule '{rule}' is new, {}: to {hands_to}", place(after)),
            Self::Removed { rule, handed_to } => write!(f, "rule '{rule}' is gone; it handed to {handed_to}"),
            Self::Moved { rule, after } => write!(f, "rule '{rule}' moves, {}", place(after)),
            Self::Changed { rule, what, from, to } => write!(f, "rule '{rule}': {what} was {from}, is {to}"),
            Self::Whole { what, from, to } => write!(f, "{what} was {from}, is {to}"),
        }
    }
}

/// Every difference, from the top of the new ladder; what is gone comes last.
pub fn diff(old: &Policy, new: &Policy, names: Names<'_>) -> Vec<Change> {
    let place_in_old: BTreeMap<&RuleId, usize> = old.rules.iter().enumerate().map(|(i, rule)| (&rule.id, i)).collect();
    let kept: Vec<usize> = new.rules.iter().filter_map(|rule| place_in_old.get(&rule.id).copied()).collect();
    let in_order = longest_ascent(&kept);
    let mut changes = Vec::new();
    let mut whole = |what, from: String, to: String| {
        if from != to {
            changes.push(Change::Whole { what, from, to });
        }
    };
    whole("the fallback", format!("queue '{}'", old.fallback), format!("queue '{}'", new.fallback));
    let alarm = |policy: &Policy| if policy.alarm { "on" } else { "off" }.to_owned();
    whole("the fallback's alarm", alarm(old), alarm(new));
    let mut before = None;
    for (place, rule) in new.rules.iter().enumerate() {
        match place_in_old.get(&rule.id) {
            None => changes.push(Change::Added {
                rule: rule.id.clone(),
                after: before.clone(),
                hands_to: target(rule, names),
            }),
            Some(&was) => {
                if !in_order.contains(&was) {
                    changes.push(Change::Moved { rule: rule.id.clone(), after: before.clone() });
                }
                let sides = (describe(old, was, names), describe(new, place, names));
                for ((what, from), (_, to)) in sides.0.into_iter().zip(sides.1).filter(|(a, b)| a.1 != b.1) {
                    changes.push(Change::Changed { rule: rule.id.clone(), what, from, to });
                }
            }
        }
        before = Some(rule.id.clone());
    }
    let gone = old.rules.iter().filter(|rule| new.rules.iter().all(|other| other.id != rule.id));
    changes.extend(gone.map(|rule| Change::Removed { rule: rule.id.clone(), handed_to: target(rule, names) }));
    changes
}

/// Everything that a rule says, part by part, in words.
fn describe(policy: &Policy, place: usize, names: Names<'_>) -> Vec<(&'static str, String)> {
    let rule = &policy.rules[place];
    let condition = policy.when[place].source();
    let rep = |index: &pointsman_domain::RepIndex| format!("'{}'", names.roster.rep_at(*index).id);
    let skills: Vec<String> = rule.skills.iter().map(|(name, least)| format!("{name} {least}")).collect();
    vec![
        ("its condition", if condition == "true" { "none".into() } else { condition.to_owned() }),
        ("its target", target(rule, names)),
        ("its pick", pick(rule.pick)),
        ("its skills", list(&skills)),
        ("its exceptions", list(&rule.exclude.iter().map(rep).collect::<Vec<_>>())),
        ("its SLA", length(rule.sla)),
        ("its time to accept", length(rule.accept)),
        ("its priority", rule.priority.to_string()),
        ("its way out when nobody is free", on_full(rule, names)),
        ("its exploration", exploration(rule.explore)),
        ("its longest wait for a better price", length(rule.wait)),
        ("its kind of lead", lead_type(rule.lead_type)),
    ]
}

/// The longest part of `places` that ascends: rules that did not move.
fn longest_ascent(places: &[usize]) -> Vec<usize> {
    // The last place of the best ascent of each length, and what stood before each place.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; places.len()];
    for (at, place) in places.iter().enumerate() {
        let length = ends.partition_point(|&end| places[end] < *place);
        before[at] = length.checked_sub(1).map(|length| ends[length]);
        if length == ends.len() { ends.push(at) } else { ends[length] = at }
    }
    let mut ascent = Vec::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        ascent.push(places[at]);
        next = before[at];
    }
    ascent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ascends_did_not_move() {
        let sorted = |places: &[usize]| {
            let mut ascent = longest_ascent(places);
            ascent.sort_unstable();
            ascent
        };
        assert_eq!(sorted(&[0, 3, 1, 2]), [0, 1, 2]);
        assert_eq!(sorted(&[]), []);
    }
}
