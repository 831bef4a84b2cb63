//! Many tests at once: adjusted p-values, in the order given.

use serde::{Deserialize, Serialize};

use crate::special::{exp, expm1, ln_1p};

/// How p-values are adjusted for their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// n p.
    Bonferroni,
    /// 1 − (1 − p)^n, for independent tests.
    Sidak,
    /// Step-down Bonferroni (Holm 1979): the default for decision metrics.
    Holm,
    /// Step-down Šidák.
    HolmSidak,
    /// Step-up (Hochberg 1988), for tests that are not negatively dependent.
    Hochberg,
    /// Closed Simes tests (Hommel 1988), at least as strong as Hochberg.
    Hommel,
    /// False discovery rate (Benjamini and Hochberg 1995): the default for exploration.
    BenjaminiHochberg,
    /// False discovery rate under any dependence (Benjamini and Yekutieli 2001).
    BenjaminiYekutieli,
}

impl Adjustment {
    pub const ALL: [Self; 8] = [
        Self::Bonferroni,
        Self::Sidak,
        Self::Holm,
        Self::HolmSidak,
        Self::Hochberg,
        Self::Hommel,
        Self::BenjaminiHochberg,
        Self::BenjaminiYekutieli,
    ];
}

/// Adjusted p-values: reject at α where the adjusted one is at most α.
pub fn adjust(p_values: &[f64], how: Adjustment) -> Vec<f64> {
    let n = p_values.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]).then(a.cmp(&b)));
    let sorted: Vec<f64> = order.iter().map(|&i| p_values[i]).collect();
    let count = n as f64;
    // The number of tests still open at step i.
    let open = |i: usize| (n - i) as f64;
    let harmonic: f64 = (1..=n).map(|i| 1.0 / i as f64).sum();
    let mut adjusted: Vec<f64> = sorted
        .iter()
        .enumerate()
        .map(|(i, &p)| match how {
            Adjustment::Bonferroni => count * p,
            Adjustment::Sidak => sidak(p, count),
            Adjustment::Holm | Adjustment::Hochberg => open(i) * p,
            Adjustment::HolmSidak => sidak(p, open(i)),
            Adjustment::BenjaminiHochberg => count / (i + 1) as f64 * p,
            Adjustment::BenjaminiYekutieli => harmonic * count / (i + 1) as f64 * p,
            Adjustment::Hommel => p,
        })
        .collect();
    match how {
        Adjustment::Holm | Adjustment::HolmSidak => {
            for i in 1..n {
                adjusted[i] = adjusted[i].max(adjusted[i - 1]);
            }
        }
        Adjustment::Hochberg | Adjustment::BenjaminiHochberg | Adjustment::BenjaminiYekutieli => {
            for i in (1..n).rev() {
                adjusted[i - 1] = adjusted[i - 1].min(adjusted[i]);
            }
        }
        Adjustment::Hommel => adjusted = hommel(&sorted),
        Adjustment::Bonferroni | Adjustment::Sidak => {}
    }
    let mut result = vec![0.0; n];
    for (value, &i) in adjusted.iter().zip(&order) {
        result[i] = value.min(1.0);
    }
    result
}

/// 1 − (1 − p)^n without losing a small p.
fn sidak(p: f64, n: f64) -> f64 {
    if p >= 1.0 { 1.0 } else { -expm1(n * ln_1p(-p)) }
}

/// Hommel's adjusted p by Wright's algorithm (1992), p ascending.
fn hommel(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let mut adjusted = p.to_vec();
    for m in (2..=n).rev() {
        let split = n - m;
        // min over the m largest of m p_(i)/rank.
        let simes = (1..=m).map(|rank| m as f64 * p[split + rank - 1] / rank as f64).fold(f64::INFINITY, f64::min);
        for (i, value) in adjusted.iter_mut().enumerate() {
            let own = if i >= split { simes } else { simes.min(m as f64 * p[i]) };
            *value = value.max(own);
        }
    }
    adjusted
}

/// The level each test may use so that the family keeps α over independent tests: for planning.
pub fn sidak_level(alpha: f64, tests: u32) -> f64 {
    1.0 - exp(ln_1p(-alpha) / f64::from(tests.max(1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn adjusting_never_lowers_p_and_keeps_the_order(p in prop::collection::vec(0.0..1.0f64, 1..12)) {
            for how in Adjustment::ALL {
                let adjusted = adjust(&p, how);
                for (i, a) in adjusted.iter().enumerate() {
                    prop_assert!(*a >= p[i] * (1.0 - 1e-12) && *a <= 1.0, "{:?} {:?} {:?}", how, p, adjusted);
                    for (j, b) in adjusted.iter().enumerate() {
                        prop_assert!(p[i] >= p[j] || a <= b);
                    }
                }
            }
            let (hochberg, hommel) = (adjust(&p, Adjustment::Hochberg), adjust(&p, Adjustment::Hommel));
            prop_assert!(hommel.iter().zip(&hochberg).all(|(a, b)| *a <= b * (1.0 + 1e-12)));
        }
    }
}
