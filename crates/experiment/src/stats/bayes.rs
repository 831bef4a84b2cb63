//! Bayesian readings: beta-binomial and Gaussian.

use serde::{Deserialize, Serialize};

use super::effect::{Effect, Interval, Scale};
use crate::{
    special::{beta, exp, normal, quadrature::GaussLegendre},
    undefined::Undefined,
};

/// Beta(a, b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    pub a: f64,
    pub b: f64,
}

impl Beta {
    /// The posterior after `successes` of `trials`.
    pub fn updated(self, successes: f64, trials: f64) -> Result<Self, Undefined> {
        if successes < 0.0 || successes > trials {
            return Err(Undefined::ImpossibleCounts);
        }
        if !(self.a > 0.0 && self.b > 0.0) {
            return Err(Undefined::ParameterOutOfRange);
        }
        Ok(Self { a: self.a + successes, b: self.b + trials - successes })
    }

    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// Equal tails.
    pub fn credible(&self, level: f64) -> Interval {
        let tail = (1.0 - level) / 2.0;
        Interval { low: beta::quantile(self.a, self.b, tail), high: beta::quantile(self.a, self.b, 1.0 - tail) }
    }
}

/// How two independent Beta rates compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BetaComparison {
    /// P(treatment > control).
    pub prob_treatment_better: f64,
    /// E[(control − treatment)⁺]: what is lost on average if the treatment is chosen wrongly.
    pub loss_if_treatment: f64,
    /// E[(treatment − control)⁺].
    pub loss_if_control: f64,
}

/// P(T > C) = ∫ f_T F_C and E[(C − T)⁺] = ∫ F_T (1 − F_C), by Gauss–Legendre over the arcsine
/// scale x = sin²θ (on which Beta(½, ½) is flat), over the range that holds all but 1e-17 of both.
pub fn compare(control: Beta, treatment: Beta) -> BetaComparison {
    let angle = |x: f64| libm::asin(x.sqrt());
    let ends = |d: Beta| (angle(beta::quantile(d.a, d.b, 1e-17)), angle(beta::quantile(d.a, d.b, 1.0 - 1e-16)));
    let (c, t) = (ends(control), ends(treatment));
    let mut cuts = [0.0, c.0, c.1, t.0, t.1, core::f64::consts::FRAC_PI_2];
    cuts.sort_unstable_by(f64::total_cmp);
    let rule = GaussLegendre::new(24);
    let mut result = BetaComparison { prob_treatment_better: 0.0, loss_if_treatment: 0.0, loss_if_control: 0.0 };
    for pair in cuts.windows(2).filter(|w| w[1] > w[0]) {
        let width = (pair[1] - pair[0]) / 12.0;
        for piece in 0..12 {
            let from = pair[0] + width * f64::from(piece);
            for (theta, weight) in rule.on(from, from + width) {
                let (sine, cosine) = (libm::sin(theta), libm::cos(theta));
                let (x, y) = (sine * sine, cosine * cosine);
                let dx = weight * 2.0 * sine * cosine;
                let fc = beta::ln_tails(control.a, control.b, x, y);
                let ft = beta::ln_tails(treatment.a, treatment.b, x, y);
                // f_T(x) dx = x^(a−1) y^(b−1)/B · 2 sinθ cosθ dθ.
                let density = exp(beta::ln_weight(treatment.a, treatment.b, x, y)) * weight * 2.0 / (sine * cosine);
                result.prob_treatment_better += density * exp(fc.lower);
                result.loss_if_treatment += dx * exp(ft.lower + fc.upper);
                result.loss_if_control += dx * exp(fc.lower + ft.upper);
            }
        }
    }
    result.prob_treatment_better = result.prob_treatment_better.min(1.0);
    result
}

/// A normal prior on the effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GaussianPrior {
    pub mean: f64,
    pub variance: f64,
    /// False: flat.
    pub proper: bool,
    /// On which scale mean and variance are meant.
    pub scale: Scale,
}

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
}

/// The posterior of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GaussianPosterior {
    pub mean: f64,
    pub sd: f64,
    /// P(the treatment is better).
    pub chance_to_win: f64,
    /// σφ(μ/σ) + μΦ(μ/σ): the expected positive part of the effect.
    pub positive_part: f64,
    /// σφ(μ/σ) − μΦ(−μ/σ): the expected negative part.
    pub negative_part: f64,
}

impl GaussianPosterior {
    pub fn credible(&self, alpha: f64) -> Interval {
        Interval::around(self.mean, normal::two_sided(alpha) * self.sd)
    }
}

/// Normal likelihood × normal prior: precision 1/se² + 1/s₀². `scale` is the effect's; a prior on
/// the other scale is converted by |`control_mean`|. Undefined without a standard error, or when
/// converting by a mean of zero.
pub fn gaussian(
    effect: &Effect,
    scale: Scale,
    control_mean: f64,
    prior: GaussianPrior,
    better: Better,
) -> Result<GaussianPosterior, Undefined> {
    if effect.std_error.is_nan() || effect.std_error <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    let factor = match (scale, prior.scale) {
        (Scale::Absolute, Scale::Relative) => control_mean.abs(),
        (Scale::Relative, Scale::Absolute) => 1.0 / control_mean.abs(),
        _ => 1.0,
    };
    if prior.proper && !(factor > 0.0 && factor.is_finite() && prior.variance > 0.0) {
        return Err(Undefined::ZeroBaseline);
    }
    let data_precision = 1.0 / (effect.std_error * effect.std_error);
    let (mean, precision) = if prior.proper {
        let prior_precision = 1.0 / (prior.variance * factor * factor);
        let precision = data_precision + prior_precision;
        ((effect.estimate * data_precision + prior.mean * factor * prior_precision) / precision, precision)
    } else {
        (effect.estimate, data_precision)
    };
    let sd = (1.0 / precision).sqrt();
    let z = mean / sd;
    let above = normal::cdf(z);
    // E[X⁺] = σ(φ(z) + zΦ(z)); for z far below 0 the bracket cancels, so it is mirrored.
    let positive_part = sd * expected_excess(z);
    let negative_part = sd * expected_excess(-z);
    Ok(GaussianPosterior {
        mean,
        sd,
        chance_to_win: if better == Better::Higher { above } else { normal::sf(z) },
        positive_part,
        negative_part,
    })
}

/// φ(z) + zΦ(z); below z = −12 by φ(z)/z² (1 − 6/z² + …), where the sum would cancel.
fn expected_excess(z: f64) -> f64 {
    if z > -12.0 {
        return normal::pdf(z) + z * normal::cdf(z);
    }
    let r = 1.0 / (z * z);
    // φ − |z|·Mills: asymptotic series of φ(z)(1 − |z| M(|z|)).
    normal::pdf(z) * r * (1.0 - 3.0 * r * (1.0 - 5.0 * r * (1.0 - 7.0 * r * (1.0 - 9.0 * r * (1.0 - 11.0 * r)))))
}
