//! Working hours, one flag a minute: an instant is open when its reading on the local clock lies
//! in one of the day's spans, or in one of the day before's that goes past midnight.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::clock::START;

pub const MINUTE: i64 = 60_000_000;
/// The minutes that are laid out: from four days before the first lead.
const BASE: i64 = START - 4 * 1440 * MINUTE;
const MINUTES: usize = 90 * 1440;

#[derive(Debug)]
pub struct Hours {
    pub zone: TimeZone,
    open: Vec<bool>,
    /// By minute, the first open minute from there on.
    next: Vec<usize>,
}

/// The local date, and minutes since its midnight.
pub fn local(zone: &TimeZone, at: i64) -> (Date, i64) {
    let civil = zone.to_datetime(Timestamp::from_microsecond(at).expect("a time"));
    (civil.date(), i64::from(civil.hour()) * 60 + i64::from(civil.minute()))
}

impl Hours {
    /// Open always.
    pub fn always(zone: &str) -> Self {
        Self::new(TimeZone::get(zone).expect("a zone"), vec![true; MINUTES])
    }

    pub fn of(calendar: &toml::Table) -> Self {
        let zone = calendar["zone"].as_str().expect("a zone");
        if calendar.get("stand_by").and_then(toml::Value::as_bool) == Some(true) {
            return Self::always(zone);
        }
        let zone = TimeZone::get(zone).expect("a zone");
        let mut open = Vec::with_capacity(MINUTES);
        let mut day: Option<(Date, Vec<(i64, i64)>)> = None;
        for minute in 0..MINUTES {
            let (date, clock) = local(&zone, BASE + minute as i64 * MINUTE);
            if day.as_ref().is_none_or(|(known, _)| *known != date) {
                let before = spans(calendar, date.yesterday().expect("a date"));
                let mut all: Vec<(i64, i64)> = before.into_iter().map(|(a, b)| (a - 1440, b - 1440)).collect();
                all.extend(spans(calendar, date));
                day = Some((date, all));
            }
            let (_, spans) = day.as_ref().expect("set above");
            open.push(spans.iter().any(|(from, until)| *from <= clock && clock < *until));
        }
        Self::new(zone, open)
    }

    fn new(zone: TimeZone, open: Vec<bool>) -> Self {
        let mut next = vec![open.len(); open.len() + 1];
        for minute in (0..open.len()).rev() {
            next[minute] = if open[minute] { minute } else { next[minute + 1] };
        }
        Self { zone, open, next }
    }

    pub fn is_open(&self, at: i64) -> bool {
        self.open[((at - BASE) / MINUTE) as usize]
    }

    /// The first open instant from `at` on.
    pub fn next_open(&self, at: i64) -> i64 {
        let minute = ((at - BASE) / MINUTE) as usize;
        at.max(BASE + self.next[minute] as i64 * MINUTE)
    }

    /// The instant by which `work` microseconds of open time have passed.
    pub fn due(&self, from: i64, work: i64) -> i64 {
        let (mut at, mut left) = (from, work);
        loop {
            let end_of_minute = BASE + ((at - BASE) / MINUTE + 1) * MINUTE;
            if self.is_open(at) {
                let step = (end_of_minute - at).min(left);
                left -= step;
                if left == 0 {
                    return at + step;
                }
            }
            at = end_of_minute;
        }
    }
}

/// The spans that begin on a day, in minutes; one that ends before it begins ends the next day.
fn spans(calendar: &toml::Table, date: Date) -> Vec<(i64, i64)> {
    let holidays = calendar.get("holidays").and_then(toml::Value::as_array).map_or(&[][..], |list| list);
    let is = |holiday: &&toml::Value, written: &str| holiday["date"].as_str() == Some(written);
    let (full, yearly) = (date.to_string(), date.strftime("%m-%d").to_string());
    let holiday = holidays.iter().find(|h| is(h, &full)).or_else(|| holidays.iter().find(|h| is(h, &yearly)));
    let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][date.weekday().to_monday_zero_offset() as usize];
    let written = match holiday {
        Some(holiday) => holiday.get("hours"),
        None => calendar["hours"].get(day),
    };
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':').expect("HH:MM");
        hour.parse::<i64>().expect("an hour") * 60 + minute.parse::<i64>().expect("a minute")
    };
    let span = |text: &toml::Value| {
        let (from, until) = text.as_str().and_then(|text| text.split_once('-')).expect("a span");
        let (from, until) = (clock(from), clock(until));
        (from, if until < from { until + 1440 } else { until })
    };
    written.and_then(toml::Value::as_array).map_or_else(Vec::new, |list| list.iter().map(span).collect())
}
