//! Daily quotas and reusable slots in worlds made elsewhere: shares of the bounds.
//!
//! `cargo run --release -p pointsman-sim --example capacity_kinds -- FOLDER` where each sub-folder
//! (one a seed) holds `S.npy` (leads × reps, f64), `H.npy` (history), `t.npy` (arrival in days) and
//! per ratio of demand to capacity `day-RHO.csv`, `open-RHO.csv` (`rep,capacity`) and
//! `dur-RHO.npy` (days each lead holds its slot). The bound of a daily quota is the exact optimum
//! of each day, of slots the transportation problem with slots · (days / 3 + 1) places.

use std::{error::Error, fs, path::PathBuf};

use pointsman_assign::flow::{Assignment, optimum};
use pointsman_sim::external::{
    Matrix,
    kinds::{KindPolicy, TimedWorld, simulate_daily, simulate_slots},
};

#[path = "shared/files.rs"]
mod files;
use files::{read_capacity, read_npy};

const DAYS: f64 = 100.0;
const HOLD_DAYS: f64 = 3.0;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: capacity_kinds FOLDER")?;
    let mut seeds: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|e| Ok(e?.path())).collect::<Result<_, std::io::Error>>()?;
    seeds.sort();
    println!("{:<8}{:<7}{:<8}{:>8}   by seed", "kind", "ratio", "policy", "share");
    for rho in ["0.8", "1.0", "1.25"] {
        let mut shares: [Vec<f64>; 4] = Default::default();
        for seed in &seeds {
            let (scores, history) = (read_npy(&seed.join("S.npy"))?, read_npy(&seed.join("H.npy"))?);
            let days = read_npy(&seed.join("t.npy"))?;
            let world = TimedWorld { scores: &scores, days: days.values(), history: &history };
            let quota = read_capacity(&seed.join(format!("day-{rho}.csv")))?;
            let bound = daily_bound(&scores, days.values(), &quota)?;
            let planned = days.rows() as f64 / DAYS;
            shares[0].push(simulate_daily(&world, &quota, planned, KindPolicy::Greedy) / bound);
            shares[1].push(simulate_daily(&world, &quota, planned, KindPolicy::Prices) / bound);
            let slots = read_capacity(&seed.join(format!("open-{rho}.csv")))?;
            let places: Vec<u32> = slots.iter().map(|s| (f64::from(*s) * (DAYS / HOLD_DAYS + 1.0)) as u32).collect();
            let bound = optimum(&Assignment { values: scores.values(), capacity: &places, floor: &[] })?.value;
            let hold = read_npy(&seed.join(format!("dur-{rho}.npy")))?;
            let run = |policy| simulate_slots(&world, &slots, hold.values(), HOLD_DAYS, planned, policy);
            shares[2].push(run(KindPolicy::Greedy) / bound);
            shares[3].push(run(KindPolicy::Prices) / bound);
        }
        for ((kind, policy), by_seed) in
            [("daily", "greedy"), ("daily", "prices"), ("slots", "greedy"), ("slots", "prices")].iter().zip(&shares)
        {
            let mean = by_seed.iter().sum::<f64>() / by_seed.len() as f64;
            let each: Vec<String> = by_seed.iter().map(|s| format!("{s:.4}")).collect();
            println!("{kind:<8}{rho:<7}{policy:<8}{mean:>8.4}   {}", each.join(" "));
        }
    }
    Ok(())
}

/// The optimum of each day for itself, added up.
fn daily_bound(scores: &Matrix, days: &[f64], quota: &[u32]) -> Result<f64, Box<dyn Error>> {
    let (mut sum, mut from) = (0.0, 0);
    for day in days.chunk_by(|a, b| a.floor() == b.floor()) {
        let values = &scores.values()[from * scores.columns()..(from + day.len()) * scores.columns()];
        sum += optimum(&Assignment { values, capacity: quota, floor: &[] })?.value;
        from += day.len();
    }
    Ok(sum)
}
