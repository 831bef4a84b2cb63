//! What exactly a finding is about: ids and numbers, from which sentences are made. `Display` is
//! the English one, for the API and the command line; pages make theirs in their own language.

use std::fmt;

use pointsman_domain::{Instant, PoolId, RepId, RuleId, TerritoryId};

use super::RuleAt;

/// Names that are listed at most; the others are counted.
pub const SHOWN: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Particular {
    /// No lead meets the condition.
    NeverMet {
        condition: String,
    },
    AlwaysMet {
        condition: String,
    },
    /// The takers take every lead that the rules are for, and keep it.
    NeverFires {
        rules: Vec<RuleId>,
        takers: Vec<RuleAt>,
    },
    /// They let it go on when nobody of theirs is free.
    FiresWhenFull {
        rules: Vec<RuleId>,
        takers: Vec<RuleAt>,
    },
    SharesLeads {
        rule: RuleId,
        with: Vec<RuleId>,
    },
    NobodyInPool {
        pool: PoolId,
        /// A rule names it.
        named: bool,
    },
    EverybodyAway {
        pool: PoolId,
        reps: Vec<RepId>,
        /// `None` is now.
        from: Option<Instant>,
        until: Instant,
    },
    Left {
        rep: RepId,
    },
    /// None who is not excluded has these skills, each with the least level that is asked for.
    Unskilled {
        skills: Vec<(Box<str>, u8)>,
    },
    BackupsAddNobody,
    OverflowAddsNobody,
    UnnamedReps {
        reps: Vec<RepId>,
    },
    /// Two lines of a territory, and whom they name.
    SameLeads {
        territory: TerritoryId,
        lines: [u32; 2],
        to: [Holder; 2],
    },
    /// A lead can lie in both, and neither is the special case.
    SharedLeads {
        territory: TerritoryId,
        lines: [u32; 2],
        to: [Holder; 2],
    },
    NoPostcodes {
        territory: TerritoryId,
        country: Box<str>,
        /// Ranges as people write them, the first ones.
        missing: Vec<String>,
        /// Further ranges.
        more: usize,
        /// Only leads like the one in the example miss them.
        some: bool,
    },
    NoNumbers {
        territory: TerritoryId,
        column: Box<str>,
        from: String,
        until: String,
        lines: [u32; 2],
    },
    TooManyRules {
        rules: usize,
        most: usize,
    },
    TooDeep {
        depth: usize,
        most: usize,
    },
    NotReviewed {
        days: i32,
        /// Empty where the policy names nobody.
        owner: String,
    },
}

/// Whom a line of a territory names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    Pool(PoolId),
    Rep(RepId),
}

