//! The records of [`super::HierLogit`]: a sparse design where every row touches a few columns.

use std::sync::Arc;

use linfa::dataset::Records;

/// No level, or no rep: the row does not touch the column.
pub const NONE: u32 = u32::MAX;

/// One column of the design, one entry a row. Shared, because the same feature enters as a fixed
/// effect and as a slope, and in many trial fits.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// One coefficient, multiplied by the number.
    Number(Arc<[f64]>),
    /// One coefficient a level; [`NONE`] touches none.
    Levels { codes: Arc<[u32]>, levels: usize },
    /// One coefficient a level, multiplied by the number. Only as a fixed column.
    Scaled { codes: Arc<[u32]>, levels: usize, by: Arc<[f64]> },
}

impl Column {
    /// How many coefficients the column has.
    pub fn width(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Levels { levels, .. } | Self::Scaled { levels, .. } => *levels,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Number(x) => x.len(),
            Self::Levels { codes, .. } => codes.len(),
            Self::Scaled { codes, by, .. } => codes.len().min(by.len()),
        }
    }
}

/// How far a fixed effect may lie from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prior {
    /// Normal with a variance that is learned, shared by all columns that name the same group.
    Learned { group: u32 },
    /// Normal with this variance.
    Known { variance: f64 },
}

#[derive(Debug, Clone, PartialEq)]
pub struct FixedColumn {
    pub column: Column,
    pub prior: Prior,
}

/// What is known of the rows: the intercept and the rep intercepts are implied.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Design {
    pub fixed: Vec<FixedColumn>,
    /// Per row the rep, or [`NONE`]. With `reps` = 0 there is no rep part at all.
    pub rep: Arc<[u32]>,
    pub reps: usize,
    /// Columns whose effects differ by rep.
    pub slopes: Vec<Column>,
    /// A known part of the logit.
    pub offset: Arc<[f64]>,
}

impl Design {
    /// A row has an offset, so the offset's length is the number of rows.
    pub fn len(&self) -> usize {
        self.offset.len()
    }

    pub fn is_empty(&self) -> bool {
        self.offset.is_empty()
    }

    /// Coefficients of the fixed part, the intercept included.
    pub fn fixed_width(&self) -> usize {
        1 + self.fixed.iter().map(|f| f.column.width()).sum::<usize>()
    }

    /// Coefficients of one rep, the intercept included.
    pub fn rep_width(&self) -> usize {
        1 + self.slopes.iter().map(Column::width).sum::<usize>()
    }
}

impl Records for Design {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.len()
    }

    fn nfeatures(&self) -> usize {
        self.fixed_width() + self.reps * self.rep_width()
    }
}
