//! Connections, and what each of them sets.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::fault::unavailable;
use crate::error::StoreError;

/// Longer than any batch; whoever waits longer meets a stuck process.
const PATIENCE: Duration = Duration::from_secs(5);
/// Statements kept prepared: all of ours.
const STATEMENTS: usize = 96;

/// KiB of pages that the connection of the committer keeps.
const COMMITTER: u32 = 65_536;
/// And any other: the system keeps the file's pages too.
const OTHERS: u32 = 8192;

/// The committer's connection.
pub fn commit(path: &Path) -> Result<Connection, StoreError> {
    writing(path, COMMITTER)
}

/// One that writes beside the committer's.
pub fn write(path: &Path) -> Result<Connection, StoreError> {
    writing(path, OTHERS)
}

fn writing(path: &Path, cache: u32) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(unavailable("open its file"))?;
    // `synchronous=FULL` flushes the write-ahead log at every commit: that, and nothing less, is
    // what makes an acknowledged decision survive a power cut. Checkpoints are the
    // checkpointer's, so that no commit ever waits for one.
    let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
        PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
    set(connection, pragmas, cache)
}

pub fn read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(unavailable("open its file for reading"))?;
    set(connection, "PRAGMA query_only = ON;", OTHERS)
}

fn set(connection: Connection, pragmas: &str, cache: u32) -> Result<Connection, StoreError> {
    connection.busy_timeout(PATIENCE).map_err(unavailable("set its patience"))?;
    // A plan must not depend on bound values: each new value would prepare the statement anew, which
    // took an eighth of all CPU.
    let stable = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
    stable.map_err(unavailable("ask for stable plans"))?;
    let pragmas = format!("{pragmas} PRAGMA cache_size = -{cache};");
    connection.execute_batch(&pragmas).map_err(unavailable("set its pragmas"))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
