//! `policies/NAME.toml`: an ordered ladder of rules.
//!
//! Reading order: this file (the checked policy and what can be wrong with one), `file` (as
//! written), `check` (one rule).

mod check;
mod file;

use std::collections::BTreeSet;
use std::ops::Range;

use pointsman_domain::{
    Exploration, Instant, Micros, Pick, PolicyName, PoolIndex, QueueId, RepIndex, RuleId, TerritoryIndex,
};
use pointsman_expr::{Condition, Environment, ExprError, RuleSet};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::{Roster, Territory, length, lint};
use file::{PolicyFile, RuleFile};

/// Whose owner a rule hands to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerOf {
    Account,
    /// The nearest owner among the account's parents.
    ParentAccount,
    /// The owner among the account's subsidiaries, where they agree on one.
    Subsidiary,
    Opportunity,
    /// Who dealt with this person before.
    PriorContact,
    /// Who had this lead last.
    LastOwner,
    /// The rep who created an outbound lead.
    Originator,
}

/// Which leads a rule is for. A lead that does not say counts as inbound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeadType {
    Inbound,
    Outbound,
}

/// Who may take the leads of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Pool(PoolIndex),
    Rep(RepIndex),
    Owner(OwnerOf),
    /// Whoever the lead's row of a territory names.
    Territory(TerritoryIndex),
    /// Parked on purpose.
    Queue(QueueId),
}

/// What happens when nobody of a rule's target is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFull {
    Next,
    /// The target's own backups, then the next rule.
    Backup,
    /// Wait for a slot, at most this long.
    Hold(Micros),
    Overflow(PoolIndex),
    Park(QueueId),
}

/// One rung, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: RuleId,
    /// Where the rule begins in its file, from 1.
    pub line: u32,
    /// Which leads it is for; both, when absent.
    pub lead_type: Option<LeadType>,
    pub target: Target,
    pub pick: Pick,
    pub skills: Vec<(Box<str>, u8)>,
    pub exclude: Vec<RepIndex>,
    /// Time to the first touch, in the owner's working hours.
    pub sla: Option<Micros>,
    /// Whoever is chosen is offered the lead, and has so long to accept it, in their working hours;
    /// `None`: it is theirs at once.
    pub accept: Option<Micros>,
    /// 0 to 9.
    pub priority: u8,
    pub on_full: OnFull,
    pub explore: Exploration,
    /// The longest priced hold; `None` never waits for a better price.
    pub wait: Option<Micros>,
    /// Findings of a check that are meant to be so.
    pub allow: Vec<lint::Kind>,
}

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub name: PolicyName,
    pub description: Box<str>,
    /// Who answers for it.
    pub owner: Box<str>,
    /// The local day, since 1970-01-01, on which somebody last read it whole.
    pub reviewed: Option<i32>,
    pub review: Review,
    pub rules: Vec<Rule>,
    /// What `rules` ask, by rule.
    pub when: Vec<Condition>,
    /// The same, asked at once.
    pub conditions: RuleSet,
    pub fallback: QueueId,
    /// Whether parking there raises an alarm.
    pub alarm: bool,
}

/// How much a policy may hold before its check speaks up: the commonest mistake is a policy that
/// nobody understands any more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    pub max_rules: usize,
    /// Alternatives within conjunctions within alternatives …, of one condition.
    pub max_nesting: usize,
    /// Days after `reviewed`.
    pub days: i32,
    /// Findings that are meant to be so, anywhere in the policy.
    pub allow: Vec<lint::Kind>,
}

impl Default for Review {
    fn default() -> Self {
        Self { max_rules: 250, max_nesting: 3, days: 90, allow: vec![] }
    }
}

/// What is wrong with a policy, with the line and column of the file where there is one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolicyError {
    #[error("{0}")]
    Toml(String),
    #[error("format {0} of the policy is newer than this version reads (1)")]
    Format(u32),
    #[error("no fallback: add [fallback] with queue = \"unassigned\", so that no lead gets stuck")]
    NoFallback,
    #[error("the file has {bytes} bytes, at most {limit} are read", limit = Policy::MOST_BYTES)]
    TooLong { bytes: usize },
    #[error("{rules} rules are more than the {limit} that are possible", limit = Policy::MOST_RULES)]
    TooManyRules { rules: usize },
    #[error("reviewed = {0} is no date like 2026-03-01")]
    Reviewed(String),
    #[error("no rule: a ladder needs at least one [[rule]]")]
    NoRule,
    #[error("line {line}, column {column}: {fault} (rule '{rule}')")]
    Rule { line: usize, column: usize, rule: RuleId, fault: RuleFault },
}

