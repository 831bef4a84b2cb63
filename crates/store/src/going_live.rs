//! Documents go live: told to the other processes first, then named by the head.

use crate::{
    backend::Store,
    batch::document_rows,
    command::{Command, Declined, Done, Switch},
    error::StoreError,
    follower::AHEAD,
    queue::Handle,
};

/// Makes documents live, and returns when they are. Where several processes serve one store the
/// others hear of it two seconds ahead, so that nobody has to compile while leads wait. Blocks.
pub fn go_live(store: &dyn Store, handle: &Handle, switch: Switch) -> Result<Result<Done, Declined>, StoreError> {
    if store.is_shared() && handle.live().is_some() {
        store.announce(&switch.snapshot.id, &document_rows(&switch.snapshot))?;
        std::thread::sleep(AHEAD);
    }
    let Ok(pending) = handle.submit(Command::Switch(Box::new(switch))) else { return Ok(Err(Declined::Unavailable)) };
    Ok(pending.wait().map_or(Err(Declined::Unavailable), |reply| reply.result))
}
