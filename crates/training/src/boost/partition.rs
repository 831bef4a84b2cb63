//! The two sides of one column between which reps differ most.

use super::{
    cells::{Cells, curvature, evidence_of_both, join},
    config::RepBoostConfig,
};

/// Rounds of moving levels from one side to the other.
const ROUNDS: usize = 4;

/// The evidence of both sides, and per bin whether it goes left.
pub(super) type Partition = Option<(f64, Vec<bool>)>;

/// The best cut of a number's ranges; the last bin holds missing numbers and is tried on both sides.
pub(super) fn ranges(cells: &Cells, config: &RepBoostConfig) -> Partition {
    let ranges = cells.bins - 1;
    let total = cells.total();
    let all = curvature(&total);
    let no_missing = curvature(cells.bin(ranges)) <= 0.0;
    let mut best: Partition = None;
    for missing_left in [false, true] {
        if missing_left && no_missing {
            break;
        }
        let mut left = if missing_left { cells.bin(ranges).to_vec() } else { vec![(0.0, 0.0); cells.reps] };
        for cut in 0..ranges.saturating_sub(1) {
            join(&mut left, cells.bin(cut), 1.0);
            let weight = curvature(&left);
            if weight.min(all - weight) < config.min_curvature {
                continue;
            }
            let both = evidence_of_both(&left, &total, config.lambda);
            if best.as_ref().is_none_or(|(so_far, _)| both > *so_far) {
                let mut left_bins: Vec<bool> = (0..cells.bins).map(|bin| bin <= cut).collect();
                left_bins[ranges] = missing_left;
                best = Some((both, left_bins));
            }
        }
    }
    best
}

/// Levels in two sides. Reps have no common order of levels to cut, so the levels start on the
/// sides of their main axis of disagreement and move singly as long as the evidence grows.
pub(super) fn levels(cells: &Cells, config: &RepBoostConfig) -> Partition {
    let used: Vec<usize> = (0..cells.bins).filter(|&bin| curvature(cells.bin(bin)) > 0.0).collect();
    if used.len() < 2 {
        return None;
    }
    let total = cells.total();
    let mut left_bins = vec![false; cells.bins];
    for (&bin, side) in used.iter().zip(main_axis(cells, &used, config.lambda)) {
        left_bins[bin] = side > 0.0;
    }
    let chosen: Vec<usize> = used.iter().copied().filter(|&bin| left_bins[bin]).collect();
    let mut left = cells.union(&chosen);
    let all = curvature(&total);
    let mut now = evidence_of_both(&left, &total, config.lambda);
    for _ in 0..ROUNDS {
        let mut moved = false;
        for &bin in &used {
            let sign = if left_bins[bin] { -1.0 } else { 1.0 };
            join(&mut left, cells.bin(bin), sign);
            let weight = curvature(&left);
            let allowed = weight.min(all - weight) >= config.min_curvature;
            let then = if allowed { evidence_of_both(&left, &total, config.lambda) } else { f64::NEG_INFINITY };
            if then > now + 1e-9 {
                (now, moved) = (then, true);
                left_bins[bin] = !left_bins[bin];
            } else {
                join(&mut left, cells.bin(bin), -sign);
            }
        }
        if !moved {
            break;
        }
    }
    let weight = curvature(&left);
    (weight.min(all - weight) >= config.min_curvature).then_some((now, left_bins))
}

/// Each used level's place on the direction over reps along which levels differ most: a few steps
/// of the power method on gradients in units of their noise, begun at the loudest level.
fn main_axis(cells: &Cells, used: &[usize], lambda: f64) -> Vec<f64> {
    let total = cells.total();
    let scaled = |&bin: &usize| {
        let own = (curvature(cells.bin(bin)) + lambda).sqrt();
        cells.bin(bin).iter().zip(&total).map(|(c, t)| c.0 / (own * (t.1 + lambda).sqrt())).collect::<Vec<f64>>()
    };
    let rows: Vec<Vec<f64>> = used.iter().map(scaled).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let loudest = rows.iter().max_by(|a, b| dot(a, a).total_cmp(&dot(b, b)));
    let mut direction = loudest.cloned().unwrap_or_default();
    let mut places = vec![0.0; rows.len()];
    for _ in 0..6 {
        places = rows.iter().map(|row| dot(row, &direction)).collect();
        direction.fill(0.0);
        for (row, place) in rows.iter().zip(&places) {
            direction.iter_mut().zip(row).for_each(|(d, x)| *d += place * x);
        }
        let length = dot(&direction, &direction).sqrt().max(f64::MIN_POSITIVE);
        direction.iter_mut().for_each(|d| *d /= length);
    }
    places
}
