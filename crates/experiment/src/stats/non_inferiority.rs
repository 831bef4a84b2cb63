//! "Not worse than by a margin", and "the same within a margin".

use serde::Serialize;

use super::effect::Effect;
use crate::special::student;

/// Both answers from one effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WithinMargin {
    /// The lower end of the one-sided 1 − α interval.
    pub lower_bound: f64,
    /// H₀: effect ≤ margin.
    pub p_noninferiority: f64,
    /// Two one-sided tests against ±|margin| (Schuirmann 1987).
    pub p_equivalence: f64,
    pub noninferior: bool,
    pub equivalent: bool,
}

/// `margin` is the worst loss that would still be accepted, negative when larger is better.
/// For a metric where smaller is better, pass the effect with its sign turned.
pub fn within_margin(effect: &Effect, margin: f64, alpha: f64) -> WithinMargin {
    let above = |bound: f64| student::sf((effect.estimate - bound) / effect.std_error, effect.df);
    let below = |bound: f64| student::cdf((effect.estimate - bound) / effect.std_error, effect.df);
    let p_noninferiority = above(margin);
    let p_equivalence = above(-margin.abs()).max(below(margin.abs()));
    WithinMargin {
        lower_bound: effect.estimate - student::upper_quantile(alpha, effect.df) * effect.std_error,
        p_noninferiority,
        p_equivalence,
        noninferior: p_noninferiority < alpha,
        equivalent: p_equivalence < alpha,
    }
}
