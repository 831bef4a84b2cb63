//! What makes two enquiries the same person: the normalised e-mail address or phone number.

use std::fmt;

use crate::normalise;

/// One key under which a lead is looked up before it is decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DuplicateKey {
    Email(Box<str>),
    /// E.164.
    Phone(Box<str>),
}

impl fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Phone(number) => write!(f, "phone:{number}"),
        }
    }
}

/// The keys of one contact as written; what does not normalise is no key.
///
/// ```
/// use pointsman_intake::{DuplicateKey, duplicate_keys};
/// let keys = duplicate_keys(Some(" Mara@Example.COM"), Some("0171 2345678"), "DE");
/// assert_eq!(keys, [DuplicateKey::Email("mara@example.com".into()), DuplicateKey::Phone("+491712345678".into())]);
/// ```
pub fn duplicate_keys(email: Option<&str>, phone: Option<&str>, country: &str) -> Vec<DuplicateKey> {
    let email = email.and_then(normalise::email).map(|address| DuplicateKey::Email(address.into()));
    let phone = phone.and_then(|text| normalise::phone(text, country)).map(|number| DuplicateKey::Phone(number.into()));
    email.into_iter().chain(phone).collect()
}
