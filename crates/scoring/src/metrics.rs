//! Metrics of probabilities, in f64 throughout.

use pointsman_domain::{Rng, math};

use crate::card::{Interval, ReliabilityBin};

/// −ln of the probability that was given to what happened; p is kept within 1e-6 of 0 and 1, so
/// one sure mistake costs 13.8 nats and not infinity.
pub fn row_loss(p: f64, won: bool) -> f64 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    -math::ln(if won { p } else { 1.0 - p })
}

/// Mean of [`row_loss`]; NaN for no rows.
pub fn log_loss(p: &[f64], won: &[bool]) -> f64 {
    mean(p.iter().zip(won).map(|(&p, &y)| row_loss(p, y)), p.len())
}

/// Mean of (p − y)²; NaN for no rows.
pub fn brier(p: &[f64], won: &[bool]) -> f64 {
    mean(p.iter().zip(won).map(|(&p, &y)| (p - f64::from(u8::from(y))).powi(2)), p.len())
}

fn mean(terms: impl Iterator<Item = f64>, n: usize) -> f64 {
    terms.sum::<f64>() / n as f64
}

/// Probability that a won row has the larger p than a lost one, ties counting one half
/// (Mann–Whitney). `None` where all rows have one outcome.
///
/// ```
/// use pointsman_scoring::metrics::auc;
/// assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
/// assert_eq!(auc(&[0.1, 0.4], &[true, true]), None);
/// ```
pub fn auc(p: &[f64], won: &[bool]) -> Option<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let wins = won.iter().filter(|&&y| y).count() as f64;
    let losses = p.len() as f64 - wins;
    if wins == 0.0 || losses == 0.0 {
        return None;
    }
    let mut ranks = 0.0;
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && p[order[end]] == p[order[start]] {
            end += 1;
        }
        let mean_rank = (start + end + 1) as f64 / 2.0;
        ranks += mean_rank * order[start..end].iter().filter(|&&i| won[i]).count() as f64;
        start = end;
    }
    Some((ranks - wins * (wins + 1.0) / 2.0) / (wins * losses))
}

const BINS: usize = 10;

fn bin(p: f64) -> usize {
    ((p * BINS as f64) as usize).min(BINS - 1)
}

/// Ten bins of equal width; empty ones have NaN means.
pub fn reliability(p: &[f64], won: &[bool]) -> Vec<ReliabilityBin> {
    let mut sums = [(0u64, 0.0, 0u64); BINS];
    for (&p, &y) in p.iter().zip(won) {
        let (rows, predicted, wins) = &mut sums[bin(p)];
        *rows += 1;
        *predicted += p;
        *wins += u64::from(y);
    }
    let share = |sum: f64, rows: u64| sum / rows as f64;
    (sums.into_iter())
        .filter(|(rows, ..)| *rows > 0)
        .map(|(rows, predicted, wins)| ReliabilityBin {
            rows,
            mean_predicted: share(predicted, rows),
            won: share(wins as f64, rows),
        })
        .collect()
}

/// Expected calibration error: Σ_bins rows/n × |mean p − share won|, ten bins of equal width;
/// NaN for no rows.
pub fn ece(p: &[f64], won: &[bool]) -> f64 {
    let bins = reliability(p, won);
    mean(bins.iter().map(|b| b.rows as f64 * (b.mean_predicted - b.won).abs()), p.len())
}

/// The same over reps instead of bins: Σ_reps rows/n × |mean p − share won|. Rows without a rep
/// (a code at or above `reps`) are one more group.
pub fn rep_ece(p: &[f64], won: &[bool], rep: &[u32], reps: usize) -> f64 {
    let mut differences = vec![0.0; reps + 1];
    for ((&p, &y), &r) in p.iter().zip(won).zip(rep) {
        differences[(r as usize).min(reps)] += p - f64::from(u8::from(y));
    }
    mean(differences.iter().map(|d: &f64| d.abs()), p.len())
}

/// The `quantile` of [`ece`] when every outcome is drawn from its own p: what a perfectly
/// calibrated model with these predictions would show (parametric bootstrap).
pub fn ece_quantile(p: &[f64], quantile: f64, draws: usize, seed: u64) -> f64 {
    let mut rng = Rng::seeded(seed);
    let mut won = vec![false; p.len()];
    let mut errors: Vec<f64> = (0..draws.max(1))
        .map(|_| {
            p.iter().zip(&mut won).for_each(|(&p, y)| *y = rng.uniform() < p);
            ece(p, &won)
        })
        .collect();
    quantile_of(&mut errors, quantile)
}

/// Mean of `differences` with the 95 % percentile interval over resampled rows; NaN for no rows.
pub fn paired_bootstrap(differences: &[f64], draws: usize, seed: u64) -> Interval {
    let n = differences.len();
    let mut rng = Rng::seeded(seed);
    let mut means: Vec<f64> =
        (0..draws.max(1)).map(|_| mean((0..n).map(|_| differences[rng.below(n as u64) as usize]), n)).collect();
    Interval {
        estimate: mean(differences.iter().copied(), n),
        low: quantile_of(&mut means, 0.025),
        high: quantile_of(&mut means, 0.975),
    }
}

/// Linear interpolation between order statistics (type 7); sorts its input. NaN when empty.
pub fn quantile_of(values: &mut [f64], quantile: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile_of_sorted(values, quantile)
}

/// The same of ascending values.
pub fn quantile_of_sorted(values: &[f64], quantile: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let place = quantile.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let (low, share) = (place.floor() as usize, place.fract());
    let high = (low + 1).min(values.len() - 1);
    values[low] + share * (values[high] - values[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        // scikit-learn's documented examples of log_loss, brier_score_loss and roc_auc_score.
        let spam = log_loss(&[0.1, 0.9, 0.8, 0.35], &[false, true, true, false]);
        assert!((spam - 0.21616).abs() < 5e-6, "{spam}");
        let brier = brier(&[0.1, 0.9, 0.8, 0.3], &[false, true, true, false]);
        assert!((brier - 0.0375).abs() < 1e-12);
        assert_eq!(auc(&[0.5, 0.5, 0.5], &[true, false, true]), Some(0.5));
    }

    #[test]
    fn calibration_errors() {
        let p = [0.15, 0.12, 0.95];
        assert!((ece(&p, &[false, true, true]) - (2.0 * (0.5 - 0.135) + 0.05) / 3.0).abs() < 1e-12);
        assert!((rep_ece(&p, &[false, true, true], &[0, 0, 7], 1) - (0.73 + 0.05) / 3.0).abs() < 1e-12);
        let calibrated = vec![0.3; 4000];
        let q = ece_quantile(&calibrated, 0.95, 200, 1);
        // |mean − 0.3| of 4000 draws: standard error 0.00725, two-sided 95 % at 0.0142.
        assert!((0.012..0.0165).contains(&q), "{q}");
    }

    #[test]
    fn the_bootstrap_covers_the_mean() {
        let differences: Vec<f64> = (0..1000).map(|i| if i % 2 == 0 { 1.0 } else { -0.9 }).collect();
        let interval = paired_bootstrap(&differences, 400, 3);
        assert!((interval.estimate - 0.05).abs() < 1e-12);
        // Standard error 0.95 / √1000 = 0.030.
        assert!((interval.high - interval.low - 0.118).abs() < 0.02, "{interval:?}");
        assert!(paired_bootstrap(&[], 10, 1).estimate.is_nan());
    }
}
