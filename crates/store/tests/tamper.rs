//! `audit verify` on a record that somebody changed behind our back.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod world;

use std::path::{Path, PathBuf};

use pointsman_domain::{CommandId, Digest, record::Stage};
use pointsman_store::{
    Command, Sqlite, Store,
    audit::{AuditReport, Problem, verify},
    command::Transfer,
};
use rusqlite::{Connection, types::Value};
use world::{World, lead_of};

/// A record with every kind of row, and its head.
fn record(folder: &Path) -> (PathBuf, Digest) {
    let path = folder.join("pointsman.db");
    let world = World::with_cap(Sqlite::open(&path).unwrap(), 1);
    let leads: Vec<_> =
        (0..8).map(|n| lead_of(&world.decide(&world.enquiry(["DE", "AT"][n / 6]), None).unwrap())).collect();
    let parked = world.decide(&world.enquiry("CH"), None).unwrap();
    let to = world.owner(leads[1]).unwrap();
    let transfer = Transfer {
        command: CommandId::new(world.outside.now(), world.outside.chance()),
        lead: leads[0],
        expected: world.owner(leads[0]),
        to,
        claims: vec![],
        actor: "olga".into(),
        reason: Some("knows them".into()),
        idempotency: None,
    };
    world.send(Command::Transfer(Box::new(transfer))).unwrap();
    world.stage(leads[2], Stage::Contacted).unwrap();
    world.switch(1);
    world.decide(&world.enquiry("DE"), None).unwrap();
    drop(parked);
    // The switch wakes who waits, in its own time: the head is final only after the end.
    let store = world.stop();
    let head = store.reader().unwrap().head().unwrap().hash;
    (path, head)
}

fn audit(path: &Path, kept: Option<Digest>) -> AuditReport {
    verify(&mut *Sqlite::open(path).unwrap().reader().unwrap(), kept).unwrap()
}

/// A copy of the record to tamper with.
fn tampered(original: &Path, change: impl FnOnce(&Connection)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("pointsman.db");
    let source = Connection::open(original).unwrap();
    source.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    let connection = Connection::open(&copy).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = DELETE;").unwrap();
    change(&connection);
    drop(connection);
    (folder, copy)
}

/// The smallest change of a value that keeps its type.
fn flipped(value: Value) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Integer(n) => Value::Integer(n ^ 1),
        Value::Real(x) => Value::Real(f64::from_bits(x.to_bits() ^ 1)),
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            let last = bytes.last_mut()?;
            *last = if *last == b'a' { b'b' } else { b'a' };
            Value::Text(String::from_utf8(bytes).ok()?)
        }
        Value::Blob(mut bytes) => {
            *bytes.last_mut()? ^= 1;
            Value::Blob(bytes)
        }
    })
}

#[test]
fn a_flipped_bit_in_any_column_shows() {
    let folder = tempfile::tempdir().unwrap();
    let (path, head) = record(folder.path());
    let clean = audit(&path, Some(head));
    assert_eq!(clean.fault, None);
    assert_eq!(clean.head, head);
    let tables = [
        "log",
        "decisions",
        "facts",
        "traces",
        "assignments",
        "stage_changes",
        "switches",
        "snapshots",
        "documents",
        "snapshot_documents",
    ];
    let connection = Connection::open(&path).unwrap();
    let mut checked = 0;
    for table in tables {
        let mut columns = connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
        let columns: Vec<String> = columns.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for column in columns {
            // The middle row of those that have a value there.
            let values = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1");
            let mut values = connection.prepare(&values).unwrap();
            let values: Vec<Value> = values.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            let Some(value) = values.get(values.len() / 2).cloned() else { continue };
            let Some(other) = flipped(value.clone()) else { continue };
            let (_folder, copy) = tampered(&path, |connection| {
                let sql = format!(
                    "UPDATE OR REPLACE {table} SET {column} = ?1 WHERE {column} IN (SELECT {column} FROM {table} WHERE {column} = ?2 LIMIT 1)"
                );
                assert!(connection.execute(&sql, [other, value]).unwrap() > 0, "{table}.{column}");
            });
            assert!(audit(&copy, None).fault.is_some(), "{table}.{column} was changed unseen");
            checked += 1;
        }
    }
    assert!(checked >= 65, "only {checked} columns held a value");
}

#[test]
fn removed_swapped_and_cut_rows_show() {
    let folder = tempfile::tempdir().unwrap();
    let (path, head) = record(folder.path());
    let check = |change: &str, kept: Option<Digest>, seq: u64, expected: fn(&Problem) -> bool| {
        let (_folder, copy) = tampered(&path, |connection| connection.execute_batch(change).unwrap());
        let fault = audit(&copy, kept).fault.unwrap_or_else(|| panic!("unseen: {change}"));
        assert!(fault.seq == seq && expected(&fault.problem), "{change}: {fault:?}");
    };
    check("DELETE FROM log WHERE seq = 5", None, 6, |p| *p == Problem::Missing);
    let swap = "UPDATE log SET seq = 999 WHERE seq = 5; UPDATE log SET seq = 5 WHERE seq = 6; UPDATE log SET seq = 6 WHERE seq = 999";
    check(swap, None, 5, |p| *p == Problem::Altered);
    check("DELETE FROM log WHERE seq > 9", None, 9, |p| matches!(p, Problem::Cut { .. }));
    // Whoever cuts the tail and mends the head is found by a head that was kept elsewhere.
    let cut = "DELETE FROM log WHERE seq > 9; UPDATE head SET seq = 9, hash = (SELECT hash FROM log WHERE seq = 9)";
    let (_folder, copy) = tampered(&path, |connection| connection.execute_batch(cut).unwrap());
    assert_eq!(audit(&copy, None).fault, None);
    check(cut, Some(head), 9, |p| *p == Problem::OtherHead);
    check("DELETE FROM facts WHERE seq = 4", None, 4, |p| *p == Problem::Facts);
}

#[test]
fn erasing_is_not_altering() {
    let folder = tempfile::tempdir().unwrap();
    let (path, head) = record(folder.path());
    // What an erasure leaves: the request's row, and no facts.
    let erase = "INSERT INTO erasures (seq, request, at) VALUES (9999, 'request-17', 0);
        INSERT INTO erased_facts (seq, erasure) VALUES (4, 9999); DELETE FROM facts WHERE seq = 4";
    let (_folder, copy) = tampered(&path, |connection| connection.execute_batch(erase).unwrap());
    let report = audit(&copy, Some(head));
    assert_eq!(report.fault, None);
    assert_eq!(report.erased, [(4, "request-17".into())]);
}
