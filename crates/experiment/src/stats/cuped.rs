//! Adjustment by what was known before the experiment (CUPED; Deng, Xu, Kohavi and Walker 2013).

use super::{
    effect::{self, Effect, Interval, Sample, Scale},
    lift, ratio,
};
use crate::{moments::CoMoments, undefined::Undefined};

/// The index of the outcome in `CoMoments<2>` of an adjusted mean.
pub const OUTCOME: usize = 0;
/// The index of the covariate.
pub const COVARIATE: usize = 1;

/// θ = Cov(Y, X)/Var(X) over both variants taken as one sample. 0 when X or Y does not vary,
/// which makes the adjusted analysis the plain one.
pub fn theta(control: &CoMoments<2>, treatment: &CoMoments<2>) -> f64 {
    let joint = control.merge(treatment);
    let (yy, xx) = (joint.cross[OUTCOME][OUTCOME], joint.cross[COVARIATE][COVARIATE]);
    // A covariate whose spread is rounding (1e-14 of its size) is constant.
    let constant = |ss: f64, mean: f64| ss <= 1e-14 * joint.n * mean * mean;
    if constant(xx, joint.mean[COVARIATE]) || constant(yy, joint.mean[OUTCOME]) {
        return 0.0;
    }
    joint.cross[OUTCOME][COVARIATE] / xx
}

/// Y − θX of one variant: mean, and the variance of one unit.
fn adjusted(stats: &CoMoments<2>, theta: f64) -> Sample {
    Sample::new(stats.n, stats.mean[OUTCOME] - theta * stats.mean[COVARIATE], stats.variance_of([1.0, -theta]))
}

/// The effect on the adjusted mean.
///
/// Relative: divided by the *unadjusted* control mean m_c, with
/// v_t = var(Y_t − θX_t)/(n_t m_c²) and v_c = var(Y_c m_t/m_c − θX_c)/(n_c m_c²) (GrowthBook
/// after its fix #3610). Degrees of freedom are those of the absolute difference.
///
/// Undefined when a variant has fewer than two units or nothing is left to vary (the covariate
/// is the outcome), or relative to a control mean of zero.
pub fn mean_effect(control: &CoMoments<2>, treatment: &CoMoments<2>, scale: Scale) -> Result<Effect, Undefined> {
    let theta = theta(control, treatment);
    let (c, t) = (adjusted(control, theta), adjusted(treatment, theta));
    effect::check_both_vary(&c, &t)?;
    let absolute = effect::welch(&c, &t)?;
    if scale == Scale::Absolute {
        return Ok(absolute);
    }
    let base = control.mean[OUTCOME];
    if base == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    let quotient = treatment.mean[OUTCOME] / base;
    let variance = (treatment.variance_of([1.0, -theta]) / treatment.n
        + control.variance_of([quotient, -theta]) / control.n)
        / (base * base);
    Ok(Effect { estimate: absolute.estimate / base.abs(), std_error: variance.sqrt(), df: absolute.df })
}

/// The adjusted means themselves, at the covariate's mean over both variants, and the interval
/// of their ratio on the logarithmic scale (tea-tasting).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdjustedMeans {
    pub control: f64,
    pub treatment: f64,
    pub effect: Effect,
    pub lift: f64,
    pub lift_interval: Interval,
}

/// m − θ(x̄ − x̄_both) for each variant; undefined as [`mean_effect`].
pub fn adjusted_means(
    control: &CoMoments<2>,
    treatment: &CoMoments<2>,
    alpha: f64,
) -> Result<AdjustedMeans, Undefined> {
    let theta = theta(control, treatment);
    let centre = theta * control.merge(treatment).mean[COVARIATE];
    let at_centre = |s: Sample| Sample { mean: s.mean + centre, ..s };
    let (c, t) = (at_centre(adjusted(control, theta)), at_centre(adjusted(treatment, theta)));
    effect::check_both_vary(&c, &t)?;
    let interval = lift::log_interval(&c, &t, alpha)?;
    Ok(AdjustedMeans {
        control: c.mean,
        treatment: t.mean,
        effect: effect::welch(&c, &t)?,
        lift: t.mean / c.mean - 1.0,
        lift_interval: interval,
    })
}

/// 1 − var(Y − θX)/var(Y) of one variant: what the covariate was worth there.
pub fn variance_reduction(stats: &CoMoments<2>, theta: f64) -> Result<f64, Undefined> {
    let raw = stats.moments(OUTCOME).variance();
    if raw <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    Ok(1.0 - stats.variance_of([1.0, -theta]) / raw)
}

