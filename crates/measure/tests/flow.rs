//! The analysis of the flow against a slow one that shares no code with it.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{Instant, LeadId, Micros, Money, RepId, record::Stage};
use pointsman_measure::flow::{self, FlowConfig, FlowEvent, FlowLog, LogBuilder, ProposalKind};
use pointsman_workhours::{Calendar, CalendarFile, WeekHours};
use proptest::prelude::*;

const START: i64 = 1_770_000_000_000_000;

/// One activity as a test tells it: lead, minutes since the start, step, who.
type Told = (usize, i64, u8, Option<u8>);

/// A lead as a test tells it: minutes since the start, and how it ended.
type Came = (i64, Option<(i64, bool)>);

fn at(minutes: i64) -> Instant {
    Instant::from_unix_micros(START + minutes * Micros::MINUTE.0)
}

fn id(lead: usize) -> LeadId {
    LeadId::new(at(0), lead as u128)
}

fn config() -> FlowConfig {
    let day = || vec!["09:00-17:00".into()];
    let hours = WeekHours { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), ..WeekHours::default() };
    let file = CalendarFile { format: 1, zone: "Europe/Berlin".into(), hours, holidays: vec![], stand_by: false };
    FlowConfig {
        calendar: Calendar::new(&file, 2025..=2028).expect("office hours are a calendar"),
        quiet: FlowConfig::QUIET,
        fast: FlowConfig::FAST,
    }
}

fn log(leads: &[Came], told: &[Told]) -> FlowLog {
    let mut builder = LogBuilder::default();
    for (n, (minutes, closed)) in leads.iter().enumerate() {
        builder.lead(id(n), at(*minutes), if n % 3 == 0 { "web" } else { "fair" });
        if let Some((after, won)) = closed {
            let (stage, value) = if *won { (Stage::Won, Some(Money(5_000))) } else { (Stage::Lost, None) };
            builder.outcome(id(n), at(minutes + after), stage, value);
        }
    }
    for &(lead, minutes, step, who) in told {
        let Some(number) = builder.find(&id(lead)) else { continue };
        let rep = who.map(|who| RepId::new(&format!("rep-{who}")).expect("a slug"));
        let doer = builder.doer(rep.as_ref(), who.is_some());
        let step = builder.step(&format!("step {step}"));
        let minutes = leads[lead].0 + minutes;
        builder.event(number, FlowEvent { at: at(minutes), doer, step });
    }
    builder.finish()
}

/// The activities of a lead in order, those of the same minute as told.
fn ordered(told: &[Told], lead: usize) -> Vec<Told> {
    let mut of: Vec<Told> = told.iter().copied().filter(|one| one.0 == lead).collect();
    of.sort_by_key(|one| one.1);
    of
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n % 2 == 1 { values[n / 2] } else { (values[n / 2 - 1] + values[n / 2]) / 2.0 }
}

fn leads() -> impl Strategy<Value = Vec<Came>> {
    let closed = proptest::option::of((0i64..60_000, any::<bool>()));
    proptest::collection::vec((0i64..40_000, closed), 1..25)
}

fn told() -> impl Strategy<Value = Vec<Told>> {
    let who = proptest::option::weighted(0.7, 0u8..4);
    proptest::collection::vec((0usize..25, 0i64..5_000, 0u8..5, who), 0..150)
}

