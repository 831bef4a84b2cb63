//! Quantiles and their difference between variants.

use serde::Serialize;

use super::effect::Sample;
use crate::{moments::CoMoments, special::normal, undefined::Undefined};

/// A variant's quantile with the two order statistics that bound it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QuantileStat {
    pub n: f64,
    /// The sample size at which lower and upper were taken.
    pub n_star: f64,
    pub nu: f64,
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// z of a 95 % interval: the convention for `lower` and `upper`, whatever α a test uses.
fn z95() -> f64 {
    normal::upper_quantile(0.025)
}

/// The quantile ν of `values` with the bounds at ν ∓ z √(ν(1−ν)/n), cut to 0..1: the outer
/// interval (Deng, Knoblich and Lu 2018; Yao, Li and Lu 2024). Linear between order statistics
/// (type 7). Reorders `values`. Undefined without values or with one that is not a number.
pub fn from_values(values: &mut [f64], nu: f64) -> Result<QuantileStat, Undefined> {
    if values.is_empty() {
        return Err(Undefined::NoUnits);
    }
    if !(0.0..=1.0).contains(&nu) {
        return Err(Undefined::ParameterOutOfRange);
    }
    if values.iter().any(|x| x.is_nan()) {
        return Err(Undefined::NotFinite);
    }
    let n = values.len() as f64;
    let half = z95() * (nu * (1.0 - nu) / n).sqrt();
    let mut at = |q: f64| select(values, q.clamp(0.0, 1.0));
    Ok(QuantileStat { n, n_star: n, nu, value: at(nu), lower: at(nu - half), upper: at(nu + half) })
}

/// As [`from_values`], of sorted finite values.
pub fn from_sorted(values: &[f64], nu: f64) -> Result<QuantileStat, Undefined> {
    if values.is_empty() {
        return Err(Undefined::NoUnits);
    }
    let n = values.len() as f64;
    let half = z95() * (nu * (1.0 - nu) / n).sqrt();
    let at = |q: f64| of_sorted(values, q.clamp(0.0, 1.0));
    Ok(QuantileStat { n, n_star: n, nu, value: at(nu), lower: at(nu - half), upper: at(nu + half) })
}

/// The type 7 quantile of unsorted values: the (n−1)q-th order statistic, linear between two.
/// Reorders `values`, which must not be empty.
pub fn select(values: &mut [f64], q: f64) -> f64 {
    let position = (values.len() - 1) as f64 * q;
    let index = position.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(index, f64::total_cmp);
    let fraction = position - index as f64;
    match above.iter().copied().min_by(f64::total_cmp) {
        Some(next) if fraction > 0.0 => interpolate(low, next, fraction),
        _ => low,
    }
}

/// The type 7 quantile of sorted values.
pub fn of_sorted(values: &[f64], q: f64) -> f64 {
    let position = (values.len() - 1) as f64 * q;
    let index = position.floor() as usize;
    let fraction = position - index as f64;
    match values.get(index + 1) {
        Some(&next) if fraction > 0.0 => interpolate(values[index], next, fraction),
        _ => values[index],
    }
}

/// From the nearer end, so that the result is the same whichever way the fraction is counted.
fn interpolate(low: f64, high: f64, fraction: f64) -> f64 {
    if low == high {
        low
    } else if fraction < 0.5 {
        low + (high - low) * fraction
    } else {
        high - (high - low) * (1.0 - fraction)
    }
}

impl QuantileStat {
    /// The variance of one unit that the interval's width implies:
    /// (n*/n)(n − 1)((upper − lower)/2z)²; from n = 100 at least 1e-5, since equal order
    /// statistics then mean ties rather than certainty (GrowthBook).
    pub fn variance(&self) -> f64 {
        self.floored(self.raw_variance())
    }

    /// As [`QuantileStat::variance`] when rows come in clusters: multiplied by the variance of the
    /// share below the quantile under clustering over ν(1−ν)/n.
    pub fn clustered_variance(&self, below: &ClusterShare) -> f64 {
        let factor = below.variance_of_share() / (self.nu * (1.0 - self.nu) / self.n);
        self.floored(self.raw_variance() * factor)
    }

    fn raw_variance(&self) -> f64 {
        if self.n <= 1.0 {
            return 0.0;
        }
        let sd = (self.upper - self.lower) / (2.0 * z95());
        self.n_star / self.n * (self.n - 1.0) * sd * sd
    }

    fn floored(&self, variance: f64) -> f64 {
        if self.n < 100.0 { variance } else { variance.max(1e-5) }
    }

    /// The quantile as a sample for [`super::lift::effect_on`].
    ///
    /// Undefined when n ≤ z² ν/(1−ν) or n ≤ z² (1−ν)/ν (an order statistic would lie outside the
    /// sample), and when the variance is 0 with fewer than 1,000 values.
    pub fn sample(&self, clusters: Option<&ClusterShare>) -> Result<Sample, Undefined> {
        let z = z95();
        let odds = self.nu / (1.0 - self.nu);
        if self.n <= z * z * odds || self.n <= z * z / odds {
            return Err(Undefined::TooFewForQuantile);
        }
        let raw = match clusters {
            Some(share) => self.clustered_variance(share),
            None => self.variance(),
        };
        if (raw <= 0.0 || self.raw_variance() <= 0.0) && self.n < 1000.0 {
            return Err(Undefined::ZeroVariance);
        }
        Ok(Sample::new(self.n, self.value, raw))
    }
}

/// How many values lie at or below a quantile, cluster by cluster: variable 0 is that count,
/// variable 1 the cluster's size, one row a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterShare(pub CoMoments<2>);

impl ClusterShare {
    /// The delta-method variance of Σcount/Σsize over clusters.
    fn variance_of_share(&self) -> f64 {
        let s = &self.0;
        let (count, size) = (s.mean[0], s.mean[1]);
        if s.n < 2.0 || size <= 0.0 {
            return 0.0;
        }
        s.variance_of([1.0, -count / size]) / (s.n * size * size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_7_is_linear_between_order_statistics() {
        let mut values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(select(&mut values, 0.5), 2.5);
        assert_eq!(select(&mut values, 1.0), 4.0);
        assert_eq!(of_sorted(&[1.0, 2.0, 3.0, 4.0], 0.25), 1.75);
    }
}
