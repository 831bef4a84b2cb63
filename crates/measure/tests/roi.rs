//! Money: figures by hand, laws, and what may be said of them.

use pointsman_measure::{
    Estimate,
    roi::{
        Claim, Design, Dial, Evidence, Funnel, Input, RoiInputs, RoiKind, Split, TimeSaved, best, calculate,
        interrupted::interrupted,
        planner::Plan,
        rehearsal::World,
        staggered::{Team, staggered},
    },
};
use proptest::prelude::*;

fn euros(amount: f64) -> f64 {
    (amount / 100.0).round()
}

/// A quarter of 1,820 leads after one of 1,750; 24 reps save 1.1 hours a week.
fn quarter() -> RoiInputs {
    let before = Funnel::stated(1_750, 0.22, 0.09).expect("shares");
    let after = Funnel::stated(1_820, 0.09, 0.098).expect("shares");
    RoiInputs {
        leads: 1_820,
        weeks: 13.0,
        evidence: vec![Evidence::pre_post(before, after)],
        margin: Input::stated(420_000.0),
        time: Some(TimeSaved {
            hours: Input::stated(1.1),
            reps: 24.0,
            rate: Input::stated(4_800.0),
            design: Design::Stated,
        }),
        cycle: None,
        cost: Input::stated(1_070_400.0),
    }
}

#[test]
fn a_quarter_by_hand() {
    let roi = calculate(&quarter());
    let parts = roi.parts.expect("before and after have two groups");
    assert_eq!(euros(parts.conversion.0 as f64), 55_648.0);
    assert_eq!(euros(parts.saved.0 as f64), 89_435.0);
    let [both, time] = roi.components[..] else { panic!("two components: {:?}", roi.components) };
    assert_eq!(
        (both.kind, euros(both.amount.low), euros(both.amount.high)),
        (RoiKind::ConversionAndSaved, 9_475.0, 280_691.0)
    );
    assert_eq!((time.kind, euros(time.amount.value)), (RoiKind::Time, 16_474.0));
    assert_eq!(both.claim, Claim::UnlikeBefore);
    // 145,083.12 + 16,473.60 − 10,704, over 10,704; and 10,704 / 161,556.72 × 13 weeks.
    assert_eq!(euros(roi.net.value), 150_853.0);
    assert!((roi.roi.expect("a cost").value - 14.093).abs() < 5e-4);
    assert!((roi.payback_weeks.expect("a benefit") - 0.8613).abs() < 5e-5);
    // Stated hours move the sum and not its interval.
    assert_eq!(euros(roi.benefit.low), 9_475.0 + 16_474.0 - 1.0, "9,474.6 + 16,473.6");
}

#[test]
fn the_sum_says_no_more_than_its_weakest_part() {
    let roi = calculate(&quarter());
    assert_eq!((roi.design, roi.claim), (Some(Design::Stated), Claim::AsStated));
    let roi = calculate(&RoiInputs { time: None, ..quarter() });
    assert_eq!((roi.design, roi.claim), (Some(Design::PrePost), Claim::UnlikeBefore));
}

#[test]
fn parts_have_intervals_of_their_own() {
    // Independent arithmetic in a spreadsheet's manner, in wins.
    let (l1, l0) = (1_820.0, 1_750.0);
    let (m1, m0, q1, q0) = (0.09f64, 0.22f64, 0.098f64, 0.09f64);
    let var_q1 = q1 * (1.0 - q1) / (l1 * (1.0 - m1));
    let var_q0 = q0 * (1.0 - q0) / (l0 * (1.0 - m0));
    let (var_m1, var_m0) = (m1 * (1.0 - m1) / l1, m0 * (1.0 - m0) / l0);
    let c1 = 1.959_964 * l1 * ((1.0 - m1).powi(2) * (var_q1 + var_q0) + (q1 - q0).powi(2) * var_m1).sqrt();
    let c2 = 1.959_964 * l1 * (q0 * q0 * (var_m0 + var_m1) + (m0 - m1).powi(2) * var_q0).sqrt();
    let split =
        Split::of(&Funnel::stated(1_750, m0, q0).expect("shares"), &Funnel::stated(1_820, m1, q1).expect("shares"));
    assert!((split.conversion.high - split.conversion.value - c1).abs() < 1e-4, "{split:?} {c1}");
    assert!((split.saved.high - split.saved.value - c2).abs() < 1e-4, "{split:?} {c2}");
}

