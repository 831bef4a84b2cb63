//! Interrupted time series: a break in a weekly series, beyond its own trend.

use pointsman_experiment::{Undefined, special::student, stats::matrix};
use serde::Serialize;

use super::{Design, Evidence};
use crate::{Estimate, estimate::ALPHA};

/// Weeks that each side needs before a trend is more than two points.
pub const FEWEST_WEEKS: usize = 8;

/// Level and slope before, change of level and of slope after.
const TERMS: usize = 4;

/// The mean over the weeks after the start of what lies above the continued trend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interrupted {
    pub effect: Estimate,
    pub std_error: f64,
    pub df: f64,
    /// Correlation of the residuals of neighbouring weeks, −1 to 1. Far above 0 the interval is too
    /// narrow.
    pub neighbours: f64,
    pub weeks_before: usize,
    pub weeks_after: usize,
    /// The trend of the weeks before, at the first week after, and its slope a week.
    pub trend_at_start: f64,
    pub slope: f64,
}

/// OLS of yₜ = a + b (t − t₀) + D (c + d (t − t₀)) and its residual variance, with Student's t at
/// n − 4 degrees of freedom: at some 26 weeks a plain Newey–West error is too small, so that errors
/// are taken as independent and their correlation is shown. The effect is c + d times the mean of
/// t − t₀ over the weeks after the start (Wagner et al. 2002).
///
/// `weekly[start..]` are the weeks with Pointsman. Undefined with fewer than [`FEWEST_WEEKS`] on
/// either side, or a value that is not finite.
pub fn interrupted(weekly: &[f64], start: usize) -> Result<Interrupted, Undefined> {
    let n = weekly.len();
    if start < FEWEST_WEEKS || n < start + FEWEST_WEEKS {
        return Err(Undefined::TooFewUnits);
    }
    if weekly.iter().any(|y| !y.is_finite()) {
        return Err(Undefined::NotFinite);
    }
    let rows: Vec<[f64; TERMS]> = (0..n).map(|t| row(t, start)).collect();
    let (inverse, beta) = least_squares(&rows, weekly)?;
    let residuals: Vec<f64> = rows.iter().zip(weekly).map(|(x, y)| y - dot(&beta, x)).collect();
    let squares = dot(&residuals, &residuals);
    let paired: f64 = residuals.windows(2).map(|two| two[0] * two[1]).sum();
    let df = (n - TERMS) as f64;
    let weights = [0.0, 0.0, 1.0, (n - start - 1) as f64 / 2.0];
    let leverage: f64 = weights.iter().zip(&inverse).map(|(weight, row)| weight * dot(row, &weights)).sum();
    let std_error = (squares / df * leverage).sqrt();
    Ok(Interrupted {
        effect: Estimate::around(dot(&weights, &beta), student::two_sided(ALPHA, df) * std_error),
        std_error,
        df,
        neighbours: if squares > 0.0 { paired / squares } else { 0.0 },
        weeks_before: start,
        weeks_after: n - start,
        trend_at_start: beta[0],
        slope: beta[1],
    })
}

/// Centred on the start, so that the normal matrix stays well conditioned.
fn row(t: usize, start: usize) -> [f64; TERMS] {
    [1.0, t as f64 - start as f64, f64::from(t >= start), t.saturating_sub(start) as f64]
}

impl Interrupted {
    /// What the weeks before let expect of week `t`, counted from 0.
    pub fn expected(&self, t: usize) -> f64 {
        self.trend_at_start + self.slope * (t as f64 - self.weeks_before as f64)
    }
}

/// (XᵀX)⁻¹ and the coefficients.
fn least_squares(rows: &[[f64; TERMS]], y: &[f64]) -> Result<(Vec<Vec<f64>>, Vec<f64>), Undefined> {
    let mut products = vec![vec![0.0; TERMS]; TERMS];
    let mut right = [0.0; TERMS];
    for (x, y) in rows.iter().zip(y) {
        for a in 0..TERMS {
            right[a] += x[a] * y;
            for b in 0..TERMS {
                products[a][b] += x[a] * x[b];
            }
        }
    }
    let inverse = matrix::inverse(&products)?;
    let beta = inverse.iter().map(|row| dot(row, &right)).collect();
    Ok((inverse, beta))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl From<Interrupted> for Evidence {
    fn from(found: Interrupted) -> Self {
        Self { design: Design::InterruptedSeries, effect: found.effect, funnels: None }
    }
}
