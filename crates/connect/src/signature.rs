//! Signatures as Standard Webhooks has them:
//!
//! ```text
//! webhook-id         a name that stays the same however often the message is sent
//! webhook-timestamp  Unix seconds of this attempt
//! webhook-signature  "v1," base64( HMAC-SHA256( secret, id "." timestamp "." body ) )
//! ```
//!
//! Several signatures may stand in the header with spaces between them, so that a secret can be
//! changed without losing a message.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use pointsman_domain::{Instant, Micros};
use sha2::Sha256;

use crate::secret::Secret;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// A message older than this, or this much from the future, is not believed: whoever recorded it
/// cannot send it again later.
pub const WINDOW: Micros = Micros(5 * Micros::MINUTE.0);

/// Longer ids are nobody's.
const LONGEST_ID: usize = 255;

/// The three headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    pub id: &'a str,
    pub timestamp: &'a str,
    pub signature: &'a str,
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    #[error("the headers webhook-id, webhook-timestamp and webhook-signature are needed")]
    Missing,
    #[error("webhook-timestamp is more than five minutes off this server's clock")]
    OutsideWindow,
    #[error("no signature fits the body, the id, the timestamp and this source's secret")]
    Wrong,
}

/// The header's text for one secret.
pub fn sign(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mac = mac(secret, id, &timestamp.to_string(), body).finalize().into_bytes();
    format!("v1,{}", STANDARD.encode(mac))
}

/// Whether one of the signatures was made with one of the secrets, inside the window around `now`.
/// Takes the same time wherever a signature differs.
pub fn verify(secrets: &[Secret], headers: Headers<'_>, body: &[u8], now: Instant) -> Result<(), Unsigned> {
    if headers.id.is_empty() || headers.id.len() > LONGEST_ID || headers.signature.is_empty() {
        return Err(Unsigned::Missing);
    }
    let seconds: i64 = headers.timestamp.parse().map_err(|_| Unsigned::Missing)?;
    let off = now.unix_micros().div_euclid(1_000_000).abs_diff(seconds);
    if off > WINDOW.0.unsigned_abs() / 1_000_000 {
        return Err(Unsigned::OutsideWindow);
    }
    let mut fits = false;
    for given in headers.signature.split(' ').filter_map(|one| one.strip_prefix("v1,")) {
        let Ok(given) = STANDARD.decode(given) else { continue };
        for secret in secrets {
            // `verify_slice` compares in constant time.
            fits |= mac(secret, headers.id, headers.timestamp, body).verify_slice(&given).is_ok();
        }
    }
    if fits { Ok(()) } else { Err(Unsigned::Wrong) }
}

/// HMAC-SHA256 of some bytes.
pub fn mac_of(secret: &Secret, bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes a key of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn mac(secret: &Secret, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes a key of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn only_the_right_secret_body_id_and_time_are_believed() {
        let secret = |fill: u8| Secret::parse(&Secret::text_of(&[fill; 32])).expect("a secret");
        let now = Instant::from_unix_micros(1_700_000_000_000_000);
        let signature = sign(&secret(1), "msg_1", 1_700_000_000, b"body");
        let headers = Headers { id: "msg_1", timestamp: "1700000000", signature: &signature };
        let check = |secrets: &[Secret], headers, body: &[u8], at| verify(secrets, headers, body, at);
        assert_eq!(check(&[secret(1)], headers, b"body", now), Ok(()));
        assert_eq!(check(&[secret(2), secret(1)], headers, b"body", now), Ok(()), "an old secret beside the new");
        assert_eq!(check(&[secret(2)], headers, b"body", now), Err(Unsigned::Wrong));
        assert_eq!(check(&[], headers, b"body", now), Err(Unsigned::Wrong));
        assert_eq!(check(&[secret(1)], headers, b"Body", now), Err(Unsigned::Wrong));
        let other = Headers { id: "msg_2", ..headers };
        assert_eq!(check(&[secret(1)], other, b"body", now), Err(Unsigned::Wrong));
        let later = Headers { timestamp: "1700000001", ..headers };
        assert_eq!(check(&[secret(1)], later, b"body", now), Err(Unsigned::Wrong));
        for off in [-301, 301] {
            let at = now + Micros::SECOND.times(off);
            assert_eq!(check(&[secret(1)], headers, b"body", at), Err(Unsigned::OutsideWindow));
        }
        let two = format!("v1,AAAA v2,x {signature}");
        assert_eq!(check(&[secret(1)], Headers { signature: &two, ..headers }, b"body", now), Ok(()));
        for broken in ["", "v1", "v1,", "v1,###", "g0hM"] {
            assert!(check(&[secret(1)], Headers { signature: broken, ..headers }, b"body", now).is_err(), "{broken}");
        }
        let wrong = Headers { timestamp: "soon", ..headers };
        assert_eq!(check(&[secret(1)], wrong, b"body", now), Err(Unsigned::Missing));
    }
}
