//! From units to calendar time, for every design.

use serde::Serialize;

use super::power::Level;
use crate::{
    stats::group_sequential::{GroupSequential, Spending},
    undefined::Undefined,
};

/// What a design costs in units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DesignCost {
    /// Every unit counts once.
    Independent,
    /// Units come in clusters of mean size m̄ with coefficient of variation cv and correlation
    /// icc: × 1 + (m̄(1 + cv²) − 1) icc.
    Clustered { mean_size: f64, cv: f64, icc: f64 },
    /// The period is the unit; only this share of a period is kept after burn-in and burn-out.
    Switchback { leads_per_period: f64, icc: f64, kept: f64 },
    /// Reps are compared with themselves: × 1 − correlation of a rep's two halves.
    Paired { correlation: f64 },
}

/// How one looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sequential {
    /// Once, at the end.
    Fixed,
    /// So many even looks with Lan–DeMets bounds.
    Looks { looks: u32, spending: Spending },
    /// At any time: the confidence sequence's width at its tuning size over the fixed one.
    Anytime,
}

/// The plan in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Horizon {
    /// Leads per variant.
    pub units_per_variant: f64,
    pub design_factor: f64,
    pub sequential_factor: f64,
    /// At this many leads a day and this share in the test.
    pub days: f64,
    /// Clusters or periods per variant, where the design has them.
    pub groups_per_variant: Option<f64>,
}

/// Multiplies the `independent` units per variant (from [`super::power`]) by what design and looks
/// cost, and divides by the leads that arrive a day for one variant.
pub fn horizon(
    independent: f64,
    cost: DesignCost,
    sequential: Sequential,
    leads_per_day: f64,
    smallest_share: f64,
    level: Level,
) -> Result<Horizon, Undefined> {
    if !(leads_per_day > 0.0 && smallest_share > 0.0 && smallest_share <= 1.0 && independent > 0.0) {
        return Err(Undefined::ParameterOutOfRange);
    }
    let (design_factor, group_size) = design(cost)?;
    let sequential_factor = sequential_factor(sequential, level)?;
    let units_per_variant = independent * design_factor * sequential_factor;
    Ok(Horizon {
        units_per_variant,
        design_factor,
        sequential_factor,
        days: units_per_variant / (leads_per_day * smallest_share),
        groups_per_variant: group_size.map(|m| units_per_variant / m),
    })
}

fn design(cost: DesignCost) -> Result<(f64, Option<f64>), Undefined> {
    let share = |x: f64| (0.0..=1.0).contains(&x);
    match cost {
        DesignCost::Independent => Ok((1.0, None)),
        DesignCost::Clustered { mean_size, cv, icc } if mean_size >= 1.0 && cv >= 0.0 && share(icc) => {
            Ok((1.0 + (mean_size * (1.0 + cv * cv) - 1.0) * icc, Some(mean_size)))
        }
        DesignCost::Switchback { leads_per_period, icc, kept }
            if leads_per_period > 0.0 && share(icc) && kept > 0.0 && kept <= 1.0 =>
        {
            let counted = leads_per_period * kept;
            Ok(((1.0 + (counted - 1.0).max(0.0) * icc) / kept, Some(leads_per_period)))
        }
        DesignCost::Paired { correlation } if correlation > -1.0 && correlation < 1.0 => Ok((1.0 - correlation, None)),
        _ => Err(Undefined::ParameterOutOfRange),
    }
}

fn sequential_factor(sequential: Sequential, level: Level) -> Result<f64, Undefined> {
    match sequential {
        Sequential::Fixed => Ok(1.0),
        Sequential::Looks { looks, spending } => {
            let fractions: Vec<f64> = (1..=looks).map(|i| f64::from(i) / f64::from(looks)).collect();
            Ok(GroupSequential::plan(&fractions, level.alpha, spending)?.inflation(level.alpha, level.power))
        }
        // At N = N* the sequence's half-width in standard errors does not depend on N.
        Sequential::Anytime => {
            let sequence = crate::stats::sequential::ConfidenceSequence { alpha: level.alpha, tuning: 1000.0 };
            let width = sequence.half_width(1.0, 1000.0);
            let z_power = -crate::special::normal::upper_quantile(level.power);
            let ratio = (width + z_power) / level.factor();
            Ok(ratio * ratio)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_and_clusters_cost_what_the_tables_say() {
        let level = Level { alpha: 0.05, power: 0.8 };
        let looks = Sequential::Looks { looks: 5, spending: Spending::ObrienFleming };
        let cost = DesignCost::Clustered { mean_size: 11.0, cv: 0.0, icc: 0.05 };
        let plan = horizon(1000.0, cost, looks, 100.0, 0.5, level).expect("valid");
        assert!((plan.design_factor - 1.5).abs() < 1e-12);
        assert!((plan.sequential_factor - 1.0247).abs() < 1e-3, "{}", plan.sequential_factor);
        assert!((plan.days - plan.units_per_variant / 50.0).abs() < 1e-9);
        let anytime = horizon(1000.0, DesignCost::Independent, Sequential::Anytime, 100.0, 0.5, level).expect("valid");
        assert!(anytime.sequential_factor > 1.5 && anytime.sequential_factor < 3.0, "{}", anytime.sequential_factor);
    }
}
