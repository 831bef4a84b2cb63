//! A plain table of numbers.

/// Rows × columns, row after row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

/// The shape does not fit the values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} values do not fill {rows} rows of {columns} columns")]
pub struct ShapeError {
    pub rows: usize,
    pub columns: usize,
    pub given: usize,
}

impl Matrix {
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self, ShapeError> {
        match rows.checked_mul(columns) {
            Some(cells) if cells == values.len() => Ok(Self { rows, columns, values }),
            _ => Err(ShapeError { rows, columns, given: values.len() }),
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.columns..(at + 1) * self.columns]
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The rows as slices, for what takes a list of leads.
    pub fn to_rows(&self) -> Vec<&[f64]> {
        (0..self.rows).map(|at| self.row(at)).collect()
    }
}
