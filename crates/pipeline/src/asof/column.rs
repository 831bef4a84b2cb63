//! Levels of a category as numbers.

use pointsman_scoring::Coded;

use super::words::Words;

/// Levels of a category, one code a row.
#[derive(Clone)]
pub struct Column {
    pub codes: Vec<u32>,
    pub words: Words,
}

impl Column {
    pub fn missing(rows: usize) -> Self {
        Self { codes: vec![Coded::MISSING; rows], words: Words::default() }
    }

    pub fn names(&self) -> &[Box<str>] {
        &self.words.names
    }

    pub fn text(&self, row: usize) -> Option<&str> {
        self.names().get(self.codes[row] as usize).map(AsRef::as_ref)
    }

    /// The code, with one more for missing.
    pub fn level(&self, row: usize) -> usize {
        (self.codes[row] as usize).min(self.names().len())
    }
}
