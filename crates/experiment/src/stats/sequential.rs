//! Intervals and p-values that stay valid however often one looks.

use serde::Serialize;

use super::effect::{Interval, Sample};
use crate::{
    special::{exp, gamma, ln, ln_1p, normal, roots},
    undefined::Undefined,
};

/// An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024,
/// arXiv 2103.06476), tuned to be tightest at `tuning` units.
///
/// With N units and a standard error se, the half-width is
/// se √N √(2(Nρ²+1)/(N²ρ²) ln(√(Nρ²+1)/α)), ρ² = (−2 ln α + ln(1 − 2 ln α))/N*. It holds for every
/// estimator with a valid standard error; with a clustered one, N counts *clusters*.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceSequence {
    pub alpha: f64,
    pub tuning: f64,
}

impl ConfidenceSequence {
    /// ρ of the two-sided sequence.
    pub fn rho(&self) -> f64 {
        rho(self.alpha, self.tuning)
    }

    /// ρ of a one-sided sequence: that of 2α.
    pub fn rho_one_sided(&self) -> f64 {
        rho(2.0 * self.alpha, self.tuning)
    }

    pub fn half_width(&self, std_error: f64, units: f64) -> f64 {
        let rho2 = self.rho() * self.rho();
        let t = units * rho2 + 1.0;
        std_error * (2.0 * t / (units * rho2) * (0.5 * ln(t) - ln(self.alpha))).sqrt()
    }

    pub fn interval(&self, estimate: f64, std_error: f64, units: f64) -> Interval {
        Interval::around(estimate, self.half_width(std_error, units))
    }

    /// Half-width of the one-sided bound: ln(1 + √(Nρ²+1)/(2α)) in place of ln(√(Nρ²+1)/α).
    pub fn one_sided_width(&self, std_error: f64, units: f64) -> f64 {
        let rho2 = self.rho_one_sided() * self.rho_one_sided();
        let t = units * rho2 + 1.0;
        std_error * (2.0 * t / (units * rho2) * ln_1p(t.sqrt() / (2.0 * self.alpha))).sqrt()
    }

    /// ln p before it is cut at 0: −ρ²N z²/(2(Nρ²+1)) + ½ ln(Nρ²+1), z = estimate/se.
    pub fn ln_p(&self, estimate: f64, std_error: f64, units: f64) -> f64 {
        let rho2 = self.rho() * self.rho();
        let t = units * rho2 + 1.0;
        let z = estimate / std_error;
        -rho2 * units * z * z / (2.0 * t) + 0.5 * ln(t)
    }

    pub fn p_value(&self, estimate: f64, std_error: f64, units: f64) -> f64 {
        exp(self.ln_p(estimate, std_error, units)).min(1.0)
    }
}

fn rho(alpha: f64, tuning: f64) -> f64 {
    let a = -2.0 * ln(alpha);
    ((a + ln_1p(a)) / tuning).sqrt()
}

/// The normal mixture martingale (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021; the
/// mixture SPRT of Johari, Koomen, Pekelis and Walsh 2022) at a sum s with intrinsic time v.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalMixture {
    pub rho: f64,
    pub sides: Sides,
}

/// One- or two-sided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    One,
    Two,
}

impl NormalMixture {
    /// ρ = v_opt/(2 ln(1/α) + ln(1 + 2 ln(1/α))), of 2α when one-sided: tightest at v_opt.
    pub fn tuned(v_opt: f64, alpha: f64, sides: Sides) -> Self {
        let alpha = if sides == Sides::One { 2.0 * alpha } else { alpha };
        let a = -2.0 * ln(alpha);
        Self { rho: v_opt / (a + ln_1p(a)), sides }
    }

    /// ln e. Two-sided ½ ln(ρ/(v+ρ)) + s²/(2(v+ρ)); one-sided + ln 2 + ln Φ(s/√(v+ρ)).
    pub fn ln_e(&self, s: f64, v: f64) -> f64 {
        let total = v + self.rho;
        let two_sided = 0.5 * ln(self.rho / total) + s * s / (2.0 * total);
        match self.sides {
            Sides::Two => two_sided,
            Sides::One => two_sided + core::f64::consts::LN_2 + normal::ln_sf(-s / total.sqrt()),
        }
    }

    /// min(1, 1/e): valid at every look.
    pub fn p_value(&self, s: f64, v: f64) -> f64 {
        exp(-self.ln_e(s, v)).min(1.0)
    }

    /// The sum at which ln e reaches ln(1/α).
    pub fn bound(&self, v: f64, alpha: f64) -> f64 {
        let total = v + self.rho;
        let two_sided = (total * (ln(total / self.rho) - 2.0 * ln(alpha))).sqrt();
        match self.sides {
            Sides::Two => two_sided,
            // At the two-sided bound ln e is at least as high as needed once Φ ≥ ½.
            Sides::One => roots::solve(|s| self.ln_e(s, v) + ln(alpha), 0.0, 2.0 * two_sided),
        }
    }
}

