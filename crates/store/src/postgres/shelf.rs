//! The shelf in a schema: a connection of its own.

use sqlx::{Row, postgres::PgRow};

use super::{connect::Line, fault::unavailable, value::number};
use crate::{
    error::StoreError,
    shelf::{Item, Shelf, ShelfKind},
};

/// See the module.
#[derive(Debug)]
pub struct PostgresShelf {
    line: Line,
}

impl PostgresShelf {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

fn item(row: &PgRow) -> sqlx::Result<Item> {
    Ok(Item { id: row.try_get(0)?, version: number(row, 1)?, body: row.try_get(2)? })
}

impl Shelf for PostgresShelf {
    fn all(&mut self, kind: ShelfKind) -> Result<Vec<Item>, StoreError> {
        let sql = "SELECT id, version, body FROM shelf WHERE kind = $1 ORDER BY id COLLATE \"C\"";
        let read = self.line.run(async |connection| {
            let rows = sqlx::query(sql).bind(kind as i64).fetch_all(connection).await?;
            rows.iter().map(item).collect()
        });
        read.map_err(unavailable("read its shelf"))
    }

    fn get(&mut self, kind: ShelfKind, id: &str) -> Result<Option<Item>, StoreError> {
        let sql = "SELECT id, version, body FROM shelf WHERE kind = $1 AND id = $2";
        let read = self.line.run(async |connection| {
            let row = sqlx::query(sql).bind(kind as i64).bind(id).fetch_optional(connection).await?;
            row.as_ref().map(item).transpose()
        });
        read.map_err(unavailable("read its shelf"))
    }

    fn put(&mut self, kind: ShelfKind, id: &str, seen: Option<u64>, body: &str) -> Result<bool, StoreError> {
        let new = "INSERT INTO shelf (kind, id, version, body) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING";
        let old = "UPDATE shelf SET version = version + 1, body = $3 WHERE kind = $1 AND id = $2 AND version = $4";
        let written = self.line.run(async |connection| {
            let query = sqlx::query(if seen.is_some() { old } else { new }).bind(kind as i64).bind(id).bind(body);
            let query = match seen {
                Some(seen) => query.bind(seen as i64),
                None => query,
            };
            query.execute(connection).await
        });
        written.map(|done| done.rows_affected() == 1).map_err(unavailable("write its shelf"))
    }

    fn remove(&mut self, kind: ShelfKind, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM shelf WHERE kind = $1 AND id = $2";
        let done =
            self.line.run(async |connection| sqlx::query(sql).bind(kind as i64).bind(id).execute(connection).await);
        done.map(drop).map_err(unavailable("write its shelf"))
    }
}
