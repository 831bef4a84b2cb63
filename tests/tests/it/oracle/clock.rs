//! Instants as plain microseconds since 1970, in UTC.

/// 2026-03-26T00:00:00Z: three days before Europe's clocks go forward.
pub const START: i64 = 1_774_483_200_000_000;

pub fn show(micros: i64) -> String {
    pointsman_domain::Instant::from_unix_micros(micros).to_string()
}
