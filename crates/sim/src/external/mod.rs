//! Worlds made elsewhere: true probabilities of leads × reps and a quota per rep.
//!
//! Leads come one by one; a policy sees one row of scores and what is left of the quotas, and
//! gives the lead to somebody. There is no waiting: when every net value is negative and the free
//! places are fewer than the leads still forecast, the lead is left unassigned; otherwise it is
//! assigned. What counts is the sum of the true probabilities of the pairs made.

mod desk;
pub mod kinds;
mod matrix;
mod policy;

pub use matrix::{Matrix, ShapeError};
pub use policy::{ExternalPolicy, PolicyNameError};

use desk::Desk;

/// Everything a run reads.
#[derive(Debug, Clone, Copy)]
pub struct ExternalWorld<'a> {
    /// True probability of winning, leads (in the order of arrival) × reps.
    pub scores: &'a Matrix,
    /// Places of each rep.
    pub capacity: &'a [u32],
    /// Scores of leads from before the first one.
    pub history: Option<&'a Matrix>,
    /// What the policy believes, where that is not the truth.
    pub seen: Option<&'a Matrix>,
    /// The forecast of the leads still to come is the true number times this.
    pub forecast_error: f64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalRun {
    pub expected_conversions: f64,
    pub assigned: u32,
    /// The rep of each lead; `None` where it was left unassigned.
    pub choices: Vec<Option<u32>>,
    /// Median time of choosing, without solving prices.
    pub decision_us_p50: f64,
    pub solves: u32,
    /// Median time of one solve; 0 without any.
    pub solve_ms_p50: f64,
}

/// The tables do not belong together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExternalError {
    #[error("{table} has {given} columns, but {expected} reps have a capacity")]
    Columns { table: &'static str, given: usize, expected: usize },
    #[error("the seen scores have {given} rows, the true ones {expected}")]
    Rows { given: usize, expected: usize },
    #[error("the true score in row {row}, column {column} is {value}: expected a probability")]
    Probability { row: usize, column: usize, value: f64 },
    #[error("the forecast error is {0}: expected a factor above 0")]
    Forecast(f64),
}

impl ExternalWorld<'_> {
    fn check(&self) -> Result<(), ExternalError> {
        let expected = self.capacity.len();
        let tables = [("scores", Some(self.scores)), ("history", self.history), ("seen scores", self.seen)];
        for (table, matrix) in tables {
            match matrix.map(Matrix::columns) {
                Some(given) if given != expected => return Err(ExternalError::Columns { table, given, expected }),
                _ => {}
            }
        }
        if let Some(seen) = self.seen.filter(|seen| seen.rows() != self.scores.rows()) {
            return Err(ExternalError::Rows { given: seen.rows(), expected: self.scores.rows() });
        }
        if let Some(at) = self.scores.values().iter().position(|p| !(0.0..=1.0).contains(p)) {
            let (row, column) = (at / expected, at % expected);
            return Err(ExternalError::Probability { row, column, value: self.scores.values()[at] });
        }
        if !(self.forecast_error > 0.0 && self.forecast_error.is_finite()) {
            return Err(ExternalError::Forecast(self.forecast_error));
        }
        Ok(())
    }
}

/// Runs one policy over one world. Times are measured, everything else is a function of the
/// arguments.
pub fn simulate_assign(
    world: &ExternalWorld<'_>,
    policy: ExternalPolicy,
    seed: u64,
) -> Result<ExternalRun, ExternalError> {
    world.check()?;
    let rows = world.scores.rows();
    let seen = world.seen.unwrap_or(world.scores);
    let mut desk = Desk::new(world, policy, seed);
    let mut run = ExternalRun {
        expected_conversions: 0.0,
        assigned: 0,
        choices: Vec::with_capacity(rows),
        decision_us_p50: 0.0,
        solves: 0,
        solve_ms_p50: 0.0,
    };
    let (mut decision_us, mut solve_ms) = (Vec::with_capacity(rows), vec![]);
    for at in 0..rows {
        let forecast = (rows - at) as f64 * world.forecast_error;
        let before = stopwatch();
        if desk.solve_if_due(at, forecast) {
            solve_ms.push(before.elapsed().as_secs_f64() * 1e3);
        }
        let row = seen.row(at);
        let before = stopwatch();
        let choice = desk.choose(row, forecast);
        decision_us.push(before.elapsed().as_secs_f64() * 1e6);
        if let Some(rep) = choice {
            run.expected_conversions += world.scores.row(at)[rep];
            run.assigned += 1;
        }
        run.choices.push(choice.map(|rep| rep as u32));
        desk.learn(row, choice);
    }
    run.solves = solve_ms.len() as u32;
    run.decision_us_p50 = median(&mut decision_us);
    run.solve_ms_p50 = median(&mut solve_ms);
    Ok(run)
}

