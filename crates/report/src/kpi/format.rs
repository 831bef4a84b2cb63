//! Figures in their unit.

use pointsman_domain::{Currency, Micros, Money};
use pointsman_measure::{
    Estimate,
    kpi::{Kpi, KpiUnit, Value},
};

use crate::{Interval, Locale, Unit};

/// What charts measure a figure in; seconds become minutes.
pub fn unit(kpi: Kpi, currency: Currency) -> Unit {
    match kpi.unit() {
        KpiUnit::Seconds => Unit::minutes(),
        KpiUnit::Share => Unit::percent(1),
        KpiUnit::Number => Unit::number(2),
        KpiUnit::Score | KpiUnit::Leads => Unit::number(1),
        KpiUnit::Money => Unit::money(currency),
        KpiUnit::Hours => Unit::number(0),
    }
}

/// A figure's value in the unit of charts.
pub fn scaled(kpi: Kpi, value: f64) -> f64 {
    if kpi.unit() == KpiUnit::Seconds { value / 60.0 } else { value }
}

pub fn value(l: Locale, kpi: Kpi, value: f64, currency: Currency) -> String {
    match kpi.unit() {
        KpiUnit::Seconds => l.duration(Micros((value * 1e6).round() as i64)),
        // A lead may cost less than what whole units can tell apart.
        KpiUnit::Money if value.abs() < 100.0 * 10f64.powi(currency.digits() as i32) => {
            l.money(Money(value.round() as i64), currency)
        }
        KpiUnit::Hours => format!("{}\u{a0}h", l.number(value, 0)),
        _ => unit(kpi, currency).show(l, value),
    }
}

/// `3 min to 9 min`; empty without an interval, open ends as a dash.
pub fn range(l: Locale, kpi: Kpi, of: Value, currency: Currency) -> String {
    match (of.low, of.high) {
        (Some(low), Some(high))
            if matches!(kpi.unit(), KpiUnit::Share | KpiUnit::Number | KpiUnit::Score | KpiUnit::Leads) =>
        {
            unit(kpi, currency).range(l, low, high)
        }
        (None, None) => String::new(),
        (low, high) => {
            let end = |end: Option<f64>| end.map_or("…".into(), |end| value(l, kpi, end, currency));
            l.range(&end(low), &end(high))
        }
    }
}

/// `+2.4 pp (+0.9 to +3.9)`.
pub fn difference(l: Locale, kpi: Kpi, of: Estimate, currency: Currency) -> String {
    let unit = match kpi.unit() {
        KpiUnit::Share => Unit::points(1),
        _ => unit(kpi, currency).signed(),
    };
    let (est, lo, hi) = (scaled(kpi, of.value), scaled(kpi, of.low), scaled(kpi, of.high));
    let interval = if lo < hi { Interval::new(est, lo, hi) } else { Interval::point(est) };
    unit.interval(l, interval)
}

/// For charts.
pub fn interval(kpi: Kpi, of: Value) -> Interval {
    match (of.low, of.high) {
        (None, None) => Interval::point(scaled(kpi, of.value)),
        (low, high) => Interval::new(
            scaled(kpi, of.value),
            low.map_or(f64::NEG_INFINITY, |low| scaled(kpi, low)),
            high.map_or(f64::INFINITY, |high| scaled(kpi, high)),
        ),
    }
}

/// `p = 0.012`, `p < 0.001`.
pub fn p_value(l: Locale, p: f64) -> String {
    if p < 0.001 { format!("p < {}", l.number(0.001, 3)) } else { format!("p = {}", l.number(p, 3)) }
}
