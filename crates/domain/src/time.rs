//! Instants: UTC microseconds in an `i64`, in memory, SQL and Parquet; RFC 3339 outside.
//!
//! Civil time (days, weeks, zones) exists only in `workhours`. The text form here is plain
//! arithmetic on the proleptic Gregorian calendar (Hinnant, *chrono-compatible low-level date
//! algorithms*), so that layer 0 needs no calendar library.

use std::{fmt, ops, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time in microseconds; may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    pub const SECOND: Self = Self(1_000_000);
    pub const MINUTE: Self = Self(60 * Self::SECOND.0);
    pub const HOUR: Self = Self(60 * Self::MINUTE.0);
    pub const DAY: Self = Self(24 * Self::HOUR.0);

    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / Self::SECOND.0 as f64
    }

    pub fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

impl Instant {
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// The last full hour at or before this instant: the border of point-in-time features.
    pub const fn full_hour(self) -> Self {
        Self(self.0 - self.0.rem_euclid(Micros::HOUR.0))
    }

    /// Whole UTC days since 1970-01-01.
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(Micros::DAY.0)
    }
}

impl ops::Add<Micros> for Instant {
    type Output = Self;
    fn add(self, by: Micros) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

impl ops::Sub<Micros> for Instant {
    type Output = Self;
    fn sub(self, by: Micros) -> Self {
        Self(self.0.saturating_sub(by.0))
    }
}

impl ops::Sub for Instant {
    type Output = Micros;
    fn sub(self, earlier: Self) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

/// Days since 1970-01-01 of a civil date.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = ((doy - (153 * mp + 2) / 5 + 1) as u32, if mp < 10 { mp + 3 } else { mp - 9 } as u32);
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC; the fraction only when there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.utc_day());
        let micros = self.0.rem_euclid(Micros::DAY.0);
        let (secs, fraction) = (micros / 1_000_000, micros % 1_000_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)?;
        match fraction {
            0 => {}
            whole if whole % 1000 == 0 => write!(f, ".{:03}", whole / 1000)?,
            _ => write!(f, ".{fraction:06}")?,
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a time: expected RFC 3339 with an offset, for example 2026-03-01T09:30:00+01:00")]
pub struct InstantError(String);

/// The fields of `YYYY-MM-DD[T ]HH:MM[:SS[.ffffff]]` with an optional offset, as microseconds
/// since 1970 *as written*, and the offset if there was one. Digits past microseconds are cut.
fn parse(text: &str) -> Option<(i64, Option<i64>)> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = bytes.get(from..to)?;
        digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    let is = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|b| any.contains(b));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let in_month = last.get((month as usize).wrapping_sub(1)).is_some_and(|&n| (1..=n).contains(&day));
    if !(is(4, b"-") && is(7, b"-") && in_month) {
        return None;
    }
    let date = days_from_civil(i64::from(year), month, day) * Micros::DAY.0;
    if bytes.len() == 10 {
        return Some((date, None));
    }
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    if !(is(10, b"Tt ") && is(13, b":") && hour < 24 && minute < 60) {
        return None;
    }
    let mut at = 16;
    let (mut second, mut fraction) = (0, 0);
    if is(at, b":") {
        second = number(17, 19)?.min(60);
        at = 19;
        // A leap second reads as the last microsecond of its minute.
        if second == 60 {
            (second, fraction) = (59, 999_999);
        }
        if is(at, b".,") {
            let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            let kept = digits.min(6);
            fraction = number(at + 1, at + 1 + kept)? * 10u32.pow(6 - kept as u32);
            at += 1 + digits;
        }
    }
    let micros = date + i64::from(hour * 3600 + minute * 60 + second) * Micros::SECOND.0 + i64::from(fraction);
    let offset = match &bytes[at..] {
        [] => None,
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (h, m) = match rest.len() {
                5 if rest[2] == b':' => (number(at + 1, at + 3)?, number(at + 4, at + 6)?),
                4 => (number(at + 1, at + 3)?, number(at + 3, at + 5)?),
                2 => (number(at + 1, at + 3)?, 0),
                _ => return None,
            };
            if h > 18 || m > 59 {
                return None;
            }
            let size = i64::from(h * 3600 + m * 60) * Micros::SECOND.0;
            Some(if *sign == b'-' { -size } else { size })
        }
        _ => return None,
    };
    Some((micros, offset))
}

impl Instant {
    /// Reads a time that may lack an offset; without one it is taken as written, in UTC.
    /// For tables made elsewhere, where only order matters.
    pub fn parse_as_written(text: &str) -> Result<Self, InstantError> {
        let (micros, offset) = parse(text).ok_or_else(|| InstantError(text.chars().take(80).collect()))?;
        Ok(Self(micros - offset.unwrap_or(0)))
    }

    /// As [`Instant::parse_as_written`], and whether an offset stood there.
    pub fn parse_with_offset(text: &str) -> Result<(Self, bool), InstantError> {
        let (micros, offset) = parse(text).ok_or_else(|| InstantError(text.chars().take(80).collect()))?;
        Ok((Self(micros - offset.unwrap_or(0)), offset.is_some()))
    }
}

impl FromStr for Instant {
    type Err = InstantError;
    fn from_str(text: &str) -> Result<Self, InstantError> {
        match parse(text) {
            Some((micros, Some(offset))) => Ok(Self(micros - offset)),
            _ => Err(InstantError(text.chars().take(80).collect())),
        }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        let check = |text: &str, expected: &str| {
            assert_eq!(text.parse::<Instant>().expect(text).to_string(), expected);
        };
        check("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z");
        check("2011-10-01T00:38:44.546+02:00", "2011-09-30T22:38:44.546Z");
        check("2024-02-29 23:59:60Z", "2024-02-29T23:59:59.999999Z");
        check("2026-03-01T09:30-0530", "2026-03-01T15:00:00Z");
        check("2026-03-01T09:30:00.1234567+00", "2026-03-01T09:30:00.123456Z");
        for bad in [
            "",
            "2026",
            "2026-02-30T00:00:00Z",
            "2026-03-01T09:30:00",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T09:30:00.Z",
            "2026-03-01T09:30:00+1",
            "01-03-2026",
            "2026-03-01T09:30:00Zx",
            "２０２６-03-01T09:30:00Z",
        ] {
            assert!(bad.parse::<Instant>().is_err(), "{bad}");
        }
        assert_eq!(Instant::parse_as_written("2012-01-10").map(|t| t.to_string()), Ok("2012-01-10T00:00:00Z".into()));
    }

    proptest! {
        #[test]
        fn text_keeps_every_microsecond(micros in -30_000_000_000_000_000i64..200_000_000_000_000_000) {
            let at = Instant::from_unix_micros(micros);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = text.parse::<Instant>();
        }
    }
}
