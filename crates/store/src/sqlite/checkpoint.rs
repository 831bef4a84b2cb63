//! Folding the write-ahead log into the file, beside the commits.
//!
//! A thread copies pages as soon as the log has grown by [`STEP`]; it blocks nobody. Only a log
//! that nobody is reading can start over, so when it passes [`CAP`] the committer itself finishes
//! the job between two batches: by then there is little left to copy. (Without any of this the
//! log reached 784 MB in eight seconds of full load.)

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

use super::connect;
use crate::error::StoreError;

/// The log is copied when it has grown by this much.
const STEP: u64 = 8 << 20;
/// The log starts over at this size.
const CAP: u64 = 64 << 20;
/// How often the thread looks.
const PAUSE: Duration = Duration::from_millis(100);
/// How many batches pass between two looks of the committer: looking costs one `stat`.
const BATCHES: u64 = 64;

/// The running thread; ends, with a last full checkpoint, when dropped.
#[derive(Debug)]
pub struct Checkpointer {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let connection = connect::write(path)?;
        let (stop, stopped) = mpsc::channel();
        let path = path.to_owned();
        let run = move || run(&connection, &path, &stopped);
        let thread = std::thread::Builder::new().name("checkpointer".into()).spawn(run);
        let thread =
            thread.map_err(|e| StoreError::Unavailable { what: "start its checkpointer", source: e.into() })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn run(connection: &Connection, path: &Path, stopped: &mpsc::Receiver<()>) {
    let mut copied = 0;
    while stopped.recv_timeout(PAUSE) == Err(mpsc::RecvTimeoutError::Timeout) {
        let size = log_size(path);
        // The log starts over when it has been copied whole: then it is smaller than before.
        if size < copied {
            copied = 0;
        }
        if size >= copied + STEP {
            checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            copied = size;
        }
    }
    checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
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
