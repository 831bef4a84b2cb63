//! Switchback: one value a period, variants in turn.

use serde::Serialize;

use pointsman_domain::Rng;

use super::{effect::Effect, matrix};
use crate::undefined::Undefined;

/// One period's outcome and whether the treatment ran in it, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    pub outcome: f64,
    pub treated: bool,
}

/// Difference of the treated and the other periods' means.
pub fn difference(periods: &[Period]) -> Result<f64, Undefined> {
    let (mean_t, nt) = mean_where(periods, true);
    let (mean_c, nc) = mean_where(periods, false);
    if nt == 0.0 || nc == 0.0 {
        return Err(Undefined::NoUnits);
    }
    Ok(mean_t - mean_c)
}

fn mean_where(periods: &[Period], treated: bool) -> (f64, f64) {
    let of = periods.iter().filter(|p| p.treated == treated);
    let n = of.clone().count() as f64;
    (of.map(|p| p.outcome).sum::<f64>() / n, n)
}

/// Whether a variance is multiplied by n/(n − k), k = 2 coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SmallSample {
    Plain,
    Corrected,
}

/// Newey and West's standard error of the difference (1987) with Bartlett weights 1 − l/(L+1) up
/// to lag L: honest when neighbouring periods resemble each other. L = 0 is HC0.
pub fn hac_se(periods: &[Period], lag: usize, small_sample: SmallSample) -> Result<f64, Undefined> {
    difference(periods)?;
    let (mean_t, nt) = mean_where(periods, true);
    let (mean_c, nc) = mean_where(periods, false);
    let influence: Vec<f64> = periods
        .iter()
        .map(|p| if p.treated { (p.outcome - mean_t) / nt } else { -(p.outcome - mean_c) / nc })
        .collect();
    let mut variance: f64 = influence.iter().map(|u| u * u).sum();
    for l in 1..=lag.min(periods.len().saturating_sub(1)) {
        let weight = 1.0 - l as f64 / (lag as f64 + 1.0);
        variance += 2.0 * weight * influence.iter().zip(&influence[l..]).map(|(a, b)| a * b).sum::<f64>();
    }
    let n = periods.len() as f64;
    if small_sample == SmallSample::Corrected {
        if n <= 2.0 {
            return Err(Undefined::TooFewUnits);
        }
        variance *= n / (n - 2.0);
    }
    Ok(variance.max(0.0).sqrt())
}

/// How much of the *previous* period's variant is still felt: the coefficient of T_{t−1} in OLS of
/// Y_t on 1, T_t, T_{t−1} with HC1 errors and n − 3 degrees of freedom. Far from 0, the plain
/// difference mixes the two variants.
///
/// Undefined with fewer than five periods, or when the variant always or never switches.
pub fn carry_over(periods: &[Period]) -> Result<Effect, Undefined> {
    let n = periods.len().saturating_sub(1);
    if n < 4 {
        return Err(Undefined::TooFewUnits);
    }
    let flag = |p: &Period| if p.treated { 1.0 } else { 0.0 };
    let rows: Vec<([f64; 3], f64)> =
        periods.windows(2).map(|w| ([1.0, flag(&w[1]), flag(&w[0])], w[1].outcome)).collect();
    let cross = |i: usize, j: usize| rows.iter().map(|(x, _)| x[i] * x[j]).sum::<f64>();
    let normal_matrix: Vec<Vec<f64>> = (0..3).map(|i| (0..3).map(|j| cross(i, j)).collect()).collect();
    let inverse = matrix::inverse(&normal_matrix)?;
    let right: [f64; 3] = core::array::from_fn(|i| rows.iter().map(|(x, y)| x[i] * y).sum());
    let times = |row: &[f64], x: &[f64; 3]| row.iter().zip(x).map(|(a, b)| a * b).sum::<f64>();
    let beta: [f64; 3] = core::array::from_fn(|i| times(&inverse[i], &right));
    let variance: f64 = rows
        .iter()
        .map(|(x, y)| {
            let residual = y - times(&beta, x);
            let influence = times(&inverse[2], x) * residual;
            influence * influence
        })
        .sum();
    let (n, k) = (n as f64, 3.0);
    let std_error = (variance * n / (n - k)).sqrt();
    if std_error <= 1e-12 * periods.iter().fold(0.0_f64, |m, p| m.max(p.outcome.abs())) {
        return Err(Undefined::ZeroVariance);
    }
    Ok(Effect { estimate: beta[2], std_error, df: n - k })
}

