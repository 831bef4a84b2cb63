//! How many leads are still to be given out until an instant: by weekday, by hour, and as much
//! more or fewer as the last days and today were.
//!
//! Counted is when leads got their owners, not when they arrived: what came at night is given out
//! in the morning, and that is when it uses the day's places.

/// Minutes of a local day.
const DAY: i64 = 1440;
/// A day's level counts half of all before it.
const LEVEL: f64 = 0.5;
/// A weekday's own index moves by this share of its surprise.
const INDEX: f64 = 0.2;
/// Leads by which today must surprise before it is believed half.
const PATIENCE: f64 = 10.0;
/// Leads after which the share of an hour has forgotten all but 1/e.
const PROFILE_MEMORY: f64 = 3000.0;
/// Days without a lead that are counted as such; a longer gap is no news about volume.
const LONGEST_GAP: i32 = 14;

/// Counts leads and expects as many again. Local time is minutes since 1970-01-01T00:00.
#[derive(Debug, Clone)]
pub struct Volume {
    day: Option<i32>,
    /// The minute of today's first lead.
    first: i64,
    today: f64,
    /// Leads of a usual day.
    level: Option<f64>,
    /// By weekday, Monday first, how much of a usual day it brings.
    index: [f64; 7],
    seen: [bool; 7],
    hours: [f64; 24],
}

impl Default for Volume {
    fn default() -> Self {
        // One lead of doubt over the whole day, so that no hour is impossible.
        Self {
            day: None,
            first: 0,
            today: 0.0,
            level: None,
            index: [1.0; 7],
            seen: [false; 7],
            hours: [1.0 / 24.0; 24],
        }
    }
}

/// 1970-01-01 was a Thursday.
fn weekday(day: i32) -> usize {
    (i64::from(day) + 3).rem_euclid(7) as usize
}

impl Volume {
    /// So many leads got their owners. Times that run backwards count for the day they are told in.
    pub fn push(&mut self, minute: i64, leads: f64) {
        let day = minute.div_euclid(DAY) as i32;
        match self.day {
            None => (self.day, self.first) = (Some(day), minute),
            Some(current) if day > current => {
                self.close(current);
                let gap = day - current - 1;
                (current + 1..day).take(if gap > LONGEST_GAP { 0 } else { gap as usize }).for_each(|d| self.close(d));
                (self.day, self.first) = (Some(day), minute);
            }
            Some(_) => {}
        }
        self.today += leads;
        let keep = 1.0 / (1.0 + leads / PROFILE_MEMORY);
        self.hours.iter_mut().for_each(|hour| *hour *= keep);
        self.hours[(minute.rem_euclid(DAY) / 60) as usize] += leads;
    }

    fn close(&mut self, day: i32) {
        let (at, count) = (weekday(day), std::mem::take(&mut self.today));
        let Some(level) = self.level else {
            self.level = Some(count.max(0.1));
            self.seen[at] = true;
            return;
        };
        if !self.seen[at] {
            (self.index[at], self.seen[at]) = (count / level, true);
            return;
        }
        // A weekday that brings next to nothing says nothing about the level.
        if self.index[at] > 0.2 {
            self.level = Some(((1.0 - LEVEL) * level + LEVEL * count / self.index[at]).max(0.1));
        }
        self.index[at] = (1.0 - INDEX) * self.index[at] + INDEX * count / level;
    }

    /// Leads given out in (`from`, `until`], if it goes on like this.
    pub fn expected(&self, from: i64, until: i64) -> f64 {
        let Some(today) = self.day else { return 0.0 };
        let (first, last) = (from.div_euclid(DAY) as i32, until.div_euclid(DAY) as i32);
        (first..=last)
            .map(|day| {
                let start = if day == first { from.rem_euclid(DAY) } else { 0 };
                let end = if day == last { until.rem_euclid(DAY) } else { DAY };
                if day == today && self.level.is_none() {
                    return self.as_long_again(from, end - start);
                }
                let share = self.passed(end) - self.passed(start);
                share.max(0.0) * if day == today { self.of_today(from) } else { self.usual(day) }
            })
            .sum()
    }

    fn usual(&self, day: i32) -> f64 {
        // Before a whole day has passed today is all that is known.
        self.level.unwrap_or(self.today.max(1.0)) * self.index[weekday(day)]
    }

