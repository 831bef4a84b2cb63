//! Small things kept beside the record: API keys, people who log in, their sessions. Nothing
//! here decides a lead or changes load, so it needs neither the head nor the chain; each item
//! has a version, and whoever changes one names the version they saw.

use crate::error::StoreError;

/// What an item is. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ShelfKind {
    Key = 1,
    User = 2,
    Session = 3,
    /// The key of one-click links.
    Link = 4,
}

/// One thing on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: Box<str>,
    /// Raised by every change.
    pub version: u64,
    /// JSON, read by whoever put it there.
    pub body: Box<str>,
}

/// Reads and writes the shelf. Every call is one transaction, on disk when it returns.
pub trait Shelf: Send {
    /// In the order of their ids.
    fn all(&mut self, kind: ShelfKind) -> Result<Vec<Item>, StoreError>;

    fn get(&mut self, kind: ShelfKind, id: &str) -> Result<Option<Item>, StoreError>;

    /// Writes the item if it is at the version that the caller saw (`None`: it must be new).
    /// `false`: somebody else was faster, nothing is written.
    fn put(&mut self, kind: ShelfKind, id: &str, seen: Option<u64>, body: &str) -> Result<bool, StoreError>;

    /// Takes the item away; it need not be there.
    fn remove(&mut self, kind: ShelfKind, id: &str) -> Result<(), StoreError>;
}
