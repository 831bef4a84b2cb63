//! What sender and receiver both know.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

/// The beginning of a secret's text form.
const PREFIX: &str = "whsec_";
/// Fewer bytes can be guessed.
const LEAST: usize = 24;

/// A key for signatures. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("what follows '{PREFIX}' is no base64")]
    Base64,
    #[error("it has fewer than {LEAST} bytes: it can be guessed")]
    Short,
}

impl Secret {
    /// `whsec_` and base64, or any other text as its bytes; spaces around it do not count.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let bytes = match text.strip_prefix(PREFIX) {
            Some(coded) => STANDARD.decode(coded).map_err(|_| SecretError::Base64)?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.len() < LEAST { Err(SecretError::Short) } else { Ok(Self(bytes)) }
    }

    /// A new one of 32 random bytes, as text.
    pub fn text_of(random: &[u8; 32]) -> String {
        format!("{PREFIX}{}", STANDARD.encode(random))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let text = Secret::text_of(&[7; 32]);
        let secret = Secret::parse(&format!(" {text}\n")).expect("a secret");
        assert_eq!((secret.bytes(), format!("{secret:?}").as_str()), (&[7u8; 32][..], "Secret"));
        assert_eq!(Secret::parse("plain text of at least 24 bytes").expect("long").bytes().len(), 31);
        assert_eq!(Secret::parse("whsec_äöü"), Err(SecretError::Base64));
        assert_eq!(Secret::parse("whsec_YWJj"), Err(SecretError::Short));
        assert_eq!(Secret::parse("short"), Err(SecretError::Short));
    }
}
