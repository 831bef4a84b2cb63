//! Rows of one table as columns: a batch writes each table with one statement, whatever the
//! number of its rows.

use std::{borrow::Cow, fmt::Write as _};

use sqlx::{
    AssertSqlSafe, PgConnection,
    postgres::{PgArguments, Postgres},
    query::Query,
};

use crate::cell::Cell;

/// The values of one column.
#[derive(Debug)]
enum Column<'a> {
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Text(Vec<Option<Cow<'a, str>>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl<'a> Column<'a> {
    fn starting_with(cell: Cell<'a>) -> Self {
        match cell {
            Cell::Int(value) => Self::Int(vec![value]),
            Cell::Float(value) => Self::Float(vec![value]),
            Cell::Text(value) => Self::Text(vec![value]),
            Cell::Bytes(value) => Self::Bytes(vec![value]),
        }
    }

    fn push(&mut self, cell: Cell<'a>) {
        match (self, cell) {
            (Self::Int(column), Cell::Int(value)) => column.push(value),
            (Self::Float(column), Cell::Float(value)) => column.push(value),
            (Self::Text(column), Cell::Text(value)) => column.push(value),
            (Self::Bytes(column), Cell::Bytes(value)) => column.push(value),
            (column, cell) => unreachable!("{cell:?} in a column like {column:?}"),
        }
    }

    fn sql_type(&self) -> &'static str {
        match self {
            Self::Int(_) => "int8",
            Self::Float(_) => "float8",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytea",
        }
    }
}

/// The rows of one table.
#[derive(Debug)]
pub struct Rows<'a> {
    columns: Vec<Column<'a>>,
    count: u64,
}

impl<'a> Rows<'a> {
    pub fn new(rows: impl IntoIterator<Item = impl IntoIterator<Item = Cell<'a>>>) -> Self {
        let mut all = Self { columns: Vec::new(), count: 0 };
        for row in rows {
            match all.count {
                0 => all.columns.extend(row.into_iter().map(Column::starting_with)),
                _ => all.columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell)),
            }
            all.count += 1;
        }
        all
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// `unnest($1::int8[], $2::text[], …)`.
    pub fn unnested(&self) -> String {
        self.unnested_from(1)
    }

    /// The same, where other parameters come before.
    fn unnested_from(&self, first: usize) -> String {
        let mut sql = "unnest(".to_owned();
        for (number, column) in (first..).zip(&self.columns) {
            let comma = if number == first { "" } else { ", " };
            let _ = write!(sql, "{comma}${number}::{}[]", column.sql_type());
        }
        sql.push(')');
        sql
    }

    pub fn bound(self, sql: String) -> Query<'a, Postgres, PgArguments> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for column in self.columns {
            query = match column {
                Column::Int(values) => query.bind(values),
                Column::Float(values) => query.bind(values),
                Column::Text(values) => query.bind(values),
                Column::Bytes(values) => query.bind(values),
            };
        }
        query
    }
}

/// Rows of many tables for one statement: each table is a part of its `WITH`. The parts see the
/// database as it was before the statement, and none of them what another one writes.
#[derive(Debug, Default)]
pub struct Together<'a> {
    sql: String,
    columns: Vec<Column<'a>>,
}

impl<'a> Together<'a> {
    pub fn insert<const N: usize>(
        &mut self,
        table: &str,
        names: [&str; N],
        rows: impl IntoIterator<Item = [Cell<'a>; N]>,
    ) {
        let part = format!("into_{table}");
        self.change(&part, rows, |new| format!("INSERT INTO {table} ({}) SELECT * FROM {new}", names.join(", ")));
    }

    /// A part of that name that does something with the rows, which its SQL is given as a table.
    /// How many rows there are; without any there is no part.
    pub fn change<const N: usize>(
        &mut self,
        name: &str,
        rows: impl IntoIterator<Item = [Cell<'a>; N]>,
        sql: impl FnOnce(&str) -> String,
    ) -> u64 {
        let rows = Rows::new(rows);
        if rows.count > 0 {
            let with = if self.sql.is_empty() { "WITH" } else { "," };
            let part = sql(&rows.unnested_from(self.columns.len() + 1));
            let _ = write!(self.sql, "{with} {name} AS ({part})");
            self.columns.extend(rows.columns);
        }
        rows.count
    }

    /// All parts, and what is asked of them.
    pub fn query(self, select: &str) -> Query<'a, Postgres, PgArguments> {
        let sql = format!("{} SELECT {select}", self.sql);
        Rows { columns: self.columns, count: 0 }.bound(sql)
    }
}

/// Inserts all rows of a table at once.
pub async fn insert<'a, const N: usize>(
    connection: &mut PgConnection,
    table: &str,
    names: [&str; N],
    rows: impl IntoIterator<Item = [Cell<'a>; N]>,
) -> sqlx::Result<()> {
    insert_or(connection, table, names, rows, "").await
}

/// The same, with what is done about a row that is there.
pub async fn insert_or<'a, const N: usize>(
    connection: &mut PgConnection,
    table: &str,
    names: [&str; N],
    rows: impl IntoIterator<Item = [Cell<'a>; N]>,
    conflict: &str,
) -> sqlx::Result<()> {
    let rows = Rows::new(rows);
    if rows.count() == 0 {
        return Ok(());
    }
    let sql = format!("INSERT INTO {table} ({}) SELECT * FROM {} {conflict}", names.join(", "), rows.unnested());
    rows.bound(sql).execute(connection).await.map(drop)
}
