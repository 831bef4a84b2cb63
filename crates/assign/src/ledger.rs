//! The one fold of claims, releases, credits, turns, waits and cap changes.
//!
//! Everything that changes load is a [`Change`]; applying the changes of the log in order gives
//! the same ledger in every process, in the simulator and in `audit verify --ledger`. Names are
//! interned here; a [`Binding`] says once per snapshot which of its indices is which name, so the
//! decision path never hashes.

mod kept;

use std::{collections::BTreeMap, sync::Arc};

use pointsman_domain::{
    COUNTED_ONLY, Contract, FairnessMeasure, Instant, LeadId, LimitId, LimitIndex, LimitKind, Pick, PoolId, PoolIndex,
    ReasonCode, RepId, RepIndex, Window, math,
};

use crate::{
    Ask, CounterKey, Load, LoadEntry, LoadHeader, Partition, RungAsk, Windows,
    change::{Change, Place, Waiting},
    line::{Account, Line, Share, window_of},
    posted::Posted,
    price::PriceBook,
    queue::{Queues, Slots},
    turn::{LineId, takes_turns},
};

pub use kept::LedgerState;

/// How many of a rep's capped slots in a window belong to the partition that asks.
pub type Part<'a> = &'a dyn Fn(&RepId, &LimitId, Window, u32) -> u32;

/// Interned names: a slot per name, in the order of first appearance.
#[derive(Debug, Clone)]
struct Names<T> {
    slots: BTreeMap<T, u32>,
    names: Vec<T>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { slots: BTreeMap::new(), names: Vec::new() }
    }
}

impl<T: Ord + Clone> Names<T> {
    fn slot(&mut self, name: &T) -> usize {
        if let Some(slot) = self.slots.get(name) {
            return *slot as usize;
        }
        self.slots.insert(name.clone(), self.names.len() as u32);
        self.names.push(name.clone());
        self.names.len() - 1
    }
}

/// Which index of a snapshot is which slot of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Binding {
    reps: Vec<u32>,
    limits: Vec<(u32, LimitKind)>,
    pools: Vec<u32>,
}

/// One (rep, limit): its cap, its counts by window, its price.
#[derive(Debug, Clone, Default)]
struct Cell {
    cap: Option<u32>,
    /// Newest last; a handful, since windows move on.
    counts: Vec<(Window, u32)>,
    /// Claims ever, for prices between solves.
    claims: u64,
    /// By window, earliest first; two at most, the next one before it begins.
    posted: Vec<(Window, Posted)>,
}

/// Counts of older windows are dropped past this many: a credit to a day that long gone changes nothing.
const WINDOWS_KEPT: usize = 8;

impl Cell {
    fn used(&self, window: Window) -> u32 {
        self.counts.iter().rev().find(|(w, _)| *w == window).map_or(0, |(_, n)| *n)
    }

    fn raise(&mut self, window: Window) {
        self.claims += 1;
        if let Some((_, n)) = self.counts.iter_mut().find(|(w, _)| *w == window) {
            *n += 1;
            return;
        }
        self.counts.push((window, 1));
        self.counts.sort_unstable();
        if self.counts.len() > WINDOWS_KEPT {
            self.counts.remove(0);
        }
    }

    /// What the next place of a window costs. A window that nobody priced yet costs what the one
    /// before it did.
    fn price(&self, window: Window, free: u32, leads: u64) -> f64 {
        match self.posted.iter().find(|(w, _)| *w == window) {
            Some((_, posted)) => posted.price(free, self.claims, leads),
            None => self.posted.last().map_or(0.0, |(_, posted)| posted.price),
        }
    }

    fn lower(&mut self, window: Window) {
        if let Some((_, n)) = self.counts.iter_mut().find(|(w, _)| *w == window) {
            *n = n.saturating_sub(1);
        }
    }
}

/// A waiting lead and the slots of its reps.
#[derive(Debug, Clone)]
struct Queued {
    waiting: Waiting,
    slots: Slots,
}

/// The ledger's own key of a [`LineId`].
type LineKey = (u32, Partition, FairnessMeasure, Window);

