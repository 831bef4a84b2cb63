//! A desk at which leads are handed out: a ledger, one pool, one limit.

use pointsman_assign::{
    Ask, Binding, Change, Choice, Choosing, CounterKey, Draw, Ledger, LineId, Load, Partition, Place, RungAsk, Share,
    Windows, choose, window_of,
};
use pointsman_domain::{
    Contract, Exploration, Instant, LeadId, LimitId, LimitIndex, LimitKind, LimitSet, Micros, Pick, PoolId, PoolIndex,
    RepId, RepIndex, Window,
};

pub struct Desk {
    pub ledger: Ledger,
    pub contract: Contract,
    pub windows: [Windows; 1],
    /// What a win of the next lead is worth, and with which log-odds.
    pub value: f64,
    pub logits: Vec<f64>,
    /// Everything that happened, as a log would have it.
    pub log: Vec<Change>,
    pub reps: Vec<RepId>,
    pub open: LimitId,
    pub binding: Binding,
}

pub fn place(n: u32) -> Place {
    Place::new(5, at(n), lead(n))
}

pub fn at(n: u32) -> Instant {
    Instant::from_unix_micros(i64::from(n) * Micros::SECOND.0)
}

pub fn lead(n: u32) -> LeadId {
    LeadId::new(at(n), u128::from(n))
}

fn pool() -> PoolId {
    PoolId::new("all").expect("a slug")
}

impl Desk {
    /// Reps with one limit on open leads.
    pub fn new(reps: usize, cap: Option<u32>) -> Self {
        let names: Vec<RepId> = (0..reps).map(|i| RepId::new(&format!("rep-{i:03}")).expect("a slug")).collect();
        let open = LimitId::new("open").expect("a slug");
        let mut desk = Self {
            ledger: Ledger::default(),
            contract: Contract::default(),
            windows: [Windows { day: 20_000, week: 19_998, month: 24_000 }],
            value: 1.0,
            logits: vec![0.0; reps],
            log: Vec::new(),
            binding: Binding::default(),
            reps: names.clone(),
            open: open.clone(),
        };
        for rep in names {
            desk.apply(Change::Cap { rep, limit: open.clone(), cap });
        }
        desk.bind();
        desk
    }

    pub fn under(contract: Contract, reps: usize) -> Self {
        Self { contract, ..Self::new(reps, None) }
    }

    pub fn apply(&mut self, change: Change) {
        self.ledger.apply(&change);
        self.log.push(change);
    }

    fn bind(&mut self) {
        self.binding = self.ledger.bind(&self.reps, [(&self.open, LimitKind::Open)], [&pool()]);
    }

    /// A new process: the log is folded again, and the roster bound.
    pub fn restart(&mut self) {
        self.ledger = Ledger::default();
        self.log.iter().for_each(|change| self.ledger.apply(change));
        self.bind();
    }

    /// Somebody new in the roster, who comes first or last in its order.
    pub fn join(&mut self, name: &str) {
        self.reps.push(RepId::new(name).expect("a slug"));
        self.logits.push(0.0);
        self.bind();
    }

    fn asks(&self, present: &[usize], weights: &[f64]) -> Vec<Ask> {
        let mut limits = LimitSet::default();
        limits.insert(LimitIndex(0));
        let ask = |&i: &usize| Ask {
            rep: RepIndex(i as u32),
            weight: weights[i],
            limits,
            zone: 0,
            logit: self.logits[i],
            rank: 0.0,
        };
        present.iter().map(ask).collect()
    }

    /// One lead by one pick; returns who took it.
    pub fn decide(&mut self, n: u32, pick: Pick, present: &[usize], weights: &[f64]) -> (Load, Option<usize>) {
        let candidates = self.asks(present, weights);
        let ask = RungAsk {
            pool: Some(PoolIndex(0)),
            pick,
            candidates: &candidates,
            windows: &self.windows,
            partition: Partition::default(),
            contract: self.contract,
            value: self.value,
        };
        let mut load = Load::default();
        self.ledger.open_load(place(n), Partition::default(), &mut load);
        self.ledger.load_rung(&self.binding, place(n), &ask, &mut load);
        let how = Choosing { pick, value: self.value, may_wait: false, explore: Exploration::Off };
        let mut changes = Vec::new();
        let taken = match choose(load.rung(0), &how, Draw { seed: u64::from(n) }) {
            Choice::Taken { position, .. } => {
                let entries = load.rung(0).entries;
                self.ledger.claim(&self.binding, &ask, entries, &candidates[position], &mut changes);
                Some(present[position])
            }
            Choice::Priced | Choice::NobodyFree => None,
        };
        changes.into_iter().for_each(|change| self.apply(change));
        (load, taken)
    }

    /// One turn of the pool; somebody must be there.
    pub fn turn(&mut self, n: u32, present: &[usize], weights: &[f64]) -> usize {
        self.decide(n, Pick::WeightedRoundRobin, present, weights).1.expect("somebody is there")
    }

    pub fn shares(&self, weights: &[f64]) -> Vec<Share> {
        let members: Vec<(RepId, f64)> = self.reps.iter().cloned().zip(weights.iter().copied()).collect();
        self.ledger.shares((&pool(), Partition::default()), self.contract, &self.windows[0], &members)
    }

    /// Gives turns back (negative: charges them).
    pub fn credit(&mut self, rep: usize, turns: f64, weight: f64) {
        let line = LineId {
            pool: pool(),
            partition: Partition::default(),
            measure: self.contract.measure,
            window: window_of(&self.contract, &self.windows[0]),
        };
        self.apply(Change::Credit { line, rep: self.reps[rep].clone(), time: turns / weight, amount: turns });
    }

    pub fn key(&self, rep: usize) -> CounterKey {
        let (rep, limit) = (self.reps[rep].clone(), self.open.clone());
        CounterKey { rep, limit, window: Window::Always, partition: Partition::default() }
    }
}
