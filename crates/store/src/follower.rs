//! Looks now and then where the record stands: what other processes wrote is applied soon even
//! where nobody asks, and documents that were announced are compiled before the head names them.

use std::{sync::Arc, time::Duration};

use pointsman_decision::Snapshot;
use pointsman_domain::Digest;

use crate::{
    backend::{Reader, Store},
    error::StoreError,
    queue::Handle,
    upkeep::Upkeep,
};

/// How often it looks; notifications would be no more than a hint.
const PACE: Duration = Duration::from_millis(200);
/// How long before the head names them documents are announced: ten looks.
pub const AHEAD: Duration = Duration::from_secs(2);

struct Follower {
    reader: Box<dyn Reader>,
    handle: Handle,
    seen: u64,
}

/// Starts to follow; ends when dropped.
pub fn start(store: &dyn Store, handle: Handle) -> Result<Upkeep, StoreError> {
    let follower = Follower { reader: store.reader()?, handle, seen: 0 };
    // What cannot be read now is read by the next look.
    Upkeep::start("follower", PACE, follower, |follower| drop(follower.look()), |_| ())
}

impl Follower {
    fn look(&mut self) -> Result<(), StoreError> {
        for id in self.reader.announced()? {
            self.prepare(&id)?;
        }
        let head = self.reader.head()?;
        if head.seq != self.seen {
            self.seen = head.seq;
            self.handle.tick();
        }
        Ok(())
    }

    fn prepare(&mut self, id: &Digest) -> Result<(), StoreError> {
        if self.handle.shared.is_ready(id) {
            return Ok(());
        }
        let Some(documents) = self.reader.documents(id)? else { return Ok(()) };
        // Documents that do not compile here are met again, and told, when the head names them.
        if let Ok(snapshot) = Snapshot::compile(documents) {
            self.handle.shared.prepare(Arc::new(snapshot));
        }
        Ok(())
    }
}