#[test]
fn a_design_allows_its_sentence_only() {
    let above = Estimate { value: 0.02, low: 0.01, high: 0.03 };
    let below = Estimate { value: -0.02, low: -0.03, high: -0.01 };
    let unsure = Estimate { value: 0.02, low: -0.01, high: 0.05 };
    for (design, claim) in [
        (Design::Stated, Claim::AsStated),
        (Design::PrePost, Claim::UnlikeBefore),
        (Design::InterruptedSeries, Claim::OffTrend),
        (Design::StaggeredStart, Claim::UnlikeElsewhere),
        (Design::BudgetSplit, Claim::Caused),
        (Design::Switchback, Claim::Caused),
        (Design::HoldOut, Claim::Caused),
    ] {
        assert_eq!((Claim::of(design, above), Claim::of(design, below)), (claim, claim));
        let undecided = if design == Design::Stated { Claim::AsStated } else { Claim::Undecided };
        assert_eq!(Claim::of(design, unsure), undecided);
        assert_eq!(claim == Claim::Caused, design.is_randomised());
    }
}

#[test]
fn the_strongest_design_counts_even_where_a_weaker_one_looks_better() {
    let before = Funnel::counted(1_750, 385, 123).expect("counts");
    let after = Funnel::counted(1_456, 131, 130).expect("counts");
    let held = Funnel::counted(364, 80, 30).expect("counts");
    let (weak, strong) = (Evidence::pre_post(before, after), Evidence::hold_out(held, after));
    assert!(weak.effect.value > strong.effect.value);
    assert_eq!(best(&[weak, strong]).map(|e| e.design), Some(Design::HoldOut));
    assert_eq!(best(&[strong, weak]).map(|e| e.design), Some(Design::HoldOut));
    assert_eq!(best(&[]), None);
}

#[test]
fn nothing_won_claims_no_certainty() {
    let none = Funnel::counted(40, 10, 0).expect("counts");
    let difference = Funnel::difference(&none, &none);
    assert!(difference.low < -0.05 && difference.high > 0.05, "{difference:?}");
}

#[test]
fn the_tornado_is_ordered_and_marks_what_was_assumed() {
    let swings = calculate(&quarter()).tornado;
    let dials: Vec<Dial> = swings.iter().map(|swing| swing.dial).collect();
    assert_eq!(dials, [Dial::WinsPerLead, Dial::Margin, Dial::Hours, Dial::Rate, Dial::Cost]);
    assert!(!swings[0].assumed && swings[1..].iter().all(|swing| swing.assumed));
    // A fifth less margin: 145,083 × 0.8 + 16,474 − 10,704.
    assert_eq!(euros(swings[1].net_at_low), 121_836.0);
    // At the lower end of the interval: 9,475 + 16,474 − 10,704.
    assert_eq!(euros(swings[0].net_at_low), 15_244.0);
}

#[test]
fn a_shorter_cycle_counts_when_somebody_signs() {
    let cycle = |signed_by: Option<&str>| pointsman_measure::roi::Cycle {
        wins_a_day: 1.8,
        days_shorter: Input::stated(5.0),
        design: Design::Stated,
        signed_by: signed_by.map(Into::into),
    };
    let of = |signed_by| calculate(&RoiInputs { cycle: Some(cycle(signed_by)), ..quarter() });
    let (unsigned, signed) = (of(None), of(Some("the head of finance")));
    assert_eq!(euros(unsigned.benefit.value), 161_557.0);
    assert_eq!(euros(signed.benefit.value), 199_357.0, "1.8 × 5 × 4,200 more");
    assert_eq!(unsigned.components.len(), 3, "it is shown either way");
}

#[test]
fn the_planner_says_what_a_year_will_tell() {
    let plan = Plan { leads_a_quarter: 1_800.0, held_out: 0.2, wins_per_lead: 0.0702 };
    let year = plan.after(4).expect("a plan");
    assert_eq!(format!("±{:.1} points", year.half_width * 100.0), "±1.5 points");
    assert!((year.detectable / year.half_width - (1.959_964 + 0.841_621) / 1.959_964).abs() < 1e-6);
    assert_eq!(plan.until(0.015).expect("a plan").map(|outlook| outlook.quarters), Some(4));
    assert_eq!(plan.until(1e-5).expect("a plan"), None);
    for bad in
        [Plan { held_out: 0.0, ..plan }, Plan { leads_a_quarter: 0.0, ..plan }, Plan { wins_per_lead: 1.0, ..plan }]
    {
        assert!(bad.after(4).is_err() && bad.until(0.1).is_err());
    }
    assert!(plan.after(0).is_err());
}

