//! Holidays and absences from iCalendar files (RFC 5545), as HR systems and public holiday
//! calendars export them: whole days, and times in UTC or in the zone that the caller names.
//! Of repetition only "every year on this date" is read; other rules are an error, because a
//! holiday that is quietly not imported is worse than a file that is refused.

use pointsman_domain::{Instant, Micros};

use crate::{civil, error::CalendarError, file::Holiday, zone::Zone};

/// One event: `[from, until)` in local days, or in instants.
#[derive(Debug, Default)]
struct Event {
    line: usize,
    summary: String,
    /// Names and addresses of attendees and organiser.
    people: Vec<Box<str>>,
    from: Option<Moment>,
    until: Option<Moment>,
    lasts: Option<Lasts>,
    yearly: bool,
    cancelled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Day(i32),
    At(Instant),
}

/// A DURATION: whole days on the calendar, then time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lasts {
    days: i32,
    time: Micros,
}

/// One absence, and what the file says of whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Where the event begins in the file.
    pub line: usize,
    pub summary: Box<str>,
    /// Names and addresses of attendees and organiser.
    pub people: Vec<Box<str>>,
    from: Moment,
    until: Moment,
}

impl Absent {
    /// `[from, until)`, its whole days on the clock of this zone.
    pub fn span(&self, zone: &Zone) -> (Instant, Instant) {
        (instant(self.from, zone), instant(self.until, zone))
    }
}

/// The events of a file as absences of several people. Times without a zone are read in `zone`.
pub fn everybodys_absences(text: &str, zone: &Zone) -> Result<Vec<Absent>, CalendarError> {
    let mut found = Vec::new();
    for event in events(text, zone)? {
        if event.yearly {
            return Err(refuse(event.line, "an absence cannot repeat every year; list each one"));
        }
        let (from, until) = ends(&event)?;
        found.push(Absent { line: event.line, summary: event.summary.into(), people: event.people, from, until });
    }
    Ok(found)
}

/// The events of a file as holidays, one for each local day in `zone` that they touch.
///
/// ```
/// # use pointsman_workhours::{Zone, icalendar};
/// let text = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\n";
/// let holidays = icalendar::holidays(text, &Zone::utc())?;
/// assert_eq!((&*holidays[0].date, &*holidays[0].name), ("2026-12-25", "Christmas"));
/// # Ok::<(), pointsman_workhours::CalendarError>(())
/// ```
pub fn holidays(text: &str, zone: &Zone) -> Result<Vec<Holiday>, CalendarError> {
    let mut found = Vec::new();
    for event in events(text, zone)? {
        let (from, until) = match ends(&event)? {
            (Moment::Day(from), Moment::Day(until)) => (from, until),
            (from, until) => {
                // The last touched day is the one that holds the last microsecond.
                let last = instant(until, zone) - pointsman_domain::Micros(1);
                (zone.local_day(instant(from, zone)), zone.local_day(last) + 1)
            }
        };
        if until - from > 366 {
            return Err(refuse(event.line, "an event longer than a year is no holiday"));
        }
        for day in from..until {
            found.push(Holiday { date: date(day, event.yearly), name: event.summary.as_str().into(), hours: vec![] });
        }
    }
    Ok(found)
}

/// The events of a file as `(from, until)`, for [`Absences::new`](crate::Absences::new).
pub fn absences(text: &str, zone: &Zone) -> Result<Vec<(Instant, Instant)>, CalendarError> {
    Ok(everybodys_absences(text, zone)?.iter().map(|absent| absent.span(zone)).collect())
}

fn refuse(line: usize, what: impl Into<Box<str>>) -> CalendarError {
    CalendarError::ICalendar { line, what: what.into() }
}

/// An event without an end lasts its one day, or no time at all.
fn ends(event: &Event) -> Result<(Moment, Moment), CalendarError> {
    let from = event.from.ok_or_else(|| refuse(event.line, "the event has no DTSTART"))?;
    let until = event.until.unwrap_or(match (from, event.lasts) {
        (Moment::Day(day), None) => Moment::Day(day + 1),
        (Moment::Day(day), Some(lasts)) => Moment::Day(day + lasts.days.max(1)),
        (at @ Moment::At(_), None) => at,
        (Moment::At(at), Some(lasts)) => Moment::At(at + Micros::DAY.times(lasts.days.into()) + lasts.time),
    });
    Ok((from, until))
}

fn instant(moment: Moment, zone: &Zone) -> Instant {
    match moment {
        Moment::Day(day) => zone.day_start(day),
        Moment::At(at) => at,
    }
}

fn date(day: i32, yearly: bool) -> Box<str> {
    let (month, of_month) = civil::month_and_day(day);
    if yearly {
        return format!("{month:02}-{of_month:02}").into();
    }
    let (year, _) = civil::year_and_month(day);
    format!("{year:04}-{month:02}-{of_month:02}").into()
}

