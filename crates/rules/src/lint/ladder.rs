//! Rules against each other: which never fire, which share leads without meaning to.

use std::collections::BTreeMap;

use pointsman_domain::{RepIndex, Value};
use pointsman_expr::{Assume, Field, Node, Possible, Space, Span};

use super::{EFFORT, Finding, Kind, Lint, Particular, Severity};
use crate::{OnFull, Rule, Target};

pub(super) fn check(lint: &Lint<'_>, findings: &mut Vec<Finding>) {
    let mut blocked: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for place in 0..lint.policy.rules.len() {
        match (&lint.leads[place].any, &lint.leads[place].first) {
            (Possible::No, _) => findings.push(never(lint, place)),
            (_, Possible::No) => {
                if let Some(by) = blockers(lint, place) {
                    blocked.entry(by).or_default().push(place);
                }
            }
            _ => {}
        }
        findings.extend(always(lint, place));
    }
    findings.extend(blocked.into_iter().map(|(by, rules)| shadowed(lint, &by, &rules)));
    overlaps(lint, findings);
}

fn never(lint: &Lint<'_>, place: usize) -> Finding {
    let when = &lint.policy.when[place];
    Finding {
        kind: Kind::AlwaysFalse,
        severity: Severity::Error,
        rules: vec![lint.at(place)],
        rows: None,
        particular: Particular::NeverMet { condition: lint.context.environment.show(when.tree()) },
        example: nearest(lint, when.tree()),
    }
}

/// A lead that meets as many parts of a conjunction, from the left, as one can.
fn nearest(lint: &Lint<'_>, node: &Node) -> Vec<(Field, Value)> {
    let Node::All(parts) = node else { return vec![] };
    let space = Space::new(lint.context.environment, parts, Assume::Leads);
    let longest =
        (1..parts.len()).rev().find_map(|count| match space.find(&(0..count).collect::<Vec<_>>(), &[], EFFORT) {
            Possible::Yes(example) => Some(example),
            Possible::No | Possible::Unknown => None,
        });
    longest.unwrap_or_default()
}

fn always(lint: &Lint<'_>, place: usize) -> Option<Finding> {
    let when = &lint.policy.when[place];
    let says_so = when.source().trim() == "true";
    let is_always = !says_so && lint.space.find(&[], &[place], EFFORT) == Possible::No;
    is_always.then(|| Finding {
        kind: Kind::AlwaysTrue,
        severity: Severity::Warning,
        rules: vec![lint.at(place)],
        rows: None,
        particular: Particular::AlwaysMet { condition: when.source().to_owned() },
        example: lint.lead_of(place),
    })
}

/// The fewest earlier rules that take every lead of this one, if such as keep what they get do.
fn blockers(lint: &Lint<'_>, place: usize) -> Option<Vec<usize>> {
    let mut by: Vec<usize> = (0..place).filter(|&earlier| keeps(lint, earlier)).collect();
    let all_taken = |by: &[usize]| lint.space.find(&[place], by, EFFORT) == Possible::No;
    if let Some(single) = by.iter().find(|&&earlier| all_taken(&[earlier])) {
        return Some(vec![*single]);
    }
    if !all_taken(&by) {
        return None;
    }
    let mut next = 0;
    while next < by.len() {
        let without: Vec<usize> = by.iter().copied().filter(|earlier| *earlier != by[next]).collect();
        if all_taken(&without) { by = without } else { next += 1 }
    }
    Some(by)
}

/// A rule that names somebody for each of its leads, so that they go on only if nobody is free.
/// Owners may be unknown or gone, and a place may lie in no territory: such rules let leads pass.
fn keeps(lint: &Lint<'_>, place: usize) -> bool {
    let rule = &lint.policy.rules[place];
    match &rule.target {
        Target::Queue(_) => true,
        Target::Pool(_) | Target::Rep(_) => candidates(lint, rule).next().is_some(),
        Target::Owner(_) | Target::Territory(_) => false,
    }
}

