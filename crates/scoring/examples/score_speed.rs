//! Times one lead × 1,000 reps: eight slope blocks, 100 trees of depth four,
//! 32 such trees with one effect a rep in every leaf:
//! `cargo run --release -p pointsman-scoring --example score_speed`.

use std::time::Instant;

use pointsman_domain::{Digest, RepIndex, Rng};
use pointsman_scoring::{
    Artifact, Calibration, Fallback, LeadRow, Model, Scope,
    artifact::{
        CategoryInput, Inputs, LeadLayer, NumberInput, Provenance, RepLayer, RepTree, Segment, SlopeBlock, Split, Tree,
        TreeLayer,
    },
};

const REPS: usize = 1000;
const CATEGORIES: u32 = 8;
const LEVELS: u32 = 12;
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

fn artifact(names: &[String]) -> Artifact {
    let mut rng = Rng::seeded(1);
    let cells = LEVELS as usize * REPS;
    let mut block = |input: u32| SlopeBlock {
        segment: Segment::Category { input },
        prior_variance: 0.1,
        effects: (0..cells).map(|_| 0.3 * rng.normal()).collect(),
        variances: vec![0.05; cells],
        covariances: vec![-0.01; cells],
    };
    let slopes = (0..CATEGORIES).map(&mut block).collect();
    let level = |l: u32| format!("level-{l:02}").into();
    let category = |c: u32| CategoryInput {
        name: format!("category-{c}").into(),
        levels: (0..LEVELS).map(level).collect(),
        other: false,
        missing: false,
    };
    let number = |name: &str| NumberInput { name: name.into(), scope: Scope::Lead, mean: 0.0, sd: 1.0, clip: 5.0 };
    Artifact {
        format: 2,
        provenance: Provenance {
            engine: "0".into(),
            spec: None,
            data: Digest::default(),
            rows: 0,
            trained_until: None,
            seed: 0,
        },
        fallback: Fallback::Layers,
        inputs: Inputs { categories: (0..CATEGORIES).map(category).collect(), numbers: vec![number("a"), number("b")] },
        base: -1.0,
        lead: LeadLayer {
            numbers: vec![0.1, 0.2],
            missing: vec![0.0; 2],
            categories: vec![vec![0.1; LEVELS as usize]; CATEGORIES as usize],
            segments: Vec::new(),
        },
        trees: Some(TreeLayer { trees: (0..100).map(|_| tree(&mut rng)).collect() }),
        reps: Some(RepLayer {
            names: names.iter().map(|n| n.as_str().into()).collect(),
            intercepts: (0..REPS).map(|_| 0.4 * rng.normal()).collect(),
            variances: vec![0.05; REPS],
            prior_variance: 0.16,
            slopes,
            trees: (0..32).map(|_| rep_tree(&mut rng)).collect(),
        }),
        calibration: Calibration::IDENTITY,
        value: None,
    }
}

/// A full tree of depth four: 15 splits, 16 leaves.
fn tree(rng: &mut Rng) -> Tree {
    let split = |node: u32, rng: &mut Rng| {
        let (left, right) = (2 * node + 1, 2 * node + 2);
        match node % 2 {
            0 => Split::Number { input: rng.below(2) as u32, threshold: rng.normal(), missing_left: true, left, right },
            _ => {
                let levels = (0..LEVELS).filter(|_| rng.uniform() < 0.5).collect();
                Split::Category { input: rng.below(u64::from(CATEGORIES)) as u32, levels, left, right }
            }
        }
    };
    let splits = (0..31).map(|node| if node < 15 { split(node, rng) } else { Split::Leaf }).collect();
    Tree { splits, values: (0..31).map(|_| 0.02 * rng.normal()).collect() }
}

fn rep_tree(rng: &mut Rng) -> RepTree {
    let Tree { splits, .. } = tree(rng);
    let share = |node: u32| 0.5f64.powi((node + 1).ilog2() as i32);
    RepTree {
        shares: (0..31).map(share).collect(),
        effects: (0..16 * REPS).map(|_| (0.02 * rng.normal()) as f32).collect(),
        splits,
    }
}
