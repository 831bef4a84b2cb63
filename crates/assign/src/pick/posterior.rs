//! The probability that each of a few independent normals is the greatest.

use pointsman_domain::math::normal_cdf;

/// Where each normal is cut, in its standard deviations: finest where most of it lies.
const CUTS: [f64; 13] = [-4.0, -3.0, -2.4, -1.8, -1.2, -0.6, 0.0, 0.6, 1.2, 1.8, 2.4, 3.0, 4.0];

/// P(Xᵢ = max X) for Xᵢ ~ N(mean, sd²), one for each `(mean, sd)`; sums to 1.
///
/// ∫ Πⱼ≠ᵢ Fⱼ dFᵢ by the midpoint rule on the union of everybody's cuts: within a cell of the line
/// each other's F is the mean of its two ends, so two that are alike share a cell evenly, and who
/// is known exactly (sd 0) falls into one cell. Off by less than 0.01.
pub(super) fn best_of(normals: &[(f64, f64)]) -> Vec<f64> {
    // Below this somebody is almost surely better.
    let low = normals.iter().map(|(mean, sd)| mean - 4.0 * sd).fold(f64::NEG_INFINITY, f64::max);
    let mut cuts: Vec<f64> =
        normals.iter().flat_map(|(mean, sd)| CUTS.map(|z| mean + z * sd)).filter(|cut| *cut >= low).collect();
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let mut shares = vec![0.0; normals.len()];
    let mut parts = shares.clone();
    // What lies below `low` is nobody's best.
    let mut before: Vec<f64> = normals.iter().map(|normal| under(*normal, low)).collect();
    let mut after = before.clone();
    for end in cuts.iter().copied().chain([f64::INFINITY]) {
        (0..normals.len()).for_each(|i| after[i] = up_to(normals[i], end));
        // The product of everybody else's means: those before i from the left, those behind from the right.
        let mut ahead = 1.0;
        for i in 0..normals.len() {
            parts[i] = (after[i] - before[i]) * ahead;
            ahead *= f64::midpoint(before[i], after[i]);
        }
        let mut behind = 1.0;
        for i in (0..normals.len()).rev() {
            shares[i] += parts[i] * behind;
            behind *= f64::midpoint(before[i], after[i]);
        }
        std::mem::swap(&mut before, &mut after);
    }
    let total: f64 = shares.iter().sum();
    shares.iter().map(|share| share / total).collect()
}

/// Beyond so many standard deviations nothing is left that counts.
const FAR: f64 = 6.0;

fn normal(mean: f64, sd: f64, x: f64) -> f64 {
    match (x - mean) / sd {
        z if z > FAR => 1.0,
        z if z < -FAR => 0.0,
        z => normal_cdf(z),
    }
}

/// P(X < x).
fn under((mean, sd): (f64, f64), x: f64) -> f64 {
    match sd > 0.0 {
        true => normal(mean, sd, x),
        false => f64::from(u8::from(x > mean)),
    }
}

/// P(X ≤ x): the same but for the step of one who is known exactly.
fn up_to((mean, sd): (f64, f64), x: f64) -> f64 {
    match sd > 0.0 {
        true => normal(mean, sd, x),
        false => f64::from(u8::from(x >= mean)),
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    #[test]
    fn two_normals_have_a_closed_form() {
        for (a, b) in [((1.0, 1.0), (0.0, 1.0)), ((0.0, 0.1), (-1.0, 2.0)), ((5.0, 0.01), (5.01, 0.02))] {
            let p = best_of(&[a, b]);
            let exact = normal_cdf((a.0 - b.0) / f64::hypot(a.1, b.1));
            assert!((p[0] - exact).abs() < 0.005, "{p:?} {exact}");
            assert!((p[0] + p[1] - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn who_is_known_exactly_and_ahead_is_the_best() {
        assert_eq!(best_of(&[(1.0, 0.0), (2.0, 0.0), (0.5, 0.0)]), [0.0, 1.0, 0.0]);
        assert_eq!(best_of(&[(1.0, 0.0), (1.0, 0.0)]), [0.5, 0.5]);
        assert_eq!(best_of(&[(3.0, 0.2)]), [1.0]);
    }

    #[test]
    fn sixteen_of_any_spread_are_as_in_simulation() {
        for seed in 0..4 {
            let mut rng = Rng::seeded(seed);
            let normals: Vec<(f64, f64)> = (0..16).map(|_| (rng.normal(), 0.01 + rng.uniform().powi(3))).collect();
            let mut counts = [0.0; 16];
            for _ in 0..50_000 {
                let drawn: Vec<f64> = normals.iter().map(|(mean, sd)| mean + sd * rng.normal()).collect();
                let best = (0..16).max_by(|a, b| drawn[*a].total_cmp(&drawn[*b])).expect("sixteen");
                counts[best] += 1.0 / 50_000.0;
            }
            let p = best_of(&normals);
            assert!(p.iter().zip(counts).all(|(p, count)| (p - count).abs() < 0.012), "{p:?} {counts:?}");
        }
    }
}
