//! Weights that follow the results.

use pointsman_domain::Micros;
use serde::Serialize;

use super::{
    Analysis, ColumnName, DataColumns, Design, Horizon, Method, Metric, MetricKind,
    check::Problems,
    file::{AdaptiveFile, SpecFile},
};

/// Top-two Thompson sampling: weights move towards the variants that may be the best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Adaptive {
    /// β of top-two Thompson sampling: ½ finds the best soonest, 1 earns most meanwhile.
    pub leader_share: f64,
    /// The least share of any variant: bounds what one lead may weigh in the analysis.
    pub floor: f64,
    /// Weights move at most so often.
    pub every: Micros,
    /// Matured units that every variant has before weights move at all.
    pub first_units: u64,
}

const LEADER_SHARE: f64 = 0.5;
const FLOOR: f64 = 0.1;
const EVERY_HOURS: f64 = 24.0;
const FIRST_UNITS: u64 = 100;

/// The section as checked, and the analyses as they then must be: weighted.
pub fn adaptive(
    file: &SpecFile,
    design: Option<&Design>,
    horizon: Option<&Horizon>,
    metrics: &[Metric],
    problems: &mut Problems,
) -> Option<Adaptive> {
    let AdaptiveFile { leader_share, floor, every_hours, first_units } = file.adaptive.as_ref()?;
    let leader_share = leader_share.unwrap_or(LEADER_SHARE);
    problems.unless(
        (0.5..=1.0).contains(&leader_share) && (leader_share > 0.5 || file.variants.len() > 2),
        "adaptive.leader_share",
        "expected 0.5 (finds the best of three or more variants soonest) to 1 (earns most meanwhile); at 0.5 two variants keep equal weights: choose for example 0.8",
    );
    let floor = floor.unwrap_or(FLOOR);
    let room = 1.0 / file.variants.len().max(1) as f64;
    problems.unless(
        floor >= 0.01 && floor < room,
        "adaptive.floor",
        &format!(
            "expected 0.01 or more and less than an equal share, {room:.3}: inference weighs a lead by at most 1/floor"
        ),
    );
    let hours = every_hours.unwrap_or(EVERY_HOURS);
    problems.unless((1.0..=8760.0).contains(&hours), "adaptive.every_hours", "expected 1 hour or more, usually 24");
    let first_units = first_units.unwrap_or(FIRST_UNITS);
    problems.unless(first_units >= 10, "adaptive.first_units", "expected at least 10 matured units a variant");
    problems.unless(
        design.is_none_or(|d| *d == Design::Lead),
        "adaptive",
        "needs design.kind = \"lead\": the schedules and shares of the other designs are drawn from constant weights",
    );
    problems.unless(
        horizon.is_none_or(|h| h.looks <= 1),
        "horizon.looks",
        "planned looks need constant weights: an adaptive test is decided by its confidence sequence",
    );
    let plain = |m: &Metric| matches!(m.kind, MetricKind::Binary { .. } | MetricKind::Mean { .. });
    for metric in metrics.iter().filter(|m| !plain(m)) {
        let problem =
            format!("'{}' is not a rate or a mean: only those can be weighted in an adaptive test", metric.id);
        problems.add("metrics", problem);
    }
    let equal = file.variants.iter().all(|v| v.weight == file.variants[0].weight && v.weight > 0.0);
    problems.unless(equal, "variants", "an adaptive test begins with equal weights, and moves them itself");
    Some(Adaptive { leader_share, floor, every: Micros((hours * 3600.0 * 1e6) as i64), first_units })
}

/// Plain differences become weighted ones; anything else would mix epochs.
pub fn weigh(analyses: &mut [Analysis], data: &DataColumns, problems: &mut Problems) {
    let column = |given: &Option<ColumnName>, name: &str| {
        given.clone().unwrap_or_else(|| ColumnName::new(name).expect("a column of ours has a name"))
    };
    for (i, analysis) in analyses.iter_mut().enumerate() {
        if !matches!(analysis.method, Method::Difference { .. }) {
            let problem = "an adaptive test has plain analyses only: they are weighted by one over the probability";
            problems.add(format!("analyses[{i}]"), problem);
        }
        analysis.method =
            Method::Weighted { propensity: column(&data.propensity, "propensity"), by: column(&data.unit, "unit") };
    }
}
