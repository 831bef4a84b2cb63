//! From limits as they stand to the next price book.
//!
//! All bounds enter one fluid problem, each with its own horizon: a quota as places left over the
//! leads expected until its window ends, a reusable slot as slots over the leads that come in one
//! holding time. Where a rep has few places left under the bound that binds most, the fluid price
//! is replaced by a ladder: what each of these places is worth, by dynamic programming against the
//! bids that the other prices leave ([`super::scarce`]).

use std::cmp::Reverse;

use pointsman_domain::{Instant, LimitId, RepId, Window};

use super::{
    Bids, Bound, LimitPrice, Planner, PriceBook, Problem, QuotaCosts, Sample, Side, Solution, SolveConfig, SolvedFrom,
    slot_costs,
};
use crate::{Posted, posted::Ladder};

/// One limit of one rep as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub rep: RepId,
    pub column: u32,
    pub limit: LimitId,
    pub window: Window,
    /// Which classes of leads draw on it.
    pub classes: u64,
    pub cap: u32,
    pub free: u32,
    /// Claims ever.
    pub claims: u64,
    pub horizon: Horizon,
    /// The share of the leads in the horizon for which the rep is there.
    pub present: f64,
    /// Leads that the rep is still owed in this window.
    pub floor: Option<u32>,
    /// A window that begins before prices may be solved again, and the leads expected in it.
    pub next: Option<(Window, f64)>,
}

/// Over which leads the places reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Horizon {
    /// A quota: the leads expected until the window ends.
    Window { leads: f64 },
    /// Slots that come back: the leads expected in one mean holding time.
    Hold { leads: f64 },
}

/// When is solved, and for which epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    pub epoch: u64,
    pub at: Instant,
    /// First decisions ever.
    pub leads: u64,
    /// Leads expected today.
    pub today: f64,
}

/// Places priced one by one, at most.
const RUNGS: u32 = 24;
/// Leads until the next solve, for which a ladder is made to last.
const UNTIL_NEXT: u32 = 200;
/// Steps of dynamic programming over all reps, about.
const STEPS: usize = 20_000;

/// Solves the prices of these limits for the leads that `sample` stands for.
pub fn solve_book(planner: &mut Planner, sample: &Sample, standings: &[Standing], moment: Moment) -> PriceBook {
    let mut bounds: Vec<Bound> = standings.iter().map(Standing::cap_bound).collect();
    let floors: Vec<usize> = (0..standings.len()).filter(|&s| standings[s].floor.is_some()).collect();
    bounds.extend(floors.iter().filter_map(|&s| standings[s].floor_bound(sample)));
    let solution = planner.solve(sample, &bounds);
    let problem = Problem { sample, bounds: &bounds };
    let tightest = tightest(standings, &solution, sample.columns());
    let laddered = tightest.iter().map(|s| s.filter(|&s| standings[s].may_have_ladder())).collect::<Vec<_>>();
    let bids = Bids::in_market(&problem, &solution.prices, &laddered);
    // A twentieth of the smoothing temperature: twenty claims off plan move a price by τ.
    let step = sample.scale() * SolveConfig::default().temperature / 20.0;
    let mut prices = vec![];
    for (s, standing) in standings.iter().enumerate() {
        let subsidy = floors.iter().position(|&f| f == s).map(|f| (standings.len() + f, bounds[standings.len() + f]));
        let mut posted = linear(standing, s, &solution, subsidy, step);
        posted.leads_at_epoch = moment.leads;
        let ladder = Some(&bids[standing.column as usize]).filter(|_| laddered[standing.column as usize] == Some(s));
        let price =
            |window, posted| LimitPrice { rep: standing.rep.clone(), limit: standing.limit.clone(), window, posted };
        if let Some((window, leads)) = standing.next {
            let planned_rate = (f64::from(standing.cap) / leads.max(1.0)).min(1.0);
            let ladder = ladder.and_then(|bids| quota_ladder(bids, standing.cap, leads, sample.columns()));
            prices.push(price(window, Posted { planned_rate, ladder, ..posted.clone() }));
        }
        posted.ladder = ladder.and_then(|bids| standing.ladder(bids, sample.columns()));
        prices.push(price(standing.window, posted));
    }
    prices.sort_by(|a, b| (&a.rep, &a.limit, a.window).cmp(&(&b.rep, &b.limit, b.window)));
    let solved_from = SolvedFrom {
        rows: sample.leads() as u64,
        leads: moment.leads,
        today: moment.today,
        value: solution.value,
        residual: solution.residual,
    };
    PriceBook { format: PriceBook::FORMAT, epoch: moment.epoch, at: moment.at, solved_from, prices }
}