/// Counters, caps, turns, prices and waiting leads.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    reps: Names<RepId>,
    limits: Names<LimitId>,
    pools: Names<PoolId>,
    /// `cells[rep][limit]`, grown on demand.
    cells: Vec<Vec<Cell>>,
    /// Counters of the variants' partitions; partition 0 lives in the cells.
    shares: BTreeMap<CounterKey, u32>,
    lines: BTreeMap<LineKey, Account>,
    waiting: BTreeMap<Place, Queued>,
    /// The reps of the last lead that began to wait, and their slots: the next one's are mostly the same.
    last_reps: (Vec<RepId>, Slots),
    places: BTreeMap<LeadId, Place>,
    queues: Queues,
    /// Leads that got a first decision, ever.
    decided: u64,
    price_epoch: u64,
    book: Option<Arc<PriceBook>>,
    /// Added to the log-odds by share of the open cap in use, from the model's gated load layer.
    load_logits: Vec<f64>,
}

impl Ledger {
    /// Numbers the names of a snapshot. Reps, limits and pools in the order of their indices.
    pub fn bind<'a>(
        &mut self,
        reps: impl IntoIterator<Item = &'a RepId>,
        limits: impl IntoIterator<Item = (&'a LimitId, LimitKind)>,
        pools: impl IntoIterator<Item = &'a PoolId>,
    ) -> Binding {
        let binding = Binding {
            reps: reps.into_iter().map(|name| self.rep(name) as u32).collect(),
            limits: limits.into_iter().map(|(name, kind)| (self.limits.slot(name) as u32, kind)).collect(),
            pools: pools.into_iter().map(|name| self.pools.slot(name) as u32).collect(),
        };
        for row in &mut self.cells {
            row.resize_with(self.limits.names.len(), Cell::default);
        }
        binding
    }

    fn rep(&mut self, name: &RepId) -> usize {
        let slot = self.reps.slot(name);
        if self.cells.len() <= slot {
            self.cells.resize_with(slot + 1, || vec![Cell::default(); self.limits.names.len()]);
        }
        slot
    }

    fn cell(&mut self, rep: &RepId, limit: &LimitId) -> &mut Cell {
        let (rep, limit) = (self.rep(rep), self.limits.slot(limit));
        let row = &mut self.cells[rep];
        if row.len() <= limit {
            row.resize_with(limit + 1, Cell::default);
        }
        &mut row[limit]
    }

