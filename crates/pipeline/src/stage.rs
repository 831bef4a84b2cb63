//! All or nothing: files are written into a folder of their own and renamed into place together.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::ImportError;

/// A folder `.import` inside the target, locked while it is in use. Dropped without
/// [`Stage::commit`], it takes everything with it that it made. One that a killed process left
/// is emptied by the next import.
#[derive(Debug)]
pub(crate) struct Stage {
    target: PathBuf,
    folder: PathBuf,
    /// The outermost folder made for this import; removed if nothing is committed.
    made: Option<PathBuf>,
    _lock: File,
    files: Vec<String>,
}

impl Stage {
    pub fn new(target: &Path) -> Result<Self, ImportError> {
        let folder = target.join(".import");
        let made = folder.ancestors().take_while(|path| !path.exists()).last().map(Path::to_owned);
        let write = |source| ImportError::Write { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(write)?;
        let lock = File::create(folder.join("lock")).map_err(write)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ImportError::Busy { path: target.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(write(source)),
        }
        let stage = Self { target: target.to_owned(), folder, made, _lock: lock, files: Vec::new() };
        stage.clear().map_err(|source| ImportError::Write { path: stage.folder.clone(), source })?;
        Ok(stage)
    }

    /// Removes what a killed import left.
    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name != "lock") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// A new file that will be `name` in the target.
    pub fn create(&mut self, name: &str) -> Result<File, ImportError> {
        let path = self.folder.join(name);
        self.files.push(name.to_owned());
        File::create(&path).map_err(|source| ImportError::Write { path, source })
    }

    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<(), ImportError> {
        let written = self.create(name)?.write_all(content);
        written.map_err(|source| ImportError::Write { path: self.folder.join(name), source })
    }

    /// Renames all files into place. They are not forced to the disk one by one: what was imported
    /// can be imported again, and on a busy disk that would take longer than the import.
    pub fn commit(mut self) -> Result<(), ImportError> {
        for name in &self.files {
            let to = self.target.join(name);
            fs::rename(self.folder.join(name), &to).map_err(|source| ImportError::Write { path: to, source })?;
        }
        self.made = None;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Nothing can be done about a folder that does not go; the next import empties it.
        let _ = fs::remove_dir_all(&self.folder);
        if let Some(made) = &self.made {
            let _ = fs::remove_dir_all(made);
        }
    }
}
