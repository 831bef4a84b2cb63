//! Texts that occur again and again, as numbers.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A dictionary: texts in the order in which they first came.
#[derive(Default, Clone)]
pub struct Words {
    pub names: Vec<Box<str>>,
    places: HashMap<Box<str>, u32, WordHash>,
}

impl Words {
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.places.get(text) {
            return *code;
        }
        let code = self.names.len() as u32;
        self.names.push(text.into());
        self.places.insert(text.into(), code);
        code
    }

    /// Takes in another dictionary; each of its codes becomes the one at that place.
    pub fn adopt(&mut self, other: &Self) -> Vec<u32> {
        other.names.iter().map(|name| self.code(name)).collect()
    }
}

type WordHash = BuildHasherDefault<WordHasher>;

/// Eight bytes a step. Texts come from one company's own files, so nobody picks them to collide.
#[derive(Default)]
pub struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.0 = (self.0.rotate_left(26) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
