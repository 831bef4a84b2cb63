//! Deciding leaves nothing on the heap but its own result. A process of its own, because the
//! allocator counts for all threads.

mod large;

use pointsman_assign::Load;
use pointsman_decision::{Scratch, Ticket, decide, qualify};
use pointsman_domain::{DecisionId, Micros};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static COUNTING: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Bytes asked for and not given back.
fn live(stats: &Stats) -> isize {
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}

fn asked(stats: &Stats) -> usize {
    stats.allocations + stats.reallocations
}

/// Allocations for the ids and texts of one result, and for the lines of the pools it looked at.
const MOST: usize = 30;

fn main() {
    let (snapshot, mut ledger, binding) = large::company();
    let leads = large::leads(&snapshot, 2_000);
    let (mut scratch, mut load) = (Scratch::new(&snapshot), Load::default());
    let (mut warm, mut most) = (0, 0);
    for (n, facts) in leads.iter().chain(&leads).enumerate() {
        let now = large::noon() + Micros(n as i64 * 1000);
        let ticket = Ticket { decision: DecisionId::new(now, n as u128), seed: n as u64 };
        let whole = Region::new(COUNTING);
        let qualified = qualify(&snapshot, facts, now, &mut scratch);
        let qualifying = whole.change();
        drop(decide(&qualified, &ledger, &binding, ticket, &mut load));
        let all = whole.change();
        // The first pass makes the buffers; the second meets every lead again.
        if n >= leads.len() {
            assert_eq!(asked(&qualifying), 0, "qualifying lead {n}: {qualifying:?}");
            assert_eq!(live(&all), 0, "lead {n} left something behind: {all:?}");
            most = most.max(asked(&all));
            warm += 1;
        }
        // What was measured is dropped; the same decision moves the ledger on.
        let decided = decide(&qualified, &ledger, &binding, ticket, &mut load);
        decided.changes.iter().for_each(|change| ledger.apply(change));
        scratch.reuse(qualified);
    }
    // Ids and texts of the result, and the pool's line; nothing that grows with the candidates.
    assert!(most <= MOST, "{most} allocations for one decision");
    println!("heap: {warm} decisions left nothing behind; at most {most} allocations for one and its result");
}
