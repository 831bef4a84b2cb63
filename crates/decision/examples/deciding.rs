//! How long a decision takes: `cargo run --release -p pointsman-decision --example deciding`.
//!
//! 500 rules of four predicates over twelve attributes, 1,000 reps of whom 200 are candidates, no
//! model, ten thousand different leads of which a third reach the last rung; each decision is
//! applied to the ledger before the next. Prints median and 99th percentile in microseconds.

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

#[path = "../tests/large/mod.rs"]
mod large;

use std::time::{Duration, Instant};

use pointsman_assign::Load;
use pointsman_decision::{Scratch, Ticket, decide, qualify};
use pointsman_domain::{DecisionId, Micros};

const LEADS: usize = 10_000;

fn main() {
    let (snapshot, mut ledger, binding) = large::company();
    let leads = large::leads(&snapshot, LEADS);
    let (mut scratch, mut load) = (Scratch::new(&snapshot), Load::default());
    let mut times = [(); 3].map(|()| Vec::with_capacity(LEADS));
    let (mut last, mut owned, mut rungs, mut trace) = (0, 0, 0, 0);
    let final_rule = format!("rule-{:03}", large::RULES - 1);
    for (n, facts) in leads.iter().enumerate() {
        let now = large::noon() + Micros(n as i64 * 1000);
        let ticket = Ticket { decision: DecisionId::new(now, n as u128), seed: n as u64 };
        let start = Instant::now();
        let qualified = qualify(&snapshot, facts, now, &mut scratch);
        let middle = Instant::now();
        let decided = decide(&qualified, &ledger, &binding, ticket, &mut load);
        let end = Instant::now();
        for (times, time) in times.iter_mut().zip([middle - start, end - middle, end - start]) {
            times.push(time);
        }
        decided.changes.iter().for_each(|change| ledger.apply(change));
        last += usize::from(decided.decision.rule.as_ref().is_some_and(|rule| rule.as_str() == final_rule));
        owned += usize::from(decided.decision.owner().is_some());
        rungs += qualified.rungs.len();
        trace += decided.trace.len();
    }
    let count = LEADS as f64;
    let [qualify, choose, both] = times.map(quantiles);
    println!("qualify µs {qualify}   decide µs {choose}   together µs {both}");
    println!(
        "last rung {:.3}, owned {:.3}, rungs matched {:.2}, trace bytes {:.0}",
        f64::from(last as u32) / count,
        f64::from(owned as u32) / count,
        rungs as f64 / count,
        trace as f64 / count
    );
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e6;
    format!("{:.2} ({:.2})", at(0.5), at(0.99))
}
