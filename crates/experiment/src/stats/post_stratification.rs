//! Post-stratification: the effect within cells, weighted by the cells' shares.

use serde::Serialize;

use super::effect::{Sample, Scale};
use crate::undefined::Undefined;

/// An estimate with its standard error, normal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stratified {
    pub estimate: f64,
    pub std_error: f64,
    /// False when there is only one cell, so nothing was stratified.
    pub applied: bool,
}

/// est = Σ ν_k d_k with ν_k = n_k/n and d_k the cell's (control mean, difference); its covariance
/// is α (diag ν − νν')/n α' + Σ ν_k Σ_k/n, where the first term is the randomness of the shares
/// (GrowthBook, after Xie and Aurisset 2016). Relative effects by the delta method on the
/// weighted control mean.
///
/// Cells in which one variant is absent carry no comparison and are left out; undefined when
/// nothing is left or nothing varies.
pub fn effect(cells: &[(Sample, Sample)], scale: Scale) -> Result<Stratified, Undefined> {
    let used: Vec<&(Sample, Sample)> = cells.iter().filter(|(c, t)| c.n >= 1.0 && t.n >= 1.0).collect();
    let total: f64 = used.iter().map(|(c, t)| c.n + t.n).sum();
    if used.is_empty() {
        return Err(Undefined::NoUnits);
    }
    let (mut base, mut difference) = (0.0, 0.0);
    // Covariance of (control mean, difference): [bb, bd, dd].
    let mut within = [0.0; 3];
    let mut second = [0.0; 3];
    for (c, t) in &used {
        let share = (c.n + t.n) / total;
        let (b, d) = (c.mean, t.mean - c.mean);
        base += share * b;
        difference += share * d;
        for (sum, product) in second.iter_mut().zip([b * b, b * d, d * d]) {
            *sum += share * product;
        }
        let (vc, vt) = (c.squared_error(), t.squared_error());
        for (sum, v) in within.iter_mut().zip([vc, -vc, vc + vt]) {
            *sum += share * share * v;
        }
    }
    let products = [base * base, base * difference, difference * difference];
    let covariance: [f64; 3] = core::array::from_fn(|i| within[i] + (second[i] - products[i]) / total);
    let (estimate, gradient) = match scale {
        Scale::Absolute => (difference, [0.0, 1.0]),
        Scale::Relative if base == 0.0 => return Err(Undefined::ZeroBaseline),
        Scale::Relative => (difference / base.abs(), [-difference / (base * base), 1.0 / base]),
    };
    let [bb, bd, dd] = covariance;
    let variance =
        gradient[0] * gradient[0] * bb + 2.0 * gradient[0] * gradient[1] * bd + gradient[1] * gradient[1] * dd;
    if variance <= 0.0 {
        return Err(Undefined::ZeroVariance);
    }
    Ok(Stratified { estimate, std_error: variance.sqrt(), applied: used.len() > 1 })
}
