//! The notebook runs from its first cell to its last, where Python has what it needs.

use std::process::Command;

#[test]
#[expect(clippy::disallowed_methods, reason = "says which Python has pandas")]
fn the_notebook_runs() {
    let python = std::env::var("POINTSMAN_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python).args(["-c", "import pandas, pyarrow"]).output();
    if !has.is_ok_and(|out| out.status.success()) {
        println!(
            "skipped: {python} has no pandas and pyarrow (pip install them, or name a Python in POINTSMAN_PYTHON)"
        );
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../notebooks-data");
    let text = std::fs::read_to_string(format!("{folder}/tour.ipynb")).expect("the notebook is there");
    let notebook: serde_json::Value = serde_json::from_str(&text).expect("a notebook is JSON");
    let cells = notebook["cells"].as_array().expect("cells");
    let code: Vec<String> = (cells.iter().filter(|cell| cell["cell_type"] == "code"))
        .map(|cell| {
            assert_eq!(cell["outputs"].as_array().map(Vec::len), Some(0), "outputs are not kept");
            let lines = cell["source"].as_array().expect("lines");
            lines.iter().map(|line| line.as_str().expect("text")).collect::<String>()
        })
        .collect();
    assert!(code.len() >= 5);
    let run = Command::new(&python).args(["-c", &code.join("\n")]).current_dir(folder).output().expect("python runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("log-loss") && said.contains("largest difference"), "{said}");
}
