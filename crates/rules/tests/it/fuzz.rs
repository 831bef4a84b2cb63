//! A short run of the fuzzing that `examples/fuzz.rs` does for minutes.

use std::time::Duration;

use pointsman_domain::Rng;

#[path = "../../examples/fuzz/mutate.rs"]
mod mutate;

#[test]
fn hostile_text_is_refused_quickly_and_without_panic() {
    let target = mutate::Target::new();
    let (mut rng, mut tally) = (Rng::seeded(1), mutate::Tally::default());
    for _ in 0..2_000 {
        target.once(&mut rng, &mut tally);
    }
    assert!(tally.accepted > 20 && tally.accepted < tally.inputs, "{tally:?}");
    assert!(tally.slowest < Duration::from_secs(10), "{tally:?}");
}
