//! Past leads in, prices out: the forecast of the mix and the solver in one hand.

use std::collections::VecDeque;

use super::{Bound, MixConfig, MixForecast, MixRow, Problem, Sample, Solution, SolveConfig, rows::Rows, solve};

/// Whoever solves prices keeps one: the leads seen so far, in the order in which they came.
///
/// Scores are value × probability of one lead for every column, NaN or −∞ where it may not go.
#[derive(Debug, Clone)]
pub struct Planner {
    columns: usize,
    rows: Rows,
    /// Places in `rows`: of the leads from before, and of those pushed.
    history: Vec<u32>,
    past: Vec<u32>,
    forecast: MixForecast,
    config: SolveConfig,
    solved: VecDeque<Solved>,
}

/// Where one solve began, and where it ended.
#[derive(Debug, Clone)]
struct Solved {
    shares: Vec<f64>,
    prices: Vec<f64>,
}

/// How a planner forecasts and solves.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlannerConfig {
    pub mix: MixConfig,
    pub solve: SolveConfig,
}

/// Cells of the sample that prices are solved on, about.
const CELLS: usize = 400_000;
/// Solves remembered: a few a day for some days.
const REMEMBERED: usize = 16;

impl PlannerConfig {
    /// As many rows as are quick to solve: 8,000 leads of 50 reps, never fewer than
    /// [`MixConfig::rows`] is by default. More rows win a little, because they leave less to chance.
    pub fn for_columns(columns: usize) -> Self {
        let mix = MixConfig::default();
        Self { mix: MixConfig { rows: mix.rows.max(CELLS / columns.max(1)), ..mix }, ..Self::default() }
    }
}

impl Planner {
    /// `history`: leads from before, if there are any; all of `columns` scores.
    pub fn new(columns: usize, history: &[&[f64]], config: PlannerConfig) -> Self {
        let mut rows = Rows::new(columns);
        Self {
            columns,
            history: history.iter().map(|row| rows.place(row, 0)).collect(),
            rows,
            past: vec![],
            forecast: MixForecast::new(history, config.mix),
            config: config.solve,
            solved: VecDeque::with_capacity(REMEMBERED),
        }
    }

    /// The next lead's scores.
    pub fn push(&mut self, row: &[f64]) {
        self.push_of(row, 0);
    }

    /// The same of a lead of this class (see [`super::Bound`]).
    pub fn push_of(&mut self, row: &[f64], class: u8) {
        self.past.push(self.rows.place(row, class));
        self.forecast.push(row);
    }

    /// Keeps the newest `keep` leads only, and no history; prices stay where they are.
    pub fn forget(&mut self, keep: usize) {
        let kept = self.past.split_off(self.leads().saturating_sub(keep));
        let rows = std::mem::replace(&mut self.rows, Rows::new(self.columns));
        (self.past, self.history) = (vec![], vec![]);
        self.forecast = MixForecast::new(&[], self.forecast.config());
        for place in kept {
            let (row, class) = rows.row(place);
            let row: Vec<f64> = row.iter().map(|s| f64::from(*s)).collect();
            self.push_of(&row, class);
        }
    }

    /// Leads pushed so far.
    pub fn leads(&self) -> usize {
        self.forecast.pushed()
    }

    /// The leads expected among the next `remaining`, weighed; those alike are one row.
    pub fn sample(&self, remaining: f64) -> Sample {
        let mut sample = Sample::new(self.columns);
        let mut seen: Vec<Option<usize>> = vec![None; self.rows.len()];
        for (row, weight) in self.forecast.weights(remaining) {
            let place = match row {
                MixRow::History(at) => self.history[at],
                MixRow::Past(at) => self.past[at],
            };
            if let Some(at) = seen[place as usize] {
                sample.push_again(at, weight);
                continue;
            }
            seen[place as usize] = Some(sample.rows());
            let (cells, class) = self.rows.row(place);
            sample.push(cells.iter().map(|s| f64::from(*s)), weight, class);
        }
        sample
    }

