//! Adaptive weights, off by default: under shared capacity, changing weights changes the
//! interference itself.

use serde::Serialize;

use super::bayes::Better;
use crate::{
    special::{ln, normal, quadrature::GaussLegendre, roots},
    undefined::Undefined,
};

/// A variant's units, mean and unit variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArmStats {
    pub n: f64,
    pub mean: f64,
    pub variance: f64,
}

/// What the posteriors N(mean, variance/n) say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// The variant with the best mean.
    pub leader: usize,
    pub prob_best: Vec<f64>,
    pub prob_second: Vec<f64>,
    /// (best + second)/2.
    pub top_two_share: Vec<f64>,
}

/// P(best) and P(second best) by quadrature over independent normals, cut at every posterior's
/// own ±9 standard errors. Undefined with fewer than two variants or one that does not vary.
pub fn standing(arms: &[ArmStats], better: Better) -> Result<Standing, Undefined> {
    let posteriors = posteriors(arms, better)?;
    let mut cuts: Vec<f64> = posteriors
        .iter()
        .flat_map(|&(m, s)| [-9.0, -6.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0].map(|k| m + k * s))
        .collect();
    cuts.sort_unstable_by(f64::total_cmp);
    let rule = GaussLegendre::new(16);
    let k = arms.len();
    let (mut best, mut second) = (vec![0.0; k], vec![0.0; k]);
    for pair in cuts.windows(2).filter(|w| w[1] > w[0]) {
        for (x, w) in rule.on(pair[0], pair[1]) {
            let below: Vec<f64> = posteriors.iter().map(|&(m, s)| normal::cdf((x - m) / s)).collect();
            let above: Vec<f64> = posteriors.iter().map(|&(m, s)| normal::sf((x - m) / s)).collect();
            for i in 0..k {
                let (m, s) = posteriors[i];
                let density = w * normal::pdf((x - m) / s) / s;
                if density == 0.0 {
                    continue;
                }
                let others = || (0..k).filter(move |&j| j != i);
                best[i] += density * others().map(|j| below[j]).product::<f64>();
                let one_above: f64 = others()
                    .map(|top| above[top] * others().filter(|&j| j != top).map(|j| below[j]).product::<f64>())
                    .sum();
                second[i] += density * one_above;
            }
        }
    }
    let top_two_share = best.iter().zip(&second).map(|(b, s)| 0.5 * (b + s)).collect();
    Ok(Standing { leader: leader(arms, better), prob_best: best, prob_second: second, top_two_share })
}

/// (mean turned so that higher is better, standard error) of each variant.
fn posteriors(arms: &[ArmStats], better: Better) -> Result<Vec<(f64, f64)>, Undefined> {
    if arms.len() < 2 {
        return Err(Undefined::OneSegment);
    }
    if arms.iter().any(|a| !(a.n > 0.0 && a.variance > 0.0)) {
        return Err(Undefined::ZeroVariance);
    }
    let sign = if better == Better::Higher { 1.0 } else { -1.0 };
    Ok(arms.iter().map(|a| (sign * a.mean, (a.variance / a.n).sqrt())).collect())
}

fn leader(arms: &[ArmStats], better: Better) -> usize {
    let beats = |a: f64, b: f64| if better == Better::Higher { a > b } else { a < b };
    (1..arms.len()).fold(0, |best, i| if beats(arms[i].mean, arms[best].mean) { i } else { best })
}

/// Thompson weights with a floor: f + (1 − K f) w (GrowthBook).
pub fn floored(prob_best: &[f64], floor: f64) -> Vec<f64> {
    let share = 1.0 - prob_best.len() as f64 * floor;
    prob_best.iter().map(|w| floor + share * w).collect()
}

