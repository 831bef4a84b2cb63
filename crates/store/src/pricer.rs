//! Solves prices beside the decisions: reads the leads that were given out, asks the market for the
//! next book when one is due, and posts it through the queue, where it takes effect at the border
//! of a batch. Several processes may do so at once: the head takes one book for each epoch.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::Duration,
};

use pointsman_assign::{Ledger, price::PriceBook};
use pointsman_decision::{
    Decision, Facts, Figures, Market, PricingConfig, Scratch, Snapshot, pricing::ENOUGH, qualify,
};
use pointsman_domain::{CommandId, DecisionId, Digest, Micros};

use crate::{
    backend::{LeadFilter, Reader},
    command::{Command, Post},
    error::StoreError,
    outside::Outside,
    queue::Handle,
    row::{Custody, CustodyKind},
    stopwatch,
};

/// How often it is asked whether prices are due.
const TICK: Duration = Duration::from_secs(1);
/// Decisions read when a market opens: as many as a forecast wants.
const FIRST: u32 = 4000;
/// Decisions read before a solve, the newest of those since the last.
const NEWEST: u32 = 500;
/// Leads, closed and open each, from which a new market learns how long slots are held.
const HELD: u32 = 1000;

pub(crate) struct Pricer {
    pub reader: Box<dyn Reader>,
    pub handle: Handle,
    pub outside: Outside,
    pub market: Option<Open>,
}

/// A market and what it was opened for.
pub(crate) struct Open {
    snapshot: Digest,
    market: Market,
    scratch: Scratch,
    /// The newest decision that was read.
    newest: Option<DecisionId>,
    /// First decisions ever when they were last read.
    leads: u64,
}

impl Pricer {
    /// Runs until whoever holds the other end of `stop` lets go.
    pub fn run(mut self, stop: &Receiver<()>) {
        while stop.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            // What cannot be read now is read at the next tick; decisions go on by the prices in force.
            let _next_tick = self.step();
        }
    }

    fn step(&mut self) -> Result<(), StoreError> {
        let Some(snapshot) = self.handle.live().filter(|snapshot| Market::serves(snapshot)) else {
            self.market = None;
            return Ok(());
        };
        let Some(leads) = self.look(Ledger::decided) else { return Ok(()) };
        let started = stopwatch::start();
        let now = self.outside.now();
        if self.market.as_ref().is_none_or(|open| open.snapshot != snapshot.id) {
            let open = self.open(&snapshot, leads)?;
            self.market = Some(open);
        }
        let Some(open) = &mut self.market else { return Ok(()) };
        let few = open.market.leads() < ENOUGH && open.leads != leads;
        if !few && !open.market.due(&snapshot, leads, now) {
            return Ok(());
        }
        open.read(&mut *self.reader, &snapshot, leads, NEWEST)?;
        if !open.market.due(&snapshot, leads, now) {
            return Ok(());
        }
        let seen = Arc::clone(&snapshot);
        let Some(figures) = self.look(move |ledger| Figures::of(&seen, ledger, now)) else { return Ok(()) };
        let Some(open) = &mut self.market else { return Ok(()) };
        let book = open.market.book(&snapshot, figures);
        open.market.took(Micros(started.elapsed().as_micros() as i64));
        self.post(&snapshot, book);
        Ok(())
    }

    /// What the last batch left; `None` when the store is shutting down or has no room now.
    fn look<T: Send + 'static>(&self, read: impl FnOnce(&Ledger) -> T + Send + 'static) -> Option<T> {
        let (sender, seen) = channel();
        let look = move |ledger: &Ledger| {
            let _gone = sender.send(read(ledger));
        };
        self.handle.submit(Command::Look(Box::new(look))).ok()?;
        seen.recv().ok()
    }

    fn post(&self, snapshot: &Snapshot, book: PriceBook) {
        let command = CommandId::new(self.outside.now(), self.outside.chance());
        let post = Post { command, snapshot: snapshot.id, book: Arc::new(book) };
        // Stale: another process was first, or the documents changed. The next solve sees both.
        if let Ok(pending) = self.handle.submit(Command::Post(Box::new(post))) {
            let _posted = pending.wait();
        }
    }

    fn open(&mut self, snapshot: &Arc<Snapshot>, leads: u64) -> Result<Open, StoreError> {
        let mut market = Market::new(snapshot, PricingConfig::default());
        let now = self.outside.now();
        for custody in [CustodyKind::Closed, CustodyKind::Owned, CustodyKind::Offered] {
            let filter = LeadFilter { custody: Some(custody), before: None, limit: HELD };
            for (_, state) in self.reader.leads(filter)? {
                let (owner, from, until) = match &state.custody {
                    Custody::Owned { rep, .. } | Custody::Offered { rep, .. } => (Some(rep), state.since, now),
                    _ => (state.last_owner.as_ref(), state.first_decided, state.since),
                };
                if let Some(rep) = owner.and_then(|rep| snapshot.roster.rep(rep.as_str())) {
                    market.held(rep, until - from, custody == CustodyKind::Closed);
                }
            }
        }
        let scratch = Scratch::new(snapshot);
        let mut open = Open { snapshot: snapshot.id, market, scratch, newest: None, leads };
        open.read(&mut *self.reader, snapshot, leads, FIRST)?;
        Ok(open)
    }
}

impl Open {
    /// Takes in what was given out since, at most the newest `limit` decisions.
    fn read(
        &mut self,
        reader: &mut dyn Reader,
        snapshot: &Arc<Snapshot>,
        leads: u64,
        limit: u32,
    ) -> Result<(), StoreError> {
        let decisions = reader.last_decisions(limit)?;
        let since = decisions.iter().position(|decision| Some(decision.id) == self.newest).unwrap_or(decisions.len());
        let owned: Vec<&Decision> =
            decisions[..since].iter().rev().filter(|decision| decision.owner().is_some()).collect();
        let mut kept = reader.facts_of(&owned.iter().map(|decision| decision.id).collect::<Vec<_>>())?;
        // Those read stand for all that came since.
        let each = ((leads - self.leads.min(leads)) as f64 / owned.len().max(1) as f64).max(1.0);
        for decision in owned {
            let at = decision.decided_at;
            // Facts that were erased or aged out still count as a lead.
            match kept.remove(&decision.id).and_then(|facts| serde_json::from_slice::<Facts>(&facts).ok()) {
                Some(facts) => self.market.saw(&qualify(snapshot, &facts, at, &mut self.scratch), each),
                None => self.market.count(snapshot, at, each),
            }
        }
        self.newest = decisions.first().map(|decision| decision.id).or(self.newest);
        self.leads = leads;
        Ok(())
    }
}