fn events(text: &str, zone: &Zone) -> Result<Vec<Event>, CalendarError> {
    let mut found = Vec::new();
    let mut open: Option<Event> = None;
    for (line, content) in unfolded(text) {
        let Some((head, value)) = content.split_once(':') else { continue };
        let mut parts = head.split(';');
        let name = parts.next().unwrap_or_default().to_ascii_uppercase();
        let zone_named = parts.find_map(|p| p.strip_prefix("TZID=")).map(|name| name.trim_matches('"'));
        match (name.as_str(), value.trim(), &mut open) {
            ("BEGIN", "VEVENT", open) => *open = Some(Event { line, ..Event::default() }),
            ("END", "VEVENT", open) => found.extend(open.take().filter(|event| !event.cancelled)),
            ("DTSTART", value, Some(event)) => event.from = Some(moment(value, zone_named, zone, line)?),
            ("DTEND", value, Some(event)) => event.until = Some(moment(value, zone_named, zone, line)?),
            ("SUMMARY", value, Some(event)) => event.summary = unescaped(value),
            ("STATUS", "CANCELLED", Some(event)) => event.cancelled = true,
            ("RRULE", value, Some(event)) => event.yearly = is_yearly(value, line)?,
            ("DURATION", value, Some(event)) => event.lasts = Some(lasts(value, line)?),
            ("ATTENDEE" | "ORGANIZER", value, Some(event)) => {
                let name = head.split(';').find_map(|part| part.strip_prefix("CN="));
                event.people.extend(name.map(|name| name.trim_matches('"').into()));
                let address = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
                event.people.extend(address.map(|_| value[7..].into()));
            }
            ("RDATE" | "EXDATE", _, Some(_)) => {
                return Err(refuse(line, format!("{name} is not read; list each event")));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Logical lines with the number of the first physical one: a line that begins with a space or
/// a tab goes on with the one before.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            _ => lines.push((number + 1, line.to_owned())),
        }
    }
    lines
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' {
            chars.next().map_or(' ', |escaped| if matches!(escaped, 'n' | 'N') { ' ' } else { escaped })
        } else {
            c
        };
        plain.push(c);
    }
    plain
}

/// `P2W`, `P1D`, `PT4H30M`, `P1DT12H` (RFC 5545, 3.3.6); an event does not last less than nothing.
fn lasts(text: &str, line: usize) -> Result<Lasts, CalendarError> {
    let bad = || refuse(line, format!("DURATION '{text}' is not read: expected for example P2D or PT4H"));
    let rest = text.strip_prefix('+').unwrap_or(text).strip_prefix('P').ok_or_else(bad)?;
    let (mut lasts, mut in_time, mut number, mut any) =
        (Lasts { days: 0, time: Micros(0) }, false, String::new(), false);
    for c in rest.chars() {
        if c.is_ascii_digit() && number.len() < 5 {
            number.push(c);
            continue;
        }
        if c == 'T' && number.is_empty() && !in_time {
            in_time = true;
            continue;
        }
        let n: i32 = std::mem::take(&mut number).parse().map_err(|_| bad())?;
        let time = |unit: Micros| Micros(lasts.time.0 + unit.times(n.into()).0);
        match (c, in_time) {
            ('W', false) => lasts.days += 7 * n,
            ('D', false) => lasts.days += n,
            ('H', true) => lasts.time = time(Micros::HOUR),
            ('M', true) => lasts.time = time(Micros::MINUTE),
            ('S', true) => lasts.time = time(Micros::SECOND),
            _ => return Err(bad()),
        }
        any = true;
    }
    if any && number.is_empty() { Ok(lasts) } else { Err(bad()) }
}

/// Only `FREQ=YEARLY`, at most with the month and day that the start says anyway.
fn is_yearly(rule: &str, line: usize) -> Result<bool, CalendarError> {
    let harmless = |part: &str| {
        part == "FREQ=YEARLY"
            || part == "INTERVAL=1"
            || part.starts_with("BYMONTH=")
            || part.starts_with("WKST=")
            || (part.starts_with("BYMONTHDAY=") && !part.contains([',', '-']))
    };
    if rule.split(';').any(|part| part == "FREQ=YEARLY") && rule.split(';').all(harmless) {
        return Ok(true);
    }
    Err(refuse(line, format!("RRULE '{rule}' is not read; expected FREQ=YEARLY, or one event for each date")))
}

/// `20261225`, `20261225T120000Z`, or `20261225T120000` on the clocks of a zone.
fn moment(text: &str, zone_named: Option<&str>, zone: &Zone, line: usize) -> Result<Moment, CalendarError> {
    let bad = || refuse(line, format!("'{text}' is not a date: expected 20261225 or 20261225T120000Z"));
    let digits = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        part.and_then(|part| part.parse::<i16>().ok()).ok_or_else(bad)
    };
    let day = civil::day_number(digits(0, 4)?, digits(4, 6)? as i8, digits(6, 8)? as i8).ok_or_else(bad)?;
    if text.len() == 8 {
        return Ok(Moment::Day(day));
    }
    let (hour, minute, second) = (digits(9, 11)?, digits(11, 13)?, digits(13, 15)?);
    let utc = text.len() == 16 && text.ends_with('Z');
    if text.as_bytes()[8] != b'T' || !(utc || text.len() == 15) || hour > 23 || minute > 59 || second > 60 {
        return Err(bad());
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second.min(59));
    let local = i64::from(day) * pointsman_domain::Micros::DAY.0 + seconds * pointsman_domain::Micros::SECOND.0;
    if utc {
        return Ok(Moment::At(Instant::from_unix_micros(local)));
    }
    match zone_named {
        Some(name) => {
            let named = Zone::new(name).map_err(|error| refuse(line, error.to_string()))?;
            Ok(Moment::At(named.at_local(local)))
        }
        None => Ok(Moment::At(zone.at_local(local))),
    }
}
