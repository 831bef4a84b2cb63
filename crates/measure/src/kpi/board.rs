//! Figures of a period beside the period before, the target, and the way there.

use pointsman_experiment::stats::proportion::{Count, newcombe};
use serde::Serialize;

use super::{Better, Days, Kpi, KpiResult, Kpis, Selection, selection::Groups};
use crate::{Estimate, estimate::ALPHA, rows::LocalDay};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Board {
    pub days: Days,
    pub before: Days,
    pub figures: Vec<BoardFigure>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoardFigure {
    pub now: KpiResult,
    /// As many days, just before.
    pub before: KpiResult,
    pub change: Option<Change>,
    pub target: Option<Target>,
    /// Stretches of the period, oldest first.
    pub trend: Vec<TrendPoint>,
}

/// Now minus before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// An interval of no width: neither side has one.
    pub difference: Estimate,
    /// `None`: the interval holds 0, neither end is good, or one side has too few leads.
    pub better: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Target {
    pub target: f64,
    /// `None`: the interval holds the target.
    pub met: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrendPoint {
    /// Its first day.
    pub day: LocalDay,
    pub result: KpiResult,
}

/// Of fewer leads, now or before, nothing is called better or worse: a curve of one lead has an
/// interval of no width.
const FEWEST: u64 = 20;
/// Points of a trend: weeks of a quarter.
const POINTS: i32 = 13;

impl Kpis<'_> {
    /// The figures of a period. `selection.days` is replaced by `days`.
    pub fn board(&self, kpis: &[Kpi], selection: &Selection, days: Days) -> Board {
        let before = days.before();
        let now = self.measure_all(kpis, &selection.in_days(days));
        let earlier = self.measure_all(kpis, &selection.in_days(before));
        let trends = self.trends(kpis, selection, days);
        let figure = |((now, before), trend): ((KpiResult, KpiResult), Vec<TrendPoint>)| BoardFigure {
            change: change(&now, &before),
            target: self.target(&now),
            trend,
            now,
            before,
        };
        Board { days, before, figures: now.into_iter().zip(earlier).zip(trends).map(figure).collect() }
    }

    /// Figures in stretches of a week, or of as many days as make [`POINTS`] of the period.
    pub fn trends(&self, kpis: &[Kpi], selection: &Selection, days: Days) -> Vec<Vec<TrendPoint>> {
        let stretch = match days.len() {
            0..=14 => 1,
            15..=130 => 7,
            len => (len + POINTS - 1) / POINTS,
        };
        let starts = (0..).map(|at| LocalDay(days.from.0 + at * stretch)).take_while(|day| *day < days.until);
        let groups = Groups::by_stretch(self.table, selection, days, stretch);
        let end = |day: LocalDay| LocalDay((day.0 + stretch).min(days.until.0));
        let of_stretch = |kpi, day| self.measure(kpi, &selection.in_days(Days { from: day, until: end(day) }));
        let one = |kpi: &Kpi| {
            let results = if kpi.is_of_leads() {
                self.of_groups(*kpi, selection, &groups)
            } else {
                starts.clone().map(|day| of_stretch(*kpi, day)).collect()
            };
            starts.clone().zip(results).map(|(day, result)| TrendPoint { day, result }).collect()
        };
        kpis.iter().map(one).collect()
    }

    fn target(&self, now: &KpiResult) -> Option<Target> {
        let target = *self.spec.targets.get(&now.kpi)?;
        let target = match now.kpi.unit() {
            super::KpiUnit::Money => target * 10f64.powi(self.currency.digits() as i32),
            _ => target,
        };
        let value = now.value()?;
        let (low, high) = (value.low.unwrap_or(value.value), value.high.unwrap_or(value.value));
        let met = match now.kpi.better() {
            Better::Higher => (low >= target).then_some(true).or((high < target).then_some(false)),
            Better::Lower => (high <= target).then_some(true).or((low > target).then_some(false)),
            Better::Neither => None,
        };
        Some(Target { target, met })
    }
}

/// Newcombe's interval for two counted shares, else both intervals combined as squares.
fn change(now: &KpiResult, before: &KpiResult) -> Option<Change> {
    let (now_value, before_value) = (now.value()?, before.value()?);
    let count = |result: &KpiResult| Count::new(result.value()?.hits?, result.n).ok();
    let is_share = now.kpi.unit() == super::KpiUnit::Share;
    let difference = match (count(before), count(now)) {
        (Some(control), Some(treatment)) if is_share => {
            let interval = newcombe(control, treatment, ALPHA);
            Estimate { value: treatment.rate() - control.rate(), low: interval.low, high: interval.high }
        }
        _ => {
            let open = |value: super::Value| value.estimate().unwrap_or(Estimate::exact(value.value));
            let (now, before) = (open(now_value), open(before_value));
            Estimate::sum([now, Estimate { value: -before.value, low: -before.high, high: -before.low }])
        }
    };
    let few = now.kpi.is_of_leads() && now.n.min(before.n) < FEWEST;
    let better = match now.kpi.better() {
        _ if few || !difference.excludes_zero() || difference.low >= difference.high => None,
        Better::Higher => Some(difference.value > 0.0),
        Better::Lower => Some(difference.value < 0.0),
        Better::Neither => None,
    };
    Some(Change { difference, better })
}
