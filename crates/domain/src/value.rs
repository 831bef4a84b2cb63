//! The value of one attribute of one lead, account or contact.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AttributeIndex, Money};

/// A typed value. Dates are days since 1970-01-01. A choice is the index of one of the values
/// that the schema lists, a text is free.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Text(Box<str>),
    Choice(u16),
    Integer(i64),
    Number(f64),
    Money(Money),
    Bool(bool),
    Date(i32),
    List(Box<[Box<str>]>),
}

/// One slot per attribute of a schema, in the schema's order; `None` is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(Vec<Option<Value>>);

impl Values {
    /// All missing, for a schema of `attributes` attributes.
    pub fn missing(attributes: usize) -> Self {
        Self(vec![None; attributes])
    }

    pub fn get(&self, at: AttributeIndex) -> Option<&Value> {
        self.0.get(at.index()).and_then(Option::as_ref)
    }

    /// Sets one slot; slots past the end are made.
    pub fn set(&mut self, at: AttributeIndex, value: Option<Value>) {
        if self.0.len() <= at.index() {
            self.0.resize(at.index() + 1, None);
        }
        self.0[at.index()] = value;
    }

    pub fn iter(&self) -> impl Iterator<Item = (AttributeIndex, &Value)> {
        let numbered = self.0.iter().enumerate();
        numbered.filter_map(|(i, v)| v.as_ref().map(|v| (AttributeIndex::new(i as u16), v)))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Choice(index) => write!(f, "#{index}"),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Number(x) => write!(f, "{x}"),
            Self::Money(m) => write!(f, "{}", m.minor_units()),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Date(days) => {
                let midnight = i64::from(*days).saturating_mul(crate::Micros::DAY.0);
                let text = crate::Instant::from_unix_micros(midnight).to_string();
                f.write_str(text.split('T').next().unwrap_or(&text))
            }
            Self::List(items) => f.write_str(&items.join(", ")),
        }
    }
}