/// Who of a pool or rep that a rule names could ever take its leads.
pub(super) fn candidates<'l>(lint: &'l Lint<'_>, rule: &'l Rule) -> impl Iterator<Item = RepIndex> + 'l {
    let roster = lint.context.roster;
    let members: Vec<RepIndex> = match &rule.target {
        Target::Pool(pool) => roster.pool_at(*pool).members.iter().map(|(rep, _)| *rep).collect(),
        Target::Rep(rep) => vec![*rep],
        _ => vec![],
    };
    members.into_iter().filter(move |rep| {
        let skills = &roster.rep_at(*rep).skills;
        let skilled = rule.skills.iter().all(|(name, least)| skills.get(name).copied().unwrap_or(0) >= (*least).max(1));
        roster.rep_at(*rep).active && !rule.exclude.contains(rep) && skilled
    })
}

fn shadowed(lint: &Lint<'_>, by: &[usize], rules: &[usize]) -> Finding {
    let rule = |place: &usize| &lint.policy.rules[*place];
    let ends = by.iter().all(|place| {
        matches!((&rule(place).target, &rule(place).on_full), (Target::Queue(_), _) | (_, OnFull::Park(_)))
    });
    let takers = by.iter().map(|place| lint.at(*place)).collect();
    let named = rules.iter().map(|place| lint.rule(*place)).collect();
    let particular = match ends {
        true => Particular::NeverFires { rules: named, takers },
        false => Particular::FiresWhenFull { rules: named, takers },
    };
    Finding {
        kind: Kind::Shadowed,
        severity: if ends { Severity::Error } else { Severity::Warning },
        rules: by.iter().chain(rules).map(|place| lint.at(*place)).collect(),
        rows: None,
        particular,
        example: lint.lead_of(rules[0]),
    }
}

/// Two rules that divide leads by the same fields, but not cleanly.
fn overlaps(lint: &Lint<'_>, findings: &mut Vec<Finding>) {
    let spans: Vec<Option<Span>> = (0..lint.policy.rules.len())
        .map(|place| {
            let names_somebody =
                matches!(lint.policy.rules[place].target, Target::Pool(_) | Target::Rep(_) | Target::Queue(_));
            lint.space.span(place).filter(|_| names_somebody && lint.leads[place].any != Possible::No)
        })
        .collect();
    for (place, span) in spans.iter().enumerate() {
        let Some(span) = span else { continue };
        let mut others = Vec::new();
        let mut example = None;
        for (later, other) in spans.iter().enumerate().skip(place + 1) {
            let differs = lint.policy.rules[place].target != lint.policy.rules[later].target;
            if !differs || !other.as_ref().is_some_and(|other| collide(span, other)) {
                continue;
            }
            let before: Vec<usize> = (0..place).collect();
            if let Possible::Yes(lead) = lint.space.find(&[place, later], &before, EFFORT) {
                example.get_or_insert(lead);
                others.push(later);
            }
        }
        let Some(example) = example else { continue };
        findings.push(Finding {
            kind: Kind::Overlap,
            severity: Severity::Note,
            rules: [place].iter().chain(&others).map(|place| lint.at(*place)).collect(),
            rows: None,
            particular: Particular::SharesLeads {
                rule: lint.rule(place),
                with: others.iter().map(|place| lint.rule(*place)).collect(),
            },
            example,
        });
    }
}

/// They share leads, neither is the special case of the other, and they ask the same fields; or
/// one asks more, and on a field of both each leaves values that the other does not.
fn collide(a: &Span, b: &Span) -> bool {
    let (fewer, more) = (a.asks_no_more_than(b), b.asks_no_more_than(a));
    a.meets(b) && !a.is_within(b) && !b.is_within(a) && ((fewer && more) || ((fewer || more) && a.crosses(b)))
}
