//! The full walk: every minute of three years in 22 zones and two calendars each, compared with
//! the slow way; then how long each question takes.
//! `cargo run --release -p pointsman-workhours --example walk`

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

#[path = "../tests/walker/mod.rs"]
mod walker;

use std::{hint::black_box, time::Instant as Stopwatch};

use pointsman_domain::{Instant, Micros, Rng};
use pointsman_workhours::{Calendar, tzdb_version};
use walker::{Walker, ZONES, compare, files};

const DAYS: i64 = 3 * 365;

fn main() {
    times();
    walk();
}

fn walk() {
    let from: Instant = "2025-01-01T00:00:00Z".parse().expect("a time");
    let started = Stopwatch::now();
    let mut minutes = 0;
    for zone in ZONES {
        for file in files(zone) {
            let calendar = Calendar::new(&file, 2025..=2027).expect("valid");
            compare(&calendar, &mut Walker::new(&file), from, DAYS * 1440);
            minutes += DAYS * 1440;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{minutes} minutes in {} zones agree, tzdb {}, {seconds:.0} s", ZONES.len(), tzdb_version());
}

fn times() {
    let from: Instant = "2025-01-01T00:00:00Z".parse().expect("a time");
    let file = &files("Europe/Berlin")[0];
    let building = Stopwatch::now();
    let calendar = Calendar::new(file, 2025..=2027).expect("valid");
    println!("build                  {:>8.0} µs", building.elapsed().as_secs_f64() * 1e6);
    let zone = calendar.zone().clone();
    time("local_day", from, |at| i64::from(zone.local_day(at)));
    time("local_week_monday", from, |at| i64::from(zone.local_week_monday(at)));
    time("local_month", from, |at| i64::from(zone.local_month(at)));
    time("local_hour", from, |at| i64::from(zone.local_hour(at)));
    time("is_open", from, |at| i64::from(calendar.is_open(at)));
    time("next_open", from, |at| calendar.next_open(at).map_or(0, Instant::unix_micros));
    time("worked_between", from, |at| calendar.worked_between(from, at).0);
    time("due_at", from, |at| calendar.due_at(at, Micros::HOUR.times(4)).map_or(0, Instant::unix_micros));
}

/// The mean over random instants of two and a half years; of ten batches the fastest, because
/// what else the machine does only ever adds.
fn time(name: &str, from: Instant, ask: impl Fn(Instant) -> i64) {
    let mut rng = Rng::seeded(1);
    let mut best = f64::INFINITY;
    for _ in 0..10 {
        let instant = |_| from + Micros(rng.below(900 * 86_400_000_000) as i64);
        let instants: Vec<Instant> = (0..50_000).map(instant).collect();
        let started = Stopwatch::now();
        let sum = instants.iter().fold(0i64, |sum, at| sum.wrapping_add(ask(black_box(*at))));
        black_box(sum);
        best = best.min(started.elapsed().as_secs_f64() * 1e9 / instants.len() as f64);
    }
    println!("{name:<22} {best:>8.1} ns");
}
