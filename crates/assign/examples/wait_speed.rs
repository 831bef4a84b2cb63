//! What many waiting leads cost: `cargo run --release -p pointsman-assign --example wait_speed`.
//!
//! 200 reps with 50 places each, and leads that wait for all of them but three (each was declined
//! by others): hence almost as many sets of reps as leads. Printed are the medians of what it
//! costs a lead to begin and to end its wait, and a new lead to be told by the ledger which of
//! the 200 could take it.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::Instant as Clock;

use pointsman_assign::{Ask, Binding, Change, Ledger, Load, Partition, Place, RungAsk, Waiting, Windows};
use pointsman_domain::{
    Contract, Instant, LeadId, LimitId, LimitIndex, LimitKind, LimitSet, Pick, ReasonCode, RepId, RepIndex, Rng,
};

const REPS: u16 = 200;
const CAP: u32 = 50;
const TIMED: usize = 500;

fn main() {
    for leads in [1000, 5000, 20_000] {
        let (mut ledger, binding) = house();
        let mut rng = Rng::seeded(7);
        let wait = |n: usize, rng: &mut Rng| Change::Wait { waiting: waiting(n, rng) };
        (0..leads - TIMED).for_each(|n| ledger.apply(&wait(n, &mut rng)));
        let last: Vec<Change> = (leads - TIMED..leads).map(|n| wait(n, &mut rng)).collect();
        let begin = median(last.iter().map(|change| timed(|| ledger.apply(change))).collect());
        let ask = median((0..TIMED).map(|_| timed(|| assert!(all_are_promised(&ledger, &binding)))).collect());
        let lead = |n: usize| Change::Awake { lead: lead(n * leads / TIMED) };
        let end = median((0..TIMED).map(|n| timed(|| ledger.apply(&lead(n)))).collect());
        println!("{leads} waiting: {begin:.1} µs to begin, {end:.1} µs to end, {ask:.1} µs to ask {REPS} reps");
    }
}

fn house() -> (Ledger, Binding) {
    let mut ledger = Ledger::default();
    let day = name::<LimitId>("day");
    for rep in (0..REPS).map(rep) {
        ledger.apply(&Change::Cap { rep, limit: day.clone(), cap: Some(CAP) });
    }
    let reps: Vec<RepId> = (0..REPS).map(rep).collect();
    let binding = ledger.bind(&reps, [(&day, LimitKind::PerDay)], []);
    (ledger, binding)
}

/// Waits for everybody but three.
fn waiting(n: usize, rng: &mut Rng) -> Waiting {
    let out: [u16; 3] = std::array::from_fn(|_| (rng.uniform() * f64::from(REPS)) as u16);
    Waiting {
        lead: lead(n),
        priority: 5,
        arrived: Instant::from_unix_micros(n as i64),
        until: Instant::from_unix_micros(i64::MAX),
        wake_at: Instant::from_unix_micros(i64::MAX),
        reps: (0..REPS).filter(|rep| !out.contains(rep)).map(rep).collect(),
    }
}

/// Whether every place of every rep is promised to a lead that waits ahead of a new one.
fn all_are_promised(ledger: &Ledger, binding: &Binding) -> bool {
    let mut limits = LimitSet::default();
    limits.insert(LimitIndex(0));
    let ask = |rep: u32| Ask { rep: RepIndex(rep), weight: 1.0, limits, zone: 0, logit: 0.0, rank: 0.0 };
    let candidates: Vec<Ask> = (0..u32::from(REPS)).map(ask).collect();
    let rung = RungAsk {
        pool: None,
        pick: Pick::BestScore,
        candidates: &candidates,
        windows: &[Windows { day: 1, week: 1, month: 1 }],
        partition: Partition::default(),
        contract: Contract::default(),
        value: 1.0,
    };
    let mut load = Load::default();
    let place = Place::new(5, Instant::from_unix_micros(1 << 40), lead(1 << 40));
    ledger.load_rung(binding, place, &rung, &mut load);
    load.rung(0).entries.iter().all(|entry| entry.reason == ReasonCode::OlderLeadWaits)
}

fn lead(n: usize) -> LeadId {
    LeadId::from_bytes((n as u128).to_be_bytes())
}

fn rep(n: u16) -> RepId {
    name(&format!("rep-{n:03}"))
}

fn name<T: std::str::FromStr>(name: &str) -> T {
    name.parse().unwrap_or_else(|_| panic!("{name} is a slug"))
}

fn timed(work: impl FnOnce()) -> f64 {
    let started = Clock::now();
    work();
    started.elapsed().as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
