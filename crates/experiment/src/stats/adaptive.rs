//! What may be said after weights that moved with the results: inverse-probability weighting under
//! a confidence sequence. Welch's test on such data is not valid: a variant that was lucky early
//! got more units, and its mean is drawn towards its luck.

use super::{
    bandit::{self, ArmStats},
    bayes::Better,
    effect::Interval,
    sequential::ConfidenceSequence,
};
use crate::{moments::Moments, undefined::Undefined};

/// Top-two Thompson sampling's usual share for the leader (Russo 2020).
const TOP_TWO_BETA: f64 = 0.5;

/// The next weights: top-two Thompson sampling, no variant below `floor`, so that every variant's
/// inverse probability stays bounded. Equal weights until every variant has two different values.
/// Undefined for a floor that the variants do not leave room for.
///
/// ```
/// use pointsman_experiment::stats::{adaptive::next_weights, bandit::ArmStats, bayes::Better};
/// let arm = |mean| ArmStats { n: 400.0, mean, variance: 0.2 };
/// let weights = next_weights(&[arm(0.20), arm(0.30), arm(0.22)], Better::Higher, 0.1).unwrap();
/// assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// assert!(weights[1] > 0.4 && weights.iter().all(|w| *w >= 0.1));
/// ```
pub fn next_weights(arms: &[ArmStats], better: Better, floor: f64) -> Result<Vec<f64>, Undefined> {
    let k = arms.len();
    if k < 2 || !(floor > 0.0 && floor * k as f64 <= 1.0) {
        return Err(Undefined::ParameterOutOfRange);
    }
    match bandit::standing(arms, better) {
        Ok(standing) => {
            let weights = bandit::top_two(&standing.prob_best, TOP_TWO_BETA);
            let sum: f64 = weights.iter().sum();
            Ok(bandit::floored(&weights.iter().map(|w| w / sum).collect::<Vec<_>>(), floor))
        }
        Err(Undefined::ZeroVariance) => Ok(vec![1.0 / k as f64; k]),
        Err(other) => Err(other),
    }
}

/// The difference of two variants from units that came with any weights, each known when the unit
/// came.
///
/// With m the variant's mean so far, unit t tells δ_t = m₁ − m₀ + 1{A=1}(Y − m₁)/p₁ − 1{A=0}(Y − m₀)/p₀:
/// its expectation is the difference whatever the weights and whatever m (Robins, Rotnitzky and
/// Zhao 1994; Hadad et al. 2021), so the mean of δ with its standard error feeds the sequence.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdaptiveDifference {
    means: [Moments; 2],
    told: Moments,
}

impl AdaptiveDifference {
    /// Takes in one unit: which of the two variants, with which probability each of the two was to
    /// be drawn, and its value. A unit of a third variant is `None`: it tells the present means.
    /// Refuses probabilities that are not in (0, 1] for the variant that was drawn.
    pub fn push(&mut self, drawn: Option<usize>, propensity: f64, value: f64) -> Result<(), Undefined> {
        let mean = |m: &Moments| if m.n > 0.0 { m.mean } else { 0.0 };
        let [control, treatment] = [mean(&self.means[0]), mean(&self.means[1])];
        let mut told = treatment - control;
        if let Some(variant) = drawn {
            if variant > 1 || !(propensity > 0.0 && propensity <= 1.0) {
                return Err(Undefined::ParameterOutOfRange);
            }
            if !value.is_finite() {
                return Err(Undefined::NotFinite);
            }
            let (sign, before) = if variant == 1 { (1.0, treatment) } else { (-1.0, control) };
            told += sign * (value - before) / propensity;
            self.means[variant] = self.means[variant].merge(Moments::of(&[value]));
        }
        self.told = self.told.merge(Moments::of(&[told]));
        Ok(())
    }

    /// Units taken in.
    pub fn units(&self) -> f64 {
        self.told.n
    }

    pub fn estimate(&self) -> f64 {
        self.told.mean
    }

    /// Valid at every look. Undefined below two units or without variation.
    pub fn interval(&self, sequence: &ConfidenceSequence) -> Result<Interval, Undefined> {
        if self.told.n < 2.0 {
            return Err(Undefined::TooFewUnits);
        }
        let std_error = (self.told.ss / (self.told.n - 1.0) / self.told.n).sqrt();
        if std_error.is_nan() || std_error <= 0.0 {
            return Err(Undefined::ZeroVariance);
        }
        Ok(sequence.interval(self.told.mean, std_error, self.told.n))
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    /// A bandit of two variants, weights moved every hundred units; the share of runs in which the
    /// sequence ever missed the truth, and the mean of the last estimates.
    fn runs(rates: [f64; 2], runs: u64) -> (f64, f64) {
        let sequence = ConfidenceSequence { alpha: 0.05, tuning: 1500.0 };
        let (mut missed, mut sum) = (0.0, 0.0);
        for run in 0..runs {
            let mut rng = Rng::seeded(run);
            let mut seen = AdaptiveDifference::default();
            let mut arms = [Moments::default(); 2];
            let (mut weights, mut out) = (vec![0.5, 0.5], false);
            for n in 0..3000u32 {
                let variant = usize::from(rng.uniform() >= weights[0]);
                let value = f64::from(u8::from(rng.uniform() < rates[variant]));
                arms[variant] = arms[variant].merge(Moments::of(&[value]));
                seen.push(Some(variant), weights[variant], value).expect("a unit");
                if n % 100 == 99 {
                    let stats = arms.map(|m| ArmStats { n: m.n, mean: m.mean, variance: m.ss / (m.n - 1.0) });
                    weights = next_weights(&stats, Better::Higher, 0.1).expect("weights");
                    let interval = seen.interval(&sequence).expect("an interval");
                    out |= !interval.contains(rates[1] - rates[0]);
                }
            }
            missed += f64::from(u8::from(out));
            sum += seen.estimate();
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
    fn degenerate_input_has_a_name() {
        let mut seen = AdaptiveDifference::default();
        let sequence = ConfidenceSequence { alpha: 0.05, tuning: 100.0 };
        assert_eq!(seen.push(Some(0), 0.0, 1.0), Err(Undefined::ParameterOutOfRange));
        assert_eq!(seen.push(Some(0), 0.5, f64::NAN), Err(Undefined::NotFinite));
        assert_eq!(seen.interval(&sequence), Err(Undefined::TooFewUnits));
        assert_eq!(
            next_weights(&[ArmStats { n: 0.0, mean: 0.0, variance: 0.0 }; 2], Better::Higher, 0.1),
            Ok(vec![0.5, 0.5])
        );
        assert_eq!(
            next_weights(&[ArmStats { n: 9.0, mean: 0.0, variance: 1.0 }; 3], Better::Higher, 0.4),
            Err(Undefined::ParameterOutOfRange)
        );
    }
}
