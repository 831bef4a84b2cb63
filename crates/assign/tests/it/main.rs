//! The ledger as everybody uses it: bind, load, choose, claim, apply.

use std::collections::BTreeMap;

use pointsman_assign::{
    Ask, Binding, Change, Choice, Choosing, CounterKey, Draw, Ledger, Load, Partition, Place, Posted, RungAsk, Waiting,
    Windows, choose,
};
use pointsman_domain::{
    Instant, LeadId, LimitId, LimitIndex, LimitKind, LimitSet, Micros, Pick, PoolId, PoolIndex, ReasonCode, RepId,
    RepIndex, Rng, Window,
};
use proptest::prelude::*;

struct Desk {
    ledger: Ledger,
    binding: Binding,
    reps: Vec<RepId>,
    open: LimitId,
}

const WINDOWS: [Windows; 1] = [Windows { day: 20_000, week: 19_998, month: 24_000 }];

fn place(n: u32) -> Place {
    Place::new(5, at(n), lead(n))
}

fn at(n: u32) -> Instant {
    Instant::from_unix_micros(i64::from(n) * Micros::SECOND.0)
}

fn lead(n: u32) -> LeadId {
    LeadId::new(at(n), u128::from(n))
}

impl Desk {
    /// Reps with one limit on open leads.
    fn new(reps: usize, cap: Option<u32>) -> Self {
        let reps: Vec<RepId> = (0..reps).map(|i| RepId::new(&format!("rep-{i:03}")).expect("a slug")).collect();
        let open = LimitId::new("open").expect("a slug");
        let pool = PoolId::new("all").expect("a slug");
        let mut ledger = Ledger::default();
        for rep in &reps {
            ledger.apply(&Change::Cap { rep: rep.clone(), limit: open.clone(), cap });
        }
        let binding = ledger.bind(&reps, [(&open, LimitKind::Open)], [&pool]);
        Self { ledger, binding, reps, open }
    }

    fn asks(present: &[usize], weights: &[f64]) -> Vec<Ask> {
        let mut limits = LimitSet::default();
        limits.insert(LimitIndex(0));
        let ask =
            |&i: &usize| Ask { rep: RepIndex(i as u32), weight: weights[i], limits, zone: 0, logit: 0.0, rank: 0.0 };
        present.iter().map(ask).collect()
    }

    /// One lead by one pick; returns who took it.
    fn decide(&mut self, n: u32, pick: Pick, present: &[usize], weights: &[f64]) -> (Load, Option<usize>) {
        let candidates = Self::asks(present, weights);
        let ask = RungAsk {
            pool: Some(PoolIndex(0)),
            pick,
            candidates: &candidates,
            windows: &WINDOWS,
            partition: Partition::default(),
        };
        let mut load = Load::default();
        self.ledger.open_load(place(n), Partition::default(), &mut load);
        self.ledger.load_rung(&self.binding, place(n), &ask, &mut load);
        let how = Choosing { pick, value: 1.0, may_wait: false, explore: 0.0 };
        let taken = match choose(load.rung(0), &how, Draw { seed: u64::from(n) }) {
            Choice::Taken { position, .. } => {
                let mut changes = Vec::new();
                let entries = load.rung(0).entries;
                self.ledger.claim(&self.binding, &ask, entries, &candidates[position], &mut changes);
                changes.iter().for_each(|change| self.ledger.apply(change));
                Some(present[position])
            }
            Choice::Priced | Choice::NobodyFree => None,
        };
        (load, taken)
    }

    fn key(&self, rep: usize) -> CounterKey {
        let (rep, limit) = (self.reps[rep].clone(), self.open.clone());
        CounterKey { rep, limit, window: Window::Always, partition: Partition::default() }
    }
}

