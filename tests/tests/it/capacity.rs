//! Lists assigned at once, the past through another policy, companies simulated: as a user would.

use std::path::{Path, PathBuf};

use pointsman_tests::{
    binary::{self, stdout},
    server::Server,
};
use serde_json::Value;
use tempfile::TempDir;

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&stdout(args)).expect("JSON on stdout")
}

/// What is said about bad input.
fn refused(args: &[&str]) -> String {
    binary::refused(args, 2)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A workspace that works around the clock.
fn workspace() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    stdout(&["init", text(&crm)]);
    for calendar in ["berlin", "london"] {
        let path = crm.join(format!("calendars/{calendar}.toml"));
        std::fs::write(path, "format = 1\nzone = \"Europe/Berlin\"\nstand_by = true\n").expect("writable");
    }
    (folder, crm)
}

fn list(folder: &Path, rows: &[&str]) -> PathBuf {
    let path = folder.join("list.csv");
    std::fs::write(&path, format!("external_id,country,employees,email,note\n{}\n", rows.join("\n")))
        .expect("writable");
    path
}

#[test]
fn a_list_is_assigned_dry_then_for_good_then_stays() {
    let (folder, crm) = workspace();
    stdout(&["apply", "--workspace", text(&crm)]);
    let rows: Vec<String> = (1..=6).map(|n| format!("fair-{n},DE,{},p{n}@muster.example,x", n * 10)).collect();
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.push("fair-7,DE,many,p7@muster.example,x");
    let list = list(folder.path(), &rows);
    let out = folder.path().join("plan.csv");
    let base = ["assign", "--workspace", text(&crm), "--leads", text(&list), "--source", "fair", "--json"];
    let dry = json(&[&base[..], &["--dry-run", "--out", text(&out)]].concat());
    assert_eq!((dry["new"].as_u64(), dry["written"].as_u64()), (Some(6), Some(0)), "{dry:#}");
    assert_eq!(dry["set_aside"][0]["column"], "employees", "{dry:#}");
    assert_eq!(dry["set_aside"][0]["line"], 8, "{dry:#}");
    assert_eq!(dry["ignored_columns"][0], "note");
    let plan = std::fs::read_to_string(&out).expect("written");
    assert!(plan.starts_with("lead,owner,before,change,chance\nfair-1,"), "{plan}");
    let done = json(&[&base[..], &["--by", "Jo Ops"]].concat());
    assert_eq!(
        (done["written"].as_u64(), done["failed"].as_object().map(serde_json::Map::len)),
        (Some(6), Some(0)),
        "{done:#}"
    );
    let again = json(&[&base[..], &["--dry-run"]].concat());
    assert_eq!((again["kept"].as_u64(), again["new"].as_u64()), (Some(6), Some(0)), "{again:#}");
    let audit = json(&["audit", "verify", "--workspace", text(&crm), "--ledger", "--json"]);
    assert_eq!(audit["holds"], true, "{audit:#}");
    // Beside a running server the same goes through its API.
    let server = Server::start(&crm);
    let more = self::list(folder.path(), &["fair-8,DE,80,p8@muster.example,x", "fair-1,DE,10,p1@muster.example,x"]);
    let through = json(&["assign", "--workspace", text(&crm), "--leads", text(&more), "--source", "fair", "--json"]);
    assert_eq!((through["new"].as_u64(), through["kept"].as_u64()), (Some(1), Some(1)), "{through:#}");
    assert_eq!(
        (through["written"].as_u64(), through["failed"].as_object().map(serde_json::Map::len)),
        (Some(1), Some(0))
    );
    let leads = server.get("/v1/leads").json();
    assert_eq!(leads["leads"].as_array().map(Vec::len), Some(7), "{leads:#}");
    let prices = server.get("/v1/prices").json();
    assert_eq!((prices["epoch"].as_u64(), prices["prices"].as_array().map(Vec::len)), (Some(0), Some(0)), "no model");
    server.kill();
    assert!(stdout(&["prices", "--workspace", text(&crm)]).contains("every place is free"));
}

