//! What the forward-chained predictions were worth, for the card. They are calibrated with the
//! two numbers of the artifact, which were fitted to these very predictions and shrunk to identity:
//! two numbers on thousands of rows flatter the calibration error by less than a row in a thousand.

use pointsman_domain::math;
use pointsman_scoring::{
    Calibration,
    card::{Chained, ReliabilityBin},
    metrics::{self, row_loss},
};

use crate::chain::HeldOut;

/// Points of the gain curve.
const POINTS: usize = 20;
const DRAWS: usize = 400;
const BINS: usize = 10;

/// `None` without held-out rows.
pub fn judge(held_out: &HeldOut, base: &HeldOut, calibration: Calibration, seed: u64) -> Option<Chained> {
    let HeldOut { won, weight, .. } = held_out;
    let total: f64 = weight.iter().sum();
    if won.is_empty() || total <= 0.0 {
        return None;
    }
    let calibrated = |z: &f64| math::sigmoid(calibration.intercept + calibration.slope * z);
    let p: Vec<f64> = held_out.logits.iter().map(calibrated).collect();
    let flat: Vec<f64> = base.logits.iter().map(|z| math::sigmoid(*z)).collect();
    let mean = |of: &dyn Fn(usize) -> f64| (0..won.len()).map(|i| weight[i] * of(i)).sum::<f64>() / total;
    let y = |i: usize| f64::from(u8::from(won[i]));
    let saved: Vec<f64> = (0..won.len())
        .map(|i| {
            let saved = row_loss(flat[i], won[i]) - row_loss(p[i], won[i]);
            saved * weight[i] * won.len() as f64 / total
        })
        .collect();
    let reliability = reliability(&p, won, weight);
    Some(Chained {
        rows: won.len() as u64,
        win_rate: mean(&y),
        log_loss: mean(&|i| row_loss(p[i], won[i])),
        base_log_loss: mean(&|i| row_loss(flat[i], won[i])),
        gain_over_base: metrics::paired_bootstrap(&saved, DRAWS, seed),
        auc: metrics::auc(&p, won),
        brier: mean(&|i| (p[i] - y(i)).powi(2)),
        base_brier: mean(&|i| (flat[i] - y(i)).powi(2)),
        ece: error(&reliability),
        ece_calibrated_q95: metrics::ece_quantile(&p, 0.95, DRAWS, seed),
        gains: gains(&p, won, weight),
        reliability: reliability.into_iter().map(|(_, bin)| bin).collect(),
    })
}

/// Ten bins of equal width with their share of the weight; empty ones are left out.
fn reliability(p: &[f64], won: &[bool], weight: &[f64]) -> Vec<(f64, ReliabilityBin)> {
    let mut sums = [(0u64, 0.0, 0.0, 0.0); BINS];
    for ((&p, &y), &w) in p.iter().zip(won).zip(weight) {
        let (rows, total, predicted, wins) = &mut sums[((p * BINS as f64) as usize).min(BINS - 1)];
        *rows += 1;
        *total += w;
        *predicted += w * p;
        *wins += w * f64::from(u8::from(y));
    }
    let all: f64 = weight.iter().sum();
    let bins = sums.into_iter().filter(|(_, total, ..)| *total > 0.0);
    bins.map(|(rows, total, predicted, wins)| {
        (total / all, ReliabilityBin { rows, mean_predicted: predicted / total, won: wins / total })
    })
    .collect()
}

fn error(bins: &[(f64, ReliabilityBin)]) -> f64 {
    bins.iter().map(|(share, bin)| share * (bin.mean_predicted - bin.won).abs()).sum()
}

fn gains(p: &[f64], won: &[bool], weight: &[f64]) -> Vec<[f64; 2]> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]).then(a.cmp(&b)));
    let wins = |rows: &[usize]| rows.iter().filter(|&&i| won[i]).map(|&i| weight[i]).sum::<f64>();
    let all = wins(&order).max(f64::MIN_POSITIVE);
    (0..=POINTS)
        .map(|k| {
            let taken = order.len() * k / POINTS;
            [k as f64 / POINTS as f64, wins(&order[..taken]) / all]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharp_and_honest_predictions_show_as_such() {
        let n = 4000;
        let p: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 0.8 } else { 0.2 }).collect();
        let won: Vec<bool> = (0..n).map(|i| if i % 2 == 0 { i % 10 != 0 } else { i % 10 == 1 }).collect();
        let held_out = |p: &[f64]| HeldOut {
            logits: p.iter().map(|p| math::logit(*p)).collect(),
            won: won.clone(),
            weight: vec![1.0; n],
            folds: vec![(n, n)],
        };
        let judged = judge(&held_out(&p), &held_out(&vec![0.5; n]), Calibration::IDENTITY, 1).expect("rows");
        assert!(judged.ece < 1e-12 && judged.gain_over_base.low > 0.15, "{judged:?}");
        assert!((judged.log_loss - 0.5004).abs() < 1e-4 && (judged.brier - 0.16).abs() < 1e-12);
        assert_eq!(judged.gains[10], [0.5, 0.8]);
        assert_eq!(judge(&HeldOut::default(), &HeldOut::default(), Calibration::IDENTITY, 1), None);
    }
}
