//! One bracketing root finder, for every bound and every sample size.

/// The root of a function that changes sign between `low` and `high`, to about 1e-15 relative:
/// Chandrupatla's hybrid of bisection and inverse quadratic interpolation (1997). When the signs
/// are equal the end with the smaller |f| is returned.
pub fn solve(mut f: impl FnMut(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 || (fa > 0.0) == (fb > 0.0) {
        return if fb.abs() < fa.abs() { b } else { a };
    }
    let (mut c, mut fc);
    let mut t = 0.5;
    for _ in 0..300 {
        let x = a + t * (b - a);
        let fx = f(x);
        if (fx > 0.0) == (fa > 0.0) {
            (c, fc) = (a, fa);
        } else {
            (c, b) = (b, a);
            (fc, fb) = (fb, fa);
        }
        (a, fa) = (x, fx);
        let best = if fa.abs() < fb.abs() { a } else { b };
        let width = (b - a).abs();
        let tolerance = (4.0 * f64::EPSILON * best.abs() + 1e-300) / width;
        if fa == 0.0 || fb == 0.0 || tolerance > 0.5 {
            return best;
        }
        let xi = (a - b) / (c - b);
        let phi = (fa - fb) / (fc - fb);
        t = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        t = t.clamp(tolerance, 1.0 - tolerance);
    }
    if fa.abs() < fb.abs() { a } else { b }
}

/// The first point at or above `start` (doubling the step) where `f` is not negative, then the
/// root below it. `None` when `f` stays negative up to `limit`.
pub fn solve_upward(mut f: impl FnMut(f64) -> f64, start: f64, limit: f64) -> Option<f64> {
    let (mut low, mut high) = (start, start.max(f64::MIN_POSITIVE) * 2.0);
    if f(start) >= 0.0 {
        return Some(start);
    }
    while f(high) < 0.0 {
        if high > limit {
            return None;
        }
        low = high;
        high *= 2.0;
    }
    Some(solve(f, low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_simple_and_steep_roots() {
        assert!((solve(|x| x * x - 2.0, 0.0, 2.0) - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((solve(|x| x.exp() - 1e6, 0.0, 100.0) - 1e6_f64.ln()).abs() < 1e-12);
        assert!((solve(|x| (x - 0.3).powi(3), -5.0, 7.0) - 0.3).abs() < 1e-5);
        assert_eq!(solve_upward(|x| x - 37.0, 1.0, 1e9), Some(37.0));
        assert_eq!(solve_upward(|_| -1.0, 1.0, 1e3), None);
    }
}
