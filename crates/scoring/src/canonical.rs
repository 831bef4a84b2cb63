//! What is hashed: the compact JSON of a struct, fields in declaration order, floats in their
//! shortest form that reads back to the same bits. Maps in hashed types are `BTreeMap`s.

use pointsman_domain::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub(crate) fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain structs with text keys always have a JSON form")
}

pub(crate) fn digest<T: Serialize>(value: &T) -> Digest {
    let mut hasher = Hasher(Sha256::new());
    serde_json::to_writer(&mut hasher, value).expect("plain structs with text keys always have a JSON form");
    Digest::new(hasher.0.finalize().into())
}

/// Hashes what is written, so that a large table's text is never held whole.
struct Hasher(Sha256);

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