/// The confidence sequence of one proportion: a beta-binomial mixture (Howard et al. 2021,
/// confseq), tightest near `t_opt` trials.
///
/// All p for which ∫ p̃^x(1−p̃)^(n−x) dBeta(kp, k(1−p)) < p^x (1−p)^(n−x)/α, with
/// k = t_opt/(2 ln 20 + ln(1 + 2 ln 20)) − 1, at least 1e-3. Answers for 0 and n successes.
pub fn bernoulli(successes: f64, trials: f64, alpha: f64, t_opt: f64) -> Result<Interval, Undefined> {
    if trials <= 0.0 {
        return Err(Undefined::NoUnits);
    }
    if successes < 0.0 || successes > trials {
        return Err(Undefined::ImpossibleCounts);
    }
    // confseq tunes at level 0.05 whatever α is.
    let a = -2.0 * ln(0.05);
    let k = (t_opt / (a + ln_1p(a)) - 1.0).max(1e-3);
    let failures = trials - successes;
    let excess = |p: f64| {
        let (alpha0, beta0) = (k * p, k * (1.0 - p));
        gamma::ln_beta(alpha0 + successes, beta0 + failures)
            - gamma::ln_beta(alpha0, beta0)
            - successes * ln(p)
            - failures * ln_1p(-p)
            + ln(alpha)
    };
    let rate = successes / trials;
    let edge = 1e-12;
    let low =
        if successes == 0.0 || excess(edge) < 0.0 { 0.0 } else { roots::solve(excess, edge, rate.min(1.0 - edge)) };
    let high = if failures == 0.0 || excess(1.0 - edge) < 0.0 {
        1.0
    } else {
        roots::solve(excess, rate.max(edge), 1.0 - edge)
    };
    Ok(Interval { low, high })
}

/// What Statsig, Eppo and TensorZero report, by their documented formulas: for comparison and for
/// companies that migrate, not for decisions.
pub mod vendor {
    use super::{ConfidenceSequence, Interval, NormalMixture, Sample, Sides, ln, normal};
    use serde::Serialize;

    /// Statsig's mixture SPRT: τ is estimated from the same data, so it is only approximate.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize)]
    pub struct Statsig {
        pub tau: f64,
        pub z_star: f64,
        pub interval: Interval,
        pub p_value: f64,
    }

    /// τ = z²(s_t²+s_c²)/(n_t+n_c); z* = √((V+τ)/τ (−2 ln(α/2) − ln(V/(V+τ)))); the p-value scales
    /// z by z_{α/2}/z*.
    pub fn statsig(control: &Sample, treatment: &Sample, alpha: f64) -> Statsig {
        let z = normal::two_sided(alpha);
        let v = control.squared_error() + treatment.squared_error();
        let tau = z * z * (control.variance + treatment.variance) / (control.n + treatment.n);
        let z_star = ((v + tau) / tau * (-2.0 * ln(alpha / 2.0) - ln(v / (v + tau)))).sqrt();
        let difference = treatment.mean - control.mean;
        let scaled = difference.abs() / v.sqrt() * z / z_star;
        Statsig {
            tau,
            z_star,
            interval: Interval::around(difference, z_star * v.sqrt()),
            p_value: (2.0 * normal::sf(scaled)).min(1.0),
        }
    }

    /// Eppo's interval: the normal mixture in units of n.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize)]
    pub struct Eppo {
        pub rho: f64,
        pub multiplier: f64,
        pub interval: Interval,
    }

    /// multiplier = √((n+ρ)/n ln((n+ρ)/(ρα²))), n = n_c + n_t.
    pub fn eppo(control: &Sample, treatment: &Sample, alpha: f64, n_tune: f64) -> Eppo {
        let n = control.n + treatment.n;
        let mixture = NormalMixture::tuned(n_tune, alpha, Sides::Two);
        let multiplier = mixture.bound(n, alpha) / n.sqrt();
        let se = (control.squared_error() + treatment.squared_error()).sqrt();
        Eppo {
            rho: mixture.rho,
            multiplier,
            interval: Interval::around(treatment.mean - control.mean, multiplier * se),
        }
    }

    /// TensorZero's margin of one variant: Waudby-Smith's Theorem 2.2 with ρ tuned at 100 units and
    /// the running variance inside: √(2(nσ²ρ²+1)/(n²ρ²) ln(√(nσ²ρ²+1)/α)).
    pub fn tensorzero_margin(sample: &Sample, alpha: f64) -> f64 {
        let rho = tensorzero_rho(alpha);
        let t = sample.n * sample.variance * rho * rho + 1.0;
        (2.0 * t / (sample.n * sample.n * rho * rho) * (0.5 * ln(t) - ln(alpha))).sqrt()
    }

    /// √((−2 ln α + ln(−2 ln α) + 1)/100).
    pub fn tensorzero_rho(alpha: f64) -> f64 {
        let a = -2.0 * ln(alpha);
        ((a + ln(a) + 1.0) / 100.0).sqrt()
    }

    /// The default sequence of GrowthBook: α and N* = 5000.
    pub fn growthbook(alpha: f64) -> ConfidenceSequence {
        ConfidenceSequence { alpha, tuning: 5000.0 }
    }
}
