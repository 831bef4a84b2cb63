//! Every fairness contract with the bound that it promises, in random pools with random absences,
//! joins, edits, credits and restarts. `docs/fairness.md` states the bounds.

use pointsman_domain::{COUNTED_ONLY, CatchUp, Contract, FairnessMeasure, FairnessWindow, Pick, Rng};
use proptest::prelude::*;

use crate::desk::Desk;

/// Rounding of sums of thousands of fractions.
const DUST: f64 = 1e-6;

/// A random pool: weights, and who is away when.
struct Company {
    rng: Rng,
    weights: Vec<f64>,
    /// The first so many are never away.
    always: usize,
    away: Vec<u64>,
}

impl Company {
    fn new(seed: u64, most: u64) -> Self {
        let mut rng = Rng::seeded(seed);
        let size = 3 + rng.below(most - 2) as usize;
        let weights = (0..size).map(|_| 1.0 + rng.below(5) as f64).collect();
        let always = 2 + rng.below(size as u64 - 1) as usize;
        Self { rng, weights, always, away: vec![0; size] }
    }

    /// Who is there at the next turn: absences of up to forty turns, now and then.
    fn present(&mut self) -> Vec<usize> {
        for left in &mut self.away[self.always.min(self.weights.len())..] {
            *left = if *left > 0 {
                *left - 1
            } else if self.rng.below(30) == 0 {
                self.rng.below(40)
            } else {
                0
            };
        }
        (0..self.weights.len()).filter(|&i| self.away[i] == 0).collect()
    }
}

/// How far two stand apart, as a share of what is allowed: |xᵢ/wᵢ − xⱼ/wⱼ| against max(1/wᵢ, 1/wⱼ).
/// For whole turns this is at most one turn from what the weights give each of the two.
fn strays(got: &[f64], weights: &[f64], largest: &[f64], among: std::ops::Range<usize>) -> f64 {
    let mut worst = 0.0f64;
    for i in among.clone() {
        for j in i + 1..among.end {
            let apart = (got[i] / weights[i] - got[j] / weights[j]).abs();
            worst = worst.max(apart / (largest[i] / weights[i]).max(largest[j] / weights[j]));
        }
    }
    worst
}

fn within_one_turn(counts: &[f64], weights: &[f64], i: usize, j: usize) -> bool {
    let entitled = (counts[i] + counts[j]) * weights[i] / (weights[i] + weights[j]);
    (counts[i] - entitled).abs() <= 1.0 + DUST
}

/// The bar: weights 3:2:1 among those who never leave, 10,000 leads, while others come, go and
/// join, weights of others are edited and the process restarts.
#[test]
fn three_two_one_over_ten_thousand_leads() {
    let mut company = Company::new(321, 8);
    company.weights = vec![3.0, 2.0, 1.0, 2.0, 1.0];
    (company.always, company.away) = (3, vec![0; 5]);
    let mut desk = Desk::new(5, None);
    let mut counts = vec![0.0; 5];
    let mut restarts = 0;
    for n in 0..10_000u32 {
        if n % 1000 == 500 {
            desk.join(&format!("new-{n:05}"));
            company.weights.push(1.0 + f64::from(n / 1000 % 3));
            company.away.push(0);
            counts.push(0.0);
        }
        if company.rng.below(200) == 0 {
            let last = company.weights.len() - 1;
            company.weights[last] = 1.0 + company.rng.below(6) as f64;
        }
        if company.rng.below(500) == 0 {
            desk.restart();
            restarts += 1;
        }
        let present = company.present();
        counts[desk.turn(n, &present, &company.weights)] += 1.0;
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            assert!(within_one_turn(&counts, &company.weights, i, j), "turn {n}: {counts:?}");
        }
    }
    assert!(restarts > 10 && counts.len() == 15, "{restarts} restarts, {counts:?}");
    assert!(counts.iter().all(|n| *n > 20.0), "everybody had turns: {counts:?}");
}

