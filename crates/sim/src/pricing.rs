//! Prices of daily quotas: the fluid problem of the rest of the day, solved on recent leads.

use std::collections::VecDeque;

use pointsman_assign::{
    Posted,
    price::{Bound, Problem, Sample, Side, SolveConfig, solve},
};

/// How often and on how much is solved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PricingConfig {
    /// Decided leads between two solves.
    pub every: usize,
    /// Recent leads that stand for those still to come.
    pub window: usize,
}

impl Default for PricingConfig {
    fn default() -> Self {
        Self { every: 25, window: 1200 }
    }
}

/// Keeps what a solve needs, and the prices of the last one.
#[derive(Debug, Clone)]
pub struct Pricer {
    config: PricingConfig,
    reps: usize,
    /// Values × scores of recent leads, by rep; −∞ where the rep was no candidate.
    recent: VecDeque<Vec<f64>>,
    prices: Vec<f64>,
    since: usize,
}

impl Pricer {
    pub fn new(reps: usize, config: PricingConfig) -> Self {
        Self { config, reps, recent: VecDeque::new(), prices: vec![0.0; reps], since: usize::MAX }
    }

    /// A lead was decided, with these values × scores by rep.
    pub fn saw(&mut self, values: Vec<f64>) {
        if self.recent.len() == self.config.window {
            self.recent.pop_front();
        }
        self.recent.push_back(values);
        self.since = self.since.saturating_add(1);
    }

    /// Whether a solve is due.
    pub fn due(&self) -> bool {
        self.since >= self.config.every && self.recent.len() >= self.config.every
    }

    /// Solves for the rest of the day. `free` are the reps' free places today, `left` the leads
    /// still expected to be decided today.
    pub fn solve(&mut self, free: &[u32], left: f64) -> Vec<Posted> {
        self.since = 0;
        let mut sample = Sample::new(self.reps);
        for values in &self.recent {
            sample.push(values.iter().copied(), 1.0, 0);
        }
        let bound = |(column, free): (usize, &u32)| Bound {
            column: column as u32,
            classes: 1,
            side: Side::AtMost,
            share: f64::from(*free) / left.max(1.0),
        };
        let bounds: Vec<Bound> = free.iter().enumerate().map(bound).collect();
        let solution = solve(&Problem { sample: &sample, bounds: &bounds }, &self.prices, &SolveConfig::default());
        self.prices = solution.prices;
        self.prices.iter().map(|price| Posted::fixed(*price)).collect()
    }
}
