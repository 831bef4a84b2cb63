//! What every backend must keep. Generic over the store; each backend's test file runs it all.

use pointsman_store::{Store, row::Custody};

use crate::world::World;

mod deciding;
mod failing;
mod figures;
mod following;
mod history;
mod keeping;
mod lasting;
mod offers;
mod people;
mod reports;
mod told;

pub use deciding::*;
pub use failing::*;
pub use figures::*;
pub use following::*;
pub use history::*;
pub use keeping::*;
pub use lasting::*;
pub use offers::*;
pub use people::*;
pub use reports::*;
pub use told::*;

/// Names every test to a macro of a backend's test file.
#[macro_export]
macro_rules! for_every_contract_test {
    ($run:ident) => {
        $run! {
            a_decision_is_stored_whole_and_replays,
            one_key_is_decided_once,
            one_person_is_one_lead_even_at_once,
            the_same_source_row_is_the_same_lead,
            caps_hold_at_every_instant,
            a_freed_slot_goes_to_the_first_in_line,
            a_manual_assignment_names_the_owner_it_saw,
            a_restart_keeps_everything,
            checkpoints_of_the_ledger_are_what_the_log_says,
            two_writers_keep_one_sequence,
            an_epoch_of_prices_is_posted_once_and_kept,
            lists_are_paged_newest_first,
            only_the_command_that_fails_alone_fails,
            an_experiments_leads_are_told_with_their_course,
            a_history_is_loaded_once_whatever_stops_it,
            what_was_loaded_counts_as_work_and_goes_on,
            a_later_import_takes_in_what_was_learned,
            somebody_from_a_history_is_known_and_still_a_new_enquiry,
            rows_follow_the_record_and_can_be_made_anew,
            several_may_follow_at_once,
            a_loaded_history_is_told_as_its_tables_are,
            views_say_what_the_rows_say,
            figures_over_exported_rows_are_the_same,
            days_of_reps_add_up_to_leads,
            what_is_to_be_told_is_told_by_one_in_order,
            an_offer_is_accepted_declined_or_over,
            one_answer_to_an_offer_wins,
            a_person_is_told_and_erased_and_the_record_stays_whole,
            companies_and_persons_are_kept_at_the_version_that_was_seen,
            two_processes_make_one_person_and_one_company,
            a_crowd_makes_one_person_and_one_company,
            a_rep_who_was_told_is_in_the_rows,
            offers_are_rows_with_their_answers,
            what_is_told_of_experiments_and_returns_is_kept,
        }
    };
}

fn custody<S: Store>(world: &World<S>, lead: pointsman_domain::LeadId) -> Custody {
    world.read(|reader| reader.lead(lead)).unwrap().unwrap().state.custody
}

/// Another thread is at work: looks again until it is done, and fails after a generous while.
fn wait_until(mut done: impl FnMut() -> bool) {
    let started = pointsman_store::stopwatch::start();
    while !done() {
        assert!(started.elapsed().as_secs() < 60, "it never happened");
        std::thread::yield_now();
    }
}
