//! Do segments differ? Fixed and random effects over segments.

use serde::Serialize;

use crate::{special::chi_squared, undefined::Undefined};

/// Cochran's Q with the DerSimonian–Laird random effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heterogeneity {
    pub fixed_effect: f64,
    pub fixed_se: f64,
    pub q: f64,
    pub df: u32,
    pub p_value: f64,
    /// max(0, (Q − df)/Q): the share of the spread that chance does not explain.
    pub i2: f64,
    /// max(0, (Q − df)/(Σw − Σw²/Σw)), the variance between segments.
    pub tau2: f64,
    pub random_effect: f64,
    pub random_se: f64,
    /// Each segment's effect drawn towards the random effect by τ²/(τ² + se²): read these, not
    /// the raw ones.
    pub shrunken: Vec<f64>,
}

/// w = 1/se² (Cochran 1954; DerSimonian and Laird 1986). Undefined with one segment or a
/// standard error of zero.
pub fn segments(effects: &[f64], std_errors: &[f64]) -> Result<Heterogeneity, Undefined> {
    if effects.len() < 2 {
        return Err(Undefined::OneSegment);
    }
    if effects.iter().chain(std_errors).any(|x| !x.is_finite()) {
        return Err(Undefined::NotFinite);
    }
    if std_errors.iter().any(|s| *s <= 0.0) {
        return Err(Undefined::ZeroVariance);
    }
    let weights: Vec<f64> = std_errors.iter().map(|s| 1.0 / (s * s)).collect();
    let (fixed_effect, sum) = weighted_mean(effects, &weights);
    let q: f64 = effects.iter().zip(&weights).map(|(e, w)| w * (e - fixed_effect) * (e - fixed_effect)).sum();
    let df = (effects.len() - 1) as f64;
    let scale = sum - weights.iter().map(|w| w * w).sum::<f64>() / sum;
    let tau2 = ((q - df) / scale).max(0.0);
    let random_weights: Vec<f64> = std_errors.iter().map(|s| 1.0 / (s * s + tau2)).collect();
    let (random_effect, random_sum) = weighted_mean(effects, &random_weights);
    let shrunken = effects
        .iter()
        .zip(std_errors)
        .map(|(e, s)| random_effect + tau2 / (tau2 + s * s) * (e - random_effect))
        .collect();
    Ok(Heterogeneity {
        fixed_effect,
        fixed_se: (1.0 / sum).sqrt(),
        q,
        df: df as u32,
        p_value: chi_squared::sf(q, df as u32),
        i2: if q > 0.0 { ((q - df) / q).max(0.0) } else { 0.0 },
        tau2,
        random_effect,
        random_se: (1.0 / random_sum).sqrt(),
        shrunken,
    })
}

fn weighted_mean(values: &[f64], weights: &[f64]) -> (f64, f64) {
    let sum: f64 = weights.iter().sum();
    (values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / sum, sum)
}