/// Numerator, denominator, and the same two before the experiment.
pub mod four {
    pub const M: usize = 0;
    pub const D: usize = 1;
    pub const M_PRE: usize = 2;
    pub const D_PRE: usize = 3;
}

/// θ of a ratio adjusted by the same ratio before: −(cov_c + cov_t)/(var_c + var_t) of the
/// linearised ratios. 0 when the earlier ratio does not vary.
pub fn ratio_theta(control: &CoMoments<4>, treatment: &CoMoments<4>) -> f64 {
    let parts = |s: &CoMoments<4>| {
        let now = linearised(s, four::M, four::D)?;
        let before = linearised(s, four::M_PRE, four::D_PRE)?;
        Some((bilinear(s, now, before), bilinear(s, before, before)))
    };
    match (parts(control), parts(treatment)) {
        (Some((cov_c, var_c)), Some((cov_t, var_t))) if var_c + var_t > 0.0 => {
            let theta = (cov_c + cov_t) / (var_c + var_t);
            if theta.abs() < 1e-8 { 0.0 } else { theta }
        }
        _ => 0.0,
    }
}

/// The weights of (M − R D)/mean_D.
fn linearised(s: &CoMoments<4>, m: usize, d: usize) -> Option<[f64; 4]> {
    let mean_d = s.mean[d];
    if mean_d == 0.0 {
        return None;
    }
    let mut weights = [0.0; 4];
    weights[m] = 1.0 / mean_d;
    weights[d] = -s.mean[m] / (mean_d * mean_d);
    Some(weights)
}

fn bilinear(s: &CoMoments<4>, a: [f64; 4], b: [f64; 4]) -> f64 {
    let mut total = 0.0;
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            total += x * y * s.covariance(i, j);
        }
    }
    total
}

/// The effect on R − θ R_pre, R = ΣM/ΣD, by the four-vector delta method (GrowthBook).
///
/// With θ = 0 it is the plain [`ratio`] effect. Undefined as [`mean_effect`], and when
/// denominators sum to zero.
pub fn ratio_effect(control: &CoMoments<4>, treatment: &CoMoments<4>, scale: Scale) -> Result<Effect, Undefined> {
    let theta = ratio_theta(control, treatment);
    if theta == 0.0 {
        let first_two = |s: &CoMoments<4>| CoMoments::<2> {
            n: s.n,
            mean: [s.mean[0], s.mean[1]],
            cross: [[s.cross[0][0], s.cross[0][1]], [s.cross[1][0], s.cross[1][1]]],
        };
        let (c, t) = (ratio::sample(&first_two(control))?, ratio::sample(&first_two(treatment))?);
        return lift::effect_on(scale, &c, &t);
    }
    let weights = |s: &CoMoments<4>, now: f64, before: f64| -> Result<[f64; 4], Undefined> {
        let a = linearised(s, four::M, four::D).ok_or(Undefined::ZeroDenominator)?;
        let b = linearised(s, four::M_PRE, four::D_PRE).ok_or(Undefined::ZeroDenominator)?;
        Ok(core::array::from_fn(|i| now * a[i] - before * b[i]))
    };
    let value = |s: &CoMoments<4>| s.mean[four::M] / s.mean[four::D];
    let earlier = |s: &CoMoments<4>| s.mean[four::M_PRE] / s.mean[four::D_PRE];
    let sample = |s: &CoMoments<4>| -> Result<Sample, Undefined> {
        Ok(Sample::new(s.n, value(s) - theta * earlier(s), s.variance_of(weights(s, 1.0, theta)?)))
    };
    let (c, t) = (sample(control)?, sample(treatment)?);
    effect::check_both_vary(&c, &t)?;
    let absolute = effect::welch(&c, &t)?;
    if scale == Scale::Absolute {
        return Ok(absolute);
    }
    let base = value(control).abs();
    if base == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    // d/dR_c of (R_t' − R_c')/|R_c|: the control's own ratio also moves the base.
    let now = (base + absolute.estimate) / base;
    let variance =
        (control.variance_of(weights(control, now, theta)?) / control.n + t.variance / treatment.n) / (base * base);
    Ok(Effect { estimate: absolute.estimate / base, std_error: variance.sqrt(), df: absolute.df })
}
