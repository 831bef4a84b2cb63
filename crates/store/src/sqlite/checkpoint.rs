//! Folding the write-ahead log into the file, beside the commits.
//!
//! A thread copies pages as soon as the log has grown by [`STEP`]; it blocks nobody. Only a log
//! that nobody is reading can start over, so when it passes [`CAP`] the committer itself finishes
//! the job between two batches: by then there is little left to copy. (Without any of this the
//! log reached 784 MB in eight seconds of full load.)

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::connect;
use crate::{error::StoreError, upkeep::Upkeep};

/// The log is copied when it has grown by this much.
const STEP: u64 = 8 << 20;
/// The log starts over at this size.
const CAP: u64 = 64 << 20;
/// How often the thread looks.
const PAUSE: Duration = Duration::from_millis(100);
/// How many batches pass between two looks of the committer: looking costs one `stat`.
const BATCHES: u64 = 64;

/// Starts the thread; at its end it makes a last full checkpoint.
pub fn start(path: &Path) -> Result<Upkeep, StoreError> {
    let folder = Folder { connection: connect::write(path)?, path: path.to_owned(), copied: 0 };
    let last = |folder: &mut Folder| checkpoint(&folder.connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    Upkeep::start("checkpointer", PAUSE, folder, Folder::look, last)
}

struct Folder {
    connection: Connection,
    path: PathBuf,
    /// Size of the log when it was copied last.
    copied: u64,
}

impl Folder {
    fn look(&mut self) {
        let size = log_size(&self.path);
        // The log starts over when it has been copied whole: then it is smaller than before.
        if size < self.copied {
            self.copied = 0;
        }
        if size >= self.copied + STEP {
            checkpoint(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)");
            self.copied = size;
        }
    }
}

/// The committer's part, between batch number `batches` and the next.
pub fn keep_small(connection: &Connection, path: &Path, batches: u64) {
    if batches.is_multiple_of(BATCHES) && log_size(path) > CAP {
        checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

/// A checkpoint that cannot run now (a reader holds old pages) is tried again later, so its
/// fault is no fault of the store: every commit is safe in the log already.
fn checkpoint(connection: &Connection, sql: &str) {
    let _busy = connection.query_row(sql, [], |_| Ok(()));
}

fn log_size(path: &Path) -> u64 {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    std::fs::metadata(PathBuf::from(name)).map_or(0, |log| log.len())
}
