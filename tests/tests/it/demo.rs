//! The demo, as the README promises it.

use std::path::Path;

use pointsman_tests::{binary::stdout, server::Server};

fn demo(into: &Path, seed: &str) -> serde_json::Value {
    let into = into.to_str().expect("UTF-8");
    serde_json::from_str(&stdout(&["demo", "--no-serve", "--json", "--years", "2", "--seed", seed, "--into", into]))
        .expect("JSON on stdout")
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = demo(&folder.path().join("one"), "1");
    // Into the same folder again: an earlier demo's folder is made anew.
    assert_eq!(first, demo(&folder.path().join("one"), "1"), "no time and no path in what is printed");
    let second = demo(&folder.path().join("two"), "2");
    assert_ne!(first["comparison"]["policies"], second["comparison"]["policies"]);
    for found in [&first, &second] {
        check_sanity(found);
    }
    check_store(&folder.path().join("one"), &first);
    let page = std::fs::read_to_string(folder.path().join("one/reports/demo.html")).expect("the report");
    assert!(page.contains("Content-Security-Policy") && page.contains("<svg"), "a whole page with its pictures");
    for outside in [" src=\"http", "url(http", "<link rel=\"stylesheet\" href=\"http"] {
        assert!(!page.contains(outside), "the file asks for {outside}");
    }
}

/// What must hold for every seed: more wins with an interval above nothing, a model better than
/// the base rate, a test whose interval holds the truth more often than not, sums that add up.
fn check_sanity(found: &serde_json::Value) {
    let policies = &found["comparison"]["policies"];
    let share = |at: usize| policies[at]["share_of_optimum"]["value"].as_f64().unwrap_or(f64::NAN);
    assert!(share(0) < share(1) && share(1) < 1.0, "{policies:#}");
    assert!(policies[1]["lift"]["low"].as_f64().is_some_and(|low| low > 0.0), "{policies:#}");
    let evaluation = &found["evaluation"];
    assert!(evaluation["log_loss"].as_f64() < evaluation["base_log_loss"].as_f64(), "{evaluation:#}");
    let sums = &found["experiment"]["accounting"];
    let excluded: u64 = sums["excluded"].as_array().into_iter().flatten().filter_map(|e| e["rows"].as_u64()).sum();
    let counted = sums["matured"].as_u64().unwrap_or(0) + sums["pending"].as_u64().unwrap_or(0) + excluded;
    assert_eq!(sums["exposed"].as_u64(), Some(counted), "{sums:#}");
    let files = found["import"]["files"].as_array().expect("files");
    assert!(
        files.iter().all(|f| f["rows_read"].as_u64()
            == Some(f["taken"].as_u64().unwrap_or(0) + f["set_aside"].as_u64().unwrap_or(0)))
    );
}

/// What is served has the history: figures, flow and reps' days are those of the past year.
fn check_store(folder: &Path, found: &serde_json::Value) {
    let taken = found["import"]["files"][0]["taken"].as_u64();
    let server = Server::start(folder);
    let flow = server.get("/v1/flow").json();
    assert_eq!(flow["flow"]["leads"].as_u64(), taken, "{flow:#}");
    let year = "from=2025-01-01&until=2026-01-01";
    let n = |kpi: &str| server.get(&format!("/v1/kpis/{kpi}?{year}")).json()["detail"]["figure"]["now"]["n"].as_u64();
    assert!(n("conversion") > Some(5_000), "{:?}", n("conversion"));
    assert!(n("balance-gini") > Some(0), "{:?}", n("balance-gini"));
    // Its leads tell their size in an attribute of their own.
    let sized = server.get(&format!("/v1/kpis/conversion?{year}&size=50-249")).json();
    assert!(sized["detail"]["figure"]["now"]["n"].as_u64() > Some(100), "{sized:#}");
    // Nothing bounds the open leads of this company: there is no room that they could fill.
    assert_eq!(n("utilisation"), Some(0));
    // The usual page is that of the history's last weeks.
    let usual = server.get("/v1/kpis").json();
    assert!(usual["overview"].to_string().contains("value"), "{usual:#}");
    assert!(server.get("/kpi?quarter=2025-Q4").body.contains("<svg"));
}
