//! Times to an event, with those that still wait: what Kaplan and Meier's curves are made of.

use pointsman_domain::{Instant, Micros};
use pointsman_experiment::stats::survival::{Curve, Observed, Sorted, kaplan_meier, survival_interval};
use pointsman_experiment::{special::normal, stats::proportion::Count};
use pointsman_workhours::Calendar;

use super::{
    LeadTable, Value,
    selection::{Groups, OUT},
};
use crate::{Estimate, estimate::ALPHA, rows::LeadRow};

/// From which instant to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Arrived → touched.
    Touch,
    /// The same in service hours.
    TouchService,
    /// The same in millionths of the time promised.
    Promise,
    /// The chain: arrived → decided → notified → accepted → touched → reached.
    Decided,
    Notified,
    Accepted,
    Worked,
    Reached,
}

/// How long was watched in microseconds, and whether it ended without the event (last bit), so
/// that at one instant events come before those who leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watch(u64);

impl Watch {
    /// The clock never started.
    const NONE: Self = Self(u64::MAX);

    fn new(length: i64, event: bool) -> Self {
        Self((length.max(0) as u64) << 1 | u64::from(!event))
    }

    pub fn started(self) -> bool {
        self != Self::NONE
    }

    pub fn event(self) -> bool {
        self.0 & 1 == 0
    }

    pub fn length(self) -> i64 {
        (self.0 >> 1) as i64
    }
}

/// A watch that ended exactly when it was promised.
pub(super) const PROMISED: i64 = 1_000_000;

impl Clock {
    pub const ALL: [Self; 8] = [
        Self::Touch,
        Self::TouchService,
        Self::Promise,
        Self::Decided,
        Self::Notified,
        Self::Accepted,
        Self::Worked,
        Self::Reached,
    ];

    /// A lead that was closed before the event was watched until then, an open one until `now`.
    pub fn watch(self, row: &LeadRow, now: Instant, calendar: Option<&Calendar>) -> Watch {
        let (start, event) = match self {
            Self::Touch | Self::TouchService | Self::Promise => (Some(row.arrived_at), row.touched_at),
            Self::Decided => (Some(row.arrived_at), row.decided_at),
            Self::Notified => (row.decided_at, row.notified_at),
            Self::Accepted => (row.offered_at.map(|offered| row.notified_at.unwrap_or(offered)), row.accepted_at),
            Self::Worked => (row.accepted_at.or(row.assigned_at), row.touched_at),
            Self::Reached => (row.touched_at, row.reached_at),
        };
        let Some(start) = start else { return Watch::NONE };
        let end = event.or(row.closed_at).unwrap_or(now);
        match self {
            Self::TouchService => {
                service(row, now, calendar).map_or(Watch::NONE, |(length, event)| Watch::new(length.0, event))
            }
            Self::Promise => match row.sla_due_at {
                Some(due) => Watch::new(part_of_promise(start, end, due), event.is_some()),
                None => Watch::NONE,
            },
            _ => Watch::new((end - start).0, event.is_some()),
        }
    }
}

/// Service time until the touch, the closing or now. Where the row does not say, the calendar does.
fn service(row: &LeadRow, now: Instant, calendar: Option<&Calendar>) -> Option<(Micros, bool)> {
    let worked = |until: Instant| calendar.map(|calendar| calendar.worked_between(row.arrived_at, until));
    match (row.touched_at, row.closed_at) {
        (Some(touched), _) => Some((row.touch_service.or_else(|| worked(touched))?, true)),
        (None, Some(closed)) => Some((row.close_service.or_else(|| worked(closed))?, false)),
        (None, None) => Some((worked(now)?, false)),
    }
}

/// ⌈10⁶ (end − start) ÷ (due − start)⌉: at most [`PROMISED`] exactly when `end` is in time.
fn part_of_promise(start: Instant, end: Instant, due: Instant) -> i64 {
    let (took, given) = (i128::from((end - start).0.max(0)), i128::from((due - start).0));
    match given {
        given if given > 0 => i64::try_from((took * i128::from(PROMISED) + given - 1) / given).unwrap_or(i64::MAX >> 2),
        _ if end <= due => 0,
        _ => PROMISED + 1,
    }
}

/// Rows by their watch, least first, with the watches in the same order: a curve reads both from
/// front to back.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    pub rows: Vec<u32>,
    pub watches: Vec<Watch>,
}

