//! When something went wrong, or somebody else was at work: where the record stands, and the
//! ledger brought there.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use pointsman_assign::{Change, Ledger};
use pointsman_decision::Snapshot;
use pointsman_domain::{Digest, RepId};

use super::{Committer, Fault, Wake, answer, reply};
use crate::{codec, command::Declined, error::StoreError, log::Head, queue::Queued, stopwatch};

/// How long a store that does not answer is asked again before its commands are given up.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it is asked what became of a commit: whoever waits would rather know.
const PATIENCE_WITH_A_COMMIT: Duration = Duration::from_secs(30);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

impl Committer {
    /// Commits a batch and answers it. One that fails is run once more on a rebuilt ledger, then
    /// in halves: only the command that fails alone gets an error. A store that is away is given
    /// a moment to come back.
    pub(super) fn commit(&mut self, batch: Vec<Queued>) {
        let started = stopwatch::start();
        let mut parts = vec![(batch, 0)];
        while let Some((part, failures)) = parts.pop() {
            let fault = match self.attempt(&part) {
                Ok((results, pace)) => {
                    answer(part, results, Some(pace));
                    continue;
                }
                Err(fault) => fault,
            };
            self.backend.rollback();
            self.at = None;
            self.shared.gauges.failures.fetch_add(1, Ordering::Relaxed);
            let error = match fault {
                Fault::Store(error) => error,
                Fault::Unknown(unknown) => match self.resolve(&unknown.head) {
                    Some(true) => {
                        answer(part, unknown.results, None);
                        continue;
                    }
                    Some(false) => unknown.error,
                    // It may be done or not: trying again could do it twice.
                    None => {
                        give_up(part, &Declined::Unavailable);
                        continue;
                    }
                },
            };
            let mine = error.concerns_one_command();
            match failures {
                0 => parts.push((part, 1)),
                _ if mine && part.len() > 1 => {
                    let mut first = part;
                    let second = first.split_off(first.len() / 2);
                    parts.push((second, 0));
                    parts.push((first, 0));
                }
                _ if !mine && started.elapsed() < PATIENCE => {
                    std::thread::sleep(PAUSE);
                    parts.push((part, 1));
                }
                _ => give_up(part, if mine { &Declined::Failed } else { &Declined::Unavailable }),
            }
        }
    }

    /// Whether a commit of unknown fate is on disk; `None` when the store does not say.
    fn resolve(&mut self, head: &Head) -> Option<bool> {
        let started = stopwatch::start();
        loop {
            match self.is_written(head) {
                Ok(written) => return Some(written),
                Err(_) if started.elapsed() < PATIENCE_WITH_A_COMMIT => std::thread::sleep(PAUSE),
                Err(_) => return None,
            }
        }
    }

    /// Whether the record holds the row that a batch ended with. Looked up under the head: the
    /// batch's own transaction has ended by then, one way or the other.
    fn is_written(&mut self, head: &Head) -> Result<bool, StoreError> {
        let mut found = false;
        let looked = self.backend.begin().and_then(|now| {
            if now.seq < head.seq {
                return Ok(());
            }
            self.backend.log_after(head.seq.saturating_sub(1), &mut |row| {
                found |= row.seq == head.seq && row.hash == head.hash;
                Ok(())
            })
        });
        self.backend.rollback();
        looked.map(|()| found)
    }

    /// Applies what other processes wrote, and follows them to other documents, without a batch.
    /// What does not work now is met again by the next batch.
    pub(super) fn refresh(&mut self) {
        let head = self.backend.begin().and_then(|head| self.catch_up(head).map(|()| head));
        self.backend.rollback();
        match head {
            Ok(head) if !self.follows(&head) => drop(self.follow(head.snapshot)),
            Ok(_) => {}
            Err(_) => self.at = None,
        }
    }

