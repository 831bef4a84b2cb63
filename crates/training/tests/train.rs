//! Training: parity of serving with linfa's prediction, gates, leaks, degenerate tables.

mod common;

use common::worlds::{World, world};
use linfa::traits::PredictInplace;
use pointsman_domain::{RepIndex, math};
use pointsman_scoring::{
    Artifact, Coded, Fallback, FeatureTable, Layer, LayerTrial, LeadRow, Model, Verdict, card::Limit,
};
use pointsman_training::{
    boost::BoostConfig,
    evaluate::{EvaluateConfig, Split, Truth, evaluate_table},
    gap::{Matrix, gap_closed},
    plan::Ground,
    train::{TrainConfig, TrainError, Trained, train},
};

fn config() -> TrainConfig {
    TrainConfig {
        threads: 1,
        folds: 3,
        boost: BoostConfig { learning_rate: 0.2, ..BoostConfig::default() },
        ..TrainConfig::default()
    }
}

/// Lead, reps, slopes and a curve: every layer has something to find.
const RICH: World = World { rows: 6000, reps: 15, seed: 3, lead: 0.6, rep: 0.5, slope: 0.5, curve: 0.6, boxes: 0.0 };

fn verdict(trained: &Trained, layer: Layer) -> Option<Verdict> {
    trained.card.layers.iter().find(|t| t.layer == layer).map(|t| t.verdict)
}

#[test]
fn serving_agrees_with_linfa() {
    let (table, _) = world(RICH, 0);
    let trained = train(&table, &config()).expect("trains");
    for layer in [Layer::Lead, Layer::RepIntercepts, Layer::RepSlopes, Layer::Trees] {
        assert_eq!(verdict(&trained, layer), Some(Verdict::Kept), "{layer:?}");
    }
    // The artifact goes through its file, as it does on the way to a server.
    let artifact = Artifact::load(&trained.artifact.save()).expect("loads");
    let calibration = artifact.calibration;
    let rows = &trained.encoded;
    let model = Model::compile(artifact, &rows.rep_names);
    let mut lead = LeadRow::default();
    let trees: Vec<f64> = (0..rows.len())
        .map(|row| {
            rows.load(row, &mut lead);
            pointsman_scoring::trees::sum(&trained.fitted.trees, &lead)
        })
        .collect();
    let fitted = &trained.fitted;
    let given = fitted.drift.as_ref().map(|drift| drift.logits(rows));
    let ground = Ground { plan: &fitted.plan, slopes: &fitted.slopes, given: given.as_deref() };
    let design = ground.design(rows, &[trees]);
    let mut p = fitted.hier.default_target(&design);
    fitted.hier.predict_inplace(&design, &mut p);
    for (row, p) in p.iter().enumerate() {
        let rep = rows.load(row, &mut lead).expect("every row has a rep");
        let mut logit = [0.0];
        model.score(&lead, &[rep], &mut logit);
        let theirs = math::sigmoid(calibration.intercept + calibration.slope * math::logit(*p));
        assert!((math::sigmoid(logit[0]) - theirs).abs() < 1e-12, "row {row}");
    }
}

#[test]
fn a_world_with_slopes_closes_the_gap() {
    let (table, truth) = world(World { rows: 8000, reps: 20, ..RICH }, 300);
    let truth = Truth { values: truth, reps: table.rep.names.clone() };
    let config = EvaluateConfig { split: Split::LastRows(300), until: None, labels_known: false, train: config() };
    let evaluated = evaluate_table(&table, &config, Some(&truth)).expect("evaluates");
    let gap = evaluated.evaluation.gap.expect("the truth was given");
    assert!(gap.capacity_gap_closed > 0.5 && gap.top1_gap_closed > 0.6, "{gap:?}");
    assert!(evaluated.evaluation.gain_over_base.estimate > 0.0);
    let card = &evaluated.trained.card;
    assert!(!card.interactions.is_empty() && card.learning_curve.len() == 3 && card.scales.len() > 1);
}

