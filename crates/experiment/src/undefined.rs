//! Why a number could not be computed. A refusal always has a name; it is never p = 1.

use serde::Serialize;

/// A named refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    #[error("a variant has no units")]
    NoUnits,
    #[error("a variant has fewer than two units, so its variance is unknown")]
    TooFewUnits,
    #[error("the values do not vary")]
    ZeroVariance,
    #[error("the control's mean is zero, so a relative effect has no base")]
    ZeroBaseline,
    #[error("the denominator is zero")]
    ZeroDenominator,
    #[error("a row or a column of the table is empty")]
    EmptyMargin,
    #[error("one segment cannot differ from others")]
    OneSegment,
    #[error("no event was observed, or all of them at one instant")]
    NoEvents,
    #[error("one variant has no events, so the hazard ratio has no finite estimate")]
    NoFiniteHazardRatio,
    #[error("the sample is too small for this quantile")]
    TooFewForQuantile,
    #[error("no effect is detectable at this size, however large")]
    NoDetectableEffect,
    #[error("the effective sample size is below {minimum}")]
    LowEffectiveSample { minimum: u32 },
    #[error("every variant must have a cluster of its own, and each needs at least two")]
    TooFewClusters,
    #[error("the covariates are collinear")]
    Collinear,
    #[error("the value cannot be negative or above its count")]
    ImpossibleCounts,
    #[error("a value is missing or not finite")]
    NotFinite,
    #[error("a parameter is outside its range")]
    ParameterOutOfRange,
    #[error("this hash version is not known")]
    UnknownHashVersion,
}
