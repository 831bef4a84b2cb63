//! Who is here and who is away, from the command line and beside a running server.

use std::fs;

use pointsman_tests::{
    binary::{refused, stdout},
    server::Server,
};

const LEAVE: &str = "Employee;First day;Last day;Backup\nMara Lindner;24.12.2990;31.12.2990;jonas\nelif;01.01.2020;;\n";

#[test]
fn absences_are_imported_listed_and_survive_an_apply() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("the file can be written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let leave = file("leave.csv", LEAVE);
    let dir = crm.to_str().expect("UTF-8");
    stdout(&["init", dir]);
    let reps = stdout(&["reps", "--workspace", dir, "--at", "2990-12-24T12:00:00Z"]);
    assert!(reps.lines().any(|line| line.starts_with("mara") && !line.contains("absent")), "{reps}");
    let dry = stdout(&["absences", "import", &leave, "--workspace", dir, "--source", "hr", "--dry-run"]);
    assert!(dry.contains("2 absences of hr would be live: 2 new, 0 gone"), "{dry}");
    stdout(&["absences", "import", &leave, "--workspace", dir, "--source", "hr"]);
    let listed = stdout(&["absences", "list", "--workspace", dir]);
    for part in
        ["mara", "2990-12-24 00:00", "2991-01-01 00:00", "jonas stands in", "not known", "times in Europe/Berlin"]
    {
        assert!(listed.contains(part), "no '{part}' in {listed}");
    }
    let reps = stdout(&["reps", "--workspace", dir, "--at", "2990-12-24T12:00:00Z", "--fairness"]);
    let mara = reps.lines().find(|line| line.starts_with("mara")).expect("a line").to_owned();
    assert!(mara.contains("absent") && mara.contains("jonas stands in"), "{mara}");
    assert!(reps.contains("pool 'dach' (turns)") && reps.contains("deficit"), "{reps}");
    // What came in is not the folder's: applying the folder keeps it, also with a changed roster.
    let roster = crm.join("reps.toml");
    let text = fs::read_to_string(&roster).expect("there").replace("default = 25", "default = 24");
    fs::write(&roster, text).expect("written");
    let applied = stdout(&["apply", "--workspace", dir]);
    assert!(applied.contains("changed  roster") && !applied.contains("absences"), "{applied}");
    assert!(stdout(&["absences", "list", "--workspace", dir]).contains("mara"));
    // The next export of the same system replaces the one before.
    let later = file("later.csv", "rep,from,until\njonas,2990-01-01,2990-01-02\n");
    let replaced = stdout(&["absences", "import", &later, "--workspace", dir, "--source", "hr"]);
    assert!(replaced.contains("1 absences of hr are live: 1 new, 2 gone"), "{replaced}");
    assert!(stdout(&["audit", "verify", "--workspace", dir, "--ledger"]).contains("unbroken"));
    // Faults name their line, and nothing is written.
    let bad = file("bad.csv", "rep,from,until\nmara,2990-01-01,2990-01-02\nzoe,2990-01-01,2990-01-02\n");
    let said = refused(&["absences", "import", &bad, "--workspace", dir, "--source", "hr"], 2);
    assert!(said.contains("line 3") && said.contains("zoe") && said.contains("--skip-unknown"), "{said}");
    refused(&["absences", "import", &file("empty.csv", ""), "--workspace", dir], 2);
    refused(&["absences", "import", "nowhere.ics", "--workspace", dir], 2);
    refused(&["reps", "--workspace", dir, "--at", "tomorrow"], 2);
    assert!(!stdout(&["absences", "list", "--workspace", dir]).contains("mara"));
}

#[test]
fn beside_a_running_server_absences_go_through_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    let dir = crm.to_str().expect("UTF-8");
    stdout(&["init", dir]);
    let server = Server::start(&crm);
    let answer = server.post("/v1/absences", &[], r#"{"rep":"mara","until":"2999-01-01"}"#);
    assert_eq!(answer.status, 200, "{answer:?}");
    let reps = stdout(&["reps", "--workspace", dir]);
    assert!(reps.lines().any(|line| line.starts_with("mara") && line.contains("absent")), "{reps}");
    let leave = folder.path().join("leave.csv");
    fs::write(&leave, LEAVE).expect("written");
    let said = refused(&["absences", "import", leave.to_str().expect("UTF-8"), "--workspace", dir], 2);
    assert!(said.contains("curl --data-binary") && said.contains("in use by a running server"), "{said}");
    // The power is cut; what was acknowledged is in force.
    server.kill();
    let server = Server::start(&crm);
    let listed = server.get("/v1/absences").json();
    assert_eq!(listed["absences"][0]["rep"], "mara", "{listed}");
}
