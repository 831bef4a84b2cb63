//! What looking costs: the same test read by every rule, many times over.
//!
//! A run draws conversions of two variants and looks at them 50 times. `fixed` reads the last look
//! only, `peeking` stops at the first p < α, `sequential` uses the Lan–DeMets bounds of all looks,
//! `sequence` the asymptotic confidence sequence.

use pointsman_domain::Rng;
use pointsman_experiment::{
    moments::Moments,
    stats::{
        effect::{Sample, welch},
        group_sequential::{GroupSequential, Spending},
        sequential::ConfidenceSequence,
    },
    undefined::Undefined,
};

/// One test, repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeated {
    /// Conversion rates of control and treatment.
    pub rates: [f64; 2],
    pub units_per_variant: u32,
    pub looks: u32,
    pub alpha: f64,
    pub runs: u32,
    pub seed: u64,
}

/// Shares of runs in which a rule called a difference.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Called {
    pub fixed: f64,
    pub peeking: f64,
    pub sequential: f64,
    pub sequence: f64,
}

impl Called {
    /// Monte-Carlo error of a share near `p`.
    pub fn error(p: f64, runs: u32) -> f64 {
        (p * (1.0 - p) / f64::from(runs)).sqrt()
    }
}

/// Runs the test again and again.
pub fn repeat(test: &Repeated) -> Result<Called, Undefined> {
    let fractions: Vec<f64> = (1..=test.looks).map(|k| f64::from(k) / f64::from(test.looks)).collect();
    let plan = GroupSequential::plan(&fractions, test.alpha, Spending::ObrienFleming)?;
    let sequence = ConfidenceSequence { alpha: test.alpha, tuning: 2.0 * f64::from(test.units_per_variant) };
    let mut called = Called::default();
    for run in 0..test.runs {
        let mut rng = Rng::stream(test.seed, run.into());
        let one = once(test, &plan.z_bounds, &sequence, &mut rng);
        called.fixed += f64::from(u8::from(one.fixed));
        called.peeking += f64::from(u8::from(one.peeking));
        called.sequential += f64::from(u8::from(one.sequential));
        called.sequence += f64::from(u8::from(one.sequence));
    }
    let share = |n: f64| n / f64::from(test.runs);
    Ok(Called {
        fixed: share(called.fixed),
        peeking: share(called.peeking),
        sequential: share(called.sequential),
        sequence: share(called.sequence),
    })
}

#[derive(Default)]
struct Once {
    fixed: bool,
    peeking: bool,
    sequential: bool,
    sequence: bool,
}

fn once(test: &Repeated, bounds: &[f64], sequence: &ConfidenceSequence, rng: &mut Rng) -> Once {
    let mut once = Once::default();
    let (mut wins, mut seen) = ([0u32; 2], 0);
    for (look, bound) in (1..=test.looks).zip(bounds) {
        let until = (u64::from(test.units_per_variant) * u64::from(look) / u64::from(test.looks)) as u32;
        for _ in seen..until {
            for (wins, rate) in wins.iter_mut().zip(test.rates) {
                *wins += u32::from(rng.uniform() < rate);
            }
        }
        seen = until;
        let [control, treatment] = wins.map(|wins| sample(wins, seen));
        let Ok(effect) = welch(&control, &treatment) else { continue };
        let p = effect.p_two_sided();
        once.fixed = p < test.alpha;
        once.peeking |= p < test.alpha;
        once.sequential |= effect.t().abs() >= *bound;
        let valid = sequence.interval(effect.estimate, effect.std_error, 2.0 * f64::from(seen));
        once.sequence |= !valid.contains(0.0);
    }
    once
}

fn sample(wins: u32, units: u32) -> Sample {
    let (n, mean) = (f64::from(units), f64::from(wins) / f64::from(units));
    Sample::from(Moments { n, mean, rest: 0.0, ss: n * mean * (1.0 - mean) })
}
