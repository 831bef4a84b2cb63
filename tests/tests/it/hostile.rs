//! The short runs of the proofs about hostile input.

use pointsman_tests::prove::{connections::crowd, fuzz_bodies::fuzz};

#[test]
fn twenty_five_thousand_strange_bodies_make_nothing_panic() {
    let tally = fuzz(25_000, 3);
    assert_eq!(tally.inputs, 25_000);
    assert!(tally.shaped > 5_000 && tally.leads > 500 && tally.normalised > 100_000, "{tally:?}");
}

#[test]
fn a_crowd_of_silent_connections_keeps_nobody_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (answered, ..) = crowd(folder.path(), 300).expect("others are answered");
    assert_eq!(answered, 100);
}
