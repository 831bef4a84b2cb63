//! One value on its way into a table, the same for both stores.

use std::borrow::Cow;

use pointsman_domain::{Digest, Instant};

/// One value, with its column's type also where it is missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    Int(Option<i64>),
    Float(Option<f64>),
    Text(Option<Cow<'a, str>>),
    Bytes(Option<Vec<u8>>),
}

impl Cell<'_> {
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Int(value) => Cell::Int(value),
            Self::Float(value) => Cell::Float(value),
            Self::Text(value) => Cell::Text(value.map(|text| text.into_owned().into())),
            Self::Bytes(value) => Cell::Bytes(value),
        }
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<u64> for Cell<'_> {
    fn from(value: u64) -> Self {
        Self::Int(Some(value as i64))
    }
}

impl From<u8> for Cell<'_> {
    fn from(value: u8) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<u32> for Cell<'_> {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<bool> for Cell<'_> {
    fn from(value: bool) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<Instant> for Cell<'_> {
    fn from(value: Instant) -> Self {
        Self::Int(Some(value.unix_micros()))
    }
}

impl From<f64> for Cell<'_> {
    fn from(value: f64) -> Self {
        Self::Float(Some(value))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl From<String> for Cell<'_> {
    fn from(value: String) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl From<Vec<u8>> for Cell<'_> {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<&[u8]> for Cell<'_> {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<[u8; 16]> for Cell<'_> {
    fn from(value: [u8; 16]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<&Digest> for Cell<'_> {
    fn from(value: &Digest) -> Self {
        Self::Bytes(Some(value.bytes().to_vec()))
    }
}

/// The cell of a value that may be missing; its type is that of an empty one.
pub fn maybe<'a, T: Into<Cell<'a>>>(value: Option<T>, missing: fn() -> Cell<'a>) -> Cell<'a> {
    value.map_or_else(missing, Into::into)
}

pub fn no_int<'a>() -> Cell<'a> {
    Cell::Int(None)
}

pub fn no_float<'a>() -> Cell<'a> {
    Cell::Float(None)
}

pub fn no_text<'a>() -> Cell<'a> {
    Cell::Text(None)
}

pub fn no_bytes<'a>() -> Cell<'a> {
    Cell::Bytes(None)
}
