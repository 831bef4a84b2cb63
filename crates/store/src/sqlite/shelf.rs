//! The shelf in a file: a connection of its own, which waits while a batch is written.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{fault::unavailable, value::number};
use crate::{
    error::StoreError,
    shelf::{Item, Shelf, ShelfKind},
};

/// See the module.
#[derive(Debug)]
pub struct SqliteShelf(pub(super) Connection);

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item { id: row.get(0)?, version: number(row, 1)?, body: row.get(2)? })
}

impl Shelf for SqliteShelf {
    fn all(&mut self, kind: ShelfKind) -> Result<Vec<Item>, StoreError> {
        let sql = "SELECT id, version, body FROM shelf WHERE kind = ?1 ORDER BY id";
        let fault = unavailable("read its shelf");
        let mut select = self.0.prepare_cached(sql).map_err(&fault)?;
        let rows = select.query_map([kind as u8], item).map_err(&fault)?;
        rows.collect::<rusqlite::Result<_>>().map_err(fault)
    }

    fn get(&mut self, kind: ShelfKind, id: &str) -> Result<Option<Item>, StoreError> {
        let sql = "SELECT id, version, body FROM shelf WHERE kind = ?1 AND id = ?2";
        let fault = unavailable("read its shelf");
        let mut select = self.0.prepare_cached(sql).map_err(&fault)?;
        select.query_row(params![kind as u8, id], item).optional().map_err(fault)
    }

    fn put(&mut self, kind: ShelfKind, id: &str, seen: Option<u64>, body: &str) -> Result<bool, StoreError> {
        let fault = unavailable("write its shelf");
        let written = match seen {
            None => self.0.execute(
                "INSERT INTO shelf (kind, id, version, body) VALUES (?1, ?2, 1, ?3) ON CONFLICT DO NOTHING",
                params![kind as u8, id, body],
            ),
            Some(seen) => self.0.execute(
                "UPDATE shelf SET version = version + 1, body = ?3 WHERE kind = ?1 AND id = ?2 AND version = ?4",
                params![kind as u8, id, body, seen as i64],
            ),
        };
        written.map(|rows| rows == 1).map_err(fault)
    }

    fn remove(&mut self, kind: ShelfKind, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM shelf WHERE kind = ?1 AND id = ?2";
        self.0.execute(sql, params![kind as u8, id]).map(drop).map_err(unavailable("write its shelf"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{backend::Store, sqlite::Sqlite};

    #[test]
    fn whoever_saw_an_older_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("a.db")).unwrap();
        let (mut one, mut two) = (store.shelf().unwrap(), store.shelf().unwrap());
        assert!(one.put(ShelfKind::Key, "a", None, "1").unwrap());
        assert!(!two.put(ShelfKind::Key, "a", None, "2").unwrap(), "it is there already");
        assert!(two.put(ShelfKind::Key, "a", Some(1), "3").unwrap());
        assert!(!one.put(ShelfKind::Key, "a", Some(1), "4").unwrap(), "it is at version 2");
        let item = Item { id: "a".into(), version: 2, body: "3".into() };
        assert_eq!(one.get(ShelfKind::Key, "a").unwrap(), Some(item.clone()));
        assert_eq!(one.all(ShelfKind::Key).unwrap(), [item]);
        assert_eq!(one.all(ShelfKind::User).unwrap(), []);
        one.remove(ShelfKind::Key, "a").unwrap();
        one.remove(ShelfKind::Key, "a").unwrap();
        assert_eq!(two.get(ShelfKind::Key, "a").unwrap(), None);
    }
}
