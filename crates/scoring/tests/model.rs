//! Scoring against the formula, explanation, unknown reps and levels, tampering, old formats.

use pointsman_domain::{Digest, RepIndex, Rng};
use pointsman_scoring::{
    Artifact, ArtifactError, Calibration, Fallback, LeadRow, Model, NO_LEVEL, Part, Scope,
    artifact::{
        CategoryInput, Inputs, LeadLayer, NumberInput, Provenance, RepLayer, RepTree, Segment, SegmentEffects,
        SlopeBlock, Split, Tree, TreeLayer,
    },
};

const LEVELS: [&str; 3] = ["finance", "health", "retail"];

fn number(name: &str) -> NumberInput {
    NumberInput { name: name.into(), scope: Scope::Lead, mean: 10.0, sd: 2.0, clip: 5.0 }
}

fn block(segment: Segment, levels: usize, reps: usize, rng: &mut Rng) -> SlopeBlock {
    let cells = levels * reps;
    SlopeBlock {
        segment,
        prior_variance: 0.25,
        effects: (0..cells).map(|_| 0.5 * rng.normal()).collect(),
        variances: vec![0.04; cells],
        covariances: vec![-0.01; cells],
    }
}

/// Every part of an artifact, with some numbers in it.
fn artifact(reps: usize) -> Artifact {
    let mut rng = Rng::seeded(3);
    let category =
        CategoryInput { name: "industry".into(), levels: LEVELS.map(Into::into).into(), other: true, missing: true };
    let names = (0..reps).map(|r| format!("rep-{r:04}").into()).collect();
    let pair = Segment::Pair {
        first: Segment::Category { input: 0 }.into(),
        second: Segment::Bins { input: 1, edges: vec![9.0, 11.0] }.into(),
    };
    let tree = Tree {
        splits: vec![
            Split::Number { input: 0, threshold: 10.0, missing_left: true, left: 1, right: 2 },
            Split::Category { input: 0, levels: vec![0, 2], left: 3, right: 4 },
            Split::Leaf,
            Split::Leaf,
            Split::Leaf,
        ],
        values: vec![0.01, 0.05, -0.1, 0.2, -0.05],
    };
    Artifact {
        format: 2,
        provenance: Provenance {
            engine: "0.1.0".into(),
            spec: None,
            data: Digest::default(),
            rows: 1000,
            trained_until: None,
            seed: 1,
        },
        fallback: Fallback::Layers,
        inputs: Inputs { categories: vec![category], numbers: vec![number("amount"), number("visits")] },
        base: -1.2,
        lead: LeadLayer {
            numbers: vec![0.3, -0.1],
            missing: vec![0.07, 0.0],
            categories: vec![vec![0.2, -0.3, 0.1, 0.0, 0.4]],
            segments: vec![],
        },
        trees: Some(TreeLayer { trees: vec![tree] }),
        reps: Some(RepLayer {
            names,
            intercepts: (0..reps).map(|_| 0.3 * rng.normal()).collect(),
            variances: vec![0.02; reps],
            prior_variance: 0.1,
            slopes: vec![
                block(Segment::Category { input: 0 }, 5, reps, &mut rng),
                block(Segment::Number { input: 0 }, 1, reps, &mut rng),
                block(pair, 20, reps, &mut rng),
            ],
            trees: (0..9).map(|_| rep_tree(reps, &mut rng)).collect(),
        }),
        calibration: Calibration { intercept: 0.05, slope: 0.9 },
        value: None,
    }
}

/// Asks for the amount, then for the industry; nine of them make one full pass and one left over.
fn rep_tree(reps: usize, rng: &mut Rng) -> RepTree {
    RepTree {
        splits: vec![
            Split::Number { input: 0, threshold: 10.0, missing_left: true, left: 1, right: 2 },
            Split::Category { input: 0, levels: vec![0, 2], left: 3, right: 4 },
            Split::Leaf,
            Split::Leaf,
            Split::Leaf,
        ],
        shares: vec![1.0, 0.7, 0.3, 0.3, 0.4],
        effects: (0..3 * reps).map(|_| (0.1 * rng.normal()) as f32).collect(),
    }
}

fn lead(level: u32, amount: f64, visits: f64) -> LeadRow {
    let mut row = LeadRow::default();
    row.levels.push(level);
    row.numbers.extend([amount, visits]);
    row
}

