//! Fair turns: earliest eligible virtual deadline first (Stoica and Abdel-Wahab 1995), and for
//! work of unequal weight start-time fair queueing (Goyal, Vin and Cheng 1997).
//!
//! A pool has a clock V. A rep of weight w has a virtual start s, which a turn of weight q moves
//! by q/w. Who is present is a matter of each turn, and so is the total weight W of the present.
//!
//! **Turns** (q = 1). A rep may take a turn when s ≤ V; its *deadline* is s + 1/w, the earliest
//! deadline wins, ties by rep id.
//!
//! - before a turn V is at least the smallest s of the present, so that somebody may go, and at
//!   most their earliest deadline;
//! - a turn moves V by 1/W, but not past the earliest deadline of the present.
//!
//! While the same reps are present the second bound never binds and nobody is ever a whole turn
//! from entitlement. Whatever others do, for any two reps present throughout
//! |sᵢ − sⱼ| ≤ max(1/wᵢ, 1/wⱼ), which is at most one turn from what their weights give each of the
//! turns the two took together.
//!
//! **Expected value** (q differs from lead to lead). The smallest s of the present goes next, and
//! that is the clock. Whoever goes was not ahead of anybody, so for any two reps present throughout
//! |sᵢ − sⱼ| ≤ max(qᵢ/wᵢ, qⱼ/wⱼ) with the largest q that each got.
//!
//! A present rep is never behind its deadline (its start): whoever is, was away. The contract says
//! what becomes of what it missed: forgotten, kept whole, or paid by so many turns a day. A turn
//! writes the clock, the chosen rep and whoever came or came back with it, never the whole pool.

use pointsman_domain::{CatchUp, Contract, FairnessMeasure, Pick, PoolId, Window};
use serde::{Deserialize, Serialize};

use crate::Partition;

/// One account of turns: a pool's, in one partition, by one measure, in one window. Another
/// measure or a new window begins at zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineId {
    pub pool: PoolId,
    pub partition: Partition,
    pub measure: FairnessMeasure,
    pub window: Window,
}

/// Where one rep stands in one line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The virtual start of its next turn.
    pub start: f64,
    /// The weight by which it stands there; where it was edited since, what the rep is ahead or
    /// behind stays the same number of turns.
    pub weight: f64,
    /// Virtual time missed and still to be paid, with a contract that pays by the day.
    pub owed: f64,
    /// The workspace's local day of the last payment.
    pub paid_on: i32,
}

/// A line's virtual clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clock {
    pub now: f64,
}

/// What a line goes by at one turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    pub contract: Contract,
    /// The workspace's local day.
    pub day: i32,
    /// What a turn weighed on average so far: the unit of `per-day`.
    pub mean: f64,
}

impl Terms {
    /// Whether the lowest start goes first, rather than the earliest deadline.
    pub fn by_start(&self) -> bool {
        self.contract.measure == FairnessMeasure::ExpectedValue
    }

    /// What a day pays, in turns.
    fn per_day(&self) -> Option<u32> {
        let of = |catch_up| match catch_up {
            CatchUp::PerDay(n) => Some(n),
            CatchUp::None | CatchUp::Full => None,
        };
        of(self.contract.catch_up).or(of(self.contract.newcomers))
    }
}

impl Standing {
    /// No payment was made yet.
    pub const NEVER: i32 = i32::MIN;

    pub fn at(start: f64, weight: f64) -> Self {
        Self { start, weight, owed: 0.0, paid_on: Self::NEVER }
    }

    /// As it was kept before weights were: taken to be the present one.
    pub fn of_unknown_weight(start: f64) -> Self {
        Self::at(start, 0.0)
    }

    /// The same place by another weight.
    fn weighing(self, weight: f64, clock: Clock) -> Self {
        if self.weight == 0.0 {
            return Self { weight, ..self };
        }
        if self.weight == weight {
            return self;
        }
        let by = self.weight / weight;
        Self { start: clock.now - (clock.now - self.start) * by, weight, owed: self.owed * by, ..self }
    }

