//! What a file holds, as one number.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use pointsman_domain::Digest;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a file of any size.
pub fn file_digest(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(Digest::new(hasher.finalize().into()));
        }
        hasher.update(&buffer[..n]);
    }
}
