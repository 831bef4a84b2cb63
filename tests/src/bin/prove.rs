//! Long proofs with their full counts: `cargo run --release -p pointsman-tests --bin prove -- NAME`.
//! Results with date, machine and commit are kept in `docs/proofs.md`.

use std::process::ExitCode;

use pointsman_tests::prove;

fn main() -> ExitCode {
    if prove::replicas::serve_if_told() {
        return ExitCode::SUCCESS;
    }
    let name = std::env::args().nth(1).unwrap_or_default();
    let argument = std::env::args().nth(2);
    let count = argument.as_deref().and_then(|count| count.parse().ok());
    if let (Some(text), None, true) = (&argument, count, name != "pages") {
        eprintln!("'{text}' is not a count");
        return ExitCode::from(2);
    }
    match name.as_str() {
        "capacity" => prove::capacity::run(),
        "concurrency" => prove::replicas::prove(|run| prove::replicas::concurrency(run, count.unwrap_or(100_000))),
        "connections" => prove::connections::run(),
        "fuzz-bodies" => prove::fuzz_bodies::run(),
        "kills" => prove::kills::run(count),
        "memory" => prove::memory::run(count),
        "pages" => prove::pages::run(argument.as_deref()),
        "experiment-looks" => prove::experiments::told(prove::experiments::looks()),
        "experiment-designs" => prove::experiments::told(prove::experiments::designs(1000)),
        "experiment-following" => prove::experiments::told(prove::experiments::following()),
        "replica-kills" => prove::replicas::prove(|run| prove::replicas::kills(run, count.unwrap_or(200))),
        "roi" => prove::experiments::told(prove::roi::returns()),
        _ => {
            eprintln!(
                "usage: prove capacity | concurrency [LEADS] | connections | fuzz-bodies | kills [COUNT] | memory [DECISIONS] | pages [FOLDER] | experiment-looks | experiment-designs | experiment-following | replica-kills [KILLS] | roi"
            );
            ExitCode::from(2)
        }
    }
}
