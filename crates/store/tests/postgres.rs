//! The contract on PostgreSQL: a private server that these tests start, a schema a test.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[macro_use]
mod contract;
#[path = "../../../tests/src/postgres.rs"]
mod server;
mod world;

use pointsman_store::Postgres;

macro_rules! on_postgres {
    ($($test:ident),+ $(,)?) => {$(
        #[test]
        fn $test() {
            let Some(server) = server::shared() else { return };
            contract::$test(Postgres::open(&server.url(stringify!($test))).unwrap());
        }
    )+};
}

for_every_contract_test!(on_postgres);
