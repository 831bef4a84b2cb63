//! A difference between two variants, with its standard error and degrees of freedom.

use serde::Serialize;

use crate::{moments::Moments, special::student, undefined::Undefined};

/// What a test needs of one variant: units, mean of a unit, variance of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub n: f64,
    pub mean: f64,
    /// What `mean` rounds away (see [`Moments::rest`]).
    pub mean_rest: f64,
    pub variance: f64,
}

impl Sample {
    pub fn new(n: f64, mean: f64, variance: f64) -> Self {
        Self { n, mean, mean_rest: 0.0, variance }
    }

    /// `successes` of `n`, with the binomial variance p(1 − p).
    pub fn proportion(successes: f64, n: f64) -> Self {
        let p = if n > 0.0 { successes / n } else { 0.0 };
        Self::new(n, p, p * (1.0 - p))
    }

    /// Variance of the mean.
    pub fn squared_error(&self) -> f64 {
        self.variance / self.n
    }
}

impl From<Moments> for Sample {
    fn from(m: Moments) -> Self {
        Self { n: m.n, mean: m.mean, mean_rest: m.rest, variance: m.variance() }
    }
}

/// Whether an effect is counted in the metric's unit or as a share of the control's mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    Absolute,
    Relative,
}

/// Two ends; either may be infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    pub fn around(centre: f64, half_width: f64) -> Self {
        Self { low: centre - half_width, high: centre + half_width }
    }

    pub fn contains(&self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    pub fn as_array(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// An estimate that is tested with Student's t.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    pub estimate: f64,
    pub std_error: f64,
    pub df: f64,
}

impl Effect {
    pub fn t(&self) -> f64 {
        self.estimate / self.std_error
    }

    /// 2 P(T > |t|).
    pub fn p_two_sided(&self) -> f64 {
        student::two_sided_p(self.t(), self.df)
    }

    /// P(T > t): small when the treatment is larger.
    pub fn p_greater(&self) -> f64 {
        student::sf(self.t(), self.df)
    }

    /// P(T < t): small when the treatment is smaller.
    pub fn p_less(&self) -> f64 {
        student::cdf(self.t(), self.df)
    }

    /// The 1 − α interval.
    pub fn interval(&self, alpha: f64) -> Interval {
        Interval::around(self.estimate, student::two_sided(alpha, self.df) * self.std_error)
    }
}

/// Welch's test of two means (Welch 1947): d = m_t − m_c, SE² = s_t²/n_t + s_c²/n_c, and
/// df = SE⁴ / [se_t⁴/(n_t−1) + se_c⁴/(n_c−1)].
///
/// Undefined when a variant has fewer than two units, or when neither varies; one constant
/// variant is fine.
///
/// ```
/// use pointsman_experiment::{moments::Moments, stats::effect};
/// let control = Moments::of(&[1.0, 2.0, 3.0]).into();
/// let treatment = Moments::of(&[2.0, 4.0, 6.0]).into();
/// let effect = effect::welch(&control, &treatment).unwrap();
/// assert_eq!(effect.estimate, 2.0);
/// ```
pub fn welch(control: &Sample, treatment: &Sample) -> Result<Effect, Undefined> {
    check_finite(control)?;
    check_finite(treatment)?;
    check_size(control, treatment)?;
    let square = control.squared_error() + treatment.squared_error();
    if square <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    let estimate = (treatment.mean - control.mean) + (treatment.mean_rest - control.mean_rest);
    Ok(Effect { estimate, std_error: square.sqrt(), df: welch_df(control, treatment) })
}

/// Satterthwaite's degrees of freedom.
pub fn welch_df(control: &Sample, treatment: &Sample) -> f64 {
    // Scaled by the sum, so that variances of 1e-300 do not underflow when squared.
    let total = control.squared_error() + treatment.squared_error();
    let (c, t) = (control.squared_error() / total, treatment.squared_error() / total);
    1.0 / (t * t / (treatment.n - 1.0) + c * c / (control.n - 1.0))
}

/// Both variants have two units and vary: what relative, adjusted and ratio effects ask for.
pub fn check_both_vary(control: &Sample, treatment: &Sample) -> Result<(), Undefined> {
    check_finite(control)?;
    check_finite(treatment)?;
    check_size(control, treatment)?;
    if control.variance <= 0.0 || treatment.variance <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    Ok(())
}

fn check_size(control: &Sample, treatment: &Sample) -> Result<(), Undefined> {
    if control.n < 1.0 || treatment.n < 1.0 {
        return Err(Undefined::NoUnits);
    }
    if control.n < 2.0 || treatment.n < 2.0 {
        return Err(Undefined::TooFewUnits);
    }
    Ok(())
}

fn check_finite(sample: &Sample) -> Result<(), Undefined> {
    if sample.mean.is_finite() && sample.variance.is_finite() { Ok(()) } else { Err(Undefined::NotFinite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinite_values_are_refused_by_name() {
        let control = Moments::of(&[1.0, 2.0]).into();
        let treatment = Moments::of(&[1.0, f64::INFINITY]).into();
        assert_eq!(welch(&control, &treatment), Err(Undefined::NotFinite));
        let empty = Moments::of(&[]).into();
        assert_eq!(welch(&control, &empty), Err(Undefined::NoUnits));
    }
}
