//! The upper tail of χ² with whole degrees of freedom.

use super::{exp, gamma, ln};

/// P(χ²_df > x): a finite sum of positive terms (Abramowitz and Stegun 26.4.4, 26.4.5), so no
/// digit cancels however small the tail. df = 0 or x ≤ 0 gives 1.
pub fn sf(x: f64, df: u32) -> f64 {
    if df == 0 || x <= 0.0 {
        return 1.0;
    }
    if !x.is_finite() {
        return if x.is_nan() { f64::NAN } else { 0.0 };
    }
    let h = 0.5 * x;
    let odd = df % 2 == 1;
    let mut tail = if odd { libm::erfc(h.sqrt()) } else { 0.0 };
    // Odd: h^(j−½)/Γ(j+½) for j = 1..(df−1)/2.  Even: h^j/j! for j = 0..df/2.
    let start = if odd { 0.5 } else { 0.0 };
    for j in 0..df / 2 {
        let power = f64::from(j) + start;
        tail += exp(power * ln(h) - h - gamma::ln_gamma(power + 1.0));
    }
    tail.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_critical_values() {
        for (df, x) in [
            (1, 3.841_458_820_694_124),
            (2, 5.991_464_547_107_979),
            (3, 7.814_727_903_251_179),
            (10, 18.307_038_053_275_146),
        ] {
            assert!((sf(x, df) - 0.05).abs() < 1e-13, "df {df}: {}", sf(x, df));
        }
    }
}
