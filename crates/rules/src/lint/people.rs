//! Whom rules name: nobody at all, nobody for a while, nobody who may, or not this rep.

use std::collections::BTreeSet;

use pointsman_domain::{Instant, Micros, PoolIndex, RepIndex};

use super::{Finding, Kind, Lint, Particular, Severity, ladder::candidates};
use crate::{Destination, OnFull, Target};

/// How far ahead absences are looked at.
const DAYS_AHEAD: i64 = 30;

pub(super) fn check(lint: &Lint<'_>, findings: &mut Vec<Finding>) {
    for pool in 0..lint.context.roster.pools.len() {
        let pool = PoolIndex(pool as u16);
        let rules = rules_that_name(lint, pool);
        let members = active(lint, pool);
        if members.is_empty() {
            findings.push(empty(lint, pool, &rules));
        } else if let (false, Some(span)) = (rules.is_empty(), all_away(lint, &members)) {
            findings.push(away(lint, pool, &rules, &members, span));
        }
    }
    for place in 0..lint.policy.rules.len() {
        findings.extend(nobody_qualifies(lint, place));
        findings.extend(useless_overflow(lint, place));
    }
    findings.extend(unreachable(lint));
}

fn active(lint: &Lint<'_>, pool: PoolIndex) -> Vec<RepIndex> {
    let roster = lint.context.roster;
    let members = roster.pool_at(pool).members.iter().map(|(rep, _)| *rep);
    members.filter(|rep| roster.rep_at(*rep).active).collect()
}

/// Rules that hand to the pool, by themselves, by a territory or when they are full.
fn rules_that_name(lint: &Lint<'_>, pool: PoolIndex) -> Vec<usize> {
    let names = |place: &usize| {
        let rule = &lint.policy.rules[*place];
        let by_territory = || {
            let Target::Territory(territory) = rule.target else { return false };
            let rows = &lint.context.territories[usize::from(territory.0)].rows;
            rows.iter().any(|row| row.to == Destination::Pool(pool) && row.days.1 > lint.context.today)
        };
        rule.target == Target::Pool(pool) || rule.on_full == OnFull::Overflow(pool) || by_territory()
    };
    (0..lint.policy.rules.len()).filter(names).collect()
}

fn empty(lint: &Lint<'_>, pool: PoolIndex, rules: &[usize]) -> Finding {
    let pool = lint.context.roster.pool_at(pool).id.clone();
    Finding {
        kind: Kind::EmptyPool,
        severity: if rules.is_empty() { Severity::Note } else { Severity::Error },
        rules: rules.iter().map(|place| lint.at(*place)).collect(),
        rows: None,
        particular: Particular::NobodyInPool { pool, named: !rules.is_empty() },
        example: rules.first().map_or_else(Vec::new, |place| lint.lead_of(*place)),
    }
}

/// The first span in the days ahead in which everybody is away and somebody would have worked.
fn all_away(lint: &Lint<'_>, members: &[RepIndex]) -> Option<(Instant, Instant)> {
    let (from, until) = (lint.context.now, lint.context.now + Micros::DAY.times(DAYS_AHEAD));
    let mut common = vec![(from, until)];
    for rep in members {
        let away: Vec<(Instant, Instant)> = lint.context.absences.get(rep.0 as usize)?.iter().collect();
        let both = common.iter().flat_map(|a| away.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))));
        common = both.filter(|(from, until)| from < until).collect();
        if common.is_empty() {
            return None;
        }
    }
    let works = |rep: &RepIndex, span: (Instant, Instant)| {
        lint.context.calendars[rep.0 as usize].worked_between(span.0, span.1) > Micros(0)
    };
    common.into_iter().find(|span| members.iter().any(|rep| works(rep, *span)))
}

fn away(
    lint: &Lint<'_>,
    pool: PoolIndex,
    rules: &[usize],
    members: &[RepIndex],
    (from, until): (Instant, Instant),
) -> Finding {
    let particular = Particular::EverybodyAway {
        pool: lint.context.roster.pool_at(pool).id.clone(),
        reps: members.iter().map(|rep| lint.rep(*rep)).collect(),
        from: (from != lint.context.now).then_some(from),
        until,
    };
    Finding {
        kind: Kind::AbsentPool,
        severity: Severity::Warning,
        rules: rules.iter().map(|place| lint.at(*place)).collect(),
        rows: None,
        particular,
        example: lint.lead_of(rules[0]),
    }
}

