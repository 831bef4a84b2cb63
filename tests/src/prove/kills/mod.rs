//! `kill -9` at random instants, again and again, of a real server on SQLite that clients keep busy;
//! what it leaves is checked before it is started on it again.
//!
//! `clients` sends and remembers what was answered, `check` holds the record against that.

mod check;
mod clients;

use std::{
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use pointsman_domain::Rng;

pub use check::Checker;
pub use clients::{Customer, Said};

use super::company::{BY_HAND_OPEN, Company, Pool};
use crate::{binary, server::Server};

/// Places for 60 leads, and eight clients with sixteen open ones each: caps bind all the time. What
/// people hand over goes to a rep of its own.
pub const COMPANY: Company = Company { few: Pool { reps: 2, open: 3 }, many: Pool { reps: 6, open: 9 } };
pub const PLACES: u64 = 60 + BY_HAND_OPEN as u64;
const CUSTOMERS: u64 = 8;
/// One round in so many is killed while it starts.
const AT_THE_START: u64 = 8;
/// A server must be ready again within this.
pub const READY: Duration = Duration::from_secs(2);

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub kills: u64,
    /// Leads and outcomes that were answered.
    pub acknowledged: u64,
    /// Of them leads that a person handed over.
    pub handed: u64,
    /// Requests that were under way when a kill came; they were sent again with the same key.
    pub unanswered: u64,
    pub leads: u64,
    pub rows: u64,
    /// From the start of a process to its answer that it is ready, sorted.
    pub ready: Vec<Duration>,
    /// Reading what a kill left, opening included.
    pub slowest_check: Duration,
}

impl Tally {
    fn hear(&mut self, said: &[Said]) {
        self.acknowledged += said.len() as u64;
        self.handed += said.iter().filter(|said| matches!(said, Said::Handed { .. })).count() as u64;
    }
}

/// Kills a server so many times, each at a random instant at most `longest` after its first answer.
#[expect(clippy::disallowed_methods, reason = "how long a start takes is what is measured")]
pub fn kills(folder: &Path, kills: u64, longest: Duration, told: impl Fn(&Tally)) -> Result<Tally, String> {
    COMPANY.write(folder).map_err(|e| format!("cannot write the company: {e}"))?;
    let mut checker = Checker::new(&folder.join("pointsman.db"), PLACES);
    let mut customers: Vec<Customer> = (0..CUSTOMERS).map(Customer::new).collect();
    let mut rng = Rng::seeded(2026);
    let mut tally = Tally::default();
    while tally.kills < kills {
        if tally.kills % AT_THE_START == AT_THE_START - 1 {
            killed_at_the_start(folder, Duration::from_micros(rng.below(60_000)))?;
        } else {
            let started = Instant::now();
            let server = Server::start(folder);
            let ready = server.get("/readyz").status;
            tally.ready.push(started.elapsed());
            if ready != 200 {
                return Err(format!("after {} kills /readyz answers {ready}", tally.kills));
            }
            let wait = Duration::from_micros(rng.below(longest.as_micros() as u64));
            let said = busy(server, &mut customers, wait)?;
            tally.hear(&said);
            checker.heard(said);
        }
        tally.kills += 1;
        let started = Instant::now();
        checker.check().map_err(|why| format!("after {} kills: {why}", tally.kills))?;
        tally.slowest_check = tally.slowest_check.max(started.elapsed());
        told(&tally);
    }
    finish(folder, &mut customers, &mut checker, &mut tally)?;
    Ok(tally)
}

/// All that was never answered is asked again, and then the whole record is read once more.
fn finish(folder: &Path, customers: &mut [Customer], checker: &mut Checker, tally: &mut Tally) -> Result<(), String> {
    let server = Server::start(folder);
    for customer in &mut *customers {
        let said = customer.settle(server.address())?;
        tally.hear(&said);
        checker.heard(said);
    }
    server.kill();
    checker.check()?;
    tally.leads = checker.whole()?;
    tally.rows = checker.rows();
    tally.unanswered = customers.iter().map(|customer| customer.unanswered).sum();
    tally.ready.sort();
    let asked: u64 = customers.iter().map(|customer| customer.enquiries).sum();
    if asked != tally.leads {
        return Err(format!("{asked} enquiries, each sent until it was answered, made {} leads", tally.leads));
    }
    Ok(())
}

/// Keeps a server busy until it is killed, `wait` after its first answer.
fn busy(server: Server, customers: &mut [Customer], wait: Duration) -> Result<Vec<Said>, String> {
    let address = server.address().to_owned();
    let (answers, heard) = (AtomicU64::new(0), Mutex::new(Ok(Vec::new())));
    std::thread::scope(|scope| {
        for customer in customers {
            let (address, answers, heard) = (&address, &answers, &heard);
            scope.spawn(move || {
                let mut said = Vec::new();
                let ended = customer.keep_busy(address, answers, &mut said);
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                match (ended, &mut *heard) {
                    (Ok(()), Ok(all)) => all.extend(said),
                    (Err(why), all) => *all = Err(why),
                    (Ok(()), Err(_)) => {}
                }
            });
        }
        for _ in 0..10_000 {
            if answers.load(Ordering::Relaxed) > 0 {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        sleep(wait);
        server.kill();
    });
    heard.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A start that is killed before it is ready, most of the time while it reads the record.
fn killed_at_the_start(folder: &Path, after: Duration) -> Result<(), String> {
    let mut process = Command::new(binary::path());
    process.args(["serve", "--listen", "127.0.0.1:0", "--workspace"]).arg(folder).stderr(Stdio::null());
    let mut process = process.spawn().map_err(|e| format!("the binary does not run: {e}"))?;
    sleep(after);
    process.kill().and_then(|()| process.wait()).map(drop).map_err(|e| format!("it cannot be killed: {e}"))
}

/// A thousand kills, or as many as are asked for.
#[expect(clippy::disallowed_methods, reason = "a proof says how long it took")]
pub fn run(count: Option<u64>) -> ExitCode {
    let started = SystemTime::now();
    let told = |tally: &Tally| {
        if tally.kills.is_multiple_of(50) {
            println!("{} kills, {} answers", tally.kills, tally.acknowledged);
        }
    };
    let folder = tempfile::tempdir().map_err(|e| e.to_string());
    let count = count.unwrap_or(1000);
    let tally = folder.and_then(|folder| kills(folder.path(), count, Duration::from_millis(600), told));
    let tally = match tally {
        Ok(tally) => tally,
        Err(why) => {
            println!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let took = started.elapsed().unwrap_or(Duration::ZERO).as_secs();
    let (half, last) = (tally.ready.len() / 2, tally.ready.len() - 1);
    println!(
        "{} kills in {took} s: {} answers, {} of them to people who handed a lead over, none lost; {} requests without one, sent again; {} leads, one owner each at most, \
         no cap exceeded; {} rows of the record; ready again after {:?} (median), {:?} (slowest); slowest check {:?}",
        tally.kills,
        tally.acknowledged,
        tally.handed,
        tally.unanswered,
        tally.leads,
        tally.rows,
        tally.ready[half],
        tally.ready[last],
        tally.slowest_check
    );
    if tally.ready[last] <= READY { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
