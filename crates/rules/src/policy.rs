//! `policies/NAME.toml`: an ordered ladder of rules.

use std::collections::BTreeSet;
use std::ops::Range;

use pointsman_domain::{Micros, Pick, PolicyName, PoolId, PoolIndex, QueueId, RepId, RepIndex, RuleId};
use pointsman_expr::{Condition, Environment, ExprError, RuleSet};
use serde::Deserialize;
use toml::Spanned;

use crate::{Roster, length};

/// The file as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    format: u32,
    name: PolicyName,
    #[serde(default)]
    description: String,
    #[serde(default)]
    rule: Vec<Spanned<RuleFile>>,
    fallback: Option<FallbackFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FallbackFile {
    queue: QueueId,
    #[serde(default)]
    alarm: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct RuleFile {
    id: RuleId,
    when: Option<Spanned<String>>,
    pool: Option<Spanned<PoolId>>,
    rep: Option<Spanned<RepId>>,
    owner: Option<OwnerOf>,
    queue: Option<QueueId>,
    pick: Option<Pick>,
    /// Skills everybody who takes the lead must have, with the least level; the pick `best-skill`
    /// compares the sum of their levels.
    #[serde(default)]
    skills: std::collections::BTreeMap<Box<str>, u8>,
    #[serde(default)]
    exclude: Vec<Spanned<RepId>>,
    sla: Option<Spanned<String>>,
    priority: Option<u8>,
    on_full: Option<Spanned<OnFullFile>>,
    explore: Option<f64>,
    /// With `expected-value`: how long a lead may wait when every price is above its value.
    wait: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnFullFile {
    Next,
    Backup,
    Hold(String),
    Overflow(PoolId),
    Queue(QueueId),
}

/// Whose owner a rule hands to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerOf {
    Account,
    /// The nearest owner among the account's parents.
    ParentAccount,
    Opportunity,
    /// Who dealt with this person before.
    PriorContact,
    /// Who had this lead last.
    LastOwner,
    /// The rep who created an outbound lead.
    Originator,
}

/// Who may take the leads of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Pool(PoolIndex),
    Rep(RepIndex),
    Owner(OwnerOf),
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
    pub target: Target,
    pub pick: Pick,
    pub skills: Vec<(Box<str>, u8)>,
    pub exclude: Vec<RepIndex>,
    /// Time to the first touch, in the owner's working hours.
    pub sla: Option<Micros>,
    /// 0 to 9.
    pub priority: u8,
    pub on_full: OnFull,
    pub explore: f64,
    /// The longest priced hold; `None` never waits for a better price.
    pub wait: Option<Micros>,
}

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub name: PolicyName,
    pub description: Box<str>,
    pub rules: Vec<Rule>,
    /// What `rules` ask, by rule.
    pub when: Vec<Condition>,
    /// The same, asked at once.
    pub conditions: RuleSet,
    pub fallback: QueueId,
    /// Whether parking there raises an alarm.
    pub alarm: bool,
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
    #[error("names {count} targets; name exactly one of pool, rep, owner, queue")]
    Targets { count: usize },
    #[error("unknown {what} '{id}'{hint}")]
    Unknown { what: &'static str, id: String, hint: String },
    #[error("{0}")]
    Length(#[from] length::LengthError),
    #[error("priority {0} is not 0 to 9")]
    Priority(u8),
    #[error("explore {0} is not 0 to 0.5")]
    Explore(String),
    #[error("{what} has no meaning with pick '{pick:?}'")]
    Meaningless { what: &'static str, pick: Pick },
    #[error("overflows into the pool it already hands to")]
    OverflowsIntoItself,
    #[error("condition: {0}")]
    Condition(String),
}

/// A rule's default priority.
const PRIORITY: u8 = 5;
/// More exploration than this costs more than it teaches.
const MOST_EXPLORATION: f64 = 0.5;

impl Policy {
    /// Reads and checks a policy. `default_pick` is the workspace's: expected value with a
    /// promoted model, else weighted round robin.
    pub fn parse(
        source: &str,
        roster: &Roster,
        environment: &Environment,
        default_pick: Pick,
    ) -> Result<Self, PolicyError> {
        let file: PolicyFile = toml::from_str(source).map_err(|e| PolicyError::Toml(e.to_string()))?;
        if file.format != 1 {
            return Err(PolicyError::Format(file.format));
        }
        let fallback = file.fallback.ok_or(PolicyError::NoFallback)?;
        if file.rule.is_empty() {
            return Err(PolicyError::NoRule);
        }
        let mut seen = BTreeSet::new();
        let (mut rules, mut when) = (Vec::new(), Vec::new());
        for written in &file.rule {
            let rule = written.get_ref();
            let at = |span: Range<usize>, fault: RuleFault| {
                let (line, column) = place(source, span.start);
                PolicyError::Rule { line, column, rule: rule.id.clone(), fault }
            };
            if !seen.insert(&rule.id) {
                return Err(at(written.span(), RuleFault::Twice));
            }
            rules.push(check(written, roster, default_pick).map_err(|(span, fault)| at(span, fault))?);
            when.push(match &rule.when {
                Some(when) => {
                    environment.compile(when.get_ref()).map_err(|e| condition_error(source, when, rule, &e))?
                }
                None => Condition::always(),
            });
        }
        Ok(Self {
            name: file.name,
            description: file.description.into(),
            rules,
            conditions: RuleSet::new(&when),
            when,
            fallback: fallback.queue,
            alarm: fallback.alarm,
        })
    }
}

/// Line and column, both from 1, of a byte.
fn place(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..at.min(source.len())];
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// Moves the position within a condition to the position in the file.
fn condition_error(source: &str, when: &Spanned<String>, rule: &RuleFile, error: &ExprError) -> PolicyError {
    let (line, column) = place(source, when.span().start);
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

type Fault = (Range<usize>, RuleFault);

fn check(written: &Spanned<RuleFile>, roster: &Roster, default_pick: Pick) -> Result<Rule, Fault> {
    let rule = written.get_ref();
    let whole = |fault: RuleFault| (written.span(), fault);
    let target = target(written, roster)?;
    let pick = rule.pick.unwrap_or(default_pick);
    let priority = rule.priority.unwrap_or(PRIORITY);
    if priority > 9 {
        return Err(whole(RuleFault::Priority(priority)));
    }
    let explore = rule.explore.unwrap_or(0.0);
    if !(0.0..=MOST_EXPLORATION).contains(&explore) {
        return Err(whole(RuleFault::Explore(explore.to_string())));
    }
    if explore > 0.0 && !matches!(pick, Pick::ExpectedValue | Pick::BestScore) {
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
        target,
        pick,
        skills: rule.skills.iter().map(|(name, level)| (name.clone(), *level)).collect(),
        exclude: rule.exclude.iter().map(|id| rep(id, roster)).collect::<Result<_, _>>()?,
        sla: rule.sla.as_ref().map(duration).transpose()?,
        priority,
        on_full,
        explore,
        wait: rule.wait.as_ref().map(duration).transpose()?,
    })
}

fn duration(text: &Spanned<String>) -> Result<Micros, Fault> {
    length::parse(text.get_ref()).map_err(|e| (text.span(), e.into()))
}

fn target(written: &Spanned<RuleFile>, roster: &Roster) -> Result<Target, Fault> {
    let rule = written.get_ref();
    let mut targets = Vec::new();
    if let Some(id) = &rule.pool {
        targets.push(Target::Pool(pool(id.get_ref(), id.span(), roster)?));
    }
    if let Some(id) = &rule.rep {
        targets.push(Target::Rep(rep(id, roster)?));
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
        Policy::parse(source, &roster, &environment, Pick::WeightedRoundRobin).map_err(|e| e.to_string())
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
        check("sla = '30m'", "priority = 12", "priority 12 is not 0 to 9");
    }
}
