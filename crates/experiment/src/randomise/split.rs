//! Budget split: a rep's cap divided among variants in whole slots, without bias.

use super::Salt;

/// Divides `total` by `weights` (which need not sum to 1) so that the parts are whole, sum to
/// `total`, differ from the exact share by less than one, and are the exact share *on average*
/// over uniform `chance` in [0, 1): part_i = ⌊S_i + u⌋ − ⌊S_{i−1} + u⌋ with S the cumulative exact
/// shares (systematic rounding, Cox 1987). Rounding to the nearest would give one variant more for
/// good: 1 slot split in halves would always go to the same side.
///
/// No positive weight: everything stays undivided, as zeros.
///
/// ```
/// use pointsman_experiment::randomise::split::split;
/// assert_eq!(split(5, &[0.5, 0.5], 0.2), [2, 3]);
/// assert_eq!(split(5, &[0.5, 0.5], 0.7), [3, 2]);
/// ```
pub fn split(total: u32, weights: &[f64], chance: f64) -> Vec<u32> {
    let sum: f64 = weights.iter().filter(|w| **w > 0.0).sum();
    if sum.is_nan() || sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let last = weights.iter().rposition(|w| *w > 0.0).unwrap_or(0);
    let (mut cumulative, mut before) = (0.0, 0.0);
    weights
        .iter()
        .enumerate()
        .map(|(i, weight)| {
            cumulative += weight.max(0.0) / sum;
            // The last border is exact, whatever the weights' rounding.
            let border = if i >= last { f64::from(total) } else { (cumulative * f64::from(total) + chance).floor() };
            let part = border - before;
            before = border;
            part as u32
        })
        .collect()
}

/// The split of one rep's cap in one window: the chance comes from the experiment's salt, so that
/// it is the same on every replica and fresh in every window.
pub fn split_cap(total: u32, weights: &[f64], salt: Salt, rep: &pointsman_domain::RepId, window: i64) -> Vec<u32> {
    let mut key = rep.as_str().as_bytes().to_vec();
    key.push(0);
    key.extend(window.to_le_bytes());
    split(total, weights, salt.uniform(&key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_sum_and_are_right_on_average(total in 0u32..60, weights in prop::collection::vec(0.05..1.0f64, 1..5)) {
            let sum: f64 = weights.iter().sum();
            let draws = 2000;
            let mut means = vec![0.0; weights.len()];
            for k in 0..draws {
                let parts = split(total, &weights, (f64::from(k) + 0.5) / f64::from(draws));
                prop_assert_eq!(parts.iter().sum::<u32>(), total);
                for (i, part) in parts.iter().enumerate() {
                    let exact = f64::from(total) * weights[i] / sum;
                    prop_assert!((f64::from(*part) - exact).abs() < 1.0 + 1e-9);
                    means[i] += f64::from(*part) / f64::from(draws);
                }
            }
            for (mean, weight) in means.iter().zip(&weights) {
                prop_assert!((mean - f64::from(total) * weight / sum).abs() < 2e-3);
            }
        }
    }

    #[test]
    fn weights_of_zero_get_nothing() {
        assert_eq!(split(3, &[0.0, 1.0, 0.0], 0.9), [0, 3, 0]);
        assert_eq!(split(3, &[0.0, 0.0], 0.5), [0, 0]);
    }
}
