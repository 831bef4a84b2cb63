//! The price of a rep's last few places.
//!
//! Fluid prices treat places as a liquid. With four places left today, or five slots that come
//! back at random, it matters whether one or four are free: giving away the last one may lose a
//! better lead this afternoon. Taken alone, a rep faces a stream of *bids*: by how much a coming
//! lead would gain if it went to this rep rather than to the best of the others at their prices
//! (or to nobody). What a place is worth in every state then follows exactly, by dynamic
//! programming (the decomposition by resource of network revenue management, Talluri and van
//! Ryzin 2004, §3.4).

use super::{Problem, Sample};

/// What coming leads bid for one column: positive amounts, greatest first, with the share of all
/// leads that bid at least so much, and their sum.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bids {
    amounts: Vec<f64>,
    shares: Vec<f64>,
    sums: Vec<f64>,
}

impl Bids {
    /// The bids for every column, the others standing at `prices` (one per column).
    pub fn of(sample: &Sample, prices: &[f64]) -> Vec<Self> {
        let paid = Paid { all: prices.to_vec(), rest: vec![0.0; prices.len()] };
        Self::collect(sample, &|_| paid.clone())
    }

    /// The bids for the places under one bound of each column (`tightest`), all other bounds
    /// standing at their prices. Leads that do not draw on that bound do not bid for it.
    pub fn in_market(problem: &Problem<'_>, prices: &[f64], tightest: &[Option<usize>]) -> Vec<Self> {
        let paid = |class: u8| {
            let mut all = vec![0.0; problem.sample.columns()];
            for (bound, price) in problem.bounds.iter().zip(prices).filter(|(b, _)| b.applies_to(class)) {
                all[bound.column as usize] += bound.sign() * price;
            }
            let own = |l: &usize| Some(prices[*l]).filter(|_| problem.bounds[*l].applies_to(class));
            let rest = tightest.iter().zip(&all);
            let rest = rest.map(|(l, all)| l.as_ref().and_then(own).map_or(f64::INFINITY, |own| all - own));
            Paid { rest: rest.collect(), all }
        };
        Self::collect(problem.sample, &paid)
    }

    fn collect(sample: &Sample, paid: &dyn Fn(u8) -> Paid) -> Vec<Self> {
        let total = sample.total_weight();
        let expected = || Vec::with_capacity(sample.rows() / 4);
        let mut bids: Vec<Vec<Bid>> = (0..sample.columns()).map(|_| expected()).collect();
        let mut by_class: Vec<Option<Paid>> = vec![None; usize::from(super::MAX_CLASSES)];
        for i in (0..sample.rows()).filter(|&i| sample.weight(i) > 0.0) {
            let class = sample.class(i);
            let paid = by_class[usize::from(class)].get_or_insert_with(|| paid(class));
            let row = &sample.row(i)[..sample.columns()];
            let (best, second, owner) = best_two(row, &paid.all);
            for (c, (score, rest)) in row.iter().zip(&paid.rest).enumerate() {
                // Most cells bid nothing: one comparison each.
                let over = f64::from(*score) - rest - second;
                if over > 0.0 {
                    let bid = if owner == c { over } else { over + second - best };
                    if bid > 0.0 {
                        bids[c].push(Bid::of(bid as f32, i as u32));
                    }
                }
            }
        }
        bids.into_iter().map(|bids| Self::sorted(bids, |i| sample.weight(i) / total)).collect()
    }

    fn sorted(mut bids: Vec<Bid>, weight: impl Fn(usize) -> f64) -> Self {
        bids.sort_unstable();
        let list = || Vec::with_capacity(bids.len());
        let mut sorted = Self { amounts: list(), shares: list(), sums: list() };
        let (mut share, mut sum) = (0.0, 0.0);
        for (amount, row) in bids.iter().rev().map(|bid| bid.parts()) {
            let weight = weight(row);
            (share, sum) = (share + weight, sum + weight * amount);
            sorted.amounts.push(amount);
            sorted.shares.push(share);
            sorted.sums.push(sum);
        }
        sorted
    }

    /// E (bid − cost)⁺ of a coming lead.
    pub fn surplus(&self, cost: f64) -> f64 {
        self.surplus_of(self.amounts.partition_point(|amount| *amount > cost), cost)
    }

