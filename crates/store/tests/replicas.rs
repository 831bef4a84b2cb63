//! Three replicas on one PostgreSQL: a checker over the recorded history of a crowd of clients,
//! and kills of replicas and database in turn.
//!
//! `POINTSMAN_LEADS` and `POINTSMAN_KILLS` set how much; what the tests run is a short version of
//! `prove concurrency` and `prove crash`. The children of the kills are this very binary.

#![expect(clippy::disallowed_methods, reason = "children are told their part by environment variables")]
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "replicas/crowd.rs"]
mod crowd;
#[path = "replicas/history.rs"]
mod history;
#[path = "replicas/kills.rs"]
mod kills;
#[path = "../../../tests/src/postgres.rs"]
mod server;
mod world;

/// The part of a child: the store's URL.
const CHILD: &str = "POINTSMAN_REPLICA_CHILD";

fn main() {
    if let Some(url) = std::env::var_os(CHILD) {
        return kills::child(url.to_str().unwrap());
    }
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|a| a == "--list") {
        if !arguments.iter().any(|a| a == "--ignored") {
            println!("replicas: test");
        }
        return;
    }
    let Some(server) = server::shared() else { return };
    crowd::three_replicas_keep_one_sequence(&server);
    kills::nothing_acknowledged_is_lost_by_kills_of_replicas_and_database(&server);
    println!("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}
