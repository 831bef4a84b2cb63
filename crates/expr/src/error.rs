//! What is wrong with a condition, where, and what to write instead.

use std::fmt;

/// Why a condition was refused. Lines and columns count from 1; a column is a character, not a byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprError {
    pub line: u32,
    pub column: u32,
    pub fault: Fault,
    /// What to write instead, when one thing is likely.
    pub suggestion: Option<Box<str>>,
}

impl std::error::Error for ExprError {}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.fault)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; try {suggestion}"),
            None => Ok(()),
        }
    }
}

/// The kinds of fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the condition has {bytes} bytes, at most {limit} are read")]
    TooLong { bytes: usize, limit: usize },
    #[error("nested deeper than {limit} levels")]
    TooDeep { limit: usize },
    #[error("a list of more than {limit} items")]
    ListTooLong { limit: usize },
    #[error("unexpected {found}, expected {expected}")]
    Syntax { found: Box<str>, expected: &'static str },
    #[error("'{text}' is not {what}")]
    Literal { text: Box<str>, what: &'static str },
    #[error("the text that begins here never ends")]
    OpenText,
    #[error("{what} is not part of the condition language")]
    Unsupported { what: Box<str> },
    #[error("unknown field '{name}'")]
    UnknownField { name: Box<str> },
    #[error("unknown function '{name}'")]
    UnknownFunction { name: Box<str> },
    #[error("'{function}' takes {expected}")]
    Arguments { function: Box<str>, expected: &'static str },
    #[error("expected a condition, found {found}")]
    NotACondition { found: Box<str> },
    #[error("'{field}' is {kind} and cannot be compared with {found}")]
    WrongType { field: Box<str>, kind: &'static str, found: Box<str> },
    #[error("'{field}' is {kind}; {what} does not apply to it")]
    WrongOperation { field: Box<str>, kind: &'static str, what: Box<str> },
    #[error("'{value}' is never a value of '{field}', which is {expected}")]
    ImpossibleValue { field: Box<str>, value: Box<str>, expected: Box<str> },
    #[error("a comparison needs a field on one side")]
    NoField,
    #[error("'{pattern}' is not a usable pattern: {reason}")]
    Pattern { pattern: Box<str>, reason: Box<str> },
}

/// A fault at a byte of the source, before line and column are counted.
#[derive(Debug)]
pub(crate) struct Located {
    pub at: usize,
    pub fault: Fault,
    pub suggestion: Option<Box<str>>,
}

impl Located {
    pub fn new(at: usize, fault: Fault) -> Self {
        Self { at, fault, suggestion: None }
    }

    pub fn suggesting(mut self, suggestion: impl Into<Box<str>>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    pub fn in_source(self, source: &str) -> ExprError {
        let before = source.get(..self.at).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        ExprError {
            line: before.matches('\n').count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
            fault: self.fault,
            suggestion: self.suggestion,
        }
    }
}