    /// The same, the number of bids above the cost being near to `above`, which is put right.
    fn surplus_near(&self, cost: f64, above: &mut usize) -> f64 {
        while *above > 0 && self.amounts[*above - 1] <= cost {
            *above -= 1;
        }
        while *above < self.amounts.len() && self.amounts[*above] > cost {
            *above += 1;
        }
        self.surplus_of(*above, cost)
    }

    /// E (bid − cost)⁺, of which the first `n` bids have a part.
    fn surplus_of(&self, n: usize, cost: f64) -> f64 {
        match n {
            0 => 0.0,
            n => self.sums[n - 1] - cost * self.shares[n - 1],
        }
    }

    /// The cost at which the surplus is `surplus`; 0 if it never is as much.
    fn cost(&self, surplus: f64) -> f64 {
        // Surplus rises along the list; in between it is a straight line in the cost.
        let (mut low, mut high) = (0, self.amounts.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.surplus(self.amounts[middle]) < surplus { low = middle + 1 } else { high = middle }
        }
        match low {
            0 => self.amounts.first().copied().unwrap_or(0.0),
            n => ((self.sums[n - 1] - surplus) / self.shares[n - 1]).max(0.0),
        }
    }
}

/// A positive amount and whose it is in one word, so that thousands are sorted quickly: the bits of
/// positive numbers are in the order of the numbers. Scores are as narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bid(u64);

impl Bid {
    fn of(amount: f32, row: u32) -> Self {
        Self(u64::from(amount.to_bits()) << 32 | u64::from(row))
    }

    fn parts(self) -> (f64, usize) {
        (f64::from(f32::from_bits((self.0 >> 32) as u32)), self.0 as u32 as usize)
    }
}

/// What leads of one class pay, by column.
#[derive(Debug, Clone)]
struct Paid {
    /// For all bounds.
    all: Vec<f64>,
    /// For all but the one that is bid for; infinite where they do not draw on it.
    rest: Vec<f64>,
}

/// The greatest net value, at least 0 (nobody's), the next one, and whose the greatest is.
fn best_two(row: &[f32], prices: &[f64]) -> (f64, f64, usize) {
    let (mut best, mut second, mut owner) = (0.0, 0.0, usize::MAX);
    for (c, (score, price)) in row.iter().zip(prices).enumerate() {
        let net = f64::from(*score) - price;
        if net > best {
            (second, best, owner) = (best, net, c);
        } else if net > second {
            second = net;
        }
    }
    (best, second, owner)
}

/// What it costs to give away one place of a quota, by places left and leads still to come.
///
/// V(x, k) = V(x, k−1) + E (bid − (V(x, k−1) − V(x−1, k−1)))⁺, cost(x, k) = V(x, k) − V(x−1, k).
#[derive(Debug, Clone, PartialEq)]
pub struct QuotaCosts {
    places: usize,
    /// `places` costs for each number of leads.
    costs: Vec<f64>,
}

impl QuotaCosts {
    pub fn new(bids: &Bids, places: usize, leads: usize) -> Self {
        Self::in_steps(bids, places, leads, 1.0)
    }

    /// The same in steps of `each` leads, over which the costs are taken to stay as they are; good
    /// as long as a step brings the rep less than one lead.
    pub fn in_steps(bids: &Bids, places: usize, steps: usize, each: f64) -> Self {
        let mut value = vec![0.0; places + 1];
        let mut costs = vec![0.0; places];
        costs.reserve_exact(steps * places);
        // From step to step a cost moves by little.
        let mut above = vec![bids.amounts.len(); places];
        for k in 1..=steps {
            let before = (k - 1) * places;
            for (x, above) in above.iter_mut().enumerate() {
                value[x + 1] += each * bids.surplus_near(costs[before + x], above);
            }
            costs.extend((0..places).map(|x| value[x + 1] - value[x]));
        }
        Self { places, costs }
    }

    /// The cost with `places` left (this one included) when `leads` are still to come after this.
    /// Outside the table its border counts.
    pub fn cost(&self, places: usize, leads: usize) -> f64 {
        if self.places == 0 {
            return 0.0;
        }
        let k = leads.min(self.costs.len() / self.places - 1);
        self.costs[k * self.places + places.clamp(1, self.places) - 1]
    }
}

