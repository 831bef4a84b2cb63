//! How long a re-solve takes: `cargo run --release -p pointsman-assign --example solve_speed`.
//!
//! 1,000 reps, 3,500 leads of a drifting mix. The solve before this one saw leads 200 places
//! earlier and a little other capacities, as it does in service; the median of several is printed
//! with that of a cold start, and that of making the sample. Then what choosing among 1,000
//! candidates costs, without and with exploration.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::time::Instant;

use pointsman_assign::{
    Choice, Choosing, Draw, Load, LoadEntry, choose,
    price::{Bound, Problem, Sample, SolveConfig, solve},
};
use pointsman_domain::{Exploration, Pick, ReasonCode, Rng, math};

const REPS: usize = 1000;
const LEADS: usize = 3500;
const SHIFT: usize = 200;
const TRIES: usize = 7;
const CHOICES: u64 = 2000;

fn main() {
    let rows = leads(LEADS + TRIES * SHIFT);
    let mut rng = Rng::seeded(5);
    let sizes: Vec<f64> = (0..REPS).map(|_| 0.5 + rng.exponential(1.0)).collect();
    let total: f64 = sizes.iter().sum();
    for demand in [0.7, 1.0, 1.3] {
        let mut rng = Rng::seeded(6);
        let mut bounds = || -> Vec<Bound> {
            let mut share = |size: &f64| size / total / demand * (0.97 + 0.06 * rng.uniform());
            (0u32..).zip(&sizes).map(|(c, size)| Bound::limit(c, 1e6 * share(size), 1e6)).collect()
        };
        let sample = sample(&rows[..LEADS]);
        let config = SolveConfig::default();
        let started = Instant::now();
        let mut last = solve(&Problem { sample: &sample, bounds: &bounds() }, &[], &config);
        println!("demand {demand}: cold {:6.1} ms, {} evaluations", ms(started), last.evaluations);
        let mut times = vec![];
        for k in 1..=TRIES {
            let started = Instant::now();
            let sample = self::sample(&rows[k * SHIFT..k * SHIFT + LEADS]);
            let made = ms(started);
            let bounds = bounds();
            let started = Instant::now();
            let solution = solve(&Problem { sample: &sample, bounds: &bounds }, &last.prices, &config);
            times.push((ms(started), made, solution.evaluations, solution.residual * REPS as f64));
            last = solution;
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (solved, made, evaluations, off) = times[TRIES / 2];
        println!(
            "  warm {solved:6.1} ms (median; least {:.1}), {evaluations} evaluations, off by {off:.4} of a rep's share, sample made in {made:.1} ms",
            times[0].0
        );
    }
    choosing();
}

/// Choosing among 1,000 candidates of random score, price and doubt.
fn choosing() {
    let mut rng = Rng::seeded(7);
    let entry = |rng: &mut Rng| LoadEntry {
        reason: ReasonCode::Admitted,
        limit: LoadEntry::NO_LIMIT,
        free: 9,
        rank: (0.2 + 0.4 * rng.uniform()) as f32,
        score: math::sigmoid(rng.normal() - 1.5) as f32,
        price: (0.2 * rng.uniform()) as f32,
    };
    let mut load = Load::default();
    load.push_rung((0..REPS).map(|_| entry(&mut rng)));
    for explore in [Exploration::Off, Exploration::Evenly(0.1), Exploration::Posterior(0.1)] {
        let how = Choosing { pick: Pick::ExpectedValue, value: 1.0, may_wait: false, explore };
        let started = Instant::now();
        let taken =
            (0..CHOICES).filter(|&seed| matches!(choose(load.rung(0), &how, Draw { seed }), Choice::Taken { .. }));
        let taken = taken.count();
        println!("choosing among {REPS}, {explore:?}: {:.1} µs ({taken} taken)", 1e3 * ms(started) / CHOICES as f64);
    }
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn sample(rows: &[Vec<f32>]) -> Sample {
    let mut sample = Sample::new(REPS);
    rows.iter().for_each(|row| sample.push(row.iter().map(|s| f64::from(*s)), 1.0, 0));
    sample
}

/// Probabilities from skill and a six-dimensional taste, as in the worlds of the comparison.
fn leads(n: usize) -> Vec<Vec<f32>> {
    let mut rng = Rng::seeded(4);
    let reps: Vec<(f64, Vec<f64>)> =
        (0..REPS).map(|_| (0.5 * rng.normal(), (0..6).map(|_| 0.45 * rng.normal()).collect())).collect();
    (0..n)
        .map(|i| {
            let drift = i as f64 / n as f64;
            let lead: Vec<f64> = (0..6).map(|k| rng.normal() + if k == 0 { drift } else { 0.0 }).collect();
            let quality = -2.0 + 0.7 * rng.normal();
            let score = |(skill, taste): &(f64, Vec<f64>)| {
                math::sigmoid(quality + skill + taste.iter().zip(&lead).map(|(t, x)| t * x).sum::<f64>()) as f32
            };
            reps.iter().map(score).collect()
        })
        .collect()
}
