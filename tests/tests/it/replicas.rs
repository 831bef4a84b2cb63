//! Three replicas on one PostgreSQL, in short: `prove concurrency` and `prove replica-kills` with
//! fewer enquiries and kills.

use pointsman_tests::prove::replicas::{Run, concurrency, kills, serve_if_told};

/// What starts this very program as a replica.
const RUN: Run<'_> = Run { arguments: &["replicas::a_replica_when_told_so", "--exact"] };

#[test]
fn a_replica_when_told_so() {
    serve_if_told();
}

#[test]
fn three_replicas_keep_one_sequence() {
    if let Some(summary) = concurrency(RUN, 1_000) {
        println!("{summary}");
    }
}

#[test]
fn nothing_is_lost_by_kills_of_replicas_and_database() {
    if let Some(summary) = kills(RUN, 8) {
        println!("{summary}");
    }
}
