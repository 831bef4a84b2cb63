//! Lin's regression adjustment with several covariates.

use serde::Serialize;

use super::{effect::Interval, matrix};
use crate::{special::normal, undefined::Undefined};

/// The coefficient of the treatment with its robust standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LinAdjusted {
    pub estimate: f64,
    pub se_hc0: f64,
    pub se_hc1: f64,
    pub se_hc2: f64,
    pub se_hc3: f64,
}

impl LinAdjusted {
    /// Two-sided, HC2, normal.
    pub fn p_value(&self) -> f64 {
        (2.0 * normal::sf((self.estimate / self.se_hc2).abs())).min(1.0)
    }

    /// The HC2 interval, normal.
    pub fn interval(&self, alpha: f64) -> Interval {
        Interval::around(self.estimate, normal::two_sided(alpha) * self.se_hc2)
    }
}

/// OLS of Y on 1, T, Xc and T·Xc, Xc centred on the whole sample (Lin 2013): never worse than the
/// plain difference in large samples, whatever the covariates. HC2 divides each squared residual
/// by 1 − h_ii, HC3 by its square (MacKinnon and White 1985).
///
/// `covariates[i]` are the covariates of row i. Undefined when columns are collinear, when there
/// are no more rows than coefficients, or when one row alone determines a coefficient.
pub fn lin(outcome: &[f64], treated: &[bool], covariates: &[Vec<f64>]) -> Result<LinAdjusted, Undefined> {
    let n = outcome.len();
    let width = covariates.first().map_or(0, Vec::len);
    let columns = 2 + 2 * width;
    if n <= columns {
        return Err(Undefined::TooFewUnits);
    }
    if outcome.iter().chain(covariates.iter().flatten()).any(|x| !x.is_finite()) {
        return Err(Undefined::NotFinite);
    }
    let means: Vec<f64> = (0..width).map(|j| covariates.iter().map(|x| x[j]).sum::<f64>() / n as f64).collect();
    let design = |i: usize| {
        let t = if treated[i] { 1.0 } else { 0.0 };
        let centred = (0..width).map(|j| covariates[i][j] - means[j]);
        let mut row = vec![1.0, t];
        row.extend(centred.clone());
        row.extend(centred.map(|x| t * x));
        row
    };
    let mut normal_matrix = vec![vec![0.0; columns]; columns];
    let mut right = vec![0.0; columns];
    for (i, y) in outcome.iter().enumerate() {
        let row = design(i);
        for a in 0..columns {
            right[a] += row[a] * y;
            for b in 0..columns {
                normal_matrix[a][b] += row[a] * row[b];
            }
        }
    }
    let inverse = matrix::inverse(&normal_matrix)?;
    let beta: Vec<f64> = inverse.iter().map(|r| dot(r, &right)).collect();
    let [mut hc0, mut hc2, mut hc3] = [0.0; 3];
    for (i, y) in outcome.iter().enumerate() {
        let row = design(i);
        let residual = y - dot(&row, &beta);
        let influence = dot(&inverse[1], &row);
        let leverage: f64 = (0..columns).map(|a| row[a] * dot(&inverse[a], &row)).sum();
        let free = 1.0 - leverage;
        if free < 1e-10 {
            return Err(Undefined::Collinear);
        }
        let square = influence * influence * residual * residual;
        hc0 += square;
        hc2 += square / free;
        hc3 += square / (free * free);
    }
    let small_sample = n as f64 / (n - columns) as f64;
    Ok(LinAdjusted {
        estimate: beta[1],
        se_hc0: hc0.sqrt(),
        se_hc1: (hc0 * small_sample).sqrt(),
        se_hc2: hc2.sqrt(),
        se_hc3: hc3.sqrt(),
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
