//! When work is done: a plan of hours in a zone, laid out as open intervals.

use std::{borrow::Cow, ops::RangeInclusive, sync::Arc};

use pointsman_domain::{Availability, Instant, Micros};

use crate::{
    absence::Absences,
    block::Block,
    civil,
    error::CalendarError,
    file::{CalendarFile, Plan},
    zone::Zone,
};

/// Outside the years laid out, a calendar goes on for this many years in both directions, one
/// year at a time and so a thousand times slower; beyond, it is closed.
pub const REACH_YEARS: i16 = 60;

/// The first and last year that can be laid out, and how many at once.
const ALL_YEARS: (i16, i16) = (1900, 2300);
const MAX_YEARS: i16 = 60;

/// Working time. Cheap to clone.
///
/// Every question is answered in O(log n) of the open intervals for the years laid out (about
/// 500 intervals a year for two spans a day, 24 bytes each). Intervals are half-open: at 18:00 a
/// day that ends at 18:00 is closed.
///
/// ```
/// # use pointsman_domain::Micros;
/// # use pointsman_workhours::{Calendar, CalendarFile, WeekHours};
/// let file = CalendarFile {
///     format: 1,
///     zone: "Europe/Berlin".into(),
///     hours: WeekHours { fri: vec!["09:00-12:00".into()], mon: vec!["09:00-12:00".into()], ..Default::default() },
///     holidays: vec![],
///     stand_by: false,
/// };
/// let calendar = Calendar::new(&file, 2025..=2027)?;
/// let friday_11 = "2026-03-27T10:00:00Z".parse()?;
/// // One hour on Friday and one on Monday; in between the clocks went forward.
/// let due = calendar.due_at(friday_11, Micros::HOUR.times(2));
/// assert_eq!(due, Some("2026-03-30T08:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Calendar {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    plan: Plan,
    zone: Zone,
    first_year: i16,
    last_year: i16,
    laid_out: Block,
}

impl Calendar {
    /// Lays the file's hours out for `years`.
    pub fn new(file: &CalendarFile, years: RangeInclusive<i16>) -> Result<Self, CalendarError> {
        Self::in_zone(file, Zone::new(&file.zone)?, years)
    }

    /// The same hours on the clocks of another zone: a rep who works elsewhere.
    pub fn in_zone(file: &CalendarFile, zone: Zone, years: RangeInclusive<i16>) -> Result<Self, CalendarError> {
        Self::from_plan(Plan::new(file)?, zone, years)
    }

    /// Open always. Days, weeks and months are those of `zone`.
    pub fn stand_by(zone: Zone) -> Self {
        Self::laid_out(Plan::always(), zone, ALL_YEARS)
    }

    fn from_plan(plan: Plan, zone: Zone, years: RangeInclusive<i16>) -> Result<Self, CalendarError> {
        let (first, last) = years.into_inner();
        if first < ALL_YEARS.0 || last > ALL_YEARS.1 || first > last || last - first >= MAX_YEARS {
            return Err(CalendarError::Years { first, last });
        }
        // What never closes is one interval, however long.
        let years = if plan.always_open() { ALL_YEARS } else { (first, last) };
        Ok(Self::laid_out(plan, zone, years))
    }

    fn laid_out(plan: Plan, zone: Zone, (first_year, last_year): (i16, i16)) -> Self {
        let laid_out = Block::new(&plan, &zone, year_start(first_year), year_start(last_year + 1));
        Self { inner: Arc::new(Inner { plan, zone, first_year, last_year, laid_out }) }
    }

    pub fn zone(&self) -> &Zone {
        &self.inner.zone
    }

    /// The name of the holiday on the local day of `at`.
    pub fn holiday(&self, at: Instant) -> Option<&str> {
        self.inner.plan.holiday_name(self.inner.zone.local_day(at))
    }

    pub fn is_open(&self, at: Instant) -> bool {
        let at = at.unix_micros();
        self.blocks_from(at).next().is_some_and(|block| block.is_open(at))
    }

