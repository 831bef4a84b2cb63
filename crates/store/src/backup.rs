//! A whole store in one file, and back: the file is a SQLite store, whichever kind it came from,
//! and goes into either. The tables and columns are the same in both.

use std::path::Path;

use crate::{
    backend::Store,
    error::StoreError,
    location::Location,
    postgres::{Postgres, moving},
    sqlite::Sqlite,
};

/// Writes the store, as it is at one instant, into a new file; it may be in use meanwhile.
pub fn write(from: &Location, file: &Path) -> Result<(), StoreError> {
    match from {
        Location::Sqlite(path) => Sqlite::open(path)?.copy(file),
        Location::Postgres(url) => {
            let copied = moving::into_file(&Postgres::open(url)?, file);
            if copied.is_err() {
                // Half a backup is none.
                let _gone = std::fs::remove_file(file);
            }
            copied
        }
    }
}

/// Fills an empty store from a file; one that holds anything is left alone.
pub fn restore(file: &Path, into: &Location) -> Result<(), StoreError> {
    let backup = Sqlite::open(file)?;
    match into {
        Location::Sqlite(path) if path.exists() => match into.open()?.reader()?.head()?.seq {
            0 => {
                remove(path)?;
                backup.copy(path)
            }
            _ => Err(StoreError::NotEmpty),
        },
        Location::Sqlite(path) => backup.copy(path),
        Location::Postgres(url) => {
            let store = Postgres::open(url)?;
            match store.reader()?.head()?.seq {
                0 => moving::from_file(file, &store),
                _ => Err(StoreError::NotEmpty),
            }
        }
    }
}

/// An empty store's files.
fn remove(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let path = std::path::PathBuf::from(name);
        if path.exists() {
            let what = "replace";
            std::fs::remove_file(&path).map_err(|source| StoreError::File { what, path, source })?;
        }
    }
    Ok(())
}