/// What is wrong within one rule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleFault {
    #[error("the rule is listed twice")]
    Twice,
    #[error("names {count} targets; name exactly one of pool, rep, owner, territory, queue")]
    Targets { count: usize },
    #[error("unknown {what} '{id}'{hint}")]
    Unknown { what: &'static str, id: String, hint: String },
    #[error("{0}")]
    Length(#[from] length::LengthError),
    #[error("priority {0} is not 0 to 9")]
    Priority(u8),
    #[error("explore {share} is not 0 to {most}")]
    Explore { share: String, most: f64 },
    #[error("explore_by says how to explore, but not how often: add explore, 0.05 for one choice in twenty")]
    ExploreBy,
    #[error("{what} has no meaning with pick '{pick:?}'")]
    Meaningless { what: &'static str, pick: Pick },
    #[error("overflows into the pool it already hands to")]
    OverflowsIntoItself,
    #[error("'for' needs the attribute lead.direction, a choice of inbound and outbound, in attributes.toml")]
    NoDirection,
    #[error("condition: {0}")]
    Condition(String),
}

impl Policy {
    /// Some thousand rules as people write them; what is longer is no policy.
    pub const MOST_BYTES: usize = 8 << 20;
    pub const MOST_RULES: usize = 20_000;

    /// Reads and checks a policy. `default_pick` is the workspace's: expected value with a
    /// promoted model, else weighted round robin.
    pub fn parse(
        source: &str,
        roster: &Roster,
        territories: &[Territory],
        environment: &Environment,
        default_pick: Pick,
    ) -> Result<Self, PolicyError> {
        if source.len() > Self::MOST_BYTES {
            return Err(PolicyError::TooLong { bytes: source.len() });
        }
        let file: PolicyFile = toml::from_str(source).map_err(|e| PolicyError::Toml(e.to_string()))?;
        if file.format != 1 {
            return Err(PolicyError::Format(file.format));
        }
        let fallback = file.fallback.ok_or(PolicyError::NoFallback)?;
        if file.rule.is_empty() {
            return Err(PolicyError::NoRule);
        }
        if file.rule.len() > Self::MOST_RULES {
            return Err(PolicyError::TooManyRules { rules: file.rule.len() });
        }
        let lines = Lines::of(source);
        let names = check::Names { roster, territories, default_pick };
        let mut seen = BTreeSet::new();
        let (mut rules, mut when) = (Vec::new(), Vec::new());
        for written in &file.rule {
            let rule = written.get_ref();
            let at = |span: Range<usize>, fault: RuleFault| {
                let (line, column) = lines.place(span.start);
                PolicyError::Rule { line, column, rule: rule.id.clone(), fault }
            };
            if !seen.insert(&rule.id) {
                return Err(at(written.span(), RuleFault::Twice));
            }
            let mut checked = check::rule(written, &names).map_err(|(span, fault)| at(span, fault))?;
            checked.line = lines.place(written.span().start).0 as u32;
            rules.push(checked);
            let asked = match &rule.when {
                Some(when) => {
                    environment.compile(when.get_ref()).map_err(|e| condition_error(source, when, rule, &e))?
                }
                None => Condition::always(),
            };
            when.push(match &rule.lead_type {
                Some(lead_type) => {
                    let of_type = of_type(*lead_type.get_ref(), environment);
                    let of_type = of_type.ok_or_else(|| at(lead_type.span(), RuleFault::NoDirection))?;
                    if rule.when.is_some() { of_type.and(&asked) } else { of_type }
                }
                None => asked,
            });
        }
        Ok(Self {
            name: file.name,
            description: file.description.into(),
            owner: file.owner.into(),
            reviewed: file.reviewed.as_ref().map(reviewed).transpose()?,
            review: file.review,
            rules,
            conditions: RuleSet::new(&when),
            when,
            fallback: fallback.queue,
            alarm: fallback.alarm,
        })
    }
}

/// Leads of one type, as a condition; `None` where leads do not say what type they are of.
fn of_type(lead_type: LeadType, environment: &Environment) -> Option<Condition> {
    let outbound = environment.compile("lead.direction == 'outbound'").ok()?;
    Some(match lead_type {
        LeadType::Outbound => outbound,
        // Missing is not outbound.
        LeadType::Inbound => outbound.negated(),
    })
}

fn reviewed(date: &toml::value::Datetime) -> Result<i32, PolicyError> {
    let text = date.to_string();
    match Instant::parse_as_written(&text) {
        Ok(at) if text.len() == 10 => Ok(at.utc_day() as i32),
        _ => Err(PolicyError::Reviewed(text)),
    }
}

/// Where the lines of a text begin, so that thousands of rules find theirs quickly.
struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    fn of(source: &'s str) -> Self {
        let breaks = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { source, starts: [0].into_iter().chain(breaks).collect() }
    }

    /// Line and column, both from 1, of a byte.
    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let before = self.source.get(self.starts[line - 1]..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

/// Moves the position within a condition to the position in the file.
fn condition_error(source: &str, when: &Spanned<String>, rule: &RuleFile, error: &ExprError) -> PolicyError {
    let (line, column) = Lines::of(source).place(when.span().start);
    let opening = &source[when.span()];
    // A one-line condition begins one character after its quote, a long one after three and
    // perhaps a line break.
    let quotes = if opening.starts_with("\"\"\"") || opening.starts_with("'''") { 3 } else { 1 };
    let breaks = usize::from(opening[quotes..].starts_with('\n') || opening[quotes..].starts_with("\r\n"));
    let inside = error.line as usize - 1;
    let column = if inside + breaks == 0 { column + quotes + error.column as usize - 1 } else { error.column as usize };
    let mut text = error.fault.to_string();
    if let Some(suggestion) = &error.suggestion {
        text = format!("{text}; try {suggestion}");
    }
    PolicyError::Rule { line: line + inside + breaks, column, rule: rule.id.clone(), fault: RuleFault::Condition(text) }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{Attribute, AttributeSchema, AttributeType, attribute::AttributeFile};

    use super::*;

    fn load(source: &str) -> Result<Policy, String> {
        let attribute = |name: &str, kind| Attribute {
            name: name.into(),
            kind,
            values: vec![],
            synonyms: std::collections::BTreeMap::new(),
            required: false,
            personal: false,
            protected: false,
            label: None,
        };
        let lead = vec![attribute("country", AttributeType::Country), attribute("employees", AttributeType::Integer)];
        let schema =
            AttributeSchema::new(AttributeFile { format: 1, lead, ..AttributeFile::default() }).expect("valid");
        let environment = Environment::new(&schema);
        let roster = "format = 1\n[[rep]]\nid = 'mara'\n[[pool]]\nid = 'all'\nreps = ['mara']\n[[pool]]\nid = 'rest'\nreps = ['mara']";
        let roster = Roster::new(&toml::from_str(roster).expect("toml"), &environment).expect("valid");
        Policy::parse(source, &roster, &[], &environment, Pick::WeightedRoundRobin).map_err(|e| e.to_string())
    }

    const GOOD: &str = "format = 1
name = 'default'

[[rule]]
id = 'dach'
when = \"lead.country in ['DE', 'AT']\"
pool = 'all'
pick = 'expected-value'
sla = '30m'
on_full = { hold = '2h' }

[[rule]]
id = 'rest'
pool = 'rest'
on_full = 'next'

[fallback]
queue = 'unassigned'
";

    #[test]
    fn a_policy_is_resolved_against_the_roster() {
        let policy = load(GOOD).expect("valid");
        assert_eq!(policy.rules[0].target, Target::Pool(PoolIndex(0)));
        assert_eq!(policy.rules[0].on_full, OnFull::Hold(Micros::HOUR.times(2)));
        assert_eq!(policy.rules[1].pick, Pick::WeightedRoundRobin);
        assert_eq!(policy.fallback.as_str(), "unassigned");
    }

    #[test]
    fn faults_name_line_and_column() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = load(&GOOD.replacen(from, to, 1)).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        };
        check("[fallback]\nqueue = 'unassigned'\n", "", "no fallback: add [fallback]");
        check(
            "pool = 'all'",
            "pool = 'al'",
            "line 7, column 8: unknown pool 'al'; reps.toml has all, rest (rule 'dach')",
        );
        check("lead.country", "lead.contry", "line 6, column 9: condition: unknown field 'lead.contry'; try");
        check("sla = '30m'", "sla = '30'", "line 9, column 7: '30' is not a length of time");
        check("pool = 'all'", "pool = 'all'\nrep = 'mara'", "names 2 targets");
        check("id = 'rest'", "id = 'dach'", "the rule is listed twice");
        check("on_full = 'next'", "on_full = { overflow = 'rest' }", "overflows into the pool it already hands to");
        check("pick = 'expected-value'", "pick = 'fastest'", "fastest");
        check("on_full = 'next'", "explore = 0.1", "explore has no meaning");
        check("sla = '30m'", "explore = 0.6", "explore 0.6 is not 0 to 0.5");
        check("sla = '30m'", "explore = 1.2\nexplore_by = 'posterior'", "explore 1.2 is not 0 to 1");
        check("sla = '30m'", "explore_by = 'posterior'", "but not how often");
        check("sla = '30m'", "priority = 12", "priority 12 is not 0 to 9");
    }
}
