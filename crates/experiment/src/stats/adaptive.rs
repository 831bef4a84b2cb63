//! What may be said after weights that moved with the results: inverse-probability weighting under
//! a confidence sequence. Welch's test on such data is not valid: a variant that was lucky early
//! got more units, and its mean is drawn towards its luck.

use serde::Serialize;

use super::{
    bandit::{self, ArmStats},
    bayes::Better,
};
use crate::undefined::Undefined;

/// The next weights: top-two Thompson sampling, no variant below `floor`, so that every variant's
/// inverse probability stays bounded. Equal weights until every variant has two different values.
///
/// `leader_share` is β of Russo 2020: ½ finds the best variant soonest (and leaves two variants at
/// equal weights), 1 is plain Thompson sampling, which earns most meanwhile. Undefined for a floor
/// that the variants do not leave room for, and for a share outside ½..=1.
///
/// ```
/// use pointsman_experiment::stats::{adaptive::next_weights, bandit::ArmStats, bayes::Better};
/// let arm = |mean| ArmStats { n: 400.0, mean, variance: 0.2 };
/// let weights = next_weights(&[arm(0.20), arm(0.30), arm(0.22)], Better::Higher, 0.5, 0.1).unwrap();
/// assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// assert!(weights[1] > 0.4 && weights.iter().all(|w| *w >= 0.1));
/// ```
pub fn next_weights(arms: &[ArmStats], better: Better, leader_share: f64, floor: f64) -> Result<Vec<f64>, Undefined> {
    let k = arms.len();
    if !(0.5..=1.0).contains(&leader_share) {
        return Err(Undefined::ParameterOutOfRange);
    }
    if k < 2 || !(floor > 0.0 && floor * k as f64 <= 1.0) {
        return Err(Undefined::ParameterOutOfRange);
    }
    match bandit::standing(arms, better) {
        Ok(standing) => {
            let weights =
                settled(&standing, leader_share).unwrap_or_else(|| bandit::top_two(&standing.prob_best, leader_share));
            let sum: f64 = weights.iter().sum();
            Ok(bandit::floored(&weights.iter().map(|w| w / sum).collect::<Vec<_>>(), floor))
        }
        Err(Undefined::ZeroVariance) => Ok(vec![1.0 / k as f64; k]),
        Err(other) => Err(other),
    }
}

/// Where the leader is the best beyond doubt its rivals' chances vanish in rounding; who would be
/// second still tells them apart.
fn settled(standing: &bandit::Standing, leader_share: f64) -> Option<Vec<f64>> {
    let doubt = 1.0 - standing.prob_best[standing.leader];
    let rest = 1.0 - leader_share;
    let seconds = standing.prob_second.iter().enumerate();
    (doubt < 1e-9).then(|| seconds.map(|(i, p)| if i == standing.leader { leader_share } else { rest * p }).collect())
}

/// What one unit weighs in one variant: sums over its rows of 1/p, and of (value − a constant)/p. A
/// unit whose weights moved between two of its rows may have rows in two variants.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WeightedUnit {
    pub weight: f64,
    pub value: f64,
}

/// A variant's inverse-probability-weighted mean, less the constant of its units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeightedMean {
    pub mean: f64,
    pub std_error: f64,
    pub units: f64,
    /// (Σ weight)²/Σ weight²: how many units of equal weight say as much.
    pub effective: f64,
}

/// The difference of two of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeightedDifference {
    pub estimate: f64,
    pub std_error: f64,
}

/// m = Σ value/Σ weight (Hájek 1971), se² = n/(n−1) Σ (value − m weight)²/(Σ weight)²: units, not
/// rows, are independent. Undefined below two units and where nothing varies.
pub fn weighted_mean(units: impl Iterator<Item = WeightedUnit> + Clone) -> Result<WeightedMean, Undefined> {
    let units = units.filter(|u| u.weight > 0.0);
    let (n, total, mean) = centre(units.clone())?;
    let squares: f64 = units.clone().map(|u| (u.value - mean * u.weight) * (u.value - mean * u.weight)).sum();
    let weights: f64 = units.map(|u| u.weight * u.weight).sum();
    let std_error = (n / (n - 1.0) * squares).sqrt() / total;
    positive(std_error)?;
    Ok(WeightedMean { mean, std_error, units: n, effective: total * total / weights })
}

/// Treatment less control, from units that came with any weights, each known when the unit came.
///
/// Unit i tells ψ_i = m₁ − m₀ + (value₁ − m₁ weight₁) − (value₀ − m₀ weight₀): its expectation is
/// the difference whatever the weights and whatever the constants m (Robins, Rotnitzky and Zhao
/// 1994; Hadad et al. 2021). With m the weighted means themselves the residuals sum to nothing, so
/// the sums merge, and what that changes in ψ vanishes faster than the sequence narrows.
/// Undefined as [`weighted_mean`].
pub fn weighted_difference(
    units: impl Iterator<Item = [WeightedUnit; 2]> + Clone,
) -> Result<WeightedDifference, Undefined> {
    let (control_n, control_total, control) = centre(units.clone().map(|u| u[0]))?;
    let (treatment_n, treatment_total, treatment) = centre(units.clone().map(|u| u[1]))?;
    let residual = |u: WeightedUnit, mean: f64, total: f64| (u.value - mean * u.weight) / total;
    let squares: f64 = units
        .map(|[c, t]| residual(t, treatment, treatment_total) - residual(c, control, control_total))
        .map(|psi| psi * psi)
        .sum();
    let n = control_n.min(treatment_n);
    let std_error = (n / (n - 1.0) * squares).sqrt();
    positive(std_error)?;
    Ok(WeightedDifference { estimate: treatment - control, std_error })
}

