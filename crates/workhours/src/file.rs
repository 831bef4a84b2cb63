//! A calendar as people write it, and its check.
//!
//! ```toml
//! format = 1
//! zone = "Europe/Berlin"
//! holidays = [
//!     { date = "12-25", name = "Christmas" },
//!     { date = "2026-12-24", name = "Christmas Eve", hours = ["09:00-12:00"] },
//! ]
//!
//! [hours]
//! mon = ["09:00-12:30", "13:30-18:00"]
//! fri = ["22:00-06:00"]
//! ```

use serde::{Deserialize, Serialize};

use crate::{civil, error::CalendarError};

/// The file. Days without hours are closed; hours that end before they begin end on the next
/// day and belong to the day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarFile {
    pub format: u32,
    /// An IANA name.
    pub zone: Box<str>,
    #[serde(default)]
    pub hours: WeekHours,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// Open always, holidays included.
    #[serde(default)]
    pub stand_by: bool,
}

/// Spans like `09:00-12:30` for each day of the week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeekHours {
    pub mon: Vec<Box<str>>,
    pub tue: Vec<Box<str>>,
    pub wed: Vec<Box<str>>,
    pub thu: Vec<Box<str>>,
    pub fri: Vec<Box<str>>,
    pub sat: Vec<Box<str>>,
    pub sun: Vec<Box<str>>,
}

/// A day on which other hours hold than on its weekday: none, unless some are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// `2026-12-25`, or `12-25` for every year. A date with its year goes before one without.
    pub date: Box<str>,
    pub name: Box<str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Box<str>>,
}

/// A span of the local clock, in microseconds from its day's midnight; may end on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub from: i64,
    pub until: i64,
}

/// The checked form: what is open on which local day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    week: [Vec<Span>; 7],
    /// By day number, ascending.
    dated: Vec<(i32, Named)>,
    /// By month and day, ascending.
    yearly: Vec<((i8, i8), Named)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: Box<str>,
    spans: Vec<Span>,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: Span = Span { from: 0, until: pointsman_domain::Micros::DAY.0 };

impl Plan {
    pub fn new(file: &CalendarFile) -> Result<Self, CalendarError> {
        if file.format != 1 {
            return Err(CalendarError::Format(file.format));
        }
        if file.stand_by {
            return Ok(Self::always());
        }
        let hours = &file.hours;
        let written = [&hours.mon, &hours.tue, &hours.wed, &hours.thu, &hours.fri, &hours.sat, &hours.sun];
        let mut plan = Self::default();
        for (place, texts) in written.into_iter().enumerate() {
            plan.week[place] = spans(DAYS[place], texts)?;
        }
        if plan.week.iter().all(Vec::is_empty) {
            return Err(CalendarError::NoHours);
        }
        for holiday in &file.holidays {
            plan.add(holiday)?;
        }
        plan.dated.sort_by_key(|(day, _)| *day);
        plan.yearly.sort_by_key(|(date, _)| *date);
        Ok(plan)
    }

    pub fn always() -> Self {
        Self { week: std::array::from_fn(|_| vec![DAY]), ..Self::default() }
    }

    pub fn always_open(&self) -> bool {
        self.week.iter().all(|spans| *spans == [DAY]) && self.dated.is_empty() && self.yearly.is_empty()
    }

    fn add(&mut self, holiday: &Holiday) -> Result<(), CalendarError> {
        let named = Named { name: holiday.name.clone(), spans: spans("holiday", &holiday.hours)? };
        let parts: Vec<&str> = holiday.date.split('-').collect();
        let refuse = || CalendarError::Date { given: holiday.date.chars().take(80).collect() };
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<i16>().ok().filter(|_| plain).ok_or_else(refuse)
        };
        match parts[..] {
            [year, month, day] => {
                let (month, day) = (number(month, 2)? as i8, number(day, 2)? as i8);
                let day = civil::day_number(number(year, 4)?, month, day).ok_or_else(refuse)?;
                self.dated.push((day, named));
            }
            [month, day] => {
                let (month, day) = (number(month, 2)? as i8, number(day, 2)? as i8);
                // 2024 has a 29th of February.
                civil::day_number(2024, month, day).ok_or_else(refuse)?;
                self.yearly.push(((month, day), named));
            }
            _ => return Err(refuse()),
        }
        Ok(())
    }

    /// The spans that begin on this local day, ascending and apart.
    pub fn spans(&self, day: i32) -> &[Span] {
        match self.holiday(day) {
            Some(named) => &named.spans,
            None => &self.week[usize::from(civil::weekday(day))],
        }
    }

    /// The name of the holiday on this local day.
    pub fn holiday_name(&self, day: i32) -> Option<&str> {
        self.holiday(day).map(|named| &*named.name)
    }

    fn holiday(&self, day: i32) -> Option<&Named> {
        if let Ok(place) = self.dated.binary_search_by_key(&day, |(day, _)| *day) {
            return Some(&self.dated[place].1);
        }
        if self.yearly.is_empty() {
            return None;
        }
        let date = civil::month_and_day(day);
        self.yearly.binary_search_by_key(&date, |(date, _)| *date).ok().map(|place| &self.yearly[place].1)
    }
}

/// Reads spans, puts them in order and refuses those that overlap.
fn spans(day: &'static str, texts: &[Box<str>]) -> Result<Vec<Span>, CalendarError> {
    let mut found = Vec::new();
    for text in texts {
        found.push((span(day, text)?, text));
    }
    found.sort();
    for pair in found.windows(2) {
        if pair[1].0.from < pair[0].0.until {
            return Err(CalendarError::Overlap { day, first: pair[0].1.clone(), second: pair[1].1.clone() });
        }
    }
    Ok(found.into_iter().map(|(span, _)| span).collect())
}

fn span(day: &'static str, text: &str) -> Result<Span, CalendarError> {
    let given = || text.chars().take(80).collect::<String>().into();
    let refuse = || CalendarError::Hours { day, given: given() };
    let (from, until) = text.split_once(['-', '–']).ok_or_else(refuse)?;
    let (from, until) = (clock(from).ok_or_else(refuse)?, clock(until).ok_or_else(refuse)?);
    if from == DAY.until {
        return Err(refuse());
    }
    match until.cmp(&from) {
        std::cmp::Ordering::Equal => Err(CalendarError::Empty { day, given: given() }),
        std::cmp::Ordering::Greater => Ok(Span { from, until }),
        std::cmp::Ordering::Less => Ok(Span { from, until: until + DAY.until }),
    }
}

/// `HH:MM` up to `24:00`, in microseconds.
fn clock(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| plain)
    };
    let minutes = number(hour)? * 60 + number(minute).filter(|&m| m < 60 && minute.len() == 2)?;
    let micros = minutes * pointsman_domain::Micros::MINUTE.0;
    (micros <= DAY.until).then_some(micros)
}
