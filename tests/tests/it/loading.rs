//! A history that is loaded while the power fails again and again is there once, whole, in the end; and
//! what is exported of it says what the figures say.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use pointsman_store::{
    Sqlite, Store,
    audit::{verify, verify_ledger},
};
use pointsman_tests::binary::{self, stdout};

/// Six transactions of leads.
const CASES: usize = 6000;
/// Of the time that an undisturbed load takes, so many parts pass before the first kill, the second …
const PARTS: u32 = 12;

const MAPPING: &str = "format = 1\nsource = \"log\"\ncurrency = \"EUR\"\n[[input]]\nname = \"events\"\nfile = \"log.csv\"\n\
    [input.events]\ncase = \"case\"\nactivity = \"activity\"\nlifecycle = \"lifecycle\"\nresource = \"resource\"\n\
    at = \"ts\"\nsystem_resources = [\"bot\"]\n[input.events.closing]\nsigned = \"won\"\n";

/// Two of three leads were called by one of seven reps, of whom mara works here; one of five was won.
fn events() -> String {
    let mut log = "case,activity,lifecycle,resource,ts\n".to_owned();
    for n in 0..CASES {
        let (day, minute) = (2 + n % 20, n % 60);
        let rep = ["mara", "anna", "ben", "carl", "dora", "emil", "finn"][n % 7];
        let _ = writeln!(log, "c{n},arrived,COMPLETE,bot,2026-03-{day:02}T08:00:00Z");
        if n % 3 > 0 {
            let _ = writeln!(log, "c{n},call,COMPLETE,{rep},2026-03-{day:02}T08:{minute:02}:00Z");
        }
        if n % 5 == 1 {
            let _ = writeln!(log, "c{n},signed,COMPLETE,{rep},2026-03-{day:02}T10:00:00Z");
        }
    }
    log
}

/// The exported rows of a workspace, in order; ids of words are given as they come, and not compared.
fn rows(workspace: &str, into: &str) -> BTreeMap<&'static str, Vec<String>> {
    stdout(&["export", "--workspace", workspace, "--into", into, "--format", "csv"]);
    let table = |name| {
        let text = fs::read_to_string(Path::new(into).join(format!("{name}.csv"))).expect("it was exported");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        (name, lines)
    };
    ["lead", "assignment", "outcome", "activity", "rep"].into_iter().map(table).collect()
}

/// Whoever counts in the exported file finds the figure that the command tells of the store.
#[test]
fn figures_are_what_the_exported_file_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    fs::write(place("log.csv"), events()).expect("the log can be written");
    fs::write(place("log.toml"), MAPPING).expect("the mapping can be written");
    stdout(&["import", "--mapping", &place("log.toml"), "--into", &place("history"), &place("log.csv")]);
    stdout(&["init", &place("crm")]);
    stdout(&["apply", "--workspace", &place("crm")]);
    stdout(&["load", &place("history"), "--into", &place("crm")]);
    stdout(&["export", "--workspace", &place("crm"), "--into", &place("out"), "--format", "csv", "--table", "lead"]);

    let text = fs::read_to_string(place("out/lead.csv")).expect("it was exported");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let rows: Vec<_> = lines.collect();
    let filled = |column: &str| {
        let at = header.iter().position(|name| *name == column).expect(column);
        rows.iter().filter(|row| !row[at].is_empty()).count()
    };
    assert_eq!(rows.len(), CASES);
    for (kpi, hits) in [("conversion", filled("won_at")), ("lost-leads", CASES - filled("touched_at"))] {
        let told = stdout(&["kpi", "--workspace", &place("crm"), "--quarter", "2026-Q1", "--kpi", kpi, "--json"]);
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        let now = &told["detail"]["figure"]["now"];
        assert_eq!((&now["n"], &now["pending"]), (&CASES.into(), &0.into()), "{kpi}: {now}");
        assert_eq!(now["measured"]["value"]["hits"], hits, "{kpi}: {now}");
        assert!(hits > 0 && hits < CASES, "{kpi}: {hits}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a kill comes at a part of the time that the whole takes")]
fn a_load_that_is_killed_again_and_again_ends_in_the_same_rows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    fs::write(place("log.csv"), events()).expect("the log can be written");
    fs::write(place("log.toml"), MAPPING).expect("the mapping can be written");
    stdout(&["import", "--mapping", &place("log.toml"), "--into", &place("history"), &place("log.csv")]);
    for workspace in ["calm", "killed"] {
        stdout(&["init", &place(workspace)]);
        stdout(&["apply", "--workspace", &place(workspace)]);
    }
    let started = Instant::now();
    stdout(&["load", &place("history"), "--into", &place("calm")]);
    let whole = started.elapsed();

    let (mut kills, mut halfway) = (0, 0);
    for part in 1..=2 * PARTS {
        let mut load = Command::new(binary::path());
        load.args(["load", &place("history"), "--into", &place("killed")]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut load = load.spawn().expect("the binary runs");
        sleep(Duration::max(whole, Duration::from_millis(60)) * part / PARTS);
        if load.try_wait().expect("it can be asked").is_some() {
            break;
        }
        load.kill().expect("it can be killed");
        load.wait().expect("it ends");
        kills += 1;
        let mut reader =
            Sqlite::open(&folder.path().join("killed/pointsman.db")).expect("it opens").reader().expect("readable");
        assert_eq!(verify(&mut *reader, None).expect("readable").fault, None);
        assert!(verify_ledger(&mut *reader).expect("readable").0.holds());
        let leads: u64 = reader.counts().expect("readable").by_custody.values().sum();
        halfway += usize::from(leads > 0 && leads < CASES as u64);
    }
    assert!(kills > 2 && halfway > 0, "{kills} kills, {halfway} of them among the leads");
    stdout(&["load", &place("history"), "--into", &place("killed")]);
    let (calm, killed) = (rows(&place("calm"), &place("calm-out")), rows(&place("killed"), &place("killed-out")));
    assert_eq!(calm["lead"].len(), CASES + 1);
    for (table, rows) in &calm {
        assert!(rows == &killed[table], "{table}: {} rows and {}", rows.len(), killed[table].len());
    }
}
