//! Rows in the order of the hours in which something became known of them. Borders are full hours, so
//! the order within an hour changes no count, and hours can be counted where instants must be sorted.

use pointsman_domain::{Instant, Micros};

/// Hours from the first to the last for which counting is worth its array (478 years, 16 MB).
const COUNTED: usize = 1 << 22;

pub struct ByHour {
    rows: Vec<u32>,
    /// Each hour in which something became known, and where its rows end.
    hours: Vec<(i64, usize)>,
    next: usize,
    taken: usize,
}

impl ByHour {
    /// Of (when something became known, row); times in microseconds.
    pub fn new(events: impl Iterator<Item = (i64, u32)> + Clone) -> Self {
        let events = events.map(|(at, row)| (at.div_euclid(HOUR), row));
        let (first, last) = events.clone().fold((i64::MAX, i64::MIN), |(a, b), (h, _)| (a.min(h), b.max(h)));
        let hours = usize::try_from(last.saturating_sub(first)).map_or(0, |span| span + 1);
        if hours <= COUNTED { count(events, first, hours) } else { sort(events) }
    }

    /// The rows not yet taken of which something became known before the border, a full hour.
    pub fn before(&mut self, border: Instant) -> &[u32] {
        let (hour, start) = (border.unix_micros().div_euclid(HOUR), self.taken);
        while let Some((_, end)) = self.hours.get(self.next).filter(|(known, _)| *known < hour) {
            self.taken = *end;
            self.next += 1;
        }
        &self.rows[start..self.taken]
    }
}

const HOUR: i64 = Micros::HOUR.0;

fn count(events: impl Iterator<Item = (i64, u32)> + Clone, first: i64, hours: usize) -> ByHour {
    let mut ends = vec![0usize; hours + 1];
    events.clone().for_each(|(hour, _)| ends[(hour - first) as usize + 1] += 1);
    for hour in 0..hours {
        ends[hour + 1] += ends[hour];
    }
    let mut rows = vec![0; ends[hours]];
    // Where an hour starts becomes where it ends.
    for (hour, row) in events {
        let place = &mut ends[(hour - first) as usize];
        rows[*place] = row;
        *place += 1;
    }
    let known = (0..hours).filter(|&hour| ends[hour] > if hour == 0 { 0 } else { ends[hour - 1] });
    let hours = known.map(|hour| (first + hour as i64, ends[hour])).collect();
    ByHour { rows, hours, next: 0, taken: 0 }
}

fn sort(events: impl Iterator<Item = (i64, u32)>) -> ByHour {
    let mut events: Vec<(i64, u32)> = events.collect();
    events.sort_unstable();
    let mut hours: Vec<(i64, usize)> = Vec::new();
    for (place, (hour, _)) in events.iter().enumerate() {
        match hours.last_mut().filter(|(last, _)| last == hour) {
            Some((_, end)) => *end = place + 1,
            None => hours.push((*hour, place + 1)),
        }
    }
    ByHour { rows: events.into_iter().map(|(_, row)| row).collect(), hours, next: 0, taken: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows taken at each border, sorted.
    fn taken(by_hour: &mut ByHour, borders: &[i64]) -> Vec<Vec<u32>> {
        let at = |hour: &i64| {
            let mut rows = by_hour.before(Instant::from_unix_micros(hour * HOUR)).to_vec();
            rows.sort_unstable();
            rows
        };
        borders.iter().map(at).collect()
    }

    #[test]
    fn counted_and_sorted_rows_come_at_the_same_borders() {
        let at: [i64; 7] = [5 * HOUR, 5 * HOUR - 1, -1, 0, 3 * HOUR + 7, 5 * HOUR + 1, 3 * HOUR];
        let events = || at.iter().copied().zip(0..);
        let hours = || events().map(|(at, row): (i64, u32)| (at.div_euclid(HOUR), row));
        let expected = [vec![2], vec![3], vec![], vec![1, 4, 6], vec![], vec![0, 5], vec![]];
        let borders = [0, 1, 3, 5, 5, 6, 100];
        assert_eq!(taken(&mut ByHour::new(events()), &borders), expected);
        assert_eq!(taken(&mut sort(hours()), &borders), expected);
        assert_eq!(taken(&mut count(hours(), -1, 7), &borders), expected);
    }

    #[test]
    fn no_event_and_times_far_apart_are_fine() {
        assert!(ByHour::new(std::iter::empty()).before(Instant::MAX).is_empty());
        let mut far = ByHour::new([(i64::MIN, 0), (i64::MAX - HOUR, 1)].into_iter());
        assert_eq!(far.before(Instant::MAX), [0, 1]);
    }
}
