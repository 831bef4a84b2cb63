//! Planned looks: Lan and DeMets' error spending (1983).

use serde::{Deserialize, Serialize};

use crate::{
    special::{exp, ln, normal, quadrature::GaussLegendre, roots},
    undefined::Undefined,
};

/// How the error is spent over the information fraction t; each side spends a = α/2 (the
/// convention of ldbounds, gsDesign and SAS).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spending {
    /// O'Brien–Fleming type, 2(1 − Φ(z_{a/2}/√t)): hardly anything early. The default.
    ObrienFleming,
    /// Pocock type, a ln(1 + (e−1)t): nearly even.
    Pocock,
    /// a t^k.
    Power(f64),
}

impl Spending {
    /// One side's spent error at t, 0 ≤ t ≤ 1.
    pub fn spent(self, a: f64, t: f64) -> f64 {
        if t >= 1.0 {
            return a;
        }
        if t <= 0.0 {
            return 0.0;
        }
        match self {
            Self::ObrienFleming => 2.0 * normal::sf(normal::upper_quantile(a / 2.0) / t.sqrt()),
            Self::Pocock => a * libm::log1p((core::f64::consts::E - 1.0) * t),
            Self::Power(k) => a * exp(k * ln(t)),
        }
    }
}

/// Bounds above this are reported as it: nothing crosses 8.5 standard errors by chance.
const CEILING: f64 = 8.5;

/// A plan of looks with its bounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupSequential {
    pub fractions: Vec<f64>,
    /// Cross ±z_k at look k and stop.
    pub z_bounds: Vec<f64>,
    /// 2(1 − Φ(z_k)): compare the fixed p-value with it.
    pub nominal_p: Vec<f64>,
    /// Both sides' spent error up to look k.
    pub spent: Vec<f64>,
}

impl GroupSequential {
    /// The bounds of looks at increasing `fractions` of the planned information, by Armitage,
    /// McPherson and Rowe's recursion (1969) on S_k ~ N(θ t_k, t_k): the density of S_k among
    /// paths that have not stopped is carried on a Gauss–Legendre grid.
    ///
    /// Refuses fractions outside (0, 1] or not increasing.
    pub fn plan(fractions: &[f64], alpha: f64, spending: Spending) -> Result<Self, Undefined> {
        let increasing = fractions.windows(2).all(|w| w[0] < w[1]);
        let inside = !fractions.is_empty() && fractions.iter().all(|t| *t > 0.0 && *t <= 1.0);
        let level = alpha > 0.0 && alpha < 1.0;
        if !(increasing && inside && level) {
            return Err(Undefined::ParameterOutOfRange);
        }
        let a = alpha / 2.0;
        let mut walk = Walk::new();
        let mut z_bounds = Vec::with_capacity(fractions.len());
        let mut spent_before = 0.0;
        for &t in fractions {
            let spent = spending.spent(a, t);
            let increment = spent - spent_before;
            let bound = roots::solve(|z| walk.crossing_above(t, z, 0.0) - increment, 0.0, CEILING);
            z_bounds.push(bound);
            walk.advance(t, bound, 0.0);
            spent_before = spent;
        }
        Ok(Self {
            fractions: fractions.to_vec(),
            nominal_p: z_bounds.iter().map(|z| 2.0 * normal::sf(*z)).collect(),
            spent: fractions.iter().map(|t| 2.0 * spending.spent(a, *t)).collect(),
            z_bounds,
        })
    }

    /// P(stop at look k) for each look when the final z has mean `drift`.
    pub fn stopping(&self, drift: f64) -> Vec<f64> {
        let mut walk = Walk::new();
        self.fractions
            .iter()
            .zip(&self.z_bounds)
            .map(|(&t, &z)| {
                let out = walk.crossing_above(t, z, drift) + walk.crossing_below(t, z, drift);
                walk.advance(t, z, drift);
                out
            })
            .collect()
    }

    /// P(stop at any look).
    pub fn power(&self, drift: f64) -> f64 {
        self.stopping(drift).iter().sum()
    }

