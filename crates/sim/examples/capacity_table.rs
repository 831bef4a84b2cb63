//! The share of the exact hindsight optimum that each policy reaches in worlds made elsewhere.
//!
//! `cargo run --release -p pointsman-sim --example capacity_table -- FOLDER [POLICY,…]` where each
//! sub-folder `SHAPE-SEED` holds `S.npy` (leads × reps, f64), `H.npy` (history) and one
//! `C-RHO.csv` (`rep,capacity`) per ratio of demand to capacity.

use std::{collections::BTreeMap, error::Error, fs};

use pointsman_assign::flow::{Assignment, optimum};
use pointsman_sim::external::{ExternalPolicy, ExternalWorld, simulate_assign};

#[path = "shared/files.rs"]
mod files;
use files::{read_capacity, read_npy};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: capacity_table FOLDER [POLICY,…]")?;
    let policies: Vec<ExternalPolicy> = match arguments.next() {
        Some(names) => names.split(',').map(str::parse).collect::<Result<_, _>>()?,
        None => ExternalPolicy::ALL.to_vec(),
    };
    let mut worlds: Vec<_> = fs::read_dir(&folder)?.map(|e| Ok(e?.path())).collect::<Result<_, std::io::Error>>()?;
    worlds.sort();
    let mut shares: BTreeMap<(String, ExternalPolicy, String), Vec<f64>> = BTreeMap::new();
    let (mut decision_us, mut solve_ms) = (0.0f64, 0.0f64);
    for world in worlds {
        let name = world.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let Some((shape, _seed)) = name.rsplit_once('-') else { continue };
        let (scores, history) = (read_npy(&world.join("S.npy"))?, read_npy(&world.join("H.npy"))?);
        for rho in ["0.7", "1.0", "1.3"] {
            let capacity = read_capacity(&world.join(format!("C-{rho}.csv")))?;
            let best = optimum(&Assignment { values: scores.values(), capacity: &capacity, floor: &[] })?.value;
            let history = Some(&history);
            let external =
                ExternalWorld { scores: &scores, capacity: &capacity, history, seen: None, forecast_error: 1.0 };
            for &policy in &policies {
                let run = simulate_assign(&external, policy, 7)?;
                let key = (shape.to_owned(), policy, rho.to_owned());
                shares.entry(key).or_default().push(run.expected_conversions / best);
                (decision_us, solve_ms) = (decision_us.max(run.decision_us_p50), solve_ms.max(run.solve_ms_p50));
            }
        }
    }
    println!("{:<14}{:<18}{:<6}{:>8}   by seed", "shape", "policy", "ratio", "share");
    for ((shape, policy, rho), by_seed) in &shares {
        let mean = by_seed.iter().sum::<f64>() / by_seed.len() as f64;
        let each: Vec<String> = by_seed.iter().map(|s| format!("{s:.4}")).collect();
        println!("{shape:<14}{:<18}{rho:<6}{mean:>8.4}   {}", policy.name(), each.join(" "));
    }
    println!("slowest median: {decision_us:.2} µs a decision, {solve_ms:.1} ms a solve");
    Ok(())
}
