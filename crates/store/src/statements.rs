//! Statements that read the same in both databases, for what is not on the way of a decision:
//! deliveries, people, accounts. Parameters are `$1`, `$2`, … in the order in which they first
//! appear; a column holds an integer, a float, text or bytes.

use crate::error::StoreError;

/// One value; the kind of a missing one is that of its column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Int(Option<i64>),
    Real(Option<f64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).ok())
    }
}

impl From<pointsman_domain::Instant> for Cell {
    fn from(value: pointsman_domain::Instant) -> Self {
        Self::Int(Some(value.unix_micros()))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Option<&str>> for Cell {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<[u8; 16]> for Cell {
    fn from(value: [u8; 16]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<Option<[u8; 16]>> for Cell {
    fn from(value: Option<[u8; 16]>) -> Self {
        Self::Bytes(value.map(|bytes| bytes.to_vec()))
    }
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Cell>);

impl Row {
    fn wrong(column: usize) -> StoreError {
        StoreError::damaged(format!("column {column} of an answer"), &"it is of another kind")
    }

    pub fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Int(value)) => Ok(*value),
            Some(Cell::Real(None) | Cell::Text(None) | Cell::Bytes(None)) => Ok(None),
            _ => Err(Self::wrong(column)),
        }
    }

    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| Self::wrong(column))
    }

    /// A counter or a seq.
    pub fn number(&self, column: usize) -> Result<u64, StoreError> {
        u64::try_from(self.int(column)?).map_err(|_| Self::wrong(column))
    }

    pub fn real(&self, column: usize) -> Result<f64, StoreError> {
        match self.0.get(column) {
            Some(Cell::Real(Some(value))) => Ok(*value),
            _ => Err(Self::wrong(column)),
        }
    }

    pub fn maybe_text(&self, column: usize) -> Result<Option<Box<str>>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Text(value)) => Ok(value.as_deref().map(Into::into)),
            Some(Cell::Real(None) | Cell::Int(None) | Cell::Bytes(None)) => Ok(None),
            _ => Err(Self::wrong(column)),
        }
    }

    pub fn text(&self, column: usize) -> Result<Box<str>, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| Self::wrong(column))
    }

    /// A slug.
    pub fn maybe_name<T: std::str::FromStr>(&self, column: usize) -> Result<Option<T>, StoreError> {
        let text = self.maybe_text(column)?;
        text.map(|text| text.parse().map_err(|_| Self::wrong(column))).transpose()
    }

    pub fn maybe_id<T>(&self, column: usize, of: impl Fn([u8; 16]) -> T) -> Result<Option<T>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Bytes(Some(bytes))) => {
                bytes[..].try_into().map(|b| Some(of(b))).map_err(|_| Self::wrong(column))
            }
            Some(Cell::Bytes(None) | Cell::Real(None) | Cell::Int(None) | Cell::Text(None)) => Ok(None),
            _ => Err(Self::wrong(column)),
        }
    }

    pub fn id<T>(&self, column: usize, of: impl Fn([u8; 16]) -> T) -> Result<T, StoreError> {
        self.maybe_id(column, of)?.ok_or_else(|| Self::wrong(column))
    }

    pub fn maybe_at(&self, column: usize) -> Result<Option<pointsman_domain::Instant>, StoreError> {
        Ok(self.maybe_int(column)?.map(pointsman_domain::Instant::from_unix_micros))
    }

    pub fn at(&self, column: usize) -> Result<pointsman_domain::Instant, StoreError> {
        self.maybe_at(column)?.ok_or_else(|| Self::wrong(column))
    }
}

/// One statement of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub sql: &'static str,
    pub cells: Vec<Cell>,
    /// It must change a row; where it does not, nothing of the transaction is done.
    pub must: bool,
}

impl Step {
    pub fn may(sql: &'static str, cells: Vec<Cell>) -> Self {
        Self { sql, cells, must: false }
    }

    pub fn must(sql: &'static str, cells: Vec<Cell>) -> Self {
        Self { sql, cells, must: true }
    }
}

/// Runs statements on one database.
pub trait Statements: Send {
    /// One state of the database by itself.
    fn rows(&mut self, what: &'static str, sql: &'static str, cells: Vec<Cell>) -> Result<Vec<Row>, StoreError>;

    /// One transaction, on disk when it returns. `false`: a step that must change a row did not, and
    /// nothing was written.
    fn all(&mut self, what: &'static str, steps: Vec<Step>) -> Result<bool, StoreError>;
}
