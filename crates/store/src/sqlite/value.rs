//! Our values as SQLite's and back.

use pointsman_domain::{Digest, Instant};
use rusqlite::{
    Row,
    types::{FromSql, FromSqlError, Type},
};

pub fn at(instant: Instant) -> i64 {
    instant.unix_micros()
}

pub fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    row.get(column).map(Instant::from_unix_micros)
}

pub fn maybe_instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Instant>> {
    row.get::<_, Option<i64>>(column).map(|micros| micros.map(Instant::from_unix_micros))
}

pub fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get(column).map(Digest::new)
}

pub fn maybe_digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Digest>> {
    row.get::<_, Option<[u8; 32]>>(column).map(|bytes| bytes.map(Digest::new))
}

/// A non-negative counter.
pub fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let stored: i64 = row.get(column)?;
    u64::try_from(stored).map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, e.into()))
}

/// A column that parses into a checked type; damage is an error of that column.
pub fn parsed<S: FromSql, T>(row: &Row<'_>, column: usize, parse: impl FnOnce(S) -> Option<T>) -> rusqlite::Result<T> {
    parse(row.get(column)?).ok_or_else(|| damaged(column))
}

/// The same for a column that may be empty.
pub fn maybe<S: FromSql, T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(S) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<S>>(column)? {
        None => Ok(None),
        Some(stored) => parse(stored).map(Some).ok_or_else(|| damaged(column)),
    }
}

/// A slug column.
pub fn name<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(row, column, |text: String| text.parse().ok())
}

pub fn maybe_name<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    maybe(row, column, |text: String| text.parse().ok())
}

/// A JSON column.
pub fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(row, column, |text: String| serde_json::from_str(&text).ok())
}

pub fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, FromSqlError::InvalidType.into())
}