#[test]
fn a_slot_that_frees_is_promised_to_the_first_in_line() {
    let mut desk = Desk::new(1, Some(1));
    assert_eq!(desk.decide(1, Pick::LeastLoaded, &[0], &[1.0]).1, Some(0));
    let waiting = Waiting {
        lead: lead(2),
        priority: 5,
        arrived: at(2),
        until: at(9),
        wake_at: at(9),
        reps: vec![desk.reps[0].clone()],
    };
    desk.ledger.apply(&Change::Wait { waiting });
    desk.ledger.apply(&Change::Release { key: desk.key(0) });
    let (load, taken) = desk.decide(3, Pick::LeastLoaded, &[0], &[1.0]);
    assert_eq!((taken, load.rung(0).entries[0].reason), (None, ReasonCode::OlderLeadWaits));
    assert_eq!(load.header.waiting_priority, Some(5));
    assert_eq!(desk.ledger.first_in_line(&desk.reps[0]), Some(lead(2)));
    assert_eq!(desk.decide(2, Pick::LeastLoaded, &[0], &[1.0]).1, Some(0), "the waiting lead itself may");
    desk.ledger.apply(&Change::Awake { lead: lead(2) });
    assert_eq!(desk.ledger.waiting().count(), 0);
}

#[test]
fn prices_move_with_claims_and_only_where_they_are_posted() {
    let mut desk = Desk::new(2, Some(10));
    let posted = Posted {
        price: 2.0,
        planned_rate: 0.0,
        step: 0.5,
        least: 0.0,
        most: 9.0,
        claims_at_epoch: 0,
        leads_at_epoch: 0,
    };
    desk.ledger.post(7, [(desk.reps[0].clone(), desk.open.clone(), posted)]);
    let (load, taken) = desk.decide(1, Pick::LeastLoaded, &[0, 1], &[1.0, 1.0]);
    assert_eq!((load.header.price_epoch, taken), (7, Some(0)));
    let (load, _) = desk.decide(2, Pick::LeastLoaded, &[0, 1], &[1.0, 1.0]);
    let prices: Vec<f32> = load.rung(0).entries.iter().map(|e| e.price).collect();
    assert_eq!(prices, [2.5, 0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever is a candidate at each of the pool's turns stays within one turn of what the
    /// weights give each pair of them, whatever the others do.
    #[test]
    fn those_present_throughout_share_as_their_weights_say(
        weights in prop::collection::vec(1u8..6, 3..9),
        always in 2usize..4,
        seed: u64,
    ) {
        let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
        let always = always.min(weights.len());
        let mut desk = Desk::new(weights.len(), None);
        let mut rng = Rng::seeded(seed);
        let mut away = vec![0u32; weights.len()];
        let mut counts = vec![0u32; weights.len()];
        for n in 0..600 {
            for left in &mut away[always..] {
                // Absences of up to forty turns, now and then.
                *left = if *left > 0 { *left - 1 } else if rng.below(30) == 0 { rng.below(40) as u32 } else { 0 };
            }
            let present: Vec<usize> = (0..weights.len()).filter(|&i| away[i] == 0).collect();
            let (_, taken) = desk.decide(n, Pick::WeightedRoundRobin, &present, &weights);
            counts[taken.expect("somebody is always there")] += 1;
            for i in 0..always {
                for j in i + 1..always {
                    let together = f64::from(counts[i] + counts[j]);
                    let entitled = together * weights[i] / (weights[i] + weights[j]);
                    prop_assert!(
                        (f64::from(counts[i]) - entitled).abs() <= 1.0 + 1e-9,
                        "turn {n}: {} of {together} with weights {} and {}", counts[i], weights[i], weights[j]
                    );
                }
            }
        }
    }

    /// Counters are what claims and releases add up to, and never above a cap.
    #[test]
    fn the_fold_is_the_sum(steps in prop::collection::vec((0usize..4, any::<bool>()), 1..200), cap in 1u32..6) {
        let mut desk = Desk::new(4, Some(cap));
        let mut held: BTreeMap<usize, u32> = BTreeMap::new();
        for (n, (rep, release)) in steps.into_iter().enumerate() {
            if release && held.get(&rep).is_some_and(|n| *n > 0) {
                desk.ledger.apply(&Change::Release { key: desk.key(rep) });
                *held.entry(rep).or_default() -= 1;
            } else if let (_, Some(taken)) = desk.decide(n as u32, Pick::LeastLoaded, &[0, 1, 2, 3], &[1.0; 4]) {
                *held.entry(taken).or_default() += 1;
            }
            for rep in 0..4 {
                let used = desk.ledger.used(&desk.reps[rep], &desk.open, Window::Always).0;
                prop_assert_eq!(used, held.get(&rep).copied().unwrap_or(0));
                prop_assert!(used <= cap);
            }
        }
        prop_assert!(desk.ledger.over_cap().is_empty());
    }
}
