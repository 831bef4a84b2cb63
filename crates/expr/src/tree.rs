//! A checked condition as a tree of tests, open to whoever reasons about policies.

use std::{cmp::Ordering, fmt};

use pointsman_domain::Value;

use crate::{
    field::Field,
    row::{Row, Seen, real_key},
};

/// A condition in negation normal form: `!` stands at tests only. `All` and `Any` hold at least
/// two parts, none of them of their own kind.
#[derive(Debug, Clone)]
pub enum Node {
    Always,
    Never,
    Is(Test),
    Not(Test),
    All(Vec<Node>),
    Any(Vec<Node>),
}

/// One question to one field. Every question is answered *no* when the field is missing.
#[derive(Debug, Clone)]
pub struct Test {
    pub field: Field,
    pub question: Question,
}

#[derive(Debug, Clone)]
pub enum Question {
    /// `has(x)`
    Present,
    /// `x == a`, `x in [a, b]`, and a bare `x` that is true or false: sorted, each value once.
    OneOf(Box<[Value]>),
    /// `x != a`
    NoneOf(Box<[Value]>),
    /// `x < a` and its like.
    Compare(Order, Value),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    /// `x.matches("…")`: the pattern occurs somewhere in the text.
    Matches(Pattern),
    /// `"a" in x`, where `x` is a list.
    Holds(Box<str>),
    /// `x == y`; no as well when `y` is missing.
    SameAs(Field),
    /// `x != y`; no as well when `y` is missing.
    OtherThan(Field),
    /// `x < y` and its like; no as well when `y` is missing.
    CompareWith(Order, Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    Less,
    AtMost,
    AtLeast,
    More,
}

impl Order {
    pub(crate) fn admits(self, found: Ordering) -> bool {
        match self {
            Self::Less => found.is_lt(),
            Self::AtMost => found.is_le(),
            Self::AtLeast => found.is_ge(),
            Self::More => found.is_gt(),
        }
    }

    /// The same comparison read from the other side: `a < b` is `b > a`.
    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::AtLeast => Self::AtMost,
            Self::More => Self::Less,
        }
    }

    /// As conditions write it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }
}

/// A regular expression whose matching takes time linear in the text, without back-references.
#[derive(Clone)]
pub struct Pattern {
    text: Box<str>,
    regex: regex::Regex,
}

impl Pattern {
    /// A quarter of a megabyte of program: some thousand characters of ordinary pattern.
    const SIZE_LIMIT: usize = 1 << 18;

    pub(crate) fn new(text: &str) -> Result<Self, Box<str>> {
        let built = regex::RegexBuilder::new(text)
            .size_limit(Self::SIZE_LIMIT)
            .dfa_size_limit(Self::SIZE_LIMIT)
            .nest_limit(crate::parse::MAX_DEPTH as u32)
            .build();
        match built {
            Ok(regex) => Ok(Self { text: text.into(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err("it compiles to more than 256 kB".into()),
            Err(error) => {
                // The last line of the message says what; the lines above draw the pattern.
                let message = error.to_string();
                let line = message.lines().last().unwrap_or_default();
                Err(line.strip_prefix("error: ").unwrap_or(line).into())
            }
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

/// A value as tests compare it. Values of one field are of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key<'v> {
    Number(i64),
    Text(&'v str),
}

impl<'v> Key<'v> {
    pub fn of(value: &'v Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Choice(index) => Self::Number(i64::from(*index)),
            Value::Integer(n) => Self::Number(*n),
            Value::Number(x) => Self::Number(real_key(*x)),
            Value::Money(amount) => Self::Number(amount.minor_units()),
            Value::Bool(b) => Self::Number(i64::from(*b)),
            Value::Date(days) => Self::Number(i64::from(*days)),
            // The checker makes no constant of a list.
            Value::List(_) => Self::Number(0),
        }
    }

    fn seen(seen: Seen<'v>) -> Option<Self> {
        match seen {
            Seen::Key(key) => Some(Self::Number(key)),
            Seen::Text(text) => Some(Self::Text(text)),
            Seen::Missing | Seen::List(_) => None,
        }
    }
}

impl Test {
    /// The answer for this row.
    pub fn ask(&self, row: &Row) -> bool {
        let seen = row.see(self.field.slot());
        let key = Key::seen(seen);
        let text = |wanted: &dyn Fn(&str) -> bool| matches!(key, Some(Key::Text(text)) if wanted(text));
        let other = |field: Field| Key::seen(row.see(field.slot()));
        match &self.question {
            Question::Present => !matches!(seen, Seen::Missing),
            Question::OneOf(values) => key.is_some_and(|key| find(values, key)),
            Question::NoneOf(values) => key.is_some_and(|key| !find(values, key)),
            Question::Compare(order, value) => key.is_some_and(|key| order.admits(key.cmp(&Key::of(value)))),
            Question::StartsWith(part) => text(&|text| text.starts_with(&**part)),
            Question::EndsWith(part) => text(&|text| text.ends_with(&**part)),
            Question::Contains(part) => text(&|text| text.contains(&**part)),
            Question::Matches(pattern) => text(&|text| pattern.occurs_in(text)),
            Question::Holds(item) => matches!(seen, Seen::List(items) if items.iter().any(|i| i == &**item)),
            Question::SameAs(field) => key.is_some() && key == other(*field),
            Question::OtherThan(field) => key.is_some() && other(*field).is_some_and(|found| key != Some(found)),
            Question::CompareWith(order, field) => match (key, other(*field)) {
                (Some(mine), Some(others)) => order.admits(mine.cmp(&others)),
                _ => false,
            },
        }
    }

    /// The second field of a comparison of two.
    pub fn other_field(&self) -> Option<Field> {
        match self.question {
            Question::SameAs(field) | Question::OtherThan(field) | Question::CompareWith(_, field) => Some(field),
            _ => None,
        }
    }
}

pub(crate) fn find(values: &[Value], key: Key<'_>) -> bool {
    values.binary_search_by(|value| Key::of(value).cmp(&key)).is_ok()
}

impl Node {
    /// The answer for this row.
    pub fn ask(&self, row: &Row) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Is(test) => test.ask(row),
            Self::Not(test) => !test.ask(row),
            Self::All(parts) => parts.iter().all(|part| part.ask(row)),
            Self::Any(parts) => parts.iter().any(|part| part.ask(row)),
        }
    }

    /// All of `parts`, flat.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::Always,
            1 => flat.remove(0),
            _ => Self::All(flat),
        }
    }

    /// Any of `parts`, flat.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Never => {}
                Self::Always => return Self::Always,
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::Never,
            1 => flat.remove(0),
            _ => Self::Any(flat),
        }
    }

    /// The opposite: tests are negated as written, so a missing value may now answer yes.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Is(test) => Self::Not(test),
            Self::Not(test) => Self::Is(test),
            Self::All(parts) => Self::any(parts.into_iter().map(Self::negated)),
            Self::Any(parts) => Self::all(parts.into_iter().map(Self::negated)),
        }
    }

    /// Every test, in the order written, with whether it is negated.
    pub fn tests(&self) -> Vec<(&Test, Negated)> {
        match self {
            Self::Always | Self::Never => Vec::new(),
            Self::Is(test) => vec![(test, Negated::No)],
            Self::Not(test) => vec![(test, Negated::Yes)],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
        }
    }
}

/// Whether `!` stands before a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negated {
    No,
    Yes,
}