/// The formula of the artifact's documentation, written down once more.
fn by_hand(a: &Artifact, level: usize, amount: f64, visits: f64, rep: Option<usize>) -> f64 {
    let z = |x: f64| if x.is_nan() { 0.0 } else { ((x - 10.0) / 2.0f64).clamp(-5.0, 5.0) };
    let mut logit = a.base + 0.3 * z(amount) - 0.1 * z(visits) + a.lead.categories[0][level];
    logit += if amount.is_nan() { 0.07 } else { 0.0 };
    logit += match (amount <= 10.0 || amount.is_nan(), level) {
        (false, _) => -0.1,
        (true, 0 | 2) => 0.2,
        (true, _) => -0.05,
    };
    if let (Some(rep), Some(layer)) = (rep, &a.reps) {
        let n = layer.names.len();
        let bin = if visits.is_nan() { 3 } else { [9.0, 11.0].iter().filter(|e| visits > **e).count() };
        logit += layer.intercepts[rep] + layer.slopes[0].effects[level * n + rep];
        // The first leaf in order of nodes is the root's right child.
        let leaf = match (amount <= 10.0 || amount.is_nan(), level) {
            (false, _) => 0,
            (true, 0 | 2) => 1,
            (true, _) => 2,
        };
        logit += layer.trees.iter().map(|tree| f64::from(tree.effects[leaf * n + rep])).sum::<f64>();
        logit += z(amount) * layer.slopes[1].effects[rep] + layer.slopes[2].effects[(level * 4 + bin) * n + rep];
    }
    a.calibration.intercept + a.calibration.slope * logit
}

#[test]
fn scores_follow_the_formula_and_explanations_sum_to_them() {
    let artifact = artifact(7);
    let roster = ["rep-0005", "stranger", "rep-0000"];
    let model = Model::compile(artifact.clone(), &roster);
    let reps = [RepIndex(0), RepIndex(1), RepIndex(2)];
    for level in 0..5 {
        for (amount, visits) in [(9.0, 12.0), (10.0, 9.0), (f64::NAN, 10.0), (1e9, f64::NAN), (13.0, 11.0)] {
            let row = lead(level, amount, visits);
            let mut out = [0.0; 3];
            model.score(&row, &reps, &mut out);
            for (i, known) in [(0, Some(5)), (1, None), (2, Some(0))] {
                let expected = by_hand(&artifact, level as usize, amount, visits, known);
                // Effects of trees are single precision.
                assert!((out[i] - expected).abs() < 1e-6, "{level} {amount} {visits} {i}");
                let parts: f64 = model.explain(&row, reps[i]).iter().map(|c| c.logit).sum();
                assert!((parts - out[i]).abs() < 1e-6);
                assert!((model.row_logit(&row, Some(reps[i])) - out[i]).abs() < 1e-6);
            }
            let why: f64 = model.compare(&row, reps[0], reps[2]).iter().map(|c| c.logit).sum();
            assert!((why - (out[0] - out[2])).abs() < 1e-6);
        }
    }
}

#[test]
fn an_unseen_level_has_no_effect_and_a_stranger_the_full_variance() {
    let model = Model::compile(artifact(3), &["rep-0001", "stranger"]);
    let known = lead(1, 11.0, 10.0);
    let stranger = model.variance(&known, RepIndex(1));
    // 0.81 × (0.1 + 0.25 + 0.25 × 0.5² + 0.25), the number's slope counting z² = 0.25.
    assert!((stranger - 0.81 * (0.1 + 0.25 + 0.0625 + 0.25)).abs() < 1e-7, "{stranger}");
    assert!(model.variance(&known, RepIndex(0)) < 0.2 * stranger);
    let unseen = lead(NO_LEVEL, 11.0, 10.0);
    assert!(model.explain(&unseen, RepIndex(0)).iter().all(|c| c.logit.is_finite()));
}

#[test]
fn segments_of_the_lead_count_and_are_explained() {
    let mut artifact = artifact(1);
    let segment = Segment::Bins { input: 1, edges: vec![9.0] };
    artifact.lead.segments = vec![SegmentEffects { segment, effects: vec![0.5, -0.25, 0.125] }];
    let artifact = Artifact::load(&artifact.save()).expect("loads");
    let model = Model::compile(artifact, &["rep-0000"]);
    for (visits, effect) in [(9.0, 0.5), (9.5, -0.25), (f64::NAN, 0.125)] {
        let row = lead(1, 10.0, visits);
        let part =
            model.explain(&row, RepIndex(0)).into_iter().find(|c| c.part == Part::LeadSegment(0)).expect("a part");
        assert!((part.logit - 0.9 * effect).abs() < 1e-12);
        let parts: f64 = model.explain(&row, RepIndex(0)).iter().map(|c| c.logit).sum();
        assert!((parts - model.row_logit(&row, Some(RepIndex(0)))).abs() < 1e-12);
    }
}

