//! How long things take, for metrics and for waiting: the one place where this crate and the
//! door above it read a monotonic clock. Decisions never see it.

use std::time::Instant;

/// A stopwatch's start.
#[expect(clippy::disallowed_methods, reason = "measures how long work took, for metrics and patience; decides nothing")]
pub fn start() -> Instant {
    Instant::now()
}
