//! The one bounded queue, and what everybody else sees of the committer.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use pointsman_decision::Snapshot;
use pointsman_domain::Digest;
use tokio::sync::{mpsc, oneshot};

use crate::{
    command::{Command, Reply},
    row::CustodyKind,
};

/// A command with the one who waits for it.
#[derive(Debug)]
pub(crate) struct Queued {
    pub command: Command,
    /// `None`: nobody waits.
    pub reply: Option<oneshot::Sender<Reply>>,
}

/// The queue is full: try again in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many commands wait already")]
pub struct Full;

/// The committer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store is shutting down")]
pub struct Ended;

/// How the committer is doing; read by metrics.
#[derive(Debug, Default)]
pub struct Gauges {
    pub batches: AtomicU64,
    pub commands: AtomicU64,
    /// Commands of the last batch.
    pub last_batch: AtomicU64,
    /// Microseconds spent in commits, flushing included.
    pub commit_us: AtomicU64,
    /// Microseconds spent choosing.
    pub choose_us: AtomicU64,
    /// Batches that did not commit at the first try.
    pub failures: AtomicU64,
    /// Commands whose facts had changed: read and qualified again.
    pub stale: AtomicU64,
    pub waiting: AtomicU64,
    pub price_epoch: AtomicU64,
    pub seq: AtomicU64,
    /// How far our clock is off the database's, in microseconds.
    pub clock_off_us: AtomicU64,
    decisions: [AtomicU64; 5],
}

impl Gauges {
    pub fn decisions(&self, kind: CustodyKind) -> u64 {
        self.decisions[kind as usize - 1].load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, kind: CustodyKind) {
        self.decisions[kind as usize - 1].fetch_add(1, Ordering::Relaxed);
    }
}

/// Commands that go before new ones: leads that waited.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    pub commands: VecDeque<Queued>,
    /// The committer is gone: whoever still comes is told so instead of waiting for ever.
    ended: bool,
}

/// Snapshots compiled ahead that are kept.
const READY: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    ahead: Mutex<Ahead>,
    pub live: RwLock<Option<Arc<Snapshot>>>,
    /// Compiled ahead, the newest last.
    ready: Mutex<VecDeque<Arc<Snapshot>>>,
    pub gauges: Gauges,
}

impl Shared {
    pub fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No command is taken any more; those that wait are let go.
    pub fn end(&self) {
        let mut ahead = self.ahead();
        ahead.ended = true;
        ahead.commands.clear();
    }

    /// A set of documents that will be live in a moment.
    pub fn prepare(&self, snapshot: Arc<Snapshot>) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.len() >= READY {
            ready.pop_front();
        }
        ready.push_back(snapshot);
    }

    pub fn ready(&self, id: &Digest) -> Option<Arc<Snapshot>> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.iter().find(|snapshot| snapshot.id == *id).cloned()
    }

    /// Whether nothing needs to be compiled to follow to this set.
    pub fn is_ready(&self, id: &Digest) -> bool {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().is_some_and(|live| live.id == *id) || self.ready(id).is_some()
    }

    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    }
}

/// Sends commands to the committer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) queue: mpsc::Sender<Queued>,
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// Puts a command in the queue, unless it is full.
    pub fn submit(&self, command: Command) -> Result<Pending, Full> {
        let (reply, pending) = oneshot::channel();
        self.queue.try_send(Queued { command, reply: Some(reply) }).map_err(|_| Full)?;
        Ok(Pending(pending))
    }

    /// Puts a command before the new ones.
    pub(crate) fn submit_ahead(&self, command: Command) -> Pending {
        let (reply, pending) = oneshot::channel();
        let mut ahead = self.shared.ahead();
        if !ahead.ended {
            ahead.commands.push_back(Queued { command, reply: Some(reply) });
        }
        drop(ahead);
        self.tick();
        Pending(pending)
    }

    /// Says that time passed. A full queue ticks by itself.
    pub fn tick(&self) {
        let _full = self.queue.try_send(Queued { command: Command::Tick, reply: None });
    }

    /// What decides now; `None` before the first documents were applied.
    pub fn live(&self) -> Option<Arc<Snapshot>> {
        self.shared.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn gauges(&self) -> &Gauges {
        &self.shared.gauges
    }

    /// Commands that wait.
    pub fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity() + self.shared.ahead().commands.len()
    }
}

/// An answer to come.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Reply>);

impl Pending {
    pub async fn answer(self) -> Result<Reply, Ended> {
        self.0.await.map_err(|_| Ended)
    }

    /// Waits on this thread, which must not be one of an async runtime.
    pub fn wait(self) -> Result<Reply, Ended> {
        self.0.blocking_recv().map_err(|_| Ended)
    }
}
