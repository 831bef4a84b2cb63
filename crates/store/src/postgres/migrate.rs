//! Migrations of a schema. An empty one is filled when it is opened; one that is behind is left
//! alone and refused, because other replicas may be at work on it.

use sqlx::{PgConnection, Row};

use super::{connect::Line, fault::unavailable};
use crate::{
    error::StoreError,
    migration::{Format, Migration, Step, pending},
};

pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "the house", step: Step::Expand, sql: include_str!("migrations/0001_the_house.sql") },
    Migration { name: "rows to measure", step: Step::Expand, sql: include_str!("migrations/0002_rows_to_measure.sql") },
    Migration { name: "deliveries", step: Step::Expand, sql: include_str!("migrations/0003_deliveries.sql") },
    Migration {
        name: "told and returned",
        step: Step::Expand,
        sql: include_str!("migrations/0004_told_and_returned.sql"),
    },
];

/// Any number that no other program takes.
const LOCK: i64 = 0x706f_696e_7473_6d61;

/// Fills an empty schema; refuses one that is behind or ahead.
pub fn open(line: &mut Line, schema: Option<&str>) -> Result<(), StoreError> {
    let found = format(line)?;
    match pending(MIGRATIONS, found)?.find(|(_, migration)| migration.step == Step::Expand) {
        None => Ok(()),
        Some(_) if found.found == 0 => run(line, schema),
        Some(_) => Err(StoreError::Older { found: found.found, known: MIGRATIONS.len() as i64 }),
    }
}

pub fn run(line: &mut Line, schema: Option<&str>) -> Result<(), StoreError> {
    let fault = unavailable("migrate its tables");
    if let Some(schema) = schema {
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        line.run(async |connection| {
            let there = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(schema);
            match there.fetch_optional(&mut *connection).await? {
                Some(_) => Ok(()),
                None => sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.map(drop),
            }
        })
        .map_err(&fault)?;
    }
    line.run(async |connection| {
        sqlx::query("BEGIN").execute(&mut *connection).await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *connection).await?;
        Ok(())
    })
    .map_err(&fault)?;
    let done = format(line).and_then(|found| {
        let left: Vec<_> = pending(MIGRATIONS, found)?.collect();
        line.run(async |connection| apply(connection, &left).await).map_err(&fault)
    });
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    line.run(async |connection| sqlx::query(end).execute(connection).await.map(drop)).map_err(&fault)?;
    done
}

async fn apply(connection: &mut PgConnection, left: &[(i64, &'static Migration)]) -> sqlx::Result<()> {
    for (number, migration) in left {
        sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
        let record = "INSERT INTO migrations (number, name, step, at)
            VALUES ($1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000000)::int8)";
        let record = sqlx::query(record).bind(number).bind(migration.name).bind(migration.step.as_str());
        record.execute(&mut *connection).await?;
    }
    Ok(())
}

pub fn format(line: &mut Line) -> Result<Format, StoreError> {
    let read = line.run(async |connection| {
        let there = sqlx::query("SELECT to_regclass('migrations') IS NOT NULL").fetch_one(&mut *connection).await?;
        if !there.try_get::<bool, _>(0)? {
            return Ok(Format::default());
        }
        let sql = "SELECT coalesce(max(number), 0), coalesce(max(number) FILTER (WHERE step = 'contract'), 0)
            FROM migrations";
        let row = sqlx::query(sql).fetch_one(connection).await?;
        Ok(Format { found: row.try_get(0)?, needs: row.try_get(1)? })
    });
    read.map_err(unavailable("read its format"))
}
