//! When the rows are looked at: it decides which bound may call an effect real.

/// Why one looks now.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Looking {
    /// The table is what there will be: one test, or the planned looks of `horizon`.
    #[default]
    Complete,
    /// Part of the way to a planned end: group-sequential bounds, spent by every look so far.
    Planned {
        /// Of the planned information, 0..=1; read where the specification plans no number of units.
        fraction: f64,
        /// Of the looks before this one.
        before: Vec<f64>,
    },
    /// No end was planned: only the confidence sequence may decide.
    Anytime,
}
