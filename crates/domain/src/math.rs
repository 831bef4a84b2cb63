//! Pinned arithmetic: the platform's `exp` and `ln` differ in the last bit between machines,
//! which replay forbids, so these come from one exact version of `libm` in Rust.

/// e^x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// 1 / (1 + e^−x), without overflow at either end.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// ln(p / (1 − p)); ±∞ at the ends.
pub fn logit(p: f64) -> f64 {
    ln(p) - libm::log1p(-p)
}

/// P(Z ≤ x) of a standard normal Z.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_pinned() {
        // These bits are part of the replay contract: if they move, raise the engine version.
        assert_eq!(exp(1.0).to_bits(), 0x4005_bf0a_8b14_576a);
        assert_eq!(ln(10.0).to_bits(), 0x4002_6bb1_bbb5_5516);
        assert_eq!(sigmoid(-0.7).to_bits(), sigmoid(-0.7).to_bits());
    }

    #[test]
    fn the_normal_distribution_is_as_tabulated() {
        for (x, p) in [(0.0, 0.5), (1.0, 0.841_344_746_068_543), (-1.959_963_984_540_054, 0.025), (-9.0, 1.1286e-19)] {
            assert!((normal_cdf(x) / p - 1.0).abs() < 1e-4, "{x}: {}", normal_cdf(x));
        }
    }

    #[test]
    fn sigmoid_and_logit_are_inverse() {
        for p in [1e-12, 0.01, 0.5, 0.99] {
            assert!((sigmoid(logit(p)) - p).abs() < 1e-15);
        }
        assert_eq!((sigmoid(-800.0), sigmoid(800.0)), (0.0, 1.0));
    }
}
