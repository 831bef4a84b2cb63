//! The one sequence: takes what waits, decides it in order on the load its predecessors left,
//! writes it in one transaction, and answers only when it is on disk.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    sync::{Arc, atomic::Ordering, mpsc as std_mpsc},
    time,
};

use pointsman_assign::{Ledger, Load};
use pointsman_decision::{Snapshot, decide};
use pointsman_domain::{Digest, Instant, LeadId};
use tokio::sync::mpsc;

use crate::{
    backend::{Backend, Keys},
    batch::{self, Bench, Draft},
    codec,
    command::{Command, Declined, Done, Reply},
    error::StoreError,
    log::Head,
    queue::{Queued, Shared},
    receipt::Receipt,
    service::Outside,
    stopwatch,
};

/// Commands of one batch at most.
pub const BATCH: usize = 256;

/// Reads the time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What the waker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wake {
    Leads(Vec<LeadId>),
    /// Something changed that may concern everybody who waits or is parked.
    Everybody,
}

/// See the module.
pub(crate) struct Committer {
    backend: Box<dyn Backend>,
    bench: Bench,
    /// Where the ledger stands; `None` when a failed batch left it in doubt.
    at: Option<Head>,
    queue: mpsc::Receiver<Queued>,
    /// Taken from the queue, not yet in a batch.
    taken: VecDeque<Queued>,
    shared: Arc<Shared>,
    wake: std_mpsc::Sender<Wake>,
    outside: Outside,
}

/// Why a batch was not committed.
enum Fault {
    Store(StoreError),
    /// The commit itself failed: it may be on disk or not. The batch's last row tells.
    Unknown(Box<Unknown>),
}

/// A commit that may be on disk or not: the error, where its batch ended, what it would answer.
struct Unknown {
    error: StoreError,
    head: Head,
    results: Vec<Result<Done, Declined>>,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// However it ends, nobody waits for an answer that will not come.
impl Drop for Committer {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Committer {
    /// Folds the whole log; the live documents are compiled and bound.
    pub fn start(
        backend: Box<dyn Backend>,
        queue: mpsc::Receiver<Queued>,
        shared: Arc<Shared>,
        wake: std_mpsc::Sender<Wake>,
        outside: Outside,
    ) -> Result<Self, StoreError> {
        let bench = Bench { ledger: Ledger::default(), live: None, load: Load::default() };
        let mut committer = Self { backend, bench, at: None, queue, taken: VecDeque::new(), shared, wake, outside };
        let head = committer.backend.begin()?;
        let caught_up = committer.catch_up(head);
        committer.backend.rollback();
        caught_up?;
        committer.follow(head.snapshot)?;
        Ok(committer)
    }

    /// Runs until every sender is gone or the queue is closed, and what was accepted is done.
    pub fn run(mut self) {
        while let Some(batch) = self.gather() {
            if !batch.is_empty() {
                self.commit(batch);
            }
            self.backend.rest();
        }
    }