    /// The first open instant at or after `at`; `None` if there is none within reach.
    pub fn next_open(&self, at: Instant) -> Option<Instant> {
        let at = at.unix_micros();
        self.blocks_from(at).find_map(|block| block.next_open(at)).map(Instant::from_unix_micros)
    }

    /// The first closed instant at or after `at`; `None` if it is open as far as the calendar reaches.
    pub fn next_closed(&self, at: Instant) -> Option<Instant> {
        let mut at = at.unix_micros();
        for block in self.blocks_from(at) {
            at = block.next_closed(at.max(block.from));
            if at < block.until {
                return Some(Instant::from_unix_micros(at));
            }
        }
        None
    }

    /// Open time in `[a, b)`; negative if `b` is before `a`.
    pub fn worked_between(&self, a: Instant, b: Instant) -> Micros {
        if b < a {
            return Micros(-self.worked_between(b, a).0);
        }
        let (a, b) = (a.unix_micros(), b.unix_micros());
        let mut sum = 0;
        for block in self.blocks_from(a) {
            // Before its reach, a calendar starts with a block that may lie after `b`.
            if block.from < b {
                sum += block.worked_until(b.min(block.until)) - block.worked_until(a.max(block.from));
            }
            if block.until >= b {
                break;
            }
        }
        Micros(sum)
    }

    /// The first instant by which `work` of open time has passed since `from`: `from` itself for
    /// nothing or less, and the end of an interval rather than the beginning of the next. `None`
    /// if the calendar does not hold so much within reach.
    pub fn due_at(&self, from: Instant, work: Micros) -> Option<Instant> {
        if work.0 <= 0 {
            return Some(from);
        }
        let from = from.unix_micros();
        let mut left = work.0;
        for block in self.blocks_from(from) {
            let done = block.worked_until(from.max(block.from));
            if let Some(at) = block.worked_by(done.saturating_add(left)) {
                return Some(Instant::from_unix_micros(at));
            }
            left -= block.worked_until(block.until) - done;
        }
        None
    }

    /// Whether a rep with these absences takes leads at `at`. An absence goes before closed
    /// hours; `until` of closed hours is when the rep is next both open and not absent.
    pub fn availability(&self, at: Instant, absences: &Absences) -> Availability {
        if let Some(until) = absences.end_of(at) {
            return Availability::Absent { until: (until < Instant::MAX).then_some(until) };
        }
        if self.is_open(at) {
            return Availability::Here;
        }
        Availability::Closed { until: self.next_available(at, absences) }
    }

    /// The first instant at or after `at` that is open and in no absence.
    pub fn next_available(&self, at: Instant, absences: &Absences) -> Option<Instant> {
        let mut at = at;
        loop {
            at = self.next_open(at)?;
            match absences.end_of(at) {
                None => return Some(at),
                Some(until) => at = until,
            }
        }
    }

    /// The block that holds `at` and those after it, as far as the calendar reaches. An instant
    /// before its reach starts with the first block.
    fn blocks_from(&self, at: i64) -> impl Iterator<Item = Cow<'_, Block>> {
        let inner = &*self.inner;
        let (first, last) = (inner.first_year - REACH_YEARS, inner.last_year + REACH_YEARS);
        let in_years = (inner.laid_out.from..inner.laid_out.until).contains(&at);
        let mut next = if in_years { inner.first_year } else { year_of(at).clamp(first, last + 1) };
        std::iter::from_fn(move || {
            if next > last {
                return None;
            }
            if (inner.first_year..=inner.last_year).contains(&next) {
                next = inner.last_year + 1;
                return Some(Cow::Borrowed(&inner.laid_out));
            }
            next += 1;
            Some(Cow::Owned(Block::new(&inner.plan, &inner.zone, year_start(next - 1), year_start(next))))
        })
    }
}

/// Midnight UTC of the 1st of January.
fn year_start(year: i16) -> i64 {
    let day = civil::day_number(year, 1, 1).expect("the years of a calendar are 1840 to 2361");
    i64::from(day) * Micros::DAY.0
}

/// The UTC year, cut off to 16 bits.
fn year_of(at: i64) -> i16 {
    let (year, _) = civil::year_and_month(at.div_euclid(Micros::DAY.0) as i32);
    year.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
