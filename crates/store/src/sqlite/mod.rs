//! One file: SQLite, embedded. One connection writes, on the committer's thread; readers have
//! their own. The write-ahead log is flushed at every commit (`synchronous=FULL`) and folded
//! into the file by a thread beside it, never by a commit.

mod around;
mod checkpoint;
mod connect;
mod course;
mod decision;
mod evidence;
mod fault;
mod look_up;
mod migrate;
mod past;
mod read;
mod record;
mod report;
mod rows;
mod shelf;
mod statements;
mod value;
mod write;

use std::path::{Path, PathBuf};

use read::SqliteReader;
use report::SqliteProjection;
use shelf::SqliteShelf;
use statements::SqliteStatements;
use write::SqliteBackend;

use crate::{
    backend::{Backend, Reader, Store},
    error::StoreError,
    fact::Projection,
    migration::{Format, Standing, standings},
    shelf::Shelf,
    statements::Statements,
    upkeep::Upkeep,
};

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

    /// Which migrations a file has, without touching it.
    pub fn migrations(path: &Path) -> Result<Vec<Standing>, StoreError> {
        let format = match path.exists() {
            true => migrate::format(&connect::read(path)?)?,
            false => Format::default(),
        };
        Ok(standings(migrate::MIGRATIONS, format))
    }

    /// Writes the store, as it is at one instant, into a new file; batches go on meanwhile.
    pub fn copy(&self, into: &Path) -> Result<(), StoreError> {
        let fault = fault::unavailable("copy itself");
        let connection = connect::write(&self.path)?;
        connection.execute("VACUUM INTO ?1", [into.to_string_lossy()]).map(drop).map_err(fault)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Store for Sqlite {
    fn backend(&self) -> Result<Box<dyn Backend>, StoreError> {
        Ok(Box::new(SqliteBackend::new(connect::commit(&self.path)?, &self.path)))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(SqliteReader::new(connect::read(&self.path)?)))
    }

    fn shelf(&self) -> Result<Box<dyn Shelf>, StoreError> {
        Ok(Box::new(SqliteShelf(connect::write(&self.path)?)))
    }

    fn projection(&self) -> Result<Box<dyn Projection>, StoreError> {
        Ok(Box::new(SqliteProjection::new(connect::write(&self.path)?)?))
    }

    fn statements(&self) -> Result<Box<dyn Statements>, StoreError> {
        Ok(Box::new(SqliteStatements(connect::write(&self.path)?)))
    }

    /// Folds the write-ahead log into the file.
    fn upkeep(&self) -> Result<Option<Upkeep>, StoreError> {
        checkpoint::start(&self.path).map(Some)
    }
}