    /// Takes what waits: at most [`BATCH`] commands, of which no two touch the same lead, person,
    /// company or idempotency key; the later ones see the earlier in the next batch.
    fn gather(&mut self) -> Option<Vec<Queued>> {
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
        while let Some(queued) = self.taken.pop_front() {
            match &queued.command {
                Command::Look(_) | Command::Tick | Command::Preview(_) | Command::Stop => self.answer_at_once(queued),
                Command::Switch(_) if batch.is_empty() && later.is_empty() => return Some(vec![queued]),
                // Whatever comes after a switch is decided after it.
                Command::Switch(_) => {
                    later.push_back(queued);
                    break;
                }
                Command::Decide(_) | Command::Stage(_) | Command::Transfer(_) | Command::Credit(_) => {
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
        Some(batch)
    }

    /// What needs no batch.
    fn answer_at_once(&mut self, queued: Queued) {
        match queued.command {
            Command::Stop => self.queue.close(),
            Command::Look(look) => look(&self.bench.ledger),
            Command::Tick => {
                let due: Vec<LeadId> = self.bench.ledger.due(self.outside.now()).collect();
                if !due.is_empty() {
                    self.wake(Wake::Leads(due));
                }
            }
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
                reply(Queued { command: Command::Preview(preview), reply: queued.reply }, result);
            }
            Command::Decide(_) | Command::Stage(_) | Command::Transfer(_) | Command::Credit(_) | Command::Switch(_) => {
                unreachable!("these go through a batch")
            }
        }
    }

    fn wake(&self, wake: Wake) {
        // Without a waker (a command-line writer) whoever waits is woken by the next server.
        let _no_waker = self.wake.send(wake);
    }

    /// Commits a batch and answers it. One that fails is run once more on a rebuilt ledger, then
    /// in halves: only the command that fails alone gets an error.
    fn commit(&mut self, batch: Vec<Queued>) {
        let mut parts = vec![(batch, 0)];
        while let Some((part, failures)) = parts.pop() {
            let (error, unknown) = match self.attempt(&part) {
                Ok(results) => {
                    answer(part, results);
                    continue;
                }
                Err(Fault::Store(error)) => (error, None),
                Err(Fault::Unknown(unknown)) => (unknown.error, Some((unknown.head, unknown.results))),
            };
            self.backend.rollback();
            self.at = None;
            self.shared.gauges.failures.fetch_add(1, Ordering::Relaxed);
            if let Some((head, results)) = unknown
                && self.is_written(&head)
            {
                answer(part, results);
                continue;
            }
            let alone = part.len() == 1;
            match failures {
                0 => parts.push((part, 1)),
                _ if error.concerns_one_command() && !alone => {
                    let mut first = part;
                    let second = first.split_off(first.len() / 2);
                    parts.push((second, 0));
                    parts.push((first, 0));
                }
                _ => {
                    let declined = if error.concerns_one_command() { Declined::Failed } else { Declined::Unavailable };
                    part.into_iter().for_each(|queued| reply(queued, Err(declined.clone())));
                }
            }
        }
    }

    /// Whether the record holds the row that a batch of unknown fate ended with.
    fn is_written(&mut self, head: &Head) -> bool {
        let mut found = false;
        let looked = self.backend.begin().and_then(|_| {
            self.backend.log_after(head.seq.saturating_sub(1), &mut |row| {
                found |= row.seq == head.seq && row.hash == head.hash;
                Ok(())
            })
        });
        self.backend.rollback();
        looked.is_ok() && found
    }

    fn attempt(&mut self, part: &[Queued]) -> Result<Vec<Result<Done, Declined>>, Fault> {
        let head = loop {
            let head = self.backend.begin()?;
            self.catch_up(head)?;
            if head.snapshot == self.bench.live.as_ref().map(|(snapshot, _)| snapshot.id) {
                break head;
            }
            // Another process switched: nothing is committed before its documents are loaded.
            self.backend.rollback();
            self.follow(head.snapshot)?;
        };
        let mut keys = Keys::default();
        part.iter().for_each(|queued| batch::keys(&queued.command, &mut keys));
        let found = self.backend.look_up(&keys)?;
        let now = self.outside.committed_at(self.backend.clock()).max(head.at);
        let mut draft = Draft::new(head, now);
        let started = stopwatch::start();
        let results: Vec<_> = part.iter().map(|queued| self.bench.run(&queued.command, &found, &mut draft)).collect();
        let chosen = stopwatch::start();
        let stale = results.iter().filter(|result| matches!(result, Err(Declined::Stale))).count();
        self.shared.gauges.stale.fetch_add(stale as u64, Ordering::Relaxed);
        if draft.is_empty() {
            self.backend.rollback();
            self.at = Some(head);
            return Ok(results);
        }
        self.backend.write(&draft.rows)?;
        let head = draft.rows.head;
        if let Err(error) = self.backend.commit() {
            return Err(Fault::Unknown(Box::new(Unknown { error, head, results })));
        }
        self.at = Some(head);
        self.committed(&draft, part.len(), chosen - started, chosen.elapsed());
        Ok(results)
    }

    /// What everybody else learns of a committed batch.
    fn committed(&mut self, draft: &Draft, commands: usize, choosing: time::Duration, writing: time::Duration) {
        let gauges = &self.shared.gauges;
        let micros = |duration: time::Duration| duration.as_micros() as u64;
        gauges.batches.fetch_add(1, Ordering::Relaxed);
        gauges.commands.fetch_add(commands as u64, Ordering::Relaxed);
        gauges.last_batch.store(commands as u64, Ordering::Relaxed);
        gauges.choose_us.fetch_add(micros(choosing), Ordering::Relaxed);
        gauges.commit_us.fetch_add(micros(writing), Ordering::Relaxed);
        gauges.waiting.store(self.bench.ledger.waiting().count() as u64, Ordering::Relaxed);
        gauges.price_epoch.store(draft.rows.head.price_epoch, Ordering::Relaxed);
        gauges.seq.store(draft.rows.head.seq, Ordering::Relaxed);
        draft.rows.decisions.iter().for_each(|row| gauges.count(crate::row::Custody::of(&row.decision.outcome).kind()));
        if let Some(snapshot) = &draft.switched {
            self.bench.bind(Arc::clone(snapshot));
            self.shared.publish(Arc::clone(snapshot));
            self.wake(Wake::Everybody);
        }
        let freed = draft.freed.iter().filter_map(|rep| self.bench.ledger.first_in_line(rep));
        let freed: Vec<LeadId> = freed.collect();
        if !freed.is_empty() {
            self.wake(Wake::Leads(freed));
        }
    }

    /// Applies the rows that other processes wrote since, or all of them to an empty ledger.
    fn catch_up(&mut self, head: Head) -> Result<(), StoreError> {
        if self.at.is_none() {
            self.bench.ledger = Ledger::default();
        }
        let from = self.at.map_or(0, |at| at.seq);
        if from < head.seq {
            self.at = None;
            let ledger = &mut self.bench.ledger;
            self.backend
                .log_after(from, &mut |row| Ok(codec::decode(&row.changes, |change| ledger.apply(&change))?))?;
        }
        // The binding holds slots of this very ledger.
        if self.at.is_none()
            && let Some((snapshot, _)) = self.bench.live.take()
        {
            self.bench.bind(snapshot);
        }
        self.at = Some(head);
        Ok(())
    }

    /// Loads and binds the snapshot that the head names.
    fn follow(&mut self, snapshot: Option<Digest>) -> Result<(), StoreError> {
        let Some(id) = snapshot else {
            self.bench.live = None;
            return Ok(());
        };
        let what = || format!("the set of documents {}", id.short());
        let documents = self.backend.documents(&id)?.ok_or_else(|| StoreError::damaged(what(), &"it is not there"))?;
        let snapshot = Snapshot::compile(documents).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            StoreError::damaged(what(), &faults.join("; "))
        })?;
        if snapshot.id != id {
            return Err(StoreError::damaged(what(), &format!("its documents are those of {}", snapshot.id.short())));
        }
        let snapshot = Arc::new(snapshot);
        self.bench.bind(Arc::clone(&snapshot));
        self.shared.publish(snapshot);
        Ok(())
    }
}

fn answer(part: Vec<Queued>, results: Vec<Result<Done, Declined>>) {
    part.into_iter().zip(results).for_each(|(queued, result)| reply(queued, result));
}

fn reply(queued: Queued, result: Result<Done, Declined>) {
    if let Some(waits) = queued.reply {
        // Whoever asked may have gone; what was done stays done.
        let _gone = waits.send(Reply { command: queued.command, result });
    }
}

/// Hashes of everything that a command touches. Two that collide are merely not in one batch.
fn touches(command: &Command) -> Vec<u64> {
    let mut keys = Keys::default();
    batch::keys(command, &mut keys);
    let mut out = Vec::with_capacity(8);
    hash(0, &keys.leads, &mut out);
    hash(1, &keys.sources, &mut out);
    hash(2, &keys.idempotency, &mut out);
    hash(3, &keys.duplicates, &mut out);
    hash(4, &keys.contacts, &mut out);
    hash(5, &keys.accounts, &mut out);
    hash(6, &keys.domains, &mut out);
    out
}

fn hash<T: Hash>(kind: u8, keys: &[T], out: &mut Vec<u64>) {
    let build = BuildHasherDefault::<DefaultHasher>::default();
    out.extend(keys.iter().map(|key| build.hash_one((kind, key))));
}
