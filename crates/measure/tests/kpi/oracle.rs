//! The slow way: each figure straight from rows.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{Instant, Micros, record::Stage};
use pointsman_measure::{
    kpi::{Dimension, Kpi, Selection},
    rows::{Custody, LeadRow, Name, RepDayRow, SlaState},
};

use crate::lives::World;

pub struct Oracle<'a> {
    pub world: &'a World,
    pub selection: &'a Selection,
}

#[derive(Debug, Default)]
pub struct Expected {
    pub n: u64,
    pub pending: u64,
    pub value: Option<f64>,
    pub interval: Option<(f64, f64)>,
}

/// The 97.5 % quantile of the normal.
const Z: f64 = 1.959_963_984_540_054;

/// Micros watched, and whether the event ended it.
type Watched = (f64, bool);

impl<'a> Oracle<'a> {
    /// `None` where nothing feeds the figure.
    pub fn figure(&self, kpi: Kpi) -> Option<Expected> {
        if !self.is_fed(kpi) {
            return None;
        }
        let touch = |row: &LeadRow| Some((row.arrived_at, row.touched_at));
        Some(match kpi {
            Kpi::SpeedToLead => quantile(&self.watched(touch), 0.5),
            Kpi::SpeedToLeadP90 => quantile(&self.watched(touch), 0.9),
            Kpi::TouchedFast => share_by(&self.watched(touch), self.fast()),
            Kpi::TimeTo48h => restricted(&self.watched(touch)),
            Kpi::TouchedInSla => share_by(&self.promised(), 1.0),
            Kpi::ServiceSpeed => quantile(&self.service(), 0.5),
            Kpi::ServiceSpeedP90 => quantile(&self.service(), 0.9),
            Kpi::ServiceTouchedFast => share_by(&self.service(), self.fast()),
            Kpi::ServiceTimeTo48h => restricted(&self.service()),
            Kpi::ClockDecided => quantile(&self.watched(|row| Some((row.arrived_at, row.decided_at))), 0.5),
            Kpi::ClockNotified => quantile(&self.watched(|row| Some((row.decided_at?, row.notified_at))), 0.5),
            Kpi::ClockAccepted => quantile(
                &self.watched(|row| {
                    Some((row.notified_at.filter(|_| row.offered_at.is_some()).or(row.offered_at)?, row.accepted_at))
                }),
                0.5,
            ),
            Kpi::ClockTouched => {
                quantile(&self.watched(|row| Some((row.accepted_at.or(row.assigned_at)?, row.touched_at))), 0.5)
            }
            Kpi::ClockReached => quantile(&self.watched(|row| Some((row.touched_at?, row.reached_at))), 0.5),
            Kpi::FirstContactInSla => self.share(|row| self.promise(row)),
            Kpi::SlaBreaches => self.share(|row| self.promise(row).map(|kept| kept.map(|kept| !kept))),
            Kpi::ReachedRate => self.share(|row| Some(self.mature(row, self.within(row, row.reached_at)))),
            Kpi::LostLeads => self.share(|row| Some(self.mature(row, !self.within(row, row.touched_at)))),
            Kpi::Conversion => self.share(|row| Some(self.mature(row, self.won(row)))),
            Kpi::FirstAcceptance => self.share(|row| {
                row.offered_at?;
                match (row.declined + row.expired > 0, row.accepted_at.is_some(), row.custody) {
                    (true, ..) => Some(Some(false)),
                    (false, true, _) => Some(Some(true)),
                    (false, false, Custody::Offered) => Some(None),
                    _ => None,
                }
            }),
            Kpi::RoutingAccuracyStrict => self.share(|row| {
                row.rep?;
                let kept = row.hops == 0 && row.declined == 0 && row.expired == 0 && row.misrouted == 0;
                Some(self.mature(row, kept))
            }),
            Kpi::RoutingAccuracyLenient => self.share(|row| row.rep.map(|_| self.mature(row, row.misrouted == 0))),
            Kpi::FeedbackAnswers => self.share(|row| row.rep.map(|_| self.mature(row, row.feedback.is_some()))),
            Kpi::Parked => self.share(|row| row.decided_at.map(|_| Some(row.parked_at.is_some()))),
            Kpi::PingPong => self.share(|row| row.rep.map(|_| Some(row.ping_pong))),
            Kpi::FeedbackScore => self.mean(|row| row.rep.and(row.feedback).map(|score| Some(f64::from(score)))),
            Kpi::Hops => self.mean(|row| row.rep.map(|_| Some(f64::from(row.hops)))),
            Kpi::LeadCompleteness => self.mean(|row| row.completeness.map(|part| Some(part.0 as f64 / 1e6))),
            Kpi::ResponseCompleteness => self.mean(|row| {
                let of = row.checklist_of.filter(|of| *of > 0)?;
                // Kept in whole millionths.
                let part = (1_000_000 * u64::from(row.checklist_done.min(of)) / u64::from(of)) as f64 / 1e6;
                let judged = row.closed_at.is_some() || self.is_mature(row);
                Some(judged.then_some(part))
            }),
            Kpi::UnassignedAge => self.unassigned(),
            Kpi::ObservedToExpected => self.observed(),
            Kpi::BalanceGini | Kpi::LargestDeficit => self.balance(kpi),
            Kpi::Utilisation => self.utilisation(),
            Kpi::CostPerLead => self.cost(|_| Some(true), true),
            Kpi::CostPerOpportunity => {
                self.cost(|row| self.mature(row, self.won(row) || self.within(row, row.opportunity_at)), false)
            }
            Kpi::CostPerCustomer => self.cost(|row| self.mature(row, self.won(row)), false),
            Kpi::HoursSaved => self.hours(),
        })
    }

