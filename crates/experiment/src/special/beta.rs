//! The regularised incomplete beta function and its inverse.

use super::{exp, gamma, ln, ln_one_minus_exp};

/// ln I_x(a, b) and ln(1 − I_x(a, b)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LnTails {
    pub lower: f64,
    pub upper: f64,
}

/// Both tails of Beta(a, b) at x, with y = 1 − x given apart so that an x near 1 keeps its digits.
///
/// Lentz's continued fraction (Numerical Recipes §6.4) on the side where it converges fast; its
/// prefactor x^a y^b / (a B(a,b)) comes from Loader's expansion, so that a = 1e9 costs no
/// digits. a, b > 0; x ≤ 0 gives (−∞, 0), x ≥ 1 gives (0, −∞).
pub fn ln_tails(a: f64, b: f64, x: f64, y: f64) -> LnTails {
    if x <= 0.0 {
        return LnTails { lower: f64::NEG_INFINITY, upper: 0.0 };
    }
    if y <= 0.0 {
        return LnTails { lower: 0.0, upper: f64::NEG_INFINITY };
    }
    if x * (a + b + 2.0) < a + 1.0 {
        let lower = ln_fraction(a, b, x, y).min(0.0);
        LnTails { lower, upper: ln_one_minus_exp(lower) }
    } else {
        let upper = ln_fraction(b, a, y, x).min(0.0);
        LnTails { lower: ln_one_minus_exp(upper), upper }
    }
}

/// ln(x^a y^b / B(a, b)).
pub fn ln_weight(a: f64, b: f64, x: f64, y: f64) -> f64 {
    ln(a) + ln(b) - ln(a + b) + gamma::ln_binomial_weight(a, b, x, y)
}

fn ln_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let keep = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    // The fraction needs O(√max(a, b)) steps: 1e5 at a = 1e9.
    for i in 1..2_000_000 {
        let m = f64::from(i);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / keep(1.0 + even * d);
        c = keep(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / keep(1.0 + odd * d);
        c = keep(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    ln_weight(a, b, x, y) - ln(a) + ln(h)
}

/// P(X ≤ x) of Beta(a, b).
pub fn cdf(a: f64, b: f64, x: f64) -> f64 {
    exp(ln_tails(a, b, x, 1.0 - x).lower)
}

/// P(X > x) of Beta(a, b).
pub fn sf(a: f64, b: f64, x: f64) -> f64 {
    exp(ln_tails(a, b, x, 1.0 - x).upper)
}

/// The p quantile of Beta(a, b), 0 ≤ p ≤ 1: safeguarded Newton on ln I in ln x, from whichever
/// end is nearer, so that a quantile of 1e-12 keeps twelve digits.
pub fn quantile(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let half = ln_tails(a, b, 0.5, 0.5);
    if ln(p) <= half.lower { exp(ln_x(a, b, ln(p))) } else { 1.0 - exp(ln_x(b, a, super::ln_1p(-p))) }
}

/// ln x with ln I_x(a, b) = target, x ≤ ½.
fn ln_x(a: f64, b: f64, target: f64) -> f64 {
    let (mut low, mut high) = (-745.0, -core::f64::consts::LN_2);
    let mut u = (ln(a / (a + b))).clamp(low + 1.0, high - 1e-3);
    for _ in 0..200 {
        let (x, y) = (exp(u), -libm::expm1(u));
        let value = ln_tails(a, b, x, y).lower;
        let gap = value - target;
        if gap.abs() <= 2e-16 * target.abs() {
            break;
        }
        if gap > 0.0 {
            high = u;
        } else {
            low = u;
        }
        // d ln I / d ln x = x^a y^(b−1) / (B I).
        let slope = exp(ln_weight(a, b, x, y) - ln(y) - value);
        let newton = u - gap / slope;
        if (newton - u).abs() <= 2e-16 * u.abs() {
            return newton;
        }
        u = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
    }
    u
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_and_quantiles_agree() {
        for (a, b) in [(1.0, 1.0), (0.5, 0.5), (2.0, 8.0), (0.5, 50.5), (1e6, 1e9), (5e8, 5e8), (40.0, 1.0)] {
            for p in [1e-6, 0.025, 0.5, 0.9, 0.999] {
                let x = quantile(a, b, p);
                assert!(
                    (cdf(a, b, x) - p).abs() < 2e-7 * p.min(1.0 - p).max(1e-3),
                    "Beta({a},{b}) at {p}: {x} {}",
                    cdf(a, b, x)
                );
            }
        }
    }

    #[test]
    fn known_values() {
        // Beta(1, b): 1 − (1−x)^b.  Beta(2, 3) at 0.5: 11/16.
        assert!((cdf(1.0, 5.0, 0.2) - (1.0 - 0.8_f64.powi(5))).abs() < 1e-15);
        assert!((cdf(2.0, 3.0, 0.5) - 0.6875).abs() < 1e-15);
        assert!((quantile(1.0, 1.0, 0.975) - 0.975).abs() < 1e-14);
    }
}
