//! How many leads a second this machine decides durably: 64 connections over loopback against a
//! real server, 500 rules, 200 reps, a model with
//! every layer and prices.
//!
//! ```text
//! cargo run --release -p pointsman-server --example load -- [SECONDS] [CONNECTIONS] [FOLDER] [postgres://…]
//! ```
//!
//! Measured one after the other, in one run: what a flush takes; a trivial JSON endpoint of the
//! same HTTP library; group commits of 64 rows of the log without HTTP; the server with the
//! decision replaced by a constant (one rule that parks everything); the server deciding; the
//! server deciding at a leisurely 500 a second. The share of deciding in constant is what deciding
//! costs; the flush is what the disk allows. With a URL the store is PostgreSQL, a new schema a
//! run. CPU figures include the load generator, which runs in the same process.

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

#[path = "../../../scoring/examples/shared/drawn.rs"]
mod drawn;

mod company;
mod generator;

use std::{
    fs::File,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::{Json, Router, routing::post};
use generator::{Load, ask, get};
use pointsman_decision::DocumentSet;
use pointsman_domain::{CommandId, Digest, LeadId};
use pointsman_server::{ServeConfig, serve};
use pointsman_store::{
    Location,
    log::{LogKind, LogRow},
    row::BatchRows,
};
use tokio::sync::oneshot;

/// Prices above zero that a run must have seen, so that it was timed with prices on.
const PRICES: usize = 100;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let connections: usize = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("pointsman-load"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let (p50, p99) = flushes(&folder)?;
    println!("flush of 4 KiB: p50 {p50:?}, p99 {p99:?}");
    let url = arguments.next();
    trivial(seconds, connections)?;
    let place = Place { folder, url };
    println!("bare group commits of 64 rows: {:.0} rows/s", bare_commits(&place, seconds)?);
    let full = Load { seconds, connections, a_second: None };
    let constant = run("constant", &place, company::constant(), full)?;
    let deciding = run("deciding", &place, company::deciding(), full)?;
    println!("deciding / constant: {:.0} %", 100.0 * deciding / constant);
    run("leisurely", &place, company::deciding(), Load { a_second: Some(500), ..full })?;
    Ok(())
}

/// Where the stores of a run are made.
struct Place {
    folder: PathBuf,
    /// Of PostgreSQL; without one each run has a file.
    url: Option<String>,
}

impl Place {
    /// A new store.
    fn store(&self, name: &str) -> Result<(PathBuf, Location), Failure> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let location = match &self.url {
            None => Location::Sqlite(folder.join("pointsman.db")),
            Some(url) => {
                let mark = if url.contains('?') { '&' } else { '?' };
                let url = format!("{url}{mark}schema=load_{name}_{}", std::process::id());
                Location::parse(&url, &folder)?
            }
        };
        Ok((folder, location))
    }
}

/// The same HTTP library, answering a constant: what the door alone could do.
fn trivial(seconds: u64, connections: usize) -> Result<(), Failure> {
    let (ready, address) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let answer =
                |Json(body): Json<serde_json::Value>| async move { Json(serde_json::json!({ "of": body["source"] })) };
            let app = Router::new().route("/v1/leads", post(answer));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let _gone = ready.send(listener.local_addr()?);
            let end = async {
                let _dropped = stopped.await;
            };
            axum::serve(listener, app).with_graceful_shutdown(end).await
        })
    });
    let load = Load { seconds: seconds.min(3), connections, a_second: None };
    let (latencies, elapsed) = ask(address.blocking_recv()?, load)?;
    println!(
        "trivial endpoint: {:.0} answers/s, p99 {:?}",
        latencies.len() as f64 / elapsed,
        quantile(&latencies, 0.99)
    );
    drop(stop);
    server.join().map_err(|_| "the trivial server panicked")??;
    Ok(())
}