    /// The whole of today as it looks at `now`: the usual, times how much more came so far.
    fn of_today(&self, now: i64) -> f64 {
        let Some(day) = self.day else { return 0.0 };
        let passed = if now.div_euclid(DAY) as i32 > day { 1.0 } else { self.passed(now.rem_euclid(DAY)) };
        match self.level {
            Some(_) if self.seen[weekday(day)] => {
                let usual = self.usual(day);
                usual * (self.today + PATIENCE) / (usual * passed + PATIENCE)
            }
            _ => self.usual(day).max(self.today),
        }
    }

    /// On the first day no hour but those that passed has been seen: the pace goes on for as long as it has, at most
    /// for so many minutes.
    fn as_long_again(&self, now: i64, most: i64) -> f64 {
        let lasted = (now - self.first).max(1);
        self.today * most.clamp(0, lasted) as f64 / lasted as f64
    }

    /// The share of a day's leads that came by this minute of the day.
    fn passed(&self, minute: i64) -> f64 {
        let (hour, part) = ((minute / 60) as usize, (minute % 60) as f64 / 60.0);
        let sum: f64 = self.hours[..hour.min(24)].iter().sum();
        let total: f64 = self.hours.iter().sum();
        (sum + self.hours.get(hour).map_or(0.0, |leads| leads * part)) / total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` leads on this day, evenly between 9 and 17 o'clock.
    fn a_day(volume: &mut Volume, day: i64, n: i64) {
        (0..n).for_each(|i| volume.push(day * DAY + 9 * 60 + i * 480 / n, 1.0));
    }

    /// Four weeks from a Monday: 80 leads a day, nothing on weekends.
    fn four_weeks() -> (Volume, i64) {
        let monday = 4;
        let mut volume = Volume::default();
        (monday..monday + 28).filter(|d| (d - monday) % 7 < 5).for_each(|day| a_day(&mut volume, day, 80));
        (volume, monday + 28)
    }

    #[test]
    fn the_rest_of_the_day_follows_the_hours_and_the_week_its_weekdays() {
        let (mut volume, monday) = four_weeks();
        let week = volume.expected(monday * DAY, (monday + 7) * DAY);
        assert!((week - 400.0).abs() < 25.0, "five days of eighty: {week}");
        let night = volume.expected(monday * DAY, monday * DAY + 8 * 60);
        assert!(night < 2.0, "{night}");
        (0..40).for_each(|i| volume.push(monday * DAY + 9 * 60 + i * 6, 1.0));
        let rest = volume.expected(monday * DAY + 13 * 60, (monday + 1) * DAY);
        assert!((rest - 40.0).abs() < 3.0, "half a day: {rest}");
    }

    #[test]
    fn twice_as_many_overnight_is_believed_within_the_day() {
        let (mut volume, monday) = four_weeks();
        (0..80).for_each(|i| volume.push(monday * DAY + 9 * 60 + i * 3, 1.0));
        let rest = volume.expected(monday * DAY + 13 * 60, (monday + 1) * DAY);
        assert!((65.0..85.0).contains(&rest), "eighty more, nearly: {rest}");
        (0..80).for_each(|i| volume.push(monday * DAY + 13 * 60 + i * 3, 1.0));
        a_day(&mut volume, monday + 1, 160);
        let tomorrow = volume.expected((monday + 2) * DAY, (monday + 3) * DAY);
        assert!(tomorrow > 115.0, "{tomorrow}");
    }

    #[test]
    fn nothing_is_known_before_the_first_lead_and_little_on_the_first_day() {
        assert_eq!(Volume::default().expected(0, 1000), 0.0);
        let mut volume = Volume::default();
        a_day(&mut volume, 10, 40);
        assert!(volume.expected(11 * DAY, 12 * DAY) > 20.0);
        let rest = volume.expected(10 * DAY + 17 * 60, 11 * DAY);
        assert!((rest - 35.0).abs() < 1e-9, "seven hours are left of eight that brought forty: {rest}");
        assert_eq!(volume.expected(10 * DAY + 13 * 60, 11 * DAY), 40.0, "as long again, not longer");
        volume.push(3 * DAY, 1.0);
        assert!(volume.expected(10 * DAY, 10 * DAY).abs() < 1e-9, "an empty stretch");
    }
}