proptest! {
    #[test]
    fn equals_a_slow_computation(leads in leads(), told in told()) {
        let told: Vec<Told> = told.into_iter().filter(|one| one.0 < leads.len()).collect();
        let found = flow::analyse(&log(&leads, &told), &[], &config());

        let mut waits: BTreeMap<(u8, u8), Vec<f64>> = BTreeMap::new();
        let mut ways: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let (mut never, mut hand_offs, mut ping_pongs, mut loops, mut rework) = (0, 0, 0, 0, 0);
        let mut touched = Vec::new();
        for n in 0..leads.len() {
            let of = ordered(&told, n);
            for pair in of.windows(2) {
                waits.entry((pair[0].2, pair[1].2)).or_default().push((pair[1].1 - pair[0].1) as f64 * 60.0);
            }
            if !of.is_empty() {
                *ways.entry(of.iter().map(|one| one.2).collect()).or_default() += 1;
            }
            for i in 0..of.len() {
                let before: Vec<u8> = of[..i].iter().map(|one| one.2).collect();
                if before.last() == Some(&of[i].2) {
                    loops += 1;
                } else if before.contains(&of[i].2) {
                    rework += 1;
                }
            }
            let people: Vec<Told> = of.iter().copied().filter(|one| one.3.is_some()).collect();
            match people.first() {
                Some(first) => touched.push(first.1 as f64 * 60.0),
                None => never += 1,
            }
            let mut holders: Vec<u8> = people.iter().filter_map(|one| one.3).collect();
            holders.dedup();
            hand_offs += holders.len().saturating_sub(1);
            ping_pongs += holders.windows(3).filter(|three| three[0] == three[2]).count();
        }
        prop_assert_eq!(found.edge_count as usize, waits.len());
        prop_assert_eq!(found.process.transitions as usize, waits.values().map(Vec::len).sum::<usize>());
        for edge in &found.process.edges {
            let key = |step: &str| step.trim_start_matches("step ").parse::<u8>().unwrap();
            let slow = &waits[&(key(&edge.from), key(&edge.to))];
            prop_assert_eq!(edge.count as usize, slow.len());
            prop_assert!((edge.median_seconds - median(slow.clone())).abs() < 1e-6);
            prop_assert!((edge.total_seconds - slow.iter().sum::<f64>()).abs() < 1e-3);
            prop_assert!(edge.working_seconds <= edge.total_seconds + 1e-3);
        }
        let shares: f64 = found.process.edges.iter().map(|edge| edge.share_of_waiting).sum();
        prop_assert!(found.process.waiting_seconds == 0.0 || (shares - 1.0).abs() < 1e-9);
        prop_assert_eq!(found.variant_count as usize, ways.len());
        let mut sizes: Vec<u64> = ways.values().copied().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        prop_assert_eq!(found.process.variants.iter().map(|way| way.leads).collect::<Vec<_>>(), sizes);
        prop_assert_eq!(found.drops.never_touched.hits, never);
        prop_assert_eq!((found.people.hand_offs, found.people.ping_pongs), (hand_offs as u64, ping_pongs as u64));
        let repeated = found.process.steps.iter().fold((0, 0), |sum, row| {
            (sum.0 + row.repeated.loops, sum.1 + row.repeated.rework)
        });
        prop_assert_eq!(repeated, (loops, rework));
        let of_touched = found.touch.median_of_touched_seconds;
        prop_assert!(of_touched.is_none() == touched.is_empty());
        if let Some(of_touched) = of_touched {
            prop_assert!((of_touched - median(touched)).abs() < 1e-6);
        }
        prop_assert_eq!(found.leads, found.won + found.lost + found.open);
        prop_assert_eq!(found.rows.len() as u64, found.leads);
    }

    /// Σ over time of those at risk and those touched, straight from the definition.
    #[test]
    fn the_curve_is_kaplan_and_meiers(leads in leads(), told in told()) {
        let told: Vec<Told> = told.into_iter().filter(|one| one.0 < leads.len()).collect();
        let found = flow::analyse(&log(&leads, &told), &[], &config());
        let end = leads
            .iter()
            .flat_map(|(minutes, closed)| [Some(*minutes), closed.map(|(after, _)| minutes + after)])
            .chain(told.iter().map(|one| Some(leads[one.0].0 + one.1)))
            .flatten()
            .max()
            .unwrap();
        let watched: Vec<(i64, bool)> = leads
            .iter()
            .enumerate()
            .map(|(n, (minutes, closed))| {
                let touch = ordered(&told, n).into_iter().find(|one| one.3.is_some()).map(|one| one.1);
                let until = touch.or(closed.map(|(after, _)| after)).unwrap_or(end - minutes);
                (until, touch.is_some())
            })
            .collect();
        let times: BTreeSet<i64> = watched.iter().filter(|one| one.1).map(|one| one.0).collect();
        let mut untouched = 1.0;
        let mut slow_median = None;
        for time in times {
            let at_risk = watched.iter().filter(|one| one.0 >= time).count() as f64;
            let touched = watched.iter().filter(|one| one.1 && one.0 == time).count() as f64;
            untouched *= 1.0 - touched / at_risk;
            if slow_median.is_none() && untouched <= 0.5 + 1e-12 {
                slow_median = Some(time as f64 * 60.0);
            }
        }
        prop_assert_eq!(found.touch.all.median_seconds, slow_median);
    }
}