impl Standing {
    fn cap_bound(&self) -> Bound {
        let share = match self.horizon {
            Horizon::Window { leads } => f64::from(self.free) / leads.max(1.0),
            Horizon::Hold { leads } => f64::from(self.cap) / leads.max(1e-9) * self.present,
        };
        let share = share.min(self.present).clamp(0.0, 1.0);
        Bound { column: self.column, classes: self.classes, side: Side::AtMost, share }
    }

    /// What a floor may cost a lead is bounded by what a lead can be worth: that always suffices.
    fn floor_bound(&self, sample: &Sample) -> Option<Bound> {
        let (owed, most) = (self.floor?, sample.largest());
        let leads = match self.horizon {
            Horizon::Window { leads } | Horizon::Hold { leads } => leads,
        };
        let share = (f64::from(owed) / leads.max(1.0)).min(self.cap_bound().share);
        Some(Bound { column: self.column, classes: self.classes, side: Side::AtLeast { most }, share })
    }

    /// A floor is paid for by the pace, and many places are a liquid.
    fn may_have_ladder(&self) -> bool {
        let few = |places: u32| (1..=RUNGS).contains(&places);
        let now = match self.horizon {
            Horizon::Window { .. } => few(self.free),
            Horizon::Hold { .. } => few(self.cap),
        };
        self.floor.is_none() && (now || self.next.is_some() && few(self.cap))
    }

    fn ladder(&self, bids: &Bids, columns: usize) -> Option<Ladder> {
        match self.horizon {
            Horizon::Window { leads } => quota_ladder(bids, self.free, leads * self.present, columns),
            Horizon::Hold { leads } if self.cap <= RUNGS => {
                let by_use = slot_costs(bids, self.cap as usize, leads * self.present);
                let now: Box<[f32]> = by_use.iter().rev().map(|cost| *cost as f32).collect();
                (!now.is_empty()).then(|| Ladder { over: 0, then: now.clone(), now })
            }
            Horizon::Hold { .. } => None,
        }
    }
}

/// Of each column's bounds the one whose price is highest, else whose share is least.
fn tightest(standings: &[Standing], solution: &Solution, columns: usize) -> Vec<Option<usize>> {
    let mut tightest: Vec<Option<usize>> = vec![None; columns];
    for (s, standing) in standings.iter().enumerate() {
        let key = |s: usize| (solution.prices[s], Reverse(standings[s].cap_bound().share));
        let best = &mut tightest[standing.column as usize];
        let better = |old: usize| {
            let ((price, share), (old_price, old_share)) = (key(s), key(old));
            price.total_cmp(&old_price).then(old_share.0.total_cmp(&share.0)).is_gt()
        };
        if best.is_none_or(better) {
            *best = Some(s);
        }
    }
    tightest
}

/// The price between solves where places are many: a cap and a floor become one price, what is
/// paid minus what is granted.
fn linear(standing: &Standing, s: usize, solution: &Solution, floor: Option<(usize, Bound)>, step: f64) -> Posted {
    let cap = standing.cap_bound().share;
    let (mut price, mut least, mut planned_rate) = (solution.prices[s], 0.0, cap);
    if let Some((f, bound)) = floor {
        let Side::AtLeast { most } = bound.side else { unreachable!("a floor bounds from below") };
        price -= solution.prices[f];
        least = -most;
        // A price that binds is held at its bound's pace; in between claims are as expected.
        planned_rate = if price > 0.0 {
            cap
        } else if price < 0.0 {
            bound.share
        } else {
            solution.demand[f]
        };
    }
    // Caps have no highest price; JSON has no infinity.
    let most = f64::MAX;
    Posted { planned_rate, step, least, most, claims_at_epoch: standing.claims, ..Posted::fixed(price) }
}