    /// The one place where load changes.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Cap { rep, limit, cap } => self.cell(rep, limit).cap = *cap,
            Change::Claim { key } if key.partition == Partition::default() => {
                self.cell(&key.rep, &key.limit).raise(key.window);
            }
            Change::Claim { key } => *self.shares.entry(key.clone()).or_default() += 1,
            Change::Release { key } if key.partition == Partition::default() => {
                self.cell(&key.rep, &key.limit).lower(key.window);
            }
            Change::Release { key } => {
                if let Some(count) = self.shares.get_mut(key) {
                    *count = count.saturating_sub(1);
                }
            }
            Change::Turn { line, clock, rep, standing, amount } => {
                let rep = self.rep(rep);
                self.account(line).turn(*clock, rep, *standing, *amount);
            }
            Change::Join { line, rep, standing } => {
                let rep = self.rep(rep);
                self.account(line).join(rep, *standing);
            }
            Change::Credit { line, rep, time, amount } => {
                let rep = self.rep(rep);
                self.account(line).credit(rep, *time, *amount);
            }
            Change::Wait { waiting } => {
                self.leave(waiting.lead);
                let place = Place::new(waiting.priority, waiting.arrived, waiting.lead);
                let slots = self.slots_of(&waiting.reps);
                self.queues.join(&slots, place);
                self.places.insert(waiting.lead, place);
                self.waiting.insert(place, Queued { waiting: waiting.clone(), slots });
            }
            Change::Awake { lead } => self.leave(*lead),
            Change::Decided => self.decided += 1,
            Change::Credited { .. } => {}
            Change::Prices { book } => self.post(book),
        }
    }

    /// The account of a line. A line of a newer window ends those two windows back: a credit to a
    /// day that long gone moves nobody.
    fn account(&mut self, line: &LineId) -> &mut Account {
        let key = (self.pools.slot(&line.pool) as u32, line.partition, line.measure, line.window);
        if !self.lines.contains_key(&key) {
            let same = |k: &LineKey| (k.0, k.1, k.2) == (key.0, key.1, key.2) && is_older(k.3, key.3);
            let older: Vec<LineKey> = self.lines.keys().copied().filter(same).collect();
            older.iter().rev().skip(1).for_each(|key| drop(self.lines.remove(key)));
        }
        self.lines.entry(key).or_default()
    }

    fn leave(&mut self, lead: LeadId) {
        let Some(place) = self.places.remove(&lead) else { return };
        let Some(queued) = self.waiting.remove(&place) else { return };
        self.queues.leave(&queued.slots, place);
    }

    fn slots_of(&mut self, reps: &[RepId]) -> Slots {
        if self.last_reps.0 != reps {
            let slots = reps.iter().map(|rep| self.rep(rep) as u32).collect();
            self.last_reps = (reps.to_vec(), slots);
        }
        Arc::clone(&self.last_reps.1)
    }

    fn post(&mut self, book: &Arc<PriceBook>) {
        self.cells.iter_mut().flatten().for_each(|cell| cell.posted.clear());
        for price in &book.prices {
            self.cell(&price.rep, &price.limit).posted.push((price.window, price.posted.clone()));
        }
        self.price_epoch = book.epoch;
        self.book = Some(Arc::clone(book));
    }

    /// The prices in force; `None` before the first were solved.
    pub fn book(&self) -> Option<&Arc<PriceBook>> {
        self.book.as_ref()
    }

    /// What the next place under one rep's limit costs now; `None` without a price.
    pub fn price(&self, rep: &RepId, limit: &LimitId, window: Window) -> Option<f64> {
        let (rep, limit) = self.reps.slots.get(rep).zip(self.limits.slots.get(limit))?;
        let cell = self.cells[*rep as usize].get(*limit as usize)?;
        let free = cell.cap?.saturating_sub(cell.used(window));
        (!cell.posted.is_empty()).then(|| cell.price(window, free, self.decided))
    }

    /// Claims on one rep's limit, ever.
    pub fn claims(&self, rep: &RepId, limit: &LimitId) -> u64 {
        let cell = self.reps.slots.get(rep).zip(self.limits.slots.get(limit));
        cell.and_then(|(r, l)| self.cells[*r as usize].get(*l as usize)).map_or(0, |cell| cell.claims)
    }

    /// Sets the log-odds that the model adds per tenth of the open cap in use; empty is none.
    pub fn set_load_logits(&mut self, per_tenth: Vec<f64>) {
        self.load_logits = per_tenth;
    }

    /// Slots in use, and the cap, of one rep's limit in a window.
    pub fn used(&self, rep: &RepId, limit: &LimitId, window: Window) -> (u32, Option<u32>) {
        let cell = self.reps.slots.get(rep).zip(self.limits.slots.get(limit));
        cell.and_then(|(r, l)| self.cells[*r as usize].get(*l as usize)).map_or((0, None), |c| (c.used(window), c.cap))
    }

    /// Where the members of a pool stand by its contract, in the window of `windows` (the
    /// workspace's), in the order given.
    pub fn shares(
        &self,
        (pool, partition): (&PoolId, Partition),
        contract: Contract,
        windows: &Windows,
        members: &[(RepId, f64)],
    ) -> Vec<Share> {
        if contract.measure == FairnessMeasure::OpenWork {
            return self.open_shares(members);
        }
        let slot = self.pools.slots.get(pool).copied();
        let key = slot.map(|slot| (slot, partition, contract.measure, window_of(&contract, windows)));
        let account = key.and_then(|key| self.lines.get(&key));
        let share = |(rep, weight): &(RepId, f64)| {
            let slot = self.reps.slots.get(rep).map_or(usize::MAX, |slot| *slot as usize);
            let (taken, deficit, owed) = account.map_or((0.0, 0.0, 0.0), |account| {
                account.deficit(slot, *weight, &account.terms(contract, windows.day))
            });
            Share { rep: rep.clone(), weight: *weight, taken, entitled: taken + deficit, deficit, owed }
        };
        members.iter().map(share).collect()
    }

    fn open_shares(&self, members: &[(RepId, f64)]) -> Vec<Share> {
        let open = |rep: &RepId| self.reps.slots.get(rep).map_or(0, |slot| self.open_work(*slot as usize));
        let open: Vec<f64> = members.iter().map(|(rep, _)| f64::from(open(rep))).collect();
        let (total, weights) = (open.iter().sum::<f64>(), members.iter().map(|(_, w)| w).sum::<f64>());
        let share = |((rep, weight), taken): (&(RepId, f64), &f64)| {
            let entitled = if weights > 0.0 { total * weight / weights } else { 0.0 };
            let (rep, weight, taken) = (rep.clone(), *weight, *taken);
            Share { rep, weight, taken, entitled, deficit: entitled - taken, owed: 0.0 }
        };
        members.iter().zip(&open).map(share).collect()
    }

    /// The leads a rep has open: the fullest of its counters of open leads, since whatever a
    /// conditional one counts is counted by the unconditional one as well.
    fn open_work(&self, rep: usize) -> u32 {
        self.cells[rep].iter().map(|cell| cell.used(Window::Always)).max().unwrap_or(0)
    }

    pub fn decided(&self) -> u64 {
        self.decided
    }

    pub fn price_epoch(&self) -> u64 {
        self.price_epoch
    }

    /// The waiting leads, first in line first.
    pub fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.waiting.values().map(|queued| &queued.waiting)
    }

    pub fn is_waiting(&self, lead: LeadId) -> bool {
        self.places.contains_key(&lead)
    }

    /// Whose slots a waiting lead may have.
    pub fn waits_for(&self, lead: LeadId) -> &[RepId] {
        let queued = self.places.get(&lead).and_then(|place| self.waiting.get(place));
        queued.map_or(&[], |queued| &queued.waiting.reps)
    }

    /// Whether some cap on this rep's open leads is reached.
    pub fn is_full(&self, rep: &RepId) -> bool {
        let slot = self.reps.slots.get(rep);
        let full = |cell: &Cell| cell.cap.is_some_and(|cap| cap <= cell.used(Window::Always));
        slot.is_some_and(|slot| self.cells[*slot as usize].iter().any(full))
    }

    /// What a turn of a line weighed on average so far.
    pub fn mean_turn(&self, line: &LineId) -> f64 {
        let slot = self.pools.slots.get(&line.pool).copied();
        let key = slot.map(|slot| (slot, line.partition, line.measure, line.window));
        let contract = Contract { measure: line.measure, ..Contract::default() };
        key.and_then(|key| self.lines.get(&key)).map_or(1.0, |account| account.terms(contract, 0).mean)
    }

    /// The first lead in line for a slot of this rep.
    pub fn first_in_line(&self, rep: &RepId) -> Option<LeadId> {
        let slot = self.reps.slots.get(rep)?;
        self.queues.first(*slot as usize).map(Place::lead)
    }

    /// Whether a waiting lead's deadline or wake time has come.
    pub fn due(&self, now: Instant) -> impl Iterator<Item = LeadId> + '_ {
        self.waiting().filter(move |w| w.until <= now || w.wake_at <= now).map(|w| w.lead)
    }

    /// Begins a load for the lead at `place`.
    pub fn open_load(&self, place: Place, partition: Partition, load: &mut Load) {
        load.clear();
        let ahead = self.waiting.range(..place).next().map(|(first, _)| first.priority());
        load.header = LoadHeader { price_epoch: self.price_epoch, partition, waiting_priority: ahead };
    }

    /// Appends one rung's entries, each already rounded to the width in which it is compared and kept.
    pub fn load_rung(&self, binding: &Binding, place: Place, ask: &RungAsk<'_>, load: &mut Load) {
        self.load_rung_split(binding, place, ask, None, load);
    }

    /// The same where caps are divided among partitions: the rung's own part binds beside the whole.
    pub fn load_rung_split(
        &self,
        binding: &Binding,
        place: Place,
        ask: &RungAsk<'_>,
        part: Option<Part<'_>>,
        load: &mut Load,
    ) {
        let entry = |candidate: &Ask| self.entry(binding, place, ask, part, candidate);
        load.push_rung(ask.candidates.iter().map(entry));
        let entries = load.last_rung();
        if ask.pick == Pick::LeastLoaded && ask.candidates.iter().any(|c| !self.has_open_cap(binding, c)) {
            // Shares of a cap compare with nothing where somebody has none: open leads it is then.
            for (entry, candidate) in entries.iter_mut().zip(ask.candidates) {
                entry.rank = self.open_work(binding.reps[candidate.rep.0 as usize] as usize) as f32;
            }
        }
        let Some(pool) = ask.pool.filter(|_| takes_turns(ask.pick)) else { return };
        if ask.contract.measure == FairnessMeasure::OpenWork {
            for (entry, candidate) in entries.iter_mut().zip(ask.candidates) {
                let open = self.open_work(binding.reps[candidate.rep.0 as usize] as usize);
                entry.rank = (f64::from(open) / candidate.weight) as f32;
            }
            return;
        }
        let line = self.line(binding, pool, ask, entries);
        for present in &line.present {
            let (may_go, rank) = line.rank(present);
            entries[present.at].rank = rank as f32;
            if !may_go {
                entries[present.at].reason = ReasonCode::LaterTurn;
            }
        }
    }

    fn has_open_cap(&self, binding: &Binding, candidate: &Ask) -> bool {
        let cells = &self.cells[binding.reps[candidate.rep.0 as usize] as usize];
        candidate.limits.iter().any(|limit| {
            let (slot, kind) = binding.limits[usize::from(limit.0)];
            let cap = cells.get(slot as usize).and_then(|cell| cell.cap);
            kind == LimitKind::Open && cap.is_some_and(|cap| cap != COUNTED_ONLY)
        })
    }

    fn line_key(&self, binding: &Binding, pool: PoolIndex, ask: &RungAsk<'_>) -> LineKey {
        let windows = ask.windows.first().copied().unwrap_or_default();
        let slot = binding.pools[usize::from(pool.0)];
        (slot, ask.partition, ask.contract.measure, window_of(&ask.contract, &windows))
    }

    /// Who is in a pool's line now, and its clock. Whoever is full or promised to a lead ahead
    /// shares no turn.
    fn line(&self, binding: &Binding, pool: PoolIndex, ask: &RungAsk<'_>, entries: &[LoadEntry]) -> Line {
        let empty = Account::default();
        let account = self.lines.get(&self.line_key(binding, pool, ask)).unwrap_or(&empty);
        let shares = |entry: &LoadEntry| matches!(entry.reason, ReasonCode::Admitted | ReasonCode::LaterTurn);
        let candidates = ask.candidates.iter().zip(entries).enumerate().filter(|(_, (_, entry))| shares(entry));
        let places = candidates.map(|(position, (candidate, _))| {
            (position, binding.reps[candidate.rep.0 as usize] as usize, candidate.weight)
        });
        let day = ask.windows.first().map_or(0, |windows| windows.day);
        account.line(account.terms(ask.contract, day), places)
    }

    fn entry(
        &self,
        binding: &Binding,
        place: Place,
        ask: &RungAsk<'_>,
        part: Option<Part<'_>>,
        candidate: &Ask,
    ) -> LoadEntry {
        let rep = binding.reps[candidate.rep.0 as usize] as usize;
        let windows = &ask.windows[usize::from(candidate.zone)];
        let (mut free, mut binds, mut price, mut busy) = (u32::MAX, LoadEntry::NO_LIMIT, 0.0, 0.0f64);
        for limit in candidate.limits.iter() {
            let (slot, kind) = binding.limits[usize::from(limit.0)];
            let Some(cell) = self.cells[rep].get(slot as usize) else { continue };
            let Some(cap) = cell.cap else { continue };
            let window = windows.of(kind);
            let used = cell.used(window);
            if cap == COUNTED_ONLY {
                continue;
            }
            if kind == LimitKind::Open {
                busy = busy.max(f64::from(used) / f64::from(cap.max(1)));
            }
            let mut left = cap.saturating_sub(used);
            if let Some(part) = part {
                left = left.min(self.left_of_part(rep, slot, windows.of(kind), cap, ask.partition, part));
            }
            if left < free {
                (free, binds) = (left, limit);
            }
            price += cell.price(window, cap.saturating_sub(used), self.decided);
        }
        let taken_first = || self.queues.are_ahead(rep, free as usize, place);
        let reason = match free {
            0 => ReasonCode::LimitReached,
            u32::MAX => ReasonCode::Admitted,
            _ if taken_first() => ReasonCode::OlderLeadWaits,
            _ => ReasonCode::Admitted,
        };
        let rank = match ask.pick {
            // Set by the pool's line, once it is known who stands in it.
            Pick::WeightedRoundRobin => 0.0,
            Pick::LeastLoaded => busy as f32,
            Pick::Draw => candidate.weight as f32,
            _ => candidate.rank,
        };
        LoadEntry {
            reason,
            limit: binds,
            free: u16::try_from(free).unwrap_or(u16::MAX),
            rank,
            score: math::sigmoid(candidate.logit + self.load_logit(busy)) as f32,
            price: price as f32,
        }
    }

    /// Free slots of a partition under one cap.
    fn left_of_part(
        &self,
        rep: usize,
        limit: u32,
        window: Window,
        cap: u32,
        partition: Partition,
        part: Part<'_>,
    ) -> u32 {
        let (rep, limit) = (self.reps.names[rep].clone(), self.limits.names[limit as usize].clone());
        let part = part(&rep, &limit, window, cap);
        let used = self.shares.get(&CounterKey { rep, limit, window, partition }).copied().unwrap_or(0);
        part.saturating_sub(used)
    }

    fn load_logit(&self, busy: f64) -> f64 {
        let last = self.load_logits.len().saturating_sub(1);
        self.load_logits.get(((busy * 10.0) as usize).min(last)).copied().unwrap_or(0.0)
    }

    /// What taking `candidate` of this rung changes: one claim per limit it draws on, and the turn.
    /// `entries` are the rung's, from the load that was compared.
    pub fn claim(
        &self,
        binding: &Binding,
        ask: &RungAsk<'_>,
        entries: &[LoadEntry],
        candidate: &Ask,
        changes: &mut Vec<Change>,
    ) {
        let rep = binding.reps[candidate.rep.0 as usize] as usize;
        let name = &self.reps.names[rep];
        let windows = &ask.windows[usize::from(candidate.zone)];
        for limit in candidate.limits.iter() {
            let (slot, kind) = binding.limits[usize::from(limit.0)];
            let counted = self.cells[rep].get(slot as usize).is_some_and(|cell| cell.cap.is_some());
            if !counted {
                continue;
            }
            let limit = &self.limits.names[slot as usize];
            let window = windows.of(kind);
            let mut partitions = vec![Partition::default()];
            partitions.extend(Some(ask.partition).filter(|p| *p != Partition::default()));
            changes.extend(partitions.into_iter().map(|partition| Change::Claim {
                key: CounterKey { rep: name.clone(), limit: limit.clone(), window, partition },
            }));
        }
        let counted = takes_turns(ask.pick) && ask.contract.measure != FairnessMeasure::OpenWork;
        if let Some(pool) = ask.pool.filter(|_| counted) {
            self.turn(binding, pool, ask, entries, candidate, changes);
        }
    }

    fn turn(
        &self,
        binding: &Binding,
        pool: PoolIndex,
        ask: &RungAsk<'_>,
        entries: &[LoadEntry],
        chosen: &Ask,
        changes: &mut Vec<Change>,
    ) {
        let line = self.line(binding, pool, ask, entries);
        let key = self.line_key(binding, pool, ask);
        let Some(at) = ask.candidates.iter().position(|candidate| candidate.rep == chosen.rep) else { return };
        let amount = match ask.contract.measure {
            FairnessMeasure::ExpectedValue => (ask.value * f64::from(entries[at].score)).max(0.0),
            _ => 1.0,
        };
        let id = LineId {
            pool: self.pools.names[key.0 as usize].clone(),
            partition: ask.partition,
            measure: key.2,
            window: key.3,
        };
        let empty = Account::default();
        let account = self.lines.get(&key).unwrap_or(&empty);
        for present in line.present.iter().filter(|p| p.at != at && account.moved(p)) {
            let rep = self.reps.names[present.rep].clone();
            changes.push(Change::Join { line: id.clone(), rep, standing: present.standing });
        }
        let (clock, Some(after)) = line.after(at, amount) else { return };
        let (rep, standing) = (self.reps.names[after.rep].clone(), after.standing);
        changes.push(Change::Turn { line: id, clock: clock.now, rep, standing, amount });
    }

    /// The rep's name behind an index of the bound snapshot.
    pub fn rep_name(&self, binding: &Binding, rep: RepIndex) -> &RepId {
        &self.reps.names[binding.reps[rep.0 as usize] as usize]
    }

    /// The limit's name behind an index of the bound snapshot.
    pub fn limit_name(&self, binding: &Binding, limit: LimitIndex) -> Option<&LimitId> {
        let (slot, _) = binding.limits.get(usize::from(limit.0))?;
        self.limits.names.get(*slot as usize)
    }

    /// Counters above their caps, which only people and the CRM may cause.
    pub fn over_cap(&self) -> Vec<(RepId, LimitId, u32, u32)> {
        let mut over = Vec::new();
        for (rep, row) in self.reps.names.iter().zip(&self.cells) {
            for (limit, cell) in self.limits.names.iter().zip(row) {
                let Some(cap) = cell.cap else { continue };
                over.extend(
                    cell.counts.iter().filter(|(_, n)| *n > cap).map(|(_, n)| (rep.clone(), limit.clone(), *n, cap)),
                );
            }
        }
        over
    }
}

/// Whether `a` is an earlier window of the same kind.
fn is_older(a: Window, b: Window) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b) && a < b
}
