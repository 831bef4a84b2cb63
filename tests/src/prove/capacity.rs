//! How near to perfect hindsight the online policies come: worlds of one family (50 reps, 20,000
//! leads, a mix that drifts, a campaign in one segment), drawn here, so that nothing but this
//! binary is needed. Ten seeds, four shapes, three ratios of demand to capacity; then scores that
//! are wrong, forecasts that are wrong, and how long everything takes.

use std::process::ExitCode;

use pointsman_assign::flow::{Assignment, optimum};
use pointsman_domain::{Rng, math};
use pointsman_sim::external::{ExternalPolicy, ExternalWorld, Matrix, simulate_assign};

const SEEDS: u64 = 10;
const LEADS: usize = 20_000;
const REPS: usize = 50;
const TASTES: usize = 6;
const KINDS: usize = 12;
const RATIOS: [f64; 3] = [0.7, 1.0, 1.3];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Drift,
    Reversed,
    Stationary,
    EarlyShock,
}

struct Drawn {
    scores: Matrix,
    history: Matrix,
    /// Relative size of each rep.
    sizes: Vec<f64>,
}

/// The least share that each ratio must reach, for the product's policy on the drifting worlds.
const BARS: [f64; 3] = [0.994, 0.991, 0.988];

pub fn run() -> ExitCode {
    let mut reached = true;
    println!("share of the exact hindsight optimum, mean of {SEEDS} seeds (least), demand/capacity 0.7 1.0 1.3");
    for shape in [Shape::Drift, Shape::Reversed, Shape::Stationary, Shape::EarlyShock] {
        let worlds: Vec<Drawn> = (0..SEEDS).map(|seed| draw(seed, shape)).collect();
        let policies: &[ExternalPolicy] = match shape {
            Shape::Drift => &ExternalPolicy::ALL,
            _ => &[ExternalPolicy::ResolvedPrices, ExternalPolicy::Prices],
        };
        let best = optima(&worlds);
        for &policy in policies {
            let shares = shares(&worlds, &best, policy, 1.0, &|world| world.scores.clone());
            line(&format!("{shape:?}"), policy.name(), &shares);
            if shape == Shape::Drift && policy == ExternalPolicy::Prices {
                reached &= shares.iter().zip(BARS).all(|(each, bar)| mean(each) >= bar);
            }
        }
        if shape == Shape::Drift {
            let right = shares(&worlds, &best, ExternalPolicy::Prices, 1.0, &|world| world.scores.clone());
            for factor in [0.8, 1.2] {
                let wrong = shares(&worlds, &best, ExternalPolicy::Prices, factor, &|world| world.scores.clone());
                line("Drift", &format!("forecast x {factor}"), &wrong);
                reached &= right.iter().zip(&wrong).all(|(a, b)| mean(a) - mean(b) <= 0.01);
            }
            let biased = shares(&worlds, &best, ExternalPolicy::Prices, 1.0, &biased);
            line("Drift", "rep bias SD .35", &biased);
            reached &= biased.iter().all(|each| mean(each) >= 0.975);
        }
    }
    println!("{}", if reached { "every bar is reached" } else { "a bar is missed" });
    if reached { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn line(shape: &str, what: &str, shares: &[Vec<f64>]) {
    let cell =
        |each: &Vec<f64>| format!("{:.4} ({:.4})", mean(each), each.iter().copied().fold(f64::INFINITY, f64::min));
    println!("{shape:<12}{what:<18}{}", shares.iter().map(cell).collect::<Vec<_>>().join("  "));
}

/// Each rep's places: in proportion to size, so that demand over capacity is the ratio.
fn capacity(world: &Drawn, ratio: f64) -> Vec<u32> {
    let total: f64 = world.sizes.iter().sum();
    world.sizes.iter().map(|size| ((size / total * LEADS as f64 / ratio) as u32).max(20)).collect()
}

/// By ratio and world.
fn optima(worlds: &[Drawn]) -> Vec<Vec<f64>> {
    let of = |world: &Drawn, ratio: f64| {
        let capacity = capacity(world, ratio);
        let problem = Assignment { values: world.scores.values(), capacity: &capacity, floor: &[] };
        optimum(&problem).expect("probabilities are finite").value
    };
    RATIOS.iter().map(|ratio| worlds.iter().map(|world| of(world, *ratio)).collect()).collect()
}

fn shares(
    worlds: &[Drawn],
    best: &[Vec<f64>],
    policy: ExternalPolicy,
    forecast_error: f64,
    seen: &dyn Fn(&Drawn) -> Matrix,
) -> Vec<Vec<f64>> {
    let of = |world: &Drawn, ratio: f64, best: f64| {
        let capacity = capacity(world, ratio);
        let seen = seen(world);
        let external = ExternalWorld {
            scores: &world.scores,
            capacity: &capacity,
            history: Some(&world.history),
            seen: Some(&seen),
            forecast_error,
        };
        simulate_assign(&external, policy, 7).expect("the tables fit").expected_conversions / best
    };
    RATIOS
        .iter()
        .zip(best)
        .map(|(ratio, best)| worlds.iter().zip(best).map(|(world, best)| of(world, *ratio, *best)).collect())
        .collect()
}

/// Scores that are wrong by a constant for each rep.
fn biased(world: &Drawn) -> Matrix {
    let mut rng = Rng::seeded(100);
    let errors: Vec<f64> = (0..REPS).map(|_| 0.35 * rng.normal()).collect();
    let wrong = |(at, p): (usize, &f64)| math::sigmoid(math::logit(*p) + errors[at % REPS]);
    let cells = world.scores.values().iter().enumerate().map(wrong).collect();
    Matrix::new(LEADS, REPS, cells).expect("as large as the scores")
}

fn draw(seed: u64, shape: Shape) -> Drawn {
    let mut rng = Rng::stream(seed, 77);
    let skill: Vec<f64> = (0..REPS).map(|_| 0.5 * rng.normal()).collect();
    let taste: Vec<Vec<f64>> = (0..REPS).map(|_| normals(&mut rng, TASTES, 0.45)).collect();
    // Pareto of shape 2, as company sizes are.
    let sizes = (0..REPS).map(|_| 1.0 / (1.0 - rng.uniform()).sqrt() - 0.5).collect();
    let centres: Vec<Vec<f64>> = (0..KINDS).map(|_| normals(&mut rng, TASTES, 1.0)).collect();
    let signs: Vec<f64> = (0..KINDS).map(|_| if rng.below(2) == 0 { -1.0 } else { 1.0 }).collect();
    let mix = normals(&mut rng, KINDS, 0.4);
    let quality = normals(&mut rng, KINDS, 0.4);
    let mut times: Vec<f64> = Vec::with_capacity(LEADS);
    while times.len() < LEADS {
        let u = rng.uniform();
        let intensity = (1.0 + 1.2 * u) * (1.0 + 0.35 * wave(8.0 * u));
        if rng.uniform() * 2.97 < intensity {
            times.push(u);
        }
    }
    times.sort_by(f64::total_cmp);
    let mut lead = |t: f64, moves: bool, cells: &mut Vec<f64>| {
        let logits = (0..KINDS).map(|k| {
            let drift = if moves { t * 1.2 * k as f64 / (KINDS - 1) as f64 * signs[k] } else { 0.0 };
            math::exp(drift + mix[k])
        });
        let weights: Vec<f64> = logits.collect();
        let mut left = rng.uniform() * weights.iter().sum::<f64>();
        let kind = weights.iter().position(|w| {
            left -= w;
            left < 0.0
        });
        let kind = kind.unwrap_or(KINDS - 1);
        let from = if shape == Shape::EarlyShock { 0.2 } else { 0.6 };
        let shocked = moves && t > from && t < from + 0.15 && rng.uniform() < 0.5;
        let x: Vec<f64> = match shocked {
            true => centres[0].iter().map(|c| 0.9 * c + 0.4 * rng.normal()).collect(),
            false => centres[kind].iter().map(|c| 0.7 * c + 0.6 * rng.normal()).collect(),
        };
        let q = -2.0 + 0.7 * rng.normal() + quality[kind] + if shocked { 0.6 } else { 0.0 };
        cells.extend((0..REPS).map(|r| {
            let fit: f64 = taste[r].iter().zip(&x).map(|(a, b)| a * b).sum();
            math::sigmoid(q + skill[r] + fit)
        }));
    };
    let moves = shape != Shape::Stationary;
    let (mut scores, mut history) = (Vec::with_capacity(LEADS * REPS), Vec::new());
    times.iter().for_each(|t| lead(*t, moves, &mut scores));
    (0..2000).for_each(|_| lead(0.0, false, &mut history));
    if shape == Shape::Reversed {
        scores = scores.chunks_exact(REPS).rev().flatten().copied().collect();
    }
    Drawn {
        scores: Matrix::new(LEADS, REPS, scores).expect("whole rows"),
        history: Matrix::new(2000, REPS, history).expect("whole rows"),
        sizes,
    }
}

fn normals(rng: &mut Rng, n: usize, sd: f64) -> Vec<f64> {
    (0..n).map(|_| sd * rng.normal()).collect()
}

/// sin 2πx from a few turns of a rotation: good to 1e-3, which the worlds do not notice.
fn wave(x: f64) -> f64 {
    let part = x.fract();
    // Bhaskara's approximation on each half.
    let (sign, half) = if part < 0.5 { (1.0, 2.0 * part) } else { (-1.0, 2.0 * part - 1.0) };
    let product = half * (1.0 - half);
    sign * 16.0 * product / (5.0 - 4.0 * product)
}
