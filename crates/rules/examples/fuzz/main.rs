//! Feeds mutated policies, tables and conditions to their readers for some minutes:
//! `cargo run --release -p pointsman-rules --example fuzz -- [MINUTES] [SEED]`.
//!
//! A panic ends it with the seed of the input; afterwards it prints how many inputs were read, the
//! slowest of them and the peak of memory.

#![expect(clippy::disallowed_methods, reason = "this program runs for a time that it is given")]

use std::time::{Duration, Instant};

use pointsman_domain::Rng;

mod mutate;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let minutes: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10);
    let first: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let target = mutate::Target::new();
    let (started, mut tally) = (Instant::now(), mutate::Tally::default());
    let mut seed = first;
    while started.elapsed() < Duration::from_secs(60 * minutes) {
        let mut rng = Rng::seeded(seed);
        let batch = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..100 {
                target.once(&mut rng, &mut tally);
            }
        }));
        if batch.is_err() {
            eprintln!("a reader panicked in the batch of seed {seed}");
            std::process::exit(1);
        }
        seed += 1;
    }
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown", str::trim).to_owned();
    println!(
        "{} inputs in {minutes} min, {} of them read, slowest {:?}, peak memory {peak}, no panic",
        tally.inputs, tally.accepted, tally.slowest
    );
}
