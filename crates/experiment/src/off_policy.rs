//! What would another policy have brought, from logged decisions with known propensities?
//!
//! Importance weights w = π_e(a|x)/p correct for who was chosen; a reward model q̂ lowers the
//! variance; Switch, shrinkage and clipping trade variance for bias. Definitions follow Dudík,
//! Langford and Li 2011 (DR), Swaminathan and Joachims 2015 (SNIPS), Wang, Agarwal and Dudík 2017
//! (Switch), Su, Dimakopoulou, Krishnamurthy and Dudík 2020 (DRos).

use serde::Serialize;

use pointsman_domain::Rng;

use crate::{
    moments::Moments,
    special::{ln, normal},
    stats::{effect::Interval, quantile},
    undefined::Undefined,
};

/// Below this effective sample size there is no verdict.
pub const MINIMUM_ESS: u32 = 50;

/// One logged decision, seen from the policy under evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoggedDecision {
    /// π_e(a|x)/p of the choice that was made.
    pub weight: f64,
    pub reward: f64,
    /// q̂(x, a) of that choice.
    pub model_chosen: f64,
    /// Σ_a π_e(a|x) q̂(x, a).
    pub model_policy: f64,
    /// The largest weight any choice could have had here: max_a π_e(a|x)/p.
    pub largest_weight: f64,
}

impl LoggedDecision {
    /// From the evaluated policy's and the model's value for every choice. Undefined when the
    /// propensity is not in (0, 1] or `chosen` is out of range.
    pub fn new(chosen: usize, propensity: f64, reward: f64, policy: &[f64], model: &[f64]) -> Result<Self, Undefined> {
        if !(propensity > 0.0 && propensity <= 1.0) || chosen >= policy.len() || policy.len() != model.len() {
            return Err(Undefined::ParameterOutOfRange);
        }
        if !reward.is_finite() {
            return Err(Undefined::NotFinite);
        }
        Ok(Self {
            weight: policy[chosen] / propensity,
            reward,
            model_chosen: model[chosen],
            model_policy: policy.iter().zip(model).map(|(p, q)| p * q).sum(),
            largest_weight: policy.iter().fold(0.0, |m: f64, p| m.max(p / propensity)),
        })
    }
}

/// How the value is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// mean Σ_a π_e q̂: only as good as the model.
    DirectMethod,
    /// mean w r.
    Ips,
    /// mean min(w, cap) r.
    ClippedIps(f64),
    /// Σ w r/Σ w.
    SelfNormalisedIps,
    /// mean [DM + w(r − q̂)].
    DoublyRobust,
    /// mean [DM + w(r − q̂)/mean w].
    SelfNormalisedDr,
    /// mean [DM + 1{w ≤ τ} w(r − q̂)].
    SwitchDr(f64),
    /// mean [DM + λw/(w² + λ)(r − q̂)].
    ShrunkenDr(f64),
}

/// A value with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyValue {
    pub value: f64,
    pub std_error: f64,
    /// value ∓ 1.96 se.
    pub interval: Interval,
}

/// The estimate, its standard error sd/√n (for SNIPS the delta method √Σ(w(r − v))²/Σw) and the
/// normal interval. Undefined with fewer than two decisions or when all weights are 0.
pub fn estimate(log: &[LoggedDecision], estimator: Estimator) -> Result<PolicyValue, Undefined> {
    if log.len() < 2 {
        return Err(Undefined::TooFewUnits);
    }
    let weight_sum: f64 = log.iter().map(|d| d.weight).sum();
    let self_normalised = matches!(estimator, Estimator::SelfNormalisedIps | Estimator::SelfNormalisedDr);
    if self_normalised && weight_sum <= 0.0 {
        return Err(Undefined::ZeroDenominator);
    }
    if estimator == Estimator::SelfNormalisedIps {
        let value = log.iter().map(|d| d.weight * d.reward).sum::<f64>() / weight_sum;
        let spread: f64 = log.iter().map(|d| d.weight * (d.reward - value)).map(|x| x * x).sum();
        return Ok(with_interval(value, spread.sqrt() / weight_sum));
    }
    let mean_weight = weight_sum / log.len() as f64;
    let rows: Vec<f64> = log.iter().map(|d| row(d, estimator, mean_weight)).collect();
    let moments = Moments::of(&rows);
    Ok(with_interval(moments.mean, (moments.variance() / moments.n).sqrt()))
}

fn with_interval(value: f64, std_error: f64) -> PolicyValue {
    PolicyValue { value, std_error, interval: Interval::around(value, normal::two_sided(0.05) * std_error) }
}

