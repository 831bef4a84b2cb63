//! The score interval of a difference of proportions: inversion of the test whose standard
//! error is taken under the hypothesis (Mee 1984; Miettinen and Nurminen 1985 without their
//! n/(n−1)).

use serde::Serialize;

use super::{effect::Interval, proportion::Count};
use crate::special::{normal, roots};

/// Whose maximum-likelihood rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreFormula {
    /// The right ones.
    Exact,
    /// statsmodels 0.15, whose cubic has x_c δ where the likelihood has n_c δ: its rates do not
    /// maximise anything and its interval is up to 1 % off. Only to compare with it.
    Statsmodels,
}

/// All δ with |z(δ)| ≤ z_{α/2}, where z(δ) = (p_t − p_c − δ)/√(p̃_t q̃_t/n_t + p̃_c q̃_c/n_c) and
/// p̃ are the maximum-likelihood rates with p̃_t − p̃_c = δ. Answers for zero conversions.
pub fn difference_interval(control: Count, treatment: Count, alpha: f64, formula: ScoreFormula) -> Interval {
    let z = normal::two_sided(alpha);
    let difference = treatment.rate() - control.rate();
    let excess = |delta: f64| {
        let (c, t) = constrained(control, treatment, delta, formula);
        let variance = t * (1.0 - t) / treatment.trials + c * (1.0 - c) / control.trials;
        let gap = (difference - delta).abs();
        if gap == 0.0 {
            return -z;
        }
        gap / variance.max(1e-300).sqrt() - z
    };
    let edge = 1.0 - 1e-14;
    Interval {
        low: if excess(-edge) <= 0.0 { -1.0 } else { roots::solve(excess, -edge, difference) },
        high: if excess(edge) <= 0.0 { 1.0 } else { roots::solve(excess, difference, edge) },
    }
}

/// The maximum-likelihood rates (control, treatment) with treatment − control = δ: the middle
/// root of the likelihood's cubic, by Miettinen and Nurminen's trigonometric form.
fn constrained(control: Count, treatment: Count, delta: f64, formula: ScoreFormula) -> (f64, f64) {
    let (n1, x1, n2, x2) = (treatment.trials, treatment.successes, control.trials, control.successes);
    let n = n1 + n2;
    // In units of n, so that n = 1e9 does not overflow the cubes.
    let l2 = ((n1 + 2.0 * n2) * delta - n - x1 - x2) / n;
    let slope = match formula {
        ScoreFormula::Exact => n2,
        ScoreFormula::Statsmodels => x2,
    };
    let l1 = (slope * delta - n - 2.0 * x2) / n * delta + (x1 + x2) / n;
    let l0 = x2 / n * delta * (1.0 - delta);
    let third = l2 / 3.0;
    let q = third * third * third - l1 * l2 / 6.0 + l0 / 2.0;
    let p = (third * third - l1 / 3.0).max(0.0).sqrt() * if q >= 0.0 { 1.0 } else { -1.0 };
    let cosine = if p == 0.0 { 0.0 } else { (q / (p * p * p)).clamp(-1.0, 1.0) };
    let angle = (core::f64::consts::PI + libm::acos(cosine)) / 3.0;
    let rate = (2.0 * p * libm::cos(angle) - third).clamp((-delta).max(0.0), (1.0 - delta).min(1.0));
    (rate, (rate + delta).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::ln;

    #[test]
    fn the_constrained_rates_maximise_the_likelihood() {
        let count = |x, n| Count::new(x, n).expect("valid");
        for (c, t) in [(count(100, 1000), count(130, 1000)), (count(0, 30), count(4, 31)), (count(9, 10), count(3, 12))]
        {
            for delta in [-0.3, -0.05, 0.02, 0.2] {
                let likelihood = |p: f64| {
                    let term = |x: f64, p: f64| if x == 0.0 { 0.0 } else { x * ln(p.max(1e-300)) };
                    let q = p + delta;
                    term(c.successes, p)
                        + term(c.trials - c.successes, 1.0 - p)
                        + term(t.successes, q)
                        + term(t.trials - t.successes, 1.0 - q)
                };
                let (p, _) = constrained(c, t, delta, ScoreFormula::Exact);
                let inside = |p: f64| (0.0..=1.0).contains(&p) && (0.0..=1.0).contains(&(p + delta));
                assert!(inside(p));
                for step in [-1e-3, 1e-3] {
                    assert!(
                        !inside(p + step) || likelihood(p + step) <= likelihood(p) + 1e-9,
                        "{c:?} {t:?} {delta}: {p}"
                    );
                }
            }
        }
    }

    #[test]
    fn zero_conversions_get_an_interval() {
        let none = Count::new(0, 500).expect("valid");
        let interval = difference_interval(none, none, 0.05, ScoreFormula::Exact);
        assert!(interval.low < 0.0 && interval.high > 0.0 && interval.high < 0.02, "{interval:?}");
    }
}
