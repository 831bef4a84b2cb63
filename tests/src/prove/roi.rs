//! What comparisons of money say where the truth is known, in full: no drift makes before and after
//! "caused", and a hold-out's interval holds the truth as often as it claims.

use pointsman_experiment::undefined::Undefined;
use pointsman_measure::roi::{REHEARSALS, rehearsal::World};

/// Coverage 95 % ± 1.5 points: three Monte-Carlo errors of 2,000 runs.
const OFF_AT_MOST: f64 = 0.015;

pub fn returns() -> Result<bool, Undefined> {
    let mut holds = true;
    for (leads, held_out) in [(1_800, 0.2), (7_200, 0.2), (1_800, 0.5), (40_000, 0.05)] {
        for effect in [0.0, 0.02] {
            let world = World {
                leads_before: leads,
                leads_after: leads,
                held_out,
                missed: 0.15,
                wins_per_worked: 0.09,
                drift: World::DRIFT,
                effect,
            };
            let told = world.rehearse(REHEARSALS, 1).map_err(|_| Undefined::NoUnits)?;
            let share = |n: u32| f64::from(n) / f64::from(told.runs);
            println!(
                "{leads} leads, {:.0} % held out, q {effect:+.2}: before and after differ in {:.4}, say caused {} times; \
                 hold-out covers {:.4}, finds an effect in {:.4}",
                100.0 * held_out,
                share(told.pre_post_differs),
                told.pre_post_caused,
                share(told.hold_out_covers),
                share(told.hold_out_caused),
            );
            holds &= told.pre_post_caused == 0 && (share(told.hold_out_covers) - 0.95).abs() <= OFF_AT_MOST;
        }
    }
    Ok(holds)
}
