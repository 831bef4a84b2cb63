//! Where a test's confidence sequence is tightest.

use crate::{spec::ExperimentSpec, stats::sequential::ConfidenceSequence};

/// Where confidence sequences are tightest unless a number of units is planned. Fixed beforehand:
/// tuned at what happens to be there, a sequence would promise nothing.
const TUNED_AT_UNITS: f64 = 5000.0;
/// The same in clusters: ten units by four weeks of days, roughly.
const TUNED_AT_CLUSTERS: f64 = 200.0;

/// The confidence sequence over units, or over clusters.
pub fn sequence(spec: &ExperimentSpec, clustered: bool) -> ConfidenceSequence {
    let units = spec.horizon.units.map_or(TUNED_AT_UNITS, |u| u as f64);
    ConfidenceSequence { alpha: spec.alpha, tuning: if clustered { units.min(TUNED_AT_CLUSTERS) } else { units } }
}
