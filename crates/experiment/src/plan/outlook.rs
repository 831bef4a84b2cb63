//! What a test can show at this company's own volume: for each metric the smallest lift within
//! the horizon, and the time that given lifts take.

use serde::Serialize;

use super::{
    DesignCost, Sequential,
    metric::{Baseline, Traffic, detectable, plan},
    power::Level,
};
use crate::{
    analysis::Outcome,
    spec::{ExperimentSpec, MetricId, Role},
    special::{exp, ln},
    undefined::Undefined,
};

/// How long a test runs unless its file says.
pub const USUAL_DAYS: f64 = 56.0;
/// Relative lifts for which the time is given.
pub const LIFTS: [f64; 4] = [0.05, 0.1, 0.2, 0.4];

/// One metric as the past shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    pub metric: MetricId,
    pub role: Role,
    pub level: Result<PastLevel, Undefined>,
    pub cost: DesignCost,
}

/// Its level in the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PastLevel {
    Baseline(Baseline),
    /// A time to an event: the share of units that have had it.
    Events {
        share: f64,
    },
}

/// The outlook of a whole test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    pub leads_per_day: f64,
    pub leads_per_month: f64,
    /// Of the planned test.
    pub days: f64,
    pub maturity_days: f64,
    /// How much more the looks ask for than one test at the end.
    pub looks: u32,
    pub alpha: f64,
    pub power: f64,
    pub metrics: Vec<MetricOutlook>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricOutlook {
    pub metric: MetricId,
    pub role: Role,
    /// Its mean, rate, or share with the event.
    pub level: Option<f64>,
    /// The smallest relative lift that is found within `days`; of a time to an event, of the rate
    /// at which the event comes.
    pub detectable: Outcome<f64>,
    pub within: Vec<TimeFor>,
}

/// How long one lift takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TimeFor {
    pub lift: f64,
    pub days: Outcome<f64>,
    /// Clusters or periods per variant, where the design has them.
    pub groups_per_variant: Option<f64>,
}

/// How often a specification looks.
pub fn sequential(spec: &ExperimentSpec) -> Sequential {
    let horizon = &spec.horizon;
    match (horizon.looks, horizon.days.is_some() || horizon.units.is_some()) {
        (_, false) => Sequential::Anytime,
        (1, true) => Sequential::Fixed,
        (looks, true) => Sequential::Looks { looks, spending: horizon.spending },
    }
}

/// The outlook of a test on leads that come as they came in the past.
pub fn outlook(spec: &ExperimentSpec, leads_per_day: f64, past: &[Past]) -> Outlook {
    let sum: f64 = spec.weights().iter().sum();
    let smallest = spec.weights().into_iter().filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min) / sum;
    let traffic = Traffic { leads_per_day, smallest_share: smallest };
    // Bonferroni over the comparisons with the control is what Holm starts from.
    let comparisons = spec.variants.len().saturating_sub(1).max(1) as f64;
    let level = Level { alpha: spec.alpha / comparisons, power: spec.power };
    let days = spec.horizon.days.unwrap_or(USUAL_DAYS);
    let sequential = sequential(spec);
    let metric = |past: &Past| one(past, days, sequential, traffic, level);
    Outlook {
        leads_per_day,
        leads_per_month: leads_per_day * 365.25 / 12.0,
        days,
        maturity_days: spec.maturity.0 as f64 / pointsman_domain::Micros::DAY.0 as f64,
        looks: spec.horizon.looks,
        alpha: spec.alpha,
        power: spec.power,
        metrics: past.iter().map(metric).collect(),
    }
}