fn row(d: &LoggedDecision, estimator: Estimator, mean_weight: f64) -> f64 {
    let (w, error) = (d.weight, d.reward - d.model_chosen);
    match estimator {
        Estimator::DirectMethod => d.model_policy,
        Estimator::Ips | Estimator::SelfNormalisedIps => w * d.reward,
        Estimator::ClippedIps(cap) => w.min(cap) * d.reward,
        Estimator::DoublyRobust => d.model_policy + w * error,
        Estimator::SelfNormalisedDr => d.model_policy + w * error / mean_weight,
        Estimator::SwitchDr(tau) => d.model_policy + if w <= tau { w * error } else { 0.0 },
        Estimator::ShrunkenDr(lambda) => d.model_policy + lambda * w / (w * w + lambda) * error,
    }
}

/// Maurer and Pontil's empirical Bernstein bound (2009): mean w r − √(2 V ln(2/δ)/n) −
/// 7 M ln(2/δ)/(3(n−1)) with M the largest possible weight (rewards in 0..1). Valid at any n,
/// unlike the normal interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BernsteinBound {
    pub lower: f64,
    pub range: f64,
}

/// Undefined with fewer than two decisions.
pub fn empirical_bernstein(log: &[LoggedDecision], delta: f64) -> Result<BernsteinBound, Undefined> {
    let rows: Vec<f64> = log.iter().map(|d| d.weight * d.reward).collect();
    let moments = Moments::of(&rows);
    if moments.n < 2.0 {
        return Err(Undefined::TooFewUnits);
    }
    let range = log.iter().fold(0.0, |m: f64, d| m.max(d.largest_weight));
    let log_term = ln(2.0 / delta);
    let lower = moments.mean
        - (2.0 * moments.variance() * log_term / moments.n).sqrt()
        - 7.0 * range * log_term / (3.0 * (moments.n - 1.0));
    Ok(BernsteinBound { lower, range })
}

/// How much the log says about the policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Support {
    pub decisions: u64,
    /// (Σw)²/Σw².
    pub effective_sample: f64,
    pub mean_weight: f64,
    pub max_weight: f64,
    /// Decisions the policy would never have taken.
    pub share_without_weight: f64,
}

impl Support {
    /// A verdict is refused below [`MINIMUM_ESS`].
    pub fn check(&self) -> Result<(), Undefined> {
        if self.effective_sample < f64::from(MINIMUM_ESS) {
            return Err(Undefined::LowEffectiveSample { minimum: MINIMUM_ESS });
        }
        Ok(())
    }
}

/// Undefined without decisions.
pub fn support(log: &[LoggedDecision]) -> Result<Support, Undefined> {
    if log.is_empty() {
        return Err(Undefined::NoUnits);
    }
    let n = log.len() as f64;
    let sum: f64 = log.iter().map(|d| d.weight).sum();
    let squares: f64 = log.iter().map(|d| d.weight * d.weight).sum();
    Ok(Support {
        decisions: log.len() as u64,
        effective_sample: if squares > 0.0 { sum * sum / squares } else { 0.0 },
        mean_weight: sum / n,
        max_weight: log.iter().fold(0.0, |m: f64, d| m.max(d.weight)),
        share_without_weight: log.iter().filter(|d| d.weight == 0.0).count() as f64 / n,
    })
}

/// The percentile bootstrap over decisions, 95 %. For estimators that are means of rows.
pub fn bootstrap_interval(
    log: &[LoggedDecision],
    estimator: Estimator,
    draws: u32,
    seed: u64,
) -> Result<Interval, Undefined> {
    estimate(log, estimator)?;
    let mean_weight = log.iter().map(|d| d.weight).sum::<f64>() / log.len() as f64;
    let rows: Vec<f64> = log.iter().map(|d| row(d, estimator, mean_weight)).collect();
    let mut rng = Rng::seeded(seed);
    let n = rows.len() as u64;
    let mut means: Vec<f64> =
        (0..draws).map(|_| (0..n).map(|_| rows[rng.below(n) as usize]).sum::<f64>() / n as f64).collect();
    means.sort_unstable_by(f64::total_cmp);
    Ok(Interval { low: quantile::of_sorted(&means, 0.025), high: quantile::of_sorted(&means, 0.975) })
}

/// The value with a verdict's right to exist: refused below the minimum effective sample.
pub fn verdict(log: &[LoggedDecision], estimator: Estimator) -> Result<PolicyValue, Undefined> {
    support(log)?.check()?;
    estimate(log, estimator)
}
