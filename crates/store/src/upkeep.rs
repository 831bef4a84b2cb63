//! A thread that does something small again and again, until its handle is dropped.

use std::{sync::mpsc, thread::JoinHandle, time::Duration};

use crate::error::StoreError;

/// The running thread; ends when dropped.
#[derive(Debug)]
pub struct Upkeep {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// Calls `work` at this pace, and `last` at the end.
    pub(crate) fn start<W: Send + 'static>(
        name: &str,
        pace: Duration,
        mut worker: W,
        work: impl Fn(&mut W) + Send + 'static,
        last: impl FnOnce(&mut W) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (stop, stopped) = mpsc::channel::<()>();
        let run = move || {
            while stopped.recv_timeout(pace) == Err(mpsc::RecvTimeoutError::Timeout) {
                work(&mut worker);
            }
            last(&mut worker);
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(run);
        let thread = thread.map_err(|e| StoreError::Unavailable { what: "start its threads", source: e.into() })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
