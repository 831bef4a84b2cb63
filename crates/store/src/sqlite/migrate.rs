//! Migrations of a file: run when it is opened, because one process owns it. `user_version` says
//! how far it is.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::fault::unavailable;
use crate::{
    error::StoreError,
    migration::{Format, Migration, Step, pending},
};

pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "the house", step: Step::Expand, sql: include_str!("migrations/0001_the_house.sql") },
    Migration { name: "the shelf", step: Step::Expand, sql: include_str!("migrations/0002_the_shelf.sql") },
    Migration { name: "checkpoints", step: Step::Expand, sql: include_str!("migrations/0003_checkpoints.sql") },
    Migration { name: "rows to measure", step: Step::Expand, sql: include_str!("migrations/0004_rows_to_measure.sql") },
    Migration { name: "deliveries", step: Step::Expand, sql: include_str!("migrations/0005_deliveries.sql") },
    Migration {
        name: "told and returned",
        step: Step::Expand,
        sql: include_str!("migrations/0006_told_and_returned.sql"),
    },
];

pub fn run(connection: &mut Connection) -> Result<(), StoreError> {
    // Checked again under the lock: two processes may open a new file at once.
    if pending(MIGRATIONS, format(connection)?)?.next().is_none() {
        return Ok(());
    }
    let fault = unavailable("migrate its tables");
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fault)?;
    let found = format(&transaction)?;
    let mut last = found.found;
    for (number, migration) in pending(MIGRATIONS, found)? {
        transaction.execute_batch(migration.sql).map_err(&fault)?;
        last = number;
    }
    // The table of migrations came with the second of them.
    let record = "INSERT OR IGNORE INTO migrations (number, name, step, at)
        VALUES (?1, ?2, ?3, CAST(strftime('%s', 'now') AS INTEGER) * 1000000)";
    for (number, migration) in (1..).zip(MIGRATIONS) {
        transaction.execute(record, params![number, migration.name, migration.step.as_str()]).map_err(&fault)?;
    }
    transaction.pragma_update(None, "user_version", last).map_err(&fault)?;
    transaction.commit().map_err(&fault)
}

pub fn format(connection: &Connection) -> Result<Format, StoreError> {
    let fault = unavailable("read its format");
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(&fault)?;
    let recorded = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'";
    let recorded = connection.query_row(recorded, [], |_| Ok(())).optional().map_err(&fault)?;
    let needs = match recorded {
        None => 0,
        Some(()) => {
            let last = "SELECT coalesce(max(number), 0) FROM migrations WHERE step = 'contract'";
            connection.query_row(last, [], |row| row.get(0)).map_err(&fault)?
        }
    };
    Ok(Format { found, needs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_file_is_refused_once_it_lost_something_we_use() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
        let known = MIGRATIONS.len() as i64;
        assert_eq!(format(&connection).unwrap(), Format { found: known, needs: 0 });
        connection.pragma_update(None, "user_version", 99).unwrap();
        run(&mut connection).expect("it only grew");
        connection.execute("INSERT INTO migrations VALUES (99, 'later', 'contract', 0)", []).unwrap();
        let error = run(&mut connection).expect_err("newer").to_string();
        assert!(error.contains("format 99") && error.contains("newer pointsman"), "{error}");
    }

    #[test]
    fn a_file_of_the_first_format_opens() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../tests/fixtures/format-1.sql")).unwrap();
        assert_eq!(format(&connection).unwrap(), Format { found: 1, needs: 0 });
        run(&mut connection).unwrap();
        assert_eq!(format(&connection).unwrap().found, MIGRATIONS.len() as i64);
    }
}