#[test]
fn a_list_that_cannot_be_read_says_why() {
    let (folder, crm) = workspace();
    let nothing = folder.path().join("nothing.csv");
    std::fs::write(&nothing, "a,b\n1,2\n").expect("writable");
    let said = refused(&["assign", "--workspace", text(&crm), "--leads", text(&nothing), "--dry-run"]);
    assert!(said.contains("no column that this workspace knows (columns: a, b)"), "{said}");
    let list = list(folder.path(), &["x,DE,1,p@muster.example,"]);
    let said = refused(&["assign", "--workspace", text(&crm), "--leads", text(&list), "--dry-run", "--policy", "none"]);
    assert!(said.contains("there is no policy 'none'"), "{said}");
    let capacity = folder.path().join("c.csv");
    std::fs::write(&capacity, "rep,capacity\nnobody,3\n").expect("writable");
    let args =
        ["assign", "--workspace", text(&crm), "--leads", text(&list), "--dry-run", "--capacity", text(&capacity)];
    let said = refused(&args);
    assert!(said.contains("line 2: 'nobody,3' names nobody of the roster"), "{said}");
}

#[test]
fn the_past_goes_through_another_policy() {
    let (folder, crm) = workspace();
    let server = Server::start(&crm);
    for n in 0..12 {
        let lead = format!(
            r#"{{"source":"web","attributes":{{"country":"DE","employees":{n}}},"contact":{{"email":"p{n}@muster.example"}}}}"#
        );
        let answer = server.post("/v1/leads", &[], &lead).json();
        let stage = if n % 3 == 0 { "won" } else { "attempted" };
        let outcome = format!(r#"{{"lead":{},"stage":"{stage}"}}"#, answer["lead"]);
        assert!(server.post("/v1/outcomes", &[], &outcome).status < 300);
    }
    let policies = std::fs::read_dir(crm.join("policies")).expect("there is one");
    let old = policies.map(|entry| entry.expect("readable").path()).next().expect("a policy");
    let same = json(&[
        "backtest",
        "--policy",
        text(&old),
        "--workspace",
        text(&crm),
        "--from",
        "2020-01-01",
        "--to",
        "2100-01-01",
        "--json",
    ]);
    assert_eq!((same["leads"].as_u64(), same["elsewhere"].as_u64()), (Some(12), Some(0)), "{same:#}");
    let new = folder.path().join("new.toml");
    let only = "format = 1\nname = \"only\"\n[[rule]]\nid = \"one\"\nrep = \"mara\"\n[fallback]\nqueue = \"rest\"\n";
    std::fs::write(&new, only).expect("writable");
    let html = folder.path().join("report.html");
    let other = json(&[
        "backtest",
        "--policy",
        text(&new),
        "--workspace",
        text(&crm),
        "--from",
        "2020-01-01",
        "--to",
        "2100-01-01",
        "--json",
        "--html",
        text(&html),
    ]);
    assert!(other["elsewhere"].as_u64() > Some(0), "{other:#}");
    assert!(other["notes"].to_string().contains("proves nothing"), "{other:#}");
    let page = std::fs::read_to_string(&html).expect("written");
    assert!(page.contains("would have gone to somebody else") && page.contains("<svg"));
    let said = refused(&[
        "backtest",
        "--policy",
        text(&new),
        "--workspace",
        text(&crm),
        "--from",
        "2030-01-01",
        "--to",
        "2020-01-01",
    ]);
    assert!(said.contains("is not before"), "{said}");
}

#[test]
fn worlds_are_simulated_and_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let html = folder.path().join("claim.html");
    let world = format!("{}/../worlds/claim.toml", env!("CARGO_MANIFEST_DIR"));
    let args = [
        "simulate",
        "--world",
        &world,
        "--policies",
        "manual,weighted-round-robin,expected-value",
        "--seeds",
        "2",
        "--days",
        "21",
        "--first-day",
        "0",
        "--json",
        "--html",
        text(&html),
    ];
    let result = json(&args);
    let policies = result["policies"].as_array().expect("three");
    let of = |at: usize, name: &str| policies[at][name]["value"].as_f64().expect("a number");
    assert!(of(0, "reaction_hours") > 2.0 * of(1, "reaction_hours"), "{result:#}");
    assert!(of(0, "lost") > of(2, "lost") && of(2, "conversion_rate") > of(0, "conversion_rate"), "{result:#}");
    assert_eq!(stdout(&args), stdout(&args), "the same seeds, the same numbers");
    let page = std::fs::read_to_string(&html).expect("written");
    assert!(page.contains("Share of the optimum") && page.contains("<svg"));
    let said = refused(&["simulate", "--policies", "clairvoyance"]);
    assert!(said.contains("'clairvoyance' is no policy of simulations"), "{said}");
}
