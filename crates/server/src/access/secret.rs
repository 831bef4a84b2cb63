//! Secrets: made from 256 random bits, shown once, kept as hashes, compared in constant time.

use std::fmt::Write;

use pointsman_domain::Digest;
use pointsman_store::{Outside, log::digest};

/// Two parts with a prefix that secret scanners can look for: `pmk_ID_SECRET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    pub id: String,
    pub text: String,
    pub hash: Digest,
}

/// A new secret of a kind (`pmk` for keys, `pms` for sessions).
pub fn make(prefix: &str, outside: &Outside) -> Secret {
    let id = hex(&outside.chance().to_le_bytes()[..6]);
    let random: Vec<u8> = [outside.chance(), outside.chance()].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let text = format!("{prefix}_{id}_{}", hex(&random));
    Secret { hash: digest(text.as_bytes()), id, text }
}

/// The id within a secret of this kind.
pub fn id_of<'a>(prefix: &str, text: &'a str) -> Option<&'a str> {
    let (id, rest) = text.strip_prefix(prefix)?.strip_prefix('_')?.split_once('_')?;
    (!rest.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
}

/// Whether two digests are the same; looks at every byte, so that time tells nothing.
pub fn same(a: &Digest, b: &Digest) -> bool {
    a.bytes().iter().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let written = write!(out, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes what is written to it");
        out
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_secret_names_its_id_and_differs_each_time() {
        let counter = std::sync::atomic::AtomicU64::new(1);
        let chance = move || u128::from(counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let outside = Outside::system(Arc::new(chance));
        let (a, b) = (make("pmk", &outside), make("pmk", &outside));
        assert_eq!(id_of("pmk", &a.text), Some(&*a.id));
        assert_eq!(a.text.len(), 4 + 12 + 1 + 64);
        assert!(a.text != b.text && !same(&a.hash, &b.hash) && same(&a.hash, &a.hash));
        for wrong in ["", "pmk", "pmk_", "pmk_0a", "pmk_zz_1", "pms_0a_1", "pmk__"] {
            assert_eq!(id_of("pmk", wrong).filter(|id| !id.is_empty()), None, "{wrong}");
        }
    }
}
