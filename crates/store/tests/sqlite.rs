//! The contract on SQLite.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod contract;
mod world;

use pointsman_store::Sqlite;

macro_rules! on_sqlite {
    ($($test:ident),+ $(,)?) => {$(
        #[test]
        fn $test() {
            let folder = tempfile::tempdir().unwrap();
            contract::$test(Sqlite::open(&folder.path().join("pointsman.db")).unwrap());
        }
    )+};
}

on_sqlite! {
    a_decision_is_stored_whole_and_replays,
    one_key_is_decided_once,
    one_person_is_one_lead_even_at_once,
    the_same_source_row_is_the_same_lead,
    caps_hold_at_every_instant,
    a_freed_slot_goes_to_the_first_in_line,
    a_manual_assignment_names_the_owner_it_saw,
    a_restart_keeps_everything,
    two_writers_keep_one_sequence,
    lists_are_paged_newest_first,
    only_the_command_that_fails_alone_fails,
}
