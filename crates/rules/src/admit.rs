//! Which reps a rule admits for one lead, and the first reason against each of the others.

use pointsman_domain::{Availability, ReasonCode, RepIndex};

use crate::{OnFull, OwnerOf, Roster, Rule, Target};

/// What is known of the people around one lead. Indices are of the same roster.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub account_owner: Option<RepIndex>,
    pub parent_owner: Option<RepIndex>,
    pub opportunity_owner: Option<RepIndex>,
    pub prior_contact: Option<RepIndex>,
    pub last_owner: Option<RepIndex>,
    pub originator: Option<RepIndex>,
    /// Reps who declined this lead.
    pub declined: &'a [RepIndex],
    /// By rep index.
    pub availability: &'a [Availability],
}

impl Known<'_> {
    fn owner(&self, of: OwnerOf) -> Option<RepIndex> {
        match of {
            OwnerOf::Account => self.account_owner,
            OwnerOf::ParentAccount => self.parent_owner,
            OwnerOf::Opportunity => self.opportunity_owner,
            OwnerOf::PriorContact => self.prior_contact,
            OwnerOf::LastOwner => self.last_owner,
            OwnerOf::Originator => self.originator,
        }
    }
}

/// One rep the rule looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Admission {
    pub rep: RepIndex,
    /// The rep's weight for turns here.
    pub weight: u32,
    /// `Admitted`, or the first reason against.
    pub reason: ReasonCode,
    /// Sum of the levels of the skills that the rule asks for.
    pub skill: f32,
}

/// Appends the candidates of a rule's target, in ascending order of reps.
pub fn admit(rule: &Rule, roster: &Roster, known: &Known<'_>, out: &mut Vec<Admission>) {
    match &rule.target {
        Target::Pool(pool) => {
            let members = &roster.pool_at(*pool).members;
            out.extend(members.iter().map(|(rep, weight)| judge(rule, roster, known, *rep, *weight)));
        }
        Target::Rep(rep) => out.push(judge(rule, roster, known, *rep, 1)),
        Target::Owner(of) => out.extend(known.owner(*of).map(|rep| judge(rule, roster, known, rep, 1))),
        Target::Queue(_) => {}
    }
}

/// Appends whom the rule turns to when its target is full: the overflow pool, or the target's backups.
pub fn admit_on_full(rule: &Rule, roster: &Roster, known: &Known<'_>, out: &mut Vec<Admission>) {
    match &rule.on_full {
        OnFull::Overflow(pool) => {
            let members = &roster.pool_at(*pool).members;
            out.extend(members.iter().map(|(rep, weight)| judge(rule, roster, known, *rep, *weight)));
        }
        OnFull::Backup => {
            let mut target = Vec::new();
            admit(rule, roster, known, &mut target);
            let mut backups: Vec<RepIndex> =
                target.iter().flat_map(|a| roster.rep_at(a.rep).backups.iter().copied()).collect();
            backups.sort_unstable();
            backups.dedup();
            backups.retain(|rep| target.iter().all(|a| a.rep != *rep));
            out.extend(backups.into_iter().map(|rep| judge(rule, roster, known, rep, roster.rep_at(rep).weight)));
        }
        OnFull::Next | OnFull::Hold(_) | OnFull::Park(_) => {}
    }
}

fn judge(rule: &Rule, roster: &Roster, known: &Known<'_>, index: RepIndex, weight: u32) -> Admission {
    let rep = roster.rep_at(index);
    let mut skill = 0.0;
    let mut skilled = true;
    for (name, least) in &rule.skills {
        let level = rep.skills.get(name).copied().unwrap_or(0);
        skilled &= level >= (*least).max(1);
        skill += f32::from(level);
    }
    let availability = known.availability.get(index.0 as usize).copied().unwrap_or(Availability::Here);
    let reason = match availability {
        _ if !rep.active => ReasonCode::Inactive,
        _ if rule.exclude.contains(&index) => ReasonCode::ExcludedByRule,
        _ if known.declined.contains(&index) => ReasonCode::DeclinedBefore,
        _ if !skilled => ReasonCode::MissingSkill,
        Availability::Absent { .. } => ReasonCode::Absent,
        Availability::Closed { .. } => ReasonCode::OutsideHours,
        Availability::Here => ReasonCode::Admitted,
    };
    Admission { rep: index, weight, reason, skill }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{AttributeSchema, Pick};
    use pointsman_expr::Environment;

    use super::*;
    use crate::Policy;

    #[test]
    fn the_first_reason_against_is_given() {
        let environment = Environment::new(&AttributeSchema::default());
        let roster = r#"
            format = 1
            rep = [
                { id = "a", skills = { german = 2 } }, { id = "b", skills = { german = 1 } }, { id = "c", active = false },
                { id = "d", skills = { german = 3 }, backup = ["e"] }, { id = "e", skills = { german = 5 } },
                { id = "f", skills = { german = 9 } },
            ]
            pool = [{ id = "all", reps = ["a", "b", "c", "d", "f"] }]
        "#;
        let roster = Roster::new(&toml::from_str(roster).expect("toml"), &environment).expect("valid");
        let policy = r#"
            format = 1
            name = "p"
            rule = [{ id = "r", pool = "all", skills = { german = 2 }, exclude = ["f"], on_full = "backup" }]
            fallback = { queue = "q" }
        "#;
        let policy = Policy::parse(policy, &roster, &environment, Pick::BestSkill).expect("valid");
        let mut availability = [Availability::Here; 6];
        availability[0] = Availability::Absent { until: None };
        let known = Known { availability: &availability, ..Known::default() };
        let (mut target, mut backups) = (Vec::new(), Vec::new());
        admit(&policy.rules[0], &roster, &known, &mut target);
        admit_on_full(&policy.rules[0], &roster, &known, &mut backups);
        let reasons: Vec<ReasonCode> = target.iter().map(|a| a.reason).collect();
        use ReasonCode::{Absent, Admitted, ExcludedByRule, Inactive, MissingSkill};
        assert_eq!(reasons, [Absent, MissingSkill, Inactive, Admitted, ExcludedByRule]);
        assert_eq!(target[3].skill, 3.0);
        assert_eq!(backups.iter().map(|a| a.rep.0).collect::<Vec<_>>(), [4]);
    }
}
