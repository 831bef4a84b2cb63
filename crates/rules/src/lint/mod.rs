//! What is probably a mistake in a policy that loads: found before it routes anybody.
//!
//! Every finding names rules with their lines and an example lead for which the ladder itself was
//! asked. What cannot be decided is not reported. A rule says `allow = ["shadowed"]` where the
//! finding is meant to be so; `[review] allow` does it for the whole policy.
//!
//! Reading order: this file (findings), `particular` (what each is about), `ladder` (rules against each other), `people` (whom they
//! name), `places` (territories), `upkeep` (size and age).

mod ladder;
pub mod particular;
mod people;
mod places;
mod upkeep;

use pointsman_domain::{Instant, RepId, RepIndex, RuleId, TerritoryId, Value};
use pointsman_expr::{Assume, Condition, Environment, Field, Possible, Space};
use pointsman_workhours::{Absences, Calendar};
use serde::{Deserialize, Serialize};

pub use particular::Particular;

use crate::{Policy, Roster, Territory};

/// What kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// No lead that a rule is for reaches it.
    Shadowed,
    /// Two rules with different targets share leads, and neither is the special case of the other.
    Overlap,
    AlwaysTrue,
    AlwaysFalse,
    /// A pool without anybody who works.
    EmptyPool,
    /// Everybody of a pool is away at once.
    AbsentPool,
    /// Nobody of a rule's target has the skills that it asks for.
    NobodyQualifies,
    /// The overflow or the backups of a rule add nobody.
    UselessOverflow,
    /// A rep whom no pool, rule, territory or colleague names.
    UnreachableRep,
    /// Leads of a rule's territory that no row holds although their neighbours' do.
    TerritoryGap,
    /// Two rows name different people for the same leads, and none is the special case.
    TerritoryOverlap,
    TooManyRules,
    TooDeep,
    NotReviewed,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Works as written; somebody should look.
    Note,
    Warning,
    /// Part of the policy can never do what it says.
    Error,
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleAt {
    pub rule: RuleId,
    pub line: u32,
    /// Its place in the ladder, from 0.
    #[serde(skip)]
    pub place: usize,
}

/// Rows of a territory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowsAt {
    pub territory: TerritoryId,
    pub lines: Vec<u32>,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    pub severity: Severity,
    /// In the order of the ladder.
    pub rules: Vec<RuleAt>,
    pub rows: Option<RowsAt>,
    /// What is wrong and what to do; it reads as a sentence or two.
    pub particular: Particular,
    /// A lead that shows it: the fields that need a value, all others missing.
    pub example: Vec<(Field, Value)>,
}

/// Everything a check looks at beside the policy.
#[derive(Debug)]
pub struct Context<'a> {
    pub environment: &'a Environment,
    pub roster: &'a Roster,
    pub territories: &'a [Territory],
    /// By rep.
    pub absences: &'a [Absences],
    /// By rep.
    pub calendars: Vec<&'a Calendar>,
    pub now: Instant,
    /// The local day of `now`.
    pub today: i32,
}

/// Guesses the search may take for one question.
const EFFORT: usize = 3_000;

/// Everything that looks like a mistake, the worst first, then from the top of the ladder.
pub fn check(policy: &Policy, context: &Context<'_>) -> Vec<Finding> {
    let lint = Lint::new(policy, context);
    let mut findings = Vec::new();
    ladder::check(&lint, &mut findings);
    people::check(&lint, &mut findings);
    places::check(&lint, &mut findings);
    upkeep::check(&lint, &mut findings);
    findings.retain(|finding| !lint.is_allowed(finding));
    findings.sort_by_key(|finding| {
        (std::cmp::Reverse(finding.severity), finding.rules.first().map_or(u32::MAX, |at| at.line), finding.kind)
    });
    findings
}

/// A check under way.
struct Lint<'a> {
    policy: &'a Policy,
    context: &'a Context<'a>,
    space: Space<'a>,
    /// By rule: a lead that it is the first to match; if none was found, one that matches it.
    leads: Vec<Lead>,
}

/// What is known of the leads of one rule.
#[derive(Debug, Clone)]
struct Lead {
    /// Matches the rule and none before it.
    first: Possible,
    /// Matches the rule.
    any: Possible,
}

impl<'a> Lint<'a> {
    fn new(policy: &'a Policy, context: &'a Context<'a>) -> Self {
        let space = Space::new(context.environment, policy.when.iter().map(Condition::tree), Assume::Leads);
        let (mut row, mut scratch) = (context.environment.row(), policy.conditions.scratch());
        let leads = (0..policy.rules.len()).map(|rule| {
            let any = space.find(&[rule], &[], EFFORT);
            let example = match &any {
                Possible::Yes(example) => example,
                Possible::No | Possible::Unknown => return Lead { first: any.clone(), any },
            };
            row.clear();
            example.iter().for_each(|(field, value)| row.set(*field, value));
            // Asking the ladder is a thousand times cheaper than searching, and mostly enough.
            let first = match policy.conditions.first(&row, &mut scratch) == Some(rule) {
                true => any.clone(),
                false => space.find(&[rule], &(0..rule).collect::<Vec<_>>(), EFFORT),
            };
            Lead { first, any }
        });
        let leads = leads.collect();
        Self { policy, context, space, leads }
    }

    fn at(&self, place: usize) -> RuleAt {
        let rule = &self.policy.rules[place];
        RuleAt { rule: rule.id.clone(), line: rule.line, place }
    }

    /// A lead of the rule, best one that it gets.
    fn lead_of(&self, rule: usize) -> Vec<(Field, Value)> {
        match (&self.leads[rule].first, &self.leads[rule].any) {
            (Possible::Yes(example), _) | (_, Possible::Yes(example)) => example.clone(),
            _ => vec![],
        }
    }

    fn is_allowed(&self, finding: &Finding) -> bool {
        let rule_allows = |at: &RuleAt| self.policy.rules[at.place].allow.contains(&finding.kind);
        self.policy.review.allow.contains(&finding.kind) || finding.rules.iter().any(rule_allows)
    }

    fn rep(&self, rep: RepIndex) -> RepId {
        self.context.roster.rep_at(rep).id.clone()
    }

    fn rule(&self, place: usize) -> RuleId {
        self.policy.rules[place].id.clone()
    }
}
