//! Budget split: every rep works half for each variant, so reps are compared with themselves.

use serde::Serialize;

use pointsman_domain::Rng;

use super::effect::{self, Effect, Sample};
use crate::{moments::Moments, undefined::Undefined};

/// t on the reps' differences b − a, n − 1 degrees of freedom (Student 1908). Undefined with
/// fewer than two reps or when the differences do not vary (up to rounding: 1e-12 of the values).
pub fn paired_t(control: &[f64], treatment: &[f64]) -> Result<Effect, Undefined> {
    let differences = Moments::of(&differences(control, treatment));
    if differences.n < 2.0 {
        return Err(Undefined::TooFewUnits);
    }
    let size = control.iter().chain(treatment).fold(0.0_f64, |m, x| m.max(x.abs()));
    let sample = Sample::from(differences);
    if sample.variance.sqrt() <= 1e-12 * size {
        return Err(Undefined::ZeroVariance);
    }
    Ok(Effect { estimate: sample.mean, std_error: sample.squared_error().sqrt(), df: sample.n - 1.0 })
}

fn differences(control: &[f64], treatment: &[f64]) -> Vec<f64> {
    treatment.iter().zip(control).map(|(b, a)| b - a).collect()
}

/// The most reps whose 2^n sign patterns are walked one by one.
const EXACT_REPS: usize = 20;

/// P(|Σ ±d| at least as large) over all 2^n sign patterns (Fisher 1935); above 20 reps over
/// 200,000 drawn patterns with this seed, the observed one included.
pub fn sign_flip_p(control: &[f64], treatment: &[f64], seed: u64) -> Result<f64, Undefined> {
    let d = differences(control, treatment);
    if d.is_empty() {
        return Err(Undefined::NoUnits);
    }
    let sum_of = |signs: u64| -> f64 {
        d.iter().enumerate().map(|(i, x)| if signs >> (i % 64) & 1 == 1 { -x } else { *x }).sum()
    };
    let observed = d.iter().sum::<f64>().abs();
    let slack = 1e-12 * d.iter().map(|x| x.abs()).sum::<f64>().max(1.0);
    if d.len() <= EXACT_REPS {
        let patterns = 1u64 << d.len();
        let hits = (0..patterns).filter(|&s| sum_of(s).abs() >= observed - slack).count();
        return Ok(hits as f64 / patterns as f64);
    }
    let mut rng = Rng::seeded(seed);
    let draws = 200_000;
    let mut hits = 1;
    for _ in 0..draws {
        let mut sum = 0.0;
        let mut bits = 0;
        for (i, x) in d.iter().enumerate() {
            if i % 64 == 0 {
                bits = rng.next_u64();
            }
            sum += if bits >> (i % 64) & 1 == 1 { -x } else { *x };
        }
        hits += i32::from(sum.abs() >= observed - slack);
    }
    Ok(f64::from(hits) / f64::from(draws + 1))
}

/// The lift of the totals with a jackknife that leaves out one rep at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RatioLift {
    pub lift: f64,
    /// √((n−1)/n Σ (lift_(i) − mean)²); 0 for one rep.
    pub jackknife_se: f64,
}

/// Σb/Σa − 1. Undefined when a total, or a total without one rep, is zero.
pub fn ratio_lift(control: &[f64], treatment: &[f64]) -> Result<RatioLift, Undefined> {
    let (a, b): (f64, f64) = (control.iter().sum(), treatment.iter().sum());
    let n = control.len() as f64;
    if a == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let without: Vec<f64> = control.iter().zip(treatment).map(|(x, y)| (b - y) / (a - x) - 1.0).collect();
    if n > 1.0 && without.iter().any(|l| !l.is_finite()) {
        return Err(Undefined::ZeroBaseline);
    }
    let jackknife_se = if n > 1.0 { ((n - 1.0) / n * effect_spread(&without)).sqrt() } else { 0.0 };
    Ok(RatioLift { lift: b / a - 1.0, jackknife_se })
}

fn effect_spread(values: &[f64]) -> f64 {
    Moments::of(values).ss
}

/// Welch's test as if the reps were not paired: printed beside the paired one to show what
/// pairing brought.
pub fn unpaired(control: &[f64], treatment: &[f64]) -> Result<Effect, Undefined> {
    effect::welch(&Moments::of(control).into(), &Moments::of(treatment).into())
}
