//! The standard normal distribution.

use core::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use super::{exp, ln};

/// ln √(2π).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// φ(x).
pub fn pdf(x: f64) -> f64 {
    exp(-0.5 * x * x - LN_SQRT_2PI)
}

/// Φ(x).
pub fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// 1 − Φ(x), exact in the tail.
pub fn sf(x: f64) -> f64 {
    0.5 * libm::erfc(x * FRAC_1_SQRT_2)
}

/// ln(1 − Φ(x)); from x = 30 by Mills' ratio (Abramowitz and Stegun 26.2.12), so that it never
/// underflows.
pub fn ln_sf(x: f64) -> f64 {
    if x < 30.0 {
        return ln(sf(x));
    }
    let r = 1.0 / (x * x);
    -0.5 * x * x - LN_SQRT_2PI - ln(x) + super::ln_1p(-r * (1.0 - 3.0 * r * (1.0 - 5.0 * r * (1.0 - 7.0 * r))))
}

/// z with 1 − Φ(z) = p. statrs' inverse of `erfc` (below 1e-290 √(−2 ln p)), polished on the
/// logarithm of the tail. p = 0 gives ∞, p = 1 gives −∞, outside 0..1 NaN.
pub fn upper_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -upper_quantile(1.0 - p);
    }
    if p <= 0.0 {
        return if p == 0.0 { f64::INFINITY } else { f64::NAN };
    }
    if p.is_nan() {
        return p;
    }
    let extreme = p < 1e-290;
    let mut z = if extreme { (-2.0 * ln(p)).sqrt() } else { SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p) };
    for _ in 0..if extreme { 5 } else { 1 } {
        let tail = ln_sf(z);
        // d ln(1−Φ)/dz = −φ/(1−Φ).
        z += (tail - ln(p)) / exp(-0.5 * z * z - LN_SQRT_2PI - tail);
    }
    z
}

/// z with Φ(z) = p.
pub fn quantile(p: f64) -> f64 {
    -upper_quantile(p)
}

/// z of a two-sided level: 1 − Φ(z) = α/2.
pub fn two_sided(alpha: f64) -> f64 {
    upper_quantile(alpha / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_published_values() {
        for (p, z) in
            [(0.025, 1.959_963_984_540_054), (0.2, 0.841_621_233_572_914_3), (1e-10, 6.361_340_902_404_056), (0.5, 0.0)]
        {
            assert!((upper_quantile(p) - z).abs() < 1e-14 * (1.0 + z), "{p}: {}", upper_quantile(p));
        }
        for p in [1e-280, 1e-300, 5e-324] {
            assert!((ln_sf(upper_quantile(p)) / ln(p) - 1.0).abs() < 1e-14, "{p}");
        }
        assert!(upper_quantile(f64::NAN).is_nan());
        assert!((ln_sf(29.999_999) - ln_sf(30.000_001)).abs() < 1e-4);
    }
}
