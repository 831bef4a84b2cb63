//! Tail sums of the hypergeometric distribution, for Fisher's exact test.

use super::{exp, gamma};

/// X = marked items in a draw: `marked` of `total` items are marked, `drawn` are taken.
#[derive(Debug, Clone, Copy)]
pub struct Hypergeometric {
    total: f64,
    marked: f64,
    drawn: f64,
}

impl Hypergeometric {
    pub fn new(total: u64, marked: u64, drawn: u64) -> Self {
        Self { total: total as f64, marked: marked as f64, drawn: drawn as f64 }
    }

    fn lowest(&self) -> f64 {
        (self.drawn + self.marked - self.total).max(0.0)
    }

    fn highest(&self) -> f64 {
        self.drawn.min(self.marked)
    }

    fn mode(&self) -> f64 {
        ((self.drawn + 1.0) * (self.marked + 1.0) / (self.total + 2.0)).floor().clamp(self.lowest(), self.highest())
    }

    /// ln P(X = k), as the quotient of three binomial weights at p = drawn/total, which keeps
    /// full precision at N = 2e9 where differences of ln Γ lose six digits.
    pub fn ln_pmf(&self, k: f64) -> f64 {
        if k < self.lowest() || k > self.highest() {
            return f64::NEG_INFINITY;
        }
        let (p, q) = (self.drawn / self.total, (self.total - self.drawn) / self.total);
        if p == 0.0 || q == 0.0 {
            return 0.0;
        }
        gamma::ln_binomial_weight(k, self.marked - k, p, q)
            + gamma::ln_binomial_weight(self.drawn - k, self.total - self.marked - self.drawn + k, p, q)
            - gamma::ln_binomial_weight(self.drawn, self.total - self.drawn, p, q)
    }

    /// Σ P(X = j) for j from k outwards in one direction, until a term no longer counts.
    fn tail(&self, k: f64, upward: bool) -> f64 {
        let (lowest, highest) = (self.lowest(), self.highest());
        if k < lowest || k > highest {
            let covers_all = if upward { k < lowest } else { k > highest };
            return if covers_all { 1.0 } else { 0.0 };
        }
        let others = self.total - self.marked - self.drawn;
        let mut term = exp(self.ln_pmf(k));
        let mut sum = term;
        let mut j = k;
        while if upward { j < highest } else { j > lowest } {
            let up = |j: f64| (self.marked - j) * (self.drawn - j) / ((j + 1.0) * (others + j + 1.0));
            if upward {
                term *= up(j);
                j += 1.0;
            } else {
                j -= 1.0;
                term /= up(j);
            }
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        sum
    }

    /// P(X ≥ k). Summed from the side on which k is a tail.
    pub fn at_least(&self, k: u64) -> f64 {
        let k = k as f64;
        if k > self.mode() { self.tail(k, true) } else { (1.0 - self.tail(k - 1.0, false)).max(0.0) }.min(1.0)
    }

    /// P(X ≤ k).
    pub fn at_most(&self, k: u64) -> f64 {
        let k = k as f64;
        if k < self.mode() { self.tail(k, false) } else { (1.0 - self.tail(k + 1.0, true)).max(0.0) }.min(1.0)
    }

    /// Σ of the outcomes no more likely than k, with relative slack 1e-7 for ties (scipy's rule).
    pub fn as_extreme_as(&self, k: u64) -> f64 {
        let k = k as f64;
        let limit = self.ln_pmf(k) + 1e-7;
        let mode = self.mode();
        if self.ln_pmf(mode) <= limit {
            return 1.0;
        }
        let upper_side = k > mode;
        let far = if upper_side { self.lowest() } else { self.highest() };
        let near = self.tail(k, upper_side);
        if self.ln_pmf(far) > limit {
            return near.min(1.0);
        }
        // The far tail starts at the point nearest to the mode that is no more likely than k.
        let (mut inside, mut outside) = (mode, far);
        while (inside - outside).abs() > 1.0 {
            let middle = (0.5 * (inside + outside)).floor();
            if self.ln_pmf(middle) <= limit {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        (near + self.tail(outside, !upper_side)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher 1935: eight cups, four with milk first, three of four right: 17/70.
        let tea = Hypergeometric::new(8, 4, 4);
        assert!((tea.at_least(3) - 17.0 / 70.0).abs() < 1e-14);
        assert!((tea.as_extreme_as(3) - 34.0 / 70.0).abs() < 1e-14);
        assert!((tea.at_most(4) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_billion_items_are_summed_in_moments() {
        let x = Hypergeometric::new(2_000_000_000, 1_000_050_000, 1_000_000_000);
        let p = x.as_extreme_as(500_000_000);
        assert!((p - 0.025_35).abs() < 1e-4, "{p}");
    }
}