    pub(super) fn follows(&self, head: &Head) -> bool {
        head.snapshot == self.bench.live.as_ref().map(|(snapshot, _)| snapshot.id)
    }

    /// Applies the rows that other processes wrote since; an empty ledger starts at the newest
    /// checkpoint, or at the beginning.
    pub(super) fn catch_up(&mut self, head: Head) -> Result<(), StoreError> {
        let known = self.at.take();
        let from = match known {
            Some(at) => at.seq,
            None => self.rebuild()?,
        };
        let mut freed = BTreeSet::new();
        if from < head.seq {
            let ledger = &mut self.bench.ledger;
            let mut apply = |change: Change| {
                ledger.apply(&change);
                freed.extend(freed_by(&change).cloned());
            };
            self.backend.log_after(from, &mut |row| Ok(codec::decode(&row.changes, &mut apply)?))?;
        }
        match known {
            // Whoever freed a slot may have died before it woke who waits for it.
            Some(_) => self.wake_for(freed.iter()),
            None => {
                // The binding holds slots of this very ledger.
                if let Some((snapshot, _)) = self.bench.live.take() {
                    self.bench.bind(snapshot);
                }
                let first = self.bench.ledger.first_in_lines();
                if !first.is_empty() {
                    self.wake(Wake::Leads(first));
                }
            }
        }
        self.at = Some(head);
        Ok(())
    }

    /// Puts a new ledger on the bench; returns the seq as of which it is.
    fn rebuild(&mut self) -> Result<u64, StoreError> {
        let checkpoint = self.backend.checkpoint()?;
        let kept = checkpoint.and_then(|row| Some((row.seq, Ledger::from_state(row.state()?)?)));
        let (seq, ledger) = kept.unwrap_or_default();
        self.bench.ledger = ledger;
        Ok(seq)
    }

    pub(super) fn wake_for<'a>(&self, freed: impl Iterator<Item = &'a RepId>) {
        let first: Vec<_> = freed.filter_map(|rep| self.bench.ledger.first_in_line(rep)).collect();
        if !first.is_empty() {
            self.wake(Wake::Leads(first));
        }
    }

    /// Binds the snapshot that the head names, compiled ahead or now.
    pub(super) fn follow(&mut self, snapshot: Option<Digest>) -> Result<(), StoreError> {
        let Some(id) = snapshot else {
            self.bench.live = None;
            return Ok(());
        };
        let snapshot = match self.shared.ready(&id) {
            Some(snapshot) => snapshot,
            None => self.load(&id)?,
        };
        self.bench.bind(Arc::clone(&snapshot));
        self.shared.publish(snapshot);
        Ok(())
    }

    fn load(&mut self, id: &Digest) -> Result<Arc<Snapshot>, StoreError> {
        let what = || format!("the set of documents {}", id.short());
        let documents = self.backend.documents(id)?.ok_or_else(|| StoreError::damaged(what(), &"it is not there"))?;
        let snapshot = Snapshot::compile(documents).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            StoreError::damaged(what(), &faults.join("; "))
        })?;
        if snapshot.id != *id {
            return Err(StoreError::damaged(what(), &format!("its documents are those of {}", snapshot.id.short())));
        }
        Ok(Arc::new(snapshot))
    }
}

/// The rep with a slot that this change may have freed.
pub(crate) fn freed_by(change: &Change) -> Option<&RepId> {
    match change {
        Change::Release { key } => Some(&key.rep),
        Change::Cap { rep, .. } => Some(rep),
        Change::Claim { .. }
        | Change::Turn { .. }
        | Change::Join { .. }
        | Change::Credit { .. }
        | Change::Credited { .. }
        | Change::Wait { .. }
        | Change::Awake { .. }
        | Change::Decided
        | Change::Prices { .. } => None,
    }
}

fn give_up(part: Vec<Queued>, declined: &Declined) {
    part.into_iter().for_each(|queued| reply(queued, Err(declined.clone()), None));
}
