//! One and two proportions.

use serde::Serialize;

use super::effect::Interval;
use crate::{
    special::{beta, normal},
    undefined::Undefined,
};

/// `successes` of `trials`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    pub successes: f64,
    pub trials: f64,
}

impl Count {
    /// Undefined without a trial or with more successes than trials.
    pub fn new(successes: u64, trials: u64) -> Result<Self, Undefined> {
        if trials == 0 {
            return Err(Undefined::NoUnits);
        }
        if successes > trials {
            return Err(Undefined::ImpossibleCounts);
        }
        Ok(Self { successes: successes as f64, trials: trials as f64 })
    }

    pub fn rate(&self) -> f64 {
        self.successes / self.trials
    }

    /// Wilson's score interval (Wilson 1927). Answers at 0 and n too.
    pub fn wilson(&self, alpha: f64) -> Interval {
        let z = normal::two_sided(alpha);
        let (n, p, zz) = (self.trials, self.rate(), z * z);
        let centre = (p + zz / (2.0 * n)) / (1.0 + zz / n);
        let half = z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt() / (1.0 + zz / n);
        let low = if self.successes == 0.0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if self.successes == n { 1.0 } else { (centre + half).min(1.0) };
        Interval { low, high }
    }

    /// Clopper and Pearson's exact interval (1934): never covers less than 1 − α.
    pub fn clopper_pearson(&self, alpha: f64) -> Interval {
        let (x, n) = (self.successes, self.trials);
        Interval {
            low: if x == 0.0 { 0.0 } else { beta::quantile(x, n - x + 1.0, alpha / 2.0) },
            high: if x == n { 1.0 } else { beta::quantile(x + 1.0, n - x, 1.0 - alpha / 2.0) },
        }
    }

    /// Jeffreys' interval: quantiles of Beta(x + ½, n − x + ½).
    pub fn jeffreys(&self, alpha: f64) -> Interval {
        let (a, b) = (self.successes + 0.5, self.trials - self.successes + 0.5);
        Interval { low: beta::quantile(a, b, alpha / 2.0), high: beta::quantile(a, b, 1.0 - alpha / 2.0) }
    }

    /// Agresti and Coull's interval (1998), cut to 0..1.
    pub fn agresti_coull(&self, alpha: f64) -> Interval {
        let z = normal::two_sided(alpha);
        let n = self.trials + z * z;
        let p = (self.successes + z * z / 2.0) / n;
        let half = z * (p * (1.0 - p) / n).sqrt();
        Interval { low: (p - half).max(0.0), high: (p + half).min(1.0) }
    }
}

/// The pooled z test of two proportions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PooledZ {
    pub z: f64,
    pub p_value: f64,
    /// With Yates' continuity correction ½(1/n_c + 1/n_t) taken off the difference.
    pub p_value_continuity: f64,
    /// √(p(1−p)(1/n_c + 1/n_t)), p pooled.
    pub std_error: f64,
}

/// SE₀² = p(1−p)(1/n_c + 1/n_t) with p pooled over both variants (Fleiss 2003). Undefined when
/// nobody or everybody converted: the intervals below still answer.
pub fn pooled_z(control: Count, treatment: Count) -> Result<PooledZ, Undefined> {
    let p = (control.successes + treatment.successes) / (control.trials + treatment.trials);
    let reciprocal = 1.0 / control.trials + 1.0 / treatment.trials;
    let std_error = (p * (1.0 - p) * reciprocal).sqrt();
    if std_error <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    let difference = treatment.rate() - control.rate();
    let corrected = (difference.abs() - 0.5 * reciprocal).max(0.0);
    Ok(PooledZ {
        z: difference / std_error,
        p_value: (2.0 * normal::sf(difference.abs() / std_error)).min(1.0),
        p_value_continuity: (2.0 * normal::sf(corrected / std_error)).min(1.0),
        std_error,
    })
}

/// Wald's interval of the difference. Only for comparison with other tools: it has width 0 when
/// nobody converts.
pub fn wald(control: Count, treatment: Count, alpha: f64) -> Interval {
    let variance = |c: Count| c.rate() * (1.0 - c.rate()) / c.trials;
    let half = normal::two_sided(alpha) * (variance(control) + variance(treatment)).sqrt();
    Interval::around(treatment.rate() - control.rate(), half)
}

/// Newcombe's interval of the difference (1998, method 10): Wilson limits of each variant,
/// combined as squares. Answers for zero conversions; the default.
pub fn newcombe(control: Count, treatment: Count, alpha: f64) -> Interval {
    let (c, t) = (control.wilson(alpha), treatment.wilson(alpha));
    let (pc, pt) = (control.rate(), treatment.rate());
    let difference = pt - pc;
    Interval {
        low: difference - ((pt - t.low) * (pt - t.low) + (c.high - pc) * (c.high - pc)).sqrt(),
        high: difference + ((t.high - pt) * (t.high - pt) + (pc - c.low) * (pc - c.low)).sqrt(),
    }
}

/// Agresti and Caffo's interval of the difference (2000): one success and one failure more in
/// each variant, then Wald's.
pub fn agresti_caffo(control: Count, treatment: Count, alpha: f64) -> Interval {
    let widen = |c: Count| Count { successes: c.successes + 1.0, trials: c.trials + 2.0 };
    wald(widen(control), widen(treatment), alpha)
}

/// The difference and the lift with the intervals of the pooled standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PooledIntervals {
    pub difference: Interval,
    pub lift: Interval,
}

/// Difference d ∓ z SE₀, cut to −1..1; lift (p_t/p_c) exp(∓ z SE₀/p) − 1, p pooled (tea-tasting):
/// the intervals that exclude 0 exactly when [`PooledZ::p_value`] is below α.
/// Undefined as [`pooled_z`], and the lift for a control without successes.
pub fn pooled_intervals(control: Count, treatment: Count, alpha: f64) -> Result<PooledIntervals, Undefined> {
    let test = pooled_z(control, treatment)?;
    if control.successes == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let z = normal::two_sided(alpha);
    let pooled = (control.successes + treatment.successes) / (control.trials + treatment.trials);
    let difference = treatment.rate() - control.rate();
    let half = z * test.std_error;
    let ratio = treatment.rate() / control.rate();
    let factor = crate::special::exp(z * test.std_error / pooled);
    Ok(PooledIntervals {
        difference: Interval { low: (difference - half).max(-1.0), high: (difference + half).min(1.0) },
        lift: Interval { low: ratio / factor - 1.0, high: ratio * factor - 1.0 },
    })
}
