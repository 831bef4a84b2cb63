//! Sample ratio mismatch: did the split come out as configured?

use serde::Serialize;

use super::sequential::{NormalMixture, Sides};
use crate::{
    special::{chi_squared, exp, gamma, ln},
    undefined::Undefined,
};

/// Below this p the split is not the configured one and no effect may be read.
pub const ALERT: f64 = 0.001;

/// Units at which the sequence of a weighted split is tightest.
const TUNED_AT: f64 = 5000.0;

/// The fixed and the sequential test of the split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SampleRatio {
    pub chi2: f64,
    pub df: u32,
    pub p_value: f64,
    /// χ² needs 5 expected units a variant; below that read [`SampleRatio::sequential_p`].
    pub min_expected: f64,
    /// Units found in variants whose weight is 0: left out of the test, always a fault.
    pub units_in_zero_weight: u64,
    /// ln of the Bayes factor against the configured split.
    pub ln_bayes_factor: f64,
    /// min(1, 1/BF): valid at every look, however often one looks.
    pub sequential_p: f64,
}

impl SampleRatio {
    /// p below [`ALERT`].
    pub fn mismatch(&self) -> bool {
        self.p_value < ALERT
    }
}

/// χ² = Σ(o−e)²/e over the variants with a weight, df one less than those; and the
/// Dirichlet–multinomial Bayes factor B(α+o)/B(α)/Π θ^o with α_i = c k θ_i (Lindon and Malek
/// 2022), `concentration` = c per variant.
///
/// Undefined without units, or with fewer than two weighted variants.
pub fn test(observed: &[u64], weights: &[f64], concentration: f64) -> Result<SampleRatio, Undefined> {
    if weights.iter().any(|w| !w.is_finite() || *w < 0.0) || concentration.is_nan() || concentration <= 0.0 {
        return Err(Undefined::ParameterOutOfRange);
    }
    let active: Vec<(f64, f64)> =
        observed.iter().zip(weights).filter(|(_, w)| **w > 0.0).map(|(o, w)| (*o as f64, *w)).collect();
    let weight_sum: f64 = active.iter().map(|x| x.1).sum();
    let n: f64 = active.iter().map(|x| x.0).sum();
    if n == 0.0 {
        return Err(Undefined::NoUnits);
    }
    if active.len() < 2 {
        return Err(Undefined::OneSegment);
    }
    let (mut chi2, mut min_expected) = (0.0, f64::INFINITY);
    for (o, w) in &active {
        let expected = n * w / weight_sum;
        chi2 += (o - expected) * (o - expected) / expected;
        min_expected = f64::min(min_expected, expected);
    }
    let counts: Vec<(f64, f64)> = active.iter().map(|(o, w)| (*o, w / weight_sum)).collect();
    let ln_bayes_factor = ln_bayes_factor(&counts, concentration);
    let df = (active.len() - 1) as u32;
    Ok(SampleRatio {
        chi2,
        df,
        p_value: chi_squared::sf(chi2, df),
        min_expected,
        units_in_zero_weight: observed.iter().zip(weights).filter(|(_, w)| **w <= 0.0).map(|(o, _)| *o).sum(),
        ln_bayes_factor,
        sequential_p: exp(-ln_bayes_factor).min(1.0),
    })
}

/// The same question where the weights moved: `weights` has 1/p of every unit of every variant.
///
/// Σ 1/p over a variant's units expects N, the number of all units, with the variance
/// Σ (1/p − 1)/p over them; the largest of the K standardised sums decides, at K times its p, and
/// `sequential_p` is that of their normal mixtures.
/// Undefined without units, or where nothing was left to chance.
pub fn weighted(weights: &[Vec<f64>]) -> Result<SampleRatio, Undefined> {
    let n: f64 = weights.iter().map(|w| w.len() as f64).sum();
    if n == 0.0 {
        return Err(Undefined::NoUnits);
    }
    let k = weights.len() as f64;
    let mixture = NormalMixture::tuned(TUNED_AT * (k - 1.0).max(1.0), ALERT, Sides::Two);
    let (mut largest, mut min_expected, mut ln_e) = (0.0, n, f64::NEG_INFINITY);
    for units in weights {
        let variance: f64 = units.iter().map(|w| w * (w - 1.0)).sum();
        if variance <= 0.0 {
            return Err(Undefined::ZeroVariance);
        }
        let deviation = units.iter().sum::<f64>() - n;
        ln_e = f64::max(ln_e, mixture.ln_e(deviation, variance));
        largest = f64::max(largest, deviation * deviation / variance);
        min_expected = f64::min(min_expected, units.len() as f64);
    }
    let p_value = (k * chi_squared::sf(largest, 1)).min(1.0);
    Ok(SampleRatio {
        chi2: largest,
        df: 1,
        p_value,
        min_expected,
        units_in_zero_weight: 0,
        ln_bayes_factor: ln_e,
        sequential_p: (k * exp(-ln_e)).min(1.0),
    })
}

/// ln of B(α+o)/B(α)/Π θ^o. With x = α + o and X = Σx, Stirling's formula turns
/// Σ ln Γ(x) − ln Γ(X) − Σ o ln θ into Σ deviance(x, Xθ) and terms of the size of ln X: differences
/// of ln Γ(1e9) would lose six digits.
fn ln_bayes_factor(counts: &[(f64, f64)], concentration: f64) -> f64 {
    let total_alpha = concentration * counts.len() as f64;
    let total = total_alpha + counts.iter().map(|(o, _)| o).sum::<f64>();
    let stirling = |x: f64| gamma::stirling_error(x) - 0.5 * ln(x) + 0.5 * ln(2.0 * core::f64::consts::PI);
    let mut sum = gamma::ln_gamma(total_alpha) - stirling(total);
    for (o, share) in counts {
        let alpha = total_alpha * share;
        let x = alpha + o;
        sum += gamma::deviance(x, total * share) + alpha * ln(*share) + stirling(x) - gamma::ln_gamma(alpha);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bayes_factor_is_the_one_of_its_definition() {
        // α = 1, 1; o = 1, 2: B(2, 3)/B(1, 1) · 2³ = 8/12.
        let found = test(&[1, 2], &[0.5, 0.5], 1.0).expect("units");
        assert!((found.ln_bayes_factor - ln(8.0 / 12.0)).abs() < 1e-14);
        assert_eq!(found.sequential_p, 1.0);
        assert_eq!(test(&[0, 0], &[0.5, 0.5], 1.0), Err(Undefined::NoUnits));
    }
}
