//! Leads in over HTTP, decisions with reasons out, and what is left after a kill.

use std::path::PathBuf;

use pointsman_tests::{
    binary::{self, refused, stdout},
    server::Server,
};
use tempfile::TempDir;

fn workspace() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    stdout(&["init", crm.to_str().expect("UTF-8")]);
    // Around the clock, so that the test does not depend on when it runs.
    for calendar in ["berlin", "london"] {
        let path = crm.join(format!("calendars/{calendar}.toml"));
        std::fs::write(path, "format = 1\nzone = \"Europe/Berlin\"\nstand_by = true\n")
            .expect("the file can be written");
    }
    (folder, crm)
}

const LEAD: &str = r#"{"source":"web","external_id":"w-1","attributes":{"country":"DE","employees":40},
    "contact":{"name":"Eva Muster","email":"eva@muster.example"}}"#;

#[test]
fn a_lead_is_decided_explained_replayed_and_closed() {
    let (_folder, crm) = workspace();
    let server = Server::start(&crm);
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    let key = [("idempotency-key", "k-1")];
    let first = server.post("/v1/leads", &key, LEAD);
    assert_eq!(first.status, 200, "{first:?}");
    let answer = first.json();
    assert_eq!(answer["state"], "owned", "{answer:#}");
    assert_eq!(answer["rule"], "territory", "{answer:#}");
    assert!(answer["sla_due"].is_string() && answer["propensity"] == 1.0, "{answer:#}");
    // The same key and body: the same answer. Another body: refused.
    assert_eq!(server.post("/v1/leads", &key, LEAD).json()["decision"], answer["decision"]);
    let other = server.post("/v1/leads", &key, &LEAD.replace("40", "50"));
    assert_eq!(other.status, 422, "{other:?}");
    assert!(other.headers.contains("application/problem+json"), "{other:?}");

    let decision = answer["decision"].as_str().expect("a decision id");
    let explained = server.get(&format!("/v1/decisions/{decision}"));
    assert_eq!(explained.status, 200, "{explained:?}");
    let text = explained.body.clone();
    for part in ["\"mara\"", "\"jonas\"", "\"elif\"", "chosen", "later_turn", "not_matched"] {
        assert!(text.contains(part), "expected {part} in {text}");
    }
    let lead = answer["lead"].as_str().expect("a lead id");
    assert_eq!(server.get(&format!("/v1/leads/{lead}")).status, 200);
    let outcome = format!(r#"{{"lead":"{lead}","stage":"won","value":{{"minor_units":420000}}}}"#);
    let closed = server.post("/v1/outcomes", &[], &outcome);
    assert!(closed.status < 300, "{closed:?}");
    assert_eq!(server.get(&format!("/v1/leads/{lead}")).json()["custody"], "closed");
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("pointsman_"), "{metrics}");
    let document = server.get("/openapi.json").json();
    assert!(
        document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1"))
            && document["paths"]["/v1/leads"].is_object()
    );
    drop(server);

    let crm = crm.to_str().expect("UTF-8");
    let replayed = stdout(&["replay", decision, "--workspace", crm]);
    assert!(replayed.contains("the same, field by field"), "{replayed}");
    let why = stdout(&["explain", lead, "--workspace", crm]);
    assert!(why.contains("rule territory") && why.contains("Mara Lindner"), "{why}");
    assert!(stdout(&["audit", "verify", "--workspace", crm, "--ledger"]).contains("unbroken"));
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let (_folder, crm) = workspace();
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let server = Server::start(&crm);
        for n in 0..12 {
            let body = format!(
                r#"{{"source":"web","external_id":"r{round}-{n}","attributes":{{"country":"DE","employees":{n}}}}}"#
            );
            let answer = server.post("/v1/leads", &[("idempotency-key", &format!("{round}-{n}"))], &body);
            assert_eq!(answer.status, 200, "{answer:?}");
            acknowledged.push((answer.json()["lead"].clone(), answer.json()["owner"].clone()));
        }
        server.kill();
    }
    let server = Server::start(&crm);
    for (lead, owner) in acknowledged {
        let kept = server.get(&format!("/v1/leads/{}", lead.as_str().expect("an id"))).json();
        assert_eq!(kept["owner"], owner, "{kept:#}");
    }
    drop(server);
    let crm = crm.to_str().expect("UTF-8");
    assert!(
        stdout(&["audit", "verify", "--workspace", crm, "--ledger"]).contains("the folded log gives every counter")
    );
}

#[test]
fn nobody_listens_to_the_world_without_a_key() {
    let (_folder, crm) = workspace();
    let crm = crm.to_str().expect("UTF-8");
    let open = ["serve", "--workspace", crm, "--listen", "0.0.0.0:0"];
    assert!(refused(&open, 2).contains("set POINTSMAN_API_KEYS=NAME:KEY"));
    let mut short = std::process::Command::new(binary::path());
    let output = short.args(open).env("POINTSMAN_API_KEYS", "crm:secret").output().expect("the binary runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("at least 24 characters") && !message.contains("secret"), "{message}");
}

#[test]
fn bad_bodies_get_a_problem_that_says_what_to_do() {
    let (_folder, crm) = workspace();
    let server = Server::start(&crm);
    let check = |body: &str, part: &str| {
        let answer = server.post("/v1/leads", &[], body);
        assert!((400..500).contains(&answer.status), "{body}: {answer:?}");
        assert!(answer.headers.contains("application/problem+json"), "{body}: {answer:?}");
        assert!(answer.body.contains(part), "expected '{part}' for {body}: {answer:?}");
        for inside in ["panicked", "src/", "SELECT", "sqlite"] {
            assert!(!answer.body.contains(inside), "{answer:?}");
        }
    };
    check("", "type");
    check("{", "line 1");
    check("[]", "type");
    check(r#"{"source":"web","attributes":{"country":"Germania"}}"#, "country");
    check(r#"{"source":"web","attributes":{"employees":"many"}}"#, "employees");
    check(r#"{"source":"web","attributes":{"colour":"red"}}"#, "colour");
    check(r#"{"source":"web","contact":{"email":"not a mail"}}"#, "email");
    check(r#"{"source":"web","surprise":1}"#, "surprise");
    check(&format!(r#"{{"source":"{}"}}"#, "x".repeat(1 << 21)), "type");
    check(&("[".repeat(2000) + &"]".repeat(2000)), "type");
    assert_eq!(server.get("/v1/leads/lead_nonsense").status / 100, 4);
    assert_eq!(server.get("/v1/decisions/decision_01h2xcejqtf2nbrexx3vqjhp41").status, 404);
    assert_eq!(server.get("/nowhere").status, 404);
    assert_eq!(server.get("/healthz").status, 200, "and it goes on serving");
}
