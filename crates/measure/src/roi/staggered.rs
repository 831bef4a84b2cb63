//! Difference in differences of teams that started on different dates.

use std::collections::BTreeSet;

use pointsman_domain::rng::Rng;
use pointsman_experiment::Undefined;
use serde::{Deserialize, Serialize};

use super::{Design, Evidence};
use crate::{Estimate, estimate::ALPHA};

/// Orders of dates that are all tried; with more, [`DRAWN`] are drawn.
const ALL_UP_TO_TEAMS: usize = 7;
const DRAWN: usize = 4_999;

/// A team's weeks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    pub name: Box<str>,
    /// Weeks before its start; `None` where it has not started.
    pub weeks_before: Option<usize>,
    /// Wins per lead, a value a week, the same weeks for every team.
    pub weekly: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Staggered {
    pub effect: Estimate,
    /// Share of orders of the start dates that differ at least as much, the real one included.
    pub p_value: f64,
    /// Orders that were tried.
    pub orders: usize,
    pub teams: usize,
}

/// The mean over every week of every team that has started of (its change since its own weeks
/// before) − (the change of the teams that have not started yet, over the same weeks): no team that
/// has started serves as a comparison, which is what spoils two-way fixed effects (Callaway and
/// Sant'Anna 2021).
///
/// The interval holds every effect τ that a permutation of the start dates over the teams does not
/// refute at 5 % once τ is taken off the weeks with Pointsman. The figure is linear in the data, so
/// that each order's limits are exact: |A − τB| ≥ |Â − τ| between (Â + A)/(1 + B) and
/// (Â − A)/(1 − B), with A and B the figure of the data and of the treatment itself under that order.
/// Up to seven teams all orders are tried, else 4,999 drawn with `seed`.
///
/// Undefined where weeks differ in number or are not finite, no team started after its first week
/// while another had not, or there are too few orders to refute anything at 5 %.
pub fn staggered(teams: &[Team], seed: u64) -> Result<Staggered, Undefined> {
    let weeks = teams.first().map_or(0, |team| team.weekly.len());
    if teams.iter().any(|team| team.weekly.len() != weeks || team.weekly.iter().any(|y| !y.is_finite())) {
        return Err(Undefined::NotFinite);
    }
    // A start after the last week is none yet.
    let starts: Vec<usize> = teams.iter().map(|team| team.weeks_before.unwrap_or(weeks).min(weeks)).collect();
    let outcomes: Vec<Vec<f64>> = teams.iter().map(|team| team.weekly.clone()).collect();
    let treated: Vec<Vec<f64>> =
        starts.iter().map(|start| (0..weeks).map(|t| f64::from(t >= *start)).collect()).collect();
    let found = figure(&outcomes, &starts).ok_or(Undefined::TooFewClusters)?;
    let both = |order: Vec<usize>| Some((figure(&outcomes, &order)?, figure(&treated, &order)?));
    let tried: Vec<(f64, f64)> = orders(&starts, seed).into_iter().filter_map(both).collect();
    let as_far = tried.iter().filter(|(a, _)| a.abs() >= found.abs() - 1e-12).count();
    let (mut lows, mut highs): (Vec<f64>, Vec<f64>) = tried.iter().map(|(a, b)| not_refuted(found, *a, *b)).unzip();
    lows.sort_unstable_by(f64::total_cmp);
    highs.sort_unstable_by(|a, b| b.total_cmp(a));
    let refuting = (ALPHA * tried.len() as f64).floor() as usize;
    match (lows.get(refuting), highs.get(refuting)) {
        (Some(&low), Some(&high)) if low.is_finite() && high.is_finite() => Ok(Staggered {
            effect: Estimate { value: found, low, high },
            p_value: as_far as f64 / tried.len() as f64,
            orders: tried.len(),
            teams: teams.len(),
        }),
        _ => Err(Undefined::TooFewClusters),
    }
}

/// The effects that one order does not refute: all of them where it treats the very same weeks.
fn not_refuted(found: f64, a: f64, b: f64) -> (f64, f64) {
    if 1.0 - b.abs() < 1e-9 {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let (one, other) = ((found + a) / (1.0 + b), (found - a) / (1.0 - b));
    (one.min(other), one.max(other))
}

/// `None` without a week in which one team has started and another has not.
fn figure(values: &[Vec<f64>], starts: &[usize]) -> Option<f64> {
    let weeks = values.first()?.len();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mut sum, mut cells) = (0.0, 0u32);
    for (team, &start) in values.iter().zip(starts).filter(|(_, start)| (1..weeks).contains(*start)) {
        for week in start..weeks {
            let others = values.iter().zip(starts).filter(|(_, other)| **other > week);
            let changes: Vec<f64> = others.map(|(other, _)| other[week] - mean(&other[..start])).collect();
            if !changes.is_empty() {
                sum += team[week] - mean(&team[..start]) - mean(&changes);
                cells += 1;
            }
        }
    }
    (cells > 0).then(|| sum / f64::from(cells))
}

/// The real order first, then others; all different where all are tried.
fn orders(starts: &[usize], seed: u64) -> Vec<Vec<usize>> {
    let mut all = vec![starts.to_vec()];
    if starts.len() <= ALL_UP_TO_TEAMS {
        let mut seen = BTreeSet::from([starts.to_vec()]);
        each_order(&mut starts.to_vec(), 0, &mut |order| {
            if seen.insert(order.to_vec()) {
                all.push(order.to_vec());
            }
        });
        return all;
    }
    let mut rng = Rng::seeded(seed);
    all.extend((0..DRAWN).map(|_| {
        let mut order = starts.to_vec();
        rng.shuffle(&mut order);
        order
    }));
    all
}

fn each_order(items: &mut Vec<usize>, fixed: usize, tell: &mut impl FnMut(&[usize])) {
    if fixed == items.len() {
        return tell(items);
    }
    for i in fixed..items.len() {
        items.swap(fixed, i);
        each_order(items, fixed + 1, tell);
        items.swap(fixed, i);
    }
}

impl From<Staggered> for Evidence {
    fn from(found: Staggered) -> Self {
        Self { design: Design::StaggeredStart, effect: found.effect, funnels: None }
    }
}
