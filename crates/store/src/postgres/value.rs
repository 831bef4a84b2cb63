//! PostgreSQL's values as ours: the columns hold the same numbers, texts and bytes as the SQLite
//! store's.

use pointsman_domain::{Digest, Instant};
use sqlx::{
    Decode, Error, Row, Type,
    postgres::{PgRow, Postgres},
};

pub type Result<T> = sqlx::Result<T>;

fn damaged(column: usize, what: &str) -> Error {
    Error::ColumnDecode { index: column.to_string(), source: format!("{what} is no value of this column").into() }
}

pub fn instant(row: &PgRow, column: usize) -> Result<Instant> {
    row.try_get(column).map(Instant::from_unix_micros)
}

pub fn maybe_instant(row: &PgRow, column: usize) -> Result<Option<Instant>> {
    row.try_get::<Option<i64>, _>(column).map(|micros| micros.map(Instant::from_unix_micros))
}

pub fn digest(row: &PgRow, column: usize) -> Result<Digest> {
    row.try_get(column).map(Digest::new)
}

pub fn maybe_digest(row: &PgRow, column: usize) -> Result<Option<Digest>> {
    row.try_get::<Option<[u8; 32]>, _>(column).map(|bytes| bytes.map(Digest::new))
}

/// An integer of a narrower type than its column.
pub fn number<T: TryFrom<i64>>(row: &PgRow, column: usize) -> Result<T> {
    let stored: i64 = row.try_get(column)?;
    T::try_from(stored).map_err(|_| damaged(column, &stored.to_string()))
}

pub fn flag(row: &PgRow, column: usize) -> Result<bool> {
    row.try_get::<i64, _>(column).map(|stored| stored != 0)
}

/// A text that need not be there.
pub fn text(row: &PgRow, column: usize) -> Result<Option<Box<str>>> {
    row.try_get(column)
}

pub fn id<T>(row: &PgRow, column: usize, make: impl FnOnce([u8; 16]) -> T) -> Result<T> {
    row.try_get(column).map(make)
}

pub fn maybe_id<T>(row: &PgRow, column: usize, make: impl FnOnce([u8; 16]) -> T) -> Result<Option<T>> {
    row.try_get::<Option<[u8; 16]>, _>(column).map(|bytes| bytes.map(make))
}

/// A column that parses into a checked type.
pub fn parsed<'r, S, T>(row: &'r PgRow, column: usize, parse: impl FnOnce(S) -> Option<T>) -> Result<T>
where
    S: Decode<'r, Postgres> + Type<Postgres>,
{
    parse(row.try_get(column)?).ok_or_else(|| damaged(column, "what is stored"))
}

/// A slug column.
pub fn name<T: std::str::FromStr>(row: &PgRow, column: usize) -> Result<T> {
    parsed(row, column, |text: &str| text.parse().ok())
}

pub fn maybe_name<T: std::str::FromStr>(row: &PgRow, column: usize) -> Result<Option<T>> {
    match row.try_get::<Option<&str>, _>(column)? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| damaged(column, text)),
    }
}

/// A JSON column.
pub fn json<T: serde::de::DeserializeOwned>(row: &PgRow, column: usize) -> Result<T> {
    parsed(row, column, |text: &str| serde_json::from_str(text).ok())
}
