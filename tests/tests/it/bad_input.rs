//! Bad input: each a message that says what, where and what to do; never a panic or a backtrace.

use std::fs;
use std::path::{Path, PathBuf};

use pointsman_tests::binary::{refused, run, stdout};
use tempfile::TempDir;

const MAPPING: &str = r#"
format = 1
source = "test"
currency = "EUR"
zone = "UTC"

[[input]]
name = "leads"
file = "leads*.csv*"
[input.lead]
id = "id"
at = "created"
[input.assignment]
when = [{ column = "owner", missing = false }]
lead = "id"
rep = "owner"
at = "created"
"#;

const LEADS: &str = "id,created,owner\nL1,2026-01-05T09:00:00Z,mara\nL2,2026-01-06T09:00:00Z,jonas\n";

struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("folders can be made");
        fs::write(&path, content).expect("the folder can be written to");
        path.display().to_string()
    }
}

/// Imports `leads.csv` with this content; returns stderr, after checking that nothing was written.
fn import_refused(name: &str, content: &[u8]) -> String {
    let folder = Folder::new();
    let mapping = folder.write("mapping.toml", MAPPING);
    let file = folder.write(name, content);
    let into = folder.path("ws");
    let message = refused(&["import", "--mapping", &mapping, "--into", &into.display().to_string(), &file], 2);
    assert!(message.contains(name), "the message names the file: {message}");
    let left = fs::read_dir(into.join("data")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing half-written");
    message
}

#[test]
fn files_that_cannot_be_read_say_what_and_where() {
    let check = |name: &str, content: &[u8], expected: &str| {
        let message = import_refused(name, content);
        assert!(message.to_lowercase().contains(&expected.to_lowercase()), "expected '{expected}' in: {message}");
    };
    check("leads.csv", b"", "empty");
    check("leads.csv", b"id,created\nL1,2026-01-05T09:00:00Z\n", "owner");
    check("leads.csv", b"id;created;owner\nL1;2026-01-05T09:00:00Z;mara\n", "separated by ';'");
    check("leads.csv", b"id,created,owner\n", "row");
    check("leads.csv", b"id,created,owner,id\nL1,2026-01-05T09:00:00Z,mara,L1\n", "id");
    check("leads.csv", b"id,created,owner\nL1,05/01/2026,mara\n", "created");
    check("leads.csv", b"id,created,owner\n\xff\xfe,2026-01-05T09:00:00Z,mara\n", "UTF-8");
    check("leads.csv.gz", b"this is no gzip", "gzip");
    // A gzip file that ends in the middle.
    check("leads.csv.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x4c], "gzip");
}

#[test]
fn rows_that_cannot_be_read_are_set_aside_and_the_counts_add_up() {
    let folder = Folder::new();
    let mapping = folder.write("mapping.toml", MAPPING);
    let mut rows = String::from(LEADS);
    (3..300).for_each(|n| rows.push_str(&format!("L{n},2026-01-07T09:00:00Z,mara\n")));
    rows.push_str("L300,2026-99-07T09:00:00Z,mara\n");
    let file = folder.write("leads.csv", rows);
    let into = folder.path("ws").display().to_string();
    let report = stdout(&["import", "--mapping", &mapping, "--into", &into, &file, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let counts = &report["files"][0];
    assert_eq!(
        (counts["rows_read"].as_u64(), counts["taken"].as_u64(), counts["set_aside"].as_u64()),
        (Some(300), Some(299), Some(1))
    );
    let aside = fs::read_to_string(folder.path("ws").join("data/set-aside.csv")).expect("the rows set aside");
    assert!(aside.contains("301") && aside.contains("created"), "line and column: {aside}");
}

#[test]
fn flags_and_folders_that_do_not_fit_say_what_to_do() {
    let folder = Folder::new();
    let nowhere = folder.path("nowhere").display().to_string();
    let empty = folder.path("empty");
    fs::create_dir(&empty).expect("a folder");
    let empty = empty.display().to_string();
    let table = folder.write("table.csv", "lead_id,ts,label_ts,rep,y\na,2026-01-01,2026-01-02,mara,1\n");
    let text = folder.write("notes.txt", "hello");
    let check = |args: &[&str], expected: &str| {
        let message = refused(args, 2);
        assert!(message.contains(expected), "expected '{expected}' in: {message}");
    };
    check(&["serve", "--workspace", &nowhere], "make one with: pointsman init");
    check(&["features", "--workspace", &empty], "first: pointsman import");
    check(&["flow", "--workspace", &empty], "first: pointsman import");
    let quarter = ["--from", "2026-01-01", "--until", "2026-04-01"];
    check(&[&["roi", "count", "--workspace", &empty][..], &quarter].concat(), "first: pointsman import");
    check(&["train", "--workspace", &empty], "first: pointsman features");
    check(&["evaluate", "--table", &nowhere, "--split", "0.5"], "nowhere");
    check(&["evaluate", "--table", &table, "--split", "soon"], "--split 'soon'");
    check(&["evaluate", "--table", &table, "--split", "0.5"], "rows to train on");
    check(&["evaluate", "--split", "0.5"], "--table");
    check(&["models", "show", "conversion", "--workspace", &empty], "NAME/VERSION");
    check(&["explain", "L1", "--workspace", &empty], "pointsman");
    check(&["import", "--mapping", &text, "--into", &nowhere, &table], "notes.txt");
    check(&["init", folder.folder.path().to_str().expect("UTF-8")], "not empty");
    check(&["demo", "--into", folder.folder.path().to_str().expect("UTF-8"), "--no-serve"], "was not made by a demo");
    check(&["simulate", "--policies", "fastest"], "'fastest' is no policy of simulations");
    check(&["simulate", "assign", "--scores", &text, "--capacity", &table], "");
    check(&["experiment", "analyze", "--spec", &text, "--data", &table], "notes.txt");
    check(&["frobnicate"], "unrecognized subcommand");
    check(&["serve"], "--workspace");
}

fn workspace(folder: &Folder) -> PathBuf {
    let path = folder.path("crm");
    stdout(&["init", path.to_str().expect("UTF-8")]);
    path
}

fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("the file is there");
    assert!(text.contains(from), "{from} is not in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).expect("the file can be written");
}

#[test]
fn a_workspace_with_faults_names_file_line_and_column() {
    let check = |file: &str, from: &str, to: &str, expected: &[&str]| {
        let folder = Folder::new();
        let crm = workspace(&folder);
        change(&crm.join(file), from, to);
        let output = run(&["policy", "check", "--workspace", crm.to_str().expect("UTF-8")]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{text}");
        for part in expected {
            assert!(text.contains(part), "expected '{part}' in: {text}");
        }
    };
    check(
        "policies/default.toml",
        "lead.employees >= 500",
        "lead.employes >= 500",
        &["policy 'default'", "line", "lead.employes", "lead.employees"],
    );
    check(
        "policies/default.toml",
        "pool = \"enterprise\"",
        "pool = \"enterprize\"",
        &["unknown pool 'enterprize'", "enterprise"],
    );
    check("policies/default.toml", "[fallback]\nqueue = \"unassigned\"\nalarm = true\n", "", &["no fallback"]);
    check("policies/default.toml", "lead.employees >= 500", "lead.country in ['de']", &["'de' is never a value"]);
    check("reps.toml", "calendar = \"london\"", "calendar = \"paris\"", &["'paris'", "not there"]);
    check("reps.toml", "backup = [\"jonas\"]", "backup = [\"nobody\"]", &["rep 'mara' names the rep 'nobody'"]);
    check("calendars/berlin.toml", "Europe/Berlin", "Europe/Berlyn", &["calendar 'berlin'", "Berlyn"]);
    check("calendars/london.toml", "09:00-17:30", "09:00-25:30", &["calendar 'london'"]);
    check("pointsman.toml", "format = 1", "format = 7", &["format is 7"]);
    check("pointsman.toml", "zone = ", "zoen = ", &["pointsman.toml", "zoen"]);
    check("attributes.toml", "type = \"country\"", "type = \"land\"", &["attributes"]);
}

#[test]
fn messages_go_to_stderr_and_data_to_stdout() {
    let output = run(&["evaluate", "--split", "0.5"]);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let folder = Folder::new();
    let crm = workspace(&folder);
    let output = run(&["policy", "check", "--workspace", crm.to_str().expect("UTF-8"), "--json"]);
    let _json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON alone on stdout");
}