/// The largest number of assignments that are walked one by one.
const EXACT_LIMIT: f64 = 200_000.0;

/// P(|difference| at least as large) over all C(T, k) ways to place the k treated periods, with
/// slack 1e-12 for ties; above 200,000 ways over that many draws with this seed, the observed
/// one included. Assumes nothing but the randomisation.
pub fn randomisation_p(periods: &[Period], seed: u64) -> Result<f64, Undefined> {
    let observed = difference(periods)?.abs() - 1e-12;
    let total: f64 = periods.iter().map(|p| p.outcome).sum();
    let n = periods.len();
    let k = periods.iter().filter(|p| p.treated).count();
    let statistic = |sum: f64| (sum / k as f64 - (total - sum) / (n - k) as f64).abs();
    let mut walk = Walk { periods, k, statistic: &statistic, observed, hits: 0, seen: 0 };
    if ways(n, k) <= EXACT_LIMIT {
        walk.step(0, 0, 0.0);
        return Ok(walk.hits as f64 / walk.seen as f64);
    }
    let mut rng = Rng::seeded(seed);
    let mut outcomes: Vec<f64> = periods.iter().map(|p| p.outcome).collect();
    let draws = EXACT_LIMIT as u32;
    let mut hits = 1u32;
    for _ in 0..draws {
        rng.shuffle(&mut outcomes);
        hits += u32::from(statistic(outcomes[..k].iter().sum()) >= observed);
    }
    Ok(f64::from(hits) / f64::from(draws + 1))
}

fn ways(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

struct Walk<'a> {
    periods: &'a [Period],
    k: usize,
    statistic: &'a dyn Fn(f64) -> f64,
    observed: f64,
    hits: u64,
    seen: u64,
}

impl Walk<'_> {
    fn step(&mut self, at: usize, chosen: usize, sum: f64) {
        if chosen == self.k {
            self.seen += 1;
            self.hits += u64::from((self.statistic)(sum) >= self.observed);
            return;
        }
        // The rest must still hold enough periods to choose from.
        for i in at..=self.periods.len() - (self.k - chosen) {
            self.step(i + 1, chosen + 1, sum + self.periods[i].outcome);
        }
    }
}

/// Horvitz and Thompson's total effect when an effect may carry over `order` periods (Bojinov,
/// Simchi-Levi and Zhao 2023): the mean over t ≥ m of Y_t (1{t−m..t all treated}/p^(m+1) −
/// 1{none treated}/(1−p)^(m+1)), p the probability of treatment in each independent period.
pub fn horvitz_thompson(periods: &[Period], order: usize, p: f64) -> Result<f64, Undefined> {
    if periods.len() <= order {
        return Err(Undefined::TooFewUnits);
    }
    if !(p > 0.0 && p < 1.0) {
        return Err(Undefined::ParameterOutOfRange);
    }
    let window = order + 1;
    let power = |base: f64| (0..window).fold(1.0, |product, _| product * base);
    let total: f64 = periods
        .windows(window)
        .map(|w| {
            let outcome = w[order].outcome;
            if w.iter().all(|x| x.treated) {
                outcome / power(p)
            } else if w.iter().all(|x| !x.treated) {
                -outcome / power(1.0 - p)
            } else {
                0.0
            }
        })
        .sum();
    Ok(total / (periods.len() - order) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(effect: f64, carried: f64, seed: u64) -> Vec<Period> {
        let mut rng = Rng::seeded(seed);
        let mut before = false;
        (0..80)
            .map(|_| {
                let treated = rng.below(2) == 1;
                let share = |on: bool, size: f64| if on { size } else { 0.0 };
                let outcome = 10.0 + share(treated, effect) + share(before, carried) + rng.normal();
                before = treated;
                Period { outcome, treated }
            })
            .collect()
    }

    #[test]
    fn carry_over_is_found_and_not_invented() {
        let found = carry_over(&periods(1.0, 2.0, 5)).expect("enough periods");
        assert!((found.estimate - 2.0).abs() < 0.6 && found.p_two_sided() < 1e-6, "{found:?}");
        let rejected =
            (0..400).filter(|s| carry_over(&periods(1.0, 0.0, *s)).expect("enough").p_two_sided() < 0.05).count();
        // 5 % of 400 are 20, with a standard deviation of 4.4.
        assert!((5..=37).contains(&rejected), "{rejected}");
        assert_eq!(carry_over(&periods(1.0, 0.0, 1)[..4]), Err(Undefined::TooFewUnits));
    }
}
