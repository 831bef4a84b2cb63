//! From values to places: one linear scale with equal steps between ticks.

use crate::{Locale, Unit};

/// Beyond this a value is drawn at the edge: no plot of ours has a use for 10¹⁵, and spans stay
/// far from overflow.
const FARTHEST: f64 = 1e15;

/// A finite interval of values on an interval of places. Values outside lie on the edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub lo: f64,
    pub hi: f64,
    from: f64,
    to: f64,
    unit: Unit,
}

impl Scale {
    /// Covers all finite `values`; 0 to 1 if there are none, some room around a single value.
    pub fn covering(values: impl IntoIterator<Item = f64>, unit: Unit) -> Self {
        let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            if value.is_finite() {
                let value = value.clamp(-FARTHEST, FARTHEST);
                lo = lo.min(value);
                hi = hi.max(value);
            }
        }
        if lo > hi {
            (lo, hi) = (0.0, 1.0);
        }
        // A span below a billionth of the values would be noise of their last bits.
        let least = (lo.abs().max(hi.abs()) * 1e-9).max(1e-12);
        if hi - lo < least {
            let room = if lo == 0.0 { 0.5 } else { (lo.abs() * 0.1).max(least) };
            (lo, hi) = (lo - room, hi + room);
        }
        Self { lo, hi, from: 0.0, to: 1.0, unit }
    }

    /// The same values on the places `from` to `to` (which may run downwards).
    pub fn onto(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// Widens to whole steps, so that the axis ends on ticks.
    pub fn rounded(self, about: usize) -> Self {
        let step = self.step(about);
        let (lo, hi) = ((self.lo / step).floor() * step, (self.hi / step).ceil() * step);
        Self { lo, hi, ..self }
    }

    /// Adds a share of the span on both sides.
    pub fn padded(self, share: f64) -> Self {
        let room = (self.hi - self.lo) * share;
        Self { lo: self.lo - room, hi: self.hi + room, ..self }
    }

    /// The place of a value; `NaN` lies at the start.
    pub fn at(&self, value: f64) -> f64 {
        let share = ((value - self.lo) / (self.hi - self.lo)).clamp(0.0, 1.0);
        let share = if share.is_nan() { 0.0 } else { share };
        self.from + (self.to - self.from) * share
    }

    pub fn holds(&self, value: f64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }

    fn step(&self, about: usize) -> f64 {
        let least = (self.hi - self.lo) / about.max(1) as f64;
        if let Some(step) = self.unit.steps().and_then(|steps| steps.iter().copied().find(|&s| s >= least)) {
            return step;
        }
        let power = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0].into_iter().map(|m| m * power).find(|&s| s >= least * (1.0 - 1e-9));
        step.unwrap_or(10.0 * power)
    }

    /// Equal steps inside the scale, about as many as asked, never more than ten.
    pub fn ticks(&self, about: usize) -> Vec<f64> {
        let step = self.step(about.min(9));
        let first = (self.lo / step - 1e-9).ceil();
        let last = (self.hi / step + 1e-9).floor();
        if !(first.is_finite() && last.is_finite()) || last < first {
            return Vec::new();
        }
        let count = ((last - first) as usize + 1).min(10);
        // `+ 0.0` turns −0 into 0.
        (0..count).map(|i| ((first + i as f64) * step + 0.0).clamp(self.lo, self.hi)).collect()
    }

    /// Ticks with their texts.
    pub fn labels(&self, about: usize, locale: Locale) -> Vec<(f64, String)> {
        let step = self.step(about.min(9));
        self.ticks(about).into_iter().map(|tick| (tick, self.unit.tick(locale, tick, step))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e3..1e3f64,
            prop::num::f64::ANY,
            Just(0.0),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::MAX),
            1e9..1.000_001e9f64,
        ]
    }

    proptest! {
        #[test]
        fn ticks_are_few_equal_and_inside(values in prop::collection::vec(any_value(), 0..8), about in 1usize..20) {
            for unit in [Unit::number(1), Unit::percent(1), Unit::minutes(), Unit::day()] {
                let scale = Scale::covering(values.iter().copied(), unit).onto(0.0, 100.0);
                let ticks = scale.ticks(about);
                prop_assert!(ticks.len() <= 10, "{ticks:?}");
                prop_assert!(ticks.iter().all(|&t| scale.holds(t)), "{ticks:?} in {scale:?}");
                let span = scale.hi - scale.lo;
                for w in ticks.windows(3) {
                    prop_assert!(((w[1] - w[0]) - (w[2] - w[1])).abs() <= 1e-6 * span, "{ticks:?}");
                }
                for &v in &values {
                    let place = scale.at(v);
                    prop_assert!((0.0..=100.0).contains(&place), "{v} at {place}");
                }
            }
        }
    }

    #[test]
    fn ticks_people_expect() {
        let check = |lo: f64, hi: f64, about: usize, expected: &[&str]| {
            let labels = Scale::covering([lo, hi], Unit::number(1)).labels(about, Locale::En);
            assert_eq!(labels.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), expected);
        };
        check(-2.5, 7.5, 4, &["−2.5", "0.0", "2.5", "5.0", "7.5"]);
        check(0.0, 42.0, 5, &["0", "10", "20", "30", "40"]);
        check(0.0, 1.0, 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        check(3.0, 3.0, 3, &["2.8", "3.0", "3.2"]);
    }

    #[test]
    fn nothing_and_one_value_have_a_scale() {
        assert_eq!(Scale::covering([], Unit::count()).ticks(2), [0.0, 0.5, 1.0]);
        let one = Scale::covering([5.0], Unit::count()).onto(0.0, 10.0);
        assert_eq!(one.at(5.0), 5.0);
    }
}
