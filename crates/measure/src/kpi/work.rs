//! Figures of rep-days: balance, deficits, utilisation.

use std::collections::BTreeMap;

use super::{Dimension, Kpi, KpiResult, Measured, NotMeasured, Selection, Value};
use crate::{
    estimate::gini,
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
        _ => balance(kpi, &shares(days)),
    }
}

fn balance(kpi: Kpi, shares: &BTreeMap<Name, Share>) -> KpiResult {
    let ratios: Vec<f64> = shares.values().map(|share| share.received as f64 / share.entitled.as_f64()).collect();
    let value = match kpi {
        Kpi::BalanceGini => gini(&ratios),
        _ => shares.values().map(|share| share.deficit()).max_by(f64::total_cmp),
    };
    match value {
        Some(value) => {
            KpiResult { kpi, n: shares.len() as u64, pending: 0, measured: Measured::Value(Value::exact(value)) }
        }
        None => KpiResult::not(kpi, NotMeasured::Nothing),
    }
}

/// Weighted by working time: a day off weighs nothing, a full day twice a half one.
fn utilisation<'a>(days: impl Iterator<Item = &'a RepDayRow>) -> KpiResult {
    let (mut n, mut busy, mut room) = (0, 0i128, 0i128);
    for row in days {
        if let (Some(one), Some(of)) = (row.busy, row.room) {
            n += u64::from(of.0 > 0);
            busy += i128::from(one.0);
            room += i128::from(of.0);
        }
    }
    if room == 0 {
        return KpiResult::not(Kpi::Utilisation, NotMeasured::Nothing);
    }
    let value = Value::exact(busy as f64 / room as f64);
    KpiResult { kpi: Kpi::Utilisation, n, pending: 0, measured: Measured::Value(value) }
}
