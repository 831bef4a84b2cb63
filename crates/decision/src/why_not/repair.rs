//! The search: one obstacle after the other, and then without whatever was not needed.

use pointsman_assign::{
    Choosing, LoadEntry,
    pick::{merit, propensities},
};
use pointsman_domain::{Exploration, Pick, Reason, ReasonCode};
use pointsman_expr::Node;
use pointsman_rules::{OnFull, OwnerOf, Rule, Target};

use super::answer::Way;
use crate::choose::Walk;
use crate::counterfactual::{Difference, Record, Seen, World, may_change};
use crate::explain::before_load;
use crate::qualify::Rung;
use crate::record::Hold;

/// What is moved where a value less a price decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lever {
    Score,
    Price,
}

/// Obstacles that are looked at on one way.
const MOST_STEPS: usize = 10;
/// More differences than this are no answer any more.
const MOST_DIFFERENCES: usize = 5;
/// Neighbouring numbers tried until the comparison turns.
const NUDGES: usize = 64;

pub(super) struct Search<'a> {
    pub record: &'a Record,
    pub start: World,
}

/// The differences so far: facts are sought anew with every rule that must not apply.
#[derive(Default)]
struct Found {
    facts: Vec<Difference>,
    others: Vec<Difference>,
    /// Rules before the rung that must not apply.
    avoid: Vec<usize>,
}