#[test]
fn pure_noise_keeps_nothing_and_says_so() {
    for seed in 1..=6 {
        let (table, _) = world(World { seed, ..World::SILENT }, 0);
        let trained = train(&table, &config()).expect("trains");
        let kept: Vec<Layer> = trained.card.layers.iter().filter(|t| t.verdict.stays()).map(|t| t.layer).collect();
        assert_eq!(kept, [], "seed {seed}");
        assert_eq!(trained.artifact.fallback, Fallback::BaseRate);
        assert!(trained.card.limits.contains(&Limit::NoSignal) && trained.card.limits.contains(&Limit::NoRepSignal));
        assert!(trained.artifact.reps.is_none() && trained.artifact.trees.is_none());
    }
}

#[test]
fn reps_that_differ_only_overall_give_the_shrunken_rate() {
    let (table, _) = world(World { rep: 0.8, seed: 2, ..World::SILENT }, 0);
    let trained = train(&table, &config()).expect("trains");
    assert_eq!(trained.artifact.fallback, Fallback::RepRate);
    let reps = trained.artifact.reps.as_ref().expect("intercepts");
    assert!(reps.slopes.is_empty() && reps.intercepts.iter().any(|b| b.abs() > 0.3));
}

/// Ten leads a rep tell next to nothing of a rep × category effect, and held-out log-loss cannot
/// prove one; when a lead may go to any of the reps, what little they tell is worth having.
#[test]
fn reps_with_ten_leads_each_keep_slopes_that_do_not_cost() {
    let (mut with, mut without, mut finer) = (0.0, 0.0, 0);
    for seed in 1..=4 {
        let (table, truth) =
            world(World { rows: 4200, reps: 400, seed, rep: 0.8, slope: 0.4, curve: 0.0, ..RICH }, 200);
        let truth = Truth { values: truth, reps: table.rep.names.clone() };
        let config = EvaluateConfig { split: Split::LastRows(200), until: None, labels_known: false, train: config() };
        let evaluated = evaluate_table(&table, &config, Some(&truth)).expect("evaluates");
        let layers = &evaluated.trained.card.layers;
        finer += layers.iter().filter(|trial| trial.verdict == Verdict::KeptFiner).count();
        let earned = |trial: &LayerTrial| trial.gain > trial.standard_error.map(|error| 2.0 * error);
        assert!(layers.iter().filter(|trial| trial.verdict.stays()).all(earned), "{layers:?}");
        with += evaluated.evaluation.gap.expect("the truth was given").capacity_gap_closed;
        without += gap_without_slopes(&evaluated.trained, &table, &truth);
    }
    assert!(finer >= 2, "{finer} of 4");
    assert!(with > without + 0.1, "{with} {without}");
}

fn gap_without_slopes(trained: &Trained, table: &FeatureTable, truth: &Truth) -> f64 {
    let mut artifact = trained.artifact.clone();
    artifact.reps.as_mut().expect("reps differ").slopes.clear();
    let reps = truth.reps.len();
    let last = truth.values.len() / reps;
    let rows: Vec<usize> = (table.len() - last..table.len()).collect();
    let rows =
        pointsman_training::encode::encode(&table.take(&rows), &trained.encoded.inputs, &trained.encoded.rep_names);
    let model = Model::compile(artifact, &truth.reps);
    let everyone: Vec<RepIndex> = (0..reps as u32).map(RepIndex).collect();
    let mut lead = LeadRow::default();
    let mut predicted = vec![0.0; truth.values.len()];
    for (row, logits) in predicted.chunks_exact_mut(reps).enumerate() {
        rows.load(row, &mut lead);
        model.score(&lead, &everyone, logits);
        logits.iter_mut().for_each(|z| *z = math::sigmoid(*z));
    }
    gap_closed(Matrix { values: &predicted, reps }, Matrix { values: &truth.values, reps }).capacity_gap_closed
}

