//! Evaluates on a CSV table, for measuring beside other programs:
//! `cargo run --release -p pointsman-training --example evaluate -- TABLE.csv SPLIT [UNTIL] [--labels-known] [--truth M.npy]`.

#[path = "../tests/common/mod.rs"]
mod common;

use pointsman_training::evaluate::{EvaluateConfig, Split, Truth, evaluate_table};
use pointsman_training::train::TrainConfig;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let plain: Vec<&String> = arguments.iter().filter(|a| !a.starts_with("--")).collect();
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    let table = common::read_csv(plain[0]);
    let time =
        |text: &str| pointsman_domain::Instant::parse_as_written(text).ok().map(pointsman_domain::Instant::unix_micros);
    let split = match plain[1].parse::<f64>() {
        Ok(share) if share < 1.0 => Split::Share(share),
        Ok(rows) => Split::LastRows(rows as usize),
        Err(_) => Split::At(time(plain[1]).expect("a time")),
    };
    let truth = arguments.iter().find(|a| a.starts_with("--truth=")).map(|a| {
        let mut reps = table.rep.names.clone();
        reps.sort_unstable();
        Truth { values: common::read_npy_f32(&a[8..]), reps }
    });
    let config = EvaluateConfig {
        split,
        until: plain.get(2).and_then(|t| time(t)),
        labels_known: has("--labels-known"),
        train: TrainConfig { no_rep: has("--no-rep"), ..TrainConfig::default() },
    };
    let evaluated = evaluate_table(&table, &config, truth.as_ref()).expect("evaluates");
    let e = &evaluated.evaluation;
    for t in &e.layers {
        println!(
            "  {:?} {:?} gain {:.5} se {:.5}",
            t.layer,
            t.verdict,
            t.gain.unwrap_or(f64::NAN),
            t.standard_error.unwrap_or(f64::NAN)
        );
    }
    if let Some(reps) = &evaluated.trained.artifact.reps {
        println!("  sd rep {:.3}", reps.prior_variance.sqrt());
        for s in &reps.slopes {
            println!("  sd {:?} {:.3}", s.segment, s.prior_variance.sqrt());
        }
    }
    println!(
        "  calibration {:?} trees {:?} half-life {:?} periods {:?}",
        evaluated.trained.artifact.calibration,
        evaluated.trained.artifact.trees.as_ref().map(|t| t.trees.len()),
        evaluated.trained.fitted.plan.half_life,
        evaluated.trained.fitted.plan.periods
    );
    println!(
        "{} rounds {} train {} (+{}) test {} ll {:.4} base {:.4} gain {:.4} [{:.4}, {:.4}] auc {:?} brier {:.4} ece {:.4} (q95 {:.4}) rep_ece {:?} {:.1}s gap {:?}",
        plain[0],
        evaluated.trained.fitted.linear.rounds,
        e.rows_train,
        e.rows_immature,
        e.rows_test,
        e.log_loss,
        e.base_log_loss,
        e.gain_over_base.estimate,
        e.gain_over_base.low,
        e.gain_over_base.high,
        e.auc,
        e.brier,
        e.ece,
        e.ece_calibrated_q95,
        e.rep_ece,
        e.train_seconds,
        e.gap
    );
    if let Some(path) = arguments.iter().find_map(|a| a.strip_prefix("--predictions=")) {
        let lines: String = evaluated
            .test_rows
            .iter()
            .zip(&evaluated.predictions)
            .map(|(&i, p)| format!("{},{p}\n", table.lead_id[i]))
            .collect();
        std::fs::write(path, format!("lead_id,p\n{lines}")).expect("writable");
    }
}