    /// Where a present rep stands: as it was kept, or as the contract takes in who is new or was
    /// away; with what it was given back since.
    pub fn of_present(kept: Option<Self>, credit: f64, clock: Clock, weight: f64, terms: &Terms) -> Self {
        let contract = &terms.contract;
        let mut standing = match kept.map(|kept| kept.weighing(weight, clock)) {
            None => Self::at(0.0, weight).back(contract.newcomers, clock),
            Some(kept) if kept.was_away(clock, weight, terms) => kept.back(contract.catch_up, clock),
            Some(kept) => kept,
        };
        standing.pay(weight, terms);
        standing.start -= credit;
        standing
    }

    fn was_away(self, clock: Clock, weight: f64, terms: &Terms) -> bool {
        match terms.by_start() {
            true => self.start < clock.now,
            false => self.deadline(weight) < clock.now - Clock::ROUNDING,
        }
    }

    fn back(self, catch_up: CatchUp, clock: Clock) -> Self {
        match catch_up {
            CatchUp::None => Self::at(clock.now, self.weight),
            CatchUp::Full => self,
            CatchUp::PerDay(_) => Self { start: clock.now, owed: self.owed + clock.now - self.start, ..self },
        }
    }

    /// Pays a day's part of what is owed.
    fn pay(&mut self, weight: f64, terms: &Terms) {
        let Some(turns) = terms.per_day().filter(|_| self.owed > 0.0 && self.paid_on < terms.day) else { return };
        let paid = self.owed.min(f64::from(turns) * terms.mean / weight);
        self.start -= paid;
        self.owed -= paid;
        self.paid_on = terms.day;
    }

    pub fn deadline(self, weight: f64) -> f64 {
        self.start + 1.0 / weight
    }

    /// Whether the turn may be taken now, and its deadline relative to the clock.
    pub fn due(self, clock: Clock, weight: f64) -> (bool, f64) {
        (self.start <= clock.now + Clock::ROUNDING, self.deadline(weight) - clock.now)
    }

    /// After a turn of this weight.
    pub fn taken(self, amount: f64, weight: f64) -> Self {
        Self { start: self.start + amount / weight, ..self }
    }
}

impl Clock {
    /// A start and a clock that are equal as fractions (2/6 and 1/3) may differ by rounding: far
    /// below one turn of any weight, far above the rounding of a clock of a hundred million turns.
    const ROUNDING: f64 = 1e-7;

    /// The clock as this turn sees it: not behind everybody who is present, nor past the deadline
    /// of anybody (whom a credit or a catch-up moved back). By start, it is the lowest start.
    pub fn before(self, present: impl Iterator<Item = (Standing, f64)>, terms: &Terms) -> Self {
        let (mut first, mut deadline) = (f64::INFINITY, f64::INFINITY);
        for (standing, weight) in present {
            first = first.min(standing.start);
            deadline = deadline.min(standing.deadline(weight));
        }
        match (first.is_finite(), terms.by_start()) {
            (false, _) => self,
            (true, true) => Self { now: first },
            (true, false) => Self { now: self.now.max(first).min(deadline) },
        }
    }

    /// The clock after a turn, from where the present stand then.
    pub fn after(self, present: impl Iterator<Item = (Standing, f64)>, terms: &Terms) -> Self {
        let (mut total, mut first, mut deadline) = (0.0, f64::INFINITY, f64::INFINITY);
        for (standing, weight) in present {
            total += weight;
            first = first.min(standing.start);
            deadline = deadline.min(standing.deadline(weight));
        }
        match (total > 0.0, terms.by_start()) {
            (false, _) => self,
            (true, true) => Self { now: first },
            (true, false) => Self { now: (self.now + 1.0 / total).min(deadline) },
        }
    }
}

/// Whether a pick takes turns in its pool.
pub fn takes_turns(pick: Pick) -> bool {
    pick == Pick::WeightedRoundRobin
}
