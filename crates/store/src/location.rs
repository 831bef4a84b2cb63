//! Where a store is: the URL of the settings, read once.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{backend::Store, error::StoreError, migration::Standing, sqlite::Sqlite};

/// `sqlite:FILE`.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
}

impl Location {
    /// Reads a URL; the file of `sqlite:FILE` is relative to `folder`.
    pub fn parse(url: &str, folder: &Path) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(folder.join(file))),
            _ => Err(StoreError::Url),
        }
    }

    /// Opens the store, or makes it, with its tables up to date.
    pub fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Sqlite(path) => Ok(Arc::new(Sqlite::open(path)?)),
        }
    }

    /// Which migrations it has; changes nothing.
    pub fn migrations(&self) -> Result<Vec<Standing>, StoreError> {
        match self {
            Self::Sqlite(path) => Sqlite::migrations(path),
        }
    }

    /// Runs the migrations that are left.
    pub fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) => Sqlite::open(path).map(drop),
        }
    }

    /// Whether several processes may write it at once.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
        }
    }

    /// Whether there is nothing yet, as far as can be told without opening it.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Sqlite(path) => !path.exists(),
        }
    }
}

/// Without secrets.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
