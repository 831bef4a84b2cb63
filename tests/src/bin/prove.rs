//! Long proofs with their full counts: `cargo run --release -p pointsman-tests --bin prove -- NAME`.
//! Results with date, machine and commit are kept in `docs/proofs.md`.

use std::process::ExitCode;

use pointsman_tests::prove;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let count = std::env::args().nth(2).and_then(|count| count.parse().ok());
    match name.as_str() {
        "capacity" => prove::capacity::run(),
        "connections" => prove::connections::run(),
        "fuzz-bodies" => prove::fuzz_bodies::run(),
        "kills" => prove::kills::run(count),
        "memory" => prove::memory::run(count),
        "experiment-looks" => prove::experiments::told(prove::experiments::looks()),
        "experiment-designs" => prove::experiments::told(prove::experiments::designs(1000)),
        "experiment-following" => prove::experiments::told(prove::experiments::following()),
        "roi" => prove::experiments::told(prove::roi::returns()),
        _ => {
            eprintln!(
                "usage: prove capacity | connections | fuzz-bodies | kills [COUNT] | memory [DECISIONS] | experiment-looks | experiment-designs | experiment-following | roi"
            );
            ExitCode::from(2)
        }
    }
}
