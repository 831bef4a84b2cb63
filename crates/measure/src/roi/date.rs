//! Days of the calendar, as a file names them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A day of the Gregorian calendar, written `2026-07-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no day: write it as 2026-07-01")]
pub struct DateError(String);

impl Date {
    /// `None` where the calendar has no such day.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let fits = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        fits.then_some(Self { year, month, day })
    }

    /// Days since 1970-01-01 (Hinnant's `days_from_civil`).
    ///
    /// ```
    /// # use pointsman_measure::roi::Date;
    /// assert_eq!(Date::new(1970, 1, 1).map(Date::unix_days), Some(0));
    /// assert_eq!(Date::new(2026, 7, 1).map(Date::unix_days), Some(20_635));
    /// ```
    pub fn unix_days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The same day so many months later, or the last of a shorter month.
    pub fn plus_months(self, months: u8) -> Self {
        let ahead = self.month - 1 + months % 12;
        let year = self.year + i32::from(months / 12) + i32::from(ahead / 12);
        let month = ahead % 12 + 1;
        Self { year, month, day: self.day.min(days_in(year, month)) }
    }
}

fn days_in(year: i32, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let read = || {
            let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let mut parts = shaped.then(|| text.split('-'))?;
            let date = Self::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            date.filter(|_| parts.next().is_none())
        };
        read().ok_or_else(|| DateError(text.to_owned()))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// Days from `from` on, `until` no longer among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Date,
    pub until: Date,
}

impl Period {
    pub fn days(self) -> i64 {
        self.until.unix_days() - self.from.unix_days()
    }

    pub fn weeks(self) -> f64 {
        self.days() as f64 / 7.0
    }

    /// At least so many months of the calendar.
    pub fn lasts_months(self, months: u8) -> bool {
        self.from.plus_months(months) <= self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn only_days_of_the_calendar_are_read() {
        for no in
            ["2026-02-29", "2026-7-1", "2026-13-01", "2026-00-10", "01.07.2026", "2026-07-01T00", "", "----------"]
        {
            assert_eq!(no.parse::<Date>(), Err(DateError(no.into())));
        }
        assert_eq!(date("2024-02-29").to_string(), "2024-02-29");
    }

    #[test]
    fn three_months_are_months_of_the_calendar() {
        let lasts = |from, until| Period { from: date(from), until: date(until) }.lasts_months(3);
        assert!(lasts("2026-01-01", "2026-04-01") && !lasts("2026-01-01", "2026-03-31"));
        assert!(lasts("2025-11-30", "2026-02-28") && !lasts("2025-11-30", "2026-02-27"));
        assert!(lasts("2025-10-15", "2026-01-15") && !lasts("2025-10-15", "2026-01-14"));
    }
}
