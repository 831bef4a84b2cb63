//! The rank-sum test: is one variant's value usually larger?

use serde::Serialize;

use crate::{special::normal, undefined::Undefined};

/// Mann and Whitney's U (1947) of the treatment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MannWhitney {
    pub u_treatment: f64,
    /// U/(n_t n_c): P(treatment > control) + ½ P(equal).
    pub prob_superiority: f64,
    /// Normal, with tie correction and continuity correction. 1 when all values are equal, which
    /// is exact: every permutation gives the same U.
    pub p_asymptotic: f64,
    /// Over all permutations; only without ties and up to n_t n_c = 10,000.
    pub p_exact: Option<f64>,
}

/// Undefined when a variant is empty or a value is not a number.
pub fn test(control: &[f64], treatment: &[f64]) -> Result<MannWhitney, Undefined> {
    if control.is_empty() || treatment.is_empty() {
        return Err(Undefined::NoUnits);
    }
    if control.iter().chain(treatment).any(|x| x.is_nan()) {
        return Err(Undefined::NotFinite);
    }
    let mut all: Vec<(f64, bool)> = control.iter().map(|&x| (x, false)).collect();
    all.extend(treatment.iter().map(|&x| (x, true)));
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (nc, nt) = (control.len() as f64, treatment.len() as f64);
    let (mut rank_sum, mut tie_sum, mut before) = (0.0, 0.0, 0.0);
    for tied in all.chunk_by(|a, b| a.0 == b.0) {
        let t = tied.len() as f64;
        let treated = tied.iter().filter(|x| x.1).count() as f64;
        rank_sum += treated * (before + 0.5 * (t + 1.0));
        tie_sum += t * t * t - t;
        before += t;
    }
    let u = rank_sum - nt * (nt + 1.0) / 2.0;
    let n = nc + nt;
    let variance = nc * nt / 12.0 * ((n + 1.0) - tie_sum / (n * (n - 1.0)));
    let excess = (u - 0.5 * nc * nt).abs() - 0.5;
    let p_asymptotic = if variance > 0.0 { (2.0 * normal::sf(excess / variance.sqrt())).min(1.0) } else { 1.0 };
    let p_exact = (tie_sum == 0.0 && nc * nt <= 10_000.0).then(|| exact(control.len(), treatment.len(), u));
    Ok(MannWhitney { u_treatment: u, prob_superiority: u / (nc * nt), p_asymptotic, p_exact })
}

/// 2 P(U ≤ min(u, n m − u)), at most 1. The numbers of permutations with each U are the
/// coefficients of the Gaussian binomial Π (1 − q^(n+i))/(1 − q^i); the low ones depend on lower
/// ones only, so the smaller tail is summed without losing digits.
fn exact(nc: usize, nt: usize, u: f64) -> f64 {
    let most = nc * nt;
    let tail = u.min(most as f64 - u).round() as usize;
    let mut counts = vec![0.0; tail + 1];
    counts[0] = 1.0;
    for i in 1..=nt {
        for k in (nc + i..=tail).rev() {
            counts[k] -= counts[k - nc - i];
        }
        for k in i..=tail {
            counts[k] += counts[k - i];
        }
    }
    let all: f64 = (1..=nt).map(|i| (nc + i) as f64 / i as f64).product();
    (2.0 * counts.iter().sum::<f64>() / all).min(1.0)
}
