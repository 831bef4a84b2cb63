//! The price book: what a place under each limit costs, as a document.

use pointsman_domain::{Instant, LimitId, RepId, Window};
use serde::{Deserialize, Serialize};

use super::{Bound, Problem, Side, Solution};
use crate::Posted;

/// Prices in force from one epoch on, with everything they were solved from. Immutable: the next
/// solve makes the next book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBook {
    pub format: u32,
    pub epoch: u64,
    pub at: Instant,
    pub solved_from: SolvedFrom,
    /// In the order of rep, limit, window; each once.
    pub prices: Vec<LimitPrice>,
}

/// The question that a book answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolvedFrom {
    /// Rows of the forecast sample.
    pub rows: u64,
    /// Leads still expected in the horizon.
    pub remaining: f64,
    /// What a coming lead brings on average, at most.
    pub value: f64,
    /// How far the most wrong bound was from its share when the solver stopped.
    pub residual: f64,
}

/// One limit of one rep in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitPrice {
    pub rep: RepId,
    pub limit: LimitId,
    pub window: Window,
    /// In minor units of money, or wins where values are not known; negative is a subsidy.
    pub posted: Posted,
}

/// The name of a solved bound, and its lifetime count of claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLimit {
    pub rep: RepId,
    pub limit: LimitId,
    pub window: Window,
    pub claims: u64,
}

impl PriceBook {
    pub const FORMAT: u32 = 1;

    /// The price of one limit; `None` for a limit that the book does not know, which is free.
    pub fn find(&self, rep: &RepId, limit: &LimitId, window: Window) -> Option<&LimitPrice> {
        let key = |p: &LimitPrice| (&p.rep, &p.limit, p.window).cmp(&(rep, limit, window));
        self.prices.binary_search_by(key).ok().map(|at| &self.prices[at])
    }

    /// Names the bounds of a solved problem (`names[l]` is bound l). A cap and a floor of one
    /// name become one price: what is paid minus what is granted. `leads` is the lifetime count
    /// of first decisions.
    pub fn new(
        epoch: u64,
        at: Instant,
        leads: u64,
        remaining: f64,
        problem: &Problem<'_>,
        names: &[PricedLimit],
        solution: &Solution,
    ) -> Self {
        let mut solved: Vec<(&PricedLimit, usize)> = names.iter().zip(0..problem.bounds.len()).collect();
        solved.sort_by(|a, b| (&a.0.rep, &a.0.limit, a.0.window, a.1).cmp(&(&b.0.rep, &b.0.limit, b.0.window, b.1)));
        let same = |a: &(&PricedLimit, usize), b: &(&PricedLimit, usize)| {
            (&a.0.rep, &a.0.limit, a.0.window) == (&b.0.rep, &b.0.limit, b.0.window)
        };
        // A twentieth of the smoothing temperature: twenty claims off plan move a price by τ.
        let step = problem.sample.scale() * super::SolveConfig::default().temperature / 20.0;
        let posted = |group: &[(&PricedLimit, usize)]| Posted {
            step,
            leads_at_epoch: leads,
            ..merged(group, problem.bounds, solution)
        };
        let price = |group: &[(&PricedLimit, usize)]| {
            let name = group[0].0;
            let (rep, limit, window) = (name.rep.clone(), name.limit.clone(), name.window);
            LimitPrice { rep, limit, window, posted: posted(group) }
        };
        let prices = solved.chunk_by(same).map(price).collect();
        let solved_from = SolvedFrom {
            rows: problem.sample.rows() as u64,
            remaining,
            value: solution.value,
            residual: solution.residual,
        };
        Self { format: Self::FORMAT, epoch, at, solved_from, prices }
    }
}

fn merged(group: &[(&PricedLimit, usize)], bounds: &[Bound], solution: &Solution) -> Posted {
    let (mut price, mut least, mut cap, mut floor, mut demand) = (0.0, 0.0, None, None, 0.0);
    for &(_, l) in group {
        demand = solution.demand[l];
        match bounds[l].side {
            Side::AtMost => {
                price += solution.prices[l];
                cap = Some(bounds[l].share);
            }
            Side::AtLeast { most } => {
                price -= solution.prices[l];
                least -= most;
                floor = Some(bounds[l].share);
            }
        }
    }
    // A price that binds is held at its bound's pace. An idle cap without a floor starts to cost
    // only when claims outrun the cap; with one, when they leave what is expected.
    let planned_rate = match (cap, floor) {
        (Some(cap), None) => cap,
        (Some(cap), Some(_)) if price > 0.0 => cap,
        (_, Some(floor)) if price < 0.0 => floor,
        _ => demand,
    };
    // Caps have no highest price; JSON has no infinity.
    Posted { price, planned_rate, least, most: f64::MAX, claims_at_epoch: group[0].0.claims, ..Posted::fixed(price) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Sample, SolveConfig, solve};

    fn name(rep: &str) -> PricedLimit {
        let (rep, limit) = (rep.parse().expect("a slug"), "week".parse().expect("a slug"));
        PricedLimit { rep, limit, window: Window::Week(20_002), claims: 5 }
    }

    #[test]
    fn a_book_names_its_prices_and_survives_json() {
        let mut sample = Sample::new(2);
        for i in 0..50 {
            sample.push([0.5 + f64::from(i) / 100.0, 0.3].into_iter(), 1.0, 0);
        }
        let cap = |column, share| Bound { column, classes: u64::MAX, side: Side::AtMost, share };
        let floor = Bound { column: 1, classes: u64::MAX, side: Side::AtLeast { most: 0.2 }, share: 0.1 };
        let bounds = [cap(1, 0.9), cap(0, 0.2), floor];
        let problem = Problem { sample: &sample, bounds: &bounds };
        let solution = solve(&problem, &[], &SolveConfig::default());
        let names = [name("mara"), name("ben"), name("mara")];
        let book = PriceBook::new(7, Instant::default(), 1000, 500.0, &problem, &names, &solution);
        let reps: Vec<&str> = book.prices.iter().map(|p| p.rep.as_str()).collect();
        assert_eq!(reps, ["ben", "mara"]);
        let ben = &book.prices[0];
        assert!(ben.posted.price > 0.3, "Ben wins most and takes a fifth: {ben:?}");
        assert!((ben.posted.planned_rate - 0.2).abs() < 1e-9);
        assert_eq!(book.prices[1].posted.least, -0.2);
        let (rep, limit) = (&names[1].rep, &names[1].limit);
        let found = book.find(rep, limit, Window::Week(20_002)).expect("named above").posted;
        let now = found.price(5 + 40, 1000 + 100);
        assert!((now - (ben.posted.price + found.step * 20.0)).abs() < 1e-12, "20 claims above plan");
        assert!(book.find(rep, limit, Window::Week(20_009)).is_none(), "another week is not priced");
        let text = serde_json::to_string(&book).expect("plain data");
        assert_eq!(serde_json::from_str::<PriceBook>(&text).expect("written above"), book);
    }
}
