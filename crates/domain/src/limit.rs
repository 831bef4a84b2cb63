//! Bounds on a rep's work, and whether a rep is there at all.

use serde::{Deserialize, Serialize};

use crate::Instant;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// Leads offered to or owned by the rep now; a slot comes back when custody ends.
    Open,
    /// New leads in the local day; comes back only by a credit.
    PerDay,
    /// New leads in the ISO week.
    PerWeek,
    /// New leads in the calendar month.
    PerMonth,
}

/// The cap of a counter that counts and is never full: how the open work of who has no cap is known.
pub const COUNTED_ONLY: u32 = u32::MAX;

/// The window a counter belongs to, in the rep's zone at the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    Always,
    /// Local days since 1970-01-01.
    Day(i32),
    /// Monday of the ISO week, in days since 1970-01-01.
    Week(i32),
    /// `year × 12 + month − 1`.
    Month(i32),
}

/// Whether a rep takes leads at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Here,
    /// Away on leave; back at `until` when that is known.
    Absent {
        until: Option<Instant>,
    },
    /// Outside working hours; they open again at `until` when there is a next opening.
    Closed {
        until: Option<Instant>,
    },
}
