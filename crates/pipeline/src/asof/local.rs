//! The clock on the wall where a lead is.

use pointsman_domain::Instant;
use pointsman_scoring::LocalTime;
use pointsman_workhours::Zone;

use super::column::Column;

/// Hour and weekday of each row in its lead's zone, or the workspace's.
pub fn local_times(at: &[i64], zones: Option<&Column>, local: &dyn Fn(Instant) -> LocalTime) -> Vec<LocalTime> {
    const QUARTER: i64 = 15 * 60 * 1_000_000;
    let known: Vec<Option<Zone>> =
        zones.map_or_else(Vec::new, |column| column.names().iter().map(|text| Zone::of_place(text)).collect());
    // Clocks are moved at quarters of an hour only, so rows of one quarter share an answer.
    let mut last: Option<(i64, LocalTime)> = None;
    let mut here = |at: i64| match last {
        Some((quarter, found)) if quarter == at.div_euclid(QUARTER) => found,
        _ => {
            let found = local(Instant::from_unix_micros(at));
            last = Some((at.div_euclid(QUARTER), found));
            found
        }
    };
    let time = |(row, &at): (usize, &i64)| {
        let zone = zones.and_then(|column| known.get(column.codes[row] as usize)).and_then(Option::as_ref);
        zone.map_or_else(|| here(at), |zone| LocalTime::in_zone(zone, Instant::from_unix_micros(at)))
    };
    at.iter().enumerate().map(time).collect()
}