/// Top-two Thompson sampling (Russo 2020): ψ_i = w_i [β + (1−β) Σ_{j≠i} w_j/(1−w_j)]. A leader whose
/// 1 − w is below 1e-14 gives the others nothing: no second would ever be drawn.
pub fn top_two(prob_best: &[f64], beta: f64) -> Vec<f64> {
    let odds = |w: f64| if 1.0 - w < 1e-14 { 0.0 } else { w / (1.0 - w) };
    let total: f64 = prob_best.iter().map(|&w| odds(w)).sum();
    prob_best.iter().map(|&w| w * (beta + (1.0 - beta) * (total - odds(w)))).collect()
}

/// The generalised likelihood ratio by which a best arm may be declared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StopRule {
    /// min over rivals of (gap + ε)²/(2(s_L²/n_L + s_j²/n_j)).
    pub statistic: f64,
    /// ln((1 + ln t)/δ), t all units (Garivier and Kaufmann 2016, as TensorZero uses it).
    pub threshold: f64,
}

impl StopRule {
    pub fn crossed(&self) -> bool {
        self.statistic > self.threshold
    }
}

/// Undefined as [`standing`].
pub fn stop_rule(arms: &[ArmStats], better: Better, delta: f64, epsilon: f64) -> Result<StopRule, Undefined> {
    posteriors(arms, better)?;
    let lead = leader(arms, better);
    let top = arms[lead];
    let statistic = arms
        .iter()
        .enumerate()
        .filter(|(j, _)| *j != lead)
        .map(|(_, a)| {
            let gap = (top.mean - a.mean).abs() + epsilon;
            gap * gap / (2.0 * (top.variance / top.n + a.variance / a.n))
        })
        .fold(f64::INFINITY, f64::min);
    let units: f64 = arms.iter().map(|a| a.n).sum();
    Ok(StopRule { statistic, threshold: ln((1.0 + ln(units)) / delta) })
}

/// The shares that find the best variant soonest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackAndStop {
    pub weights: Vec<f64>,
    /// Units needed per unit of ln(1/δ).
    pub characteristic_time: f64,
}

/// w maximising min_j gap_j²/(2(s_L²/w_L + s_j²/w_j)) (Garivier and Kaufmann 2016). With v = w × T
/// every rival's constraint is tight: v_j = s_j²/(gap_j²/2 − s_L²/v_L), and T = Σ v is convex in
/// v_L. Undefined when a rival ties with the leader.
pub fn track_and_stop(arms: &[ArmStats], better: Better) -> Result<TrackAndStop, Undefined> {
    posteriors(arms, better)?;
    let lead = leader(arms, better);
    let top = arms[lead];
    let rivals: Vec<(usize, f64, f64)> = arms
        .iter()
        .enumerate()
        .filter(|(j, _)| *j != lead)
        .map(|(j, a)| (j, 0.5 * (top.mean - a.mean) * (top.mean - a.mean), a.variance))
        .collect();
    let smallest = rivals.iter().map(|r| r.1).fold(f64::INFINITY, f64::min);
    if smallest <= 0.0 {
        return Err(Undefined::NoDetectableEffect);
    }
    // dT/dv_L = 1 − Σ s_j² s_L²/(v_L half_gap_j − s_L²)².
    let slope = |v: f64| {
        1.0 - rivals
            .iter()
            .map(|(_, half, s)| {
                let free = v * half - top.variance;
                s * top.variance / (free * free)
            })
            .sum::<f64>()
    };
    let least = top.variance / smallest;
    // One rival alone would ask for v = (s_L² + s_L s_j)/half_gap; k of them for at most √k as much.
    let largest_root: f64 = rivals
        .iter()
        .map(|(_, half, s)| (top.variance + (s * top.variance * rivals.len() as f64).sqrt()) / half)
        .fold(0.0, f64::max);
    let v_lead = roots::solve(slope, least * (1.0 + 1e-9), largest_root.max(least * 2.0));
    let mut v = vec![0.0; arms.len()];
    v[lead] = v_lead;
    for (j, half, s) in &rivals {
        v[*j] = s / (half - top.variance / v_lead);
    }
    let total: f64 = v.iter().sum();
    Ok(TrackAndStop { weights: v.iter().map(|x| x / total).collect(), characteristic_time: total })
}
