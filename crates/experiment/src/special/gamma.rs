//! ln Γ and the two pieces of Loader's saddle-point expansion, which keep full precision where
//! differences of ln Γ would cancel (Loader 2000, *Fast and accurate computation of binomial
//! probabilities*).

use super::ln;

/// ln √(2π).
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ln n! minus Stirling's approximation of it: ln Γ(n+1) − (n + ½) ln n + n − ln √(2π), n > 0.
pub fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * ln(n) + n - LN_SQRT_2PI;
    }
    let nn = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / nn) / nn) / nn) / nn) / n
}

/// x ln(x/m) + m − x, for x ≥ 0 and m > 0: how far x lies from its expectation m.
pub fn deviance(x: f64, m: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * ln(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// ln of the binomial-like weight C(a+b, a) x^a y^b with y = 1 − x, for real a, b ≥ 0.
pub fn ln_binomial_weight(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    if a == 0.0 {
        return b * if x < 0.1 { super::ln_1p(-x) } else { ln(y) };
    }
    if b == 0.0 {
        return a * if y < 0.1 { super::ln_1p(-y) } else { ln(x) };
    }
    stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y)
        + 0.5 * (ln(n) - ln(a) - ln(b))
        - LN_SQRT_2PI
}

/// ln B(a, b) for a, b > 0.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if small < 10.0 {
        return ln_gamma(small) + ln_gamma_ratio(large, small);
    }
    // B(a,b) = (a+b)/(ab) / C(a+b, a), the binomial weight taken at its own mean.
    let n = a + b;
    ln(n) - ln(a) - ln(b) - ln_binomial_weight(a, b, a / n, b / n) + a * ln(a / n) + b * ln(b / n)
}

/// ln Γ(x) − ln Γ(x + d) for d ≥ 0, stable for large x.
fn ln_gamma_ratio(x: f64, d: f64) -> f64 {
    if x < 1e3 {
        return ln_gamma(x) - ln_gamma(x + d);
    }
    // ln Γ(x) = (x − ½) ln x − x + ln √(2π) + s(x), with s the Stirling error of Γ itself.
    let series = |x: f64| 1.0 / (12.0 * x) - 1.0 / (360.0 * x * x * x);
    -(x - 0.5) * super::ln_1p(d / x) - d * ln(x + d) + d + series(x) - series(x + d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_agrees_with_gamma_where_gamma_is_exact() {
        for (a, b) in [(1.0, 1.0), (0.5, 0.5), (3.0, 7.0), (12.5, 30.0), (2000.0, 0.7), (15.0, 15.0)] {
            let direct = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
            assert!(
                (ln_beta(a, b) - direct).abs() < 1e-12 * (1.0 + direct.abs()),
                "{a} {b}: {} {direct}",
                ln_beta(a, b)
            );
        }
    }

    #[test]
    fn the_binomial_weight_is_the_binomial_probability() {
        // C(10, 3) 0.3^3 0.7^7 = 0.266827932
        assert!((ln_binomial_weight(3.0, 7.0, 0.3, 0.7) - 0.266_827_932_f64.ln()).abs() < 1e-9);
        assert!((ln_binomial_weight(0.0, 5.0, 0.2, 0.8) - 5.0 * 0.8_f64.ln()).abs() < 1e-14);
    }
}