    fn is_fed(&self, kpi: Kpi) -> bool {
        let any = |has: fn(&LeadRow) -> bool| self.world.rows.iter().any(has);
        let day = |has: fn(&RepDayRow) -> bool| self.world.rep_days.iter().any(has);
        let touched = any(|row| row.touched_at.is_some());
        let decided = any(|row| row.decided_at.is_some());
        let outcomes = any(|row| row.stage.closes());
        let owners = any(|row| row.rep.is_some());
        let promised = any(|row| row.sla_due_at.is_some());
        let costs = !self.world.spec.cost.is_empty();
        match kpi {
            Kpi::SpeedToLead | Kpi::SpeedToLeadP90 | Kpi::TouchedFast | Kpi::TimeTo48h | Kpi::LostLeads => touched,
            Kpi::TouchedInSla | Kpi::FirstContactInSla | Kpi::SlaBreaches => touched && promised,
            Kpi::ServiceSpeed | Kpi::ServiceSpeedP90 | Kpi::ServiceTouchedFast | Kpi::ServiceTimeTo48h => {
                touched && any(|row| row.calendar.is_some())
            }
            Kpi::ClockDecided | Kpi::Parked => decided,
            Kpi::ClockNotified => decided && any(|row| row.notified_at.is_some()),
            Kpi::ClockAccepted | Kpi::FirstAcceptance => any(|row| row.offered_at.is_some()),
            Kpi::ClockTouched => owners && touched,
            Kpi::ClockReached => touched && any(|row| row.reached_at.is_some()),
            Kpi::ReachedRate => any(|row| row.reached_at.is_some()),
            Kpi::Conversion => outcomes,
            Kpi::ObservedToExpected => outcomes && any(|row| row.score.is_some()),
            Kpi::BalanceGini | Kpi::LargestDeficit => day(|row| row.entitled.is_some()),
            Kpi::Utilisation => day(|row| row.busy.is_some()),
            Kpi::UnassignedAge => owners,
            Kpi::RoutingAccuracyLenient => owners && (decided || any(|row| row.misrouted > 0)),
            Kpi::RoutingAccuracyStrict | Kpi::Hops | Kpi::PingPong => owners && (decided || any(|row| row.hops > 0)),
            Kpi::FeedbackScore | Kpi::FeedbackAnswers => owners && any(|row| row.feedback.is_some()),
            Kpi::ResponseCompleteness => any(|row| row.checklist_of.is_some_and(|of| of > 0)),
            Kpi::LeadCompleteness => any(|row| row.completeness.is_some()),
            Kpi::CostPerLead => costs,
            Kpi::CostPerOpportunity => costs && any(|row| row.opportunity_at.is_some()),
            Kpi::CostPerCustomer => costs && outcomes,
            Kpi::HoursSaved => decided && self.world.spec.handling.is_some(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &'a LeadRow> {
        self.world.rows.iter().filter(|row| {
            let counts = row.stage != Stage::Merged && row.stage != Stage::Erased;
            let inside = self.selection.days.is_none_or(|d| d.from <= row.arrived_day && row.arrived_day < d.until);
            let passes = |f: &pointsman_measure::kpi::Filter| f.names.contains(&f.dimension.of(row));
            counts && inside && self.selection.filters.iter().all(passes)
        })
    }

    fn maturity(&self) -> Micros {
        Micros::DAY.times(i64::from(self.world.spec.maturity_days))
    }

    fn fast(&self) -> f64 {
        (Micros::MINUTE.times(i64::from(self.world.spec.fast_minutes))).as_secs_f64()
    }

    fn is_mature(&self, row: &LeadRow) -> bool {
        self.world.now - row.arrived_at >= self.maturity()
    }

    fn mature(&self, row: &LeadRow, hit: bool) -> Option<bool> {
        self.is_mature(row).then_some(hit)
    }

    fn within(&self, row: &LeadRow, at: Option<Instant>) -> bool {
        at.is_some_and(|at| at - row.arrived_at <= self.maturity())
    }

    fn won(&self, row: &LeadRow) -> bool {
        row.stage == Stage::Won && self.within(row, row.won_at)
    }

    /// In seconds; `clock` gives start and event.
    fn watched(&self, clock: impl Fn(&LeadRow) -> Option<(Instant, Option<Instant>)>) -> Vec<Watched> {
        let one = |row: &LeadRow| {
            let (start, event) = clock(row)?;
            let end = event.or(row.closed_at).unwrap_or(self.world.now);
            Some(((end - start).as_secs_f64().max(0.0), event.is_some()))
        };
        self.rows().filter_map(one).collect()
    }

    fn service(&self) -> Vec<Watched> {
        let one = |row: &LeadRow| {
            let calendar = self.world.calendars.get(&row.calendar?)?;
            let end = row.touched_at.or(row.closed_at).unwrap_or(self.world.now);
            Some((calendar.worked_between(row.arrived_at, end).as_secs_f64().max(0.0), row.touched_at.is_some()))
        };
        self.rows().filter_map(one).collect()
    }

    /// In parts of the time promised, rounded up to millionths.
    fn promised(&self) -> Vec<Watched> {
        let one = |row: &LeadRow| {
            let due = row.sla_due_at?;
            let end = row.touched_at.or(row.closed_at).unwrap_or(self.world.now);
            let (took, given) = ((end - row.arrived_at).0 as f64, (due - row.arrived_at).0 as f64);
            let part = match given > 0.0 {
                true => (took * 1e6 / given).ceil() / 1e6,
                false if end <= due => 0.0,
                false => 1.000_001,
            };
            Some((part, row.touched_at.is_some()))
        };
        self.rows().filter_map(one).collect()
    }

    fn promise(&self, row: &LeadRow) -> Option<Option<bool>> {
        match row.sla(self.world.now, true) {
            SlaState::None | SlaState::Closed => None,
            SlaState::Pending => Some(None),
            SlaState::Met => Some(Some(true)),
            SlaState::Breached(_) => Some(Some(false)),
        }
    }

    /// Outer `None`: not about it; inner: pending.
    fn share(&self, judge: impl Fn(&LeadRow) -> Option<Option<bool>>) -> Expected {
        let judged: Vec<Option<bool>> = self.rows().filter_map(judge).collect();
        let counted: Vec<bool> = judged.iter().copied().flatten().collect();
        let (n, hits) = (counted.len() as f64, counted.iter().filter(|hit| **hit).count() as f64);
        let pending = (judged.len() - counted.len()) as u64;
        if n == 0.0 {
            return Expected { pending, ..Expected::default() };
        }
        let p = hits / n;
        let centre = (hits + Z * Z / 2.0) / (n + Z * Z);
        let half = Z * n.sqrt() / (n + Z * Z) * (p * (1.0 - p) + Z * Z / (4.0 * n)).sqrt();
        let low = if hits == 0.0 { 0.0 } else { centre - half };
        let high = if hits == n { 1.0 } else { centre + half };
        Expected { n: n as u64, pending, value: Some(p), interval: Some((low, high)) }
    }

    fn mean(&self, judge: impl Fn(&LeadRow) -> Option<Option<f64>>) -> Expected {
        let judged: Vec<Option<f64>> = self.rows().filter_map(judge).collect();
        let counted: Vec<f64> = judged.iter().copied().flatten().collect();
        let pending = (judged.len() - counted.len()) as u64;
        let value = (!counted.is_empty()).then(|| counted.iter().sum::<f64>() / counted.len() as f64);
        Expected { n: counted.len() as u64, pending, value, interval: None }
    }

    fn unassigned(&self) -> Expected {
        let waiting = self.rows().filter(|row| !matches!(row.custody, Custody::Owned | Custody::Closed));
        let since = waiting.filter_map(|row| row.unassigned_since);
        let mut ages: Vec<f64> = since.map(|since| (self.world.now - since).as_secs_f64()).collect();
        ages.sort_by(f64::total_cmp);
        let middle = match ages.len() {
            0 => None,
            n if n % 2 == 1 => Some(ages[n / 2]),
            n => Some((ages[n / 2 - 1] + ages[n / 2]) / 2.0),
        };
        Expected { n: ages.len() as u64, pending: 0, value: middle, interval: None }
    }

    fn observed(&self) -> Expected {
        let scored: Vec<&LeadRow> = self.rows().filter(|row| row.score.is_some()).collect();
        let mature: Vec<&&LeadRow> = scored.iter().filter(|row| self.is_mature(row)).collect();
        let expected: f64 = mature.iter().filter_map(|row| Some(row.score?.as_f64())).sum();
        let wins = mature.iter().filter(|row| self.won(row)).count() as f64;
        let pending = (scored.len() - mature.len()) as u64;
        if expected <= 0.0 {
            return Expected { pending, ..Expected::default() };
        }
        Expected { n: mature.len() as u64, pending, value: Some(wins / expected), interval: None }
    }

    fn rep_days(&self) -> Option<Vec<&RepDayRow>> {
        let mut found = Vec::new();
        for row in &self.world.rep_days {
            let mut passes = self.selection.days.is_none_or(|d| d.from <= row.day && row.day < d.until);
            for filter in &self.selection.filters {
                passes &= match filter.dimension {
                    Dimension::Team => filter.names.contains(&row.team),
                    Dimension::Rep => filter.names.contains(&Some(row.rep)),
                    _ => return None,
                };
            }
            if passes {
                found.push(row);
            }
        }
        Some(found)
    }

    fn balance(&self, kpi: Kpi) -> Expected {
        let rows: Vec<RepDayRow> =
            self.rep_days().unwrap_or_default().into_iter().filter(|row| row.entitled.is_some()).cloned().collect();
        let value = unevenness(kpi, &rows);
        let due = |row: &RepDayRow| row.entitled.is_some_and(|entitled| entitled.0 > 0);
        let interval = value.and_then(|value| {
            let (low, high) = without_a_week(value, &rows, due, |rows| unevenness(kpi, rows))?;
            Some(if kpi == Kpi::BalanceGini { (low.max(0.0), high.min(1.0)) } else { (low, high) })
        });
        let reps: BTreeSet<Name> = rows.iter().filter(|row| due(row)).map(|row| row.rep).collect();
        Expected { n: if value.is_some() { reps.len() as u64 } else { 0 }, pending: 0, value, interval }
    }

    fn utilisation(&self) -> Expected {
        let rows: Vec<RepDayRow> = self
            .rep_days()
            .unwrap_or_default()
            .into_iter()
            .filter(|row| row.busy.is_some() && row.room.is_some())
            .cloned()
            .collect();
        let of = |rows: &[RepDayRow]| {
            let sum = |of: fn(&RepDayRow) -> Option<Micros>| rows.iter().filter_map(of).map(|time| time.0).sum::<i64>();
            let (busy, room) = (sum(|row| row.busy), sum(|row| row.room));
            (room > 0).then(|| busy as f64 / room as f64)
        };
        let open = |row: &RepDayRow| row.room.is_some_and(|room| room.0 > 0);
        let value = of(&rows);
        let interval = value.and_then(|value| without_a_week(value, &rows, open, of));
        let n = rows.iter().filter(|row| open(row)).count() as u64;
        let interval = interval.map(|(low, high)| (low.max(0.0), high));
        Expected { n: if value.is_some() { n } else { 0 }, pending: 0, value, interval }
    }

    /// Day by day, until the first lead that is too young.
    fn cost(&self, judge: impl Fn(&LeadRow) -> Option<bool>, every: bool) -> Expected {
        let source = match self.selection.filters.as_slice() {
            [] => None,
            [filter] if filter.dimension == Dimension::Source => match filter.names[0] {
                Some(name) => Some(self.world.names.text(name)),
                None => return Expected::default(),
            },
            _ => return Expected::default(),
        };
        let day = |date: pointsman_measure::roi::Date| date.unix_days() as i32;
        let spec = &self.world.spec;
        let stated: BTreeSet<i32> = spec.cost.iter().flat_map(|cost| day(cost.from)..day(cost.until)).collect();
        let (first, last) = match self.selection.days {
            Some(days) => (days.from.0, days.until.0),
            None => stated.first().zip(stated.last()).map_or((0, 0), |(first, last)| (*first, last + 1)),
        };
        let youngest = self.rows().filter(|row| judge(row).is_none()).map(|row| row.arrived_day.0).min();
        let end = youngest.unwrap_or(last).min(last);
        let mut spent = 0.0;
        for cost in spec.cost.iter().filter(|cost| source.is_none() || cost.source.as_deref() == source) {
            for one in (first..end).filter(|one| (day(cost.from)..day(cost.until)).contains(one)) {
                let _ = one;
                spent += cost.amount * 100.0 / f64::from(day(cost.until) - day(cost.from));
            }
        }
        let inside = |row: &&LeadRow| (first..end).contains(&row.arrived_day.0);
        let n = self.rows().filter(inside).count() as u64;
        let hits = self.rows().filter(inside).filter(|row| every || judge(row) == Some(true)).count() as f64;
        let pending = self.rows().count() as u64 - n;
        let value = (hits > 0.0 && spent > 0.0).then(|| spent / hits);
        // Byar's limits of a Poisson count (Breslow and Day 1987).
        let limit = |count: f64, sign: f64| {
            count * (1.0 - 1.0 / (9.0 * count) + sign * 1.959963984540054 / (3.0 * count.sqrt())).powi(3)
        };
        let interval = value.map(|_| (spent / limit(hits + 1.0, 1.0), spent / limit(hits, -1.0)));
        Expected { n, pending, value, interval }
    }

    fn hours(&self) -> Expected {
        let decided: Vec<&LeadRow> = self.rows().filter(|row| row.decided_at.is_some() && row.rep.is_some()).collect();
        let alone = decided.iter().filter(|row| row.path.is_none_or(|path| self.world.names.text(path) != "named"));
        let value = alone.count() as f64 * 6.0 / 60.0;
        let n = decided.len() as u64;
        Expected { n, pending: 0, value: (n > 0).then_some(value), interval: None }
    }
}

/// Gini or the largest deficit, over pairs of reps.
fn unevenness(kpi: Kpi, rows: &[RepDayRow]) -> Option<f64> {
    let mut totals: BTreeMap<Name, (f64, i64)> = BTreeMap::new();
    for row in rows {
        let total = totals.entry(row.rep).or_default();
        total.0 += f64::from(row.received);
        total.1 += row.entitled.map_or(0, |entitled| entitled.0);
    }
    let due: Vec<(f64, f64)> =
        totals.into_values().filter(|(_, due)| *due > 0).map(|(received, due)| (received, due as f64 / 1e6)).collect();
    if kpi != Kpi::BalanceGini {
        return due.iter().map(|(received, entitled)| entitled - received).reduce(f64::max);
    }
    // Mean difference over twice the mean, all pairs.
    let ratios: Vec<f64> = due.iter().map(|(received, entitled)| received / entitled).collect();
    let total: f64 = ratios.iter().sum();
    let pairs: f64 = ratios.iter().map(|a| ratios.iter().map(|b| (a - b).abs()).sum::<f64>()).sum();
    (total > 0.0).then(|| pairs / (2.0 * due.len() as f64 * total))
}

/// The statistic anew without the rows of each week that tells anything, and from how these differ the
/// interval: t with one degree of freedom less than there are weeks.
fn without_a_week(
    value: f64,
    rows: &[RepDayRow],
    tells: impl Fn(&RepDayRow) -> bool,
    statistic: impl Fn(&[RepDayRow]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let first = rows.iter().map(|row| row.day.0).min()?;
    let week = |row: &RepDayRow| (row.day.0 - first) / 7;
    let told: BTreeSet<i32> = rows.iter().filter(|row| tells(row)).map(&week).collect();
    let rest = |gone: i32| rows.iter().filter(|row| week(row) != gone).cloned().collect::<Vec<_>>();
    let left_out: Vec<f64> = told.iter().map(|gone| statistic(&rest(*gone))).collect::<Option<_>>()?;
    let m = left_out.len() as f64;
    if left_out.len() < 2 {
        return None;
    }
    let mean = left_out.iter().sum::<f64>() / m;
    let spread: f64 = left_out.iter().map(|one| (one - mean) * (one - mean)).sum();
    let half = pointsman_experiment::special::student::two_sided(0.05, m - 1.0) * (spread * (m - 1.0) / m).sqrt();
    Some((value - half, value + half))
}

/// (time, S, Greenwood's sum) at each time with an event.
fn curve(watched: &[Watched]) -> Vec<(f64, f64, f64)> {
    let mut times: Vec<f64> = watched.iter().filter(|(_, event)| *event).map(|(time, _)| *time).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let (mut survival, mut sum) = (1.0, 0.0);
    let mut curve = Vec::new();
    for time in times {
        let at_risk = watched.iter().filter(|(t, _)| *t >= time).count() as f64;
        let events = watched.iter().filter(|(t, event)| *event && *t == time).count() as f64;
        survival *= 1.0 - events / at_risk;
        if at_risk > events {
            sum += events / (at_risk * (at_risk - events));
        }
        curve.push((time, survival, sum));
    }
    curve
}

/// Kalbfleisch and Prentice's limits of S.
fn limits(survival: f64, greenwood: f64) -> (f64, f64) {
    if survival < 1e-12 {
        return (survival, survival);
    }
    let theta = (Z * greenwood.sqrt() / survival.ln()).exp();
    let (a, b) = (survival.powf(theta), survival.powf(1.0 / theta));
    (a.min(b), a.max(b))
}

fn counts(watched: &[Watched]) -> Expected {
    let pending = watched.iter().filter(|(_, event)| !event).count() as u64;
    Expected { n: watched.len() as u64, pending, ..Expected::default() }
}

fn quantile(watched: &[Watched], q: f64) -> Expected {
    let curve = curve(watched);
    let left = 1.0 - q + 1e-9;
    let value = curve.iter().find(|(_, survival, _)| *survival <= left).map(|(time, ..)| *time);
    let first = |side: fn((f64, f64)) -> f64| {
        let found = curve.iter().find(|(_, survival, sum)| side(limits(*survival, *sum)) <= left);
        found.map_or(f64::INFINITY, |(time, ..)| *time)
    };
    // From the estimate on: the upper limit may dip earlier only by rounding.
    let interval = value.map(|value| (first(|(low, _)| low).min(value), first(|(_, high)| high)));
    Expected { value, interval, ..counts(watched) }
}

fn share_by(watched: &[Watched], time: f64) -> Expected {
    if watched.is_empty() {
        return Expected::default();
    }
    let curve = curve(watched);
    let survival =
        curve.iter().take_while(|(t, ..)| *t <= time + 1e-12).last().map_or(1.0, |(_, survival, _)| *survival);
    Expected { value: Some(1.0 - survival), interval: None, ..counts(watched) }
}

/// By the definition: the area under S to 48 hours, step by step.
fn restricted(watched: &[Watched]) -> Expected {
    if watched.is_empty() {
        return Expected::default();
    }
    let end = 48.0 * 3600.0;
    let (mut area, mut at, mut survival) = (0.0, 0.0, 1.0);
    for (time, next, _) in curve(watched) {
        let time = time.min(end);
        area += survival * (time - at);
        (at, survival) = (time, next);
    }
    area += survival * (end - at);
    Expected { value: Some(area), interval: None, ..counts(watched) }
}
