//! `kill -9` at random instants, and what is on disk when an answer goes out.
//!
//! The child is this very binary (`POINTSMAN_CRASH_CHILD` is its folder): it decides leads and
//! closes them from four threads and prints a line for everything that was acknowledged. The
//! parent kills it, opens what it left, and checks that every line is true. `POINTSMAN_KILLS`
//! sets how often.

#![expect(clippy::disallowed_methods, reason = "the child is told its part by environment variables")]
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod world;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command as Process, Stdio},
    sync::{Arc, atomic::AtomicI64, mpsc},
    time::Duration,
};

use pointsman_domain::{DecisionId, LeadId, Micros, Rng, record::Stage};
use pointsman_store::{
    Sqlite, Store,
    audit::{verify, verify_ledger},
    row::{Custody, CustodyKind},
    stopwatch,
};
use world::{START, World, lead_of};

const CHILD: &str = "POINTSMAN_CRASH_CHILD";
const ROUND: &str = "POINTSMAN_CRASH_ROUND";
const ACKS: &str = "POINTSMAN_CRASH_ACKS";

fn main() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return child(Path::new(&folder));
    }
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|a| a == "--list") {
        if !arguments.iter().any(|a| a == "--ignored") {
            println!("crash: test");
        }
        return;
    }
    nothing_acknowledged_is_lost_by_a_kill();
    no_answer_precedes_its_flush();
    println!("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn child(folder: &Path) {
    let store = Sqlite::open(&folder.join("pointsman.db")).unwrap();
    let round = number(ROUND).unwrap_or(0);
    let acks = number(ACKS);
    let clock = START + Micros::HOUR.times(round as i64 / 4);
    let world = World::start_at(store, 10 + round, Arc::new(AtomicI64::new(clock.unix_micros())));
    if world.handle.live().is_none() {
        world.switch(40);
    }
    let work = |acks: u64| {
        let mut mine: Vec<LeadId> = Vec::new();
        for n in 0..acks {
            let done = world.decide(&world.enquiry(["DE", "AT"][n as usize % 2]), None).unwrap();
            let decision = &done.decided.as_ref().expect("a new lead").decision;
            let owner = decision.owner().map_or("-", |rep| rep.as_str());
            say(&format!("ack {} {} {owner}\n", decision.lead, decision.id));
            mine.push(lead_of(&done));
            if mine.len() > 20 && acks == u64::MAX {
                let lead = mine.remove(0);
                world.stage(lead, Stage::Won).unwrap();
                say(&format!("closed {lead}\n"));
            }
        }
    };
    match acks {
        Some(acks) => work(acks),
        None => std::thread::scope(|scope| {
            (0..4).for_each(|_| {
                scope.spawn(|| work(u64::MAX));
            });
        }),
    }
}

/// One write per line, so that a line is there whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

fn spawn(folder: &Path, round: u64) -> Child {
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.env(CHILD, folder).env(ROUND, round.to_string()).stdout(Stdio::piped());
    process.spawn().unwrap()
}

