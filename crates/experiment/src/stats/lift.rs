//! The relative effect of two means, three ways.

use serde::Serialize;

use super::effect::{self, Effect, Interval, Sample};
use crate::{special::exp, special::ln, undefined::Undefined};

/// Which interval a lift gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiftMethod {
    /// Symmetric; the usual one. May reach below −100 %.
    Delta,
    /// On the logarithm of the ratio; always above −100 %. Better for small or skewed means.
    Log,
    /// Exact for normal means; unbounded when the control's mean is not distinguishable from 0.
    Fieller,
}

/// lift = (m_t − m_c)/|m_c| by the delta method: var = se_t²/m_c² + m_t² se_c²/m_c⁴, with
/// Welch's degrees of freedom of the absolute difference (GrowthBook).
///
/// Undefined when a variant has fewer than two units or does not vary, or m_c = 0.
pub fn delta(control: &Sample, treatment: &Sample) -> Result<Effect, Undefined> {
    effect::check_both_vary(control, treatment)?;
    if control.mean == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let base = control.mean * control.mean;
    let ratio = treatment.mean / control.mean;
    let variance = treatment.squared_error() / base + ratio * ratio * control.squared_error() / base;
    Ok(Effect {
        estimate: (treatment.mean - control.mean) / control.mean.abs(),
        std_error: variance.sqrt(),
        df: effect::welch_df(control, treatment),
    })
}

/// An absolute or a relative effect; both variants must vary.
pub fn effect_on(scale: effect::Scale, control: &Sample, treatment: &Sample) -> Result<Effect, Undefined> {
    match scale {
        effect::Scale::Absolute => {
            effect::check_both_vary(control, treatment)?;
            effect::welch(control, treatment)
        }
        effect::Scale::Relative => delta(control, treatment),
    }
}

/// The interval exp(ln(m_t/m_c) ∓ q √(se_t²/m_t² + se_c²/m_c²)) − 1, q from Student's t with
/// Welch's degrees of freedom *of the logarithms* (tea-tasting). Never reaches −100 %.
///
/// Undefined when the means are not both positive or both negative.
pub fn log_interval(control: &Sample, treatment: &Sample, alpha: f64) -> Result<Interval, Undefined> {
    effect::check_both_vary(control, treatment)?;
    let ratio = treatment.mean / control.mean;
    if ratio.is_nan() || ratio <= 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let on_logs = |s: &Sample| Sample { variance: s.variance / (s.mean * s.mean), ..*s };
    let log = effect::welch(&on_logs(control), &on_logs(treatment))?;
    let half = crate::special::student::two_sided(alpha, log.df) * log.std_error;
    Ok(Interval { low: exp(ln(ratio) - half) - 1.0, high: exp(ln(ratio) + half) - 1.0 })
}

/// Fieller's interval of the lift (Fieller 1954), with the normal quantile z and
/// g = z² se_c²/m_c²: (ρ ∓ z/|m_c| √(se_t² + ρ² se_c² − g se_t²))/(1 − g) − 1.
///
/// `None`: unbounded, because g ≥ 1 (the control's mean may be zero).
pub fn fieller(control: &Sample, treatment: &Sample, alpha: f64) -> Result<Option<Interval>, Undefined> {
    effect::check_both_vary(control, treatment)?;
    if control.mean == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let z = crate::special::normal::two_sided(alpha);
    let (c, t) = (control.squared_error(), treatment.squared_error());
    let g = z * z * c / (control.mean * control.mean);
    if g >= 1.0 {
        return Ok(None);
    }
    let ratio = treatment.mean / control.mean;
    let half = z / control.mean.abs() * (t + ratio * ratio * c - g * t).sqrt();
    // Dividing by a negative mean turns the ratio's direction; the lift is counted in |m_c|.
    let ends = [(ratio - half) / (1.0 - g) - 1.0, (ratio + half) / (1.0 - g) - 1.0];
    Ok(Some(if control.mean > 0.0 {
        Interval { low: ends[0], high: ends[1] }
    } else {
        Interval { low: -ends[1], high: -ends[0] }
    }))
}
