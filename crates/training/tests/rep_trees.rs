//! Trees with one effect a rep in every leaf: found where reps are of kinds that nobody named, and
//! only there; honest about rows they did not see; served as they were fitted.

mod common;

use std::sync::Arc;

use common::worlds::{World, world};
use pointsman_domain::RepIndex;
use pointsman_scoring::{Artifact, FeatureTable, Layer, LeadRow, Model, Part, Verdict, artifact::RepTree};
use pointsman_training::{
    TrainConfig, Trained,
    boost::{Binned, BoostConfig, Lessons, Owners, RepBoostConfig, boost_reps},
    encode::{Encoded, encode, learn_inputs},
    evaluate::{EvaluateConfig, Split, Truth, evaluate_table},
    plan::{FitConfig, Plan, RepPlan, fit},
    train,
};

/// Sixty reps of three kinds with a hundred and fifty leads each.
const BOXES: World = World { rows: 9000, reps: 60, lead: 0.4, boxes: 1.6, seed: 5, ..World::SILENT };

fn config() -> TrainConfig {
    let boost = BoostConfig { learning_rate: 0.2, ..BoostConfig::default() };
    TrainConfig { threads: 1, folds: 3, boost, ..TrainConfig::default() }
}

fn encoded(table: &FeatureTable) -> Encoded {
    let (inputs, reps) = learn_inputs(table);
    encode(table, &Arc::new(inputs), &reps.into())
}

fn kept(trained: &Trained, layer: Layer) -> bool {
    trained.card.layers.iter().any(|t| t.layer == layer && t.verdict == Verdict::Kept)
}

#[test]
fn kinds_of_reps_are_found_served_and_explained() {
    let (table, truth) = world(BOXES, 300);
    let truth = Truth { values: truth, reps: table.rep.names.clone() };
    let config = EvaluateConfig { split: Split::LastRows(300), until: None, labels_known: false, train: config() };
    let evaluated = evaluate_table(&table, &config, Some(&truth)).expect("evaluates");
    let trained = &evaluated.trained;
    assert!(kept(trained, Layer::RepTrees), "{:?}", trained.card.layers);
    let gap = evaluated.evaluation.gap.expect("the truth was given");
    assert!(gap.capacity_gap_closed > 0.6, "{gap:?}");

    // Through its file, as it reaches a server, for a roster in another order with a stranger.
    let artifact = Artifact::load(&trained.artifact.save()).expect("loads");
    assert_eq!(artifact.format, 2);
    let own = Model::compile(artifact.clone(), &trained.encoded.rep_names);
    let roster = ["rep-007", "stranger", "rep-001"];
    let other = Model::compile(artifact, &roster);
    let mut lead = LeadRow::default();
    for row in 0..200 {
        trained.encoded.load(row, &mut lead);
        let mut scores = [0.0; 3];
        other.score(&lead, &[RepIndex(0), RepIndex(1), RepIndex(2)], &mut scores);
        assert!((scores[0] - own.row_logit(&lead, Some(RepIndex(7)))).abs() < 1e-6);
        assert!((scores[1] - own.row_logit(&lead, None)).abs() < 1e-6, "a stranger has no effect");
        let parts = other.explain(&lead, RepIndex(2));
        assert!((parts.iter().map(|c| c.logit).sum::<f64>() - scores[2]).abs() < 1e-6);
        assert!(parts.iter().any(|c| matches!(c.part, Part::RepTreeCategory(0))));
    }
}

#[test]
fn reps_that_do_not_differ_by_lead_get_no_trees() {
    for seed in 1..=4 {
        // A curve of the lead's own, and reps who differ overall: neither is a rep × lead effect.
        let flat = World { rows: 4000, rep: 0.5, lead: 0.6, curve: 0.8, seed, ..World::SILENT };
        let trained = train(&world(flat, 0).0, &config()).expect("trains");
        assert!(!kept(&trained, Layer::RepTrees), "seed {seed}: {:?}", trained.card.layers);
        assert_eq!(trained.artifact.format, 1, "what older versions can read stays so");
    }
}

#[test]
fn a_handful_of_leads_a_rep_is_too_few() {
    let thin = World { rows: 1100, ..BOXES };
    let trained = train(&world(thin, 0).0, &config()).expect("trains");
    let trial = trained.card.layers.iter().find(|t| t.layer == Layer::RepTrees);
    assert_eq!(trial.map(|t| t.verdict), Some(Verdict::TooFewRows));
}

/// What trees say of rows they did not see must be worth what it says, also above slopes that
/// already explain much of a rep: the multiplier, fitted on such rows, is one or above (effects are
/// shrunk). Slopes fitted to those rows as well would drive it towards zero.
#[test]
fn the_sum_over_unseen_rows_is_worth_what_it_says() {
    let rows = encoded(&world(World { slope: 0.3, ..BOXES }, 0).0);
    let config = FitConfig { threads: 1, boost: BoostConfig::default() };
    for reps in [RepPlan::Intercepts, RepPlan::Slopes] {
        let plan = Plan { lead: true, reps, rep_trees: true, ..Plan::BASE };
        let fitted = fit(&rows, &plan, &config, None).expect("fits");
        let multiplier = fitted.rep_trees_multiplier();
        println!("{reps:?}: {multiplier}");
        assert!((0.7..2.5).contains(&multiplier), "{reps:?}: {multiplier}");
    }
}

#[test]
fn trees_do_not_depend_on_threads_nor_on_rows_left_out() {
    let rows = encoded(&world(BOXES, 0).0);
    let levels: Vec<&[u32]> = rows.levels.iter().map(AsRef::as_ref).collect();
    let raw: Vec<&[f64]> = rows.raw.iter().map(AsRef::as_ref).collect();
    let features = Binned::new(&rows.inputs, &levels, &raw, |_| true);
    let offset = vec![-0.8; rows.len()];
    let owners = Owners { rep: &rows.rep, reps: rows.rep_names.len() };
    let grow = |threads: usize, won: &[bool]| -> Vec<RepTree> {
        let lessons = Lessons { features: &features, offset: &offset, won, weight: &rows.weight };
        let seen: Vec<u32> = (0..8000).collect();
        boost_reps(&lessons, owners, &seen, &RepBoostConfig { trees: 4, threads, ..RepBoostConfig::default() })
    };
    let trees = grow(1, &rows.won);
    assert_eq!(trees.len(), 4);
    assert_eq!(trees, grow(2, &rows.won));
    let mut other = rows.won.to_vec();
    other[8000..].iter_mut().for_each(|won| *won = !*won);
    assert_eq!(trees, grow(1, &other), "rows left out are not looked at");
    for tree in &trees {
        assert!((tree.shares[0] - 1.0).abs() < 1e-9 && tree.splits.len() <= 31);
    }
}
