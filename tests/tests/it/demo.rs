//! The demo, as the README promises it.

use std::path::Path;

use pointsman_tests::binary::stdout;

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
