//! The contract on SQLite.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[macro_use]
mod contract;
mod world;

use pointsman_store::Sqlite;

macro_rules! on_sqlite {
    ($($test:ident),+ $(,)?) => {$(
        #[test]
        fn $test() {
            let folder = tempfile::tempdir().unwrap();
            contract::$test(Sqlite::open(&folder.path().join("pointsman.db")).unwrap());
        }
    )+};
}

for_every_contract_test!(on_sqlite);

#[test]
fn counts_and_sums_are_what_sql_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pointsman.db");
    let store = Sqlite::open(&path).unwrap();
    let sql = |sql: &str| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    };
    contract::counts_and_sums_are_what_sql_says(store, &sql);
}
