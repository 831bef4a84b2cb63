//! What the command line says of itself. What the commands do is tested in the workspace's
//! `tests/`, which use the binary that building this test makes.

use std::process::Command;

#[test]
fn every_help_reads_well_and_has_an_example() {
    let commands: &[&[&str]] = &[
        &[],
        &["demo"],
        &["init"],
        &["import"],
        &["flow"],
        &["kpi"],
        &["report"],
        &["features"],
        &["features", "describe"],
        &["train"],
        &["evaluate"],
        &["models", "list"],
        &["models", "show"],
        &["models", "promote"],
        &["models", "shadow"],
        &["models", "rollback"],
        &["models", "compare"],
        &["policy", "check"],
        &["apply"],
        &["serve"],
        &["simulate"],
        &["simulate", "assign"],
        &["simulate", "history"],
        &["experiment", "analyze"],
        &["explain"],
        &["replay"],
        &["audit", "verify"],
        &["backup"],
        &["restore"],
        &["migrate"],
        &["doctor"],
        &["deliveries", "list"],
        &["deliveries", "retry"],
        &["deliveries", "ping"],
        &["deliveries", "secret"],
        &["person", "export"],
        &["person", "erase"],
    ];
    for command in commands {
        let mut args = command.to_vec();
        args.push("--help");
        let output = Command::new(env!("CARGO_BIN_EXE_pointsman")).args(&args).output().expect("the binary runs");
        let help = String::from_utf8(output.stdout).expect("help is UTF-8");
        assert!(help.contains("Example:\n  pointsman "), "{command:?}: {help}");
        assert!(help.contains("Usage: pointsman"), "{command:?}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 160), "{command:?}: a line is too long to read");
    }
}
