//! Calendars and iCalendar files as people write them, and what they are told when they err.

use pointsman_domain::Instant;
use pointsman_workhours::{Absences, Calendar, CalendarFile, Zone, icalendar};
use proptest::prelude::*;

const GOOD: &str = r#"
    format = 1
    zone = "Europe/Berlin"
    holidays = [{ date = "12-25", name = "Christmas" }, { date = "2026-12-24", name = "Eve", hours = ["09:00-12:00"] }]
    [hours]
    mon = ["09:00-12:30", "13:30-18:00"]
    thu = ["9:00-18:00"]
"#;

fn read(text: &str) -> Result<Calendar, String> {
    let file: CalendarFile = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    Calendar::new(&file, 2026..=2026).map_err(|error| error.to_string())
}

fn at(text: &str) -> Instant {
    text.parse().expect("a time")
}

#[test]
fn a_written_calendar_is_read() {
    let calendar = read(GOOD).expect("valid");
    let check = |text: &str, open: bool, holiday: Option<&str>| {
        assert_eq!((calendar.is_open(at(text)), calendar.holiday(at(text))), (open, holiday), "{text}");
    };
    check("2026-06-01T07:00:00Z", true, None);
    check("2026-06-01T10:30:00Z", false, None);
    check("2026-12-24T09:00:00Z", true, Some("Eve"));
    check("2026-12-24T11:00:00Z", false, Some("Eve"));
    check("2025-12-25T09:00:00Z", false, Some("Christmas"));
}

#[test]
fn errors_name_the_field_and_what_is_expected() {
    let check = |from: &str, to: &str, expected: &str| {
        let text = GOOD.replace(from, to);
        assert_ne!(text, GOOD, "{from} stands in the file");
        assert_eq!(read(&text).expect_err("refused"), expected, "{to}");
    };
    check("Europe/Berlin", "Berlin", "zone: 'Berlin' is not an IANA time zone; try 'Europe/Berlin'");
    check(
        "09:00-12:30",
        "9-12:30",
        "hours.mon: '9-12:30' is not a span of hours: expected HH:MM-HH:MM, for example 09:00-17:30",
    );
    check(
        "09:00-12:30",
        "09:00-25:00",
        "hours.mon: '09:00-25:00' is not a span of hours: expected HH:MM-HH:MM, for example 09:00-17:30",
    );
    check("09:00-12:30", "09:00-13:31", "hours.mon: '09:00-13:31' and '13:30-18:00' overlap");
    check(
        "09:00-12:30",
        "09:00-09:00",
        "hours.mon: '09:00-09:00' begins and ends at the same time; the whole day is 00:00-24:00",
    );
    check("12-25", "13-25", "holidays: '13-25' is not a date: expected 2026-12-25, or 12-25 for every year");
    check(
        "2026-12-24",
        "24.12.2026",
        "holidays: '24.12.2026' is not a date: expected 2026-12-25, or 12-25 for every year",
    );
    check("format = 1", "format = 2", "format 2 of the calendar is newer than this version reads (1)");
    check("mon =", "mo =", "unknown field `mo`, expected one of `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`");
    let empty = "format = 1\nzone = \"UTC\"";
    let hint = "hours: no day has any; name at least one, for example mon = [\"09:00-17:00\"], or set stand_by = true";
    assert_eq!(read(empty).expect_err("refused"), hint);
    assert!(read("format = 1\nzone = \"UTC\"\nstand_by = true").is_ok());
    let file: CalendarFile = toml::from_str(GOOD).expect("valid");
    for (first, last) in [(2026, 2025), (1800, 1810), (2000, 2100)] {
        assert!(Calendar::new(&file, first..=last).is_err());
    }
}

const EVENTS: &str = "BEGIN:VCALENDAR\r\n\
BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Christ\r\n mas\\, both days\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Labour Day\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:20260701T120000\r\nDTEND:20260701T160000Z\r\nSUMMARY:Outing\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nDTSTART:20260801\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n\
END:VCALENDAR\r\n";

#[test]
fn holidays_come_from_icalendar_files() {
    let zone = Zone::new("Europe/Berlin").expect("known");
    let holidays = icalendar::holidays(EVENTS, &zone).expect("readable");
    let found: Vec<_> = holidays.iter().map(|h| format!("{} {}", h.date, h.name)).collect();
    let expected =
        ["2026-12-25 Christmas, both days", "2026-12-26 Christmas, both days", "05-01 Labour Day", "2026-07-01 Outing"];
    assert_eq!(found, expected);
}

#[test]
fn absences_come_from_icalendar_files() {
    let zone = Zone::new("Europe/Berlin").expect("known");
    let events = EVENTS.replace("RRULE:FREQ=YEARLY\r\n", "");
    let absences = icalendar::absences(&events, &zone).expect("readable");
    let found: Vec<_> = absences.iter().map(|(from, until)| format!("{from} {until}")).collect();
    let expected = [
        "2026-12-24T23:00:00Z 2026-12-26T23:00:00Z",
        "2020-04-30T22:00:00Z 2020-05-01T22:00:00Z",
        "2026-07-01T10:00:00Z 2026-07-01T16:00:00Z",
    ];
    assert_eq!(found, expected);
}