#[test]
fn weights_three_two_one_among_themselves() {
    let mut desk = Desk::new(3, None);
    let mut counts = [0; 3];
    (0..600).for_each(|n| counts[desk.turn(n, &[0, 1, 2], &[3.0, 2.0, 1.0])] += 1);
    assert_eq!(counts, [300, 200, 100]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A constant set: nobody is ever a whole turn from entitlement.
    #[test]
    fn never_a_whole_turn_from_entitlement(weights in prop::collection::vec(1u8..9, 1..12)) {
        let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
        let total: f64 = weights.iter().sum();
        let present: Vec<usize> = (0..weights.len()).collect();
        let (mut desk, mut counts) = (Desk::new(weights.len(), None), vec![0.0; weights.len()]);
        for n in 0..300 {
            counts[desk.turn(n, &present, &weights)] += 1.0;
            for (weight, count) in weights.iter().zip(&counts) {
                let entitled = weight / total * f64::from(n + 1);
                prop_assert!((count - entitled).abs() < 1.0 + DUST, "turn {}: {} of {}", n, count, entitled);
            }
        }
        // What people read says the same.
        for (share, count) in desk.shares(&weights).iter().zip(&counts) {
            prop_assert_eq!(share.taken, *count);
            prop_assert!((share.entitled - share.weight / total * 300.0).abs() < 1e-5, "{:?}", share);
        }
    }

    /// Whoever is a candidate at each of the pool's turns stays within one turn of what the
    /// weights give each pair of them, whatever the others do: turns and quotas, without catch-up.
    #[test]
    fn those_present_throughout_share_as_their_weights_say(seed: u64, quota: bool) {
        let measure = if quota { FairnessMeasure::Quota } else { FairnessMeasure::Turns };
        let mut company = Company::new(seed, 8);
        let mut desk = Desk::under(Contract { measure, ..Contract::default() }, company.weights.len());
        let mut counts = vec![0.0; company.weights.len()];
        for n in 0..400 {
            let present = company.present();
            counts[desk.turn(n, &present, &company.weights)] += 1.0;
            for i in 0..company.always {
                for j in i + 1..company.always {
                    prop_assert!(within_one_turn(&counts, &company.weights, i, j), "turn {n}: {counts:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    /// Expected value: apart by at most the largest lead that one of the two got, by its weight.
    #[test]
    fn expected_value_is_shared_to_within_one_lead(seed: u64) {
        let contract = Contract { measure: FairnessMeasure::ExpectedValue, ..Contract::default() };
        let mut company = Company::new(seed, 8);
        let size = company.weights.len();
        let mut desk = Desk::under(contract, size);
        let (mut got, mut largest) = (vec![0.0; size], vec![0.0f64; size]);
        for n in 0..400 {
            desk.value = 1000.0 + company.rng.below(2_000_000) as f64;
            desk.logits.iter_mut().for_each(|logit| *logit = company.rng.uniform() * 4.0 - 3.0);
            let present = company.present();
            let (load, taken) = desk.decide(n, Pick::WeightedRoundRobin, &present, &company.weights);
            let taken = taken.expect("somebody is there");
            let place = present.iter().position(|&i| i == taken).expect("a candidate");
            let amount = desk.value * f64::from(load.rung(0).entries[place].score);
            got[taken] += amount;
            largest[taken] = largest[taken].max(amount);
            let apart = strays(&got, &company.weights, &largest, 0..company.always);
            prop_assert!(apart <= 1.0 + DUST, "turn {n}: {apart} of {got:?}");
        }
        for (share, got) in desk.shares(&company.weights).iter().zip(&got) {
            prop_assert!((share.taken - got).abs() < 1e-3, "{share:?} {got}");
        }
    }

    /// Open work: nobody gets a lead while somebody else who is free has less by weight.
    #[test]
    fn open_work_goes_to_who_has_least(seed: u64) {
        let contract = Contract { measure: FairnessMeasure::OpenWork, ..Contract::default() };
        let mut company = Company::new(seed, 8);
        let size = company.weights.len();
        let mut desk = Desk { contract, ..Desk::new(size, Some(COUNTED_ONLY)) };
        let mut open = vec![0.0; size];
        for n in 0..300 {
            let present = company.present();
            let taken = desk.turn(n, &present, &company.weights);
            let work = |i: usize| open[i] / company.weights[i];
            let least = present.iter().map(|&i| work(i)).fold(f64::INFINITY, f64::min);
            prop_assert!(work(taken) <= least + DUST, "turn {n}: {taken} of {open:?}");
            open[taken] += 1.0;
            let closes = company.rng.below(size as u64) as usize;
            if open[closes] > 0.0 {
                open[closes] -= 1.0;
                let key = desk.key(closes);
                desk.apply(pointsman_assign::Change::Release { key });
            }
        }
        let shares = desk.shares(&company.weights);
        prop_assert!(shares.iter().zip(&open).all(|(share, open)| share.taken == *open), "{shares:?}");
        prop_assert!(shares.iter().map(|share| share.deficit).sum::<f64>().abs() < DUST);
    }

    /// Catch-up in full: once everybody is back and caught up, it is as if nobody had been away.
    #[test]
    fn full_catch_up_forgets_absences(seed: u64, by_value: bool) {
        let measure = if by_value { FairnessMeasure::ExpectedValue } else { FairnessMeasure::Turns };
        let contract = Contract { measure, catch_up: CatchUp::Full, newcomers: CatchUp::Full, ..Contract::default() };
        let mut company = Company::new(seed, 6);
        let (size, weights) = (company.weights.len(), company.weights.clone());
        let everybody: Vec<usize> = (0..size).collect();
        let (mut desk, mut got, mut largest) = (Desk::under(contract, size), vec![0.0; size], vec![0.0f64; size]);
        for n in 0..1500 {
            let present = if n < 200 { company.present() } else { everybody.clone() };
            desk.value = if by_value { 100.0 + company.rng.below(900) as f64 } else { 1.0 };
            let amount = if by_value { desk.value * 0.5 } else { 1.0 };
            let taken = desk.turn(n, &present, &weights);
            got[taken] += amount;
            largest[taken] = largest[taken].max(amount);
            if n >= 1400 {
                let apart = strays(&got, &weights, &largest, 0..size);
                prop_assert!(apart <= 1.0 + DUST, "turn {n}: {apart} of {got:?} by {weights:?}");
            }
        }
    }

    /// So many a day: nobody who returns gets more than that above its share in a day, and in the
    /// end everything is paid.
    #[test]
    fn daily_catch_up_is_bounded_and_pays_everything(seed: u64, most in 1u32..6) {
        let contract = Contract { catch_up: CatchUp::PerDay(most), ..Contract::default() };
        let company = Company::new(seed, 5);
        let (size, weights) = (company.weights.len(), company.weights.clone());
        let (mut desk, mut got) = (Desk::under(contract, size), vec![0.0; size]);
        let largest = vec![1.0; size];
        let mut n = 0;
        for day in 0..120 {
            desk.windows[0].day = 20_000 + day;
            let before = got.clone();
            // The last one is away from the third to the twelfth day.
            let present: Vec<usize> = (0..size).filter(|&i| i + 1 < size || !(2..12).contains(&day)).collect();
            for _ in 0..20 {
                got[desk.turn(n, &present, &weights)] += 1.0;
                n += 1;
            }
            let last = size - 1;
            let gain = |i: usize| (got[i] - before[i]) / weights[i];
            let extra = (gain(last) - gain(0)) * weights[last];
            let allowed = f64::from(most) + 2.0 * (weights[last] / weights[0]).max(1.0);
            prop_assert!(extra <= allowed + DUST, "day {day}: {extra} of {allowed}");
            let others = strays(&got, &weights, &largest, 0..last);
            prop_assert!(others <= 1.0 + DUST, "day {day}: {others}");
        }
        let owed: f64 = desk.shares(&weights).iter().map(|share| share.owed).sum();
        let missed = 10.0 * 20.0 * weights[size - 1] / weights[..size - 1].iter().sum::<f64>();
        if f64::from(most) * 100.0 > missed + 10.0 {
            prop_assert!(owed < DUST, "{owed} owed at the end");
            let apart = strays(&got, &weights, &largest, 0..size);
            prop_assert!(apart <= 1.0 + DUST, "{apart} of {got:?} by {weights:?}");
        }
    }

    /// Turns given back count as not taken, turns charged as taken; a rep who is away keeps both.
    #[test]
    fn credits_and_charges_move_the_account(seed: u64) {
        let mut company = Company::new(seed, 6);
        let (size, weights) = (company.weights.len(), company.weights.clone());
        let everybody: Vec<usize> = (0..size).collect();
        let (mut desk, mut counts) = (Desk::new(size, None), vec![0.0; size]);
        let mut n = 0;
        for _ in 0..8 {
            for _ in 0..40 {
                counts[desk.turn(n, &everybody, &weights)] += 1.0;
                n += 1;
            }
            let rep = company.rng.below(size as u64) as usize;
            let turns = company.rng.below(5) as f64 - 2.0;
            desk.credit(rep, turns, weights[rep]);
            counts[rep] -= turns;
            // Enough turns for the credit to be settled among everybody.
            for _ in 0..(8.0 * weights.iter().sum::<f64>()) as u32 {
                counts[desk.turn(n, &everybody, &weights)] += 1.0;
                n += 1;
            }
            let apart = strays(&counts, &weights, &vec![1.0; size], 0..size);
            prop_assert!(apart <= 1.0 + DUST, "{apart}: {counts:?} by {weights:?}");
        }
    }

    /// A restart folds to the same ledger: the same turns follow, and people read the same.
    #[test]
    fn a_restart_disturbs_no_turn(seed: u64, measure in 0usize..3, per_day: bool) {
        let measure = [FairnessMeasure::Turns, FairnessMeasure::ExpectedValue, FairnessMeasure::OpenWork][measure];
        let catch_up = if per_day { CatchUp::PerDay(2) } else { CatchUp::Full };
        let contract = Contract { measure, catch_up, window: FairnessWindow::Week, ..Contract::default() };
        let mut company = Company::new(seed, 7);
        let (size, weights) = (company.weights.len(), company.weights.clone());
        let make = || Desk { contract, ..Desk::new(size, Some(COUNTED_ONLY)) };
        let (mut calm, mut restarted) = (make(), make());
        for n in 0..300 {
            let present = company.present();
            for desk in [&mut calm, &mut restarted] {
                desk.windows[0].day = 20_000 + n as i32 / 30;
                desk.windows[0].week = 20_000 + n as i32 / 210 * 7;
            }
            if n % 37 == 0 {
                restarted.restart();
            }
            let turns = [&mut calm, &mut restarted].map(|desk| desk.turn(n, &present, &weights));
            prop_assert_eq!(turns[0], turns[1], "turn {}", n);
        }
        prop_assert_eq!(calm.shares(&weights), restarted.shares(&weights));
    }
}

#[test]
fn a_returning_rep_is_taken_in_as_the_contract_says() {
    // Two of equal weight; the second is away for ten turns, then there are ten more.
    let run = |catch_up| {
        let mut desk = Desk::under(Contract { catch_up, ..Contract::default() }, 2);
        desk.turn(0, &[0, 1], &[1.0; 2]);
        desk.turn(1, &[0, 1], &[1.0; 2]);
        (2..12).for_each(|n| assert_eq!(desk.turn(n, &[0], &[1.0; 2]), 0));
        (12..22).map(|n| desk.turn(n, &[0, 1], &[1.0; 2])).collect::<Vec<_>>()
    };
    assert_eq!(run(CatchUp::None), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(run(CatchUp::Full), [1; 10]);
    assert_eq!(run(CatchUp::PerDay(3)), [1, 1, 1, 0, 1, 0, 1, 0, 1, 0], "three, then as before");
}

#[test]
fn a_newcomer_is_taken_in_as_the_contract_says() {
    let run = |newcomers| {
        let mut desk = Desk::under(Contract { newcomers, window: FairnessWindow::Month, ..Contract::default() }, 1);
        (0..4).for_each(|n| assert_eq!(desk.turn(n, &[0], &[1.0]), 0));
        desk.join("rep-new");
        (4..12).map(|n| desk.turn(n, &[0, 1], &[1.0; 2])).collect::<Vec<_>>()
    };
    assert_eq!(run(CatchUp::None), [0, 1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(run(CatchUp::Full), [1, 1, 1, 1, 0, 1, 0, 1]);
    assert_eq!(run(CatchUp::PerDay(2)), [1, 1, 0, 1, 0, 1, 0, 1]);
}

#[test]
fn a_new_window_begins_at_zero() {
    let contract = Contract { window: FairnessWindow::Day, catch_up: CatchUp::Full, ..Contract::default() };
    let mut desk = Desk::under(contract, 2);
    (0..6).for_each(|n| assert_eq!(desk.turn(n, &[0], &[1.0; 2]), 0));
    assert_eq!(desk.shares(&[1.0; 2])[0].taken, 6.0);
    desk.windows[0].day += 1;
    let turns: Vec<usize> = (6..10).map(|n| desk.turn(n, &[0, 1], &[1.0; 2])).collect();
    assert_eq!(turns, [0, 1, 0, 1], "what was missed yesterday is not caught up today");
    let shares = desk.shares(&[1.0; 2]);
    assert!(shares.iter().all(|share| share.taken == 2.0 && share.deficit.abs() < DUST), "{shares:?}");
}

#[test]
fn an_edited_weight_moves_nobody_by_more_than_a_turn() {
    let mut rng = Rng::seeded(9);
    for _ in 0..200 {
        let mut desk = Desk::new(4, None);
        let mut weights = [1.0, 2.0, 3.0, 1.0];
        let turns = rng.below(40) as u32;
        for n in 0..turns {
            desk.turn(n, &[0, 1, 2, 3], &weights);
        }
        weights[rng.below(4) as usize] = 1.0 + rng.below(6) as f64;
        let (mut counts, total) = ([0.0; 4], weights.iter().sum::<f64>());
        for n in turns..turns + 200 {
            counts[desk.turn(n, &[0, 1, 2, 3], &weights)] += 1.0;
            let t = f64::from(n - turns + 1);
            for (count, weight) in counts.iter().zip(&weights) {
                assert!((count - weight / total * t).abs() < 2.0 + DUST, "{counts:?} by {weights:?} after {t}");
            }
        }
    }
}

#[test]
fn who_is_least_loaded_is_told_by_shares_of_caps_or_by_open_leads() {
    let mut desk = Desk::new(3, Some(COUNTED_ONLY));
    let mut counts = [0; 3];
    (0..9).for_each(|n| {
        let taken = desk.decide(n, Pick::LeastLoaded, &[0, 1, 2], &[1.0; 3]).1.expect("free");
        counts[taken] += 1;
    });
    assert_eq!(counts, [3; 3], "without caps nobody gets everything");
}
