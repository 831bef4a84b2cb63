//! Words as numbers: a row names its source, its rep or its rule by a number of four bytes.

use std::{collections::BTreeMap, num::NonZeroU32};

use pointsman_domain::{Instant, Micros};
use serde::{Deserialize, Serialize};

/// The number of a word in [`Names`], from 1 on. `Option<Name>` is four bytes, `None` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(NonZeroU32);

impl Name {
    /// `None` for 0.
    pub fn from_number(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// From 0 on.
    pub fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// One word of the dictionary (`rpt_name_v1`; the other views show the word itself).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRow {
    pub name: Name,
    pub text: Box<str>,
}

/// The dictionary that a set of rows was written with. A number keeps its word for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    texts: Vec<Box<str>>,
    numbers: BTreeMap<Box<str>, Name>,
}

impl Names {
    /// Takes up words whose numbers are known, in any order; numbers that are missing between
    /// them stand for the empty text. A word given two numbers keeps the smaller.
    pub fn from_rows(rows: impl IntoIterator<Item = NameRow>) -> Self {
        let mut names = Self::default();
        for row in rows {
            let place = row.name.place();
            if names.texts.len() <= place {
                names.texts.resize(place + 1, "".into());
            }
            let known = names.numbers.entry(row.text.clone()).or_insert(row.name);
            *known = row.name.min(*known);
            names.texts[place] = row.text;
        }
        names
    }

    /// The number of a word, a new one if it has none yet.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let number = u32::try_from(self.texts.len() + 1).ok().and_then(Name::from_number);
        let name = number.expect("fewer than 2³² different words");
        self.texts.push(text.into());
        self.numbers.insert(text.into(), name);
        name
    }

    pub fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    /// The word; empty for a number that this dictionary does not know.
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.place()).map_or("", |text| text)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub fn rows(&self) -> impl Iterator<Item = NameRow> {
        let numbered = (1..).map_while(Name::from_number).zip(&self.texts);
        numbered.map(|(name, text)| NameRow { name, text: text.clone() })
    }
}

/// A date in the workspace's zone: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalDay(pub i32);

impl LocalDay {
    /// `YYYY-MM-DD`.
    pub fn text(self) -> String {
        let at = Instant::from_unix_micros(i64::from(self.0).saturating_mul(Micros::DAY.0));
        at.to_string().chars().take(10).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_word() {
        let mut names = Names::default();
        let (web, fair) = (names.intern("web"), names.intern("fair"));
        assert_eq!((web.number(), names.intern("web"), names.text(fair)), (1, web, "fair"));
        assert_eq!(Names::from_rows(names.rows().collect::<Vec<_>>().into_iter().rev()), names);
        assert_eq!(size_of::<Option<Name>>(), 4);
    }

    #[test]
    fn a_local_day_is_written_as_a_date() {
        assert_eq!((LocalDay(0).text(), LocalDay(20_783).text()), ("1970-01-01".to_owned(), "2026-11-26".to_owned()));
    }
}
