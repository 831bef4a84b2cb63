//! `pointsman experiment` in a folder, as somebody from sales operations would use it.

use pointsman_tests::{
    binary::{self, refused, stdout},
    server::Server,
};
use serde_json::Value;

fn run(args: &[&str], workspace: &str) -> String {
    let mut all = vec!["experiment"];
    all.extend(args);
    all.extend(["--workspace", workspace]);
    stdout(&all)
}

/// stdout of a check that found something.
fn found(args: &[&str], workspace: &str) -> String {
    let mut all = vec!["experiment"];
    all.extend(args);
    all.extend(["--workspace", workspace]);
    let output = binary::run(&all);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("stdout is UTF-8")
}

#[test]
fn a_test_is_written_planned_run_and_reported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    stdout(&["init", crm.to_str().expect("UTF-8")]);
    for calendar in ["berlin", "london"] {
        let path = crm.join(format!("calendars/{calendar}.toml"));
        std::fs::write(path, "format = 1\nzone = \"Europe/Berlin\"\nstand_by = true\n").expect("written");
    }
    let workspace = crm.to_str().expect("UTF-8");
    assert!(run(&["list"], workspace).contains("no experiment yet"));
    run(&["new", "calm", "--design", "lead"], workspace);
    let file = crm.join("experiments/calm/experiment.toml");
    let text = std::fs::read_to_string(&file).expect("written").replace("maturity_days = 30", "maturity_days = 0");
    std::fs::write(&file, &text).expect("written");
    assert!(run(&["check", "calm"], workspace).contains("no hypothesis"));
    // Nothing is known of this company yet; what is known is that both variants share reps.
    let refusal = found(&["start", "calm", "--by", "olga", "--reason", "go"], workspace);
    assert!(refusal.contains("design.signed"), "{refusal}");
    std::fs::write(&file, text.replace("kind = \"lead\"", "kind = \"lead\"\nsigned = \"olga\"")).expect("written");
    run(&["start", "calm", "--by", "olga", "--reason", "go"], workspace);

    let server = Server::start(&crm);
    for n in 0..40 {
        let body = format!(r#"{{"source":"web","external_id":"{n}","attributes":{{"country":"DE","employees":{n}}}}}"#);
        let answer = server.post("/v1/leads", &[], &body).json();
        if n % 3 == 0 {
            let won = format!(r#"{{"lead":{},"stage":"won"}}"#, answer["lead"]);
            assert!(server.post("/v1/outcomes", &[], &won).status < 300);
        }
    }
    // While the server runs, its store is its own; reading goes on beside it.
    let busy = ["experiment", "pause", "calm", "--by", "olga", "--reason", "x", "--workspace", workspace];
    assert!(refused(&busy, 2).contains("go through its API"));
    assert!(run(&["plan", "calm"], workspace).contains("you can see a lift"));
    drop(server);

    let analysed: Value =
        serde_json::from_str(&run(&["analyze", "calm", "--by", "olga", "--json"], workspace)).expect("JSON");
    let a = &analysed["accounting"];
    assert_eq!(a["exposed"], a["matured"].as_u64().expect("a count") + a["pending"].as_u64().expect("a count"));
    assert_eq!(a["exposed"], 40, "{a:#}");
    assert!(run(&["status", "calm"], workspace).contains("olga"));
    run(&["report", "calm"], workspace);
    for language in ["html", "de.html"] {
        let report = std::fs::read_to_string(crm.join(format!("reports/experiment-calm.{language}"))).expect("written");
        assert!(report.starts_with("<!DOCTYPE html>") && report.contains("calm"));
    }
    // Applying the folder ends no test.
    assert!(stdout(&["apply", "--workspace", workspace]).contains("nothing to apply"));
    run(&["stop", "calm", "--by", "olga", "--reason", "enough"], workspace);
    run(&["decide", "calm", "--winner", "new", "--by", "olga", "--reason", "calmer"], workspace);
    let change = found(&["promote", "calm", "--by", "olga", "--reason", "calmer"], workspace);
    let hash = change.split("--reviewed ").nth(1).expect("names the change").split_whitespace().next().expect("a hash");
    run(&["promote", "calm", "--by", "olga", "--reason", "calmer", "--reviewed", hash], workspace);
    assert!(run(&["list"], workspace).contains("promoted"));
    let policy = std::fs::read_to_string(crm.join("policies/default.toml")).expect("there");
    assert!(policy.contains("least-loaded"), "{policy}");
    assert!(stdout(&["apply", "--workspace", workspace]).contains("nothing to apply"));
    assert!(stdout(&["audit", "verify", "--workspace", workspace, "--ledger"]).contains("unbroken"));
}
