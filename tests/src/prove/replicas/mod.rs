//! Three servers on one PostgreSQL and sixty-four clients who give up waiting, ask again elsewhere,
//! and assign by hand what is being assigned: in peace, and while servers and database are killed
//! in turn. What the clients were told is compared with the record, row by row.
//!
//! A server is this very program, told its part by [`SERVE`].

#![allow(clippy::unwrap_used, reason = "a proof ends where something unexpected happens")]

mod client;
mod company;
mod history;
mod http;
mod server;

use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use pointsman_domain::Rng;
use pointsman_store::Postgres;

use crate::postgres;
use client::{Client, Said};
use history::History;
use server::Replicas;
pub use server::{SERVE, serve_if_told};

const CLIENTS: u64 = 64;

/// What a run is, beside how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// What starts this program as a server when [`SERVE`] is set.
    pub arguments: &'a [&'a str],
}

/// `prove concurrency` and `prove replica-kills`.
pub fn prove(run: impl FnOnce(Run<'_>) -> Option<String>) -> ExitCode {
    match run(Run { arguments: &[] }) {
        Some(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        None => ExitCode::from(1),
    }
}

/// What the clients share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    said: Mutex<Vec<Said>>,
    /// Enquiries that were begun.
    begun: AtomicU64,
    over: AtomicBool,
}

/// `leads` enquiries in peace. `None` without PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "a proof says how long it took")]
pub fn concurrency(run: Run<'_>, leads: u64) -> Option<String> {
    let database = postgres::own()?;
    let url = database.url("concurrency");
    let replicas = Replicas::start(&url, run.arguments);
    let (shared, started) = (Shared::default(), Instant::now());
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (shared, ports) = (&shared, replicas.ports());
            scope.spawn(move || Client::new(number, ports, shared).until(leads));
        }
    });
    let took = started.elapsed();
    // A server that goes on would place parked leads while they are counted.
    drop(replicas);
    let store = Postgres::open(&url).unwrap();
    let mut history = History::default();
    history.take(&store, &shared.said.lock().unwrap());
    let summary = history.finish(&store);
    Some(format!("{leads} enquiries of {CLIENTS} clients at three replicas in {took:.1?}: {summary}"))
}

/// `kills` of a replica or, every fourth time, of the database. `None` without PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "kills come at random instants")]
pub fn kills(run: Run<'_>, kills: u64) -> Option<String> {
    let database = postgres::own()?;
    let url = database.url("kills");
    let mut replicas = Replicas::start(&url, run.arguments);
    let shared = Shared::default();
    let mut history = History::default();
    let (mut rng, started) = (Rng::seeded(2026), Instant::now());
    let mut away = Vec::new();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (shared, ports) = (&shared, replicas.ports());
            scope.spawn(move || Client::new(number, ports, shared).until(u64::MAX));
        }
        // However this thread ends, the clients end too.
        let _over = Over(&shared.over);
        for kill in 0..kills {
            progress(&shared);
            std::thread::sleep(Duration::from_micros(rng.below(300_000)));
            let killed = Instant::now();
            match kill % 4 {
                3 => {
                    database.kill();
                    database.restart();
                }
                _ => replicas.kill_and_start(rng.below(3) as usize),
            }
            progress(&shared);
            away.push(killed.elapsed());
            // Only what came since the last kill; settings are asserted whenever the store is opened.
            let said = std::mem::take(&mut *shared.said.lock().unwrap());
            history.take(&Postgres::open(&url).unwrap(), &said);
        }
    });
    drop(replicas);
    let store = Postgres::open(&url).unwrap();
    history.take(&store, &shared.said.lock().unwrap());
    let summary = history.finish(&store);
    away.sort();
    let (took, longest) = (started.elapsed(), away.last().copied().unwrap_or_default());
    Some(format!(
        "{kills} kills of three replicas and their database under {CLIENTS} clients in {took:.1?}, served again after \
         {:.1?} (median; at most {longest:.1?}): {summary}",
        away.get(away.len() / 2).copied().unwrap_or_default()
    ))
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until enough was answered since that somebody must have been served anew.
#[expect(clippy::disallowed_methods, reason = "patience with servers that start")]
fn progress(shared: &Shared) {
    let said = || shared.said.lock().unwrap().len();
    let (before, started) = (said(), Instant::now());
    while said() < before + 20 {
        assert!(started.elapsed() < Duration::from_secs(120), "nobody is served any more");
        std::thread::sleep(Duration::from_millis(5));
    }
}