/// Weeks with a trend, a season and a break.
fn weeks(n: usize, start: usize, slope: f64, level: f64, noise: &[f64]) -> Vec<f64> {
    (0..n).map(|t| 0.07 + slope * t as f64 + if t >= start { level } else { 0.0 } + noise[t % noise.len()]).collect()
}

#[test]
fn a_series_is_judged_against_its_own_trend() {
    let noise = [0.004, -0.003, 0.001, -0.005, 0.002, 0.003, -0.002];
    let trend = interrupted(&weeks(26, 13, 0.002, 0.0, &noise), 13).expect("enough weeks");
    assert!(trend.effect.low < 0.0 && trend.effect.high > 0.0, "a trend is no break: {trend:?}");
    let broken = interrupted(&weeks(26, 13, 0.002, 0.03, &noise), 13).expect("enough weeks");
    assert!((broken.effect.value - trend.effect.value - 0.03).abs() < 1e-12, "{broken:?}");
    assert_eq!((broken.df, broken.weeks_before, broken.weeks_after), (22.0, 13, 13));
    // The same by two separate straight lines in exact fractions, and t₀.₉₇₅ at 22 = 2.0738731.
    let by_hand = [0.029329670, 0.003561888, 0.036716574, -0.557874888];
    let found = [broken.effect.value, broken.std_error, broken.effect.high, broken.neighbours];
    assert!(found.iter().zip(by_hand).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}");
    assert!(broken.effect.excludes_zero());
    assert!(interrupted(&weeks(15, 7, 0.0, 0.0, &noise), 7).is_err(), "seven weeks are no trend");
    assert!(interrupted(&[f64::NAN; 26], 13).is_err());
}

#[test]
fn a_series_without_noise_gives_its_break_back() {
    let found = interrupted(&weeks(26, 12, -0.001, 0.02, &[0.0]), 12).expect("enough weeks");
    assert!((found.expected(20) - 0.05).abs() < 1e-9, "0.07 − 0.001 × 20");
    assert!((found.effect.value - 0.02).abs() < 1e-9 && (found.effect.high - found.effect.low) < 1e-6, "{found:?}");
}

/// Teams with a level of their own, a shared season, and an effect from their start on.
fn teams(starts: &[Option<usize>], effect: f64, noise: &mut impl FnMut() -> f64) -> Vec<Team> {
    let weekly = |team: usize, start: Option<usize>, noise: &mut dyn FnMut() -> f64| {
        let of = |t: usize, noise: &mut dyn FnMut() -> f64| {
            let season = 0.02 * ((t % 6) as f64 - 2.5) / 2.5;
            let with = if start.is_some_and(|start| t >= start) { effect } else { 0.0 };
            0.05 + 0.01 * team as f64 + season + with + noise()
        };
        (0..20).map(|t| of(t, noise)).collect()
    };
    let team = |(i, start): (usize, &Option<usize>)| Team {
        name: format!("team {i}").into(),
        weeks_before: *start,
        weekly: weekly(i, *start, noise),
    };
    starts.iter().enumerate().map(team).collect()
}

const STARTS: [Option<usize>; 6] = [Some(4), Some(7), Some(10), Some(13), Some(16), None];

#[test]
fn a_staggered_start_frees_the_effect_of_levels_and_season() {
    let found = staggered(&teams(&STARTS, 0.03, &mut || 0.0), 1).expect("720 orders");
    assert!((found.effect.value - 0.03).abs() < 1e-9, "{found:?}");
    assert_eq!((found.orders, found.teams), (720, 6));
    assert!(found.p_value < 0.05);
}

