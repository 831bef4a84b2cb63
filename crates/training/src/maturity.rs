//! Labels mature: what is known early is not what will be known.
//!
//! Losses are often known sooner than wins (or later), so among rows close to the day of training
//! the known labels are a biased sample. A row of age A (from assignment to that day) with label y
//! was seen with probability F_y(A), where F_y is the distribution of the time until the label is
//! known; weighting it by 1 / F_y(A) makes the known rows stand for all rows of their age.
//! F_y comes from the same, truncated rows by the product-limit estimator in reverse time
//! (Lynden-Bell 1971; Woodroofe 1985): with delays d and ages A,
//!
//! ```text
//! F(t) = Π_{s > t} (1 − #{d = s} / #{d ≤ s ≤ A})
//! ```
//!
//! Rows so young that F of either label is below one third are left out: immature.
//!
//! Records have a beginning too. Where outcomes were kept only from some day on, a row given
//! earlier shows up only if its label took long, which is as biased as the other end; it is left
//! out if more than one label in twenty comes sooner than it could have shown.

use pointsman_scoring::{FeatureTable, TimeScale};

/// Weights stay at or below 3.
const LEAST_SEEN: f64 = 1.0 / 3.0;
/// With fewer rows of a label its delays are not known well enough: nothing is done.
const FEWEST: usize = 30;
/// Labels that a row given before the first recorded outcome may have had no chance to show.
const MOST_MISSED: f64 = 0.05;

/// What each row counts; 0 for an immature one. `None` where there is nothing to correct: no
/// known day of training, or times that are only an order.
pub fn weights(table: &FeatureTable, known_before: Option<i64>) -> Option<Vec<f64>> {
    let border = known_before.filter(|_| table.time_scale == TimeScale::Micros)?;
    let known = |i: &usize| table.label_ts[*i] < border;
    let first = (0..table.len()).filter(known).map(|i| table.label_ts[i]).min()?;
    let of = |won: bool| {
        let whole = (0..table.len()).filter(|&i| known(&i) && table.y[i] == won && table.ts[i] >= first);
        let delays: Vec<(i64, i64)> = whole
            .map(|i| (table.label_ts[i].saturating_sub(table.ts[i]).max(0), border.saturating_sub(table.ts[i])))
            .collect();
        (delays.len() >= FEWEST).then(|| Seen::estimate(delays))
    };
    let (lost, won) = (of(false)?, of(true)?);
    let weight = |i: usize| {
        let (age, hidden) = (border.saturating_sub(table.ts[i]), first.saturating_sub(table.ts[i]));
        if hidden > 0 && lost.at(hidden).max(won.at(hidden)) > MOST_MISSED {
            return 0.0;
        }
        let (lost, won) = (lost.at(age), won.at(age));
        let seen = if table.y[i] { won } else { lost };
        if lost.min(won) < LEAST_SEEN { 0.0 } else { 1.0 / seen }
    };
    Some((0..table.len()).map(weight).collect())
}

/// The share of labels known by an age.
struct Seen {
    /// Ascending delays, and F just before each; 1 from the last on.
    steps: Vec<(i64, f64)>,
}

impl Seen {
    /// From (delay, age) of the known rows; every delay is below its age.
    fn estimate(mut rows: Vec<(i64, i64)>) -> Self {
        rows.sort_unstable();
        let mut ages: Vec<i64> = rows.iter().map(|r| r.1).collect();
        ages.sort_unstable();
        let mut steps = Vec::new();
        let mut share = 1.0;
        let mut end = rows.len();
        while end > 0 {
            let delay = rows[end - 1].0;
            let start = rows.partition_point(|r| r.0 < delay);
            let at_risk = end - ages.partition_point(|&age| age < delay);
            share *= 1.0 - (end - start) as f64 / at_risk.max(1) as f64;
            steps.push((delay, share));
            end = start;
        }
        steps.reverse();
        Self { steps }
    }

    fn at(&self, age: i64) -> f64 {
        let later = self.steps.partition_point(|step| step.0 <= age);
        self.steps.get(later).map_or(1.0, |step| step.1)
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    const HOUR: i64 = 3_600_000_000;

    /// Losses are known after 5 days on average, wins after 20; 30 % are won.
    fn table(border: i64) -> FeatureTable {
        let mut rng = Rng::seeded(9);
        let mut table = FeatureTable::default();
        for _ in 0..6000 {
            let won = rng.uniform() < 0.3;
            let ts = (rng.uniform() * 2400.0) as i64 * HOUR;
            let label = ts + (rng.exponential(if won { 480.0 } else { 120.0 }) * HOUR as f64) as i64;
            if label < border {
                table.ts.push(ts);
                table.label_ts.push(label);
                table.y.push(won);
            }
        }
        table
    }

    #[test]
    fn early_labels_are_put_in_proportion() {
        let border = 2400 * HOUR;
        let table = table(border);
        let raw = table.y.iter().filter(|y| **y).count() as f64 / table.len() as f64;
        let weights = weights(&table, Some(border)).expect("times are known");
        let total: f64 = weights.iter().sum();
        let won: f64 = weights.iter().zip(&table.y).filter(|(_, y)| **y).map(|(w, _)| w).sum();
        assert!(raw < 0.285, "known too early, wins are rare: {raw}");
        assert!((won / total - 0.3).abs() < 0.02, "{}", won / total);
        assert!(weights.iter().all(|w| *w == 0.0 || (1.0..=3.0).contains(w)));
        assert!(weights.contains(&0.0), "the youngest are left out");
    }

    #[test]
    fn rows_before_the_first_recorded_outcome_are_left_out() {
        let border = 2400 * HOUR;
        let mut table = table(border);
        let recorded: Vec<usize> = (0..table.len()).filter(|&i| table.label_ts[i] >= 800 * HOUR).collect();
        let keep = |column: &[i64]| recorded.iter().map(|&i| column[i]).collect();
        (table.ts, table.label_ts) = (keep(&table.ts), keep(&table.label_ts));
        table.y = recorded.iter().map(|&i| table.y[i]).collect();
        let weights = weights(&table, Some(border)).expect("times are known");
        let total: f64 = weights.iter().sum();
        let won: f64 = weights.iter().zip(&table.y).filter(|(_, y)| **y).map(|(w, _)| w).sum();
        assert!((won / total - 0.3).abs() < 0.025, "{}", won / total);
        assert!(weights.iter().zip(&table.ts).all(|(w, ts)| *w == 0.0 || *ts > 780 * HOUR));
    }

    #[test]
    fn nothing_is_done_where_labels_are_final_or_times_only_an_order() {
        let mut table = table(2400 * HOUR);
        assert_eq!(weights(&table, None), None);
        table.time_scale = TimeScale::Order;
        assert_eq!(weights(&table, Some(2400 * HOUR)), None);
    }
}
