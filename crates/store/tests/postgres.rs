//! The contract on PostgreSQL: a private server that these tests start, a schema a test.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod backups;
#[macro_use]
mod contract;
#[path = "../../../tests/src/postgres.rs"]
mod server;
mod world;

use std::str::FromStr;

use pointsman_domain::record::Stage;
use pointsman_store::{Location, Postgres, Sqlite, Store, StoreError, audit::verify, backup};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgConnectOptions};

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

/// Over TLS to a server whose certificate somebody trusted signed, and to no other.
#[test]
fn the_way_to_the_server_may_be_encrypted() {
    let Some(server) = server::with_tls() else { return };
    let url = |more: &str| format!("{}&{more}", server.url("tls"));
    let authority = server.authority();
    let trusted = url(&format!("sslmode=verify-full&sslrootcert={}", authority.display()));
    let world = world::World::with_cap(Postgres::open(&trusted).unwrap(), 3);
    let done = world.decide(&world.enquiry("DE"), None).unwrap();
    assert!(world.owner(world::lead_of(&done)).is_some());
    world.stop();
    // The server takes nothing else, and whoever signed nothing is not believed.
    let refused = |url: &str| matches!(Postgres::open(url), Err(StoreError::Unavailable { .. }));
    assert!(refused(&url("sslmode=disable")));
    assert!(refused(&url("sslmode=verify-full")), "the well-known authorities did not sign it");
    let elsewhere = trusted.replace("127.0.0.1", "localhost");
    assert!(refused(&elsewhere), "the certificate is for 127.0.0.1");
}

/// A backup of either kind fills either kind, which then says the same and goes on deciding.
#[test]
fn backups_go_between_both_kinds() {
    let Some(server) = server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let kept = backups::fill(Sqlite::open(&file("lived.db")).unwrap());
    let url = server.url("backups_lived");
    let kept_by_postgres = backups::fill(Postgres::open(&url).unwrap());
    for (from, kept) in
        [(Location::Sqlite(file("lived.db")), &kept), (Location::Postgres(url.into()), &kept_by_postgres)]
    {
        let name = if from.is_shared() { "postgres" } else { "sqlite" };
        let copy = file(&format!("{name}.backup"));
        backup::write(&from, &copy).unwrap();
        let into = Location::Sqlite(file(&format!("{name}-restored.db")));
        backup::restore(&copy, &into).unwrap();
        assert!(matches!(backup::restore(&copy, &into), Err(StoreError::NotEmpty)));
        backups::same(Sqlite::open(&file(&format!("{name}-restored.db"))).unwrap(), kept);
        let url = server.url(&format!("backups_from_{name}"));
        let into = Location::Postgres(url.clone().into());
        backup::restore(&copy, &into).unwrap();
        assert!(matches!(backup::restore(&copy, &into), Err(StoreError::NotEmpty)));
        backups::same(Postgres::open(&url).unwrap(), kept);
    }
}

/// Asks a schema for one number, as somebody with another program would.
fn asker(url: &str, schema: &'static str) -> impl Fn(&str) -> i64 + use<> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = PgConnectOptions::from_str(url.split('?').next().unwrap()).unwrap();
    let options = options.options([("search_path", schema)]);
    move |sql: &str| {
        runtime.block_on(async {
            let mut connection = PgConnection::connect_with(&options).await.unwrap();
            let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await;
            row.unwrap_or_else(|error| panic!("{sql}: {error}")).get(0)
        })
    }
}

#[test]
fn counts_and_sums_are_what_sql_says() {
    let Some(server) = server::shared() else { return };
    let url = server.url("counts_and_sums");
    let store = Postgres::open(&url).unwrap();
    contract::counts_and_sums_are_what_sql_says(store, &asker(&url, "counts_and_sums"));
}

/// What stands behind rows is read for many at once; the fault is that of one, also where a row
/// cannot be read at all.
#[test]
fn an_altered_row_among_many_is_named() {
    let Some(server) = server::shared() else { return };
    let url = server.url("altered_rows");
    let sql = asker(&url, "altered_rows");
    let world = world::World::with_cap(Postgres::open(&url).unwrap(), 500);
    let leads: Vec<_> = (0..300).map(|_| world::lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())).collect();
    world.stage(leads[7], Stage::Contacted).unwrap();
    let store = world.stop();
    let fault = || verify(&mut *store.reader().unwrap(), None).unwrap().fault.map(|fault| fault.seq as i64);
    assert_eq!(fault(), None);
    for (table, column) in [
        ("decisions", "priority"),
        ("decisions", "state"),
        ("assignments", "at"),
        ("stage_changes", "at"),
        ("log", "at"),
    ] {
        let seq =
            sql(&format!("SELECT seq FROM {table} ORDER BY seq OFFSET (SELECT count(*) - 1 FROM {table}) LIMIT 1"));
        let change =
            |by: &str| sql(&format!("UPDATE {table} SET {column} = {column} {by} WHERE seq = {seq} RETURNING seq"));
        change("+ 90");
        assert_eq!(fault(), Some(seq), "{table}.{column}");
        change("- 90");
        assert_eq!(fault(), None, "{table}.{column}");
    }
    let seq = sql("DELETE FROM traces WHERE seq = (SELECT max(seq) FROM traces) RETURNING seq");
    let report = verify(&mut *store.reader().unwrap(), None).unwrap();
    assert_eq!((report.fault, report.traces_gone), (None, 1), "{seq}");
}
