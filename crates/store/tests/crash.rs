//! What is on disk when an answer goes out. A `kill -9` alone could not tell (the system tests kill
//! a server again and again): the page cache survives it.
//!
//! The child is this very binary (`POINTSMAN_CRASH_CHILD` is its folder): it decides leads and
//! prints a line for each that was acknowledged, while strace watches.

#![expect(clippy::disallowed_methods, reason = "the child is told its part by environment variables")]
#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod world;

use std::{
    io::Write,
    path::Path,
    process::{Command as Process, Stdio},
};

use pointsman_store::Sqlite;
use world::World;

const CHILD: &str = "POINTSMAN_CRASH_CHILD";
const ACKS: usize = 40;

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
    no_answer_precedes_its_flush();
    println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

fn child(folder: &Path) {
    let world = World::with_cap(Sqlite::open(&folder.join("pointsman.db")).unwrap(), 40);
    for n in 0..ACKS {
        let done = world.decide(&world.enquiry(["DE", "AT"][n % 2]), None).unwrap();
        let decision = &done.decided.as_ref().expect("a new lead").decision;
        say(&format!("ack {} {}\n", decision.lead, decision.id));
    }
}

/// One write per line, so that a line is there whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

/// Nothing written to the log may be unflushed when an acknowledgement goes out.
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
    strace.arg(std::env::current_exe().unwrap()).env(CHILD, folder.path()).stdout(Stdio::null());
    assert!(strace.status().unwrap().success());
    let trace = std::fs::read_to_string(&trace).unwrap();
    let acks = flushed_acks(&trace).unwrap_or_else(|line| panic!("answered before it was flushed: {line}"));
    assert_eq!(acks, ACKS);
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