fn nobody_qualifies(lint: &Lint<'_>, place: usize) -> Option<Finding> {
    let rule = &lint.policy.rules[place];
    let somebody_works = match &rule.target {
        Target::Pool(pool) => !active(lint, *pool).is_empty(),
        Target::Rep(rep) => lint.context.roster.rep_at(*rep).active || rule.skills.is_empty(),
        _ => false,
    };
    let inactive = match &rule.target {
        Target::Rep(rep) if !lint.context.roster.rep_at(*rep).active => Some(*rep),
        _ => None,
    };
    let particular = match inactive {
        Some(rep) => Particular::Left { rep: lint.rep(rep) },
        None if somebody_works && candidates(lint, rule).next().is_none() => {
            Particular::Unskilled { skills: rule.skills.clone() }
        }
        None => return None,
    };
    Some(Finding {
        kind: Kind::NobodyQualifies,
        severity: Severity::Error,
        rules: vec![lint.at(place)],
        rows: None,
        particular,
        example: lint.lead_of(place),
    })
}

fn useless_overflow(lint: &Lint<'_>, place: usize) -> Option<Finding> {
    let rule = &lint.policy.rules[place];
    let roster = lint.context.roster;
    let target: Vec<RepIndex> = match &rule.target {
        Target::Pool(pool) => active(lint, *pool),
        Target::Rep(rep) => vec![*rep],
        _ => return None,
    };
    let more: Vec<RepIndex> = match &rule.on_full {
        OnFull::Overflow(pool) => active(lint, *pool),
        OnFull::Backup => target.iter().flat_map(|rep| roster.rep_at(*rep).backups.iter().copied()).collect(),
        _ => return None,
    };
    let adds = more.iter().any(|rep| roster.rep_at(*rep).active && !target.contains(rep));
    (!adds && !target.is_empty()).then(|| Finding {
        kind: Kind::UselessOverflow,
        severity: Severity::Warning,
        rules: vec![lint.at(place)],
        rows: None,
        particular: match rule.on_full {
            OnFull::Backup => Particular::BackupsAddNobody,
            _ => Particular::OverflowAddsNobody,
        },
        example: lint.lead_of(place),
    })
}

/// Active reps whom nothing can hand a lead to.
fn unreachable(lint: &Lint<'_>) -> Option<Finding> {
    let roster = lint.context.roster;
    let mut named: BTreeSet<RepIndex> =
        roster.pools.iter().flat_map(|p| p.members.iter().map(|(rep, _)| *rep)).collect();
    for rule in &lint.policy.rules {
        match rule.target {
            Target::Rep(rep) => drop(named.insert(rep)),
            Target::Territory(territory) => {
                let rows = &lint.context.territories[usize::from(territory.0)].rows;
                named.extend(rows.iter().filter_map(|row| match row.to {
                    Destination::Rep(rep) => Some(rep),
                    Destination::Pool(_) => None,
                }));
            }
            Target::Pool(_) | Target::Owner(_) | Target::Queue(_) => {}
        }
    }
    named.extend(roster.reps.iter().flat_map(|rep| rep.backups.iter().copied()));
    let idle = (0..roster.reps.len() as u32).map(RepIndex);
    let idle: Vec<RepIndex> = idle.filter(|rep| roster.rep_at(*rep).active && !named.contains(rep)).collect();
    if idle.is_empty() {
        return None;
    }
    let last = lint.policy.rules.len() - 1;
    Some(Finding {
        kind: Kind::UnreachableRep,
        severity: Severity::Warning,
        rules: vec![lint.at(last)],
        rows: None,
        particular: Particular::UnnamedReps { reps: idle.into_iter().map(|rep| lint.rep(rep)).collect() },
        example: lint.lead_of(last),
    })
}
