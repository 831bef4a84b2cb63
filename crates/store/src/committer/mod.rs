//! The one sequence: takes what waits, decides it in order on the load its predecessors left,
//! writes it in one transaction, and answers only when it is on disk.

mod gather;
mod recover;

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering, mpsc as std_mpsc},
    time,
};

use pointsman_assign::{Ledger, Load};
use pointsman_domain::{Instant, LeadId};
use tokio::sync::mpsc;

pub(crate) use recover::freed_by;

use crate::{
    backend::{Backend, Keys},
    batch::{self, Bench, Draft},
    command::{Declined, Done, Pace, Reply},
    error::StoreError,
    log::Head,
    outside::Outside,
    queue::{Queued, Shared},
    row::CheckpointRow,
    stopwatch,
};

/// Commands of one batch at most.
pub const BATCH: usize = 256;

/// Rows of the log between two checkpoints of the ledger. Folding them takes a tenth of a second,
/// making a checkpoint of 200 reps a few milliseconds.
const CHECKPOINT: u64 = 1 << 14;

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
    /// Folds the log since the last checkpoint; the live documents are compiled and bound.
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

    fn wake(&self, wake: Wake) {
        // Without a waker (a command-line writer) whoever waits is woken by the next server.
        let _no_waker = self.wake.send(wake);
    }

    /// `committed_at` of a batch on this head; how far our clock is off the database's is noted.
    fn now_under(&self, head: &Head) -> Instant {
        let database = self.backend.clock();
        if let Some(theirs) = database {
            let off = self.outside.now().unix_micros().abs_diff(theirs.unix_micros());
            self.shared.gauges.clock_off_us.store(off, Ordering::Relaxed);
        }
        self.outside.committed_at(database).max(head.at)
    }

    fn attempt(&mut self, part: &[Queued]) -> Result<(Vec<Result<Done, Declined>>, Pace), Fault> {
        let taken = stopwatch::start();
        let head = loop {
            let head = self.backend.begin()?;
            self.catch_up(head)?;
            if self.follows(&head) {
                break head;
            }
            // Another process switched: nothing is committed before its documents are loaded.
            self.backend.rollback();
            self.follow(head.snapshot)?;
        };
        let mut keys = Keys::default();
        part.iter().for_each(|queued| batch::keys(&queued.command, &mut keys));
        let found = self.backend.look_up(&keys)?;
        let now = self.now_under(&head);
        let mut draft = Draft::new(head, now);
        let started = stopwatch::start();
        let results: Vec<_> = part.iter().map(|queued| self.bench.run(&queued.command, &found, &mut draft)).collect();
        let chosen = stopwatch::start();
        let stale = results.iter().filter(|result| matches!(result, Err(Declined::Stale))).count();
        self.shared.gauges.stale.fetch_add(stale as u64, Ordering::Relaxed);
        if draft.is_empty() {
            self.backend.rollback();
            self.at = Some(head);
            return Ok((results, Pace { commands: part.len(), taken, chosen, written: chosen }));
        }
        let ended = draft.rows.head;
        if ended.seq / CHECKPOINT > head.seq / CHECKPOINT {
            draft.rows.checkpoint = Some(CheckpointRow::of(&ended, &self.bench.ledger.state()));
        }
        self.backend.write(&draft.rows)?;
        let head = draft.rows.head;
        if let Err(error) = self.backend.commit() {
            return Err(Fault::Unknown(Box::new(Unknown { error, head, results })));
        }
        self.at = Some(head);
        let written = stopwatch::start();
        self.committed(&draft, part.len(), chosen - started, written - chosen);
        Ok((results, Pace { commands: part.len(), taken, chosen, written }))
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
        if draft.posted {
            // Priced leads name no rep; they are the ones that wait for a better price.
            let priced = self.bench.ledger.waiting().filter(|waiting| waiting.reps.is_empty());
            self.wake(Wake::Leads(priced.map(|waiting| waiting.lead).collect()));
        }
        if let Some(snapshot) = &draft.switched {
            self.bench.bind(Arc::clone(snapshot));
            self.shared.publish(Arc::clone(snapshot));
            self.wake(Wake::Everybody);
        }
        self.wake_for(draft.freed.iter());
    }
}

fn answer(part: Vec<Queued>, results: Vec<Result<Done, Declined>>, pace: Option<Pace>) {
    part.into_iter().zip(results).for_each(|(queued, result)| reply(queued, result, pace));
}

fn reply(queued: Queued, result: Result<Done, Declined>, pace: Option<Pace>) {
    if let Some(waits) = queued.reply {
        // Whoever asked may have gone; what was done stays done.
        let _gone = waits.send(Reply { command: queued.command, result, pace });
    }
}
