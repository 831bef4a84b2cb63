//! One figure of one selection, or of each group of it.

use pointsman_domain::Currency;
use pointsman_experiment::{
    special::{normal, student},
    stats::{proportion::Count, quantile},
};

use super::{
    Days, Dimension, Feeds, Kpi, KpiResult, KpiSpec, LeadTable, Measured, NotMeasured, Selection, Value,
    clock::{self, Clock, PROMISED, Timed},
    judge::{Judge, Judged, judge},
    selection::Groups,
    work,
};
use crate::{
    Estimate,
    estimate::ALPHA,
    rows::{LocalDay, Names, RepDayRow},
};

/// Everything that figures are measured on.
#[derive(Debug, Clone, Copy)]
pub struct Kpis<'a> {
    pub table: &'a LeadTable,
    pub rep_days: &'a [RepDayRow],
    pub names: &'a Names,
    pub spec: &'a KpiSpec,
    pub feeds: &'a Feeds,
    pub currency: Currency,
}

const TWO_DAYS_MICROS: f64 = 48.0 * 3600.0 * 1e6;

impl Kpis<'_> {
    /// One figure. What lacks its feed, its leads or its time says so.
    pub fn measure(&self, kpi: Kpi, selection: &Selection) -> KpiResult {
        self.measure_all(&[kpi], selection).remove(0)
    }

    /// Leads of a selection, merged and erased ones left out.
    pub fn count(&self, selection: &Selection) -> u64 {
        Groups::one(self.table, selection).selected().count() as u64
    }

    /// Several figures of one selection: those of one clock share their curve.
    pub fn measure_all(&self, kpis: &[Kpi], selection: &Selection) -> Vec<KpiResult> {
        let groups = Groups::one(self.table, selection);
        let mut of_clock: [Option<Timed>; Clock::ALL.len()] = Default::default();
        let mut one = |kpi: Kpi| {
            if let Some(feed) = self.feeds.missing(kpi.needs()) {
                return KpiResult::not(kpi, NotMeasured::NoFeed(feed));
            }
            match reading(kpi) {
                Some((clock, read)) => {
                    let slot = &mut of_clock[clock as usize];
                    let timed = slot.get_or_insert_with(|| curve(self.table, clock, &groups));
                    of_curve(kpi, read, timed, self.spec)
                }
                None => self.otherwise(kpi, selection, &groups).remove(0),
            }
        };
        kpis.iter().map(|kpi| one(*kpi)).collect()
    }

    /// The figure of every group. Without its feed: no group.
    pub(super) fn of_groups(&self, kpi: Kpi, selection: &Selection, groups: &Groups) -> Vec<KpiResult> {
        if let Some(feed) = self.feeds.missing(kpi.needs()) {
            return vec![KpiResult::not(kpi, NotMeasured::NoFeed(feed)); groups.count];
        }
        match reading(kpi) {
            Some((clock, read)) => clock::curves(self.table, clock, groups)
                .iter()
                .map(|timed| of_curve(kpi, read, timed, self.spec))
                .collect(),
            None => self.otherwise(kpi, selection, groups),
        }
    }

    /// What is no curve. Figures of days and costs are of the selection: one group.
    fn otherwise(&self, kpi: Kpi, selection: &Selection, groups: &Groups) -> Vec<KpiResult> {
        let judge = judge(self.table, self.spec, kpi);
        match kpi {
            Kpi::BalanceGini | Kpi::LargestDeficit | Kpi::Utilisation => {
                let days = work::selected(self.rep_days, selection);
                vec![days.map_or_else(|why| KpiResult::not(kpi, why), |days| work::measure(kpi, days))]
            }
            Kpi::CostPerLead | Kpi::CostPerOpportunity | Kpi::CostPerCustomer => {
                vec![self.cost(kpi, selection, &judge, groups)]
            }
            Kpi::HoursSaved => tallies(&judge, groups).iter().map(|tally| self.hours(*tally)).collect(),
            Kpi::UnassignedAge => medians(kpi, &judge, groups),
            Kpi::ObservedToExpected => self.observed(&judge, groups),
            Kpi::FeedbackScore | Kpi::ResponseCompleteness | Kpi::LeadCompleteness | Kpi::Hops => {
                tallies(&judge, groups).iter().map(|tally| tally.mean(kpi)).collect()
            }
            _ => tallies(&judge, groups).iter().map(|tally| tally.share(kpi)).collect(),
        }
    }

    /// Cost ÷ leads that count, over the days before the first lead that is too young: those days'
    /// cost has had its time to pay. The count is a Poisson draw (Byar's limits), the cost is stated.
    fn cost(&self, kpi: Kpi, selection: &Selection, judge: &Judge<'_>, groups: &Groups) -> KpiResult {
        let source = match selection.filters.as_slice() {
            [] => None,
            [filter] if filter.dimension == Dimension::Source && filter.names.len() == 1 => filter.names[0],
            _ => return KpiResult::not(kpi, NotMeasured::NotByThis),
        };
        let unknown_source = source.is_none() && !selection.filters.is_empty();
        let days = selection.days.or_else(|| self.spec.cost_days()).filter(|_| !unknown_source);
        let Some(days) = days else { return KpiResult::not(kpi, NotMeasured::NotByThis) };
        let (tally, until) = counted_days(self.table, judge, groups, days);
        let spent = self.spec.spent(Days { until, ..days }, source.map(|name| self.names.text(name)), self.currency);
        if tally.sum == 0.0 || spent == 0.0 {
            return KpiResult { n: tally.n, ..tally.none(kpi) };
        }
        let count = byar(tally.sum);
        let value = Value::of(Estimate { value: spent / tally.sum, low: spent / count.high, high: spent / count.low });
        let measured = Measured::Value(value.hits(tally.sum as u64));
        KpiResult { kpi, n: tally.n, pending: tally.pending, measured }
    }

    fn hours(&self, tally: Tally) -> KpiResult {
        let kpi = Kpi::HoursSaved;
        let Some(handling) = self.spec.handling.filter(|_| tally.n > 0) else {
            return KpiResult::not(kpi, NotMeasured::Nothing);
        };
        let hours = handling.input().scaled(tally.sum / 60.0);
        let value = Estimate { value: hours.value, low: hours.low, high: hours.high };
        let measured = Measured::Value(Value::of(value).hits(tally.sum as u64));
        KpiResult { kpi, n: tally.n, pending: tally.pending, measured }
    }

    fn observed(&self, judge: &Judge<'_>, groups: &Groups) -> Vec<KpiResult> {
        let expected = expected(self.table, judge, groups);
        let tallies = tallies(judge, groups);
        tallies.iter().zip(expected).map(|(tally, expected)| observed_to_expected(*tally, expected)).collect()
    }
}