    /// The drift that is found with this power.
    pub fn drift_for(&self, power: f64) -> f64 {
        roots::solve(|d| self.power(d) - power, 0.0, 12.0)
    }

    /// Units needed over those of one look at the end: (drift/drift of one look)².
    pub fn inflation(&self, alpha: f64, power: f64) -> f64 {
        let one_look =
            Self { fractions: vec![1.0], z_bounds: vec![normal::two_sided(alpha)], nominal_p: vec![], spent: vec![] };
        let ratio = self.drift_for(power) / one_look.drift_for(power);
        ratio * ratio
    }

    /// E[information fraction at the stop] under `drift`.
    pub fn expected_fraction(&self, drift: f64) -> f64 {
        let stops = self.stopping(drift);
        let stopped: f64 = stops.iter().sum();
        let last = self.fractions.last().copied().unwrap_or(1.0);
        stops.iter().zip(&self.fractions).map(|(p, t)| p * t).sum::<f64>() + (1.0 - stopped) * last
    }
}

/// The density of S among paths that have not stopped, on a grid.
struct Walk {
    rule: GaussLegendre,
    /// Time of the last look, and (s, weight × density).
    time: f64,
    mass: Vec<(f64, f64)>,
}

impl Walk {
    fn new() -> Self {
        Self { rule: GaussLegendre::new(96), time: 0.0, mass: vec![(0.0, 1.0)] }
    }

    /// P(S_t/√t > z) among the paths still going.
    fn crossing_above(&self, t: f64, z: f64, drift: f64) -> f64 {
        let (step, sd) = (t - self.time, (t - self.time).sqrt());
        self.mass.iter().map(|(s, m)| m * normal::sf((z * t.sqrt() - s - drift * step) / sd)).sum()
    }

    /// P(S_t/√t < −z).
    fn crossing_below(&self, t: f64, z: f64, drift: f64) -> f64 {
        let (step, sd) = (t - self.time, (t - self.time).sqrt());
        self.mass.iter().map(|(s, m)| m * normal::cdf((-z * t.sqrt() - s - drift * step) / sd)).sum()
    }

    /// Moves the density to the next look, inside ±z.
    fn advance(&mut self, t: f64, z: f64, drift: f64) {
        let (step, sd) = (t - self.time, (t - self.time).sqrt());
        let reach = z * t.sqrt();
        // Far from the drifted centre the density vanishes: do not spend nodes there.
        let low = (-reach).max(drift * t - 9.0 * t.sqrt());
        let high = reach.min(drift * t + 9.0 * t.sqrt());
        if high <= low {
            self.mass = vec![];
            self.time = t;
            return;
        }
        // A step is narrow against the whole range when looks are many: a node every half sd.
        let pieces = (((high - low) / (24.0 * sd)).ceil() as u32).max(1);
        let width = (high - low) / f64::from(pieces);
        let mut next = Vec::with_capacity(96 * pieces as usize);
        for i in 0..pieces {
            let from = low + width * f64::from(i);
            for (s, w) in self.rule.on(from, from + width) {
                let density: f64 =
                    self.mass.iter().map(|(before, m)| m * normal::pdf((s - before - drift * step) / sd)).sum::<f64>()
                        / sd;
                next.push((s, w * density));
            }
        }
        self.mass = next;
        self.time = t;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_looks_are_the_published_obrien_fleming_bounds() {
        let plan = GroupSequential::plan(&[0.2, 0.4, 0.6, 0.8, 1.0], 0.05, Spending::ObrienFleming).expect("valid");
        for (found, published) in plan.z_bounds.iter().zip([4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) {
            assert!((found - published).abs() < 2e-4, "{found} {published}");
        }
        assert!((plan.power(0.0) - 0.05).abs() < 1e-9);
    }

    #[test]
    fn fifty_looks_keep_the_error() {
        let fractions: Vec<f64> = (1..=50).map(|i| f64::from(i) / 50.0).collect();
        let plan = GroupSequential::plan(&fractions, 0.05, Spending::ObrienFleming).expect("valid");
        assert!((plan.power(0.0) - 0.05).abs() < 1e-7, "{}", plan.power(0.0));
    }
}
