//! Other kinds of capacity in worlds made elsewhere: quotas that begin anew every day, and slots
//! that come back when a lead is closed.
//!
//! Here the last places of a rep decide, so prices are those of [`Bids`]: fluid prices say what
//! the other reps are worth, dynamic programming what each of a rep's own places is.

use pointsman_assign::price::{Bids, Bound, MixConfig, Planner, PlannerConfig, QuotaCosts, slot_costs};

use super::Matrix;

/// Leads with their time of arrival.
#[derive(Debug, Clone, Copy)]
pub struct TimedWorld<'a> {
    /// True probability of winning, leads (in the order of arrival) × reps.
    pub scores: &'a Matrix,
    /// Arrival of each lead, in days; ascending.
    pub days: &'a [f64],
    /// Scores of leads from before the first one; at least some, prices start from them.
    pub history: &'a Matrix,
}

/// How leads are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindPolicy {
    /// The best score among those with a place.
    Greedy,
    /// Score minus the price of the very place.
    Prices,
}

/// Leads between two solves of a day's quotas; a day may bring a few hundred.
const QUOTA_EVERY: usize = 20;
/// Leads between two solves for reusable slots.
const SLOT_EVERY: usize = 200;
/// Rows of the forecast sample.
const ROWS: usize = 2500;
/// Days that the rate of arrivals looks back.
const RATE_DAYS: f64 = 2.0;
/// Ended leads that the holding time known beforehand counts as.
const HOLD_PRIOR: f64 = 20.0;

fn planner(world: &TimedWorld<'_>) -> Planner {
    let mix = MixConfig { rows: ROWS, ..MixConfig::default() };
    Planner::new(world.scores.columns(), &world.history.to_rows(), PlannerConfig { mix, ..PlannerConfig::default() })
}

/// Leads a day, from those of the last days; `known` until a whole day has passed.
fn rate(days: &[f64], at: usize, known: f64) -> f64 {
    let now = days[at];
    if now < 1.0 {
        return known;
    }
    let span = RATE_DAYS.min(now);
    let since = days[..at].partition_point(|day| *day < now - span);
    (at - since) as f64 / span
}

fn best(nets: impl Iterator<Item = (usize, f64)>) -> Option<(usize, f64)> {
    nets.reduce(|a, b| if b.1 > a.1 { b } else { a })
}

/// Quotas per day: expected conversions of a run. `leads_a_day` is what is planned with on the
/// first day.
pub fn simulate_daily(world: &TimedWorld<'_>, quota: &[u32], leads_a_day: f64, policy: KindPolicy) -> f64 {
    let mut planner = planner(world);
    let (mut today, mut places, mut since) = (f64::NAN, vec![], 0);
    let mut costs: Vec<QuotaCosts> = vec![];
    let mut won = 0.0;
    for (at, day) in world.days.iter().enumerate() {
        let row = world.scores.row(at);
        let forecast = (rate(world.days, at, leads_a_day) * (1.0 - day.fract())).max(1.0);
        if day.floor() != today {
            (today, places, since) = (day.floor(), quota.to_vec(), QUOTA_EVERY);
        }
        if policy == KindPolicy::Prices && since >= QUOTA_EVERY {
            costs = quota_costs(&mut planner, &places, forecast);
            since = 0;
        }
        since += 1;
        let open = (0..places.len()).filter(|r| places[*r] > 0);
        let to_come = forecast as usize;
        let choice = match policy {
            KindPolicy::Greedy => best(open.map(|r| (r, row[r]))),
            KindPolicy::Prices => {
                let scarce = places.iter().map(|p| f64::from(*p)).sum::<f64>() < forecast;
                let nets = open.map(|r| (r, row[r] - costs[r].cost(places[r] as usize, to_come)));
                best(nets).filter(|(_, net)| *net >= 0.0 || !scarce)
            }
        };
        if let Some((rep, _)) = choice {
            won += row[rep];
            places[rep] -= 1;
        }
        planner.push(row);
    }
    won
}

fn quota_costs(planner: &mut Planner, places: &[u32], forecast: f64) -> Vec<QuotaCosts> {
    let sample = planner.sample(forecast);
    let bounds: Vec<Bound> = (0u32..).zip(places).map(|(c, p)| Bound::limit(c, f64::from(*p), forecast)).collect();
    let prices = planner.solve(&sample, &bounds).prices;
    let bids = Bids::of(&sample, &prices);
    // Until the next solve some more may be needed than are forecast now.
    let leads = (forecast * 1.2) as usize + 5;
    bids.iter().zip(places).map(|(bids, p)| QuotaCosts::new(bids, *p as usize, leads)).collect()
}