/// Leads of the days before the first pending one, and the day on which those end.
fn counted_days(table: &LeadTable, judge: &Judge<'_>, groups: &Groups, days: Days) -> (Tally, LocalDay) {
    let selected = || groups.selected().map(|(row, _)| row);
    let pending = selected().filter(|row| judge(*row) == Judged::Pending);
    let until = pending.map(|row| LocalDay(table.day[row])).min().unwrap_or(days.until).min(days.until);
    let mut tally = Tally::default();
    for row in selected() {
        match judge(row) {
            Judged::Counts(value) if Days { until, ..days }.contains(LocalDay(table.day[row])) => {
                tally.n += 1;
                tally.sum += value;
            }
            Judged::Counts(_) | Judged::Pending => tally.pending += 1,
            Judged::Out => {}
        }
    }
    (tally, until)
}

/// Σ score in millionths over leads that count, by group.
pub(super) fn expected(table: &LeadTable, judge: &Judge<'_>, groups: &Groups) -> Vec<i64> {
    let mut sums = vec![0; groups.count];
    for (row, group) in groups.selected() {
        if let Judged::Counts(_) = judge(row) {
            sums[group] += i64::from(table.score[row]);
        }
    }
    sums
}

/// O ÷ E with Byar's limits of a Poisson count, a little wide for a sum of wins.
pub(super) fn observed_to_expected(tally: Tally, expected: i64) -> KpiResult {
    let kpi = Kpi::ObservedToExpected;
    if tally.n == 0 || expected <= 0 {
        return tally.none(kpi);
    }
    let (observed, expected) = (byar(tally.sum), expected as f64 / 1e6);
    let value = Estimate { value: tally.sum / expected, low: observed.low / expected, high: observed.high / expected };
    let measured = Measured::Value(Value::of(value).hits(tally.sum as u64));
    KpiResult { kpi, n: tally.n, pending: tally.pending, measured }
}

/// 95 % limits of a Poisson mean after `count` events (Breslow and Day 1987, eq. 2.13); within
/// 1 % of the exact ones from one event on, and 0 to 3.69 for none.
pub(super) fn byar(count: f64) -> Estimate {
    let z = normal::two_sided(ALPHA);
    let limit = |count: f64, sign: f64| count * (1.0 - 1.0 / (9.0 * count) + sign * z / (3.0 * count.sqrt())).powi(3);
    let low = if count == 0.0 { 0.0 } else { limit(count, -1.0) };
    Estimate { value: count, low, high: limit(count + 1.0, 1.0) }
}

/// What is read off a curve.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read {
    Quantile(f64),
    Fast,
    Promised,
    MeanTo48h,
}