/// Rows by their watch; ties in the order of rows. Radix sort, eleven bits at a time:
/// a million watches take a sixth of what comparing takes.
pub(super) fn order(watches: &[Watch]) -> Ordered {
    let started = (0..).zip(watches).filter(|(_, watch)| watch.started());
    let mut from: Vec<(u64, u32)> = started.map(|(row, watch)| (watch.0, row)).collect();
    let mut to = vec![(0, 0); from.len()];
    let widest = from.iter().map(|(key, _)| *key).max().unwrap_or_default();
    let mut shift = 0;
    while shift < u64::BITS && widest >> shift > 0 {
        let digit = |key: u64| (key >> shift) as usize & (DIGITS - 1);
        let mut places = vec![0u32; DIGITS];
        from.iter().for_each(|(key, _)| places[digit(*key)] += 1);
        let mut next = 0;
        for place in &mut places {
            (next, *place) = (next + *place, next);
        }
        for entry in &from {
            let place = &mut places[digit(entry.0)];
            to[*place as usize] = *entry;
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
        shift += DIGITS.trailing_zeros();
    }
    let (watches, rows) = from.into_iter().map(|(key, row)| (Watch(key), row)).unzip();
    Ordered { rows, watches }
}

const DIGITS: usize = 1 << 11;

/// One group's curve; times in the clock's own unit.
#[derive(Debug, Default)]
pub(super) struct Timed {
    pub n: u64,
    pub censored: u64,
    pub curve: Curve,
}

/// The curve of every group.
pub(super) fn curves(table: &LeadTable, clock: Clock, groups: &Groups) -> Vec<Timed> {
    let order = table.order(clock);
    let mut seen: Vec<Vec<Observed>> = vec![Vec::new(); groups.count];
    if let [only] = &mut seen[..] {
        only.reserve(groups.selected().len().min(order.rows.len()));
    }
    for (row, watch) in order.rows.iter().zip(&order.watches) {
        let group = groups.of[*row as usize];
        if group != OUT {
            seen[group as usize].push(Observed { time: watch.length() as f64, event: watch.event() });
        }
    }
    seen.into_iter().map(timed).collect()
}

fn timed(seen: Vec<Observed>) -> Timed {
    let (n, censored) = (seen.len() as u64, seen.iter().filter(|one| !one.event).count() as u64);
    let sorted = Sorted::new(seen).unwrap_or_default();
    Timed { n, censored, curve: kaplan_meier(&sorted) }
}

impl Timed {
    /// The q quantile with the interval that the curve's own interval gives (Brookmeyer and Crowley
    /// 1982): from where its lower limit has fallen so far to where its upper one has. `None`
    /// where the curve does not fall that far.
    pub fn quantile(&self, q: f64) -> Option<Value> {
        let value = self.curve.quantile(q)?;
        let left = 1.0 - q + 1e-12;
        let limits = |step: usize| survival_interval(&self.curve, self.curve.times[step], ALPHA);
        let at = self.curve.times.partition_point(|time| *time < value);
        // Limits move slowly around the estimate: a few thousand of a million steps are looked at.
        let low = (0..=at).rev().take_while(|step| limits(*step).is_some_and(|(low, _)| low <= left)).last();
        let high = (at..self.curve.times.len()).find(|step| limits(*step).is_some_and(|(_, high)| high <= left));
        let time = |step: usize| self.curve.times[step];
        Some(Value { value, low: low.map(time), high: high.map(time), hits: None })
    }

    /// 1 − S(time), with the interval on the complementary log-log scale; Wilson's where nobody has
    /// had the event by then.
    pub fn share_by(&self, time: f64) -> Value {
        let value = 1.0 - self.curve.at(time);
        let interval = survival_interval(&self.curve, time, ALPHA).map(|(low, high)| (1.0 - high, 1.0 - low));
        // With everybody or nobody, the curve's own interval is a point.
        let (low, high) = match interval {
            Some((low, high)) if low < high => (low, high),
            _ => Count::new(if value > 0.5 { self.n } else { 0 }, self.n)
                .map(|count| count.wilson(ALPHA))
                .map_or((value, value), |wilson| (wilson.low.min(value), wilson.high.max(value))),
        };
        Value { value, low: Some(low), high: Some(high), hits: None }
    }

    /// The mean time, counted to `tau` at most.
    pub fn mean_to(&self, tau: f64) -> Value {
        let mean = self.curve.restricted_mean(tau);
        Value::of(Estimate::around(mean.value, normal::two_sided(ALPHA) * mean.std_error))
    }
}
