//! A ratio of two sums, for example revenue per opportunity.

use super::effect::Sample;
use crate::{moments::CoMoments, undefined::Undefined};

/// The index of the numerator in `CoMoments<2>` of a ratio metric.
pub const NUMERATOR: usize = 0;
/// The index of the denominator.
pub const DENOMINATOR: usize = 1;

/// R = ΣM/ΣD with the delta method's variance of one unit (Deng, Knoblich and Lu 2018):
/// [s_M² − 2R s_MD + R² s_D²]/mean_D² = the variance of (M − R D)/mean_D, taken from the centred
/// cross products, so that perfect proportionality gives exactly 0 and never a negative.
///
/// Undefined when the denominators sum to zero. A variance of zero is for the caller's test to
/// refuse.
pub fn sample(stats: &CoMoments<2>) -> Result<Sample, Undefined> {
    if stats.n < 1.0 {
        return Err(Undefined::NoUnits);
    }
    let (m, d) = (stats.mean[NUMERATOR], stats.mean[DENOMINATOR]);
    if d == 0.0 {
        return Err(Undefined::ZeroDenominator);
    }
    let ratio = m / d;
    Ok(Sample::new(stats.n, ratio, stats.variance_of([1.0 / d, -ratio / d])))
}
