//! When something that failed is tried again.

use pointsman_domain::Micros;

/// Doubling with jitter: after the n-th failure in a row the pause is drawn evenly from
/// ½·p to p, where p = min(first · 2ⁿ⁻¹, longest). Half of it is chance, so that what failed
/// together is not tried together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Micros,
    pub longest: Micros,
}

impl Backoff {
    /// One message: 5 seconds doubling to an hour. Sixteen attempts take about five hours.
    pub const MESSAGE: Self = Self { first: Micros(5 * Micros::SECOND.0), longest: Micros::HOUR };
    /// A receiver that answers nothing at all: a second, doubling to a minute.
    pub const RECEIVER: Self = Self { first: Micros::SECOND, longest: Micros::MINUTE };

    /// `failures` counts from 1; `chance` is 64 random bits.
    pub fn pause(self, failures: u32, chance: u64) -> Micros {
        let doublings = failures.saturating_sub(1).min(40);
        let whole = self.first.0.saturating_mul(1 << doublings).min(self.longest.0);
        let half = whole / 2;
        let drawn = (u128::from(chance) * u128::from(half.unsigned_abs())) >> 64;
        Micros(whole - half + drawn as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_half_of_each_is_chance() {
        let backoff = Backoff::MESSAGE;
        for (failures, seconds) in [(1, 5), (2, 10), (3, 20), (10, 2560), (11, 3600), (u32::MAX, 3600)] {
            let (least, most) = (backoff.pause(failures, 0), backoff.pause(failures, u64::MAX));
            assert_eq!(least, Micros(seconds * 500_000), "after {failures}");
            assert!(most <= Micros(seconds * 1_000_000) && most > Micros(seconds * 999_999), "{most:?}");
        }
        let together: i64 = (1..16).map(|failures| backoff.pause(failures, u64::MAX / 2).0).sum();
        assert!((4..6).contains(&(together / Micros::HOUR.0)), "{together}");
    }
}
