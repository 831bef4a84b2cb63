//! Times one lead × 1,000 reps: eight slope blocks, 100 trees of depth four,
//! 32 such trees with one effect a rep in every leaf:
//! `cargo run --release -p pointsman-scoring --example score_speed`.

use std::time::Instant;

use pointsman_domain::{RepIndex, Rng};
use pointsman_scoring::{LeadRow, Model};

#[path = "shared/drawn.rs"]
mod drawn;
use drawn::{CATEGORIES, LEVELS, artifact};

const REPS: usize = 1000;
const ROUNDS: u32 = 20_000;

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn main() {
    let names: Vec<String> = (0..REPS).map(|r| format!("rep-{r:04}")).collect();
    let model = Model::compile(artifact(&names), &names);
    let reps: Vec<RepIndex> = (0..REPS as u32).map(RepIndex).collect();
    let mut rng = Rng::seeded(2);
    let leads: Vec<LeadRow> = (0..512).map(|_| lead(&mut rng)).collect();
    let mut out = vec![0.0; REPS];
    let mut micros = Vec::new();
    let mut sum = 0.0;
    for round in 0..ROUNDS {
        let lead = &leads[round as usize % leads.len()];
        let start = Instant::now();
        model.score(lead, &reps, &mut out);
        micros.push(start.elapsed().as_secs_f64() * 1e6);
        sum += out[round as usize % REPS];
    }
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros[(share * micros.len() as f64) as usize];
    println!(
        "one lead x {REPS} reps: p10 {:.2} us, p50 {:.2} us, p90 {:.2} us (checksum {sum:.3})",
        at(0.1),
        at(0.5),
        at(0.9)
    );
}

fn lead(rng: &mut Rng) -> LeadRow {
    let mut row = LeadRow::default();
    row.levels.extend((0..CATEGORIES).map(|_| rng.below(u64::from(LEVELS)) as u32));
    row.numbers.extend([rng.normal(), rng.normal()]);
    row
}
