//! What all handlers share: the queue, readers, the live snapshot, counters. No globals.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pointsman_decision::{DocumentSet, Facts, Scratch, Snapshot, SnapshotError};
use pointsman_domain::{CommandId, Digest, Instant};
use pointsman_store::{
    Command, Declined, Handle, Outbox, Outside, Reader, Reply, Service, ServiceConfig, Shelf, Store, StoreError,
    backend::StoredDecision, command::Switch, go_live, statements::Statements,
};

use tokio::sync::Semaphore;

use crate::{
    access::gate::Gate,
    config::{ServeConfig, StartError},
    error::{FieldError, Problem},
    flow::Flows,
    kpi::Desk,
    links::Links,
    metrics::Metrics,
    readers::Readers,
    roi::Computed,
    traces::Traces,
};

/// Shared by every handler.
pub struct State {
    pub config: ServeConfig,
    pub handle: Handle,
    pub outside: Outside,
    pub metrics: Metrics,
    /// `None` where nothing is traced.
    pub traces: Option<Traces>,
    pub gate: Gate,
    pub desk: Desk,
    pub flows: Flows,
    pub returns: Computed,
    /// This process's name on leases.
    pub holder: String,
    pub links: Links,
    /// Held by steps of experiments and looks at them: one waits for the other.
    pub editing: tokio::sync::Mutex<()>,
    shelf: Mutex<Box<dyn Shelf>>,
    /// Opened by the first who asks.
    outbox: Mutex<Option<Outbox>>,
    statements: Mutex<Option<Box<dyn Statements>>>,
    slow: Semaphore,
    readers: Readers,
    /// Snapshots that older decisions were taken on, compiled again when somebody asks.
    compiled: Mutex<BTreeMap<Digest, Arc<Snapshot>>>,
    running: Mutex<Option<Service>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A change of documents that others overtake is tried so many times.
const CHANGES: usize = 8;
/// Passwords hashed at once: each takes a processor and 19 MiB.
const SLOW: usize = 2;

/// Compiled snapshots kept for explanations.
const KEPT: usize = 8;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Random bits of the operating system.
#[expect(clippy::disallowed_methods, reason = "the door is an edge: this is where its chance comes from")]
fn chance() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bits");
    u128::from_le_bytes(bytes)
}

impl State {
    /// Opens the store and starts what runs on it; an empty store gets the documents of the
    /// configuration. Blocks: the record is folded.
    pub fn open(config: ServeConfig) -> Result<Arc<Self>, StartError> {
        Self::open_with(config, Outside::system(Arc::new(chance)))
    }

    /// The same with another clock and chance.
    pub fn open_with(config: ServeConfig, outside: Outside) -> Result<Arc<Self>, StartError> {
        let store = config.store.open()?;
        let mut shelf = store.shelf()?;
        let gate = Gate::new(config.keys.clone(), config.figures.clone());
        gate.refresh(&mut *shelf, outside.now())?;
        let links = Links::open(&mut *shelf, &outside, config.public_url.clone())?;
        let holder = CommandId::new(outside.now(), outside.chance()).to_string();
        let start = |traces| Traces::start(traces, &holder, config.https);
        let traces = config.traces.as_deref().map(start).transpose().map_err(StartError::Traces)?;
        let service = Service::start(&store, ServiceConfig { queue: config.queue }, outside.clone())?;
        let state = Self {
            handle: service.handle(),
            holder,
            outside,
            links,
            metrics: Metrics::default(),
            traces,
            gate,
            desk: Desk::default(),
            flows: Flows::default(),
            returns: Computed::default(),
            editing: tokio::sync::Mutex::new(()),
            shelf: Mutex::new(shelf),
            outbox: Mutex::new(None),
            statements: Mutex::new(None),
            slow: Semaphore::new(SLOW),
            readers: Readers::new(store, config.readers),
            compiled: Mutex::new(BTreeMap::new()),
            running: Mutex::new(Some(service)),
            config,
        };
        if state.handle.live().is_none()
            && let Some(documents) = state.config.documents.clone()
        {
            let snapshot = Snapshot::compile(documents).map_err(|faults| {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                StartError::Documents(faults.join("\n"))
            })?;
            state.switch(Arc::new(snapshot), "serve", "first start")?;
        }
        Ok(Arc::new(state))
    }