#[test]
fn a_lead_nobody_touched_makes_the_company_slower_not_faster() {
    let touched = [(0, 10, 0, Some(1)), (1, 20, 0, Some(1)), (2, 30, 0, Some(1))];
    let few = flow::analyse(&log(&[(0, None); 3], &touched), &[], &config());
    let many = flow::analyse(&log(&[(0, None); 6], &[&touched[..], &[(3, 5_000, 1, None)]].concat()), &[], &config());
    assert_eq!(few.touch.median_of_touched_seconds, many.touch.median_of_touched_seconds);
    assert_eq!(few.touch.all.median_seconds, Some(1_200.0));
    assert_eq!(many.touch.all.median_seconds, Some(1_800.0));
    assert_eq!(many.drops.never_touched.hits, 3);
}

#[test]
fn slips_and_what_they_would_be_worth() {
    let day = 24 * 60;
    let leads =
        [(0, Some((30 * day, true))), (0, Some((30 * day, false))), (0, None), (0, Some((5, false))), (0, None)];
    let told = [
        (0, 1, 0, Some(1)),
        (0, 2, 1, Some(1)),
        (1, 1, 0, Some(1)),
        (1, 2, 1, Some(2)),
        // Touched once, quiet for a month: dropped.
        (2, 1, 0, Some(1)),
    ];
    let found = flow::analyse(&log(&leads, &told), &[], &config());
    assert_eq!((found.drops.never_touched.hits, found.drops.touched_once.hits), (2, 1));
    assert_eq!((found.drops.never_touched_lost, found.drops.never_touched_open), (1, 1));
    assert_eq!((found.drops.won_when_touched.hits, found.drops.won_when_touched.n), (1, 2));
    // Three slipped, half of the others are won, a win is 5,000 cents.
    assert_eq!(found.drops.at_stake.unwrap().value, 7_500.0);
    let everybody = found.proposals.iter().find(|one| one.kind == ProposalKind::TouchEverybody).unwrap();
    assert!(everybody.saved_seconds > 29.0 * 86_400.0, "{everybody:?}");
    assert!(found.proposals.windows(2).all(|two| two[0].saved_seconds >= two[1].saved_seconds));
}

#[test]
fn nobody_within_five_minutes_is_no_certainty() {
    let told: Vec<Told> = (0..20).map(|lead| (lead, 10, 0, Some(1))).collect();
    let found = flow::analyse(&log(&[(0, None); 20], &told), &[], &config());
    let (fast, day) = (found.touch.all.fast.unwrap(), found.touch.all.within_day.unwrap());
    // Wilson's interval of 0 of 20 ends at z²/(20 + z²).
    assert_eq!((fast.value, fast.low), (0.0, 0.0));
    assert!((fast.high - 3.841_458_8 / 23.841_458_8).abs() < 1e-6, "{fast:?}");
    assert!(day.value == 1.0 && (day.low - 20.0 / 23.841_458_8).abs() < 1e-6, "{day:?}");
}

#[test]
fn an_empty_log_is_an_answer() {
    let found = flow::analyse(&log(&[], &[]), &[], &config());
    assert_eq!((found.leads, found.edge_count, found.until), (0, 0, None));
    assert!(found.proposals.is_empty());
}
