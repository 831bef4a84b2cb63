//! Folding the write-ahead log into the file, beside the commits.
//!
//! A thread copies pages; it blocks nobody, but its flush of the file shares the disk with the
//! commits' flushes of the log. While little is written it copies all the time, a little at once,
//! so that no flush takes long and the log starts over by itself. Under full load that would never
//! end: it copies rarely then, and much at once, since pages that were written many times are
//! copied once. Only a log that nobody is reading can start over, so when it passes [`CAP`] the
//! committer itself finishes the job between two batches. (Without any of this the log reached
//! 784 MB in eight seconds of full load.)

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::connect;
use crate::{error::StoreError, stopwatch, upkeep::Upkeep};

/// Pages a second above which the disk is busy with the log alone: 60 MB/s.
const BUSY: f64 = 15_000.0;
/// While it is, the log is copied when it has grown by this much, or after [`REST`].
const STEP: u64 = 64 << 20;
const REST: Duration = Duration::from_secs(1);
/// The log starts over at this size. A stop of some 40 ms every 256 MB is met by fewer than one
/// answer in a hundred; one every 64 MB was not.
const CAP: u64 = 256 << 20;
/// How often the thread looks.
const PAUSE: Duration = Duration::from_millis(25);
/// How many batches pass between two looks of the committer: looking costs one `stat`.
const BATCHES: u64 = 64;

/// Starts the thread; at its end it makes a last full checkpoint.
pub fn start(path: &Path) -> Result<Upkeep, StoreError> {
    let connection = connect::write(path)?;
    let folder = Folder { connection, path: path.to_owned(), size: 0, pages: 0, busy: false, last: stopwatch::start() };
    let last = |folder: &mut Folder| {
        let _busy = checkpoint(&folder.connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    };
    Upkeep::start("checkpointer", PAUSE, folder, Folder::look, last)
}

struct Folder {
    connection: Connection,
    path: PathBuf,
    /// Size and pages of the log when it was copied last.
    size: u64,
    pages: u64,
    busy: bool,
    last: Instant,
}

impl Folder {
    fn look(&mut self) {
        let passed = self.last.elapsed();
        if self.busy && passed < REST && log_size(&self.path) < self.size + STEP {
            return;
        }
        let Some(pages) = checkpoint(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)") else { return };
        // A log that started over has fewer pages than before.
        let written = pages.checked_sub(self.pages).unwrap_or(pages);
        self.busy = written as f64 > BUSY * passed.as_secs_f64();
        (self.size, self.pages, self.last) = (log_size(&self.path), pages, stopwatch::start());
    }
}

/// The committer's part, between batch number `batches` and the next.
pub fn keep_small(connection: &Connection, path: &Path, batches: u64) {
    if batches.is_multiple_of(BATCHES) && log_size(path) > CAP {
        let _busy = checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

/// Pages in the log. A checkpoint that cannot run now (a reader holds old pages) is tried again later,
/// so its fault is no fault of the store: every commit is safe in the log already.
fn checkpoint(connection: &Connection, sql: &str) -> Option<u64> {
    let pages = connection.query_row(sql, [], |row| row.get::<_, i64>(1)).ok()?;
    u64::try_from(pages).ok()
}

fn log_size(path: &Path) -> u64 {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    std::fs::metadata(PathBuf::from(name)).map_or(0, |log| log.len())
}
