//! The two real reference tables, where the shared folder is there. The bars are those of the
//! best peers on the same rows (LightGBM, XGBoost, CatBoost and others).

mod common;

use common::read_csv;
use pointsman_scoring::{Fallback, card::Limit};
use pointsman_training::{
    evaluate::{EvaluateConfig, Evaluated, Split, evaluate_table},
    train::TrainConfig,
};

fn evaluate(name: &str, split: &str, until: &str) -> Option<Evaluated> {
    let path = std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    let time = |text: &str| pointsman_domain::Instant::parse_as_written(text).expect("a time").unix_micros();
    let config = EvaluateConfig {
        split: Split::At(time(split)),
        until: Some(time(until)),
        labels_known: true,
        train: TrainConfig { threads: 1, ..TrainConfig::default() },
    };
    Some(evaluate_table(&read_csv(path), &config, None).expect("evaluates"))
}

#[test]
fn bank_loans() {
    let Some(evaluated) = evaluate("bpi2012/first_touch_reference.csv", "2012-01-10", "2012-02-15") else { return };
    let e = evaluated.evaluation;
    println!(
        "log-loss {:.4} auc {:?} ece {:.4} (calibrated q95 {:.4})",
        e.log_loss, e.auc, e.ece, e.ece_calibrated_q95
    );
    // Partial pooling with rep intercepts, the best linear peer, has 0.5994.
    assert!(e.log_loss < 0.5994 && e.gain_over_base.low > 0.0);
    assert!(e.ece <= e.ece_calibrated_q95.max(0.02));
}

#[test]
fn crm_demo_has_no_signal() {
    let Some(evaluated) = evaluate("maven_crm/closed_reference.csv", "2017-08-15", "2017-11-01") else { return };
    let e = evaluated.evaluation;
    println!("log-loss {:.4} ece {:.4}", e.log_loss, e.ece);
    assert!(e.log_loss <= 0.6709);
    assert_eq!(e.fallback, Fallback::BaseRate);
    assert!(evaluated.trained.card.limits.contains(&Limit::NoRepSignal));
}
