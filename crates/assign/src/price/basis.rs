//! A short description of a lead: its scores along the few directions in which leads differ most.
//!
//! Principal components of a reference sample, scaled to unit variance there. Scores of all reps
//! for one lead are far from independent (a study's 50 columns had 99 % of their variance in
//! eight directions), so eight numbers tell a change in the mix of leads as well as a thousand,
//! and with far less noise.

use pointsman_domain::Rng;

/// Directions kept.
pub(super) const DIRECTIONS: usize = 8;
/// Reference rows used, at most.
const ROWS: usize = 600;
/// Rounds of the power iteration; the directions need not be exact.
const ROUNDS: usize = 12;

pub(super) type Features = [f64; DIRECTIONS];

#[derive(Debug, Clone)]
pub(super) struct Basis {
    mean: Vec<f64>,
    /// Each column's part in every direction, each direction divided by its standard deviation;
    /// zeros where the reference does not vary any more.
    directions: Vec<Features>,
}

impl Basis {
    /// From reference rows of equal length, by block power iteration with Gram–Schmidt from a
    /// fixed start.
    pub fn of(rows: &[&[f64]]) -> Self {
        let columns = rows.first().map_or(0, |r| r.len());
        let used: Vec<&[f64]> = rows.iter().step_by(rows.len().div_ceil(ROWS).max(1)).copied().collect();
        let n = used.len().max(1) as f64;
        let mut mean = vec![0.0; columns];
        used.iter().for_each(|row| add(&mut mean, 1.0 / n, row));
        let centred: Vec<Vec<f64>> =
            used.iter().map(|r| r.iter().zip(&mean).map(|(x, m)| finite(x - m)).collect()).collect();
        let total: f64 = centred.iter().map(|r| dot(r, r)).sum::<f64>() / n;
        // Left-overs of rounding are no direction.
        let least = 1e-9 * total + 1e-24 * dot(&mean, &mean);
        let mut directions: Vec<Vec<f64>> = (0..DIRECTIONS).map(|k| start(columns, k)).collect();
        orthonormal(&mut directions);
        for _ in 0..ROUNDS {
            let mut next = vec![vec![0.0; columns]; DIRECTIONS];
            for row in &centred {
                for (direction, next) in directions.iter().zip(&mut next) {
                    add(next, dot(direction, row) / n, row);
                }
            }
            directions = next;
            orthonormal(&mut directions);
        }
        for direction in &mut directions {
            let variance = centred.iter().map(|r| dot(r, direction).powi(2)).sum::<f64>() / n;
            let scale = if variance > least { 1.0 / variance.sqrt() } else { 0.0 };
            direction.iter_mut().for_each(|x| *x *= scale);
        }
        let directions = (0..columns).map(|c| std::array::from_fn(|k| directions[k][c])).collect();
        Self { mean, directions }
    }

    pub fn describe(&self, row: &[f64]) -> Features {
        let mut features = [0.0; DIRECTIONS];
        for ((directions, x), mean) in self.directions.iter().zip(row).zip(&self.mean) {
            let off = finite(x - mean);
            features.iter_mut().zip(directions).for_each(|(feature, direction)| *feature += direction * off);
        }
        features
    }
}

/// A rep who may not have a lead counts as average for it.
fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}

/// Vectors that are not orthogonal to what is sought: a fixed stream of chance makes that sure.
fn start(columns: usize, k: usize) -> Vec<f64> {
    let mut rng = Rng::seeded(k as u64);
    (0..columns).map(|_| rng.uniform() - 0.5).collect()
}

/// Gram–Schmidt in place; what is dependent becomes zero.
fn orthonormal(vectors: &mut [Vec<f64>]) {
    for k in 0..vectors.len() {
        let (done, rest) = vectors.split_at_mut(k);
        let before = dot(&rest[0], &rest[0]).sqrt();
        for _ in 0..2 {
            for other in done.iter() {
                let along = dot(&rest[0], other);
                add(&mut rest[0], -along, other);
            }
        }
        let size = dot(&rest[0], &rest[0]).sqrt();
        let scale = if size > 1e-10 * before { 1.0 / size } else { 0.0 };
        rest[0].iter_mut().for_each(|x| *x *= scale);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(a: &mut [f64], by: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += by * finite(*b));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_directions_of_a_planted_plane() {
        let mut rng = Rng::seeded(3);
        let rows: Vec<Vec<f64>> = (0..500)
            .map(|_| {
                let (a, b) = (3.0 * rng.normal(), rng.normal());
                (0..20).map(|c| 5.0 + if c < 10 { a } else { b }).collect()
            })
            .collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let basis = Basis::of(&rows);
        let described: Vec<Features> = rows.iter().map(|r| basis.describe(r)).collect();
        let variance = |k: usize| described.iter().map(|f| f[k] * f[k]).sum::<f64>() / 500.0;
        let variances: Vec<f64> = (0..DIRECTIONS).map(variance).collect();
        assert!(variances[..2].iter().all(|v| (v - 1.0).abs() < 1e-9), "{variances:?}");
        assert!(variances[2..].iter().all(|v| *v < 1e-9), "only two directions vary: {variances:?}");
        let wide: Vec<f64> = (0..20).map(|c| if c < 10 { 8.0 } else { 5.0 }).collect();
        assert!(basis.describe(&wide)[0].abs() > 0.8 && basis.describe(&wide)[1].abs() < 0.3);
    }

    #[test]
    fn constant_and_empty_references_describe_everything_as_zero() {
        assert_eq!(Basis::of(&[]).describe(&[]), [0.0; DIRECTIONS]);
        let rows = [[0.2, 0.3].as_slice(); 40];
        assert_eq!(Basis::of(&rows).describe(&[0.9, 0.1]), [0.0; DIRECTIONS]);
    }
}