/// Units, their weight, and the mean.
fn centre(units: impl Iterator<Item = WeightedUnit>) -> Result<(f64, f64, f64), Undefined> {
    let (mut n, mut weight, mut value) = (0.0, 0.0, 0.0);
    for unit in units.filter(|u| u.weight > 0.0) {
        n += 1.0;
        weight += unit.weight;
        value += unit.value;
    }
    match n {
        0.0 => Err(Undefined::NoUnits),
        1.0 => Err(Undefined::TooFewUnits),
        _ => Ok((n, weight, value / weight)),
    }
}

fn positive(std_error: f64) -> Result<(), Undefined> {
    if std_error > 0.0 { Ok(()) } else { Err(Undefined::ZeroVariance) }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;
    use crate::{moments::Moments, stats::sequential::ConfidenceSequence};

    /// A bandit of two variants, weights moved every hundred units; the share of runs in which the
    /// sequence ever missed the truth, and the mean of the last estimates.
    fn runs(rates: [f64; 2], runs: u64) -> (f64, f64) {
        let sequence = ConfidenceSequence { alpha: 0.05, tuning: 1500.0 };
        let (mut missed, mut sum) = (0.0, 0.0);
        for run in 0..runs {
            let mut rng = Rng::seeded(run);
            let mut units: Vec<[WeightedUnit; 2]> = Vec::new();
            let mut arms = [Moments::default(); 2];
            let (mut weights, mut out, mut last) = (vec![0.5, 0.5], false, 0.0);
            for n in 0..3000u32 {
                let variant = usize::from(rng.uniform() >= weights[0]);
                let value = f64::from(u8::from(rng.uniform() < rates[variant]));
                arms[variant] = arms[variant].merge(Moments::of(&[value]));
                let mut unit = [WeightedUnit::default(); 2];
                unit[variant] = WeightedUnit { weight: 1.0 / weights[variant], value: value / weights[variant] };
                units.push(unit);
                if n % 100 == 99 {
                    let stats = arms.map(|m| ArmStats { n: m.n, mean: m.mean, variance: m.ss / (m.n - 1.0) });
                    weights = next_weights(&stats, Better::Higher, 0.8, 0.1).expect("weights");
                    let told = weighted_difference(units.iter().copied()).expect("a difference");
                    let interval = sequence.interval(told.estimate, told.std_error, units.len() as f64);
                    out |= !interval.contains(rates[1] - rates[0]);
                    last = told.estimate;
                }
            }
            missed += f64::from(u8::from(out));
            sum += last;
        }
        (missed / runs as f64, sum / runs as f64)
    }

    #[test]
    fn the_sequence_holds_at_every_look_whatever_the_weights_did() {
        for rates in [[0.2, 0.2], [0.2, 0.3]] {
            let (missed, mean) = runs(rates, 300);
            assert!(missed <= 0.05, "{rates:?}: {missed}");
            assert!((mean - (rates[1] - rates[0])).abs() < 0.004, "{rates:?}: {mean}");
        }
    }

    #[test]
    fn equal_weights_give_plain_means_and_units_count_once() {
        let rows = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let unit = |x: f64| WeightedUnit { weight: 2.0, value: 2.0 * x };
        let mean = weighted_mean(rows.iter().map(|x| unit(*x))).expect("a mean");
        let plain = Moments::of(&rows);
        assert!((mean.mean - plain.mean).abs() < 1e-15);
        assert!((mean.std_error - (plain.ss / 7.0 / 8.0).sqrt()).abs() < 1e-15);
        assert!((mean.effective - 8.0).abs() < 1e-12);
        let twice = |x: f64| WeightedUnit { weight: 4.0, value: 4.0 * x };
        let doubled = weighted_mean(rows.iter().map(|x| twice(*x))).expect("a mean");
        assert!((doubled.std_error - mean.std_error).abs() < 1e-15, "rows of one unit are no new evidence");
    }

    #[test]
    fn the_leaders_share_leads_from_finding_to_earning() {
        let arm = |mean| ArmStats { n: 4000.0, mean, variance: 0.2 };
        let weights = |share| next_weights(&[arm(0.2), arm(0.3)], Better::Higher, share, 0.1).expect("weights");
        for (share, second) in [(0.5, 0.5), (0.8, 0.74), (1.0, 0.9)] {
            assert!((weights(share)[1] - second).abs() < 1e-6, "{share}: {:?}", weights(share));
        }
    }

    #[test]
    fn degenerate_input_has_a_name() {
        let unit = |value| WeightedUnit { weight: 1.0, value };
        assert_eq!(weighted_mean([].into_iter()), Err(Undefined::NoUnits));
        assert_eq!(weighted_mean([unit(1.0)].into_iter()), Err(Undefined::TooFewUnits));
        assert_eq!(weighted_mean([unit(1.0), unit(1.0)].into_iter()), Err(Undefined::ZeroVariance));
        assert_eq!(
            next_weights(&[ArmStats { n: 0.0, mean: 0.0, variance: 0.0 }; 2], Better::Higher, 0.5, 0.1),
            Ok(vec![0.5, 0.5])
        );
        assert_eq!(
            next_weights(&[ArmStats { n: 9.0, mean: 0.0, variance: 1.0 }; 3], Better::Higher, 0.5, 0.4),
            Err(Undefined::ParameterOutOfRange)
        );
    }
}
