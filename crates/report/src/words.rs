//! The catalogue: every sentence and label, English and German side by side.
//!
//! An entry becomes a function. A missing language, a missing argument or an argument that one
//! language forgets does not compile. Arguments are formatted already (by [`crate::Unit`]), so no
//! entry rounds a number.

pub mod brief;
pub mod chart;
pub mod demo;
pub mod experiment;
pub mod experiment_record;
pub mod fault;
pub mod flow;
mod formula;
pub mod kpi;
pub mod lead;
pub mod lint;
pub mod live;
pub mod mail;
pub mod mine;
pub mod model;
pub mod page;
pub mod policy;
pub mod reason;
pub mod roi;
pub mod team;
pub mod why;

pub use formula::formula;

/// One entry of the catalogue as it is written, with its arguments in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    pub en: &'static str,
    pub de: &'static str,
}

/// The whole catalogue, for those who check it: counting words and short lists apart.
pub fn entries() -> impl Iterator<Item = Entry> {
    let all = [
        brief::ENTRIES,
        chart::ENTRIES,
        demo::ENTRIES,
        experiment::ENTRIES,
        experiment_record::ENTRIES,
        fault::ENTRIES,
        flow::ENTRIES,
        kpi::ENTRIES,
        lead::ENTRIES,
        lint::ENTRIES,
        live::ENTRIES,
        mail::ENTRIES,
        mine::ENTRIES,
        model::ENTRIES,
        page::ENTRIES,
        policy::ENTRIES,
        reason::ENTRIES,
        roi::ENTRIES,
        team::ENTRIES,
        why::ENTRIES,
    ];
    all.into_iter().flatten().copied()
}

/// A sentence whose last word is an abbreviation ends with one full stop.
pub(crate) fn tidy(sentence: &str) -> String {
    sentence.replace("..", ".")
}

/// Makes one function per entry: `name(arg, …) { en: "…", de: "…" }`.
///
/// `format!` refuses a named argument that the text does not use, so both texts use all of them.
macro_rules! words {
    ($( $(#[$meta:meta])* $name:ident ( $($arg:ident),* ) { en: $en:literal, de: $de:literal $(,)? } )*) => {
        pub(super) const ENTRIES: &[super::Entry] = &[$( super::Entry { name: stringify!($name), en: $en, de: $de } ),*];
        $(
        $(#[$meta])*
        pub fn $name(locale: $crate::Locale $(, $arg: &str)*) -> String {
            match locale {
                $crate::Locale::En => format!($en $(, $arg = $arg)*),
                $crate::Locale::De => format!($de $(, $arg = $arg)*),
            }
        }
    )* };
}

/// Makes one counting function per entry: `leads(locale, 2)` is `2 leads`.
macro_rules! counted {
    ($( $name:ident { en: $en1:literal / $en:literal, de: $de1:literal / $de:literal } )*) => { $(
        pub fn $name(locale: $crate::Locale, n: u64) -> String {
            let word = match locale {
                $crate::Locale::En => locale.plural(n, $en1, $en),
                $crate::Locale::De => locale.plural(n, $de1, $de),
            };
            format!("{}\u{a0}{word}", locale.count(n))
        }
    )* };
}

pub(crate) use {counted, words};

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, and words that both languages have. What is added here was looked at.
    const SAME: &[&str] = &[
        "API",
        "AUC",
        "Chance",
        "Definition",
        "Experiment {name}",
        "Experiment",
        "Gini {value}",
        "Lead",
        "Leads",
        "Median",
        "Name",
        "PSI",
        "Person",
        "Pool {name}",
        "SLA {time}",
        "Switchback",
        "Team",
        "Teams",
        "Version",
        "{advice}",
        "{claim}",
        "{design}: {effect} ({range})",
        "{n}",
        "{what}: {points}",
    ];

    #[test]
    fn no_entry_was_left_in_the_other_language() {
        let same: Vec<&str> = entries()
            .filter(|entry| entry.en == entry.de)
            .map(|entry| entry.en)
            .filter(|text| !SAME.contains(text))
            .collect();
        assert!(same.is_empty(), "{same:#?}");
        assert!(entries().all(|entry| !entry.en.is_empty() && !entry.de.is_empty()));
        assert!(entries().count() > 700, "{}", entries().count());
    }
}
