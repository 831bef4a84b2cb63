//! What a reader hands in: columns by the slice, or rows one by one.

use crate::spec::ColumnName;

/// A column that the analysis reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnNeed {
    pub name: ColumnName,
    pub kind: ColumnKind,
}

/// How it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers; a missing one is NaN.
    Number,
    /// Whole numbers or text that name a variant, cluster or segment.
    Key,
}

/// Values of one column for the rows of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    F64(&'a [f64]),
    I64(&'a [i64]),
    Text(&'a [&'a str]),
}

impl Column<'_> {
    pub fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::Text(v) => v.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Some rows of a table: one slice for each of [`super::Analyzer::columns`], in that order.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    pub rows: usize,
    pub columns: &'a [Column<'a>],
}

/// One unit from a store or a simulation: variant, cluster, stratum, epoch, times, metric values
/// and covariates, as the spec names them: one value for each of [`super::Analyzer::columns`], in
/// that order, keys (a variant's `value`, a cluster's number) as whole numbers.
#[derive(Debug, Clone, Copy)]
pub struct UnitRow<'a> {
    pub values: &'a [f64],
}

/// Why a batch cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("the batch has {found} columns, the analysis reads {expected}")]
    Columns { expected: usize, found: usize },
    #[error("column '{name}' has {found} values for {rows} rows")]
    Length { name: ColumnName, rows: usize, found: usize },
    #[error("column '{name}' is text, but the analysis computes with it: give numbers")]
    NotNumeric { name: ColumnName },
    #[error("the other analyzer reads another experiment, so its rows cannot be merged")]
    OtherExperiment,
    #[error("column '{name}' has more than {limit} different values, which is no cluster or segment any more")]
    TooManyKeys { name: ColumnName, limit: usize },
}
