//! `territories/NAME.csv`: which pool or rep the leads of a place or a kind belong to.
//!
//! The head of the table names attributes of the lead and who gets it:
//!
//! ```csv
//! country,postcode,employees,pool,rep
//! DE,80000-81999|85,,munich,
//! DE,,500+,,mara
//! ```
//!
//! An empty cell is *any*. Of several rows that hold a lead the most specific wins: the one with
//! the narrower postcodes, then, from left to right, the one with the narrower cell, then the
//! earlier line. Finding it takes one look-up for each combination of filled columns that the
//! table has, however many rows there are.
//!
//! Reading order: `postcode` (areas as prefixes), [`scope`] (cells), [`file`](self::file) (text
//! to rows), `index` (the look-up).

mod file;
mod index;
pub mod postcode;
pub mod scope;

use pointsman_domain::{PoolIndex, RepIndex, TerritoryId};
use pointsman_expr::{Environment, Field, FieldKind, Row};

use crate::Roster;
use index::Index;
use scope::Scope;

/// Who gets the leads of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    Pool(PoolIndex),
    Rep(RepIndex),
}

/// One attribute that the table divides by.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// As the head names it.
    pub name: Box<str>,
    pub field: Field,
    pub kind: FieldKind,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct TerritoryRow {
    /// Of the file, from 1.
    pub line: u32,
    pub to: Destination,
    /// Local days since 1970-01-01, half-open: from the first on which the row holds to the first
    /// on which it does not.
    pub days: (i32, i32),
    /// One a column.
    pub scopes: Vec<Scope>,
}

/// A checked table.
#[derive(Debug, Clone)]
pub struct Territory {
    pub name: TerritoryId,
    pub columns: Vec<Column>,
    /// In the order of the file.
    pub rows: Vec<TerritoryRow>,
    index: Index,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TerritoryError {
    #[error("the table has no head: begin with a line like country,postcode,pool")]
    NoHead,
    #[error("the table has no row")]
    NoRow,
    #[error("is not UTF-8 at byte {0}: save it as CSV UTF-8")]
    NotUtf8(usize),
    #[error("has {0} rows or more, at most {limit} are read", limit = Territory::MOST_ROWS)]
    TooManyRows(usize),
    #[error("the head has no column pool or rep: nobody would get these leads")]
    NobodyNamed,
    #[error("column '{0}' stands twice in the head")]
    ColumnTwice(Box<str>),
    #[error("column '{name}' is no attribute of leads{hint}")]
    UnknownColumn { name: Box<str>, hint: String },
    #[error("column '{name}' is {kind}, which cannot divide a territory")]
    UnfitColumn { name: Box<str>, kind: &'static str },
    #[error("postcodes need the column country beside them: 10115 is in Berlin or in Hesston, Kansas")]
    PostcodeWithoutCountry,
    #[error("line {line}, column '{column}': {message}")]
    Cell { line: u32, column: Box<str>, message: String },
    #[error("line {line}: {message}")]
    Row { line: u32, message: String },
}

impl Territory {
    /// Ten times the ZIP codes of the United States would still fit.
    pub const MOST_ROWS: usize = 500_000;

    /// Reads and checks a table; every fault is returned, at most fifty.
    pub fn parse(
        name: TerritoryId,
        source: &[u8],
        roster: &Roster,
        environment: &Environment,
    ) -> Result<Self, Vec<TerritoryError>> {
        let (columns, rows) = file::read(source, roster, environment)?;
        let index = Index::new(&columns, &rows);
        Ok(Self { name, columns, rows, index })
    }

    /// The row that a lead belongs to on a local day, by its place in [`Territory::rows`].
    pub fn find(&self, lead: &Row, day: i32) -> Option<usize> {
        self.index.find(&self.columns, &self.rows, lead, day)
    }

    /// Whether the row holds this lead on this day.
    pub fn holds(&self, row: usize, lead: &Row, day: i32) -> bool {
        let row = &self.rows[row];
        let country = self.country(lead);
        let scopes = row.scopes.iter().zip(&self.columns);
        (row.days.0..row.days.1).contains(&day) && scopes.into_iter().all(|(s, c)| s.holds(c, lead, country))
    }

    /// Every lead of the first row is one of the second; days aside.
    pub fn is_within(&self, row: usize, other: usize) -> bool {
        let pairs = self.rows[row].scopes.iter().zip(&self.rows[other].scopes);
        pairs.into_iter().all(|(mine, others)| mine.within(others))
    }

    /// The country of a lead, which its postcode is read in.
    fn country<'l>(&self, lead: &'l Row) -> Option<&'l str> {
        country_of(&self.columns, lead)
    }
}

pub(crate) fn country_of<'l>(columns: &[Column], lead: &'l Row) -> Option<&'l str> {
    let column = columns.iter().find(|column| column.kind == FieldKind::Country)?;
    lead.text(column.field)
}