#[test]
fn absences_say_whose_they_are_and_how_long_they_last() {
    let zone = Zone::new("Europe/Berlin").expect("known");
    let event = |body: &str| format!("BEGIN:VEVENT\r\n{body}\r\nEND:VEVENT\r\n");
    let check = |body: &str, expected: &str| {
        let absent = icalendar::everybodys_absences(&event(body), &zone).expect("readable").remove(0);
        let (from, until) = absent.span(&zone);
        assert_eq!(format!("{from} {until} {} {}", absent.summary, absent.people.join(",")), expected);
    };
    let start = "DTSTART;VALUE=DATE:20261221\r\n";
    check(
        &format!("{start}DURATION:P2W\r\nSUMMARY:Mara: leave\r\nATTENDEE;CN=\"Mara Lindner\":MAILTO:mara@x.example"),
        "2026-12-20T23:00:00Z 2027-01-03T23:00:00Z Mara: leave Mara Lindner,mara@x.example",
    );
    check(&format!("{start}SUMMARY:x"), "2026-12-20T23:00:00Z 2026-12-21T23:00:00Z x ");
    check("DTSTART:20261221T100000\r\nDURATION:P1DT2H30M", "2026-12-21T09:00:00Z 2026-12-22T11:30:00Z  ");
    for bad in ["DURATION:P", "DURATION:-P1D", "DURATION:P1H", "DURATION:PT1D", "DURATION:P1", "DURATION:P999999999D"] {
        let error = icalendar::everybodys_absences(&event(&format!("{start}{bad}")), &zone).expect_err(bad);
        assert!(error.to_string().starts_with("line 3 of the iCalendar file: DURATION"), "{error}");
    }
}

#[test]
fn icalendar_faults_name_their_line() {
    let check = |from: &str, to: &str, expected: &str| {
        let error = icalendar::holidays(&EVENTS.replace(from, to), &Zone::utc()).expect_err("refused").to_string();
        assert_eq!(error, format!("line {expected}"));
    };
    check(
        "20261225",
        "2026-12-25",
        "3 of the iCalendar file: '2026-12-25' is not a date: expected 20261225 or 20261225T120000Z",
    );
    check(
        "20261227",
        "20261327",
        "4 of the iCalendar file: '20261327' is not a date: expected 20261225 or 20261225T120000Z",
    );
    check(
        "FREQ=YEARLY",
        "FREQ=WEEKLY",
        "10 of the iCalendar file: RRULE 'FREQ=WEEKLY' is not read; expected FREQ=YEARLY, or one event for each date",
    );
    check(
        "TZID=Europe/Berlin",
        "TZID=Berlin",
        "14 of the iCalendar file: zone: 'Berlin' is not an IANA time zone; try 'Europe/Berlin'",
    );
    check("DTSTART:20260801\r\nSTATUS:CANCELLED", "SUMMARY:x", "18 of the iCalendar file: the event has no DTSTART");
    check("20261227", "99991227", "2 of the iCalendar file: an event longer than a year is no holiday");
}

/// Pieces of iCalendar lines and of spans, right and wrong, in any order.
const PIECES: [&str; 26] = [
    "BEGIN:VEVENT\n",
    "END:VEVENT\n",
    "DTSTART",
    "DTEND",
    ";VALUE=DATE",
    ";TZID=Europe/Berlin",
    ":",
    "20260101",
    "20261301",
    "T120000Z",
    "T2460",
    "\n",
    "\r\n ",
    "SUMMARY:é\\",
    "RRULE:FREQ=YEARLY",
    ";BYMONTH=1",
    "9:00",
    "09:00-",
    "24:00",
    "00:00",
    "-",
    "12-25",
    "99",
    "STATUS:CANCELLED",
    "DURATION:P",
    "ATTENDEE:mailto",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..30), text in "\\PC{0,30}") {
        let soup = pieces.concat();
        let zone = Zone::new("Europe/Berlin").expect("known");
        for source in [&soup, &text] {
            let _ = icalendar::holidays(source, &zone);
            if let Ok(pairs) = icalendar::absences(source, &zone) {
                let joined: Vec<_> = Absences::new(pairs).iter().collect();
                prop_assert!(joined.windows(2).all(|pair| pair[0].1 < pair[1].0), "{joined:?}");
            }
            let mut file: CalendarFile = toml::from_str(GOOD).expect("valid");
            file.hours.tue = vec![source.as_str().into()];
            file.holidays[0].date = source.as_str().into();
            let _ = Calendar::new(&file, 2026..=2026);
            let _ = Zone::new(source);
        }
    }
}