#[test]
fn an_altered_artifact_does_not_load() {
    let original = artifact(2);
    let file = original.save();
    assert_eq!(Artifact::load(&file).expect("loads"), original);
    let text = String::from_utf8(file).expect("JSON");
    let altered = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        Artifact::load(text.replacen(from, to, 1).as_bytes())
    };
    assert!(matches!(altered("\"base\":-1.2", "\"base\":-1.1"), Err(ArtifactError::Tampered { .. })));
    assert!(matches!(altered("rep-0001", "rep-0002"), Err(ArtifactError::Tampered { .. })));
    assert!(matches!(altered("\"base\":-1.2", "\"extra\":1,\"base\":-1.2"), Err(ArtifactError::Json(_))));
    assert!(matches!(altered("\"format\":2", "\"format\":3"), Err(ArtifactError::Format(3))));
    assert!(matches!(Artifact::load(b"{"), Err(ArtifactError::Json(_))));
}

#[test]
fn a_misshapen_artifact_does_not_load() {
    let refused = |change: fn(&mut Artifact)| {
        let mut artifact = artifact(2);
        change(&mut artifact);
        matches!(Artifact::load(&artifact.save()), Err(ArtifactError::Shape(_)))
    };
    assert!(refused(|a| a.lead.numbers.clear()));
    assert!(refused(|a| a.reps.as_mut().into_iter().for_each(|r| r.slopes[0].effects.clear())));
    assert!(refused(|a| a.reps.as_mut().into_iter().for_each(|r| r.names.reverse())));
    // A tree whose child is its parent would never end.
    assert!(refused(|a| {
        if let Some(layer) = &mut a.trees {
            layer.trees[0].splits[2] =
                Split::Number { input: 0, threshold: 0.0, missing_left: false, left: 0, right: 1 };
        }
    }));
    assert!(refused(|a| a.inputs.numbers[0].sd = 0.0));
    assert!(refused(|a| a.format = 1), "format 1 has no trees of reps");
    let of_first = |a: &mut Artifact, change: fn(&mut RepTree)| a.reps.iter_mut().for_each(|r| change(&mut r.trees[0]));
    let refused_tree = |change: fn(&mut RepTree)| {
        let mut artifact = artifact(2);
        of_first(&mut artifact, change);
        matches!(Artifact::load(&artifact.save()), Err(ArtifactError::Shape(_)))
    };
    assert!(refused_tree(|t| t.effects.truncate(5)));
    assert!(refused_tree(|t| t.shares.truncate(1)));
    assert!(refused_tree(|t| t.splits[1] = Split::Leaf));
    assert!(refused_tree(|t| {
        t.splits[1] = Split::Category { input: 0, levels: vec![0], left: 0, right: 4 };
    }));
}

#[test]
fn format_1_still_loads() {
    let file = include_bytes!("fixtures/artifact-format-1.json");
    let artifact = Artifact::load(file).expect("format 1 is read for ever");
    let model = Model::compile(artifact, &["rep-0000", "rep-0001"]);
    let mut out = [0.0; 2];
    model.score(&lead(2, 9.0, 12.0), &[RepIndex(0), RepIndex(1)], &mut out);
    let expected = by_hand(model.artifact(), 2, 9.0, 12.0, Some(1));
    assert!((out[1] - expected).abs() < 1e-12);
}

#[test]
fn format_2_still_loads() {
    let artifact =
        Artifact::load(include_bytes!("fixtures/artifact-format-2.json")).expect("format 2 is read for ever");
    let model = Model::compile(artifact, &["rep-0000", "rep-0001"]);
    for (level, amount) in [(0, 9.0), (1, 9.0), (2, f64::NAN), (1, 11.0)] {
        let expected = by_hand(model.artifact(), level, amount, 12.0, Some(1));
        let logit = model.row_logit(&lead(level as u32, amount, 12.0), Some(RepIndex(1)));
        assert!((logit - expected).abs() < 1e-6);
    }
}

#[test]
fn a_thousand_reps_get_the_same_scores_in_any_order() {
    let names: Vec<String> = (0..1000).map(|r| format!("rep-{r:04}")).collect();
    let model = Model::compile(artifact(1000), &names);
    let row = lead(1, 12.0, 8.0);
    let forward: Vec<RepIndex> = (0..1000).map(RepIndex).collect();
    let backward: Vec<RepIndex> = (0..1000).rev().map(RepIndex).collect();
    let (mut a, mut b) = (vec![0.0; 1000], vec![0.0; 1000]);
    model.score(&row, &forward, &mut a);
    model.score(&row, &backward, &mut b);
    b.reverse();
    assert_eq!(a, b);
    // The first reps alone take the same way as all of them; others look their places up.
    let mut few = vec![0.0; 300];
    model.score(&row, &forward[..300], &mut few);
    assert_eq!(few, a[..300]);
    model.score(&row, &forward[700..], &mut few);
    assert_eq!(few, a[700..]);
}
