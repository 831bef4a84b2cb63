//! Sample size, power and detectable effect of one comparison.

use serde::Serialize;

use crate::{
    special::{noncentral_t, normal, roots, student},
    undefined::Undefined,
};

/// Error and power of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Two-sided.
    pub alpha: f64,
    pub power: f64,
}

impl Level {
    /// z_{1−α/2} + z_{power}.
    pub fn factor(&self) -> f64 {
        normal::two_sided(self.alpha) - normal::upper_quantile(self.power)
    }

    fn check(&self) -> Result<(), Undefined> {
        let inside = |x: f64| x > 0.0 && x < 1.0;
        if inside(self.alpha) && inside(self.power) { Ok(()) } else { Err(Undefined::ParameterOutOfRange) }
    }
}

/// Two means with a common standard deviation; `ratio` is treatment units per control unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoMeans {
    pub sd: f64,
    pub ratio: f64,
}

impl TwoMeans {
    /// n_c = (z + z)² s² (1 + 1/r)/δ²: ignores the far tail. Undefined for an effect of 0.
    pub fn control_units(&self, effect: f64, level: Level) -> Result<f64, Undefined> {
        self.check(effect, level)?;
        let standard = level.factor() * self.sd / effect;
        Ok(standard * standard * (1.0 + 1.0 / self.ratio))
    }

    /// The power of the z test with both tails counted.
    pub fn power_z(&self, effect: f64, control_units: f64, alpha: f64) -> f64 {
        let drift = self.drift(effect, control_units);
        let z = normal::two_sided(alpha);
        normal::sf(z - drift) + normal::cdf(-z - drift)
    }

    /// The power of the pooled t test with n_c(1 + r) − 2 degrees of freedom.
    pub fn power_t(&self, effect: f64, control_units: f64, alpha: f64) -> f64 {
        let df = control_units * (1.0 + self.ratio) - 2.0;
        let drift = self.drift(effect, control_units);
        let t = student::two_sided(alpha, df);
        noncentral_t::sf(t, df, drift) + noncentral_t::sf(t, df, -drift)
    }

    /// The control units at which [`TwoMeans::power_z`] is the level's power; undefined when one
    /// unit is enough.
    pub fn control_units_z(&self, effect: f64, level: Level) -> Result<f64, Undefined> {
        self.check(effect, level)?;
        self.smallest(1.0, level, |n| self.power_z(effect, n, level.alpha))
    }

    /// The control units at which [`TwoMeans::power_t`] is the level's power.
    pub fn control_units_t(&self, effect: f64, level: Level) -> Result<f64, Undefined> {
        self.check(effect, level)?;
        // At least a sliver above the two degrees of freedom that the means cost.
        let least = 2.0 / (1.0 + self.ratio) * (1.0 + 1e-3);
        self.smallest(least, level, |n| self.power_t(effect, n, level.alpha))
    }

    fn smallest(&self, least: f64, level: Level, power: impl Fn(f64) -> f64) -> Result<f64, Undefined> {
        if power(least) >= level.power {
            return Err(Undefined::TooFewUnits);
        }
        roots::solve_upward(|n| power(n) - level.power, least, 1e15).ok_or(Undefined::NoDetectableEffect)
    }

    /// The effect found with the level's power at this size, both tails counted.
    pub fn detectable(&self, control_units: f64, level: Level) -> Result<f64, Undefined> {
        self.check(1.0, level)?;
        let most = (level.factor() + 1.0) * self.sd * ((1.0 + 1.0 / self.ratio) / control_units).sqrt();
        Ok(roots::solve(|d| self.power_z(d, control_units, level.alpha) - level.power, 0.0, most))
    }

    fn drift(&self, effect: f64, control_units: f64) -> f64 {
        effect.abs() / (self.sd * ((1.0 + 1.0 / self.ratio) / control_units).sqrt())
    }

    fn check(&self, effect: f64, level: Level) -> Result<(), Undefined> {
        level.check()?;
        if !(self.sd > 0.0 && self.ratio > 0.0) {
            return Err(Undefined::ParameterOutOfRange);
        }
        if effect == 0.0 { Err(Undefined::NoDetectableEffect) } else { Ok(()) }
    }
}

/// Units per variant for two proportions, by the usual formulas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProportionUnits {
    /// (z+z)²[p₁q₁ + p₂q₂]/δ².
    pub unpooled: f64,
    /// (z_a √(2p̄q̄) + z_b √(p₁q₁+p₂q₂))²/δ², p̄ the mean rate.
    pub pooled_null: f64,
    /// 2 arcsin √p₂ − 2 arcsin √p₁ (Cohen's h).
    pub cohen_h: f64,
    /// ((z+z)/h)².
    pub arcsine: f64,
}

/// Undefined when a rate lies outside (0, 1) or both are equal.
pub fn proportion_units(p_control: f64, relative_lift: f64, level: Level) -> Result<ProportionUnits, Undefined> {
    level.check()?;
    let p_treatment = p_control * (1.0 + relative_lift);
    let inside = |p: f64| p > 0.0 && p < 1.0;
    if !inside(p_control) || !inside(p_treatment) {
        return Err(Undefined::ParameterOutOfRange);
    }
    let delta = p_treatment - p_control;
    if delta == 0.0 {
        return Err(Undefined::NoDetectableEffect);
    }
    let spread = p_control * (1.0 - p_control) + p_treatment * (1.0 - p_treatment);
    let mean = 0.5 * (p_control + p_treatment);
    let (za, zb) = (normal::two_sided(level.alpha), -normal::upper_quantile(level.power));
    let null = za * (2.0 * mean * (1.0 - mean)).sqrt() + zb * spread.sqrt();
    let cohen_h = 2.0 * (libm::asin(p_treatment.sqrt()) - libm::asin(p_control.sqrt()));
    let factor = level.factor();
    Ok(ProportionUnits {
        unpooled: factor * factor * spread / (delta * delta),
        pooled_null: null * null / (delta * delta),
        cohen_h,
        arcsine: factor * factor / (cohen_h * cohen_h),
    })
}

/// The smallest relative lift found with the level's power when the lift's own variance counts
/// (GrowthBook): δ² = c(1 + (1+δ)²) with c = k² σ²/(n μ²), k = z + z. Undefined when c ≥ 1: no lift,
/// however large, would be found.
pub fn detectable_lift(mean: f64, sd: f64, units_per_variant: f64, level: Level) -> Result<f64, Undefined> {
    level.check()?;
    if mean == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let k = level.factor();
    let c = k * k * sd * sd / (units_per_variant * mean * mean);
    if c >= 1.0 || c.is_nan() {
        return Err(Undefined::NoDetectableEffect);
    }
    Ok((c + (c * c + 2.0 * c * (1.0 - c)).sqrt()) / (1.0 - c))
}

/// k σ √(2/n): the absolute effect found with the level's power.
pub fn detectable_difference(sd: f64, units_per_variant: f64, level: Level) -> f64 {
    level.factor() * sd * (2.0 / units_per_variant).sqrt()
}
