//! `HierLogit`: recovers planted variances, linfa's traits, honest posterior variances, refusals.

use std::sync::Arc;

use linfa::{
    DatasetBase, ParamGuard,
    traits::{Fit, Predict},
};
use ndarray::Array1;
use pointsman_domain::{Rng, math};
use pointsman_training::hier::{
    Column, Covariance, Design, FixedColumn, HierError, HierLogit, HierLogitParams, NONE, Prior,
};

struct Planted {
    design: Design,
    won: Vec<bool>,
    intercepts: Vec<f64>,
}

/// Reps with sd 0.6, slopes on five levels with sd 0.4, a number without slopes.
fn planted(rows: usize, reps: usize, seed: u64) -> Planted {
    let mut rng = Rng::seeded(seed);
    let intercepts: Vec<f64> = (0..reps).map(|_| 0.6 * rng.normal()).collect();
    let slopes: Vec<f64> = (0..reps * 5).map(|_| 0.4 * rng.normal()).collect();
    let (mut rep, mut codes, mut x, mut won) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let (r, level, z) = (rng.below(reps as u64) as usize, rng.below(5) as usize, rng.normal());
        let logit = -0.7 + 0.5 * z + intercepts[r] + slopes[level * reps + r];
        won.push(rng.uniform() < math::sigmoid(logit));
        rep.push(r as u32);
        codes.push(level as u32);
        x.push(z);
    }
    let number = Column::Number(x.into());
    let design = Design {
        fixed: vec![FixedColumn { column: number.clone(), prior: Prior::Learned { group: 0 } }],
        rep: rep.into(),
        reps,
        slopes: vec![number, Column::Levels { codes: codes.into(), levels: 5 }],
        offset: vec![0.0; rows].into(),
    };
    Planted { design, won, intercepts }
}

fn fit(design: &Design, won: &[bool], params: HierLogitParams) -> HierLogit {
    let dataset = DatasetBase::new(design.clone(), Array1::from(won.to_vec()));
    params.check().expect("valid").fit(&dataset).expect("fits")
}