pub(super) fn reading(kpi: Kpi) -> Option<(Clock, Read)> {
    Some(match kpi {
        Kpi::SpeedToLead => (Clock::Touch, Read::Quantile(0.5)),
        Kpi::SpeedToLeadP90 => (Clock::Touch, Read::Quantile(0.9)),
        Kpi::TouchedFast => (Clock::Touch, Read::Fast),
        Kpi::TimeTo48h => (Clock::Touch, Read::MeanTo48h),
        Kpi::TouchedInSla => (Clock::Promise, Read::Promised),
        Kpi::ServiceSpeed => (Clock::TouchService, Read::Quantile(0.5)),
        Kpi::ServiceSpeedP90 => (Clock::TouchService, Read::Quantile(0.9)),
        Kpi::ServiceTouchedFast => (Clock::TouchService, Read::Fast),
        Kpi::ServiceTimeTo48h => (Clock::TouchService, Read::MeanTo48h),
        Kpi::ClockDecided => (Clock::Decided, Read::Quantile(0.5)),
        Kpi::ClockNotified => (Clock::Notified, Read::Quantile(0.5)),
        Kpi::ClockAccepted => (Clock::Accepted, Read::Quantile(0.5)),
        Kpi::ClockTouched => (Clock::Worked, Read::Quantile(0.5)),
        Kpi::ClockReached => (Clock::Reached, Read::Quantile(0.5)),
        _ => return None,
    })
}

fn curve(table: &LeadTable, clock: Clock, groups: &Groups) -> Timed {
    clock::curves(table, clock, groups).pop().unwrap_or_default()
}

fn of_curve(kpi: Kpi, read: Read, timed: &Timed, spec: &KpiSpec) -> KpiResult {
    let scaled = |value: Value| Value {
        value: value.value / 1e6,
        low: value.low.map(|low| low / 1e6),
        high: value.high.map(|high| high / 1e6),
        hits: None,
    };
    let value = match read {
        _ if timed.n == 0 => Err(NotMeasured::Nothing),
        Read::Quantile(q) => timed.quantile(q).map(scaled).ok_or(NotMeasured::NotYetHalf),
        Read::Fast => Ok(timed.share_by(spec.fast().0 as f64)),
        Read::Promised => Ok(timed.share_by(PROMISED as f64)),
        Read::MeanTo48h => Ok(scaled(timed.mean_to(TWO_DAYS_MICROS))),
    };
    let measured = value.map_or_else(Measured::NotMeasured, Measured::Value);
    KpiResult { kpi, n: timed.n, pending: timed.censored, measured }
}

/// Sums over the leads that count.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Tally {
    pub n: u64,
    pub pending: u64,
    pub sum: f64,
    squares: f64,
}

pub(super) fn tallies(judge: &Judge<'_>, groups: &Groups) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); groups.count];
    for (row, group) in groups.selected() {
        let tally = &mut tallies[group];
        match judge(row) {
            Judged::Out => {}
            Judged::Pending => tally.pending += 1,
            Judged::Counts(value) => {
                tally.n += 1;
                tally.sum += value;
                tally.squares += value * value;
            }
        }
    }
    tallies
}

impl Tally {
    fn none(self, kpi: Kpi) -> KpiResult {
        let why = if self.pending > 0 { NotMeasured::Pending } else { NotMeasured::Nothing };
        KpiResult { kpi, n: 0, pending: self.pending, measured: Measured::NotMeasured(why) }
    }

    /// With Wilson's interval.
    fn share(self, kpi: Kpi) -> KpiResult {
        let Ok(count) = Count::new(self.sum as u64, self.n) else { return self.none(kpi) };
        let interval = count.wilson(ALPHA);
        let value = Estimate { value: count.rate(), low: interval.low, high: interval.high };
        let measured = Measured::Value(Value::of(value).hits(self.sum as u64));
        KpiResult { kpi, n: self.n, pending: self.pending, measured }
    }

    /// With Student's interval; one lead has none.
    fn mean(self, kpi: Kpi) -> KpiResult {
        if self.n == 0 {
            return self.none(kpi);
        }
        let n = self.n as f64;
        let mean = self.sum / n;
        let value = if self.n > 1 {
            // Values lie between 0 and some dozens: squares lose nothing that matters.
            let variance = ((self.squares - n * mean * mean) / (n - 1.0)).max(0.0);
            Value::of(Estimate::around(mean, student::two_sided(ALPHA, n - 1.0) * (variance / n).sqrt()))
        } else {
            Value::exact(mean)
        };
        KpiResult { kpi, n: self.n, pending: self.pending, measured: Measured::Value(value) }
    }
}

/// The median of values that wait for nothing, between the order statistics that bound it.
fn medians(kpi: Kpi, judge: &Judge<'_>, groups: &Groups) -> Vec<KpiResult> {
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); groups.count];
    for (row, group) in groups.selected() {
        if let Judged::Counts(value) = judge(row) {
            values[group].push(value);
        }
    }
    let one = |mut values: Vec<f64>| match quantile::from_values(&mut values, 0.5) {
        Ok(found) => {
            let value = Value::of(Estimate { value: found.value, low: found.lower, high: found.upper });
            KpiResult { kpi, n: values.len() as u64, pending: 0, measured: Measured::Value(value) }
        }
        Err(_) => KpiResult::not(kpi, NotMeasured::Nothing),
    };
    values.into_iter().map(one).collect()
}
