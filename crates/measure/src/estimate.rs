//! Numbers with what is known of their uncertainty.

use pointsman_experiment::{special::student, stats::proportion::Count};
use serde::Serialize;

/// Two-sided error of every interval in reports.
pub const ALPHA: f64 = 0.05;

/// A number and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Estimate {
    /// Without uncertainty.
    pub fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// As far down as up.
    pub fn around(value: f64, half_width: f64) -> Self {
        Self { value, low: value - half_width, high: value + half_width }
    }

    pub fn excludes_zero(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }

    /// A sum of independent numbers: distances from value to limit add as squares (Zou and Donner
    /// 2008, MOVER), which for one number with an interval gives that interval, moved.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut value, mut below, mut above) = (0.0, 0.0, 0.0);
        for part in parts {
            value += part.value;
            below += (part.value - part.low).powi(2);
            above += (part.high - part.value).powi(2);
        }
        Self { value, low: value - below.sqrt(), high: value + above.sqrt() }
    }

    /// A product of independent numbers, to first order: each factor's distance times the others,
    /// added as squares; exact when one factor alone has an interval.
    pub fn product(factors: &[Self]) -> Self {
        let value: f64 = factors.iter().map(|factor| factor.value).product();
        let (mut below, mut above) = (0.0, 0.0);
        for (i, factor) in factors.iter().enumerate() {
            let others: f64 =
                factors.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| other.value).product();
            let ends = [(factor.low - factor.value) * others, (factor.high - factor.value) * others];
            below += ends[0].min(ends[1]).powi(2);
            above += ends[0].max(ends[1]).powi(2);
        }
        Self { value, low: value - below.sqrt(), high: value + above.sqrt() }
    }
}

/// `hits` of `n`, as a share with Wilson's 95 % interval; no share of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Share {
    pub hits: u64,
    pub n: u64,
}

impl Share {
    pub fn new(hits: u64, n: u64) -> Self {
        Self { hits, n }
    }

    /// Counts one more, a hit or not.
    pub fn count(&mut self, hit: bool) {
        self.n += 1;
        self.hits += u64::from(hit);
    }

    /// `None` for n = 0.
    pub fn value(self) -> Option<f64> {
        (self.n > 0).then(|| self.hits as f64 / self.n as f64)
    }

    /// `None` for n = 0, or more hits than trials.
    pub fn estimate(self) -> Option<Estimate> {
        let count = Count::new(self.hits, self.n).ok()?;
        let interval = count.wilson(ALPHA);
        Some(Estimate { value: count.rate(), low: interval.low, high: interval.high })
    }
}

/// The delete-one-block jackknife (Efron and Tibshirani 1993, chapter 11): `left_out` is the statistic
/// without each block in turn, whose variance × (m − 1)² ÷ m is that of `value`; Student's t with m − 1
/// degrees of freedom. `None` for fewer than two blocks.
///
/// Of a mean of blocks of equal size it is the usual interval:
///
/// ```
/// # use pointsman_measure::estimate::jackknife;
/// // Blocks 1, 2, 3: mean 2, standard error 1/√3, t = 4.3027.
/// let around = jackknife(2.0, &[2.5, 2.0, 1.5]).unwrap();
/// assert!((around.high - (2.0 + 4.302653 / 3f64.sqrt())).abs() < 1e-5);
/// assert_eq!(jackknife(2.0, &[2.0]), None);
/// ```
pub fn jackknife(value: f64, left_out: &[f64]) -> Option<Estimate> {
    let m = left_out.len() as f64;
    if left_out.len() < 2 {
        return None;
    }
    let mean = left_out.iter().sum::<f64>() / m;
    let squares: f64 = left_out.iter().map(|x| (x - mean).powi(2)).sum();
    Some(Estimate::around(value, student::two_sided(ALPHA, m - 1.0) * ((m - 1.0) / m * squares).sqrt()))
}

/// Gini's coefficient of values that are not negative: 0 when all are equal, (n−1)/n when one has
/// everything. `None` for no value or a sum of 0.
///
/// ```
/// # use pointsman_measure::estimate::gini;
/// assert_eq!(gini(&[1.0, 1.0, 1.0]), Some(0.0));
/// assert_eq!(gini(&[0.0, 0.0, 0.0, 4.0]), Some(0.75));
/// assert_eq!(gini(&[0.0]), None);
/// ```
pub fn gini(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let ranked: f64 = sorted.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x).sum();
    Some((2.0 * ranked / (n * total) - (n + 1.0) / n).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_carry_wilsons_interval() {
        // Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662 by the score method.
        let share = Share::new(81, 263).estimate().expect("n > 0");
        assert!((share.low - 0.2553).abs() < 5e-5 && (share.high - 0.3662).abs() < 5e-5, "{share:?}");
        assert_eq!(Share::new(0, 0).estimate(), None);
        assert_eq!(Share::new(0, 0).value(), None);
    }
}
