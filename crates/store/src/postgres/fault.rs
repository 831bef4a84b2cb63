//! PostgreSQL's errors in the store's words.

use sqlx::Error;

use crate::error::StoreError;

/// The connection is gone, or nobody knows in what state it is.
pub fn is_lost(error: &Error) -> bool {
    match error {
        // 57P: the server shuts down; 08: the connection failed; 25P03: it was idle for too long.
        Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08") || code == "25P03")
        }
        Error::RowNotFound | Error::ColumnDecode { .. } | Error::ColumnNotFound(_) | Error::Decode(_) => false,
        _ => true,
    }
}

/// A fault of server or connection while doing `what`.
pub fn unavailable(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |source| StoreError::Unavailable { what, source: source.into() }
}

/// A fault while doing `what` with rows: a broken constraint (class 23) or a value that does not
/// fit (22) is about a row, everything else about the server.
pub fn refused(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |source| {
        let about_a_row = |code: &str| code.starts_with("23") || code.starts_with("22");
        match source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| about_a_row(&code))
        {
            true => StoreError::Refused { what: what.into(), source: Some(source.into()) },
            false => StoreError::Unavailable { what, source: source.into() },
        }
    }
}

/// A fault while reading `what`: of the server, or of a value that is not what its column holds.
pub fn unreadable(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| match error {
        Error::ColumnDecode { .. } | Error::Decode(_) => StoreError::damaged(what, &error),
        _ => StoreError::Unavailable { what, source: error.into() },
    }
}
