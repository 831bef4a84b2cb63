//! All tables of a schema into a SQLite file, and back, a few thousand rows at a time.

use std::path::Path;

use rusqlite::{
    Connection,
    types::{Value, ValueRef},
};
use sqlx::{AssertSqlSafe, PgConnection, Row as _, postgres::PgRow};

use super::{
    Postgres,
    connect::Line,
    fault::{refused, unavailable, unreadable},
    table::Rows,
};
use crate::{cell::Cell, error::StoreError, sqlite::Sqlite};

/// Rows in flight.
const CHUNK: usize = 2_000;

/// One table of the file: its columns in order, with their types.
struct Table {
    name: String,
    columns: Vec<(String, String)>,
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// What is said of the file; what a migration ran stays where it ran.
fn tables(file: &Connection) -> rusqlite::Result<Vec<Table>> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'
        ORDER BY rowid";
    let names: Vec<String> = file.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut tables = Vec::new();
    for name in names {
        let mut columns = file.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")?;
        let columns = columns.query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        tables.push(Table { columns: columns.collect::<rusqlite::Result<_>>()?, name });
    }
    Ok(tables)
}

fn file_fault(what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Unavailable { what, source: source.into() }
}

/// Writes every table, as it is at one instant, into a new file.
pub fn into_file(store: &Postgres, path: &Path) -> Result<(), StoreError> {
    let fault = file_fault("write a backup");
    drop(Sqlite::open(path)?);
    let mut file = Connection::open(path).map_err(&fault)?;
    file.execute_batch("PRAGMA foreign_keys = OFF").map_err(&fault)?;
    let batch = file.transaction().map_err(&fault)?;
    let mut line = Line::open(&store.options)?;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    line.run(async |connection| sqlx::query(begin).execute(connection).await)
        .map_err(unavailable("read for a backup"))?;
    for table in tables(&batch).map_err(&fault)? {
        batch.execute(&format!("DELETE FROM {}", table.name), []).map_err(&fault)?;
        let places: Vec<String> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
        let insert = format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.names(), places.join(", "));
        let mut insert = batch.prepare(&insert).map_err(&fault)?;
        let cursor = format!("DECLARE rows CURSOR FOR SELECT {} FROM {}", table.names(), table.name);
        let run = |line: &mut Line, sql: String| {
            let done = line.run(async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await);
            done.map(drop).map_err(unavailable("read for a backup"))
        };
        run(&mut line, cursor)?;
        loop {
            let fetch = format!("FETCH {CHUNK} FROM rows");
            let rows = line.run(async |connection| {
                let rows = sqlx::query(AssertSqlSafe(fetch)).persistent(false).fetch_all(connection).await?;
                rows.iter().map(|row| values(&table, row)).collect::<sqlx::Result<Vec<_>>>()
            });
            let rows = rows.map_err(unreadable("read for a backup"))?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                insert.execute(rusqlite::params_from_iter(row)).map_err(&fault)?;
            }
        }
        run(&mut line, "CLOSE rows".into())?;
    }
    batch.commit().map_err(&fault)
}

fn values(table: &Table, row: &PgRow) -> sqlx::Result<Vec<Value>> {
    let value = |(column, (_, kind)): (usize, &(String, String))| {
        Ok(match &**kind {
            "INTEGER" => row.try_get::<Option<i64>, _>(column)?.map_or(Value::Null, Value::Integer),
            "REAL" => row.try_get::<Option<f64>, _>(column)?.map_or(Value::Null, Value::Real),
            "TEXT" => row.try_get::<Option<String>, _>(column)?.map_or(Value::Null, Value::Text),
            _ => row.try_get::<Option<Vec<u8>>, _>(column)?.map_or(Value::Null, Value::Blob),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// Fills the empty tables of a schema from a file; all or nothing.
pub fn from_file(path: &Path, store: &Postgres) -> Result<(), StoreError> {
    let fault = file_fault("read a backup");
    let file = Connection::open(path).map_err(&fault)?;
    let mut line = Line::open(&store.options)?;
    let run = |line: &mut Line, sql: String| {
        let done = line.run(async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await);
        done.map(drop).map_err(refused("a table of the backup"))
    };
    run(&mut line, "BEGIN".into())?;
    for table in tables(&file).map_err(&fault)? {
        run(&mut line, format!("DELETE FROM {}", table.name))?;
        let mut select = file.prepare(&format!("SELECT {} FROM {}", table.names(), table.name)).map_err(&fault)?;
        let mut rows = select.query([]).map_err(&fault)?;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            while chunk.len() < CHUNK
                && let Some(row) = rows.next().map_err(&fault)?
            {
                chunk.push(cells(&table, row).map_err(&fault)?);
            }
            if chunk.is_empty() {
                break;
            }
            let rows = Rows::new(chunk);
            let sql = format!("INSERT INTO {} ({}) SELECT * FROM {}", table.name, table.names(), rows.unnested());
            let written = line.run(async |connection: &mut PgConnection| rows.bound(sql).execute(connection).await);
            written.map_err(refused("rows of the backup"))?;
        }
    }
    count_on(&mut line)?;
    run(&mut line, "COMMIT".into())
}

/// The next number of every column that counts comes after those that were copied.
fn count_on(line: &mut Line) -> Result<(), StoreError> {
    let counting = "SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = current_schema() AND (is_identity = 'YES' OR column_default LIKE 'nextval(%')";
    let columns = line.run(async |connection| {
        let rows = sqlx::query(counting).fetch_all(connection).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<sqlx::Result<Vec<(String, String)>>>()
    });
    for (table, column) in columns.map_err(unreadable("read which columns count"))? {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), coalesce((SELECT max({column}) FROM {table}), 0) + 1, false)"
        );
        let set = line.run(async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await);
        set.map_err(refused("the next number of a table"))?;
    }
    Ok(())
}

fn cells(table: &Table, row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<Cell<'static>>> {
    let cell = |(column, (_, kind)): (usize, &(String, String))| {
        Ok(match (row.get_ref(column)?, &**kind) {
            (ValueRef::Integer(value), _) => Cell::Int(Some(value)),
            (ValueRef::Real(value), _) => Cell::Float(Some(value)),
            (ValueRef::Text(value), _) => Cell::Text(Some(String::from_utf8_lossy(value).into_owned().into())),
            (ValueRef::Blob(value), _) => Cell::Bytes(Some(value.to_vec())),
            (ValueRef::Null, "INTEGER") => Cell::Int(None),
            (ValueRef::Null, "REAL") => Cell::Float(None),
            (ValueRef::Null, "TEXT") => Cell::Text(None),
            (ValueRef::Null, _) => Cell::Bytes(None),
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}
