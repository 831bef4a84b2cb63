//! Times one fit of `HierLogit` with all rep × category slopes on a given lead score:
//! `cargo run --release -p pointsman-training --example hier_speed -- ROWS REPS THREADS`.

use std::time::Instant;

use linfa::{DatasetBase, ParamGuard, traits::Fit};
use ndarray::Array1;
use pointsman_domain::{Rng, math};
use pointsman_training::hier::{Column, Design, FixedColumn, HierLogitParams, Prior};

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let argument = |place: usize, otherwise: usize| arguments.get(place).copied().unwrap_or(otherwise);
    let (rows, reps, threads) = (argument(0, 1_000_000), argument(1, 200), argument(2, 2));
    let (design, won) = world(rows, reps);
    let dataset = DatasetBase::new(design, Array1::from(won));
    let params = HierLogitParams::default().threads(threads).check().expect("the defaults are valid");
    let start = Instant::now();
    let model = params.fit(&dataset).expect("both outcomes occur");
    let effects = model.reps.expect("the design has reps");
    let scale = |variance: f64| (variance.sqrt() * 1e3).round() / 1e3;
    println!(
        "{rows} rows, {reps} reps, {threads} threads: {:.2} s, {} rounds, sd {} {:?}",
        start.elapsed().as_secs_f64(),
        model.rounds,
        scale(effects.prior_variance),
        effects.slopes.iter().map(|s| scale(s.prior_variance)).collect::<Vec<_>>()
    );
}

/// Five categories and two numbers, all with rep slopes, on a lead score.
fn world(rows: usize, reps: usize) -> (Design, Vec<bool>) {
    let mut rng = Rng::seeded(1);
    let widths = [8, 12, 6, 4, 5];
    let scales = [0.2, 0.45, 0.0, 0.3, 0.2];
    let slopes: Vec<Vec<f64>> =
        widths.iter().zip(scales).map(|(w, s)| (0..w * reps).map(|_| s * rng.normal()).collect()).collect();
    let intercepts: Vec<f64> = (0..reps).map(|_| 0.5 * rng.normal()).collect();
    let (mut score, mut rep, mut won) = (Vec::new(), Vec::new(), Vec::new());
    let mut codes: Vec<Vec<u32>> = vec![Vec::new(); widths.len()];
    for _ in 0..rows {
        let r = ((rng.uniform() * rng.uniform()) * reps as f64) as usize;
        let lead = -1.5 + 0.8 * rng.normal();
        let mut logit = lead + intercepts[r];
        for ((codes, width), slopes) in codes.iter_mut().zip(widths).zip(&slopes) {
            let level = rng.below(width as u64) as usize;
            codes.push(level as u32);
            logit += slopes[level * reps + r];
        }
        score.push(lead);
        rep.push(r as u32);
        won.push(rng.uniform() < math::sigmoid(logit));
    }
    let level = |(codes, levels): (Vec<u32>, usize)| Column::Levels { codes: codes.into(), levels };
    let design = Design {
        fixed: vec![FixedColumn { column: Column::Number(score.into()), prior: Prior::Known { variance: 10.0 } }],
        rep: rep.into(),
        reps,
        slopes: codes.into_iter().zip(widths).map(level).collect(),
        offset: vec![0.0; rows].into(),
    };
    (design, won)
}
