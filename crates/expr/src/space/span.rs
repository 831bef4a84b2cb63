//! Conditions that ask one field at a time, as the classes they leave on each: what can be
//! compared without a search.

use std::collections::BTreeMap;

use super::{
    axis::{Axes, Axis, Places},
    search::Formula,
};

/// The classes that a conjunction of one-field parts leaves, by axis; every other axis is free.
#[derive(Debug, Clone)]
pub struct Span(BTreeMap<usize, Places>);

impl Span {
    /// `None` for conditions with alternatives across fields, or tests that classes cannot place.
    pub(super) fn of(formula: &Formula, axes: &Axes) -> Option<Self> {
        let mut span = Self(BTreeMap::new());
        let parts = match formula {
            Formula::All(parts) => parts.iter().collect(),
            other => vec![other],
        };
        for part in parts {
            span.keep(part, axes)?;
        }
        Some(span)
    }

    fn keep(&mut self, part: &Formula, axes: &Axes) -> Option<()> {
        let Some(axis) = part.axis()? else { return matches!(part, Formula::True).then_some(()) };
        let Axis::Values { values, .. } = &axes.axes[axis] else { return None };
        let left = self.0.entry(axis).or_insert_with(|| Places::all(values.len()));
        left.keep(&Places::of(values.len(), |place| part.holds_at(place)));
        Some(())
    }

    /// Some lead is in both.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().all(|(axis, mine)| other.0.get(axis).map_or(!mine.is_empty(), |others| mine.meets(others)))
    }

    /// Every lead of this is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        other.0.iter().all(|(axis, others)| self.0.get(axis).is_some_and(|mine| mine.is_within(others)))
    }

    /// On some field both leave values that the other does not, and some that both do.
    pub fn crosses(&self, other: &Self) -> bool {
        self.0.iter().any(|(axis, mine)| {
            other
                .0
                .get(axis)
                .is_some_and(|others| mine.meets(others) && !mine.is_within(others) && !others.is_within(mine))
        })
    }

    /// Every field that this asks, the other asks too.
    pub fn asks_no_more_than(&self, other: &Self) -> bool {
        self.0.keys().all(|axis| other.0.contains_key(axis))
    }
}