#[test]
fn recovers_planted_variances_and_effects() {
    let Planted { design, won, intercepts } = planted(12_000, 60, 1);
    let model = fit(&design, &won, HierLogitParams::default());
    let reps = model.reps.as_ref().expect("there are reps");
    let sd = [reps.prior_variance, reps.slopes[0].prior_variance, reps.slopes[1].prior_variance].map(f64::sqrt);
    assert!((0.45..0.75).contains(&sd[0]), "intercepts: {sd:?}");
    assert!(sd[1] < 0.1, "the number has no slopes: {sd:?}");
    assert!((0.3..0.5).contains(&sd[2]), "levels: {sd:?}");
    assert!((model.fixed[0][0] - 0.5).abs() < 0.06);
    assert!(model.converged);
    // Posterior intervals mean what they say: z-scores of the planted truth have variance 1.
    // The mean of a rep's five slopes is not told apart from its intercept, so compare that sum's
    // intercept only through its own variance.
    let z: Vec<f64> = (0..60)
        .map(|r| (reps.intercepts[r] - (intercepts[r] - mean(&intercepts))) / reps.variances[r].sqrt())
        .collect();
    let spread = (z.iter().map(|z| z * z).sum::<f64>() / 60.0).sqrt();
    assert!((0.7..1.35).contains(&spread), "{spread}");
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn predicts_through_linfa() {
    let Planted { design, won, .. } = planted(3000, 10, 2);
    let model = fit(&design, &won, HierLogitParams::default());
    let p = model.predict(&DatasetBase::new(design.clone(), Array1::from(won)));
    for (p, z) in p.iter().zip(model.logits(&design)) {
        assert_eq!(*p, math::sigmoid(z));
    }
}

#[test]
fn threads_change_no_bit_and_a_warm_start_ends_where_a_cold_one_does() {
    let Planted { design, won, .. } = planted(4000, 30, 3);
    let params = || HierLogitParams::default().tolerance(1e-4).max_rounds(200);
    let one = fit(&design, &won, params());
    assert_eq!(one, fit(&design, &won, params().threads(3)));
    let warm = fit(&design, &won, params().start(Arc::new(one.clone())));
    assert!(warm.rounds < one.rounds, "{} {}", warm.rounds, one.rounds);
    for (a, b) in warm.logits(&design).iter().zip(one.logits(&design)) {
        assert!((a - b).abs() < 2e-3);
    }
}

#[test]
fn weights_count_rows() {
    let Planted { design, won, .. } = planted(1500, 8, 4);
    let twice: Vec<usize> = (0..1500).chain(0..500).collect();
    let take = |column: &Column| match column {
        Column::Number(x) => Column::Number(twice.iter().map(|&i| x[i]).collect()),
        Column::Levels { codes, levels } => {
            Column::Levels { codes: twice.iter().map(|&i| codes[i]).collect(), levels: *levels }
        }
        Column::Scaled { .. } => unreachable!("the planted design has none"),
    };
    let doubled = Design {
        fixed: vec![FixedColumn { column: take(&design.fixed[0].column), prior: design.fixed[0].prior }],
        rep: twice.iter().map(|&i| design.rep[i]).collect(),
        reps: 8,
        slopes: design.slopes.iter().map(take).collect(),
        offset: vec![0.0; 2000].into(),
    };
    let doubled_won: Vec<bool> = twice.iter().map(|&i| won[i]).collect();
    let repeated = fit(&doubled, &doubled_won, HierLogitParams::default());
    let weights: Vec<f32> = (0..1500).map(|i| if i < 500 { 2.0 } else { 1.0 }).collect();
    let dataset = DatasetBase::new(design.clone(), Array1::from(won)).with_weights(Array1::from(weights));
    let weighted = HierLogitParams::default().check().expect("valid").fit(&dataset).expect("fits");
    for (a, b) in weighted.logits(&design).iter().zip(repeated.logits(&design)) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn a_full_covariance_finds_what_reps_have_in_common() {
    // Every rep's slopes are one number times the same pattern: rank one.
    let mut rng = Rng::seeded(5);
    let (reps, rows) = (60, 9000);
    let pattern = [1.0, -1.0, 0.8, -0.8, 0.5, -0.5];
    let strength: Vec<f64> = (0..reps).map(|_| 0.6 * rng.normal()).collect();
    let (mut rep, mut codes, mut won, mut truth) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let (r, level) = (rng.below(reps as u64) as usize, rng.below(6) as usize);
        let logit = -0.5 + strength[r] * pattern[level];
        won.push(rng.uniform() < math::sigmoid(logit));
        rep.push(r as u32);
        codes.push(level as u32);
        truth.push(logit);
    }
    let slopes = vec![Column::Levels { codes: codes.into(), levels: 6 }];
    let design = Design { fixed: vec![], rep: rep.into(), reps, slopes, offset: vec![0.0; rows].into() };
    let error = |covariance: Covariance| {
        let model = fit(&design, &won, HierLogitParams::default().covariance(covariance));
        model.logits(&design).iter().zip(&truth).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / rows as f64
    };
    let (blocks, full) = (error(Covariance::Blocks), error(Covariance::Full { weight: 7.0 }));
    assert!(full < 0.7 * blocks, "{full} {blocks}");
}

#[test]
fn rows_without_a_rep_and_reps_without_rows_are_fine() {
    let Planted { mut design, won, .. } = planted(800, 5, 6);
    design.rep = design.rep.iter().map(|&r| if r == 3 { NONE } else { r }).collect();
    let reps = fit(&design, &won, HierLogitParams::default()).reps.expect("there are reps");
    assert_eq!(reps.intercepts[3], 0.0);
    assert_eq!(reps.variances[3], reps.prior_variance);
}

#[test]
fn what_cannot_be_fitted_is_refused_by_name() {
    let Planted { design, won, .. } = planted(50, 3, 7);
    let refuse = |design: Design, won: Vec<bool>| {
        let dataset = DatasetBase::new(design, Array1::from(won));
        HierLogitParams::default().check().expect("valid").fit(&dataset).expect_err("refused")
    };
    assert!(matches!(refuse(design.clone(), vec![true; 50]), HierError::OneOutcome));
    assert!(matches!(refuse(design.clone(), won[..49].to_vec()), HierError::Length { what: "targets", .. }));
    assert!(matches!(refuse(Design::default(), vec![]), HierError::Empty));
    let nan = Design { offset: vec![f64::NAN; 50].into(), ..design.clone() };
    assert!(matches!(refuse(nan, won.clone()), HierError::Entry { what: "offset", row: 0, .. }));
    let wild = Design { slopes: vec![Column::Levels { codes: vec![9; 50].into(), levels: 3 }], ..design };
    assert!(matches!(refuse(wild, won), HierError::Entry { what: "slope column", .. }));
}
