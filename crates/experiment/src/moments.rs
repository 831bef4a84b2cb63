//! Sufficient statistics: centred, mergeable, the only thing between data and tests.
//!
//! Sums of squares about the mean (never about zero) merge exactly (Chan, Golub and LeVeque
//! 1979), so a billion rows at an offset of 1e9 keep their variance.

use serde::Serialize;

/// Count, mean and centred sum of squares of one variable.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Moments {
    pub n: f64,
    pub mean: f64,
    /// What `mean` rounds away: the mean is mean + rest. At an offset of 1e15 a difference of
    /// means lives here.
    pub rest: f64,
    /// Σ (x − mean)².
    pub ss: f64,
}

/// a + b as the rounded sum and what it rounds away (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

impl Moments {
    /// Two passes, so the result does not depend on an offset.
    pub fn of(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let n = values.len() as f64;
        let pivot = values[0];
        let mean_shift = values.iter().map(|x| x - pivot).sum::<f64>() / n;
        let (mut ss, mut rest) = (0.0, 0.0);
        for x in values {
            let d = (x - pivot) - mean_shift;
            ss += d * d;
            rest += d;
        }
        let (mean, low) = two_sum(pivot, mean_shift);
        Self { n, mean, rest: low, ss: (ss - rest * rest / n).max(0.0) }
    }

    /// From published sums. The centring Σx² − (Σx)²/n is done in doubled precision, so only
    /// what the given sums had already lost is lost.
    pub fn from_sums(n: f64, sum: f64, sum_squares: f64) -> Self {
        if n <= 0.0 {
            return Self::default();
        }
        Self { n, mean: sum / n, rest: 0.0, ss: centred(sum_squares, sum, sum, n).max(0.0) }
    }

    /// From a published mean and (n − 1) variance.
    pub fn from_variance(n: f64, mean: f64, variance: f64) -> Self {
        Self { n, mean, rest: 0.0, ss: variance * (n - 1.0).max(0.0) }
    }

    /// As if both samples had been one.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.n == 0.0 {
            return other;
        }
        if other.n == 0.0 {
            return self;
        }
        let n = self.n + other.n;
        let d = (other.mean - self.mean) + (other.rest - self.rest);
        let (mean, low) = two_sum(self.mean, self.rest + d * (other.n / n));
        Self { n, mean, rest: low, ss: self.ss + other.ss + d * d * (self.n * other.n / n) }
    }

    pub fn sum(&self) -> f64 {
        self.n * self.mean
    }

    /// Σ (x − mean)² / (n − 1); 0 for n < 2.
    pub fn variance(&self) -> f64 {
        if self.n < 2.0 { 0.0 } else { self.ss / (self.n - 1.0) }
    }
}

/// Σab − ΣaΣb/n in doubled precision (exact product by fused multiply-add).
fn centred(product_sum: f64, a: f64, b: f64, n: f64) -> f64 {
    let high = a * b;
    let low = a.mul_add(b, -high);
    let quotient = high / n;
    let rest = (-quotient).mul_add(n, high) + low;
    (product_sum - quotient) - rest / n
}

/// Count, means and centred cross products of K variables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoMoments<const K: usize> {
    pub n: f64,
    pub mean: [f64; K],
    /// Σ (x_i − mean_i)(x_j − mean_j), symmetric.
    pub cross: [[f64; K]; K],
}

impl<const K: usize> Default for CoMoments<K> {
    fn default() -> Self {
        Self { n: 0.0, mean: [0.0; K], cross: [[0.0; K]; K] }
    }
}

impl<const K: usize> CoMoments<K> {
    /// Two passes over rows of K values.
    pub fn of(rows: &[[f64; K]]) -> Self {
        let Some(pivot) = rows.first().copied() else {
            return Self::default();
        };
        let n = rows.len() as f64;
        let shift: [f64; K] = core::array::from_fn(|i| rows.iter().map(|r| r[i] - pivot[i]).sum::<f64>() / n);
        let mut cross = [[0.0; K]; K];
        for row in rows {
            let d: [f64; K] = core::array::from_fn(|i| (row[i] - pivot[i]) - shift[i]);
            for i in 0..K {
                for j in 0..K {
                    cross[i][j] += d[i] * d[j];
                }
            }
        }
        Self { n, mean: core::array::from_fn(|i| pivot[i] + shift[i]), cross }
    }

