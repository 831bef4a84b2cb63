//! Experiments on experiments in full: how often rules call a difference that is not there, how
//! often planned tests find theirs, and what each design says of a known effect.

use std::process::ExitCode;

use pointsman_experiment::{
    plan::{
        DesignCost, Sequential,
        metric::{Baseline, Traffic, plan},
        power::Level,
    },
    stats::group_sequential::Spending,
    undefined::Undefined,
};
use pointsman_sim::trials::{
    designs::{advised, judge},
    following::{self, Followed},
    interference::{Design, World},
    looking::{Called, Repeated, repeat},
};

const RUNS: u32 = 10_000;

/// Whether what is claimed holds, in words and as an exit status.
pub fn told(proof: Result<bool, Undefined>) -> ExitCode {
    match proof {
        Ok(true) => {
            println!("holds");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            println!("does not hold");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("the proof could not be made: {error}");
            ExitCode::from(2)
        }
    }
}

/// Fixed 5 % ± Monte-Carlo error, group-sequential ≤ 5.5 %, sequences ≤ 5 %, power within 3 points.
pub fn looks() -> Result<bool, Undefined> {
    let mut holds = true;
    let error = 3.0 * Called::error(0.05, RUNS);
    for (rate, units) in [(0.10, 4000), (0.05, 4000)] {
        let test = Repeated { rates: [rate; 2], units_per_variant: units, looks: 50, alpha: 0.05, runs: RUNS, seed: 1 };
        let c = repeat(&test)?;
        println!(
            "A/A at {rate}, {units} a variant, 50 looks: fixed {:.4}, peeking {:.4}, group-sequential {:.4}, sequence {:.4}",
            c.fixed, c.peeking, c.sequential, c.sequence
        );
        holds &= (c.fixed - 0.05).abs() <= error && c.sequential <= 0.055 && c.sequence <= 0.05;
    }
    let level = Level { alpha: 0.05, power: 0.8 };
    let traffic = Traffic { leads_per_day: 100.0, smallest_share: 0.5 };
    for looks in [1, 5, 50] {
        let sequential = Sequential::Looks { looks, spending: Spending::ObrienFleming };
        let planned = plan(Baseline::Rate(0.1), 0.2, DesignCost::Independent, sequential, traffic, level)?;
        let units_per_variant = planned.units_per_variant.ceil() as u32;
        let test = Repeated { rates: [0.1, 0.12], units_per_variant, looks, alpha: 0.05, runs: RUNS, seed: 2 };
        let c = repeat(&test)?;
        println!(
            "planned for .10 → .12 with power .80: {looks} looks, {units_per_variant} a variant: found in {:.4}",
            c.sequential
        );
        holds &= (c.sequential - 0.8).abs() <= 0.03;
    }
    Ok(holds)
}

/// Weights that follow the results, in a season that moves everybody: the weighted sequence misses
/// the truth in at most 5 % of tests, over all looks.
pub fn following() -> Result<bool, Undefined> {
    let mut holds = true;
    for (rates, decline) in [([0.1; 2], 0.0), ([0.4; 2], 0.3), ([0.1, 0.13], 0.0), ([0.4, 0.46], 0.3)] {
        let test = Followed {
            rates,
            decline,
            units_per_day: 100,
            days: 30,
            leader_share: 0.8,
            floor: 0.1,
            alpha: 0.05,
            runs: RUNS,
            seed: 11,
        };
        let f = following::repeat(&test)?;
        println!(
            "{rates:?}, falling by {decline}: the sequence missed the truth in {:.4}, called a difference in {:.4}; a plain interval at the end missed the truth in {:.4}; the treatment got {:.3} of the units",
            f.missed, f.called, f.plain, f.treated
        );
        holds &= f.missed <= 0.05;
    }
    Ok(holds)
}

/// Switchback and budget split within 6 % of the truth and at least 92 % covered; lead-level biased;
/// the advisor right.
pub fn designs(runs: u32) -> Result<bool, Undefined> {
    let mut holds = true;
    for utilisation in [0.40, 0.75, 0.95] {
        let world = World::new(10, 8, utilisation, 1000);
        let [control, treatment] = world.truth(400, 9_000_000);
        let truth = treatment - control;
        println!(
            "utilisation {utilisation}: control {control:.4}, treatment {treatment:.4}, truth {truth:+.4} ({:+.1} %)",
            100.0 * truth / control
        );
        for design in [Design::Lead, Design::Switchback, Design::BudgetSplit] {
            let j = judge(&world, design, truth, 14, runs, 7)?;
            println!(
                "  {design:?}: bias {:+.1} % ± {:.1} of the truth, 95 % intervals cover {:.3} ({} tests)",
                100.0 * j.bias,
                100.0 * j.bias_error,
                j.covered,
                j.runs
            );
            holds &= match design {
                Design::Lead => j.bias > 0.1,
                Design::Switchback | Design::BudgetSplit => j.bias.abs() <= 0.06 && j.covered >= 0.92,
            };
        }
        let (observed, advice) = advised(&world, 14, 3);
        println!("  measured use {:.2}; the advisor: {:?}", observed.open_use.unwrap_or(f64::NAN), advice[0]);
        holds &= format!("{:?}", advice[0]).contains("Switchback");
    }
    Ok(holds)
}