/// What it costs to occupy one more of a rep's reusable slots, by slots in use.
///
/// Slots are held for an exponential time; `leads` come in one mean holding time. With G the
/// average gain per holding time and D(n) the cost with n in use, the balance in every state is
///
/// G = leads · E (bid − D(n))⁺ + n · D(n−1), and G = slots · D(slots−1) when all are in use.
pub fn slot_costs(bids: &Bids, slots: usize, leads: f64) -> Vec<f64> {
    if slots == 0 || leads <= 0.0 {
        return vec![0.0; slots];
    }
    let costs = |gain: f64| -> Vec<f64> {
        let mut costs: Vec<f64> = Vec::with_capacity(slots);
        for n in 0..slots {
            let freed = costs.last().map_or(0.0, |cost| n as f64 * cost);
            costs.push(bids.cost(((gain - freed) / leads).max(0.0)));
        }
        costs
    };
    // A greater gain needs lower costs: one crossing.
    let (mut low, mut high) = (0.0, leads * bids.surplus(0.0));
    for _ in 0..50 {
        let gain = 0.5 * (low + high);
        let last = costs(gain)[slots - 1];
        if gain < slots as f64 * last { low = gain } else { high = gain }
    }
    costs(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bids(amounts: &[(f32, f64)]) -> Bids {
        let bids = (0..).zip(amounts).map(|(row, (amount, _))| Bid::of(*amount, row));
        Bids::sorted(bids.collect(), |row| amounts[row].1)
    }

    #[test]
    fn bids_are_gains_over_the_best_other() {
        let mut sample = Sample::new(2);
        sample.push([0.9, 0.5].into_iter(), 1.0, 0);
        sample.push([0.2, 0.8].into_iter(), 3.0, 0);
        let bids = Bids::of(&sample, &[0.1, 0.4]);
        // First lead: 0.9 over 0.1 with the other; second: others offer 0.4.
        assert!((bids[0].amounts[0] - 0.8).abs() < 1e-6 && bids[0].amounts.len() == 1);
        assert!((bids[1].amounts[0] - 0.7).abs() < 1e-6);
        assert!((bids[1].surplus(0.2) - 0.75 * 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_last_place_of_a_quota_by_hand() {
        // A lead bids 1 with probability ½, else 0.5. One place, one lead to come: worth 0.75.
        let bids = bids(&[(1.0, 0.5), (0.5, 0.5)]);
        let costs = QuotaCosts::new(&bids, 2, 2);
        assert_eq!(costs.cost(1, 0), 0.0);
        assert!((costs.cost(1, 1) - 0.75).abs() < 1e-12);
        // Two to come: take a 1 now, else wait for 0.75.
        assert!((costs.cost(1, 2) - 0.875).abs() < 1e-12);
        assert!(costs.cost(2, 1).abs() < 1e-12, "one lead cannot use two places");
        assert!((costs.cost(2, 2) - (1.5 - 0.875)).abs() < 1e-12);
    }

    #[test]
    fn one_slot_is_the_textbook_loss_system() {
        // Every lead bids 1, one slot, a leads per holding time: a share a / (1 + a) of the time
        // in use, gain a / (1 + a) per holding time, which is what occupying the slot costs.
        for a in [0.3, 1.0, 5.0] {
            let costs = slot_costs(&bids(&[(1.0, 1.0)]), 1, a);
            assert!((costs[0] - a / (1.0 + a)).abs() < 1e-9, "{a}: {costs:?}");
        }
    }

    #[test]
    fn costs_rise_as_places_run_out() {
        let many: Vec<(f32, f64)> = (1..200u8).map(|i| (f32::from(i) / 200.0, 1.0 / 400.0)).collect();
        let bids = bids(&many);
        let slots = slot_costs(&bids, 6, 20.0);
        assert!(slots.is_sorted() && slots[0] > 0.0 && slots[5] < 1.0, "{slots:?}");
        let quota = QuotaCosts::new(&bids, 5, 60);
        assert!((1..5).all(|x| quota.cost(x, 40) >= quota.cost(x + 1, 40)));
        assert!((0..60).all(|k| quota.cost(3, k) <= quota.cost(3, k + 1) + 1e-12));
    }
}
