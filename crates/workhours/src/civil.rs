//! Dates as day numbers, for what must be fast. Everything else about civil time is jiff's.

/// The year, and the month from 0, of a day counted from 1970-01-01.
pub(crate) fn year_and_month(day: i32) -> (i32, i32) {
    let (year, month, _) = date(day);
    (year, month)
}

/// The month (from 1) and the day of the month of a day counted from 1970-01-01.
pub(crate) fn month_and_day(day: i32) -> (i8, i8) {
    let (_, month, day) = date(day);
    (month as i8 + 1, day as i8)
}

/// Year, month from 0, day of the month.
///
/// Neri and Schneider, *Euclidean affine functions and their application to calendar algorithms*
/// (2022): years begin in March, so that leap days come last; the shift by 400-year cycles keeps
/// every intermediate value positive from the year −32,800 on. Days beyond the year ±30,000 read as
/// the last day before.
fn date(day: i32) -> (i32, i32, i32) {
    let day = day.clamp(-11_000_000, 11_000_000);
    const CYCLES: u64 = 82;
    const CYCLE_DAYS: u64 = 146_097;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let n = (i64::from(day) + 719_468 + (CYCLES * CYCLE_DAYS) as i64) as u64;
    let century = (4 * n + 3) / CYCLE_DAYS;
    let day_of_century = (4 * n + 3) % CYCLE_DAYS / 4;
    let year_of_century = (4 * day_of_century + 3) / 1461;
    let day_of_year = (4 * day_of_century + 3) % 1461 / 4;
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = ((5 * day_of_year + 2) % 153 / 5) as i32 + 1;
    let year = (100 * century + year_of_century) as i64 - 400 * CYCLES as i64;
    match month_from_march {
        0..=9 => (year as i32, month_from_march as i32 + 2, day),
        _ => (year as i32 + 1, month_from_march as i32 - 10, day),
    }
}

/// Monday = 0 for a day counted from 1970-01-01, which was a Thursday.
pub(crate) fn weekday(day: i32) -> u8 {
    (i64::from(day) + 3).rem_euclid(7) as u8
}

/// Days from 1970-01-01; `None` for a date that does not exist.
pub(crate) fn day_number(year: i16, month: i8, day: i8) -> Option<i32> {
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let days = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).ok()?.get_days();
    Some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_agree_with_jiff() {
        let mut day = day_number(1899, 12, 31).expect("a date");
        let mut date = jiff::civil::date(1899, 12, 31);
        while date.year() < 2101 {
            let month = (i32::from(date.year()), i32::from(date.month()) - 1);
            assert_eq!(year_and_month(day), month, "{date}");
            assert_eq!(month_and_day(day), (date.month(), date.day()), "{date}");
            assert_eq!(i32::from(weekday(day)), i32::from(date.weekday().to_monday_zero_offset()), "{date}");
            (day, date) = (day + 1, date.tomorrow().expect("in range"));
        }
        assert_eq!(day_number(2026, 2, 29), None);
    }
}