impl Search<'_> {
    /// Differences after which this rung hands the lead to the rep, if any were found.
    pub fn way_to(&self, target: (usize, bool), lever: Lever) -> Option<Way> {
        let mut found = Found::default();
        for _ in 0..MOST_STEPS {
            let world = self.world(found.facts.iter().chain(&found.others), target)?;
            let seen = world.decide(self.record);
            if seen.taken_by(self.record.rep).is_some() {
                return self.least(found, target);
            }
            self.step(&world, &seen, target, lever, &mut found)?;
            if found.facts.len() + found.others.len() > MOST_DIFFERENCES {
                return None;
            }
        }
        None
    }

    fn world<'d>(&self, differences: impl Iterator<Item = &'d Difference>, target: (usize, bool)) -> Option<World> {
        let mut world = self.start.clone();
        for difference in differences {
            world = world.with(difference, target, self.record)?;
        }
        Some(world)
    }

    /// Takes away what is not needed, and says where the rep got it.
    fn least(&self, found: Found, target: (usize, bool)) -> Option<Way> {
        let mut all: Vec<Difference> = found.facts.into_iter().chain(found.others).collect();
        let taken = |differences: &[Difference]| {
            self.world(differences.iter(), target)?.decide(self.record).taken_by(self.record.rep)
        };
        for at in (0..all.len()).rev() {
            let left_out = all.remove(at);
            if taken(&all).is_none() {
                all.insert(at, left_out);
            }
        }
        let (rule, overflow) = taken(&all)?;
        let seen = self.start.decide(self.record);
        let by = &seen.qualified.policy().rules[rule];
        let assumes_load = !self.record.knows(rule, overflow, by.pick);
        Some(Way { rule: by.id.clone(), differences: all, assumes_load })
    }

    /// Adds what removes the next obstacle; `None` where nothing reasonable does.
    fn step(&self, world: &World, seen: &Seen, target: (usize, bool), lever: Lever, found: &mut Found) -> Option<()> {
        let rungs = &seen.qualified.rungs;
        let place = rungs.iter().position(|rung| (rung.rule, rung.overflow) == target);
        let Some(place) = place else {
            // An owner's rule asks for the owner: name one, then see whether it applies.
            let rule = &seen.qualified.policy().rules[target.0];
            if let Some(owner) = self.owner(rule, world).filter(|owner| !found.others.contains(owner)) {
                found.others.push(owner);
                return Some(());
            }
            return self.amend(target.0, found, target);
        };
        let end = seen.end();
        if end < place {
            if rungs[end].rule == target.0 || found.avoid.contains(&rungs[end].rule) {
                return None;
            }
            found.avoid.push(rungs[end].rule);
            return self.amend(target.0, found, target);
        }
        let next = self.on_rung(world, seen, place, lever)?;
        if found.others.contains(&next) {
            return None;
        }
        found.others.push(next);
        Some(())
    }

    /// Facts with which the rule applies, and those before it that took the lead do not.
    fn amend(&self, rule: usize, found: &mut Found, target: (usize, bool)) -> Option<()> {
        let world = self.world(found.others.iter(), target)?;
        let seen = world.decide(self.record);
        let when = &seen.qualified.policy().when;
        let avoided = found.avoid.iter().map(|earlier| when[*earlier].tree().clone().negated());
        let node = Node::all(avoided.chain([when[rule].tree().clone()]));
        let (row, environment) = (world.row(self.record), &world.snapshot.environment);
        let changes = environment.amend(&node, &row, may_change)?;
        let shown = |value: Option<&pointsman_domain::Value>, info: &pointsman_expr::FieldInfo| {
            value.map(|value| environment.literal(info, value))
        };
        let facts = changes.into_iter().map(|(field, value)| {
            let info = environment.info(field);
            let (from, to) = (shown(row.value(info).as_ref(), info), shown(value.as_ref(), info));
            Difference::Fact { field: info.name.clone(), from, to, value }
        });
        let facts: Vec<Difference> = facts.collect();
        // The same facts once more would end in the same place.
        let new = facts != found.facts;
        found.facts = facts;
        new.then_some(())
    }

    fn owner(&self, rule: &Rule, world: &World) -> Option<Difference> {
        let Target::Owner(of) = rule.target else { return None };
        let (account, contact) = (world.facts.account.as_ref(), world.facts.contact.as_ref());
        let (of, from) = match of {
            OwnerOf::Account => (OwnerOf::Account, account.and_then(|a| a.owner.clone())),
            OwnerOf::ParentAccount => (OwnerOf::ParentAccount, account.and_then(|a| a.parent_owner.clone())),
            OwnerOf::Subsidiary => (OwnerOf::Subsidiary, account.and_then(|a| a.subsidiary_owner.clone())),
            OwnerOf::Opportunity => (OwnerOf::Opportunity, account.and_then(|a| a.opportunity_owner.clone())),
            OwnerOf::PriorContact => (OwnerOf::PriorContact, contact.and_then(|c| c.owner.clone())),
            OwnerOf::LastOwner => (OwnerOf::LastOwner, world.facts.routing.last_owner.clone()),
            OwnerOf::Originator => (OwnerOf::Originator, world.facts.lead.originator.clone()),
        };
        (from.as_ref() != Some(&self.record.id)).then_some(Difference::Owner { of, from })
    }

    /// What the rep lacks on a rung that the walk reached.
    fn on_rung(&self, world: &World, seen: &Seen, place: usize, lever: Lever) -> Option<Difference> {
        let rung = &seen.qualified.rungs[place];
        let rule = seen.qualified.rule(rung);
        let Some(admission) = seen.qualified.admissions(rung).iter().find(|a| a.rep == self.record.rep) else {
            return self.enter(rung, rule, world);
        };
        if admission.reason != ReasonCode::Admitted {
            return self.admitted(rule, before_load(&seen.qualified, rule, admission), world);
        }
        let asks = seen.qualified.asks(rung);
        let position = asks.iter().position(|ask| ask.rep == self.record.rep)?;
        let entry = seen.load.rung(place).entries[position];
        match entry.reason {
            ReasonCode::LimitReached => {
                let limit = world.snapshot.roster.limits.get(usize::from(entry.limit.0))?;
                Some(Difference::FreeSlot { limit: limit.id.clone() })
            }
            ReasonCode::OlderLeadWaits => Some(Difference::NobodyAhead),
            _ => self.ahead(seen, place, position, lever),
        }
    }

    /// How the rep comes to be looked at by a rung.
    fn enter(&self, rung: &Rung, rule: &Rule, world: &World) -> Option<Difference> {
        let pool = match (&rule.target, &rule.on_full, rung.overflow) {
            (Target::Pool(pool), _, false) | (_, OnFull::Overflow(pool), true) => *pool,
            (Target::Territory(_), _, false) => rung.pool?,
            (Target::Owner(_), _, false) => return self.owner(rule, world),
            _ => return None,
        };
        Some(Difference::InPool { pool: world.snapshot.roster.pool_at(pool).id.clone() })
    }

    /// Against a reason that was known before any load.
    fn admitted(&self, rule: &Rule, reason: Reason, world: &World) -> Option<Difference> {
        Some(match reason {
            Reason::Inactive => Difference::Active,
            Reason::ExcludedByRule { rule } => Difference::NotExcluded { rule },
            Reason::DeclinedBefore => Difference::NotDeclined,
            Reason::Absent { until } => Difference::Back { until },
            Reason::OutsideHours { until } => Difference::AtWork { until },
            Reason::MissingSkill { skill } => {
                let from = self.level(&skill, world);
                let (_, least) = rule.skills.iter().find(|(name, _)| *name == skill)?;
                Difference::Skill { skill, from, to: (*least).max(1) }
            }
            _ => return None,
        })
    }

    fn level(&self, skill: &str, world: &World) -> u8 {
        world.snapshot.roster.rep_at(self.record.rep).skills.get(skill).copied().unwrap_or(0)
    }

    /// By how much the rep would have had to be ahead of whoever was chosen.
    fn ahead(&self, seen: &Seen, place: usize, position: usize, lever: Lever) -> Option<Difference> {
        let rung = &seen.qualified.rungs[place];
        let rule = seen.qualified.rule(rung);
        let entries = seen.load.rung(place).entries;
        let entry = entries[position];
        let how = Choosing { pick: rule.pick, value: seen.qualified.value, may_wait: false, explore: Exploration::Off };
        let (least, ties_win) = match seen.walk {
            Walk::Taken { position: taken, propensity, .. } => {
                let best = entries.iter().filter(|e| e.reason == entries[taken].reason).map(|e| merit(e, &how));
                let best = best.fold(merit(&entries[taken], &how), f64::max);
                let may = entry.reason == entries[taken].reason || entry.reason == ReasonCode::Admitted;
                if rule.pick == Pick::Draw || (may && rule.explore.is_on() && merit(&entry, &how) >= best) {
                    let drawn = propensities(seen.load.rung(place), &Choosing { explore: rule.explore, ..how });
                    let drawn = drawn.into_iter().find(|(at, _)| *at == position).map(|(_, chance)| chance);
                    return Some(Difference::AnotherDraw { propensity: drawn.unwrap_or(1.0 - propensity) });
                }
                let first = entries.iter().position(|e| e.reason == entries[taken].reason && merit(e, &how) >= best);
                (best, first.is_none_or(|first| position < first))
            }
            // Somebody is free, but the lead waits for a better price: at no loss it waits no longer.
            Walk::Held { hold: Hold::Priced, .. } => (0.0, true),
            _ => return None,
        };
        let beats = |entry: &LoadEntry| match ties_win {
            true => merit(entry, &how) >= least,
            false => merit(entry, &how) > least,
        };
        match rule.pick {
            Pick::WeightedRoundRobin | Pick::LeastLoaded => {
                let rank = turned(-least as f32, f32::next_down, |rank| beats(&LoadEntry { rank, ..entry }))?;
                let by = f64::from(entry.rank) - f64::from(rank);
                Some(if rule.pick == Pick::LeastLoaded {
                    Difference::LowerLoad { by }
                } else {
                    Difference::SoonerTurn { by }
                })
            }
            Pick::BestSkill => {
                let (skill, _) = rule.skills.first()?;
                let from = self.level(skill, &self.start);
                let more = (least - f64::from(entry.rank)).ceil() as u64 + u64::from(!ties_win);
                let to = u8::try_from(u64::from(from) + more).ok().filter(|to| *to <= 100)?;
                Some(Difference::Skill { skill: skill.clone(), from, to })
            }
            Pick::NearestTerritory => {
                let rank = turned(least as f32, f32::next_up, |rank| beats(&LoadEntry { rank, ..entry }))?;
                Some(Difference::NearerTerritory { by: f64::from(rank) - f64::from(entry.rank) })
            }
            Pick::BestScore => self.higher_score(least as f32, entry, beats),
            Pick::ExpectedValue if lever == Lever::Price => {
                let start = (how.value * f64::from(entry.score) - least) as f32;
                let price = turned(start, f32::next_down, |price| beats(&LoadEntry { price, ..entry }))?;
                let (from, to) = (f64::from(entry.price), f64::from(price));
                (to >= 0.0 && to < from).then_some(Difference::LowerPrice { from, to })
            }
            Pick::ExpectedValue if how.value > 0.0 => {
                self.higher_score(((least + f64::from(entry.price)) / how.value) as f32, entry, beats)
            }
            Pick::ExpectedValue | Pick::Draw => None,
        }
    }

    fn higher_score(&self, start: f32, entry: LoadEntry, beats: impl Fn(&LoadEntry) -> bool) -> Option<Difference> {
        let score = turned(start, f32::next_up, |score| beats(&LoadEntry { score, ..entry }))?;
        let (from, to) = (f64::from(entry.score), f64::from(score));
        (to <= 1.0).then_some(Difference::HigherScore { from, to })
    }
}

/// The first number, from `start` on, at which the comparison turns.
fn turned(start: f32, next: impl Fn(f32) -> f32, holds: impl Fn(f32) -> bool) -> Option<f32> {
    let mut at = start;
    for _ in 0..NUDGES {
        if holds(at) {
            return Some(at);
        }
        at = next(at);
    }
    None
}