    /// Makes documents live; blocks until it is done.
    pub fn switch(&self, snapshot: Arc<Snapshot>, author: &str, reason: &str) -> Result<(), StartError> {
        let command = CommandId::new(self.outside.now(), self.outside.chance());
        let switch = Switch { command, snapshot, over: None, author: author.into(), reason: reason.into() };
        self.switched(switch)?.map_err(StartError::Declined)
    }

    /// Other replicas hear of it first.
    fn switched(&self, switch: Switch) -> Result<Result<(), Declined>, StoreError> {
        Ok(go_live(self.readers.store(), &self.handle, switch)?.map(drop))
    }

    /// Edits the live documents and makes the result live, on a thread that may wait; `edit` gives
    /// its answer and the new documents, or none where nothing changes. Where somebody else made
    /// other documents live meanwhile, it is done again on theirs. Says what is live then, and
    /// whether it changed.
    pub async fn change_documents<T: Send + 'static>(
        self: &Arc<Self>,
        author: String,
        reason: String,
        edit: impl Fn(&Snapshot) -> Result<(T, Option<DocumentSet>), Problem> + Send + 'static,
    ) -> Result<(T, Digest, bool), Problem> {
        let state = Arc::clone(self);
        let run = move || {
            for _ in 0..CHANGES {
                let live = state.live()?;
                let (answer, documents) = edit(&live)?;
                let Some(documents) = documents else { return Ok((answer, live.id, false)) };
                let snapshot = Snapshot::compile(documents).map_err(|faults| {
                    let fault = |fault: &SnapshotError| FieldError::new(fault.kind.as_str(), fault.message.clone());
                    Problem::Fields(faults.iter().map(fault).collect())
                })?;
                let snapshot = Arc::new(snapshot);
                let (id, over) = (snapshot.id, Some(live.id));
                let command = CommandId::new(state.outside.now(), state.outside.chance());
                let (author, reason) = (author.as_str().into(), reason.as_str().into());
                match state.switched(Switch { command, snapshot, over, author, reason })? {
                    Ok(()) => return Ok((answer, id, true)),
                    Err(Declined::Stale) => {}
                    Err(declined) => return Err(declined.into()),
                }
            }
            Err(Problem::Busy)
        };
        blocking(run).await?
    }

    /// Makes `snapshot` live in place of `over`, on a thread that may wait; declined where something
    /// else is live by now.
    pub async fn replace(
        self: &Arc<Self>,
        over: Digest,
        snapshot: Snapshot,
        author: &str,
        reason: &str,
    ) -> Result<(), Problem> {
        let command = CommandId::new(self.now(), self.outside.chance());
        let (author, reason) = (author.into(), reason.into());
        let switch = Switch { command, snapshot: Arc::new(snapshot), over: Some(over), author, reason };
        let state = Arc::clone(self);
        Ok(blocking(move || state.switched(switch)).await???)
    }

    /// Takes no more commands and returns when what was accepted is on disk, and what was traced of
    /// it is sent or given up. Blocks.
    pub fn stop(&self) {
        let running = locked(&self.running).take();
        if let Some(service) = running {
            service.stop();
        }
        if let Some(traces) = &self.traces {
            traces.end();
        }
    }

    pub fn live(&self) -> Result<Arc<Snapshot>, Problem> {
        self.handle.live().ok_or(Problem::NothingLive)
    }

    /// Reads here and now, over a connection of its own: for threads that may wait, and may read for
    /// seconds.
    pub(crate) fn read_now<T>(
        &self,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        read(&mut *self.store().reader()?)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &**self.readers.store()
    }

    /// Reads on a thread that may wait for the disk.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.readers.read(read).await
    }

    /// Reads, with the workspace's scratch for qualifying, on a thread that may wait.
    pub async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        snapshot: &Arc<Snapshot>,
        work: impl FnOnce(&mut dyn Reader, &mut Scratch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.readers.work(snapshot, work).await
    }

    /// Reads or writes what is kept beside the record, on a thread that may wait for the disk.
    /// The gate knows of it at once.
    pub async fn shelf<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut dyn Shelf) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let state = Arc::clone(self);
        let run = move || -> Result<T, StoreError> {
            let mut shelf = locked(&state.shelf);
            let done = work(&mut **shelf)?;
            state.gate.refresh(&mut **shelf, state.now())?;
            Ok(done)
        };
        Ok(blocking(run).await??)
    }

    /// Reads or writes what is still to be told, on a thread that may wait for the disk.
    pub async fn outbox<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Outbox) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let state = Arc::clone(self);
        let run = move || {
            let mut kept = locked(&state.outbox);
            let outbox = match &mut *kept {
                Some(outbox) => outbox,
                None => kept.insert(Outbox::new(state.store().statements()?)),
            };
            work(outbox)
        };
        Ok(blocking(run).await??)
    }

    /// Runs plain statements, on a thread that may wait for the disk.
    pub async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut dyn Statements) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let state = Arc::clone(self);
        Ok(blocking(move || state.with_statements(work)).await??)
    }

    /// The same beside a reader, for work that takes both and may wait for commands.
    pub async fn with_both<T: Send + 'static, E: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut dyn Reader, &mut dyn Statements) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, Problem> {
        let state = Arc::clone(self);
        let run = move || {
            // Connections of its own: it may take seconds.
            let mut statements = state.store().statements()?;
            state.read_now(|reader| Ok(work(reader, &mut *statements)))
        };
        Ok(blocking(run).await??)
    }

    fn with_statements<T>(
        &self,
        work: impl FnOnce(&mut dyn Statements) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut kept = locked(&self.statements);
        let statements = match &mut *kept {
            Some(statements) => statements,
            None => kept.insert(self.store().statements()?),
        };
        work(&mut **statements)
    }

    /// Reads the keys and sessions again when what is known of them is old.
    pub async fn look_at_shelf(self: &Arc<Self>, unknown: bool) -> Result<(), Problem> {
        if self.gate.is_stale(self.now(), unknown) {
            // Whoever comes while somebody reads already goes on with what is known.
            let state = Arc::clone(self);
            let run = move || match state.shelf.try_lock() {
                Ok(mut shelf) => state.gate.refresh(&mut **shelf, state.now()),
                Err(_) => Ok(()),
            };
            blocking(run).await??;
        }
        Ok(())
    }

    /// Does work that costs much time and memory (hashing a password), few at once.
    pub async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _permit = self.slow.acquire().await.map_err(|_| Problem::Ours)?;
        blocking(work).await
    }

    /// Puts a command in the queue and waits for what comes of it.
    pub async fn send(&self, command: Command) -> Result<Reply, Problem> {
        Ok(self.handle.submit(command)?.answer().await?)
    }

    /// The snapshot a decision was taken on.
    pub fn snapshot_of(&self, reader: &mut dyn Reader, id: &Digest) -> Result<Option<Arc<Snapshot>>, StoreError> {
        if let Some(live) = self.handle.live().filter(|live| live.id == *id) {
            return Ok(Some(live));
        }
        if let Some(snapshot) = locked(&self.compiled).get(id) {
            return Ok(Some(Arc::clone(snapshot)));
        }
        let Some(documents) = reader.documents(id)? else { return Ok(None) };
        let Ok(snapshot) = Snapshot::compile(documents) else { return Ok(None) };
        let snapshot = Arc::new(snapshot);
        let mut compiled = locked(&self.compiled);
        if compiled.len() >= KEPT {
            compiled.pop_first();
        }
        compiled.insert(*id, Arc::clone(&snapshot));
        Ok(Some(snapshot))
    }

    pub fn now(&self) -> Instant {
        self.outside.now()
    }
}

/// Everything a decision was taken on, as far as it is still kept.
#[derive(Debug)]
pub struct Whole {
    pub stored: StoredDecision,
    pub snapshot: Arc<Snapshot>,
    pub facts: Facts,
    pub trace: Vec<u8>,
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(run).await.map_err(|panic| {
        tracing::error!(error = %panic, "work off the event loop failed");
        Problem::Ours
    })
}