    /// Prices under these bounds for the leads that `sample` stands for, from those of the
    /// remembered solve whose shares were nearest: yesterday's at this hour rather than this
    /// morning's, when quotas begin anew at midnight.
    pub fn solve(&mut self, sample: &Sample, bounds: &[Bound]) -> Solution {
        let solution = solve(&Problem { sample, bounds }, self.nearest(bounds), &self.config);
        if self.solved.len() == REMEMBERED {
            self.solved.pop_front();
        }
        let shares = bounds.iter().map(|bound| bound.share).collect();
        self.solved.push_back(Solved { shares, prices: solution.prices.clone() });
        solution
    }

    /// The newest of the nearest; the last one where none has as many bounds.
    fn nearest(&self, bounds: &[Bound]) -> &[f64] {
        let apart = |solved: &&Solved| -> f64 {
            solved.shares.iter().zip(bounds).map(|(share, bound)| (share - bound.share).abs()).sum()
        };
        let alike = self.solved.iter().rev().filter(|solved| solved.shares.len() == bounds.len());
        let nearest = alike.min_by(|a, b| apart(a).total_cmp(&apart(b)));
        nearest.or(self.solved.back()).map_or(&[], |solved| &solved.prices)
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;

    use super::*;

    #[test]
    fn leads_that_are_alike_weigh_as_one_row_and_count_as_many() {
        let kinds = [[0.9, 0.5], [0.4, 0.6], [0.2, f64::NEG_INFINITY]];
        let mut rng = Rng::seeded(4);
        let pushed: Vec<[f64; 2]> = (0..600).map(|_| kinds[rng.below(3) as usize]).collect();
        let mut planner = Planner::new(2, &[], PlannerConfig::default());
        pushed.iter().for_each(|row| planner.push(row));
        let merged = planner.sample(100.0);
        let mut apart = Sample::new(2);
        pushed.iter().for_each(|row| apart.push(row.iter().copied(), 1.0 / 600.0, 0));
        assert_eq!((merged.rows(), merged.leads(), apart.rows()), (3, 600, 600));
        assert!((merged.effective_leads() / apart.effective_leads() - 1.0).abs() < 1e-9);
        let bounds = [Bound::limit(0, 20.0, 100.0), Bound::limit(1, 30.0, 100.0)];
        let price = |sample: &Sample| solve(&Problem { sample, bounds: &bounds }, &[], &SolveConfig::default()).prices;
        let (one, other) = (price(&merged), price(&apart));
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 0.02), "{one:?} {other:?}");
        planner.forget(100);
        assert_eq!((planner.leads(), planner.sample(100.0).rows()), (100, 3));
    }

    #[test]
    fn a_planner_starts_from_history_and_goes_on_from_its_leads() {
        let mut rng = Rng::seeded(9);
        let mut lead = |better: f64| -> Vec<f64> { vec![0.4 * rng.uniform() + better, 0.4 * rng.uniform() + 0.3] };
        let history: Vec<Vec<f64>> = (0..500).map(|_| lead(0.5)).collect();
        let rows: Vec<&[f64]> = history.iter().map(Vec::as_slice).collect();
        let mut planner = Planner::new(2, &rows, PlannerConfig::for_columns(2));
        let bounds = [Bound::limit(0, 250.0, 1000.0), Bound::limit(1, 1000.0, 1000.0)];
        let sample = planner.sample(1000.0);
        assert_eq!(sample.rows(), 500);
        let before = planner.solve(&sample, &bounds).prices[0];
        assert!(before > 0.1, "the first rep is better and scarce");
        // From now on the first rep is no better, so its places are worth less.
        for _ in 0..3000 {
            planner.push(&lead(0.2));
        }
        let sample = planner.sample(1000.0);
        let after = planner.solve(&sample, &bounds).prices[0];
        assert_eq!(planner.leads(), 3000);
        assert!(after < before - 0.1, "{before} then {after}");
    }
}
