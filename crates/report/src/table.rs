//! A table as data: what stands behind every picture, and beside it.

use crate::{Cx, words};

/// Rows shown at most; a page is not a data export.
pub const MAX_ROWS: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// A line below: what was left out, how to read it.
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    /// Right-aligned, digits of equal width.
    pub numeric: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The first cell names the row. What follows a line break in a cell is shown below it, quieter.
    pub cells: Vec<String>,
    /// Set apart: the chosen candidate, the total.
    pub strong: bool,
}

impl Column {
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), numeric: false }
    }

    pub fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), numeric: true }
    }
}

impl Row {
    pub fn new(cells: Vec<String>) -> Self {
        Self { cells, strong: false }
    }

    pub fn strong(cells: Vec<String>) -> Self {
        Self { cells, strong: true }
    }
}

impl Table {
    /// Too long or too wide to stand beside its picture on paper or in a mail.
    pub fn is_long(&self) -> bool {
        self.rows.len() > 16 || self.columns.len() > 8
    }

    /// A table of at most [`MAX_ROWS`] rows; the note says how many more there were.
    pub fn of(columns: Vec<Column>, rows: impl ExactSizeIterator<Item = Row>, cx: Cx) -> Self {
        let left_out = rows.len().saturating_sub(MAX_ROWS);
        let note = match left_out {
            0 => String::new(),
            n => words::chart::more_rows(cx.locale, &cx.locale.count(n as u64)),
        };
        Self { caption: String::new(), columns, rows: rows.take(MAX_ROWS).collect(), note }
    }
}