fn nothing_acknowledged_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let kills = number("POINTSMAN_KILLS").unwrap_or(50);
    let mut rng = Rng::seeded(2026);
    let mut acknowledged = 0;
    let mut slowest = Duration::ZERO;
    for round in 0..kills {
        let mut child = spawn(folder.path(), round);
        let output = BufReader::new(child.stdout.take().unwrap());
        let (first, started) = mpsc::channel();
        let listener = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for line in output.split(b'\n').map_while(Result::ok) {
                lines.push(String::from_utf8(line).unwrap());
                let _parent_listens_once = first.send(());
            }
            lines
        });
        started.recv_timeout(Duration::from_secs(120)).expect("the child acknowledges something");
        std::thread::sleep(Duration::from_micros(rng.below(120_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = listener.join().unwrap();
        acknowledged += lines.len();
        let opening = stopwatch::start();
        check(folder.path(), &lines);
        slowest = slowest.max(opening.elapsed());
    }
    println!("{kills} kills, {acknowledged} acknowledged commands, none lost; slowest check {slowest:?}");
}

/// Everything the child said is true, and the whole record holds.
fn check(folder: &Path, lines: &[String]) {
    let store = Sqlite::open(&folder.join("pointsman.db")).unwrap();
    let mut reader = store.reader().unwrap();
    for line in lines {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["ack", lead, decision, owner] => {
                let lead: LeadId = lead.parse().unwrap();
                let decision: DecisionId = decision.parse().unwrap();
                let stored = reader.decision(decision).unwrap().unwrap_or_else(|| panic!("lost: {line}"));
                assert_eq!(stored.decision.lead, lead);
                assert_eq!(stored.decision.owner().map_or("-", |rep| rep.as_str()), owner);
                assert!(stored.trace.is_some() && stored.facts.is_some());
            }
            ["closed", lead] => {
                let record = reader.lead(lead.parse().unwrap()).unwrap().unwrap_or_else(|| panic!("lost: {line}"));
                assert_eq!((record.state.custody, record.state.stage), (Custody::Closed, Stage::Won));
            }
            _ => panic!("the child said '{line}'"),
        }
    }
    assert_eq!(verify(&mut *reader, None).unwrap().fault, None);
    let (report, ledger) = verify_ledger(&mut *reader).unwrap();
    assert!(report.holds() && ledger.over_cap().is_empty(), "{report:?}");
    let counts = reader.counts().unwrap();
    let owned = counts.by_custody.get(&CustodyKind::Owned).copied().unwrap_or(0);
    assert!(owned <= 200, "five reps with forty slots each own {owned}");
}

/// The page cache survives a `kill -9`, so that alone would not notice missing flushes: under
/// strace, nothing written to the log may be unflushed when an acknowledgement goes out.
fn no_answer_precedes_its_flush() {
    let usable = Process::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !usable.is_ok_and(|status| status.success()) {
        println!("skipped: no_answer_precedes_its_flush (strace is not here or may not trace)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut strace = Process::new("strace");
    strace.args(["-f", "-y", "-e", "trace=fdatasync,fsync,pwrite64,write", "-o"]).arg(&trace);
    strace.arg(std::env::current_exe().unwrap()).env(CHILD, folder.path()).env(ACKS, "40").stdout(Stdio::null());
    assert!(strace.status().unwrap().success());
    let trace = std::fs::read_to_string(&trace).unwrap();
    let acks = flushed_acks(&trace).unwrap_or_else(|line| panic!("answered before it was flushed: {line}"));
    assert_eq!(acks, 40);
    // The check can fail: without the flushes in the trace it does.
    let without: Vec<&str> = trace.lines().filter(|line| !line.contains("sync")).collect();
    assert!(flushed_acks(&without.join("\n")).is_err());
    println!("{acks} answers, each after the flush of its batch");
}

/// Counts acknowledgements; the first that goes out over unflushed log pages is the error.
fn flushed_acks(trace: &str) -> Result<usize, &str> {
    let (mut acks, mut dirty, mut flushes) = (0, false, 0);
    let mut flushing: Vec<&str> = Vec::new();
    for line in trace.lines() {
        let thread = line.split_whitespace().next().unwrap_or_default();
        let log = line.contains("-wal>");
        let flush = line.contains("fdatasync(") || line.contains("fsync(");
        if line.contains("pwrite64(") && log {
            dirty = true;
        } else if flush && log && line.contains("<unfinished") {
            flushing.push(thread);
        } else if (flush && log || line.contains("sync resumed>") && flushing.contains(&thread))
            && line.ends_with("= 0")
        {
            flushing.retain(|other| *other != thread);
            (dirty, flushes) = (false, flushes + 1);
        } else if line.contains("write(1<") && line.contains("\"ack ") {
            if dirty || flushes == 0 {
                return Err(line);
            }
            (acks, flushes) = (acks + 1, 0);
        }
    }
    Ok(acks)
}
