//! The contract on SQLite.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

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
