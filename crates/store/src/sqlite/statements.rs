//! Statements on a file: a connection of its own, which waits while a batch is written.

use rusqlite::{
    Connection, ToSql, TransactionBehavior, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use super::fault::{unavailable, unreadable};
use crate::{
    error::StoreError,
    statements::{Cell, Row, Statements, Step},
};

/// See the module.
#[derive(Debug)]
pub struct SqliteStatements(pub(super) Connection);

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(value) => value.to_sql(),
            Self::Real(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
            Self::Bytes(value) => value.to_sql(),
        }
    }
}

fn cell(value: ValueRef<'_>) -> rusqlite::Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Int(None),
        ValueRef::Integer(value) => Cell::Int(Some(value)),
        ValueRef::Real(value) => Cell::Real(Some(value)),
        ValueRef::Text(_) => Cell::Text(Some(value.as_str()?.to_owned())),
        ValueRef::Blob(value) => Cell::Bytes(Some(value.to_vec())),
    })
}

impl Statements for SqliteStatements {
    fn rows(&mut self, what: &'static str, sql: &'static str, cells: Vec<Cell>) -> Result<Vec<Row>, StoreError> {
        let fault = unreadable(what);
        let mut select = self.0.prepare_cached(sql).map_err(&fault)?;
        let columns = select.column_count();
        let rows = select.query_map(params_from_iter(cells), |row| {
            (0..columns).map(|column| cell(row.get_ref(column)?)).collect::<rusqlite::Result<_>>().map(Row)
        });
        rows.and_then(Iterator::collect).map_err(fault)
    }

    fn all(&mut self, what: &'static str, steps: Vec<Step>) -> Result<bool, StoreError> {
        let fault = unavailable(what);
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fault)?;
        for step in steps {
            let mut run = transaction.prepare_cached(step.sql).map_err(&fault)?;
            let changed = run.execute(params_from_iter(step.cells)).map_err(&fault)?;
            if step.must && changed == 0 {
                return Ok(false);
            }
        }
        transaction.commit().map_err(fault)?;
        Ok(true)
    }
}
