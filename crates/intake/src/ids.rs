//! Ids of imported rows: the same source row has the same id in every import.
//!
//! An event id is a UUIDv7. Its time is the row's `at`; its random bits are a SipHash-2-4-128
//! under a fixed key of (kind, source system, external id). Accounts and contacts are named by
//! other rows that do not know when they arose, so their time is 1970-01-01.

use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;

use pointsman_domain::{AccountId, ActivityId, ContactId, Instant, LeadId, OpportunityId};

/// "pointsman-import" in ASCII; changing it would rename every imported row.
const KEY: &[u8; 16] = b"pointsman-import";

/// The random bits of an imported row's id.
pub fn chance(kind: &str, source: &str, external: &str) -> u128 {
    let mut hasher = SipHasher24::new_with_key(KEY);
    for part in [kind, source, external] {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part.as_bytes());
    }
    hasher.finish128().as_u128()
}

pub fn lead(source: &str, external: &str, at: Instant) -> LeadId {
    LeadId::new(at, chance("lead", source, external))
}

pub fn opportunity(source: &str, external: &str, at: Instant) -> OpportunityId {
    OpportunityId::new(at, chance("opportunity", source, external))
}

pub fn account(source: &str, external: &str) -> AccountId {
    AccountId::new(Instant::from_unix_micros(0), chance("account", source, external))
}

pub fn contact(source: &str, external: &str) -> ContactId {
    ContactId::new(Instant::from_unix_micros(0), chance("contact", source, external))
}

/// The `nth` activity of one lead; activities seldom have an id of their own in an export.
pub fn activity(of_lead: u128, nth: u32, at: Instant) -> ActivityId {
    let mut hasher = SipHasher24::new_with_key(KEY);
    hasher.write_u128(of_lead.to_le());
    hasher.write_u32(nth.to_le());
    ActivityId::new(at, hasher.finish128().as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_all_parts_and_on_nothing_else() {
        let at = Instant::from_unix_micros(1_317_422_324_546_000);
        assert_eq!(lead("bpi", "173688", at), lead("bpi", "173688", at));
        assert_ne!(lead("bpi", "173688", at), lead("bpi", "173689", at));
        assert_ne!(chance("lead", "ab", "c"), chance("lead", "a", "bc"));
        assert_ne!(activity(1, 0, at), activity(1, 1, at));
        // These bits name rows in companies' data: they never change.
        assert_eq!(lead("bpi2012", "173688", at).to_string(), GOLDEN);
    }

    const GOLDEN: &str = "lead_016ay7tpt2fe9v613esn4g02k7";
}
