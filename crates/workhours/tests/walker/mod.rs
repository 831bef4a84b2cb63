//! The slow, obvious way: every minute, read the local clock with jiff and look the hours up.
//! Shares nothing with the crate but the file that both read.

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};
use pointsman_domain::{Instant, Micros};
use pointsman_workhours::{Calendar, CalendarFile, Holiday, WeekHours};

/// Zones with every oddity we know of: half and quarter hours, changes at midnight, of half an
/// hour and of two, below standard time, around Ramadan, a day left out.
pub const ZONES: [&str; 22] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Asuncion",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Antarctica/Troll",
];

/// Calendars of different shapes, in one zone.
pub fn files(zone: &str) -> Vec<CalendarFile> {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.into()).collect::<Vec<Box<str>>>();
    let holiday = |date: &str, hours: &[&str]| Holiday { date: date.into(), name: "a day".into(), hours: texts(hours) };
    let file = |hours: WeekHours, holidays: Vec<Holiday>| CalendarFile {
        format: 1,
        zone: zone.into(),
        hours,
        holidays,
        stand_by: false,
    };
    let office = texts(&["13:30-18:00", "09:00-12:30"]);
    let night = texts(&["22:00-06:00"]);
    vec![
        file(
            WeekHours {
                mon: office.clone(),
                tue: office.clone(),
                wed: texts(&["08:15-17:45"]),
                thu: office.clone(),
                fri: texts(&["09:00-15:00"]),
                ..WeekHours::default()
            },
            vec![
                holiday("12-25", &[]),
                holiday("2026-03-29", &["01:00-04:00"]),
                holiday("2025-12-24", &["09:00-12:00"]),
            ],
        ),
        file(
            WeekHours {
                fri: night.clone(),
                sat: texts(&["00:00-03:00", "05:30-24:00"]),
                sun: texts(&["00:00-02:30", "02:45-24:00"]),
                mon: night.clone(),
                ..WeekHours::default()
            },
            vec![holiday("02-29", &[]), holiday("2026-10-25", &["00:00-24:00"])],
        ),
    ]
}

pub struct Walker {
    zone: TimeZone,
    file: CalendarFile,
    /// The open minutes of the local date asked last.
    today: Date,
    minutes: Vec<(i64, i64)>,
}

impl Walker {
    pub fn new(file: &CalendarFile) -> Self {
        let zone = TimeZoneDatabase::bundled().get(&file.zone).expect("a known zone");
        Self { zone, file: file.clone(), today: Date::MIN, minutes: Vec::new() }
    }

    pub fn is_open(&mut self, at: Instant) -> bool {
        let timestamp = Timestamp::from_microsecond(at.unix_micros()).expect("in range");
        let local = self.zone.to_datetime(timestamp);
        if self.today != local.date() {
            self.today = local.date();
            let yesterday = self.today.yesterday().expect("in range");
            let spilled = self.spans(yesterday).map(|(from, until)| (from - 1440, until - 1440));
            self.minutes = self.spans(self.today).chain(spilled).collect();
        }
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        self.minutes.iter().any(|(from, until)| (*from..*until).contains(&minute))
    }

    /// In minutes from midnight, beyond 1440 for the next day.
    fn spans(&self, date: Date) -> impl Iterator<Item = (i64, i64)> {
        let full = date.to_string();
        let hours = &self.file.hours;
        let of_week = match date.weekday() {
            Weekday::Monday => &hours.mon,
            Weekday::Tuesday => &hours.tue,
            Weekday::Wednesday => &hours.wed,
            Weekday::Thursday => &hours.thu,
            Weekday::Friday => &hours.fri,
            Weekday::Saturday => &hours.sat,
            Weekday::Sunday => &hours.sun,
        };
        let holidays = &self.file.holidays;
        let dated = holidays.iter().find(|h| *h.date == *full);
        let holiday = dated.or_else(|| holidays.iter().find(|h| *h.date == full[5..]));
        let minutes = |text: &str| {
            let (hour, minute) = text.split_once(':').expect("HH:MM");
            hour.parse::<i64>().expect("HH") * 60 + minute.parse::<i64>().expect("MM")
        };
        holiday.map_or(of_week, |h| &h.hours).iter().map(move |text| {
            let (from, until) = text.split_once('-').expect("a span");
            let (from, until) = (minutes(from), minutes(until));
            (from, if until < from { until + 1440 } else { until })
        })
    }
}

/// Compares every minute of `[from, from + minutes)`: open or not; and every seventh, which in
/// time meets every minute of the day: what was worked until then from the start, the next
/// opening and closing, and when the work up to there is due. Minutes are enough, because all
/// hours and offsets of these years are whole minutes.
pub fn compare(calendar: &Calendar, walker: &mut Walker, from: Instant, minutes: i64) {
    let mut worked = Micros(0);
    let mut waiting: Vec<Instant> = Vec::new();
    for minute in 0..minutes {
        let at = from + Micros::MINUTE.times(minute);
        let (open, closely) = (walker.is_open(at), minute % 7 == 0);
        let place = || format!("{} {at}", calendar.zone().name());
        assert_eq!(calendar.is_open(at), open, "open at {}", place());
        if closely {
            assert_eq!(calendar.is_open(at + Micros(59_999_999)), open, "open to the end of {}", place());
            assert_eq!(calendar.worked_between(from, at), worked, "worked until {}", place());
        }
        if open {
            waiting.drain(..).for_each(|earlier| {
                assert_eq!(calendar.next_open(earlier), Some(at), "next open after {earlier}");
            });
            worked = Micros(worked.0 + Micros::MINUTE.0);
        } else if closely {
            assert_eq!(calendar.next_closed(at), Some(at), "closed now at {}", place());
            waiting.extend((minute % 91 == 0).then_some(at));
        }
        if open && closely {
            assert_eq!(calendar.due_at(from, worked), Some(at + Micros::MINUTE), "due {}", place());
            assert_eq!(calendar.next_open(at), Some(at), "open now at {}", place());
        }
    }
}
