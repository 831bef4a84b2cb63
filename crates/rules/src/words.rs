//! What a rule says, part by part, in words.

use pointsman_domain::{Exploration, Micros, Pick};

use crate::{Destination, LeadType, OnFull, OwnerOf, Roster, Rule, Target, Territory};

/// What the numbers in a policy name.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    pub roster: &'a Roster,
    pub territories: &'a [Territory],
}

/// How a rule tries others than the best.
pub fn exploration(explore: Exploration) -> String {
    let share = explore.share() * 100.0;
    match explore {
        Exploration::Off => "0 %".into(),
        Exploration::Evenly(_) => format!("{share} %"),
        Exploration::Posterior(_) => format!("{share} % by what the model does not know"),
    }
}

/// Texts in a row; `none` where there are none.
pub fn list(items: &[String]) -> String {
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

/// Which leads a rule is for.
pub fn lead_type(of: Option<LeadType>) -> String {
    match of {
        None => "every one",
        Some(LeadType::Inbound) => "inbound",
        Some(LeadType::Outbound) => "outbound",
    }
    .into()
}

/// Whom a rule hands to, in words.
pub fn target(rule: &Rule, names: Names<'_>) -> String {
    match &rule.target {
        Target::Pool(pool) => destination(Destination::Pool(*pool), names.roster),
        Target::Rep(rep) => destination(Destination::Rep(*rep), names.roster),
        Target::Territory(place) => format!("territory '{}'", names.territories[usize::from(place.0)].name),
        Target::Queue(queue) => format!("queue '{queue}'"),
        Target::Owner(of) => match of {
            OwnerOf::Account => "the account's owner",
            OwnerOf::ParentAccount => "the owner among the account's parents",
            OwnerOf::Subsidiary => "the owner among its subsidiaries",
            OwnerOf::Opportunity => "the open opportunity's owner",
            OwnerOf::PriorContact => "who dealt with the person before",
            OwnerOf::LastOwner => "the lead's last owner",
            OwnerOf::Originator => "the rep who created the lead",
        }
        .into(),
    }
}

/// A pool or a rep, in words.
pub fn destination(to: Destination, roster: &Roster) -> String {
    match to {
        Destination::Pool(pool) => format!("pool '{}'", roster.pool_at(pool).id),
        Destination::Rep(rep) => format!("rep '{}'", roster.rep_at(rep).id),
    }
}

/// A pick, as policies write it.
pub fn pick(pick: Pick) -> String {
    match pick {
        Pick::WeightedRoundRobin => "weighted-round-robin",
        Pick::LeastLoaded => "least-loaded",
        Pick::BestSkill => "best-skill",
        Pick::NearestTerritory => "nearest-territory",
        Pick::BestScore => "best-score",
        Pick::ExpectedValue => "expected-value",
        Pick::Draw => "draw",
    }
    .into()
}

/// Where a rule's lead goes when nobody of it is free.
pub fn on_full(rule: &Rule, names: Names<'_>) -> String {
    match &rule.on_full {
        OnFull::Next => "the next rule".into(),
        OnFull::Backup => "the backups".into(),
        OnFull::Hold(longest) => format!("a hold of {}", length(Some(*longest))),
        OnFull::Overflow(pool) => destination(Destination::Pool(*pool), names.roster),
        OnFull::Park(queue) => format!("queue '{queue}'"),
    }
}

/// A duration in its two largest units.
pub fn length(length: Option<Micros>) -> String {
    let Some(length) = length else { return "none".into() };
    let minutes = length.0 / Micros::MINUTE.0;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{} s", length.0 / Micros::SECOND.0),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
