//! Everything that runs on a store: the committer, the waker, the pricer, and how they end.

use std::{
    sync::{Arc, mpsc as std_mpsc},
    thread::JoinHandle,
};

use tokio::sync::mpsc;

use crate::{
    backend::Store,
    command::Command,
    committer::Committer,
    error::StoreError,
    follower,
    outside::Outside,
    pricer::Pricer,
    queue::{Handle, Queued, Shared},
    upkeep::Upkeep,
    waker::Waker,
};

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct ServiceConfig {
    /// Commands that may wait; more are refused at once.
    pub queue: usize,
}

impl Default for ServiceConfig {
    /// Sixteen full batches: a second's worth on a slow disk.
    fn default() -> Self {
        Self { queue: 4096 }
    }
}

/// The running store.
#[derive(Debug)]
pub struct Service {
    handle: Handle,
    threads: Vec<JoinHandle<()>>,
    /// Ends after the last batch.
    upkeep: [Option<Upkeep>; 2],
    /// Let go of, it ends the pricing.
    pricing: std_mpsc::Sender<()>,
}

impl Service {
    /// Folds the record, then takes commands.
    pub fn start(store: &dyn Store, config: ServiceConfig, outside: Outside) -> Result<Self, StoreError> {
        let (queue, commands) = mpsc::channel(config.queue.max(1));
        let shared = Arc::new(Shared::default());
        let (wake, wakes) = std_mpsc::channel();
        let handle = Handle { queue, shared: Arc::clone(&shared) };
        let committer = Committer::start(store.backend()?, commands, shared, wake, outside.clone())?;
        let waker = Waker { reader: store.reader()?, handle: handle.clone(), outside: outside.clone() };
        let pricer = Pricer { reader: store.reader()?, handle: handle.clone(), outside, market: None };
        let (pricing, stop) = std_mpsc::channel();
        let threads = vec![
            spawn("committer", move || committer.run())?,
            spawn("waker", move || waker.run(&wakes))?,
            spawn("pricer", move || pricer.run(&stop))?,
        ];
        handle.tick();
        let follower = store.is_shared().then(|| follower::start(store, handle.clone())).transpose()?;
        Ok(Self { handle, threads, upkeep: [store.upkeep()?, follower], pricing })
    }

    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Takes no more commands, does what was accepted, and returns when all of it is on disk.
    /// Blocks: not to be called on a thread of an async runtime.
    pub fn stop(self) {
        let _ended = self.handle.queue.blocking_send(Queued { command: Command::Stop, reply: None });
        drop(self.pricing);
        for thread in self.threads {
            let _panicked = thread.join();
        }
        drop(self.upkeep);
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = std::thread::Builder::new().name(name.into()).spawn(run);
    thread.map_err(|e| StoreError::Unavailable { what: "start its threads", source: e.into() })
}
