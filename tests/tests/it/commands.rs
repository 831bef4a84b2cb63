//! The commands as a user of the field types them.

use std::fs;

use pointsman_tests::{binary::stdout, shared};

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(args)).expect("JSON on stdout")
}

#[test]
fn a_new_workspace_is_right_and_can_be_applied() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    let crm = crm.to_str().expect("UTF-8");
    stdout(&["init", crm]);
    assert!(stdout(&["policy", "check", "--workspace", crm]).contains("nothing to complain about"));
    let applied = json(&["apply", "--workspace", crm, "--reason", "first", "--json"]);
    assert_eq!(applied["applied"], true);
    assert!(stdout(&["apply", "--workspace", crm]).contains("nothing to apply"));
    let audit = json(&["audit", "verify", "--workspace", crm, "--ledger", "--json"]);
    assert_eq!(audit["holds"], true);
}

/// The root of the repository is the workspace that `init` makes.
#[test]
fn the_repository_root_is_a_workspace() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    assert!(stdout(&["policy", "check", "--workspace", root]).contains("policy 'default': 5 rules"));
}

/// BPI Challenge 2012: 13,087 applications, 262,200 events; 6,964 leads with a first touch by 55
/// reps, the same as the reference derivation.
#[test]
fn the_bank_log_goes_from_events_to_an_evaluated_model() {
    let (Some(events), Some(cases), Some(reference)) = (
        shared::file("data/bpi2012/events.csv.gz"),
        shared::file("data/bpi2012/cases.csv"),
        shared::file("data/bpi2012/first_touch_reference.csv"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bank = folder.path().join("bank");
    let bank = bank.to_str().expect("UTF-8");
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../mappings/bpi2012.toml");
    let (events, cases) = (events.display().to_string(), cases.display().to_string());
    let report = json(&["import", "--mapping", mapping, "--into", bank, &events, &cases, "--json"]);
    let files = report["files"].as_array().expect("files");
    let read: u64 = files.iter().map(|f| f["rows_read"].as_u64().unwrap_or(0)).sum();
    let kept: u64 = files.iter().map(|f| f["taken"].as_u64().unwrap_or(0) + f["set_aside"].as_u64().unwrap_or(0)).sum();
    assert_eq!((read, kept), (262_200 + 13_087, 262_200 + 13_087));
    let rows = |table: &str| {
        let tables = report["tables"].as_array().expect("tables");
        tables.iter().find(|t| t["table"] == table).and_then(|t| t["rows"].as_u64())
    };
    assert_eq!((rows("leads"), rows("activities")), (Some(13_087), Some(262_200)));

    let features = json(&["features", "--workspace", bank, "--json"]);
    let reference = fs::read_to_string(reference).expect("the reference can be read");
    // The table has 399 leads more, whose case was still open when the log ended.
    assert_eq!(features["labels_known"].as_u64(), Some(reference.lines().count() as u64 - 1));
    assert_eq!((features["labels_known"].as_u64(), features["reps"].as_u64()), (Some(6_964), Some(55)));
    assert_eq!(features["rows"].as_u64(), Some(6_964 + 399));

    let evaluation = json(&[
        "evaluate",
        "--workspace",
        bank,
        "--split",
        "2012-01-10",
        "--until",
        "2012-02-15",
        "--labels-known",
        "--json",
    ]);
    let number = |name: &str| evaluation[name].as_f64().unwrap_or(f64::NAN);
    assert!(number("log_loss") <= number("base_log_loss"), "{evaluation:#}");
    assert!(number("ece") <= number("ece_calibrated_q95").max(0.03), "{evaluation:#}");

    let trained = json(&["train", "--workspace", bank, "--json"]);
    assert_eq!(trained["manifest"]["version"], "1");
    let listed = json(&["models", "list", "--workspace", bank, "--json"]);
    assert_eq!(listed[0]["manifest"]["artifact"], trained["manifest"]["artifact"]);
    // A tampered artifact is not promoted.
    let artifact = folder.path().join("bank/models/conversion/1/artifact.json");
    let text = fs::read_to_string(&artifact).expect("the artifact can be read");
    fs::write(&artifact, text.replacen("\"base\":", "\"base\":1", 1)).expect("the artifact can be written");
    let refused = pointsman_tests::binary::refused(&["models", "promote", "conversion/1", "--workspace", bank], 2);
    assert!(refused.contains("does not load"), "{refused}");
}

/// Maven's CRM has known dirt, which the mapping mends, and no rep signal, which must be said.
#[test]
fn the_crm_without_rep_signal_says_so() {
    let Some(folder_in) = shared::file("data/maven_crm") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    let crm = crm.to_str().expect("UTF-8");
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../mappings/maven-crm.toml");
    let inputs = ["accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv"]
        .map(|f| folder_in.join(f).display().to_string());
    let mut args = vec!["import", "--mapping", mapping, "--into", crm, "--json"];
    args.extend(inputs.iter().map(String::as_str));
    let report = json(&args);
    let rows = |table: &str| {
        let tables = report["tables"].as_array().expect("tables");
        tables.iter().find(|t| t["table"] == table).and_then(|t| t["rows"].as_u64())
    };
    assert_eq!((rows("opportunities"), rows("accounts")), (Some(8_800), Some(85)));
    let reference = folder_in.join("closed_reference.csv").display().to_string();
    let evaluation = json(&[
        "evaluate",
        "--table",
        &reference,
        "--split",
        "2017-08-15",
        "--until",
        "2017-11-01",
        "--labels-known",
        "--json",
    ]);
    let loss = evaluation["log_loss"].as_f64().unwrap_or(f64::NAN);
    assert!(loss <= 0.6709, "{loss}");
    assert_ne!(evaluation["fallback"], "layers", "{evaluation:#}");
}

/// The sample tables are what their datasheet's four commands make.
#[test]
fn the_sample_tables_are_made_again_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sample = folder.path().join("sample");
    let path = |name: &str| sample.join(name).display().to_string();
    let (into, mapping) = (path(""), path("mappings/demo-crm.toml"));
    stdout(&["simulate", "history", "--days", "42", "--into", &into]);
    let inputs = ["crm_activities.csv", "crm_leads.csv", "crm_reps.csv"].map(|f| path(&format!("crm-export/{f}")));
    let mut args = vec!["import", "--mapping", &mapping, "--into", &into];
    args.extend(inputs.iter().map(String::as_str));
    stdout(&args);
    stdout(&["features", "--workspace", &into]);
    let predictions = path("predictions.csv");
    stdout(&["evaluate", "--workspace", &into, "--split", "0.7", "--predictions", &predictions]);
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks-data");
    let tables = ["leads", "reps", "assignments", "activities", "outcomes"];
    let pairs = tables.map(|table| (format!("data/{table}.parquet"), format!("{table}.parquet")));
    let more = [
        ("features/leads.parquet".to_owned(), "features.parquet".to_owned()),
        ("predictions.csv".to_owned(), "predictions.csv".to_owned()),
    ];
    for (made, stored) in pairs.into_iter().chain(more) {
        let made = fs::read(sample.join(&made)).expect("the table was made");
        let stored = fs::read(format!("{kept}/{stored}")).expect("the table is stored");
        assert!(made == stored, "{kept}: a table differs from what its commands make; run them again");
    }
}

#[test]
fn policies_are_judged_where_the_truth_is_known() {
    let args =
        ["simulate", "--policies", "weighted-round-robin,least-loaded", "--replicates", "2", "--days", "14", "--json"];
    let comparison = json(&args);
    assert_eq!(comparison, json(&args), "the same seed, the same numbers");
    let share = |at: usize| comparison["policies"][at]["share_of_optimum"]["value"].as_f64().unwrap_or(f64::NAN);
    assert!((0.3..1.0).contains(&share(0)) && (0.3..1.0).contains(&share(1)), "{comparison:#}");
    let other = json(&[
        "simulate",
        "--policies",
        "weighted-round-robin",
        "--replicates",
        "2",
        "--days",
        "14",
        "--seed",
        "2",
        "--json",
    ]);
    assert_ne!(other["policies"][0]["conversions"], comparison["policies"][0]["conversions"]);
}

/// Three applications told out of order: one won, one that only the system touched, one passed on.
const LOG: &str = "case,activity,lifecycle,resource,ts
a,arrived,COMPLETE,bot,2026-03-02T08:00:00Z
a,call,START,anna,2026-03-02T08:10:00Z
a,call,COMPLETE,anna,2026-03-02T08:30:00Z
b,arrived,COMPLETE,bot,2026-03-02T09:00:00Z
b,reminder,COMPLETE,bot,2026-03-06T09:00:00Z
c,arrived,COMPLETE,bot,2026-03-02T10:00:00Z
c,call,COMPLETE,ben,2026-03-02T11:00:00Z
c,call,COMPLETE,anna,2026-03-02T12:00:00Z
a,signed,COMPLETE,anna,2026-03-02T09:10:00Z
";
const LOG_MAPPING: &str = "format = 1\nsource = \"log\"\ncurrency = \"CHF\"\n[[input]]\nname = \"events\"\nfile = \"log.csv\"\n\
    [input.events]\ncase = \"case\"\nactivity = \"activity\"\nlifecycle = \"lifecycle\"\nresource = \"resource\"\n\
    at = \"ts\"\nsystem_resources = [\"bot\"]\n[input.events.closing]\nsigned = \"won\"\n";

#[test]
fn an_event_log_becomes_a_report_of_its_flow() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    fs::write(place("log.csv"), LOG).expect("the log can be written");
    fs::write(place("log.toml"), LOG_MAPPING).expect("the mapping can be written");
    let (into, mapping, log) = (place("desk"), place("log.toml"), place("log.csv"));
    let first = json(&["flow", "--into", &into, "--mapping", &mapping, &log, "--json"]);
    let number = |pointer: &str| first.pointer(pointer).and_then(serde_json::Value::as_f64);
    assert_eq!((number("/leads"), number("/events"), number("/edge_count")), (Some(3.0), Some(9.0), Some(4.0)));
    assert_eq!((number("/drops/never_touched/hits"), number("/people/hand_offs")), (Some(1.0), Some(1.0)));
    // Anna after 10 minutes, Ben after 60; who looks at touched leads only calls it 35.
    assert_eq!(number("/touch/median_of_touched_seconds"), Some(35.0 * 60.0));
    assert_eq!(number("/touch/all/median_seconds"), Some(60.0 * 60.0));

    // Everything is there, tables agree with the JSON, and the same command writes the same bytes.
    let report = folder.path().join("desk/reports/flow");
    let bytes = |name: &str| fs::read(report.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let names = ["leads", "edges", "variants", "steps", "sources", "reps", "hand_offs", "hours"];
    let mut files: Vec<String> = names.iter().flat_map(|n| [format!("{n}.csv"), format!("{n}.parquet")]).collect();
    files.extend(["flow.html", "flow.de.html", "flow.json", "questionnaire.csv"].map(Into::into));
    let written: Vec<Vec<u8>> = files.iter().map(|name| bytes(name)).collect();
    assert_eq!(fs::read_dir(&report).expect("the folder is there").count(), files.len());
    let leads = String::from_utf8(bytes("leads.csv")).expect("UTF-8");
    assert_eq!(leads.lines().filter(|line| line.ends_with(",never_touched")).count(), 1, "{leads}");
    let text = stdout(&["flow", "--workspace", &into]);
    assert!(text.contains("1\u{a0}lead (33.3%)") && text.contains("flow.html"), "{text}");
    for (name, before) in files.iter().zip(&written) {
        assert!(&bytes(name) == before, "{name} differs in a second run");
    }

    // Filters, answers, and what cannot be meant.
    let complete = json(&["flow", "--workspace", &into, "--lifecycle", "COMPLETE", "--json"]);
    assert_eq!(complete["events"], 8);
    fs::write(place("answers.csv"), "question,answer\ncomplete,2\ncomplete,5\n").expect("answers can be written");
    let answered = json(&["flow", "--workspace", &into, "--answers", &place("answers.csv"), "--json"]);
    assert_eq!(answered["survey"][6]["mean"], 3.5);
    let refused = |args: &[&str]| {
        let all = [&["flow", "--workspace", &into], args].concat();
        pointsman_tests::binary::refused(&all, 2)
    };
    assert!(refused(&["--from", "yesterday"]).contains("'yesterday' is no time"));
    assert!(refused(&["--from", "2030-01-01"]).contains("no lead is left"));
    assert!(refused(&["--where", "lead.nonsense > 3"]).contains("nonsense"));
    assert!(refused(&["--calendar", "moon"]).contains("moon.toml"));
    assert!(refused(&["--zone", "Moon/Base"]).contains("Moon/Base"));
    assert!(refused(&["--source", "colour"]).contains("'colour' is no attribute"));
}

/// The quarter by hand: 55,648 and 89,435 euros, together 9,475 to 280,691.
#[test]
fn a_return_is_computed_from_a_frozen_baseline_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    let write = |text: &str| fs::write(place("roi.toml"), text).expect("the file can be written");
    let example = include_str!("../../../crates/measure/tests/roi.toml");
    let (spec, html) = (place("roi.toml"), place("roi.html"));
    let refused = |args: &[&str]| pointsman_tests::binary::refused(&[&["roi"], args].concat(), 2);
    write(example);
    assert!(refused(&["--spec", &spec]).contains("not frozen yet"));
    write(&example.replace("until = \"2025-10-01\"", "until = \"2025-09-01\""));
    assert!(refused(&["baseline", "--spec", &spec]).contains("at least three months"));
    assert!(!folder.path().join("roi-baseline.json").exists(), "nothing is written of a refused baseline");
    write(&example.replace("margin = 4200", "margin = \"4200\""));
    assert!(refused(&["baseline", "--spec", &spec]).contains("line 24"));

    write(example);
    let frozen = json(&["roi", "baseline", "--spec", &spec, "--json"]);
    assert_eq!(frozen["baseline"]["counts"]["leads"], 1750);
    assert!(refused(&["baseline", "--spec", &spec]).contains("frozen once"));
    let result = json(&["roi", "--spec", &spec, "--html", &html, "--json"]);
    assert_eq!(result["roi"]["both"], 14_508_312);
    assert_eq!(result["roi"]["components"][0]["claim"], "unlike_before");
    let ends = ["low", "high"].map(|end| result["roi"]["components"][0]["amount"][end].as_f64().unwrap_or(0.0));
    assert_eq!(ends.map(|cents| (cents / 100.0).round()), [9_475.0, 280_691.0]);
    for (file, words) in [("roi.html", "€55,648"), ("roi.de.html", "55.648\u{a0}€")] {
        assert!(fs::read_to_string(place(file)).expect("a page").contains(words), "{file}");
    }
    let text = stdout(&["roi", "--spec", &spec]);
    assert!(text.contains("season and market are not excluded") && !text.contains("caused"), "{text}");

    write(&example.replace("leads = 1750", "leads = 1700"));
    assert!(refused(&["--spec", &spec]).contains("leads was 1750, the file says 1700"));
    write(example);
    let sealed = fs::read_to_string(place("roi-baseline.json")).expect("the frozen baseline");
    fs::write(place("roi-baseline.json"), sealed.replace("0.22", "0.32")).expect("can be written");
    assert!(refused(&["--spec", &spec]).contains("was changed after"));
}
