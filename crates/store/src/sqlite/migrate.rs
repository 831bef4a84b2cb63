//! Migrations: plain SQL files, run in order, each in one transaction; `user_version` says how
//! far a file is.

use rusqlite::{Connection, TransactionBehavior};

use super::fault::unavailable;
use crate::error::StoreError;

const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_the_house.sql"), include_str!("migrations/0002_the_shelf.sql")];

pub fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    // Checked again under the lock: two processes may open a new file at once.
    if version(connection)? == known {
        return Ok(());
    }
    let fault = unavailable("migrate its tables");
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fault)?;
    let found = version(&transaction)?;
    if !(0..=known).contains(&found) {
        return Err(StoreError::Newer { found, known });
    }
    for migration in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration).map_err(&fault)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(&fault)?;
    transaction.commit().map_err(&fault)
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(unavailable("read its format"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_file_is_refused_and_ours_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), MIGRATIONS.len() as i64);
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = run(&mut connection).expect_err("newer").to_string();
        assert!(error.contains("format 99") && error.contains("newer pointsman"), "{error}");
    }
}
