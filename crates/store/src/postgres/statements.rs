//! Statements on a schema: a connection of its own.

use sqlx::{
    Column, Row as _, TypeInfo,
    postgres::{PgArguments, PgRow, Postgres},
    query::Query,
};

use super::{
    connect::Line,
    fault::{unavailable, unreadable},
};
use crate::{
    error::StoreError,
    statements::{Cell, Row, Statements, Step},
};

/// See the module.
#[derive(Debug)]
pub struct PostgresStatements {
    line: Line,
}

impl PostgresStatements {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

fn bound(sql: &'static str, cells: Vec<Cell>) -> Query<'static, Postgres, PgArguments> {
    cells.into_iter().fold(sqlx::query(sql), |query, cell| match cell {
        Cell::Int(value) => query.bind(value),
        Cell::Real(value) => query.bind(value),
        Cell::Text(value) => query.bind(value),
        Cell::Bytes(value) => query.bind(value),
    })
}

fn cell(row: &PgRow, column: usize) -> sqlx::Result<Cell> {
    Ok(match row.column(column).type_info().name() {
        "TEXT" => Cell::Text(row.try_get(column)?),
        "BYTEA" => Cell::Bytes(row.try_get(column)?),
        "FLOAT8" => Cell::Real(row.try_get(column)?),
        "BOOL" => Cell::Int(row.try_get::<Option<bool>, _>(column)?.map(i64::from)),
        "INT4" => Cell::Int(row.try_get::<Option<i32>, _>(column)?.map(i64::from)),
        _ => Cell::Int(row.try_get(column)?),
    })
}

impl Statements for PostgresStatements {
    fn rows(&mut self, what: &'static str, sql: &'static str, cells: Vec<Cell>) -> Result<Vec<Row>, StoreError> {
        let read = self.line.run(async |connection| {
            let rows = bound(sql, cells).fetch_all(connection).await?;
            let row =
                |row: &PgRow| (0..row.len()).map(|column| cell(row, column)).collect::<sqlx::Result<_>>().map(Row);
            rows.iter().map(row).collect()
        });
        read.map_err(unreadable(what))
    }

    fn all(&mut self, what: &'static str, steps: Vec<Step>) -> Result<bool, StoreError> {
        let done = self.line.run(async |connection| {
            sqlx::query("BEGIN").execute(&mut *connection).await?;
            for step in steps {
                let changed = bound(step.sql, step.cells).execute(&mut *connection).await;
                let goes_on = matches!(&changed, Ok(done) if !step.must || done.rows_affected() > 0);
                if !goes_on {
                    sqlx::query("ROLLBACK").execute(&mut *connection).await?;
                    return changed.map(|_| false);
                }
            }
            sqlx::query("COMMIT").execute(connection).await?;
            Ok(true)
        });
        done.map_err(unavailable(what))
    }
}
