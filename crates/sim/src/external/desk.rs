//! One policy at work: quotas left, prices in force, what has been seen.

use pointsman_assign::price::{Bound, Planner, PlannerConfig, Problem, Sample, SolveConfig, solve};
use pointsman_domain::Rng;

use super::{ExternalPolicy, ExternalWorld};

/// Leads between two solves.
const EVERY: usize = 200;
/// Leads before which prices that need past leads are not solved.
const FIRST: usize = 500;
/// Leads that re-solved prices look back. Chance is the larger evil: on worlds that drift 1,500 leads
/// of 50 reps reach .9889 .9816 .9797 of the optimum at three ratios, 3,000 .9900 .9839 .9823, 4,000
/// .9908 .9850 .9836.
const WINDOW: usize = 4000;
/// One claim more than planned raises a price by this share of the highest price.
const STEP: f64 = 0.0005;
/// Leads that a forecast of volume is trusted for before its own record counts as much.
const PATIENCE: f64 = 100.0;

pub(super) struct Desk<'a> {
    world: &'a ExternalWorld<'a>,
    policy: ExternalPolicy,
    rng: Rng,
    places: Vec<u32>,
    left: u64,
    turn: usize,
    planner: Option<Planner>,
    window: Vec<Vec<f64>>,
    prices: Live,
    /// Leads seen when a forecast was first given, and what it said.
    first: Option<(usize, f64)>,
    at: usize,
}

/// Prices as of the last solve, and what happened since.
#[derive(Default)]
struct Live {
    solved: Vec<f64>,
    /// Claims planned per lead.
    rates: Vec<f64>,
    claims: Vec<f64>,
    leads: f64,
    step: f64,
}

impl<'a> Desk<'a> {
    pub fn new(world: &'a ExternalWorld<'a>, policy: ExternalPolicy, seed: u64) -> Self {
        let columns = world.capacity.len();
        let history = world.history.map(super::Matrix::to_rows).unwrap_or_default();
        let planner = || Planner::new(columns, &history, PlannerConfig::for_columns(columns));
        let free = Live {
            solved: vec![0.0; columns],
            rates: vec![0.0; columns],
            claims: vec![0.0; columns],
            ..Live::default()
        };
        Self {
            world,
            policy,
            rng: Rng::seeded(seed),
            places: world.capacity.to_vec(),
            left: world.capacity.iter().map(|c| u64::from(*c)).sum(),
            turn: 0,
            planner: (policy == ExternalPolicy::Prices).then(planner),
            window: vec![],
            prices: free,
            first: None,
            at: 0,
        }
    }

    /// What is believed of a forecast, by its own record: one that fell by 80 while 100 leads came
    /// counts a quarter too few, and so does what it says of the rest. Other policies believe it.
    fn believed(&self, forecast: f64) -> f64 {
        match (self.policy, self.first) {
            (ExternalPolicy::Prices, Some((from, first))) => {
                let (came, foretold) = ((self.at - from) as f64, first - forecast);
                forecast * (PATIENCE + came) / (PATIENCE + foretold.max(0.0))
            }
            _ => forecast,
        }
    }

    /// Solves prices before lead `at` if that is due; `forecast` leads are expected from it on.
    pub fn solve_if_due(&mut self, at: usize, forecast: f64) -> bool {
        self.at = at;
        self.first.get_or_insert((at, forecast));
        let history = self.world.history.is_some_and(|h| h.rows() > 0);
        let due = match self.policy {
            ExternalPolicy::StaticPrices => at == if history { 0 } else { FIRST },
            ExternalPolicy::ResolvedPrices => (at == 0 && history) || (at >= FIRST && at.is_multiple_of(EVERY)),
            // Without a history the first leads are all that is known.
            ExternalPolicy::Prices => {
                (at == 0 && history) || (at > 0 && (at == 50 || at == 100 || at.is_multiple_of(EVERY)))
            }
            _ => false,
        };
        if due {
            self.solve(at, self.believed(forecast));
        }
        due
    }

