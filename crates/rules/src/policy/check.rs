//! One rule as written → one rung, everything it names found.

use std::ops::Range;

use pointsman_domain::{Exploration, Micros, Pick, PoolId, PoolIndex, RepId, RepIndex, TerritoryId, TerritoryIndex};
use toml::Spanned;

use super::file::{ExploreBy, OnFullFile, RuleFile};
use super::{OnFull, Rule, RuleFault, Target};
use crate::{Roster, Territory, length};

/// A rule's default priority.
const PRIORITY: u8 = 5;
/// More even exploration than this costs more than it teaches.
const MOST_EVENLY: f64 = 0.5;

/// What rules may name, and the workspace's pick.
pub(super) struct Names<'a> {
    pub roster: &'a Roster,
    pub territories: &'a [Territory],
    pub default_pick: Pick,
}

pub(super) type Fault = (Range<usize>, RuleFault);

/// Checks one rule against what it names; its line is the caller's.
pub(super) fn rule(written: &Spanned<RuleFile>, names: &Names<'_>) -> Result<Rule, Fault> {
    let roster = names.roster;
    let rule = written.get_ref();
    let whole = |fault: RuleFault| (written.span(), fault);
    let target = target(written, names)?;
    let pick = rule.pick.unwrap_or(names.default_pick);
    let priority = rule.priority.unwrap_or(PRIORITY);
    if priority > 9 {
        return Err(whole(RuleFault::Priority(priority)));
    }
    let explore = exploration(rule).map_err(whole)?;
    if explore.is_on() && !matches!(pick, Pick::ExpectedValue | Pick::BestScore) {
        return Err(whole(RuleFault::Meaningless { what: "explore", pick }));
    }
    if rule.wait.is_some() && pick != Pick::ExpectedValue {
        return Err(whole(RuleFault::Meaningless { what: "wait", pick }));
    }
    let on_full = match &rule.on_full {
        Some(full) => on_full(full, &target, roster)?,
        None => OnFull::Next,
    };
    Ok(Rule {
        id: rule.id.clone(),
        line: 0,
        lead_type: rule.lead_type.as_ref().map(|of| *of.get_ref()),
        target,
        pick,
        skills: rule.skills.iter().map(|(name, level)| (name.clone(), *level)).collect(),
        exclude: rule.exclude.iter().map(|id| rep(id, roster)).collect::<Result<_, _>>()?,
        sla: rule.sla.as_ref().map(duration).transpose()?,
        accept: rule.accept.as_ref().map(duration).transpose()?,
        priority,
        on_full,
        explore,
        wait: rule.wait.as_ref().map(duration).transpose()?,
        allow: rule.allow.clone(),
    })
}

fn exploration(rule: &RuleFile) -> Result<Exploration, RuleFault> {
    let Some(share) = rule.explore else {
        return if rule.explore_by.is_some() { Err(RuleFault::ExploreBy) } else { Ok(Exploration::Off) };
    };
    let (most, explore) = match rule.explore_by {
        None | Some(ExploreBy::Evenly) => (MOST_EVENLY, Exploration::Evenly(share)),
        Some(ExploreBy::Posterior) => (1.0, Exploration::Posterior(share)),
    };
    match share {
        0.0 => Ok(Exploration::Off),
        share if (0.0..=most).contains(&share) => Ok(explore),
        share => Err(RuleFault::Explore { share: share.to_string(), most }),
    }
}

fn duration(text: &Spanned<String>) -> Result<Micros, Fault> {
    length::parse(text.get_ref()).map_err(|e| (text.span(), e.into()))
}

fn target(written: &Spanned<RuleFile>, names: &Names<'_>) -> Result<Target, Fault> {
    let rule = written.get_ref();
    let mut targets = Vec::new();
    if let Some(id) = &rule.pool {
        targets.push(Target::Pool(pool(id.get_ref(), id.span(), names.roster)?));
    }
    if let Some(id) = &rule.rep {
        targets.push(Target::Rep(rep(id, names.roster)?));
    }
    if let Some(id) = &rule.territory {
        targets.push(Target::Territory(territory(id, names.territories)?));
    }
    targets.extend(rule.owner.map(Target::Owner));
    targets.extend(rule.queue.clone().map(Target::Queue));
    match <[Target; 1]>::try_from(targets) {
        Ok([target]) => Ok(target),
        Err(targets) => Err((written.span(), RuleFault::Targets { count: targets.len() })),
    }
}

fn on_full(written: &Spanned<OnFullFile>, target: &Target, roster: &Roster) -> Result<OnFull, Fault> {
    let span = written.span();
    Ok(match written.get_ref() {
        OnFullFile::Next => OnFull::Next,
        OnFullFile::Backup => OnFull::Backup,
        OnFullFile::Hold(text) => OnFull::Hold(length::parse(text).map_err(|e| (span, e.into()))?),
        OnFullFile::Queue(queue) => OnFull::Park(queue.clone()),
        OnFullFile::Overflow(id) => {
            let overflow = pool(id, span.clone(), roster)?;
            if *target == Target::Pool(overflow) {
                return Err((span, RuleFault::OverflowsIntoItself));
            }
            OnFull::Overflow(overflow)
        }
    })
}

fn pool(id: &PoolId, span: Range<usize>, roster: &Roster) -> Result<PoolIndex, Fault> {
    let known = || roster.pools.iter().map(|pool| pool.id.as_str());
    let unknown = || RuleFault::Unknown { what: "pool", id: id.to_string(), hint: hint(known()) };
    roster.pool(id.as_str()).ok_or_else(|| (span, unknown()))
}

fn territory(id: &Spanned<TerritoryId>, territories: &[Territory]) -> Result<TerritoryIndex, Fault> {
    let place = territories.iter().position(|territory| territory.name == *id.get_ref());
    let unknown = || {
        let known: Vec<&str> = territories.iter().take(8).map(|territory| territory.name.as_str()).collect();
        let hint = match known.is_empty() {
            true => "; there is no file in territories/".to_owned(),
            false => format!("; territories/ has {}", known.join(", ")),
        };
        RuleFault::Unknown { what: "territory", id: id.get_ref().to_string(), hint }
    };
    place.map(|place| TerritoryIndex(place as u16)).ok_or_else(|| (id.span(), unknown()))
}

fn rep(id: &Spanned<RepId>, roster: &Roster) -> Result<RepIndex, Fault> {
    let name = id.get_ref();
    let known = || roster.reps.iter().map(|rep| rep.id.as_str());
    let unknown = || RuleFault::Unknown { what: "rep", id: name.to_string(), hint: hint(known()) };
    roster.rep(name.as_str()).ok_or_else(|| (id.span(), unknown()))
}

fn hint<'a>(known: impl Iterator<Item = &'a str>) -> String {
    let first: Vec<&str> = known.take(8).collect();
    if first.is_empty() { "; reps.toml lists none".into() } else { format!("; reps.toml has {}", first.join(", ")) }
}
