//! What goes into the next batch, and what needs none.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    sync::Arc,
};

use pointsman_decision::{Snapshot, decide};
use pointsman_domain::LeadId;

use super::{BATCH, Committer, Wake, reply};
use crate::{
    backend::Keys,
    batch,
    command::{Command, Declined, Done},
    queue::Queued,
    receipt::Receipt,
};

impl Committer {
    /// Takes what waits: at most [`BATCH`] commands, of which no two touch the same lead, person,
    /// company or idempotency key; the later ones see the earlier in the next batch.
    pub(super) fn gather(&mut self) -> Option<Vec<Queued>> {
        if self.taken.is_empty() && self.shared.ahead().commands.is_empty() {
            self.taken.push_back(self.queue.blocking_recv()?);
        }
        let mut ahead = std::mem::take(&mut self.shared.ahead().commands);
        while let Some(queued) = ahead.pop_back() {
            self.taken.push_front(queued);
        }
        while self.taken.len() < 2 * BATCH
            && let Ok(queued) = self.queue.try_recv()
        {
            self.taken.push_back(queued);
        }
        let mut batch: Vec<Queued> = Vec::with_capacity(self.taken.len().min(BATCH));
        let mut seen = HashSet::new();
        let mut later = VecDeque::new();
        let mut ticked = false;
        while let Some(queued) = self.taken.pop_front() {
            match &queued.command {
                Command::Tick => ticked = true,
                Command::Look(_) | Command::Preview(_) | Command::Stop => self.answer_at_once(queued),
                Command::Switch(_) | Command::Post(_) if batch.is_empty() && later.is_empty() => {
                    return Some(vec![queued]);
                }
                // Whatever comes after a switch is decided after it.
                Command::Switch(_) | Command::Post(_) => {
                    later.push_back(queued);
                    break;
                }
                Command::Decide(_)
                | Command::Stage(_)
                | Command::Transfer(_)
                | Command::Accept(_)
                | Command::Credit(_)
                | Command::Keep(_)
                | Command::Erase(_) => {
                    let free = touches(&queued.command)
                        .into_iter()
                        .map(|key| seen.insert(key))
                        .fold(true, std::ops::BitAnd::bitand);
                    if free && batch.len() < BATCH { batch.push(queued) } else { later.push_back(queued) }
                }
            }
        }
        while let Some(queued) = later.pop_back() {
            self.taken.push_front(queued);
        }
        if ticked {
            self.tick(!batch.is_empty());
        }
        Some(batch)
    }

    /// Time passed: whoever is due is woken. A batch that follows sees by itself what other
    /// processes wrote; the head is not taken for that alone.
    fn tick(&mut self, batch_follows: bool) {
        if !batch_follows {
            self.refresh();
        }
        let due: Vec<LeadId> = self.bench.ledger.due(self.outside.now()).collect();
        if !due.is_empty() {
            self.wake(Wake::Leads(due));
        }
    }

    /// What needs no batch.
    fn answer_at_once(&mut self, queued: Queued) {
        match queued.command {
            Command::Stop => self.queue.close(),
            Command::Look(look) => look(&self.bench.ledger),
            Command::Preview(preview) => {
                let lead = preview.lead();
                let fits = |live: &&(Arc<Snapshot>, _)| live.0.id == preview.qualified.snapshot.id;
                let result = match self.bench.live.as_ref().filter(fits) {
                    None => Err(Declined::Stale),
                    Some((_, binding)) => {
                        let ledger = &self.bench.ledger;
                        let decided = decide(&preview.qualified, ledger, binding, preview.ticket, &mut self.bench.load);
                        let receipt = Receipt::Unmoved { lead };
                        Ok(Done { receipt, replayed: false, decided: Some(Box::new(decided)) })
                    }
                };
                reply(Queued { command: Command::Preview(preview), reply: queued.reply }, result, None);
            }
            Command::Decide(_)
            | Command::Stage(_)
            | Command::Transfer(_)
            | Command::Accept(_)
            | Command::Credit(_)
            | Command::Keep(_)
            | Command::Erase(_)
            | Command::Switch(_)
            | Command::Post(_)
            | Command::Tick => {
                unreachable!("these go through a batch, or with one")
            }
        }
    }
}

/// Hashes of everything that a command touches. Two that collide are merely not in one batch.
fn touches(command: &Command) -> Vec<u64> {
    let mut keys = Keys::default();
    batch::keys(command, &mut keys);
    let mut out = Vec::with_capacity(10);
    hash(0, &keys.leads, &mut out);
    hash(1, &keys.sources, &mut out);
    hash(2, &keys.idempotency, &mut out);
    hash(3, &keys.duplicates, &mut out);
    hash(4, &keys.contacts, &mut out);
    hash(5, &keys.accounts, &mut out);
    hash(6, &keys.domains, &mut out);
    hash(7, &keys.names, &mut out);
    hash(8, &keys.external_contacts, &mut out);
    hash(9, &keys.external_accounts, &mut out);
    // A command never stands in its own way.
    out.sort_unstable();
    out.dedup();
    out
}

fn hash<T: Hash>(kind: u8, keys: &[T], out: &mut Vec<u64>) {
    let build = BuildHasherDefault::<DefaultHasher>::default();
    out.extend(keys.iter().map(|key| build.hash_one((kind, key))));
}