/// Reusable slots: expected conversions of a run. `hold_days` is how long each lead really holds
/// its slot; `expected_hold_days` and `leads_a_day` are what is known beforehand.
pub fn simulate_slots(
    world: &TimedWorld<'_>,
    slots: &[u32],
    hold_days: &[f64],
    expected_hold_days: f64,
    leads_a_day: f64,
    policy: KindPolicy,
) -> f64 {
    let mut planner = planner(world);
    let mut used = vec![0u32; slots.len()];
    // Ends of the leads in hand, latest first.
    let mut held: Vec<(f64, usize)> = vec![];
    let (mut exposure, mut ended, mut before) = (HOLD_PRIOR * expected_hold_days, HOLD_PRIOR, 0.0);
    let mut costs: Vec<Vec<f64>> = vec![];
    let mut won = 0.0;
    for (at, &now) in world.days.iter().enumerate() {
        while let Some((end, rep)) = held.pop_if(|(end, _)| *end <= now) {
            used[rep] -= 1;
            ended += 1.0;
            exposure += end - before;
        }
        exposure += held.len() as f64 * (now - before);
        before = now;
        let row = world.scores.row(at);
        if policy == KindPolicy::Prices && at.is_multiple_of(SLOT_EVERY) {
            let leads = rate(world.days, at, leads_a_day) * exposure / ended;
            costs = all_slot_costs(&mut planner, slots, leads);
        }
        let open = (0..slots.len()).filter(|r| used[*r] < slots[*r]);
        let choice = match policy {
            KindPolicy::Greedy => best(open.map(|r| (r, row[r]))),
            KindPolicy::Prices => {
                best(open.map(|r| (r, row[r] - costs[r][used[r] as usize]))).filter(|(_, net)| *net >= 0.0)
            }
        };
        if let Some((rep, _)) = choice {
            won += row[rep];
            used[rep] += 1;
            let end = now + hold_days[at];
            held.insert(held.partition_point(|(other, _)| *other > end), (end, rep));
        }
        planner.push(row);
    }
    won
}

/// `leads` come in one mean holding time.
fn all_slot_costs(planner: &mut Planner, slots: &[u32], leads: f64) -> Vec<Vec<f64>> {
    let sample = planner.sample(leads);
    let bounds: Vec<Bound> = (0u32..).zip(slots).map(|(c, s)| Bound::limit(c, f64::from(*s), leads)).collect();
    let prices = planner.solve(&sample, &bounds).prices;
    let bids = Bids::of(&sample, &prices);
    bids.iter().zip(slots).map(|(bids, s)| slot_costs(bids, *s as usize, leads)).collect()
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{Rng, math};

    use super::*;

    /// 12 days of 60 leads for 5 reps, with 400 leads from before.
    fn world(seed: u64) -> (Matrix, Vec<f64>, Matrix) {
        let mut rng = Rng::seeded(seed);
        let tastes: Vec<[f64; 2]> = (0..5).map(|_| [rng.normal(), rng.normal()]).collect();
        let mut table = |rows: usize| {
            let mut cells = vec![];
            for _ in 0..rows {
                let lead = [rng.normal(), rng.normal()];
                cells.extend(tastes.iter().map(|t| math::sigmoid(t[0] * lead[0] + t[1] * lead[1] - 1.0)));
            }
            Matrix::new(rows, 5, cells).unwrap()
        };
        let (scores, history) = (table(720), table(400));
        (scores, (0..720).map(|i| f64::from(i) / 60.0).collect(), history)
    }

    #[test]
    fn the_price_of_the_last_places_beats_greed() {
        let (scores, days, history) = world(6);
        let world = TimedWorld { scores: &scores, days: &days, history: &history };
        let quota = [6, 8, 10, 12, 14];
        let daily = |policy| simulate_daily(&world, &quota, 60.0, policy);
        assert!(daily(KindPolicy::Prices) > 1.02 * daily(KindPolicy::Greedy));
        // 60 leads a day hold a slot for half a day each: 30 at a time for 25 slots.
        let mut rng = Rng::seeded(7);
        let hold: Vec<f64> = (0..720).map(|_| rng.exponential(0.5)).collect();
        let slots = |policy| simulate_slots(&world, &[3, 4, 5, 6, 7], &hold, 0.5, 60.0, policy);
        assert!(slots(KindPolicy::Prices) > 1.02 * slots(KindPolicy::Greedy));
    }

    #[test]
    fn without_scarcity_everybody_gets_the_best_rep() {
        let (scores, days, history) = world(8);
        let world = TimedWorld { scores: &scores, days: &days, history: &history };
        let best: f64 = (0..720).map(|i| scores.row(i).iter().fold(0.0f64, |m, s| m.max(*s))).sum();
        let daily = simulate_daily(&world, &[1000; 5], 60.0, KindPolicy::Prices);
        assert!((daily - best).abs() < 1e-9);
    }
}