/// `None` where places are so many that the fluid price is as good.
fn quota_ladder(bids: &Bids, places: u32, leads: f64, columns: usize) -> Option<Ladder> {
    if places == 0 || places > RUNGS {
        return None;
    }
    let steps = (STEPS / columns.max(1)).clamp(40, 200) as f64;
    let each = (leads / steps).max(1.0);
    let costs = QuotaCosts::in_steps(bids, places as usize, (leads / each).ceil() as usize, each);
    let rungs = |to_come: f64| (1..=places as usize).map(|x| costs.cost(x, (to_come / each) as usize) as f32).collect();
    let over = f64::from(UNTIL_NEXT).min(leads.max(1.0));
    Some(Ladder { over: over as u32, now: rungs(leads), then: rungs(leads - over) })
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Rng;
    use proptest::prelude::*;

    use super::*;
    use crate::price::PlannerConfig;

    const MOMENT: Moment = Moment { epoch: 3, at: Instant::from_unix_micros(7), leads: 500, today: 40.0 };

    fn standing(column: u32, free: u32, leads: f64) -> Standing {
        Standing {
            rep: format!("rep-{column}").parse().expect("a slug"),
            column,
            limit: "day".parse().expect("a slug"),
            window: Window::Day(20_000),
            classes: u64::MAX,
            cap: free.max(4),
            free,
            claims: 11,
            horizon: Horizon::Window { leads },
            present: 1.0,
            floor: None,
            next: None,
        }
    }

    fn planner(seed: u64) -> (Planner, Sample) {
        let mut rng = Rng::seeded(seed);
        let mut planner = Planner::new(3, &[], PlannerConfig::default());
        (0..400).for_each(|_| planner.push(&[rng.uniform(), 0.8 * rng.uniform(), 0.3 * rng.uniform()]));
        let sample = planner.sample(100.0);
        (planner, sample)
    }

    #[test]
    fn few_places_are_priced_one_by_one_and_many_by_their_pace() {
        let (mut planner, sample) = planner(1);
        let standings = [standing(0, 3, 40.0), standing(1, 90, 400.0), standing(2, 0, 40.0)];
        let book = solve_book(&mut planner, &sample, &standings, MOMENT);
        assert_eq!(book.prices.iter().map(|p| p.rep.as_str()).collect::<Vec<_>>(), ["rep-0", "rep-1", "rep-2"]);
        let ladder = book.prices[0].posted.ladder.as_ref().expect("three places");
        assert!(ladder.now.is_sorted_by(|a, b| a >= b) && ladder.now[0] > 0.3, "{ladder:?}");
        assert!(ladder.now.iter().zip(&ladder.then).all(|(now, then)| then <= now), "{ladder:?}");
        assert!(book.prices[1].posted.ladder.is_none() && book.prices[1].posted.step > 0.0);
        let text = serde_json::to_string(&book).expect("finite numbers");
        assert_eq!(serde_json::from_str::<PriceBook>(&text).expect("our own"), book);
        assert!(book.find(&book.prices[1].rep, &book.prices[1].limit, Window::Day(20_000)).is_some());
        assert!(book.find(&book.prices[1].rep, &book.prices[1].limit, Window::Day(20_001)).is_none());
    }

    #[test]
    fn of_a_mixture_the_bound_that_binds_carries_the_price() {
        let (mut planner, sample) = planner(2);
        let open = Standing {
            limit: "open".parse().expect("a slug"),
            window: Window::Always,
            cap: 20,
            free: 12,
            horizon: Horizon::Hold { leads: 30.0 },
            ..standing(0, 12, 0.0)
        };
        let standings = [standing(0, 2, 60.0), open, standing(1, 30, 60.0), standing(2, 60, 60.0)];
        let book = solve_book(&mut planner, &sample, &standings, MOMENT);
        let (day, open) = (&book.prices[0].posted, &book.prices[1].posted);
        assert!(day.price > 0.2 && day.ladder.is_some(), "{day:?}");
        assert!(open.price < 0.05 && open.ladder.is_none(), "{open:?}");
    }

    #[test]
    fn the_next_window_is_priced_before_it_begins() {
        let (mut planner, sample) = planner(3);
        let next = Some((Window::Day(20_001), 80.0));
        let standings = [Standing { next, ..standing(0, 1, 5.0) }, standing(1, 40, 40.0)];
        let book = solve_book(&mut planner, &sample, &standings, MOMENT);
        let rung = |window| {
            let price = book.find(&standings[0].rep, &standings[0].limit, window).expect("both days");
            (price.posted.price(1, 0, 500), price.posted.price(4, 0, 500))
        };
        let (today, tomorrow) = (rung(Window::Day(20_000)), rung(Window::Day(20_001)));
        assert!(tomorrow.0 > today.0, "a whole day is to come: {today:?} {tomorrow:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Prices with a floor give the rep what it is owed whenever the cap and the leads allow it.
        #[test]
        fn floors_are_met_whenever_feasible(seed in 0..1000u64, owed in 1..14u32, free in 0..20u32) {
            let (mut planner, sample) = planner(seed);
            // The weakest rep: without a subsidy next to nothing comes.
            let owing = Standing { floor: Some(owed), ..standing(2, free, 40.0) };
            let standings = [standing(0, 20, 40.0), standing(1, 20, 40.0), owing];
            let mut bounds: Vec<Bound> = standings.iter().map(Standing::cap_bound).collect();
            bounds.extend(standings[2].floor_bound(&sample));
            let solution = planner.solve(&sample, &bounds);
            let feasible = f64::from(owed.min(free)) / 40.0;
            prop_assert!(solution.demand[3] > feasible - 0.01, "{} of {feasible}", solution.demand[3]);
            prop_assert!(solution.demand[2] < f64::from(free) / 40.0 + 0.01);
        }
    }
}
