//! Where a store is: the URL of the settings, read once.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{backend::Store, error::StoreError, migration::Standing, postgres::Postgres, sqlite::Sqlite};

/// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE?schema=COMPANY`.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
    /// The URL, with its password.
    Postgres(Box<str>),
}

impl Location {
    /// Reads a URL; the file of `sqlite:FILE` is relative to `folder`.
    pub fn parse(url: &str, folder: &Path) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(folder.join(file))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.into())),
            _ => Err(StoreError::Url),
        }
    }

    /// Opens the store, or makes it, with its tables up to date.
    pub fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Self::Sqlite(path) => Ok(Arc::new(Sqlite::open(path)?)),
            Self::Postgres(url) => Ok(Arc::new(Postgres::open(url)?)),
        }
    }

    /// Which migrations it has; changes nothing.
    pub fn migrations(&self) -> Result<Vec<Standing>, StoreError> {
        match self {
            Self::Sqlite(path) => Sqlite::migrations(path),
            Self::Postgres(url) => Postgres::migrations(url),
        }
    }

    /// Runs the migrations that are left.
    pub fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) => Sqlite::open(path).map(drop),
            Self::Postgres(url) => Postgres::migrate(url),
        }
    }

    /// Whether several processes may write it at once.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// Whether there is nothing yet, as far as can be told without opening it.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Sqlite(path) => !path.exists(),
            Self::Postgres(_) => false,
        }
    }
}

/// Without secrets.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => write!(f, "{}", without_password(url)),
        }
    }
}

fn without_password(url: &str) -> String {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let authority = url[after_scheme..].find(['/', '?']).map_or(url.len(), |at| after_scheme + at);
    let host = url[..authority].rfind('@').map_or(after_scheme, |at| at + 1);
    let user = url[after_scheme..host].split(':').next().unwrap_or_default().trim_end_matches('@');
    let at = if user.is_empty() { "" } else { "@" };
    let rest = url[host..].split('?').next().unwrap_or_default();
    format!("{}{user}{at}{rest}", &url[..after_scheme])
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let shown = |url: &str| Location::parse(url, Path::new("acme")).unwrap().to_string();
        assert_eq!(
            shown("postgres://ada:s3:c@ret@db.example:5432/crm?password=x"),
            "postgres://ada@db.example:5432/crm"
        );
        assert_eq!(shown("postgres://db.example/crm"), "postgres://db.example/crm");
        assert_eq!(shown("postgres:///crm?host=/run/postgresql"), "postgres:///crm");
        assert_eq!(shown("sqlite:pointsman.db"), "acme/pointsman.db");
        assert!(Location::parse("mysql://x", Path::new("")).is_err());
    }
}
