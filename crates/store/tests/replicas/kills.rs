//! `kill -9` of three replicas and of the database in turn, under load.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command as Process, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use pointsman_domain::{DecisionId, LeadId, Rng, record::Stage};
use pointsman_store::{
    Declined, Postgres, Store, audit,
    row::{Custody, CustodyKind},
    stopwatch,
};

use crate::{
    CHILD, number,
    server::Postgres as Server,
    world::{World, keyed, lead_of},
};

const SEED: &str = "POINTSMAN_REPLICA_SEED";
const REPLICAS: u64 = 3;

/// Decides leads and closes them, says what was acknowledged, and goes on whatever happens to
/// the database. What gets no answer is asked again with the same key.
pub fn child(url: &str) {
    let store = loop {
        match Postgres::open(url) {
            Ok(store) => break store,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let seed = number(SEED).unwrap_or(1);
    let world = World::start(store, 10 + seed);
    if world.handle.live().is_none() {
        world.switch(40);
    }
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let world = &world;
            scope.spawn(move || {
                let mut mine: Vec<LeadId> = Vec::new();
                for n in 0u64.. {
                    let enquiry = world.enquiry("DE");
                    let key = keyed(&format!("{seed}-{thread}-{n}"), b"body");
                    let done = again(|| world.try_decide(&enquiry, key.as_ref()));
                    let lead = lead_of(&done);
                    if let Some(decided) = &done.decided {
                        let owner = decided.decision.owner().map_or("-", |rep| rep.as_str());
                        say(&format!("ack {lead} {} {owner}\n", decided.decision.id));
                    } else {
                        say(&format!("known {lead}\n"));
                    }
                    mine.push(lead);
                    if mine.len() > 10 {
                        let lead = mine.remove(0);
                        again(|| world.stage(lead, Stage::Won));
                        say(&format!("closed {lead}\n"));
                    }
                }
            });
        }
    });
}

fn again<T>(mut ask: impl FnMut() -> Result<T, Declined>) -> T {
    loop {
        match ask() {
            Ok(done) => return done,
            Err(Declined::Unavailable) => std::thread::sleep(Duration::from_millis(20)),
            Err(other) => panic!("{other}"),
        }
    }
}

/// One write per line, so that a line is there whole or not at all.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

struct Replica {
    child: Child,
    listener: JoinHandle<()>,
}

fn spawn(url: &str, seed: u64, lines: &Arc<Mutex<Vec<String>>>) -> Replica {
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.env(CHILD, url).env(SEED, seed.to_string()).stdout(Stdio::piped());
    let mut child = process.spawn().unwrap();
    let (output, lines) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(lines));
    let listener = std::thread::spawn(move || {
        for line in output.split(b'\n').map_while(Result::ok) {
            lines.lock().unwrap().push(String::from_utf8(line).unwrap());
        }
    });
    Replica { child, listener }
}

impl Replica {
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.listener.join().unwrap();
    }
}

pub fn nothing_acknowledged_is_lost_by_kills_of_replicas_and_database(server: &Server) {
    let kills = number("POINTSMAN_KILLS").unwrap_or(10);
    let url = server.url("kills");
    drop(Postgres::open(&url).unwrap());
    let lines = Arc::new(Mutex::new(Vec::new()));
    let mut seed = 0;
    let mut start = || {
        seed += 1;
        spawn(&url, seed, &lines)
    };
    let mut replicas: Vec<Replica> = (0..REPLICAS).map(|_| start()).collect();
    let mut rng = Rng::seeded(2026);
    for kill in 0..kills {
        progress(&lines);
        std::thread::sleep(Duration::from_micros(rng.below(300_000)));
        match kill % (REPLICAS + 1) {
            REPLICAS => {
                server.kill();
                server.restart();
            }
            _ => {
                replicas.remove(0).kill();
                replicas.push(start());
            }
        }
    }
    progress(&lines);
    replicas.into_iter().for_each(Replica::kill);
    let lines = lines.lock().unwrap();
    check(&Postgres::open(&url).unwrap(), &lines);
    println!("{kills} kills of three replicas and the database, {} acknowledged commands, none lost", lines.len());
}

/// Waits until somebody is served again.
fn progress(lines: &Mutex<Vec<String>>) {
    let (before, started) = (lines.lock().unwrap().len(), stopwatch::start());
    while lines.lock().unwrap().len() < before + 5 {
        assert!(started.elapsed() < Duration::from_secs(120), "nobody is served any more");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Everything that was said is true, and the whole record holds.
fn check(store: &Postgres, lines: &[String]) {
    let mut reader = store.reader().unwrap();
    for line in lines {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["ack", lead, decision, owner] => {
                let lead: LeadId = lead.parse().unwrap();
                let decision: DecisionId = decision.parse().unwrap();
                let stored = reader.decision(decision).unwrap().unwrap_or_else(|| panic!("lost: {line}"));
                assert_eq!(stored.decision.lead, lead);
                assert_eq!(stored.decision.owner().map_or("-", |rep| rep.as_str()), owner);
                let automatic = reader.assignments_of(lead).unwrap().len();
                assert!(automatic <= 1, "{lead} was given away {automatic} times");
            }
            ["known", lead] => assert!(reader.lead(lead.parse().unwrap()).unwrap().is_some(), "lost: {line}"),
            ["closed", lead] => {
                let record = reader.lead(lead.parse().unwrap()).unwrap().unwrap_or_else(|| panic!("lost: {line}"));
                assert_eq!((record.state.custody, record.state.stage), (Custody::Closed, Stage::Won));
            }
            _ => panic!("a child said '{line}'"),
        }
    }
    assert_eq!(audit::verify(&mut *reader, None).unwrap().fault, None);
    let (report, ledger) = audit::verify_ledger(&mut *reader).unwrap();
    assert!(report.holds() && ledger.over_cap().is_empty(), "{report:?}");
    let counts = reader.counts().unwrap();
    let owned = counts.by_custody.get(&CustodyKind::Owned).copied().unwrap_or(0);
    assert!(owned <= 200, "five reps with forty slots each own {owned}");
}
