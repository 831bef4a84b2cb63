//! What is wrong with an address that people write, keep or follow. Programs are told in English,
//! pages in the reader's language: both by one catalogue.

use pointsman_report::{Locale, words::fault as words};

/// One part that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    Language { given: String },
    NotOneOf { name: &'static str, known: String },
    NotANumber { name: &'static str, most: usize },
    NotADate { name: String },
    NotAQuarter,
    UntilBeforeFrom,
    Period,
    Cursor,
    UnknownOfFigures { name: String },
    UnknownOfFlow { name: String },
    UnknownRep { name: String },
}

impl Wrong {
    pub fn text(&self, l: Locale) -> String {
        match self {
            Self::Language { given } => words::language(l, given),
            Self::NotOneOf { name, known } => words::not_one_of(l, name, known),
            Self::NotANumber { name, most } => words::not_a_number(l, name, &most.to_string()),
            Self::NotADate { name } => words::not_a_date(l, name),
            Self::NotAQuarter => words::not_a_quarter(l),
            Self::UntilBeforeFrom => words::until_before_from(l),
            Self::Period => words::period(l),
            Self::Cursor => words::cursor(l),
            Self::UnknownOfFigures { name } => words::unknown_figure(l, name),
            Self::UnknownOfFlow { name } => words::unknown_flow(l, name),
            Self::UnknownRep { name } => words::unknown_rep(l, name),
        }
    }
}
