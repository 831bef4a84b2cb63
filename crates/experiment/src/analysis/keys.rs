//! Names of clusters and segments as small numbers.

use std::collections::HashMap;

use serde::Serialize;

/// A cluster's, segment's or period's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum KeyValue {
    Number(i64),
    Text(String),
}

/// The most names one column may have: beyond, memory would grow with the rows.
pub const KEY_LIMIT: usize = 4_000_000;

/// Whole numbers below this are looked up in a table instead of a hash map.
const DIRECT: i64 = 65_536;

/// Gives each new name the next number. The map is only looked into, never walked: order comes
/// from `names`, and results are sorted by name.
#[derive(Debug, Clone, Default)]
pub struct KeyIndex {
    direct: Vec<u32>,
    numbers: HashMap<i64, u32>,
    texts: HashMap<String, u32>,
    names: Vec<KeyValue>,
}

impl KeyIndex {
    pub fn number(&mut self, value: i64) -> u32 {
        if (0..DIRECT).contains(&value) {
            let at = value as usize;
            if self.direct.len() <= at {
                self.direct.resize(at + 1, u32::MAX);
            }
            if self.direct[at] == u32::MAX {
                self.direct[at] = self.names.len() as u32;
                self.names.push(KeyValue::Number(value));
            }
            return self.direct[at];
        }
        let next = self.names.len() as u32;
        let code = *self.numbers.entry(value).or_insert(next);
        if code == next {
            self.names.push(KeyValue::Number(value));
        }
        code
    }

    pub fn text(&mut self, value: &str) -> u32 {
        if let Some(&code) = self.texts.get(value) {
            return code;
        }
        let code = self.names.len() as u32;
        self.texts.insert(value.to_owned(), code);
        self.names.push(KeyValue::Text(value.to_owned()));
        code
    }

    pub fn code(&mut self, value: &KeyValue) -> u32 {
        match value {
            KeyValue::Number(n) => self.number(*n),
            KeyValue::Text(t) => self.text(t),
        }
    }

    pub fn names(&self) -> &[KeyValue] {
        &self.names
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }
}