#[test]
fn a_staggered_interval_covers_and_refuses_what_it_cannot_tell() {
    let mut rng = pointsman_domain::rng::Rng::seeded(11);
    let runs = 200;
    let mut covered = 0;
    for _ in 0..runs {
        let found = staggered(&teams(&STARTS, 0.01, &mut || 0.02 * rng.normal()), 1).expect("720 orders");
        covered += u32::from(found.effect.low <= 0.01 && 0.01 <= found.effect.high);
        assert!(found.effect.low <= found.effect.value && found.effect.value <= found.effect.high);
    }
    // Exact at 95 %; 200 runs are off by 3 × 1.54 points at most.
    assert!((f64::from(covered) / f64::from(runs) - 0.95).abs() < 0.047, "{covered} of {runs}");
    let few = [Some(4), Some(9), None];
    assert!(staggered(&teams(&few, 0.5, &mut || 0.0), 1).is_err(), "six orders refute nothing at 5 %");
    assert!(staggered(&teams(&[Some(4); 6], 0.5, &mut || 0.0), 1).is_err(), "nobody to compare with");
    assert!(staggered(&[], 1).is_err());
}

#[test]
fn many_teams_are_drawn_and_the_seed_repeats() {
    let starts: Vec<Option<usize>> = (0..9).map(|i| (i > 1).then_some(2 * i)).collect();
    let mut rng = pointsman_domain::rng::Rng::seeded(3);
    let teams = teams(&starts, 0.02, &mut || 0.01 * rng.normal());
    let one = staggered(&teams, 5).expect("orders enough");
    assert_eq!(one.orders, 5_000);
    assert_eq!(staggered(&teams, 5), Ok(one));
}

#[test]
fn before_and_after_never_causes_and_a_hold_out_covers() {
    let world = World {
        leads_before: 1_750,
        leads_after: 1_820,
        held_out: 0.2,
        missed: 0.15,
        wins_per_worked: 0.09,
        drift: World::DRIFT,
        effect: 0.0,
    };
    for effect in [0.0, 0.03] {
        let runs = 400;
        let told = World { effect, ..world }.rehearse(runs, 1).expect("leads on all sides");
        println!(
            "effect {effect}: before and after differ in {:.3}, \"caused\" {} times; hold-out covers {:.3}, caused {:.3}",
            f64::from(told.pre_post_differs) / f64::from(runs),
            told.pre_post_caused,
            f64::from(told.hold_out_covers) / f64::from(runs),
            f64::from(told.hold_out_caused) / f64::from(runs),
        );
        assert_eq!(told.pre_post_caused, 0);
        // 3 × √(0.95 × 0.05 / 400).
        assert!((f64::from(told.hold_out_covers) / f64::from(runs) - 0.95).abs() < 0.033, "{told:?}");
        if effect == 0.0 {
            assert!(told.pre_post_differs > runs / 5, "a drift of a fifth fools before and after: {told:?}");
        }
    }
}

fn funnel() -> impl Strategy<Value = Funnel> {
    (1u64..200_000)
        .prop_flat_map(|leads| (Just(leads), 0..=leads))
        .prop_flat_map(|(leads, missed)| (Just(leads), Just(missed), 0..=leads - missed))
        .prop_map(|(leads, missed, wins)| Funnel::counted(leads, missed, wins).expect("possible counts"))
}

proptest! {
    /// To the minor unit, whatever the counts, the margin and the size of the arm.
    #[test]
    fn conversion_and_saved_leads_are_the_total(
        before in funnel(), after in funnel(), more in 0u64..50_000, margin in 0.0f64..1e9,
    ) {
        let leads = after.leads() + more;
        let inputs = RoiInputs {
            leads,
            evidence: vec![Evidence::pre_post(before, after)],
            margin: Input::stated(margin),
            ..quarter()
        };
        let roi = calculate(&inputs);
        let parts = roi.parts.expect("two groups");
        let both = roi.both.expect("evidence");
        prop_assert_eq!(parts.conversion + parts.saved, both);
        // And both equal L₁ (w₁ − w₀) V, and each its own formula, not only what is left over.
        let total = leads as f64 * (after.wins_per_lead() - before.wins_per_lead()) * margin;
        prop_assert!((both.0 as f64 - total).abs() <= 0.5 + 1e-9 * total.abs());
        let saved = leads as f64 * (before.missed() - after.missed()) * before.wins_per_worked() * margin;
        let size = leads as f64 * margin;
        prop_assert!((parts.saved.0 as f64 - saved).abs() <= 1.5 + 1e-12 * size, "{} {}", parts.saved.0, saved);
    }

    #[test]
    fn the_estimate_lies_in_its_interval(before in funnel(), after in funnel()) {
        let Estimate { value, low, high } = Funnel::difference(&before, &after);
        prop_assert!(low <= value && value <= high, "{low} {value} {high}");
    }
}
