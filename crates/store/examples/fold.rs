//! How long a start takes on a long record: writes rows of the size that decisions have, then
//! starts the service on them.
//!
//! ```text
//! cargo run --release -p pointsman-store --example fold -- [ROWS]
//! ```

use std::sync::Arc;

use pointsman_assign::{Change, CounterKey, LineId, Partition, Standing};
use pointsman_domain::{CommandId, Digest, FairnessMeasure, Instant, LeadId, LimitId, PoolId, RepId, Window};
use pointsman_store::{
    Outside, Service, ServiceConfig, Sqlite, Store, StoreError, codec,
    log::{LogKind, LogRow},
    row::BatchRows,
    stopwatch,
};

const REPS: u64 = 200;
const BATCH: u64 = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("pointsman-fold-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = Sqlite::open(&folder.join("pointsman.db"))?;
    let upkeep = store.upkeep()?;
    let reps = (0..REPS).map(|n| RepId::new(&format!("rep-{n:03}"))).collect::<Result<Vec<_>, _>>()?;
    let (open, day, pool) = (LimitId::new("open")?, LimitId::new("day")?, PoolId::new("all")?);
    let line = LineId { pool, partition: Partition(0), measure: FairnessMeasure::Turns, window: Window::Always };
    let changes = |seq: u64| {
        let rep = || reps[(seq % REPS) as usize].clone();
        let key =
            |limit: &LimitId, window| CounterKey { rep: rep(), limit: limit.clone(), window, partition: Partition(0) };
        let start = seq as f64 / REPS as f64;
        vec![
            Change::Claim { key: key(&open, Window::Always) },
            Change::Claim { key: key(&day, Window::Day((seq / 50_000) as i32)) },
            Change::Turn {
                line: line.clone(),
                clock: start,
                rep: rep(),
                standing: Standing::at(start, 1.0),
                amount: 1.0,
            },
            Change::Decided,
        ]
    };
    write(&store, rows, &changes)?;
    drop(upkeep);
    let size = std::fs::metadata(store.path())?.len();
    let started = stopwatch::start();
    let service = Service::start(&store, ServiceConfig::default(), Outside::system(Arc::new(|| 7)))?;
    let took = started.elapsed();
    println!("{rows} rows, {} bytes a row: ready after {took:?}", size / rows.max(1));
    assert_eq!(store.reader()?.head()?.seq, rows);
    service.stop();
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn write(store: &Sqlite, rows: u64, changes: &dyn Fn(u64) -> Vec<Change>) -> Result<(), StoreError> {
    let mut backend = store.backend()?;
    let mut buffer = Vec::new();
    let mut next = 1;
    while next <= rows {
        let mut batch = BatchRows { head: backend.begin()?, ..BatchRows::default() };
        for seq in next..(next + BATCH).min(rows + 1) {
            let mut encoded = Vec::new();
            codec::encode(&changes(seq), &mut encoded);
            let id = u128::from(seq).to_be_bytes();
            let mut row = LogRow {
                seq,
                kind: LogKind::Decision,
                at: Instant::from_unix_micros(seq as i64),
                command: CommandId::from_bytes(id),
                lead: Some(LeadId::from_bytes(id)),
                actor: Some("local".into()),
                changes: encoded,
                detail: Some(Digest::new([1; 32])),
                facts: Some(Digest::new([2; 32])),
                hash: Digest::default(),
            };
            row.hash = row.chained(batch.head.hash, &mut buffer);
            batch.head.seq = seq;
            batch.head.hash = row.hash;
            batch.log.push(row);
        }
        next += BATCH;
        backend.write(&batch)?;
        backend.commit()?;
        backend.rest();
    }
    Ok(())
}
