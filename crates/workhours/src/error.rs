//! What is wrong with a calendar, which field says so, and what is expected there.

/// Why a calendar, a zone or a list of holidays was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("zone: '{given}' is not an IANA time zone; {hint}")]
    Zone { given: Box<str>, hint: Box<str> },
    #[error("hours.{day}: '{given}' is not a span of hours: expected HH:MM-HH:MM, for example 09:00-17:30")]
    Hours { day: &'static str, given: Box<str> },
    #[error("hours.{day}: '{given}' begins and ends at the same time; the whole day is 00:00-24:00")]
    Empty { day: &'static str, given: Box<str> },
    #[error("hours.{day}: '{first}' and '{second}' overlap")]
    Overlap { day: &'static str, first: Box<str>, second: Box<str> },
    #[error("hours: no day has any; name at least one, for example mon = [\"09:00-17:00\"], or set stand_by = true")]
    NoHours,
    #[error("holidays: '{given}' is not a date: expected 2026-12-25, or 12-25 for every year")]
    Date { given: Box<str> },
    #[error("format {0} of the calendar is newer than this version reads (1)")]
    Format(u32),
    #[error("years {first} to {last}: expected first ≤ last, within 1900 to 2300, at most 60 years")]
    Years { first: i16, last: i16 },
    #[error("line {line} of the iCalendar file: {what}")]
    ICalendar { line: usize, what: Box<str> },
}
