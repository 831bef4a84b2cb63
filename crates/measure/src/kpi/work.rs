//! Figures of rep-days: balance, deficits, utilisation.

use std::collections::BTreeMap;

use super::{Dimension, Kpi, KpiResult, Measured, NotMeasured, Selection, Value};
use crate::{
    Estimate,
    estimate::{gini, jackknife},
    rows::{Millionths, Name, RepDayRow},
};

/// What a rep received and what was due, over the days of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Share {
    pub received: u64,
    /// Millionths of a lead.
    pub entitled: Millionths,
}

impl Share {
    /// Leads that the rep was due and did not get; negative for more than was due.
    pub fn deficit(self) -> f64 {
        self.entitled.as_f64() - self.received as f64
    }
}

/// Rows of days pass filters of team and rep only.
pub(super) fn selected<'a>(
    days: &'a [RepDayRow],
    selection: &'a Selection,
) -> Result<impl Iterator<Item = &'a RepDayRow>, NotMeasured> {
    if selection.filters.iter().any(|filter| !filter.dimension.is_of_reps()) {
        return Err(NotMeasured::NotByThis);
    }
    let passes = |row: &RepDayRow| {
        selection.filters.iter().all(|filter| match filter.dimension {
            Dimension::Team => filter.names.contains(&row.team),
            _ => filter.names.contains(&Some(row.rep)),
        })
    };
    Ok(days.iter().filter(move |row| selection.has(row.day) && passes(row)))
}

/// Reps who were due anything, by name.
pub(super) fn shares<'a>(days: impl Iterator<Item = &'a RepDayRow>) -> BTreeMap<Name, Share> {
    let mut shares: BTreeMap<Name, Share> = BTreeMap::new();
    for (row, entitled) in days.filter_map(|row| Some((row, row.entitled?))) {
        let share = shares.entry(row.rep).or_default();
        share.received += u64::from(row.received);
        share.entitled.0 += entitled.0;
    }
    shares.retain(|_, share| share.entitled.0 > 0);
    shares
}

pub(super) fn measure<'a>(kpi: Kpi, days: impl Iterator<Item = &'a RepDayRow>) -> KpiResult {
    match kpi {
        Kpi::Utilisation => utilisation(days),
        _ => balance(kpi, days),
    }
}

/// Load stays from one day to the next: what is left out at once is a week.
const BLOCK_DAYS: i32 = 7;

/// Sums of each week of the selection, the first one starting on its first day with rows.
fn weeks<'a, T: Default + Clone>(
    days: impl Iterator<Item = &'a RepDayRow>,
    mut add: impl FnMut(&mut T, &RepDayRow),
) -> Vec<T> {
    let rows: Vec<&RepDayRow> = days.collect();
    let Some(first) = rows.iter().map(|row| row.day.0).min() else { return Vec::new() };
    let last = rows.iter().map(|row| row.day.0).max().unwrap_or(first);
    let mut weeks = vec![T::default(); ((last - first) / BLOCK_DAYS + 1) as usize];
    rows.iter().for_each(|row| add(&mut weeks[((row.day.0 - first) / BLOCK_DAYS) as usize], row));
    weeks
}

/// The value with its jackknife over weeks, as far as the figure can be: Gini lies in 0 to 1.
fn around(value: f64, left_out: Option<Vec<f64>>, most: f64) -> Value {
    let found = left_out.and_then(|left_out| jackknife(value, &left_out));
    let least = if most.is_finite() { 0.0 } else { f64::NEG_INFINITY };
    found.map_or(Value::exact(value), |e| Value::of(Estimate { low: e.low.max(least), high: e.high.min(most), ..e }))
}

fn statistic<'a>(kpi: Kpi, shares: impl Iterator<Item = &'a Share>) -> Option<f64> {
    match kpi {
        Kpi::BalanceGini => {
            gini(&shares.map(|share| share.received as f64 / share.entitled.as_f64()).collect::<Vec<_>>())
        }
        _ => shares.map(|share| share.deficit()).max_by(f64::total_cmp),
    }
}

fn balance<'a>(kpi: Kpi, days: impl Iterator<Item = &'a RepDayRow>) -> KpiResult {
    let due = days.filter(|row| row.entitled.is_some());
    let weeks = weeks(due, |week: &mut BTreeMap<Name, Share>, row| {
        let share = week.entry(row.rep).or_default();
        share.received += u64::from(row.received);
        share.entitled.0 += row.entitled.map_or(0, |entitled| entitled.0);
    });
    let mut all: BTreeMap<Name, Share> = BTreeMap::new();
    for (rep, share) in weeks.iter().flatten() {
        let sum = all.entry(*rep).or_default();
        sum.received += share.received;
        sum.entitled.0 += share.entitled.0;
    }
    all.retain(|_, share| share.entitled.0 > 0);
    let Some(value) = statistic(kpi, all.values()) else { return KpiResult::not(kpi, NotMeasured::Nothing) };
    // A rep who was due nothing in the other weeks is not there without this one.
    let without = |week: &BTreeMap<Name, Share>| {
        let rest: Vec<Share> = all
            .iter()
            .map(|(rep, sum)| {
                let gone = week.get(rep).copied().unwrap_or_default();
                Share { received: sum.received - gone.received, entitled: Millionths(sum.entitled.0 - gone.entitled.0) }
            })
            .filter(|share| share.entitled.0 > 0)
            .collect();
        statistic(kpi, rest.iter())
    };
    // Weeks in which nobody was due anything are no observations.
    let busy = weeks.iter().filter(|week| week.values().any(|share| share.entitled.0 > 0));
    let left_out: Option<Vec<f64>> = busy.map(without).collect();
    let most = if kpi == Kpi::BalanceGini { 1.0 } else { f64::INFINITY };
    let measured = Measured::Value(around(value, left_out, most));
    KpiResult { kpi, n: all.len() as u64, pending: 0, measured }
}

#[derive(Debug, Clone, Copy, Default)]
struct Load {
    days: u64,
    busy: i128,
    room: i128,
}

/// Weighted by working time: a day off weighs nothing, a full day twice a half one.
fn utilisation<'a>(days: impl Iterator<Item = &'a RepDayRow>) -> KpiResult {
    let known = days.filter(|row| row.busy.is_some() && row.room.is_some());
    let weeks = weeks(known, |week: &mut Load, row| {
        let (busy, room) = (row.busy.unwrap_or_default().0, row.room.unwrap_or_default().0);
        week.days += u64::from(room > 0);
        week.busy += i128::from(busy);
        week.room += i128::from(room);
    });
    let all = weeks.iter().fold(Load::default(), |all, week| Load {
        days: all.days + week.days,
        busy: all.busy + week.busy,
        room: all.room + week.room,
    });
    if all.room == 0 {
        return KpiResult::not(Kpi::Utilisation, NotMeasured::Nothing);
    }
    let without = |week: &Load| {
        let (busy, room) = (all.busy - week.busy, all.room - week.room);
        (room > 0).then(|| busy as f64 / room as f64)
    };
    let left_out: Option<Vec<f64>> = weeks.iter().filter(|week| week.room > 0).map(without).collect();
    let value = all.busy as f64 / all.room as f64;
    let interval = left_out.and_then(|left_out| jackknife(value, &left_out));
    let value = interval.map_or(Value::exact(value), |e| Value::of(Estimate { low: e.low.max(0.0), ..e }));
    KpiResult { kpi: Kpi::Utilisation, n: all.days, pending: 0, measured: Measured::Value(value) }
}