    fn solve(&mut self, at: usize, forecast: f64) {
        let bounds: Vec<Bound> =
            (0u32..).zip(&self.places).map(|(c, &places)| Bound::limit(c, f64::from(places), forecast)).collect();
        let solved = match &mut self.planner {
            Some(planner) => {
                let sample = planner.sample(forecast);
                planner.solve(&sample, &bounds).prices
            }
            None => {
                let sample = self.simple_sample(at);
                solve(&Problem { sample: &sample, bounds: &bounds }, &self.prices.solved, &SolveConfig::default())
                    .prices
            }
        };
        let highest = solved.iter().fold(0.0f64, |m, p| m.max(*p));
        let moving = self.policy != ExternalPolicy::StaticPrices;
        self.prices = Live {
            rates: bounds.iter().map(|b| b.share).collect(),
            claims: vec![0.0; solved.len()],
            leads: 0.0,
            step: if moving { STEP * highest } else { 0.0 },
            solved,
        };
    }

    /// The history before the first lead, the last leads afterwards.
    fn simple_sample(&self, at: usize) -> Sample {
        let mut sample = Sample::new(self.places.len());
        match self.world.history.filter(|_| at == 0) {
            Some(history) => history.to_rows().iter().for_each(|row| sample.push(row.iter().copied(), 1.0, 0)),
            None => self.window.iter().for_each(|row| sample.push(row.iter().copied(), 1.0, 0)),
        }
        sample
    }

    /// Who gets a lead with these scores; nobody without a place, or as the prices say.
    pub fn choose(&mut self, row: &[f64], forecast: f64) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let forecast = self.believed(forecast);
        let open = |r: &usize| self.places[*r] > 0 && row[*r].is_finite();
        let reps = 0..self.places.len();
        match self.policy {
            ExternalPolicy::Random => {
                let open: Vec<usize> = reps.filter(open).collect();
                open.get(self.rng.below(open.len() as u64) as usize).copied()
            }
            ExternalPolicy::RoundRobin => {
                let n = self.places.len();
                let next = (self.turn..self.turn + n).map(|r| r % n).find(open)?;
                self.turn = next + 1;
                Some(next)
            }
            ExternalPolicy::LeastLoaded => {
                let load = |r: usize| 1.0 - f64::from(self.places[r]) / f64::from(self.world.capacity[r]);
                // Ties by a little chance.
                let open: Vec<usize> = reps.filter(open).collect();
                let loads: Vec<f64> = open.iter().map(|&r| -load(r) - 1e-9 * self.rng.uniform()).collect();
                best(open.iter().copied().zip(loads)).map(|(r, _)| r)
            }
            ExternalPolicy::Greedy => best(reps.filter(open).map(|r| (r, row[r]))).map(|(r, _)| r),
            ExternalPolicy::StaticPrices | ExternalPolicy::ResolvedPrices | ExternalPolicy::Prices => {
                let nets = reps.filter(open).map(|r| (r, row[r] - self.prices.of(r)));
                let scarce = (self.left as f64) < forecast;
                best(nets).filter(|(_, net)| *net >= 0.0 || !scarce).map(|(r, _)| r)
            }
        }
    }

    /// Takes note of a lead and of who got it.
    pub fn learn(&mut self, row: &[f64], choice: Option<usize>) {
        self.prices.leads += 1.0;
        if let Some(rep) = choice {
            self.places[rep] -= 1;
            self.left -= 1;
            self.prices.claims[rep] += 1.0;
        }
        match (self.policy, &mut self.planner) {
            (_, Some(planner)) => planner.push(row),
            (ExternalPolicy::StaticPrices | ExternalPolicy::ResolvedPrices, None) => {
                if self.window.len() == WINDOW {
                    self.window.remove(0);
                }
                self.window.push(row.to_vec());
            }
            _ => {}
        }
    }
}

impl Live {
    fn of(&self, rep: usize) -> f64 {
        let more = self.claims[rep] - self.rates[rep] * self.leads;
        (self.solved[rep] + self.step * more).max(0.0)
    }
}

/// The greatest value; the first of several.
fn best(valued: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    valued.reduce(|a, b| if b.1 > a.1 { b } else { a })
}
