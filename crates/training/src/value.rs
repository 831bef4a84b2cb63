//! The value model: what a win is worth on average, by segment where that earns its place.

use pointsman_scoring::{
    Layer, LayerTrial, NO_LEVEL, Verdict,
    artifact::{SegmentValue, ValueModel},
    metrics,
};

use crate::encode::Encoded;

/// Values above this quantile count as much as it: one whale is not a trend.
const WINSOR: f64 = 0.99;
/// Wins needed before segments are tried.
const FEWEST: usize = 200;
const MAX_LEVELS: usize = 60;
const FOLDS: usize = 4;

/// From the wins among `rows` (in order of time) with their `values`; NaN and 0 are no value.
/// `None` without any won value: such a workspace counts wins.
pub fn value_model(rows: &Encoded, values: &[f64]) -> (Option<ValueModel>, LayerTrial) {
    let usable = |i: &usize| rows.won[*i] && values[*i].is_finite() && values[*i] > 0.0;
    let wins: Vec<usize> = (0..rows.len()).filter(usable).collect();
    let skipped =
        |verdict| LayerTrial { layer: Layer::SegmentValue, verdict, gain: None, standard_error: None, rows: 0 };
    if wins.is_empty() {
        return (None, skipped(Verdict::NotApplicable));
    }
    let mut won: Vec<f64> = wins.iter().map(|&i| values[i]).collect();
    let cap = metrics::quantile_of(&mut won.clone(), WINSOR);
    won.iter_mut().for_each(|v| *v = v.min(cap));
    let mean = won.iter().sum::<f64>() / won.len() as f64;
    let plain = ValueModel { mean, wins: won.len() as u64, segment: None };
    if wins.len() < FEWEST {
        return (Some(plain), skipped(Verdict::TooFewRows));
    }
    let best = (rows.inputs.categories.iter().enumerate())
        .filter(|(_, input)| (2..=MAX_LEVELS).contains(&input.len()))
        .map(|(category, input)| {
            let levels: Vec<u32> = wins.iter().map(|&i| rows.levels[category][i]).collect();
            let means = shrunken_means(&levels, &won, input.len());
            (chained_gain(&levels, &won, input.len()), SegmentValue { category: category as u32, means })
        })
        .max_by(|a, b| a.0.gain.total_cmp(&b.0.gain));
    let Some((Gain { gain, standard_error, rows }, segment)) = best else {
        return (Some(plain), skipped(Verdict::NotApplicable));
    };
    let kept = gain > 2.0 * standard_error;
    let trial = LayerTrial {
        layer: Layer::SegmentValue,
        verdict: if kept { Verdict::Kept } else { Verdict::NoGain },
        gain: Some(gain),
        standard_error: Some(standard_error),
        rows: rows as u64,
    };
    (Some(ValueModel { segment: kept.then_some(segment), ..plain }), trial)
}

/// Squared error saved a win, in the square of the value's unit.
struct Gain {
    gain: f64,
    standard_error: f64,
    rows: usize,
}

fn chained_gain(levels: &[u32], values: &[f64], width: usize) -> Gain {
    let mut saved = Vec::new();
    for fold in 0..FOLDS {
        let border = |k: usize| values.len() * (FOLDS + k) / (2 * FOLDS);
        let (start, end) = (border(fold), border(fold + 1));
        let mean = values[..start].iter().sum::<f64>() / start as f64;
        let means = shrunken_means(&levels[..start], &values[..start], width);
        for (&level, &value) in levels[start..end].iter().zip(&values[start..end]) {
            let ours = means.get(level as usize).copied().unwrap_or(mean);
            saved.push((value - mean).powi(2) - (value - ours).powi(2));
        }
    }
    let n = saved.len() as f64;
    let gain = saved.iter().sum::<f64>() / n;
    let spread = saved.iter().map(|s| (s - gain).powi(2)).sum::<f64>().sqrt();
    Gain { gain, standard_error: spread / n, rows: saved.len() }
}

/// (Σ + κ mean) / (n + κ) per level, κ = variance within levels / variance between them (method
/// of moments); all equal to the mean where levels do not differ.
fn shrunken_means(levels: &[u32], values: &[f64], width: usize) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let mut sums = vec![(0.0, 0.0, 0.0); width];
    for (&level, &value) in levels.iter().zip(values).filter(|(level, _)| **level != NO_LEVEL) {
        let (n, sum, squares) = &mut sums[level as usize];
        *n += 1.0;
        *sum += value - mean;
        *squares += (value - mean).powi(2);
    }
    let used = || sums.iter().filter(|s: &&(f64, f64, f64)| s.0 > 0.0);
    let (n, groups) = used().fold((0.0, 0.0), |(n, k), s| (n + s.0, k + 1.0));
    let explained: f64 = used().map(|s| s.1 * s.1 / s.0).sum();
    let total: f64 = used().map(|s| s.2).sum();
    let within = (total - explained) / (n - groups).max(1.0);
    let size = (n - used().map(|s| s.0 * s.0).sum::<f64>() / n) / (groups - 1.0).max(1.0);
    let between = (explained / (groups - 1.0).max(1.0) - within) / size.max(1.0);
    if between.is_nan() || between <= 0.0 {
        return vec![mean; width];
    }
    let kappa = within / between;
    sums.iter().map(|s| mean + s.1 / (s.0 + kappa)).collect()
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    #[test]
    fn levels_that_differ_keep_their_means_and_others_share_one() {
        let mut rng = Rng::seeded(2);
        let levels: Vec<u32> = (0..3000).map(|i| i % 3).collect();
        let differ: Vec<f64> = levels.iter().map(|&l| 100.0 + 50.0 * f64::from(l) + 20.0 * rng.normal()).collect();
        let means = shrunken_means(&levels, &differ, 4);
        assert!((means[2] - 200.0).abs() < 3.0 && (means[3] - 150.0).abs() < 3.0, "{means:?}");
        let gained = chained_gain(&levels, &differ, 4);
        assert!(gained.gain > 10.0 * gained.standard_error);
        let same: Vec<f64> = levels.iter().map(|_| 100.0 + 20.0 * rng.normal()).collect();
        let nothing = chained_gain(&levels, &same, 4);
        assert!(nothing.gain <= 2.0 * nothing.standard_error);
        assert_eq!(shrunken_means(&levels, &vec![5.0; 3000], 4), vec![5.0; 4]);
    }
}
