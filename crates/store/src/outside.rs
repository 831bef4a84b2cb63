//! Time and chance, which the store brings in.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use pointsman_domain::Instant;

/// Reads the time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Source of random bits; tests bring their own.
pub type Chance = Arc<dyn Fn() -> u128 + Send + Sync>;

/// What comes from outside: time and chance.
#[derive(Clone)]
pub struct Outside {
    clock: Clock,
    chance: Chance,
    /// Whether the clock is the system's: then the database's, which all replicas share, is the
    /// better one for when a batch was committed. A clock that was given rules everywhere.
    is_system: bool,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outside")
    }
}

impl Outside {
    pub fn new(clock: Clock, chance: Chance) -> Self {
        Self { clock, chance, is_system: false }
    }

    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "the store is an edge: this is where a server's clock is read")]
    pub fn system(chance: Chance) -> Self {
        let clock = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
            Instant::from_unix_micros(since)
        };
        Self { clock: Arc::new(clock), chance, is_system: true }
    }

    pub fn now(&self) -> Instant {
        (self.clock)()
    }

    /// When a batch is committed: by the database's clock where it has one.
    pub(crate) fn committed_at(&self, database: Option<Instant>) -> Instant {
        database.filter(|_| self.is_system).unwrap_or_else(|| self.now())
    }

    pub fn chance(&self) -> u128 {
        (self.chance)()
    }
}
