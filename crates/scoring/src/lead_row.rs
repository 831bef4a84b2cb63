//! A lead as the model reads it.

/// No level: the text is missing or unseen and has no effect.
pub const NO_LEVEL: u32 = u32::MAX;

/// A lead as the model reads it; reuse one per thread.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeadRow {
    /// Per category input.
    pub levels: Vec<u32>,
    /// Per number input, as measured; NaN is missing.
    pub numbers: Vec<f64>,
    /// Per rep × segment feature, the column of the lead's level.
    pub(crate) rep_columns: Vec<u32>,
}
