//! Student's t, for any degrees of freedom: statrs is wrong above 1e5 and hangs above 2e7.

use super::{beta, exp, ln, normal};

/// (df, t): above this df the normal expansion is used up to this t, where its error is below 1e-12
/// (1e-9 at t = 60 for the first): it is ten times cheaper than the continued fraction.
const EXPANSION: [(f64, f64); 3] = [(1e4, f64::INFINITY), (300.0, 8.0), (100.0, 3.5)];

/// ln P(T > t), df > 0.
///
/// By the incomplete beta function I_{df/(df+t²)}(df/2, ½)/2, and where df is large by Hill's
/// normal deviate (CACM algorithm 395, 1970), whose error is O(df⁻⁴).
pub fn ln_sf(t: f64, df: f64) -> f64 {
    if t < 0.0 {
        return super::ln_one_minus_exp(ln_sf(-t, df));
    }
    if t == 0.0 {
        return -core::f64::consts::LN_2;
    }
    if EXPANSION.iter().any(|(least_df, most_t)| df > *least_df && t <= *most_t) {
        return normal::ln_sf(normal_deviate(t, df));
    }
    let square = t * t;
    let (x, y) = (df / (df + square), square / (df + square));
    beta::ln_tails(0.5 * df, 0.5, x, y).lower - core::f64::consts::LN_2
}

/// The normal deviate with the same tail as t (t ≥ 0).
fn normal_deviate(t: f64, df: f64) -> f64 {
    let a = df - 0.5;
    let b = 48.0 * a * a;
    let y = a * super::ln_1p(t * t / df);
    (((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0) / b + 1.0) * y.sqrt()
}

/// P(T > t).
pub fn sf(t: f64, df: f64) -> f64 {
    exp(ln_sf(t, df))
}

/// P(T ≤ t).
pub fn cdf(t: f64, df: f64) -> f64 {
    exp(ln_sf(-t, df))
}

/// 2 P(T > |t|): never exactly 0 before it underflows, unlike 2(1 − cdf).
pub fn two_sided_p(t: f64, df: f64) -> f64 {
    (2.0 * sf(t.abs(), df)).min(1.0)
}

/// t with P(T > t) = p, 0 < p < 1: safeguarded Newton on the logarithm of the tail in ln t.
pub fn upper_quantile(p: f64, df: f64) -> f64 {
    if p > 0.5 {
        return -upper_quantile(1.0 - p, df);
    }
    if p == 0.5 {
        return 0.0;
    }
    if p <= 0.0 || df.is_nan() {
        return if p == 0.0 { f64::INFINITY } else { f64::NAN };
    }
    let target = ln(p);
    let z = normal::upper_quantile(p);
    // Cornish and Fisher's first two terms start well for large df; the bracket saves the rest.
    let start = z * (1.0 + (z * z + 1.0) / (4.0 * df) + (5.0 * z.powi(4) + 16.0 * z * z + 3.0) / (96.0 * df * df));
    // t is at least the normal quantile; the upper end is found by doubling.
    let mut high = ln(start.max(z));
    while ln_sf(exp(high), df) > target {
        high += 1.0;
    }
    let mut low = ln(z) - 1e-9;
    let mut u = ln(start.max(z)).min(high);
    for _ in 0..100 {
        let value = ln_sf(exp(u), df);
        let gap = value - target;
        if gap.abs() <= 2e-16 * target.abs() {
            break;
        }
        if gap > 0.0 {
            low = u;
        } else {
            high = u;
        }
        // d ln sf / d ln t = −t f(t) / sf(t).
        let newton = u + gap / exp(u + ln_pdf(exp(u), df) - value);
        if (newton - u).abs() <= 2e-16 * u.abs().max(1.0) {
            return exp(newton);
        }
        u = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
    }
    exp(u)
}

fn ln_pdf(t: f64, df: f64) -> f64 {
    // 1/(√df B(df/2, ½)) (1 + t²/df)^(−(df+1)/2)
    -0.5 * ln(df) - super::gamma::ln_beta(0.5 * df, 0.5) - 0.5 * (df + 1.0) * super::ln_1p(t * t / df)
}

/// t of a two-sided level: P(|T| > t) = α.
pub fn two_sided(alpha: f64, df: f64) -> f64 {
    upper_quantile(alpha / 2.0, df)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_scipy_at_every_size_of_df() {
        // scipy 1.17.1, t.isf(0.025, df).
        for (df, expected) in [
            (1.0, 12.706204736174694),
            (2.0, 4.302652729749462),
            (9.0, 2.262157162798205),
            (30.5, 2.0408694451863205),
            (1e3, 1.9623390808264078),
            (1e4, 1.9602012398906263),
            (1e5, 1.95998770753461),
            (1e7, 1.9599642217672055),
        ] {
            let found = upper_quantile(0.025, df);
            assert!((found / expected - 1.0).abs() < 1e-12, "df {df}: {found}");
        }
        assert!((upper_quantile(0.025, 2e9) - 1.959_963_985_726_19).abs() < 1e-12);
    }

    #[test]
    fn the_two_formulas_meet_at_their_borders() {
        let gap = |t: f64, df: f64| {
            let square = t * t;
            let (x, y) = (df / (df + square), square / (df + square));
            let exact = beta::ln_tails(0.5 * df, 0.5, x, y).lower - core::f64::consts::LN_2;
            (exact - normal::ln_sf(normal_deviate(t, df))).abs()
        };
        for (df, most) in EXPANSION {
            for t in [0.01, 0.5, 2.0, 3.5, 5.0, 8.0, 20.0, 60.0].into_iter().filter(|t| *t <= most) {
                let bound = if t > 8.0 { 1e-9 } else { 1e-12 };
                assert!(gap(t, df) < bound, "df {df}, t {t}: {}", gap(t, df));
            }
        }
    }

    #[test]
    fn tails_and_quantiles_invert() {
        for df in [1.0, 1.5, 3.0, 50.0, 9999.0, 10001.0, 3e6] {
            for p in [1e-12, 1e-4, 0.025, 0.3, 0.7] {
                let t = upper_quantile(p, df);
                assert!((sf(t, df) / p - 1.0).abs() < 1e-11, "df {df} p {p}: {t}");
            }
        }
    }
}