/// Rows a second that the store keeps without anybody deciding anything.
fn bare_commits(place: &Place, seconds: u64) -> Result<f64, Failure> {
    let (_, location) = place.store("bare")?;
    let store = location.open()?;
    let _upkeep = store.upkeep()?;
    let mut backend = store.backend()?;
    let (mut rows, started) = (0u64, Instant::now());
    while started.elapsed() < Duration::from_secs(seconds.min(3)) {
        let mut batch = BatchRows { head: backend.begin()?, ..BatchRows::default() };
        for _ in 0..64 {
            rows += 1;
            batch.head.seq += 1;
            let id = u128::from(rows).to_be_bytes();
            let mut row = LogRow {
                seq: batch.head.seq,
                kind: LogKind::Decision,
                at: pointsman_domain::Instant::from_unix_micros(rows as i64),
                command: CommandId::from_bytes(id),
                lead: Some(LeadId::from_bytes(id)),
                actor: Some("local".into()),
                changes: vec![0; 120],
                detail: Some(Digest::new([1; 32])),
                facts: Some(Digest::new([2; 32])),
                hash: Digest::default(),
            };
            row.hash = row.chained(batch.head.hash, &mut Vec::new());
            batch.head.hash = row.hash;
            batch.log.push(row);
        }
        backend.write(&batch)?;
        backend.commit()?;
        backend.rest();
    }
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}

/// What the disk takes to keep 4 KiB: median and 99 % quantile of 500.
fn flushes(folder: &Path) -> Result<(Duration, Duration), Failure> {
    let path = folder.join("flush");
    let mut file = File::create(&path)?;
    let mut took = Vec::with_capacity(500);
    for _ in 0..500 {
        file.write_all(&[7; 4096])?;
        let started = Instant::now();
        file.sync_data()?;
        took.push(started.elapsed());
    }
    std::fs::remove_file(&path)?;
    took.sort();
    Ok((took[250], took[495]))
}

/// Runs one server and the load against it; returns decisions a second.
fn run(name: &str, place: &Place, documents: DocumentSet, load: Load) -> Result<f64, Failure> {
    let (folder, location) = place.store(name)?;
    let mut config = ServeConfig::of_folder(&folder);
    config.documents = Some(documents);
    config.store = location;
    config.rate = u32::MAX;
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let (ready, address) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let end = async {
            let _dropped = stopped.await;
        };
        runtime.block_on(serve(config, Some(ready), end)).map_err(Failure::from)
    });
    let Ok(address) = address.blocking_recv() else {
        return Err(server.join().map_or_else(
            |_| "the server panicked".into(),
            |result| result.err().unwrap_or_else(|| "no address".into()),
        ));
    };
    let cpu = cpu_seconds();
    let (latencies, elapsed) = ask(address, load)?;
    let cpu = cpu_seconds() - cpu;
    let decided = latencies.len() as f64;
    let metrics = get(address, "/metrics")?;
    let metric = |name: &str| -> f64 {
        let line = metrics.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with(' '));
        line.and_then(|line| line.rsplit(' ').next()).and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
    };
    let batch = metric("pointsman_commands_total") / metric("pointsman_batches_total");
    let per = |name: &str| 1e6 * metric(name) / decided;
    println!(
        "{name}: {:.0} decisions/s, p50 {:?}, p99 {:?}; batches of {batch:.1}; CPU {:.0} us a decision; choosing {:.0} us, writing and flushing {:.0} us a decision",
        decided / elapsed,
        quantile(&latencies, 0.5),
        quantile(&latencies, 0.99),
        1e6 * cpu / decided,
        per("pointsman_choose_seconds_total"),
        per("pointsman_commit_seconds_total"),
    );
    if name != "constant" {
        let prices = serde_json::from_str::<serde_json::Value>(&get(address, "/v1/prices")?)?;
        let above = prices["prices"].as_array().map_or(0, |prices| {
            prices.iter().filter(|price| price["now"].as_f64().is_some_and(|price| price > 0.0)).count()
        });
        println!("{name}: {above} prices above zero");
        if above < PRICES && load.a_second.is_none() {
            return Err(format!("only {above} prices above zero: this was not timed with prices on").into());
        }
    }
    drop(stop);
    server.join().map_err(|_| "the server panicked")??;
    if let Ok(file) = std::fs::metadata(folder.join("pointsman.db")) {
        println!("{name}: {:.0} bytes on disk a decision", file.len() as f64 / decided);
    }
    Ok(decided / elapsed)
}

fn quantile(sorted: &[Duration], q: f64) -> Duration {
    sorted[((sorted.len() as f64 * q) as usize).min(sorted.len() - 1)]
}

/// User and system time of this process, in hundredths of a second on Linux; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // The state letter is not a number, so user time is the eleventh number behind the name.
    fields.get(10).zip(fields.get(11)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}
