//! The ledger as everybody uses it: bind, load, choose, claim, apply.

mod desk;
mod fairness;

use std::{collections::BTreeMap, sync::Arc};

use pointsman_assign::{
    Change, Posted, Waiting,
    price::{LimitPrice, PriceBook, SolvedFrom},
};
use pointsman_domain::{Pick, ReasonCode, Window};
use proptest::prelude::*;

use crate::desk::{Desk, at, lead};

/// Prices of the first rep's limit.
fn post(desk: &mut Desk, epoch: u64, posted: &[(Window, Posted)]) {
    let price = |(window, posted): &(Window, Posted)| LimitPrice {
        rep: desk.reps[0].clone(),
        limit: desk.open.clone(),
        window: *window,
        posted: posted.clone(),
    };
    let solved_from = SolvedFrom { rows: 0, leads: 0, today: 0.0, value: 0.0, residual: 0.0 };
    let prices = posted.iter().map(price).collect();
    let book = PriceBook { format: PriceBook::FORMAT, epoch, at: at(0), solved_from, prices };
    desk.ledger.apply(&Change::Prices { book: Arc::new(book) });
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
    let posted = Posted { step: 0.5, least: 0.0, most: 9.0, ..Posted::fixed(2.0) };
    post(&mut desk, 7, &[(Window::Always, posted)]);
    let (load, taken) = desk.decide(1, Pick::LeastLoaded, &[0, 1], &[1.0, 1.0]);
    assert_eq!((load.header.price_epoch, taken), (7, Some(0)));
    let (load, _) = desk.decide(2, Pick::LeastLoaded, &[0, 1], &[1.0, 1.0]);
    let prices: Vec<f32> = load.rung(0).entries.iter().map(|e| e.price).collect();
    assert_eq!(prices, [2.5, 0.0]);
}

#[test]
fn each_window_has_its_price_and_an_unpriced_one_that_before_it() {
    let mut desk = Desk::new(1, Some(10));
    let (today, tomorrow) = (Window::Day(20_000), Window::Day(20_001));
    post(&mut desk, 3, &[(today, Posted::fixed(4.0)), (tomorrow, Posted::fixed(1.5))]);
    let price = |window| desk.ledger.price(&desk.reps[0], &desk.open, window);
    assert_eq!([price(today), price(tomorrow), price(Window::Day(20_002))], [Some(4.0), Some(1.5), Some(1.5)]);
    assert_eq!(desk.ledger.book().map(|book| book.epoch), Some(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

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
