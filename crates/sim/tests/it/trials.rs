//! Reduced counts of `prove experiment-looks` and `prove experiment-designs`.

use pointsman_experiment::{
    advisor::{Answer, DesignKind},
    plan::{
        DesignCost, Sequential,
        metric::{Baseline, Traffic, plan},
        power::Level,
    },
    stats::group_sequential::Spending,
};
use pointsman_sim::trials::{
    designs::{advised, judge},
    interference::{Design, World},
    looking::{Called, Repeated, repeat},
};

const RUNS: u32 = 1200;

#[test]
fn no_rule_that_may_look_calls_more_than_it_promised() {
    let test = Repeated { rates: [0.1, 0.1], units_per_variant: 2000, looks: 50, alpha: 0.05, runs: RUNS, seed: 1 };
    let called = repeat(&test).expect("valid");
    let error = 3.0 * Called::error(0.05, RUNS);
    assert!((called.fixed - 0.05).abs() < error, "{called:?}");
    assert!(called.sequential <= 0.055 + error, "{called:?}");
    assert!(called.sequence <= 0.05, "{called:?}");
    // The rule that everybody is tempted by: without it this test would prove nothing.
    assert!(called.peeking > 0.2, "{called:?}");
}

#[test]
fn a_planned_test_finds_what_it_was_planned_for() {
    let level = Level { alpha: 0.05, power: 0.8 };
    let traffic = Traffic { leads_per_day: 100.0, smallest_share: 0.5 };
    for looks in [1, 10] {
        let sequential = Sequential::Looks { looks, spending: Spending::ObrienFleming };
        let planned = plan(Baseline::Rate(0.1), 0.3, DesignCost::Independent, sequential, traffic, level);
        let units = planned.expect("a plan").units_per_variant.ceil() as u32;
        let test = Repeated { rates: [0.1, 0.13], units_per_variant: units, looks, alpha: 0.05, runs: RUNS, seed: 2 };
        let found = repeat(&test).expect("valid").sequential;
        assert!((found - 0.8).abs() < 0.03 + 2.0 * Called::error(0.8, RUNS), "{looks} looks: {found}");
    }
}

#[test]
fn shared_reps_bias_a_lead_level_test_and_the_advisor_says_so() {
    for utilisation in [0.4, 0.75, 0.95] {
        let world = World::new(10, 8, utilisation, 1000);
        let [control, treatment] = world.truth(40, 9_000_000);
        let truth = treatment - control;
        assert!(truth / control > 0.2, "{utilisation}: {truth} of {control}");
        let judged = |design, runs| judge(&world, design, truth, 14, runs, 7).expect("clusters");
        let lead = judged(Design::Lead, 12);
        assert!(lead.bias > 0.12, "{utilisation}: {lead:?}");
        for design in [Design::Switchback, Design::BudgetSplit] {
            let found = judged(design, 40);
            assert!(found.bias.abs() < 0.06 + 3.0 * found.bias_error, "{utilisation} {design:?}: {found:?}");
            assert!(found.covered >= 0.82, "{utilisation} {design:?}: {found:?}");
        }
        let (observed, advice) = advised(&world, 14, 3);
        assert!((observed.open_use.expect("slots") - utilisation).abs() < 0.1, "{observed:?}");
        assert_eq!((advice[0].design, advice[0].answer), (DesignKind::Switchback, Answer::Recommended));
        assert!(advice.iter().any(|a| a.design == DesignKind::Lead && a.answer.is_refusal()), "{advice:?}");
    }
}
