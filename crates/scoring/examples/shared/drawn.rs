//! A model of every layer, drawn: what is timed where no company is at hand.

use pointsman_domain::{Digest, Rng};
use pointsman_scoring::{
    Artifact, Calibration, Fallback, Scope,
    artifact::{
        CategoryInput, Inputs, LeadLayer, NumberInput, Provenance, RepLayer, RepTree, Segment, SlopeBlock, Split, Tree,
        TreeLayer,
    },
};

/// Categories, each with a slope a rep and level.
pub const CATEGORIES: u32 = 8;
/// Levels of each category.
pub const LEVELS: u32 = 12;

/// Eight slope blocks, 100 trees of depth four, 32 such trees with one effect a rep in every leaf.
pub fn artifact(names: &[String]) -> Artifact {
    let mut rng = Rng::seeded(1);
    let reps = names.len();
    let cells = LEVELS as usize * reps;
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
            intercepts: (0..reps).map(|_| 0.4 * rng.normal()).collect(),
            variances: vec![0.05; reps],
            prior_variance: 0.16,
            slopes,
            trees: (0..32).map(|_| rep_tree(&mut rng, reps)).collect(),
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

fn rep_tree(rng: &mut Rng, reps: usize) -> RepTree {
    let Tree { splits, .. } = tree(rng);
    let share = |node: u32| 0.5f64.powi((node + 1).ilog2() as i32);
    RepTree {
        shares: (0..31).map(share).collect(),
        effects: (0..16 * reps).map(|_| (0.02 * rng.normal()) as f32).collect(),
        splits,
    }
}
