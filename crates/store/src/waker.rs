//! Wakes leads that wait: a slot of theirs became free, their hour came, or what decides changed.
//! Each is an ordinary decision, put before the new ones: facts are read again, the time is new,
//! variant and seed are kept. Parked leads are looked at again now and then, so none is stuck.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use pointsman_decision::{Qualified, Scratch, Ticket, qualify};
use pointsman_domain::{CommandId, DecisionId, LeadId};

use crate::{
    backend::{LeadFilter, Reader},
    command::{Command, Decide, Decline, Declined, Occasion, Reply},
    committer::Wake,
    enquiry,
    error::StoreError,
    outside::Outside,
    queue::{Handle, Pending},
    row::{Custody, CustodyKind, Response},
    stopwatch,
};

/// How often it is asked whose hour has come.
const TICK: Duration = Duration::from_secs(1);
/// How often parked leads are looked at again.
const RETRY: Duration = Duration::from_secs(600);
/// Woken together: they share a commit.
const TOGETHER: usize = 64;
/// A lead whose facts change faster than this often is left to the next tick.
const TRIES: usize = 5;
/// Leads of one kind woken at once at most, the oldest of them.
const MOST: u32 = 100_000;

pub(crate) struct Waker {
    pub reader: Box<dyn Reader>,
    pub handle: Handle,
    pub outside: Outside,
}

impl Waker {
    /// Runs until the committer is gone.
    pub fn run(mut self, wakes: &Receiver<Wake>) {
        let mut looked_at_parked = stopwatch::start();
        loop {
            let mut everybody = looked_at_parked.elapsed() >= RETRY;
            let mut leads = Vec::new();
            let mut next = wakes.recv_timeout(TICK);
            if next == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            while let Ok(wake) = next {
                match wake {
                    Wake::Leads(due) => leads.extend(due),
                    Wake::Everybody => everybody = true,
                }
                next = wakes.try_recv().map_err(|_| RecvTimeoutError::Timeout);
            }
            if everybody {
                looked_at_parked = stopwatch::start();
                leads.extend(self.all(CustodyKind::Held));
                leads.extend(self.all(CustodyKind::Parked));
            }
            self.wake(leads);
            self.end_offers();
            self.handle.tick();
        }
    }

    /// Oldest first. What cannot be read now is woken by the next tick.
    fn all(&mut self, kind: CustodyKind) -> Vec<LeadId> {
        let filter = LeadFilter { custody: Some(kind), before: None, limit: MOST };
        let leads = self.reader.leads(filter).unwrap_or_default();
        leads.into_iter().rev().map(|(lead, _)| lead.id).collect()
    }

    fn wake(&mut self, leads: Vec<LeadId>) {
        let mut seen = BTreeSet::new();
        let mut rest: VecDeque<(LeadId, usize)> =
            leads.into_iter().filter(|lead| seen.insert(*lead)).map(|lead| (lead, 0)).collect();
        while !rest.is_empty() {
            let mut sent = Vec::new();
            while sent.len() < TOGETHER
                && let Some((lead, tries)) = rest.pop_front()
            {
                // A fault of reading is met again at the next tick.
                if let Ok(Some(pending)) = self.submit(lead) {
                    sent.push((lead, tries, pending));
                }
            }
            for (lead, tries, pending) in sent {
                let Ok(Reply { result, .. }) = pending.wait() else { return };
                if matches!(result, Err(Declined::Stale)) && tries < TRIES {
                    rest.push_back((lead, tries + 1));
                }
            }
        }
    }

    /// Leads whose offer ended go on without whoever was asked.
    fn end_offers(&mut self) {
        // What cannot be read now, or changes meanwhile, is met again by the next tick.
        let over = self.reader.offers_over(self.outside.now(), TOGETHER as u32).unwrap_or_default();
        let sent: Vec<Pending> = over.into_iter().filter_map(|lead| self.end_offer(lead).ok().flatten()).collect();
        for pending in sent {
            let _moot = pending.wait();
        }
    }

    fn end_offer(&mut self, lead: LeadId) -> Result<Option<Pending>, StoreError> {
        let Some(record) = self.reader.lead(lead)? else { return Ok(None) };
        let Custody::Offered { rep, .. } = &record.state.custody else { return Ok(None) };
        let (rep, response) = (rep.clone(), Response::Expired);
        let Some(snapshot) = self.handle.live() else { return Ok(None) };
        let decline = Decline { rep, response, reason: None, command: self.command() };
        let decide = enquiry::without(&mut *self.reader, &record, &snapshot, &self.outside, decline)?;
        Ok(Some(self.handle.submit_ahead(Command::Decide(Box::new(decide)))))
    }

    fn command(&self) -> CommandId {
        CommandId::new(self.outside.now(), self.outside.chance())
    }

    /// Qualifies one lead anew and sends it ahead; `None` when it waits no longer.
    fn submit(&mut self, lead: LeadId) -> Result<Option<Pending>, StoreError> {
        let Some(snapshot) = self.handle.live() else { return Ok(None) };
        let Some(record) = self.reader.lead(lead)? else { return Ok(None) };
        let occasion = match record.state.custody {
            Custody::Held { .. } => Occasion::Again,
            Custody::Parked { .. } => Occasion::Retry,
            Custody::Owned { .. } | Custody::Offered { .. } | Custody::Closed => return Ok(None),
        };
        let variant = self.reader.decision(record.state.decision)?.and_then(|stored| stored.decision.variant);
        let around = self.reader.around(&enquiry::around_again(&record))?;
        let facts = enquiry::again(&record, variant, &around);
        let now = self.outside.now();
        let qualified: Qualified = qualify(&snapshot, &facts, now, &mut Scratch::new(&snapshot));
        let ticket = Ticket { decision: DecisionId::new(now, self.outside.chance()), seed: record.state.seed };
        let command = CommandId::new(now, self.outside.chance());
        let salt = self.outside.chance().to_le_bytes();
        let decide = Decide::new(command, ticket, occasion, &facts, qualified, salt);
        Ok(Some(self.handle.submit_ahead(Command::Decide(Box::new(decide)))))
    }
}
