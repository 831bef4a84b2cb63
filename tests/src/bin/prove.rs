//! Long proofs with their full counts: `cargo run --release -p pointsman-tests --bin prove -- NAME`.
//! Results with date, machine and commit are kept in `docs/proofs.md`.

use std::process::ExitCode;

use pointsman_tests::prove;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    match name.as_str() {
        "capacity" => prove::capacity::run(),
        "connections" => prove::connections::run(),
        "fuzz-bodies" => prove::fuzz_bodies::run(),
        "experiment-looks" => prove::experiments::told(prove::experiments::looks()),
        "experiment-designs" => prove::experiments::told(prove::experiments::designs(1000)),
        "experiment-following" => prove::experiments::told(prove::experiments::following()),
        "roi" => prove::experiments::told(prove::roi::returns()),
        _ => {
            eprintln!(
                "usage: prove capacity | connections | fuzz-bodies | experiment-looks | experiment-designs | experiment-following | roi"
            );
            ExitCode::from(2)
        }
    }
}
