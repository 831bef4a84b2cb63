//! One running server per workspace folder: an operating-system lock on `pointsman.lock`. The
//! lock ends with its process, so a kill leaves nothing stale; the text in the file, the server's
//! address, is only a hint.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::error::StoreError;

/// Held as long as the server runs.
#[derive(Debug)]
pub struct WorkspaceLock {
    file: File,
    path: PathBuf,
}

impl WorkspaceLock {
    /// Takes the lock of a workspace folder, or says who has it.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("pointsman.lock");
        let fault = |what| {
            let path = path.clone();
            move |source| StoreError::File { what, path, source }
        };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(fault("open"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => {
                let mut address = String::new();
                let _unreadable = file.read_to_string(&mut address);
                Err(StoreError::Locked { path: folder.to_owned(), address: address.trim().to_owned() })
            }
            Err(TryLockError::Error(source)) => Err(fault("lock")(source)),
        }
    }

    /// Writes where the server listens, for who comes and finds the lock taken.
    pub fn announce(&mut self, address: &str) -> Result<(), StoreError> {
        let mut write = || {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(address.as_bytes())
        };
        write().map_err(|source| StoreError::File { what: "write", path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_where_the_first_listens() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = WorkspaceLock::take(folder.path()).unwrap();
        first.announce("http://127.0.0.1:7300").unwrap();
        let error = WorkspaceLock::take(folder.path()).expect_err("taken").to_string();
        assert!(error.contains("in use by a running server (http://127.0.0.1:7300)"), "{error}");
        drop(first);
        WorkspaceLock::take(folder.path()).expect("free again");
    }
}
