//! Versions of a model: trained, read, compared, promoted, rolled back, and refused when altered.

use std::{fs, path::Path};

use pointsman_tests::binary::{refused, run, stdout};
use sha2::{Digest, Sha256};

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(args)).expect("JSON on stdout")
}

/// A company with 150 days behind it, and two versions of its model.
fn company(folder: &Path) -> String {
    let crm = folder.join("crm").display().to_string();
    stdout(&["simulate", "history", "--days", "150", "--seed", "5", "--into", &crm]);
    let files: Vec<String> = fs::read_dir(folder.join("crm/crm-export"))
        .expect("the export is there")
        .map(|entry| entry.expect("readable").path().display().to_string())
        .collect();
    let mapping = folder.join("crm/mappings/demo-crm.toml").display().to_string();
    let mut import = vec!["import", "--mapping", &mapping, "--into", &crm];
    import.extend(files.iter().map(String::as_str));
    stdout(&import);
    stdout(&["features", "--workspace", &crm]);
    for until in ["2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z"] {
        stdout(&["train", "--workspace", &crm, "--until", until]);
    }
    crm
}

#[test]
fn the_life_of_versions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = company(folder.path());
    let marks = || -> Vec<(bool, bool)> {
        let listed = json(&["models", "list", "--workspace", &crm, "--json"]);
        let listed = listed.as_array().expect("a list");
        listed.iter().map(|v| (v["promoted"] == true, v["shadow"] == true)).collect()
    };
    let nothing = refused(&["models", "rollback", "--workspace", &crm], 2);
    assert!(nothing.contains("nothing was promoted before"), "{nothing}");
    stdout(&["models", "promote", "conversion/1", "--workspace", &crm]);
    let same = refused(&["models", "shadow", "conversion/1", "--workspace", &crm], 2);
    assert!(same.contains("is the one that decides"), "{same}");
    stdout(&["models", "shadow", "conversion/2", "--workspace", &crm]);
    assert_eq!(marks(), [(true, false), (false, true)]);
    // Both were trained before May: the promoted one and its shadow are judged on what came after.
    let compared = run(&["models", "compare", "--workspace", &crm, "--json"]);
    let compared: serde_json::Value = serde_json::from_slice(&compared.stdout).expect("JSON on stdout");
    assert!(compared["rows"].as_u64().unwrap_or(0) > 100, "{compared:#}");
    let loss = |which: &str| compared[which]["log_loss"].as_f64().unwrap_or(f64::NAN);
    let gain = compared["gain"]["estimate"].as_f64().unwrap_or(f64::NAN);
    assert!((loss("first") - loss("second") - gain).abs() < 1e-9, "{compared:#}");

    stdout(&["models", "promote", "conversion/2", "--workspace", &crm]);
    assert_eq!(marks(), [(false, false), (true, false)], "a promoted version is no shadow any more");
    stdout(&["models", "rollback", "--workspace", &crm]);
    assert_eq!(marks(), [(true, false), (false, false)]);

    resealed_versions_do_not_load(&crm);
}

/// Whoever alters an artifact and seals it again meets the manifest; whoever mends the manifest as
/// well meets the registry.
fn resealed_versions_do_not_load(crm: &str) {
    let version = Path::new(crm).join("models/conversion/1");
    let read = |file: &str| fs::read_to_string(version.join(file)).expect("the file can be read");
    let (artifact, manifest, state) = (read("artifact.json"), read("manifest.json"), read("state.json"));
    let body = artifact.split_once("\"artifact\":").expect("sealed").1.strip_suffix('}').expect("sealed");
    let other = body.replacen("\"seed\":1", "\"seed\":2", 1);
    assert_ne!(other, body);
    let hash = |text: &str| Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>();
    fs::write(version.join("artifact.json"), format!("{{\"hash\":\"{}\",\"artifact\":{other}}}", hash(&other)))
        .expect("written");
    let shown = refused(&["models", "show", "conversion/1", "--workspace", crm], 2);
    assert!(shown.contains("was altered or belongs to another version"), "{shown}");
    let mended = manifest.replace(&hash(body), &hash(&other));
    let card = read("card.json").replace(&hash(body), &hash(&other));
    let mended = mended.replace(&hash(&read("card.json")), &hash(&card));
    assert_ne!(mended, manifest);
    fs::write(version.join("manifest.json"), &mended).expect("written");
    fs::write(version.join("card.json"), &card).expect("written");
    stdout(&["models", "show", "conversion/1", "--workspace", crm]);
    let found = refused(&["models", "rollback", "--workspace", crm], 2);
    assert!(found.contains("nothing was promoted before"), "{found}");
    stdout(&["models", "promote", "conversion/2", "--workspace", crm]);
    let found = refused(&["models", "rollback", "--workspace", crm], 2);
    assert!(found.contains("was altered since it decided"), "{found}");
    fs::write(version.join("state.json"), state.replacen("\"won\":", "\"won\":1", 1)).expect("written");
    let found = refused(&["models", "promote", "conversion/1", "--workspace", crm], 2);
    assert!(found.contains("state.json was altered"), "{found}");
}

#[test]
fn the_card_as_page_and_as_text() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = company(folder.path());
    let card = folder.path().join("card.html");
    let path = card.display().to_string();
    stdout(&["models", "show", "conversion/2", "--workspace", &crm, "--html", &path]);
    let html = fs::read_to_string(&card).expect("the card was written");
    for section in ["reliability", "gain", "layers", "interactions", "contributions", "learning", "columns", "limits"] {
        assert!(html.contains(&format!("id=\"{section}\"")), "{section}");
    }
    let markdown = fs::read_to_string(Path::new(&crm).join("models/conversion/2/card.md")).expect("written by train");
    assert!(markdown.contains("each predicted by a model that had seen only earlier ones"), "{markdown}");
    let german = folder.path().join("karte.md").display().to_string();
    stdout(&["models", "show", "conversion/2", "--workspace", &crm, "--markdown", &german, "--language", "de"]);
    assert!(fs::read_to_string(&german).expect("written").starts_with("# Modell conversion, Version 2"));
    rolling(&crm);
}

/// A model before each fortnight, beside one that is left alone.
fn rolling(crm: &str) {
    let all = ["evaluate", "--workspace", crm, "--split", "2025-04-15", "--until", "2025-05-20", "--labels-known"];
    let mut args = all.to_vec();
    args.extend(["--rolling", "14d", "--json"]);
    let found = json(&args);
    let stretches = found["rolling"]["stretches"].as_array().expect("stretches");
    assert_eq!(stretches.len(), 3, "{found:#}");
    let rows = |name: &str| stretches.iter().map(|s| s[name].as_u64().unwrap_or(0)).collect::<Vec<_>>();
    assert_eq!(Some(rows("rows").iter().sum::<u64>()), found["rows_test"].as_u64());
    assert!(rows("rows_train").is_sorted(), "history grows: {found:#}");
    assert_eq!(stretches[0]["log_loss"], stretches[0]["fixed_log_loss"], "the first model is the one left alone");
    let (own, sum) = (found["log_loss"].as_f64().unwrap_or(f64::NAN), found["rows_test"].as_f64().unwrap_or(0.0));
    let mean: f64 =
        stretches.iter().map(|s| s["log_loss"].as_f64().unwrap_or(0.0) * s["rows"].as_f64().unwrap_or(0.0)).sum();
    assert!((own - mean / sum).abs() < 1e-9);
    let wrong = refused(&["evaluate", "--workspace", crm, "--split", "0.5", "--rolling", "a fortnight"], 2);
    assert!(wrong.contains("14d"), "{wrong}");
}