    /// From published sums and sums of products (`products[i][j]` = Σ x_i x_j, upper triangle used).
    pub fn from_sums(n: f64, sums: [f64; K], products: [[f64; K]; K]) -> Self {
        if n <= 0.0 {
            return Self::default();
        }
        let mut cross = [[0.0; K]; K];
        for i in 0..K {
            for j in i..K {
                let value = centred(products[i][j], sums[i], sums[j], n);
                let value = if i == j { value.max(0.0) } else { value };
                (cross[i][j], cross[j][i]) = (value, value);
            }
        }
        Self { n, mean: sums.map(|s| s / n), cross }
    }

    /// As if both samples had been one.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        if self.n == 0.0 {
            return *other;
        }
        if other.n == 0.0 {
            return *self;
        }
        let n = self.n + other.n;
        let d: [f64; K] = core::array::from_fn(|i| other.mean[i] - self.mean[i]);
        let weight = self.n * other.n / n;
        Self {
            n,
            mean: core::array::from_fn(|i| self.mean[i] + d[i] * (other.n / n)),
            cross: core::array::from_fn(|i| {
                core::array::from_fn(|j| self.cross[i][j] + other.cross[i][j] + d[i] * d[j] * weight)
            }),
        }
    }

    /// The moments of variable `i` alone.
    pub fn moments(&self, i: usize) -> Moments {
        Moments { n: self.n, mean: self.mean[i], rest: 0.0, ss: self.cross[i][i] }
    }

    /// Σ (x_i − mean_i)(x_j − mean_j) / (n − 1); 0 for n < 2.
    pub fn covariance(&self, i: usize, j: usize) -> f64 {
        if self.n < 2.0 { 0.0 } else { self.cross[i][j] / (self.n - 1.0) }
    }

    /// The variance of Σ w_i x_i: the quadratic form w' S w, and 0 where it is rounding only
    /// (below 1e-13 of its largest term), never negative.
    pub fn variance_of(&self, weights: [f64; K]) -> f64 {
        let (mut total, mut largest) = (0.0, 0.0_f64);
        for i in 0..K {
            for j in 0..K {
                let term = weights[i] * weights[j] * self.covariance(i, j);
                total += term;
                largest = largest.max(term.abs());
            }
        }
        if total > 1e-13 * largest { total } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_offset_of_1e15_keeps_the_variance() {
        let m = Moments::of(&[1e15 + 1.0, 1e15 + 2.0, 1e15 + 3.0]);
        assert_eq!((m.n, m.mean, m.variance()), (3.0, 1e15 + 2.0, 1.0));
    }

    #[test]
    fn sums_that_cancel_are_centred_in_doubled_precision() {
        // 1e9 and 1e9 + 1, five each: Σx² needs 63 bits, the variance is 0.277…
        let m = Moments::from_sums(10.0, 1e10 + 5.0, 10.0 * 1e18 + 1e10 + 5.0);
        assert!(m.ss.is_finite() && m.ss >= 0.0);
    }

    proptest! {
        #[test]
        fn merging_is_pooling(a in prop::collection::vec(-1e3..1e3, 0..20), b in prop::collection::vec(-1e3..1e3, 1..20), offset in -1e9..1e9f64) {
            let a: Vec<f64> = a.iter().map(|x: &f64| x + offset).collect();
            let b: Vec<f64> = b.iter().map(|x: &f64| x + offset).collect();
            let merged = Moments::of(&a).merge(Moments::of(&b));
            let pooled = Moments::of(&[a.clone(), b.clone()].concat());
            prop_assert_eq!(merged.n, pooled.n);
            prop_assert!((merged.mean - pooled.mean).abs() <= 1e-15 * (1.0 + offset.abs()) * 40.0);
            prop_assert!((merged.ss - pooled.ss).abs() <= 1e-6 * (1.0 + pooled.ss), "{} {}", merged.ss, pooled.ss);
            let rows: Vec<[f64; 2]> = b.iter().map(|&x| [x, 2.0 * x]).collect();
            let co = CoMoments::of(&rows);
            prop_assert!((co.covariance(0, 1) - 2.0 * co.moments(0).variance()).abs() <= 1e-9 * (1.0 + co.moments(0).variance()));
            prop_assert!(co.variance_of([2.0, -1.0]) == 0.0, "2x − 2x does not vary: {}", co.variance_of([2.0, -1.0]));
        }
    }
}
