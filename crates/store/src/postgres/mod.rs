//! PostgreSQL, for availability and replicas. Any number of processes write: whoever holds the
//! lock on the head row does, one batch at a time, and applies first what the others wrote. A batch
//! is four round trips (lock, look up, write, commit), whatever it holds.

mod around;
mod batch;
mod connect;
mod course;
mod decision;
mod evidence;
mod fault;
mod look_up;
mod migrate;
pub(crate) mod moving;
mod past;
mod read;
mod record;
mod report;
mod rows;
mod shelf;
mod statements;
mod table;
mod value;
mod write;

use std::{fmt, sync::Arc};

use pointsman_domain::Digest;

use sqlx::postgres::PgConnectOptions;

use crate::{
    backend::{Backend, Reader, Store},
    error::StoreError,
    fact::Projection,
    migration::{Standing, standings},
    row::DocumentRow,
    shelf::Shelf,
    statements::Statements,
    upkeep::Upkeep,
};
use around::Rounds;
use connect::Line;
use read::PostgresReader;
use report::PostgresProjection;
use shelf::PostgresShelf;
use statements::PostgresStatements;
use write::PostgresBackend;

/// A store in one schema of a database.
#[derive(Clone)]
pub struct Postgres {
    options: PgConnectOptions,
    rounds: Arc<Rounds>,
}

/// Without its password.
impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postgres({})", self.options.get_host())
    }
}

impl Postgres {
    /// Connects, makes the tables in an empty schema, and checks that the server keeps what it
    /// acknowledges.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let (options, schema) = connect::options(url)?;
        let mut line = Line::open(&options)?;
        connect::check(&mut line)?;
        migrate::open(&mut line, schema.as_deref())?;
        Ok(Self { rounds: Arc::new(Rounds::new(&options)), options })
    }

    /// Which migrations a schema has.
    pub fn migrations(url: &str) -> Result<Vec<Standing>, StoreError> {
        let mut line = Line::open(&connect::options(url)?.0)?;
        Ok(standings(migrate::MIGRATIONS, migrate::format(&mut line)?))
    }

    /// Runs the migrations that are left.
    pub fn migrate(url: &str) -> Result<(), StoreError> {
        let (options, schema) = connect::options(url)?;
        migrate::run(&mut Line::open(&options)?, schema.as_deref())
    }
}

impl Store for Postgres {
    fn backend(&self) -> Result<Box<dyn Backend>, StoreError> {
        Ok(Box::new(PostgresBackend::new(Line::open(&connect::by_keys(&self.options))?)))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(PostgresReader::new(Line::open(&self.options)?, Arc::clone(&self.rounds))))
    }

    fn shelf(&self) -> Result<Box<dyn Shelf>, StoreError> {
        Ok(Box::new(PostgresShelf::new(Line::open(&self.options)?)))
    }

    fn projection(&self) -> Result<Box<dyn Projection>, StoreError> {
        Ok(Box::new(PostgresProjection(Line::open(&self.options)?)))
    }

    fn statements(&self) -> Result<Box<dyn Statements>, StoreError> {
        Ok(Box::new(PostgresStatements::new(Line::open(&self.options)?)))
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn announce(&self, snapshot: &Digest, documents: &[DocumentRow]) -> Result<(), StoreError> {
        let done = Line::open(&self.options)?.run(async |line| write::announce(line, snapshot, documents).await);
        done.map_err(fault::unavailable("announce documents"))
    }

    /// Its own cleaning is the server's.
    fn upkeep(&self) -> Result<Option<Upkeep>, StoreError> {
        Ok(None)
    }
}
