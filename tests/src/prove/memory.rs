//! Memory does not grow with decisions: a real server decides millions of leads, and what it has
//! resident is read from the system beside it.

use std::{
    collections::VecDeque,
    io,
    path::Path,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::company::{Company, Pool};
use crate::server::{Client, Server};

/// Bytes that the resident memory may grow by with each decision of the second half: 40 MB over
/// two and a half million. One UUID a lead kept in any map would be 48 bytes and more.
pub const BYTES_A_DECISION: f64 = 16.0;

const COMPANY: Company = Company { few: Pool { reps: 5, open: 40 }, many: Pool { reps: 40, open: 100_000_000 } };
/// All but the first of them send batches, because the client is not what is measured.
const CONNECTIONS: u64 = 6;
const BATCH: u64 = 100;
/// Of so many leads one is from Austria; all of those are closed, so that places become free.
const AUSTRIAN: u64 = 20;
/// Leads that a connection leaves open before it closes one.
const OPEN: usize = 16;

/// What was resident after so many decisions.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub decisions: u64,
    /// Memory of the process's own.
    pub own: u64,
    /// Pages of files that it shares with the system: the index of the write-ahead log, the program.
    pub files: u64,
}

/// What a server did with so many decisions.
#[derive(Debug)]
pub struct Run {
    pub readings: Vec<Reading>,
    /// From a start on all of them to the answer that it is ready, the one before having been killed.
    pub ready_again: Duration,
}

/// Drives `count` decisions through a server in `folder` and reads its memory every `every`.
#[expect(clippy::disallowed_methods, reason = "how long a start takes is what is measured")]
pub fn decide(folder: &Path, count: u64, every: u64, told: impl Fn(&Reading)) -> Result<Run, String> {
    COMPANY.write(folder).map_err(|e| format!("cannot write the company: {e}"))?;
    let server = Server::start(folder);
    let (decided, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let fault = Mutex::new(None);
    let mut readings = Vec::new();
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (address, decided, done, fault) = (server.address(), &decided, &done, &fault);
            scope.spawn(move || {
                if let Err(error) = client(address, connection, decided, done) {
                    *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                    done.store(true, Ordering::Relaxed);
                }
            });
        }
        let mut next = every;
        while !done.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
            let decisions = decided.load(Ordering::Relaxed);
            if decisions < next {
                continue;
            }
            next += every;
            if let Some(reading) = resident(server.pid(), decisions) {
                told(&reading);
                readings.push(reading);
            }
            done.fetch_or(decisions >= count, Ordering::Relaxed);
        }
    });
    if let Some(fault) = fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(fault);
    }
    server.kill();
    let started = Instant::now();
    let server = Server::start(folder);
    let ready = server.get("/readyz").status;
    let ready_again = started.elapsed();
    if ready == 200 {
        Ok(Run { readings, ready_again })
    } else {
        Err(format!("started again, /readyz answers {ready}"))
    }
}

/// Sends leads under keys, and closes some of them when later ones have come.
fn client(address: &str, connection: u64, decided: &AtomicU64, done: &AtomicBool) -> io::Result<()> {
    let mut server = Client::connect(address)?;
    let mut open = VecDeque::new();
    let each = if connection == 0 { 1 } else { BATCH };
    for n in 0u64.. {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let key = format!("{connection}-{n}");
        let leads: Vec<String> = (n * each..(n + 1) * each).map(|n| lead(connection, n)).collect();
        let answer = match &leads[..] {
            [lead] => server.post("/v1/leads", Some(&key), lead)?,
            leads => server.post("/v1/leads/batch", Some(&key), &format!("{{\"leads\":[{}]}}", leads.join(",")))?,
        };
        let answer = fine(answer)?;
        if !answer.contains("\"refused\":0") && each > 1 {
            return Err(io::Error::other(answer));
        }
        decided.fetch_add(each, Ordering::Relaxed);
        let ids = answer.split("\"lead\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        let austrian = |row: &usize| (n * each + *row as u64).is_multiple_of(AUSTRIAN);
        open.extend(ids.enumerate().filter(|(row, _)| austrian(row)).map(|(_, lead)| lead.to_owned()));
        while open.len() > OPEN
            && let Some(lead) = open.pop_front()
        {
            fine(server.post("/v1/outcomes", None, &format!(r#"{{"lead":"{lead}","stage":"won"}}"#))?)?;
        }
    }
    Ok(())
}

fn lead(connection: u64, n: u64) -> String {
    let (country, employees) = (if n.is_multiple_of(AUSTRIAN) { "AT" } else { "DE" }, n % 1000);
    format!(
        r#"{{"source":"load","attributes":{{"country":"{country}","employees":{employees}}},"contact":{{"email":"c{connection}@n{n}.example"}}}}"#
    )
}

fn fine((status, body): (u16, String)) -> io::Result<String> {
    if status == 200 { Ok(body) } else { Err(io::Error::other(format!("{status}: {body}"))) }
}

/// From `/proc`, in bytes; `None` where there is none.
fn resident(pid: u32, decisions: u64) -> Option<Reading> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    };
    Some(Reading { decisions, own: 1024 * kilobytes("RssAnon:")?, files: 1024 * kilobytes("RssFile:")? })
}

/// Bytes a decision by which the process's own memory grew over the second half: least squares.
pub fn slope(readings: &[Reading]) -> f64 {
    let half = &readings[readings.len() / 2..];
    let mean = |of: &dyn Fn(&Reading) -> f64| half.iter().map(of).sum::<f64>() / half.len() as f64;
    let (x, y) = (mean(&|r| r.decisions as f64), mean(&|r| r.own as f64));
    let spread: f64 = half.iter().map(|r| (r.decisions as f64 - x).powi(2)).sum();
    half.iter().map(|r| (r.decisions as f64 - x) * (r.own as f64 - y)).sum::<f64>() / spread
}

/// Over five million decisions, or as many as are asked for.
pub fn run(count: Option<u64>) -> ExitCode {
    let count = count.unwrap_or(5_000_000);
    let told = |reading: &Reading| {
        println!(
            "{:>8} decisions: {:.1} MB of its own, {:.1} MB of files",
            reading.decisions,
            reading.own as f64 / 1e6,
            reading.files as f64 / 1e6
        );
    };
    let run = tempfile::tempdir().map_err(|e| e.to_string());
    let run = run.and_then(|folder| decide(folder.path(), count, (count / 20).max(1), told));
    let Run { readings, ready_again } = match run {
        Ok(run) if run.readings.len() >= 4 => run,
        Ok(_) => {
            println!("the system does not tell what is resident, or too little was decided");
            return ExitCode::FAILURE;
        }
        Err(why) => {
            println!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let slope = slope(&readings);
    println!(
        "the second half grew by {slope:.2} bytes a decision, {BYTES_A_DECISION} may be; killed, it was ready again after {ready_again:?}"
    );
    if slope <= BYTES_A_DECISION && ready_again <= super::kills::READY { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
