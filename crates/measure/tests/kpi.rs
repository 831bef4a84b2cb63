//! Every figure against a slow one that shares no code with it: straight from rows, curves by
//! counting who is at risk for each time, intervals by their formulas.

#[path = "kpi/lives.rs"]
mod lives;
#[path = "kpi/oracle.rs"]
mod oracle;

use pointsman_domain::{Currency, Micros};
use pointsman_measure::{
    kpi::{
        Advice, Days, Dimension, Feed, Feeds, Filter, Kpi, Kpis, LeadTable, Measured, NotMeasured, Part, Selection,
        Untold,
    },
    rows::{LocalDay, RepDayRow},
};
use proptest::prelude::*;

use lives::{World, world};
use oracle::Oracle;

/// Everything that [`Kpis`] borrows.
struct Measuring {
    world: World,
    table: LeadTable,
    feeds: Feeds,
}

impl Measuring {
    fn new(world: World) -> Self {
        let mut table = LeadTable::new(world.now, world.calendars.clone());
        let by_hand = world.names.find("named");
        world.rows.iter().for_each(|row| table.push(row, |path| Some(path) == by_hand));
        let feeds = Feeds::of(&table, &world.rep_days, &world.spec);
        Self { world, table, feeds }
    }

    fn kpis(&self) -> Kpis<'_> {
        Kpis {
            table: &self.table,
            rep_days: &self.world.rep_days,
            names: &self.world.names,
            spec: &self.world.spec,
            feeds: &self.feeds,
            currency: Currency::EUR,
        }
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

fn check(measuring: &Measuring, selection: &Selection) {
    let oracle = Oracle { world: &measuring.world, selection };
    for kpi in Kpi::ALL {
        let found = measuring.kpis().measure(kpi, selection);
        let Some(expected) = oracle.figure(kpi) else {
            let missing = matches!(found.measured, Measured::NotMeasured(NotMeasured::NoFeed(_)));
            assert!(missing, "{kpi:?}: nothing feeds it, and yet {found:?}");
            continue;
        };
        assert_eq!((found.n, found.pending), (expected.n, expected.pending), "{kpi:?} {found:?}");
        match (found.value(), expected.value) {
            (Some(value), Some(wanted)) => {
                assert!(same(value.value, wanted), "{kpi:?}: {value:?}, slowly {wanted}");
                if let Some((low, high)) = expected.interval {
                    let ends = (value.low.unwrap_or(f64::INFINITY), value.high.unwrap_or(f64::INFINITY));
                    let same = |a: f64, b: f64| a == b || same(a, b);
                    assert!(same(ends.0, low) && same(ends.1, high), "{kpi:?}: {value:?}, slowly {low} to {high}");
                }
            }
            (None, None) => {}
            _ => panic!("{kpi:?}: {found:?}, slowly {expected:?}"),
        }
    }
}

fn filtered(world: &World, days: Option<(i32, i32)>, by: Option<(usize, usize)>) -> Selection {
    let days = days.map(|(from, len)| Days {
        from: LocalDay(world.first_day + from),
        until: LocalDay(world.first_day + from + len),
    });
    let filter = by.map(|(dimension, row)| {
        let dimension = Dimension::ALL[dimension % Dimension::ALL.len()];
        let name = world.rows.get(row % world.rows.len().max(1)).and_then(|row| dimension.of(row));
        Filter { dimension, names: vec![name] }
    });
    Selection { days, filters: filter.into_iter().collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_figure_is_what_a_slow_computation_says(
        world in world(0..60),
        days in proptest::option::of((0i32..40, 0i32..50)),
        by in proptest::option::of((prop_oneof![Just(0usize), Just(12), 0usize..19], 0usize..60)),
    ) {
        let selection = filtered(&world, days, by);
        check(&Measuring::new(world), &selection);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Groups share out the selection: each equals the figure of its filter, and counts add up.
    #[test]
    fn a_breakdown_is_the_figure_of_each_filter(world in world(1..40), dimension in 0usize..19) {
        let measuring = Measuring::new(world);
        let (dimension, all) = (Dimension::ALL[dimension], Selection::default());
        for kpi in Kpi::ALL {
            let found = measuring.kpis().breakdown(kpi, &all, dimension);
            for group in &found.groups {
                let alone = measuring.kpis().measure(kpi, &all.and(dimension, group.name));
                prop_assert_eq!(alone, group.result, "{:?} by {:?}", kpi, dimension);
            }
            let of_leads = !matches!(kpi, Kpi::BalanceGini | Kpi::LargestDeficit | Kpi::Utilisation
                | Kpi::CostPerLead | Kpi::CostPerOpportunity | Kpi::CostPerCustomer);
            if of_leads && found.all.value().is_some() {
                prop_assert_eq!(found.groups.iter().map(|group| group.result.n).sum::<u64>(), found.all.n);
            }
        }
    }

    /// The list behind a figure has as many leads as the figure says, and a share's hits.
    #[test]
    fn the_list_behind_a_figure_adds_up_to_it(world in world(0..40), by in proptest::option::of((0usize..19, 0usize..40))) {
        let selection = filtered(&world, None, by);
        let measuring = Measuring::new(world);
        let kpis = measuring.kpis();
        for kpi in Kpi::ALL {
            let of_days = matches!(kpi, Kpi::BalanceGini | Kpi::LargestDeficit | Kpi::Utilisation);
            let of_cost = matches!(kpi, Kpi::CostPerLead | Kpi::CostPerOpportunity | Kpi::CostPerCustomer);
            let result = kpis.measure(kpi, &selection);
            if of_days || of_cost || result.value().is_none() {
                continue;
            }
            let total = |part| kpis.behind(kpi, &selection, part, 0, 0).total;
            // A curve counts the leads that wait, too.
            let is_curve = result.value().is_some_and(|value| value.hits.is_none()) && result.pending > 0;
            if !is_curve {
                prop_assert_eq!(total(Part::Counted), result.n, "{:?}", kpi);
                prop_assert_eq!(total(Part::Pending), result.pending, "{:?}", kpi);
            }
            if let Some(hits) = result.value().and_then(|value| value.hits).filter(|_| kpi != Kpi::ObservedToExpected) {
                prop_assert_eq!(total(Part::Hits), hits, "{:?}", kpi);
            }
            let first = kpis.behind(kpi, &selection, Part::All, 0, 2).leads;
            let rest = kpis.behind(kpi, &selection, Part::All, 2, usize::MAX).leads;
            let all = kpis.behind(kpi, &selection, Part::All, 0, usize::MAX).leads;
            prop_assert_eq!([first, rest].concat(), all);
        }
    }

    /// Breaches by cause add up to the breaches.
    #[test]
    fn causes_add_up_to_the_breaches(world in world(1..60)) {
        let measuring = Measuring::new(world);
        let all = Selection::default();
        let breached = measuring.kpis().measure(Kpi::SlaBreaches, &all);
        let causes: u64 = measuring.kpis().breaches(&all).iter().map(|(_, count)| count).sum();
        if let Some(value) = breached.value() {
            prop_assert_eq!(value.hits, Some(causes));
        }
    }

    /// A figure does not know in which order rows came.
    #[test]
    fn order_of_rows_changes_nothing(world in world(1..50), turn in 0usize..50) {
        let mut turned = world.clone();
        let turn = turn % turned.rows.len();
        turned.rows.rotate_left(turn);
        let (one, other) = (Measuring::new(world), Measuring::new(turned));
        let all = Selection::default();
        for kpi in Kpi::ALL {
            let (a, b) = (one.kpis().measure(kpi, &all), other.kpis().measure(kpi, &all));
            prop_assert_eq!((a.n, a.pending), (b.n, b.pending));
            if let (Some(a), Some(b)) = (a.value(), b.value()) {
                prop_assert!(same(a.value, b.value), "{:?}", kpi);
            }
        }
    }
}

/// What a figure lacks is said, and 0 leads are no 0 %.
#[test]
fn no_leads_are_not_measured() {
    let measuring = Measuring::new(World::empty());
    for kpi in Kpi::ALL {
        let found = measuring.kpis().measure(kpi, &Selection::default());
        assert!(matches!(found.measured, Measured::NotMeasured(_)), "{found:?}");
    }
    let mut world = World::empty();
    world.lead(|_| {});
    let measuring = Measuring::new(world);
    let speed = measuring.kpis().measure(Kpi::SpeedToLead, &Selection::default());
    assert_eq!(speed.measured, Measured::NotMeasured(NotMeasured::NoFeed(Feed::Activities)));
    let accepted = measuring.kpis().measure(Kpi::FirstAcceptance, &Selection::default());
    assert_eq!(accepted.measured, Measured::NotMeasured(NotMeasured::NoFeed(Feed::Offers)));
}

/// Ten leads of which five were touched after 1 to 5 minutes and five never: the curve falls to a
/// half at 5 minutes, where a median of touched leads alone would say 3.
#[test]
fn leads_that_nobody_touches_make_a_company_slower() {
    let mut world = World::empty();
    for minute in 1..=10 {
        world.lead(|row| {
            row.touched_at = (minute <= 5).then(|| row.arrived_at + Micros::MINUTE.times(minute));
        });
    }
    let measuring = Measuring::new(world);
    let all = Selection::default();
    let value = measuring.kpis().measure(Kpi::SpeedToLead, &all).value().expect("half are touched");
    assert_eq!(value.value, 300.0);
    let fast = measuring.kpis().measure(Kpi::TouchedFast, &all);
    assert_eq!((fast.n, fast.pending, fast.value().map(|v| v.value)), (10, 5, Some(0.5)));
    let p90 = measuring.kpis().measure(Kpi::SpeedToLeadP90, &all);
    assert_eq!(p90.measured, Measured::NotMeasured(NotMeasured::NotYetHalf));
}

/// Two reps who differ by chance alone are not told apart; two who differ by thirty points are.
#[test]
fn reps_are_told_apart_only_where_the_numbers_do() {
    let told = |wins: [i64; 4]| {
        let mut world = World::empty();
        for (rep, wins) in ["ann", "ben", "cem", "dora"].into_iter().zip(wins) {
            let name = world.names.intern(rep);
            for n in 0..100 {
                world.lead(|row| {
                    row.rep = Some(name);
                    let closed = row.arrived_at + Micros::HOUR;
                    lives::close(row, closed, n < wins);
                });
            }
        }
        let measuring = Measuring::new(world);
        let found = measuring.kpis().breakdown(Kpi::Conversion, &Selection::default(), Dimension::Rep);
        let spread = found.spread.expect("four groups");
        let outside = found.groups.iter().filter(|group| group.limits.is_some_and(|limits| limits.outside)).count();
        let shrunken = found.groups.iter().map(|group| group.shrunken.expect("counted").value);
        let range = shrunken.clone().fold(0.0, f64::max) - shrunken.fold(1.0, f64::min);
        (spread.is_real(), found.groups.iter().filter(|group| group.distinguishable).count(), outside, range)
    };
    let (real, distinguishable, outside, range) = told([20, 24, 19, 22]);
    assert!(!real && distinguishable == 0 && outside == 0 && range < 0.02, "{range}");
    let (real, distinguishable, outside, range) = told([20, 21, 19, 50]);
    assert!(real && distinguishable >= 1 && outside == 1 && (0.2..0.31).contains(&range), "{range}");
}

/// By hand: entitled 10 each, received 10, 10, 20, 0; ratios 1, 1, 2, 0.
#[test]
fn balance_by_hand() {
    let mut world = World::empty();
    for (rep, received) in [("a", 10), ("b", 10), ("c", 20), ("d", 0)] {
        let rep = world.names.intern(rep);
        world.rep_days.push(RepDayRow {
            received,
            entitled: Some(pointsman_measure::rows::Millionths(10_000_000)),
            ..lives::rep_day(rep, LocalDay(0))
        });
    }
    world.lead(|_| {});
    let measuring = Measuring::new(world);
    let all = Selection::default();
    let value = |kpi| measuring.kpis().measure(kpi, &all).value().expect("measured").value;
    assert_eq!((value(Kpi::BalanceGini), value(Kpi::LargestDeficit)), (0.375, 10.0));
    let balance = measuring.kpis().balance(&all);
    assert_eq!((balance[0].1.deficit(), balance[3].1.deficit()), (10.0, -10.0));
    let by_source = measuring.kpis().breakdown(Kpi::BalanceGini, &all, Dimension::Source);
    assert!(by_source.groups.is_empty());
    let of_source = measuring.kpis().measure(Kpi::BalanceGini, &all.and(Dimension::Source, None));
    assert_eq!(of_source.measured, Measured::NotMeasured(NotMeasured::NotByThis));
}

/// By hand: 30 of 130 matured leads were never touched; of the other 100, ten were won at 1,000.
/// At that rate the 30 were worth 3 wins. A lead of yesterday is in no count.
#[test]
fn the_worth_of_lost_leads_by_hand() {
    let mut world = World::empty();
    for n in 0..130 {
        world.lead(|row| {
            if n >= 30 {
                row.touched_at = Some(row.arrived_at + Micros::HOUR);
                lives::close(row, row.arrived_at + Micros::DAY, n < 40);
            }
        });
    }
    world.lead(|row| row.arrived_at = row.arrived_at + Micros::DAY.times(59));
    let measuring = Measuring::new(world);
    let worth = measuring.kpis().worth(&Selection::default()).expect("there are lost leads and wins");
    assert_eq!((worth.lost, worth.wins_per_touched.value, worth.value_of_win.value), (30, 0.1, 100_000.0));
    assert!(same(worth.total.value, 300_000.0) && worth.total.low < 200_000.0 && worth.total.high > 450_000.0);
    let brief =
        measuring.kpis().brief(&Selection::default(), Days { from: LocalDay(0), until: LocalDay(40_000) }, true);
    let advice = brief.advice.first().expect("some advice");
    assert!(matches!(advice, Advice::RescueLost { worth: Some(_), .. }), "{advice:?}");
    let pending = brief.untold.iter().find(|one| matches!(one, Untold::Pending { leads: 1, .. }));
    assert!(pending.is_some(), "{:?}", brief.untold);
}

/// Thirty leads touched within minutes, and before them one after an hour: a difference, and too
/// little to call it better. With thirty before, it is.
#[test]
fn one_lead_before_is_no_change() {
    let told = |leads_before: i64| {
        let mut world = World::empty();
        let day = world.first_day;
        for n in 0..30 + leads_before {
            world.lead(|row| {
                let (day, minutes) = if n < 30 { (day, 1 + n % 7) } else { (day - 1, 60 + n % 9) };
                row.arrived_day = LocalDay(day);
                row.touched_at = Some(row.arrived_at + Micros::MINUTE.times(minutes));
            });
        }
        let measuring = Measuring::new(world);
        let days = Days { from: LocalDay(day), until: LocalDay(day + 1) };
        let board = measuring.kpis().board(&[Kpi::SpeedToLead], &Selection::default(), days);
        board.figures[0].change.expect("both are measured")
    };
    let (one, many) = (told(1), told(30));
    assert!(one.difference.excludes_zero() && one.better.is_none(), "{one:?}");
    assert!(many.difference.value < -3000.0 && many.better == Some(true), "{many:?}");
}
