//! Heavy-tailed values, cut at a cap that both variants share.

use serde::Serialize;

use super::{effect::Sample, quantile};
use crate::{moments::Moments, undefined::Undefined};

/// Both variants after the cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Winsorised {
    pub cap: f64,
    pub capped: u64,
    pub control: Sample,
    pub treatment: Sample,
}

/// Of which values the cap is a quantile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapOf {
    All,
    /// When most values are 0 a quantile of all of them would cut almost everything.
    NonZero,
}

/// min(x, cap), the cap a linear (type 7) quantile of the values *pooled over variants*: a cap
/// per variant would cut the better one harder. Undefined when a variant has no values.
pub fn cap(control: &[f64], treatment: &[f64], percentile: f64, of: CapOf) -> Result<Winsorised, Undefined> {
    let mut pooled: Vec<f64> =
        control.iter().chain(treatment).copied().filter(|x| of == CapOf::All || *x != 0.0).collect();
    if pooled.iter().any(|x| x.is_nan()) {
        return Err(Undefined::NotFinite);
    }
    if control.is_empty() || treatment.is_empty() {
        return Err(Undefined::NoUnits);
    }
    // All values are 0: nothing to cut.
    let cap = if pooled.is_empty() { 0.0 } else { quantile::select(&mut pooled, percentile) };
    let cut = |values: &[f64]| -> Sample {
        let cut: Vec<f64> = values.iter().map(|x| x.min(cap)).collect();
        Moments::of(&cut).into()
    };
    let capped = control.iter().chain(treatment).filter(|x| **x > cap).count() as u64;
    Ok(Winsorised { cap, capped, control: cut(control), treatment: cut(treatment) })
}