/// Read only to measure how long choosing takes; no choice depends on it.
#[expect(clippy::disallowed_methods, reason = "latency is what is measured here")]
fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{Rng, math};

    use super::*;

    /// Leads × reps with taste: a lead likes some reps better than others.
    fn world(seed: u64, rows: usize, columns: usize) -> Matrix {
        let mut rng = Rng::seeded(seed);
        let tastes: Vec<[f64; 3]> = (0..columns).map(|_| std::array::from_fn(|_| rng.normal())).collect();
        let mut cells = Vec::with_capacity(rows * columns);
        for _ in 0..rows {
            let lead: [f64; 3] = std::array::from_fn(|_| 0.7 * rng.normal());
            cells.extend(
                tastes.iter().map(|t| math::sigmoid(t.iter().zip(&lead).map(|(a, b)| a * b).sum::<f64>() - 1.5)),
            );
        }
        Matrix::new(rows, columns, cells).expect("filled above")
    }

    fn external<'a>(scores: &'a Matrix, capacity: &'a [u32], history: &'a Matrix) -> ExternalWorld<'a> {
        ExternalWorld { scores, capacity, history: Some(history), seen: None, forecast_error: 1.0 }
    }

    #[test]
    fn nobody_gets_more_than_his_places_and_prices_beat_greed() {
        let (scores, history) = (world(1, 1200, 6), world(1, 400, 6));
        let capacity = [80, 100, 120, 200, 150, 250];
        let world = external(&scores, &capacity, &history);
        let mut won = vec![];
        for policy in ExternalPolicy::ALL {
            let run = simulate_assign(&world, policy, 3).unwrap();
            for (rep, places) in (0u32..).zip(&capacity) {
                assert!(run.choices.iter().filter(|c| **c == Some(rep)).count() as u32 <= *places, "{policy}");
            }
            assert_eq!(run.assigned as usize, run.choices.iter().flatten().count());
            assert_eq!(run.assigned, 900, "{policy}: all places are used in the end");
            let again = simulate_assign(&world, policy, 3).unwrap();
            assert_eq!((&again.choices, again.expected_conversions), (&run.choices, run.expected_conversions));
            won.push(run.expected_conversions);
        }
        let best = pointsman_assign::flow::Assignment { values: scores.values(), capacity: &capacity, floor: &[] };
        let best = pointsman_assign::flow::optimum(&best).unwrap().value;
        let [random, _, _, greedy, fixed, _, prices] = won[..] else { panic!("seven policies") };
        assert!(random < greedy && greedy < fixed && fixed < best, "{won:?} of {best}");
        assert!(prices > 0.98 * best, "{won:?} of {best}");
    }

    #[test]
    fn later_leads_change_no_earlier_choice() {
        let (scores, history) = (world(2, 900, 5), world(2, 400, 5));
        let mut order: Vec<usize> = (600..900).collect();
        Rng::seeded(5).shuffle(&mut order);
        let cells = (0..600).chain(order).flat_map(|at| scores.row(at).to_vec()).collect();
        let shuffled = Matrix::new(900, 5, cells).unwrap();
        let capacity = [100, 150, 200, 150, 200];
        for policy in ExternalPolicy::ALL {
            let one = simulate_assign(&external(&scores, &capacity, &history), policy, 1).unwrap();
            let two = simulate_assign(&external(&shuffled, &capacity, &history), policy, 1).unwrap();
            assert_eq!(one.choices[..600], two.choices[..600], "{policy}");
        }
    }

    #[test]
    fn prices_need_no_history_and_bear_a_wrong_forecast() {
        let scores = world(3, 1500, 6);
        let capacity = [150, 200, 150, 250, 200, 250];
        let best = pointsman_assign::flow::Assignment { values: scores.values(), capacity: &capacity, floor: &[] };
        let best = pointsman_assign::flow::optimum(&best).unwrap().value;
        let share = |forecast_error| {
            let world =
                ExternalWorld { scores: &scores, capacity: &capacity, history: None, seen: None, forecast_error };
            simulate_assign(&world, ExternalPolicy::Prices, 1).unwrap().expected_conversions / best
        };
        let right = share(1.0);
        assert!(right > 0.96, "{right}");
        for wrong in [0.8, 1.2] {
            assert!(share(wrong) > right - 0.01, "{wrong}: {} of {right}", share(wrong));
        }
    }

    #[test]
    fn policies_go_by_what_they_see_and_are_paid_by_what_is_true() {
        let (scores, capacity) = (Matrix::new(1, 2, vec![0.9, 0.2]).unwrap(), [1, 1]);
        let seen = Matrix::new(1, 2, vec![0.1, 0.3]).unwrap();
        let world = ExternalWorld {
            scores: &scores,
            capacity: &capacity,
            history: None,
            seen: Some(&seen),
            forecast_error: 1.0,
        };
        let run = simulate_assign(&world, ExternalPolicy::Greedy, 1).unwrap();
        assert_eq!((run.choices, run.expected_conversions), (vec![Some(1)], 0.2));
    }

    #[test]
    fn tables_that_do_not_belong_together_are_refused() {
        let (scores, narrow) = (world(4, 5, 3), world(4, 5, 2));
        let refused = |world: ExternalWorld<'_>| simulate_assign(&world, ExternalPolicy::Greedy, 1).unwrap_err();
        let fits = ExternalWorld { scores: &scores, capacity: &[1; 3], history: None, seen: None, forecast_error: 1.0 };
        assert_eq!(
            refused(ExternalWorld { capacity: &[1; 4], ..fits }),
            ExternalError::Columns { table: "scores", given: 3, expected: 4 }
        );
        assert_eq!(
            refused(ExternalWorld { history: Some(&narrow), ..fits }),
            ExternalError::Columns { table: "history", given: 2, expected: 3 }
        );
        assert_eq!(refused(ExternalWorld { forecast_error: 0.0, ..fits }), ExternalError::Forecast(0.0));
        assert!("best".parse::<ExternalPolicy>().unwrap_err().to_string().starts_with("'best' is no policy"));
        assert!(ExternalPolicy::ALL.iter().all(|p| p.name().parse() == Ok(*p)));
    }
}
