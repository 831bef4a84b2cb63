//! A metric at its present level: what it takes to see it move, or what can be seen in a given time.

use crate::{
    special::{normal, roots},
    stats::effect::Sample,
    undefined::Undefined,
};

use super::{
    horizon::{DesignCost, Horizon, Sequential, horizon},
    power::{self, Level},
};

/// A metric's mean and the standard deviation of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Baseline {
    /// A rate: the treatment's own variance follows from the lift.
    Rate(f64),
    /// A mean; a ratio or quantile with the variance of its linearised unit; an adjusted mean with
    /// what the covariate leaves of it.
    Mean { mean: f64, sd: f64 },
}

impl From<Sample> for Baseline {
    fn from(sample: Sample) -> Self {
        Self::Mean { mean: sample.mean, sd: sample.variance.sqrt() }
    }
}

/// How leads come in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    pub leads_per_day: f64,
    /// Of the smaller variant, 0..1.
    pub smallest_share: f64,
}

/// Leads, groups and days until a relative lift is found with the level's power. Undefined for no
/// lift, a mean of zero, or a rate that the lift takes out of (0, 1).
pub fn plan(
    baseline: Baseline,
    lift: f64,
    cost: DesignCost,
    sequential: Sequential,
    traffic: Traffic,
    level: Level,
) -> Result<Horizon, Undefined> {
    let independent = match baseline {
        Baseline::Rate(p) => power::proportion_units(p, lift, level)?.unpooled,
        Baseline::Mean { mean: 0.0, .. } => return Err(Undefined::ZeroBaseline),
        Baseline::Mean { mean, sd } => power::TwoMeans { sd, ratio: 1.0 }.control_units(mean * lift, level)?,
    };
    horizon(independent, cost, sequential, traffic.leads_per_day, traffic.smallest_share, level)
}

/// The smallest relative lift (upwards) that is found within `days`. Undefined when none is: for a
/// rate, when not even a lift to 1 would be seen.
///
/// ```
/// use pointsman_experiment::plan::{DesignCost, Sequential, metric::{Baseline, Traffic, detectable}, power::Level};
/// let traffic = Traffic { leads_per_day: 1900.0 / 30.0, smallest_share: 0.5 };
/// let level = Level { alpha: 0.05, power: 0.8 };
/// let won = detectable(Baseline::Rate(0.12), 56.0, DesignCost::Independent, Sequential::Fixed, traffic, level).unwrap();
/// assert!((won - 0.26).abs() < 0.01, "{won}");
/// ```
pub fn detectable(
    baseline: Baseline,
    days: f64,
    cost: DesignCost,
    sequential: Sequential,
    traffic: Traffic,
    level: Level,
) -> Result<f64, Undefined> {
    // What design and looks cost does not depend on the lift: one unit tells the factor.
    let factor =
        horizon(1.0, cost, sequential, traffic.leads_per_day, traffic.smallest_share, level)?.units_per_variant;
    let units = days * traffic.leads_per_day * traffic.smallest_share / factor;
    if units.is_nan() || units <= 0.0 {
        return Err(Undefined::NoDetectableEffect);
    }
    match baseline {
        Baseline::Mean { mean, sd } => power::detectable_lift(mean.abs(), sd, units, level),
        Baseline::Rate(p) => {
            let most = 1.0 / p - 1.0;
            let missing = |lift: f64| power::proportion_units(p, lift, level).map_or(-1.0, |u| units - u.unpooled);
            let (low, high) = (most * 1e-9, most * (1.0 - 1e-9));
            if missing(high) < 0.0 {
                return Err(Undefined::NoDetectableEffect);
            }
            Ok(roots::solve(missing, low, high))
        }
    }
}

/// The share of tests that would find the lift in this time: the power that is left when days are
/// given.
pub fn power_within(
    baseline: Baseline,
    lift: f64,
    days: f64,
    cost: DesignCost,
    sequential: Sequential,
    traffic: Traffic,
    level: Level,
) -> Result<f64, Undefined> {
    let needed = plan(baseline, lift, cost, sequential, traffic, level)?.days;
    // The drift grows with the square root of the time; at the planned days it is z_α + z_power.
    let drift = level.factor() * (days / needed).sqrt();
    Ok(normal::sf(normal::two_sided(level.alpha) - drift))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: Level = Level { alpha: 0.05, power: 0.8 };
    const TRAFFIC: Traffic = Traffic { leads_per_day: 100.0, smallest_share: 0.5 };

    #[test]
    fn what_is_planned_is_what_is_detectable() {
        let looks = Sequential::Looks { looks: 5, spending: crate::stats::group_sequential::Spending::ObrienFleming };
        for cost in [DesignCost::Independent, DesignCost::Switchback { leads_per_period: 30.0, icc: 0.02, kept: 0.9 }] {
            for baseline in [Baseline::Rate(0.1), Baseline::Mean { mean: 100.0, sd: 250.0 }] {
                let days = plan(baseline, 0.2, cost, looks, TRAFFIC, LEVEL).expect("a plan").days;
                let lift = detectable(baseline, days, cost, looks, TRAFFIC, LEVEL).expect("a lift");
                // A mean's lift also carries the baseline's error, so it is a little larger.
                assert!((lift - 0.2).abs() < 0.03, "{baseline:?} {cost:?}: {lift}");
                let power = power_within(baseline, 0.2, days, cost, looks, TRAFFIC, LEVEL).expect("a power");
                assert!((power - 0.8).abs() < 1e-9, "{power}");
            }
        }
    }

    #[test]
    fn a_switchback_costs_more_the_more_its_periods_differ() {
        let days = |icc| {
            let cost = DesignCost::Switchback { leads_per_period: 50.0, icc, kept: 1.0 };
            plan(Baseline::Rate(0.1), 0.2, cost, Sequential::Fixed, TRAFFIC, LEVEL).expect("a plan").days
        };
        assert!(days(0.0) < days(0.01) && days(0.01) < days(0.1));
        assert_eq!(
            detectable(Baseline::Rate(0.1), 0.01, DesignCost::Independent, Sequential::Fixed, TRAFFIC, LEVEL),
            Err(Undefined::NoDetectableEffect)
        );
    }
}
