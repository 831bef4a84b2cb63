//! One file: SQLite, embedded. One connection writes, on the committer's thread; readers have
//! their own. The write-ahead log is flushed at every commit (`synchronous=FULL`) and folded
//! into the file by a thread beside it, never by a commit.

mod checkpoint;
mod connect;
mod decision;
mod fault;
mod look_up;
mod migrate;
mod read;
mod shelf;
mod value;
mod write;

use std::path::{Path, PathBuf};

pub use checkpoint::Checkpointer;
pub use read::SqliteReader;
pub use shelf::SqliteShelf;
pub use write::SqliteBackend;

use crate::{backend::Store, error::StoreError};

/// A store in one file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file, or makes it, and brings its tables up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect::write(path)?;
        migrate::run(&mut connection)?;
        Ok(Self { path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts the thread that folds the write-ahead log into the file; it ends with its handle.
    pub fn checkpointer(&self) -> Result<Checkpointer, StoreError> {
        Checkpointer::start(&self.path)
    }

    /// What is kept beside the record.
    pub fn shelf(&self) -> Result<SqliteShelf, StoreError> {
        Ok(SqliteShelf(connect::write(&self.path)?))
    }
}

impl Store for Sqlite {
    type Backend = SqliteBackend;
    type Reader = SqliteReader;

    fn backend(&self) -> Result<SqliteBackend, StoreError> {
        Ok(SqliteBackend::new(connect::write(&self.path)?, &self.path))
    }

    fn reader(&self) -> Result<SqliteReader, StoreError> {
        Ok(SqliteReader::new(connect::read(&self.path)?))
    }
}
