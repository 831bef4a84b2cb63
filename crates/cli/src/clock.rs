//! The only clock and the only source of chance in the command line.

use std::time::SystemTime;

use pointsman_domain::Instant;

#[expect(clippy::disallowed_methods, reason = "the command line is an edge: this is where its clock is read")]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// For how long something ran; never for deciding.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measures a duration for people to read")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// 128 bits from the operating system.
#[expect(clippy::disallowed_methods, reason = "the command line is an edge: this is where its chance comes from")]
pub fn chance() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u128::from_ne_bytes(bytes)
}