#[test]
fn test_labels_change_no_prediction() {
    let (table, _) = world(RICH, 0);
    let config = EvaluateConfig { split: Split::At(5000), until: None, labels_known: true, train: config() };
    let honest = evaluate_table(&table, &config, None).expect("evaluates");
    let mut shuffled = table.clone();
    for row in 5000..6000 {
        shuffled.y[row] = table.y[10_999 - row];
        shuffled.label_ts[row] = 5000 + table.label_ts[10_999 - row];
        shuffled.value[row] = 1e9;
    }
    let other = evaluate_table(&shuffled, &config, None).expect("evaluates");
    assert_eq!(honest.predictions, other.predictions);
    assert_eq!(honest.trained.artifact.digest(), other.trained.artifact.digest());
    assert_ne!(honest.evaluation.log_loss, other.evaluation.log_loss, "the judgement does see them");
}

#[test]
fn unseen_reps_and_levels_and_missing_values_are_scored() {
    let (mut table, _) = world(RICH, 0);
    for row in 0..6000 {
        if row % 7 == 0 {
            table.numbers[0].values[row] = f64::NAN;
        }
        if row % 11 == 0 {
            table.categories[0].values.codes[row] = Coded::MISSING;
        }
        // The last rows hold a rep and a level that training never saw.
        if row >= 5900 {
            table.rep.codes[row] = 15;
            table.categories[0].values.codes[row] = 6;
        }
    }
    table.rep.names.push("newcomer".into());
    table.categories[0].values.names.push("space".into());
    let config = EvaluateConfig { split: Split::Share(0.95), until: None, labels_known: false, train: config() };
    let evaluated = evaluate_table(&table, &config, None).expect("evaluates");
    assert!(evaluated.predictions.iter().all(|p| (0.0..=1.0).contains(p)));
    let input = &evaluated.trained.artifact.inputs.categories[0];
    assert!(input.missing && !input.other);
}

#[test]
fn degenerate_tables_have_named_outcomes() {
    let (table, _) = world(World { rows: 600, lead: 0.8, ..World::SILENT }, 0);
    let outcome = |change: fn(&mut FeatureTable)| {
        let mut table = table.clone();
        change(&mut table);
        train(&table, &config())
    };
    assert!(matches!(outcome(|t| t.y.fill(true)), Err(TrainError::OneOutcome { rows: 600 })));
    assert!(matches!(outcome(|t| *t = FeatureTable::default()), Err(TrainError::Empty)));
    assert!(matches!(outcome(|t| t.ts.truncate(3)), Err(TrainError::Table(_))));

    let one_rep = outcome(|t| t.rep.codes.fill(0)).expect("trains");
    assert_eq!(verdict(&one_rep, Layer::RepIntercepts), Some(Verdict::NotApplicable));

    let bare = outcome(|t| {
        t.categories.clear();
        t.numbers.clear();
    })
    .expect("trains");
    assert_eq!(verdict(&bare, Layer::Lead), Some(Verdict::NotApplicable));
    assert_eq!(verdict(&bare, Layer::Trees), Some(Verdict::NotApplicable));
    assert_eq!(verdict(&bare, Layer::RepTrees), Some(Verdict::NotApplicable));

    let constant = outcome(|t| t.numbers[0].values.fill(7.0)).expect("trains");
    assert!(constant.card.limits.contains(&Limit::ConstantColumn { name: "amount".into() }));
    assert_eq!(constant.artifact.lead.numbers[0], 0.0);

    let infinite = outcome(|t| t.numbers[0].values.fill(f64::INFINITY)).expect("trains");
    assert!(infinite.artifact.base.is_finite());

    let small = world(World { rows: 40, ..World::SILENT }, 0).0;
    let few = train(&small, &config()).expect("trains");
    assert_eq!(verdict(&few, Layer::Lead), Some(Verdict::TooFewRows));

    let without = train(&table, &TrainConfig { no_rep: true, ..config() }).expect("trains");
    assert_eq!(verdict(&without, Layer::RepIntercepts), Some(Verdict::Excluded));
    assert!(without.artifact.reps.is_none());
}

#[test]
fn training_is_reproducible() {
    let (table, _) = world(World { rows: 2500, ..RICH }, 0);
    let one = train(&table, &config()).expect("trains").artifact;
    let two = train(&table, &TrainConfig { threads: 2, ..config() }).expect("trains").artifact;
    assert_eq!(one.digest(), two.digest(), "whatever the number of threads");
}
