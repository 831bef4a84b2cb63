//! The `pointsman` binary of the profile that the tests were built in.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Where the binary is. `cargo test --workspace` has built it by the time tests run; whoever runs
/// these tests alone gets the one that is there, or has it built now.
pub fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let program = std::env::current_exe().expect("a running program has a path");
        // Tests run from PROFILE/deps, `prove` from PROFILE itself.
        let folder = program.parent().expect("a program lies in a folder");
        let profile = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder }.to_owned();
        let binary = profile.join(format!("pointsman{}", std::env::consts::EXE_SUFFIX));
        if binary.exists() {
            return binary;
        }
        let release = profile.ends_with("release");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "pointsman", "--bin", "pointsman"]);
        build.args(release.then_some("--release")).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        build.env("CARGO_TARGET_DIR", profile.parent().expect("the profile's folder lies in the target folder"));
        assert!(build.status().expect("cargo runs").success(), "the binary does not build");
        binary
    })
}

/// Runs the binary without any of the caller's settings.
pub fn run(args: &[&str]) -> Output {
    Command::new(path()).args(args).output().expect("the binary runs")
}

/// The same with something to read on stdin.
pub fn run_with(args: &[&str], input: &str) -> Output {
    use std::{io::Write, process::Stdio};
    let piped =
        |command: &mut Command| command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = piped(Command::new(path()).args(args)).expect("the binary runs");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(input.as_bytes()).expect("the binary reads");
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}

/// stdout of a run that must succeed.
pub fn stdout(args: &[&str]) -> String {
    let output = run(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pointsman {args:?} failed ({:?}): {stderr}", output.status.code());
    String::from_utf8(output.stdout).expect("stdout is UTF-8")
}

/// stderr of a run that must end with this exit code, without a panic.
pub fn refused(args: &[&str], code: i32) -> String {
    let output = run(args);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "pointsman {args:?}: {stderr}");
    for trace in ["panicked", "RUST_BACKTRACE", "stack backtrace", "this is a bug in pointsman"] {
        assert!(!stderr.contains(trace), "pointsman {args:?}: {stderr}");
    }
    stderr
}