fn one(past: &Past, days: f64, sequential: Sequential, traffic: Traffic, level: Level) -> MetricOutlook {
    let time = |lift: f64| {
        let planned = past.level.and_then(|past_level| match past_level {
            PastLevel::Baseline(baseline) => plan(baseline, lift, past.cost, sequential, traffic, level),
            PastLevel::Events { share } => {
                let units = events(lift, level)? / share / 2.0;
                super::horizon(units, past.cost, sequential, traffic.leads_per_day, traffic.smallest_share, level)
            }
        });
        TimeFor {
            lift,
            days: planned.map(|p| p.days).into(),
            groups_per_variant: planned.ok().and_then(|p| p.groups_per_variant),
        }
    };
    let smallest = past.level.and_then(|past_level| match past_level {
        PastLevel::Baseline(baseline) => detectable(baseline, days, past.cost, sequential, traffic, level),
        PastLevel::Events { share } => rate_lift(share, days, past.cost, sequential, traffic, level),
    });
    MetricOutlook {
        metric: past.metric.clone(),
        role: past.role,
        level: past.level.ok().map(|level| match level {
            PastLevel::Baseline(Baseline::Rate(p)) => p,
            PastLevel::Baseline(Baseline::Mean { mean, .. }) => mean,
            PastLevel::Events { share } => share,
        }),
        detectable: smallest.into(),
        within: LIFTS.map(time).to_vec(),
    }
}

/// Events of both variants until a log-rank test finds a rate that is (1 + lift) times the other:
/// 4 (z + z)²/ln(1 + lift)² for equal shares (Schoenfeld 1981).
fn events(lift: f64, level: Level) -> Result<f64, Undefined> {
    if lift <= -1.0 || lift == 0.0 {
        return Err(Undefined::NoDetectableEffect);
    }
    let ratio = level.factor() / ln(1.0 + lift);
    Ok(4.0 * ratio * ratio)
}

fn rate_lift(
    share: f64,
    days: f64,
    cost: DesignCost,
    sequential: Sequential,
    traffic: Traffic,
    level: Level,
) -> Result<f64, Undefined> {
    let factor =
        super::horizon(1.0, cost, sequential, traffic.leads_per_day, traffic.smallest_share, level)?.units_per_variant;
    let events = 2.0 * share * days * traffic.leads_per_day * traffic.smallest_share / factor;
    if events.is_nan() || events <= 0.0 {
        return Err(Undefined::NoDetectableEffect);
    }
    Ok(exp(2.0 * level.factor() / events.sqrt()) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::MetricId;

    fn spec(horizon: &str) -> ExperimentSpec {
        let text = format!(
            "format = 1\nid = 'x'\ndesign = {{ kind = 'lead' }}\n{horizon}\nvariants = [{{ id = 'a', policy = 'p', weight = 1 }}, {{ id = 'b', policy = 'q', weight = 1 }}]\nmetrics = [{{ id = 'won', kind = 'binary', column = 'won', role = 'decision' }}]"
        );
        ExperimentSpec::from_toml(&text).expect("valid")
    }

    fn past(level: Result<PastLevel, Undefined>) -> Past {
        let metric = MetricId::new("won").expect("a slug");
        Past { metric, role: Role::Decision, level, cost: DesignCost::Independent }
    }

    #[test]
    fn the_lift_that_is_detectable_takes_the_horizon() {
        let levels = [
            PastLevel::Baseline(Baseline::Rate(0.12)),
            PastLevel::Events { share: 0.8 },
            PastLevel::Baseline(Baseline::Mean { mean: 50.0, sd: 80.0 }),
        ];
        for level in levels {
            let outlook = outlook(&spec("horizon = { days = 56, looks = 5 }"), 63.0, &[past(Ok(level))]);
            let lift = *outlook.metrics[0].detectable.ok().expect("a lift");
            let times = &outlook.metrics[0].within;
            let shorter = times.iter().filter(|t| t.days.ok().is_some_and(|d| *d <= 56.0)).map(|t| t.lift);
            assert!(shorter.fold(f64::INFINITY, f64::min) >= 0.95 * lift, "{level:?}: {lift} {times:?}");
        }
    }

    #[test]
    fn looking_whenever_one_likes_costs_time() {
        let lift = |horizon: &str| {
            let past = [past(Ok(PastLevel::Baseline(Baseline::Rate(0.12))))];
            *outlook(&spec(horizon), 63.0, &past).metrics[0].detectable.ok().expect("a lift")
        };
        assert!(lift("horizon = { days = 56 }") < lift("horizon = { days = 56, looks = 10 }"));
        assert!(lift("horizon = { days = 56, looks = 10 }") < lift(""));
        let none = [past(Err(Undefined::NoUnits))];
        assert!(outlook(&spec(""), 63.0, &none).metrics[0].detectable.ok().is_none());
    }
}
