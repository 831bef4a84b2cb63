//! SQLite's errors in the store's words.

use rusqlite::{Error, ErrorCode};

use crate::error::StoreError;

/// A fault of file or disk while doing `what`.
pub fn unavailable(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |source| StoreError::Unavailable { what, source: source.into() }
}

/// A fault while doing `what` with one row: a broken constraint is about the row, everything
/// else about the file.
pub fn refused(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => {
            StoreError::Refused { what: what.into(), source: Some(source.into()) }
        }
        _ => StoreError::Unavailable { what, source: source.into() },
    }
}

/// A value that is there but is not what its column holds: somebody changed the file.
fn is_damage(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
    )
}

/// A fault while reading `what`: of the file, or of a value in it.
pub fn unreadable(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| match is_damage(&error) {
        true => StoreError::damaged(what, &error),
        false => StoreError::Unavailable { what, source: error.into() },
    }
}
