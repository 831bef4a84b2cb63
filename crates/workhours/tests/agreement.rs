//! Calendars agree with the minute walker: a few days around every change of every zone's clock,
//! and some days elsewhere. `cargo run --release -p pointsman-workhours --example walk` walks
//! every minute of three years.

mod walker;

use jiff::{Timestamp, tz::TimeZoneDatabase};
use pointsman_domain::{Instant, Micros, Rng};
use pointsman_workhours::{Absences, Calendar, CalendarFile, Zone};
use walker::{Walker, ZONES, compare, files};

fn at(text: &str) -> Instant {
    text.parse().expect("a time")
}

/// The changes of a zone's clock in a span.
fn changes(zone: &str, from: Instant, until: Instant) -> Vec<Instant> {
    let zone = TimeZoneDatabase::bundled().get(zone).expect("a known zone");
    let start = Timestamp::from_microsecond(from.unix_micros()).expect("in range");
    let all = zone.following(start).map(|t| Instant::from_unix_micros(t.timestamp().as_microsecond()));
    all.take_while(|at| *at < until).collect()
}

#[test]
fn calendars_agree_with_the_minute_walker() {
    let mut rng = Rng::seeded(3);
    let (from, until) = (at("2025-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"));
    let mut walked = 0;
    for zone in ZONES {
        for (i, file) in files(zone).iter().enumerate() {
            let calendar = Calendar::new(file, 2025..=2027).expect("valid");
            let mut walker = Walker::new(file);
            let day = |at: Instant| at - Micros::DAY;
            let mut starts: Vec<Instant> = changes(zone, from, until).into_iter().map(day).collect();
            starts.push(from + Micros::DAY.times(rng.below(1095) as i64));
            starts.push(at("2026-12-24T00:00:00Z"));
            for start in starts.into_iter().skip(i).step_by(2) {
                compare(&calendar, &mut walker, start, 2 * 1440);
                walked += 1;
            }
        }
    }
    assert!(walked > 60, "{walked} stretches walked");
}

#[test]
fn a_day_that_a_zone_left_out_is_no_working_time() {
    // Samoa went from Thursday the 29th to Saturday the 31st of December 2011.
    let file = &files("Pacific/Apia")[0];
    let calendar = Calendar::new(file, 2011..=2012).expect("valid");
    compare(&calendar, &mut Walker::new(file), at("2011-12-29T00:00:00Z"), 3 * 1440);
    // Across the border of the years laid out.
    compare(&calendar, &mut Walker::new(file), at("2012-12-31T22:00:00Z"), 240);
}

#[test]
fn years_not_laid_out_give_the_same_answers() {
    let file = &files("America/New_York")[0];
    let wide = Calendar::new(file, 2010..=2040).expect("valid");
    let narrow = Calendar::new(file, 2025..=2025).expect("valid");
    let mut rng = Rng::seeded(5);
    let any = |rng: &mut Rng| at("2011-01-01T00:00:00Z") + Micros(rng.below(28 * 365 * 86_400_000_000) as i64);
    for _ in 0..150 {
        let (a, b) = (any(&mut rng), any(&mut rng));
        assert_eq!(wide.is_open(a), narrow.is_open(a), "{a}");
        assert_eq!(wide.next_open(a), narrow.next_open(a), "{a}");
        assert_eq!(wide.next_closed(a), narrow.next_closed(a), "{a}");
        assert_eq!(wide.worked_between(a, b), narrow.worked_between(a, b), "{a} {b}");
        let work = Micros(rng.below(400 * 3_600_000_000) as i64);
        assert_eq!(wide.due_at(a, work), narrow.due_at(a, work), "{a} {work:?}");
    }
}

#[test]
fn worked_between_and_due_at_are_inverse() {
    let mut rng = Rng::seeded(8);
    for zone in ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana"] {
        for file in files(zone) {
            let calendar = Calendar::new(&file, 2025..=2027).expect("valid");
            for _ in 0..500 {
                let from = at("2025-02-01T00:00:00Z") + Micros(rng.below(600 * 86_400_000_000) as i64);
                let work = Micros(1 + rng.below(500 * 3_600_000_000) as i64);
                let due = calendar.due_at(from, work).expect("there is work enough");
                assert_eq!(calendar.worked_between(from, due), work);
                assert!(calendar.worked_between(from, due - Micros(1)) < work);
                assert_eq!(calendar.worked_between(due, from), Micros(-work.0));
                let middle = from + Micros((due - from).0 / 2);
                let parts = calendar.worked_between(from, middle).0 + calendar.worked_between(middle, due).0;
                assert_eq!(parts, work.0);
            }
        }
    }
}

#[test]
fn nothing_happens_beyond_reach_and_nothing_hangs() {
    let calendar = Calendar::new(&files("Europe/Berlin")[0], 2025..=2027).expect("valid");
    for extreme in [Instant::MIN, Instant::MAX] {
        assert!(!calendar.is_open(extreme));
        assert_eq!(calendar.holiday(extreme), None);
    }
    assert_eq!(calendar.next_open(Instant::MAX), None);
    assert!(calendar.next_open(Instant::MIN).is_some_and(|at| at.to_string().starts_with("1965-01-01T")));
    assert_eq!(calendar.due_at(at("2026-01-01T00:00:00Z"), Micros(i64::MAX)), None);
    assert!(calendar.worked_between(Instant::MIN, Instant::MAX).0 > 0);
    assert_eq!(calendar.due_at(Instant::MAX, Micros::HOUR), None);
    let never = CalendarFile { hours: Default::default(), stand_by: true, ..files("UTC")[0].clone() };
    let stand_by = Calendar::new(&never, 2025..=2025).expect("valid");
    assert_eq!(stand_by.next_closed(at("2026-01-01T00:00:00Z")), None);
    assert_eq!(
        Calendar::stand_by(Zone::utc()).worked_between(at("2025-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")),
        Micros::DAY.times(365)
    );
}

#[test]
fn absences_are_skipped_when_looking_for_the_next_opening() {
    use pointsman_domain::Availability::{Absent, Closed, Here};
    let calendar = Calendar::new(&files("Europe/Berlin")[0], 2026..=2026).expect("valid");
    let absences = Absences::new([
        (at("2026-06-08T00:00:00Z"), at("2026-06-09T22:00:00Z")),
        (at("2026-12-01T00:00:00Z"), Instant::MAX),
    ]);
    let check = |text: &str, expected| assert_eq!(calendar.availability(at(text), &absences), expected, "{text}");
    check("2026-06-05T08:00:00Z", Here);
    // Friday closes at 15:00 local; Monday and Tuesday are absent, so Wednesday 8:15 it is.
    check("2026-06-05T13:00:00Z", Closed { until: Some(at("2026-06-10T06:15:00Z")) });
    check("2026-06-08T08:00:00Z", Absent { until: Some(at("2026-06-09T22:00:00Z")) });
    check("2026-06-09T22:00:00Z", Closed { until: Some(at("2026-06-10T06:15:00Z")) });
    check("2026-12-24T10:00:00Z", Absent { until: None });
    check("2026-11-30T17:00:00Z", Closed { until: None });
}
