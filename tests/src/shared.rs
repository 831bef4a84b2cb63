//! Data and reference numbers that are not part of the repository.

use std::path::PathBuf;

/// A file of the shared folder beside the checkout; `None`, with a printed line, where it is absent.
pub fn file(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: {path} is not in the folder `shared` beside the checkout");
    None
}
