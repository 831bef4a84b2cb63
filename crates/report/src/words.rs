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
pub mod flow;
pub mod kpi;
pub mod lead;
pub mod model;
pub mod page;
pub mod reason;
pub mod roi;
pub mod why;

/// A sentence whose last word is an abbreviation ends with one full stop.
pub(crate) fn tidy(sentence: &str) -> String {
    sentence.replace("..", ".")
}

/// Makes one function per entry: `name(arg, …) { en: "…", de: "…" }`.
///
/// `format!` refuses a named argument that the text does not use, so both texts use all of them.
macro_rules! words {
    ($( $(#[$meta:meta])* $name:ident ( $($arg:ident),* ) { en: $en:literal, de: $de:literal $(,)? } )*) => { $(
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