impl fmt::Display for Particular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverMet { condition } => {
                write!(f, "no lead meets its condition: {condition}. The example comes as near as a lead can.")
            }
            Self::AlwaysMet { condition } => {
                write!(f, "every lead meets its condition: {condition}. Leave 'when' out if that is meant.")
            }
            Self::NeverFires { rules, takers } => {
                let (fires, is, _) = verbs(rules);
                write!(f, "{} never {fires}: {} every lead that {is} for.", listed(rules), take(takers))
            }
            Self::FiresWhenFull { rules, takers } => {
                let (fires, is, it) = verbs(rules);
                write!(
                    f,
                    "{} {fires} only when nobody of {} is free: every lead that {is} for is taken there first. Move \
                     {it} up, narrow the earlier condition, or name an overflow pool.",
                    listed(rules),
                    joined(&lines(takers))
                )
            }
            Self::SharesLeads { rule, with } => write!(
                f,
                "'{rule}' and {} divide leads by the same fields, share some of them, and name different targets: the \
                 order of the rules decides, and '{rule}' gets them.",
                listed(with)
            ),
            Self::NobodyInPool { pool, named: false } => {
                write!(f, "pool '{pool}' has nobody who works. No rule of this policy names it.")
            }
            Self::NobodyInPool { pool, named: true } => {
                write!(f, "pool '{pool}' has nobody who works: whatever is handed to it goes on or waits.")
            }
            Self::EverybodyAway { pool, reps, from, until } => {
                let from = from.map_or_else(|| "now".to_owned(), |at| at.to_string());
                write!(f, "everybody of pool '{pool}' is away from {from} until {until}: {}.", listed(reps))
            }
            Self::Left { rep } => write!(f, "'{rep}' no longer works: active = false."),
            Self::Unskilled { skills } if skills.is_empty() => {
                write!(f, "nobody it names may take a lead: all who work are excluded.")
            }
            Self::Unskilled { skills } => {
                let skills = skills.iter().map(|(name, least)| format!("{name} {least}"));
                write!(f, "nobody it names may take a lead: none has {} and is not excluded.", listed(skills))
            }
            Self::BackupsAddNobody => write!(f, "its backups add nobody: when its target is full, so are they."),
            Self::OverflowAddsNobody => {
                write!(f, "its overflow pool adds nobody: when its target is full, so are they.")
            }
            Self::UnnamedReps { reps } => {
                let (are, these) = if reps.len() == 1 { ("is", "this rep") } else { ("are", "these reps") };
                write!(
                    f,
                    "{} {are} in no pool, and no rule, territory or backup names {these}: only a lead whose owner they \
                     are reaches them. Even the last rule does not.",
                    listed(reps)
                )
            }
            Self::SameLeads { territory, lines: [a, b], to: [first, second] } => {
                write!(
                    f,
                    "territory '{territory}': lines {a} and {b} hold the same leads, but name {first} and {second}."
                )
            }
            Self::SharedLeads { territory, lines: [a, b], to: [first, second] } => write!(
                f,
                "territory '{territory}': a lead can lie in line {a} ({first}) and in line {b} ({second}), and neither \
                 is the special case of the other. Add a row for what they share, or narrow one."
            ),
            Self::NoPostcodes { territory, country, missing, more, some } => {
                let more = if *more == 0 { String::new() } else { format!(", and {more} more") };
                let for_whom = if *some { " (for the kind of lead in the example)" } else { "" };
                write!(
                    f,
                    "territory '{territory}' divides {country} by postcode, but no row holds {}{more}{for_whom}: such \
                     leads go on to the next rule.",
                    missing.join(", ")
                )
            }
            Self::NoNumbers { territory, column, from, until, lines: [a, b] } => write!(
                f,
                "territory '{territory}': no row holds {column} {from} to {until}, between lines {a} and {b}."
            ),
            Self::TooManyRules { rules, most } => write!(
                f,
                "the policy has {rules} rules, more than {most}: territories and skills say the same in fewer. [review] \
                 max_rules sets the number."
            ),
            Self::TooDeep { depth, most } => write!(
                f,
                "its condition nests {depth} deep, more than {most}: two rules are easier to read. [review] max_nesting \
                 sets the number."
            ),
            Self::NotReviewed { days, owner } => {
                let owner = if owner.is_empty() { "somebody" } else { owner };
                write!(f, "nobody has reviewed the policy for {days} days: {owner} reads it whole and sets 'reviewed'.")
            }
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(pool) => write!(f, "pool '{pool}'"),
            Self::Rep(rep) => write!(f, "rep '{rep}'"),
        }
    }
}

/// What rules do, are, and are called afterwards.
fn verbs(rules: &[RuleId]) -> (&'static str, &'static str, &'static str) {
    if rules.len() == 1 { ("fires", "it is", "it") } else { ("fire", "they are", "them") }
}

fn take(takers: &[RuleAt]) -> String {
    format!("{} {}", joined(&lines(takers)), if takers.len() == 1 { "takes" } else { "take" })
}

fn lines(rules: &[RuleAt]) -> Vec<String> {
    rules.iter().map(|at| format!("'{}' (line {})", at.rule, at.line)).collect()
}

/// `'a', 'b' and 3 more`.
fn listed<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    joined(&names.into_iter().map(|name| format!("'{name}'")).collect::<Vec<_>>())
}

fn joined(all: &[String]) -> String {
    match all.len() {
        n if n > SHOWN => format!("{} and {} more", all[..SHOWN].join(", "), n - SHOWN),
        0 | 1 => all.concat(),
        n => format!("{} and {}", all[..n - 1].join(", "), all[n - 1]),
    }
}
