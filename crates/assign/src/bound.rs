//! Limits as the ledger counts them: partitions, windows, counter keys.

use pointsman_domain::{LimitId, LimitKind, RepId, Window};
use serde::{Deserialize, Serialize};

/// 0 always carries the whole cap; a budget split raises its variant's partition as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Partition(pub u8);

/// The windows an instant falls into, in one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Windows {
    /// Local days since 1970-01-01.
    pub day: i32,
    /// Monday of the ISO week, in days since 1970-01-01.
    pub week: i32,
    /// `year × 12 + month − 1`.
    pub month: i32,
}

impl Windows {
    pub fn of(&self, kind: LimitKind) -> Window {
        match kind {
            LimitKind::Open => Window::Always,
            LimitKind::PerDay => Window::Day(self.day),
            LimitKind::PerWeek => Window::Week(self.week),
            LimitKind::PerMonth => Window::Month(self.month),
        }
    }
}

/// What one claim raises, by name: the form that is stored with a decision, so that a release
/// lowers exactly what was raised, whatever the roster looks like by then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CounterKey {
    pub rep: RepId,
    pub limit: LimitId,
    pub window: Window,
    pub partition: Partition,
}
