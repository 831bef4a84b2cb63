//! One-click links of offers: whoever holds one may answer that offer, until it ends. A link names
//! the decision that made the offer, so it is worth nothing for any other, and once the offer is
//! answered it only says so.
//!
//! ```text
//! token = hex(decision) "-" hex(until, Unix seconds) "-" hex(HMAC-SHA256(key, the part before)[..16])
//! ```
//!
//! The key is the workspace's, made once and kept in the store, so that every replica knows it.

use std::fmt::Write;

use pointsman_connect::{Secret, signature};
use pointsman_domain::{DecisionId, Instant};
use pointsman_store::{Outside, Shelf, StoreError, shelf::ShelfKind};

/// Makes and reads tokens.
#[derive(Debug)]
pub struct Links {
    key: Secret,
    /// Where people reach this server; without it there are no links to send.
    base: Option<String>,
}

/// The name of the key on the shelf.
const KEY: &str = "1";
/// The offer's end is checked to the second.
const SECOND: i64 = 1_000_000;

impl Links {
    /// Reads the workspace's key, or makes it.
    pub fn open(shelf: &mut dyn Shelf, outside: &Outside, base: Option<String>) -> Result<Self, StoreError> {
        loop {
            if let Some(item) = shelf.get(ShelfKind::Link, KEY)? {
                let key = Secret::parse(&item.body);
                let key = key
                    .map_err(|error| StoreError::Damaged { what: "the key of links".into(), why: error.to_string() })?;
                return Ok(Self { key, base });
            }
            let mut random = [0; 32];
            random[..16].copy_from_slice(&outside.chance().to_le_bytes());
            random[16..].copy_from_slice(&outside.chance().to_le_bytes());
            // Whoever else starts at the same moment: one of the keys stays, and both read that.
            shelf.put(ShelfKind::Link, KEY, None, &Secret::text_of(&random))?;
        }
    }

    /// The address at which an offer is answered.
    pub fn address(&self, decision: DecisionId, until: Instant) -> Option<String> {
        let base = self.base.as_ref()?;
        Some(format!("{base}/a/{}", self.token(decision, until)))
    }

    /// A page of this server, as a message names it.
    pub fn page(&self, path: &str) -> Option<String> {
        self.base.as_ref().map(|base| format!("{base}{path}"))
    }

    /// A name of the workspace that is nobody else's and says nothing: the same on every replica and
    /// after every restart.
    pub fn workspace(&self) -> String {
        hex(&signature::mac_of(&self.key, b"the workspace's name in ids of letters")[..8])
    }

    pub fn token(&self, decision: DecisionId, until: Instant) -> String {
        let named = format!("{}-{:x}", hex(&decision.bytes()), until.unix_micros().div_euclid(SECOND).max(0));
        let mac = signature::mac_of(&self.key, named.as_bytes());
        format!("{named}-{}", hex(&mac[..16]))
    }

    /// The decision that a token names; `None` for one that we did not make.
    pub fn read(&self, token: &str) -> Option<DecisionId> {
        let (named, _) = token.rsplit_once('-')?;
        let (decision, until) = named.split_once('-')?;
        let decision = DecisionId::from_bytes(unhex(decision)?);
        let until = Instant::from_unix_micros(i64::from_str_radix(until, 16).ok()?.checked_mul(SECOND)?);
        let right = self.token(decision, until);
        let differs =
            right.bytes().zip(token.bytes()).fold(right.len() ^ token.len(), |d, (a, b)| d | usize::from(a ^ b));
        (differs == 0).then_some(decision)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let written = write!(out, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes what is written to it");
        out
    })
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let number = plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_whole_or_not_at_all() {
        let key = |fill| Links {
            key: Secret::parse(&Secret::text_of(&[fill; 32])).unwrap(),
            base: Some("https://r.example".into()),
        };
        let (ours, theirs) = (key(1), key(2));
        let (decision, until) = (DecisionId::from_bytes([7; 16]), Instant::from_unix_micros(1_772_438_400_500_000));
        let token = ours.token(decision, until);
        assert_eq!(ours.read(&token), Some(decision));
        assert_eq!(theirs.read(&token), None);
        assert_eq!(ours.address(decision, until), Some(format!("https://r.example/a/{token}")));
        for at in 0..token.len() {
            let mut broken = token.clone().into_bytes();
            broken[at] = if broken[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(ours.read(&String::from_utf8(broken).unwrap()), None, "at {at}");
        }
        for wrong in ["", "-", "--", &token[..token.len() - 1], &format!("{token}0"), "zz-0-zz", "é-1-2"] {
            assert_eq!(ours.read(wrong), None, "{wrong}");
        }
    }
}
