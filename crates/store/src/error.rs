//! What can go wrong between us and the store.

use std::path::PathBuf;

use crate::codec::CodecError;

/// A fault of the store. Which command was meant is said by who sent it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file, the disk or the connection fails: nothing about one command would help.
    #[error("the store cannot {what}")]
    Unavailable {
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store refused a row: an assertion of the batch did not hold.
    #[error("the store refused {what}")]
    Refused {
        what: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("{what} in the store cannot be read: {why}; run 'pointsman audit verify'")]
    Damaged { what: String, why: String },
    #[error(
        "the store's url is neither sqlite:FILE, for example sqlite:pointsman.db, nor postgres://USER@HOST/DATABASE"
    )]
    Url,
    #[error(
        "the database has {name} = {setting}; a store needs PostgreSQL 15 or newer with {name} on: what it acknowledges must survive a power cut"
    )]
    Setting { name: String, setting: String },
    #[error("the store holds a record already; restore into an empty one")]
    NotEmpty,
    #[error("the store has format {found}, this version needs {known}: run 'pointsman migrate' first")]
    Older { found: i64, known: i64 },
    #[error("the store has format {found}; this version reads up to {known}: use a newer pointsman")]
    Newer { found: i64, known: i64 },
    #[error("'{}' is in use by a running server{}; stop it, or go through its API", path.display(), hint(address))]
    Locked { path: PathBuf, address: String },
    #[error("cannot {what} '{}'", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

fn hint(address: &str) -> String {
    if address.is_empty() { String::new() } else { format!(" ({address})") }
}

impl StoreError {
    pub(crate) fn damaged(what: impl Into<String>, why: &dyn std::fmt::Display) -> Self {
        Self::Damaged { what: what.into(), why: format!("{why}") }
    }

    /// Whether trying a part of the batch may help.
    pub fn concerns_one_command(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl From<CodecError> for StoreError {
    fn from(error: CodecError) -> Self {
        Self::damaged("a row of ledger changes", &error)
    }
}
