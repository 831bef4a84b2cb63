//! Ids of two kinds.
//!
//! *What people name* (a rep, a pool, a rule) has a slug: `[a-z0-9][a-z0-9-]{0,62}`, chosen by a
//! person, never reused. *What happens* (a lead arrives, a decision is taken) has a UUIDv7, made
//! at the door and shown with its kind in front (`lead_01h455vb4pex5vsknk084sn02q`, the
//! [TypeID](https://github.com/jetify-com/typeid) notation: 26 characters of Crockford base 32,
//! so that the text sorts like the bytes). Stored as 16 bytes.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Instant;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error(
        "'{text}' is not a name: use 1 to 63 of a-z, 0-9 and '-', not starting with '-' (for example '{suggestion}')"
    )]
    Slug { text: String, suggestion: String },
    #[error("'{text}' is not a {prefix} id: expected '{prefix}_' and 26 characters of 0-9, a-z")]
    Event { text: String, prefix: &'static str },
}

/// The nearest valid slug to `text`: `"Anna Snelling"` becomes `"anna-snelling"`.
///
/// Letters with marks lose them where the base letter is plain Latin (`Ü` becomes `u`), `ß`
/// becomes `ss`; every other run of foreign characters becomes one `-`. `None` when nothing is left.
///
/// ```
/// assert_eq!(pointsman_domain::id::slugify("Anna Snelling").as_deref(), Some("anna-snelling"));
/// assert_eq!(pointsman_domain::id::slugify("***"), None);
/// ```
pub fn slugify(text: &str) -> Option<String> {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        let plain: &str = match c {
            'a'..='z' | '0'..='9' => {
                slug.push(c);
                continue;
            }
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
            'ç' => "c",
            'è' | 'é' | 'ê' | 'ë' => "e",
            'ì' | 'í' | 'î' | 'ï' => "i",
            'ñ' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
            'ù' | 'ú' | 'û' | 'ü' => "u",
            'ý' | 'ÿ' => "y",
            'ß' => "ss",
            // The combining dot that lower-casing 'İ' leaves behind.
            '\u{307}' => "",
            _ if slug.is_empty() || slug.ends_with('-') => "",
            _ => "-",
        };
        slug.push_str(plain);
    }
    slug.truncate(63);
    let slug = slug.trim_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

fn check_slug(text: &str) -> Result<(), IdError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let fits = matches!(bytes.len(), 1..=63) && plain(bytes[0]) && bytes.iter().all(|&b| plain(b) || b == b'-');
    if fits {
        return Ok(());
    }
    let shown: String = text.chars().take(80).collect();
    Err(IdError::Slug { suggestion: slugify(text).unwrap_or_else(|| "inbound-dach".into()), text: shown })
}

macro_rules! slug_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: &str) -> Result<Self, IdError> {
                check_slug(text)?;
                Ok(Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::new(&text).map_err(de::Error::custom)
            }
        }
    )+};
}

slug_id! {
    /// A person who takes leads.
    RepId,
    /// A group of reps with a lead.
    TeamId,
    /// The reps a rule may hand to.
    PoolId,
    /// A versioned, ordered set of rules.
    PolicyName,
    /// One rule of a policy.
    RuleId,
    /// A visible queue of parked leads.
    QueueId,
    /// An area or segment that belongs to somebody.
    TerritoryId,
    /// Working hours and holidays.
    CalendarId,
    /// One bound on one rep's work (`open`, `day`, `enterprise-open`).
    LimitId,
    /// A randomised comparison.
    ExperimentId,
    /// One side of an experiment.
    VariantId,
    /// A line of model versions.
    ModelName,
}

/// Crockford's alphabet, lower case: no i, l, o, u.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What each byte is worth as a digit; more than 31 is none.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut digit = 0;
    while digit < BASE32.len() {
        digits[BASE32[digit] as usize] = digit as u8;
        digit += 1;
    }
    digits
};

/// 26 × 5 = 130 bits: two digits of which the first carries three bits, then twice twelve digits, each
/// time what a register holds. Tables of ten million ids are read and written at this speed.
fn encode(bytes: [u8; 16]) -> [u8; 26] {
    let n = u128::from_be_bytes(bytes);
    let (high, middle, low) = ((n >> 120) as u64, (n >> 60) as u64, n as u64);
    std::array::from_fn(|i| {
        let (part, last) = if i < 2 {
            (high, 1)
        } else if i < 14 {
            (middle, 13)
        } else {
            (low, 25)
        };
        BASE32[(part >> (5 * (last - i)) & 31) as usize]
    })
}

fn decode(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; 26] = text.as_bytes().try_into().ok()?;
    let mut worst = 0;
    let mut number = |digits: &[u8]| {
        digits.iter().fold(0, |n, byte| {
            let digit = DIGITS[usize::from(*byte)];
            worst |= digit;
            n << 5 | u64::from(digit & 31)
        })
    };
    let (high, middle, low) = (number(&text[..2]), number(&text[2..14]), number(&text[14..]));
    let fits = text[0] <= b'7' && worst < 32;
    fits.then(|| (u128::from(high) << 120 | u128::from(middle) << 60 | u128::from(low)).to_be_bytes())
}

/// A UUIDv7: 48 bits of milliseconds, then version, variant and 74 bits of chance.
fn uuid_v7(at: Instant, chance: u128) -> [u8; 16] {
    let ms = u128::from(at.unix_micros().max(0).unsigned_abs() / 1000) & ((1 << 48) - 1);
    let rand_a = chance >> 64 & 0xfff;
    let rand_b = chance & ((1 << 62) - 1);
    (ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b).to_be_bytes()
}

macro_rules! event_id {
    ($(#[$doc:meta] $name:ident = $prefix:literal),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// Stands where there is none.
            pub const NONE: Self = Self([0; 16]);

            /// A UUIDv7 of this instant; `chance` is 74 random bits (higher bits are ignored).
            pub fn new(at: Instant, chance: u128) -> Self {
                Self(uuid_v7(at, chance))
            }

            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            pub const fn bytes(&self) -> [u8; 16] {
                self.0
            }

            /// Appends the text form, as `Display` writes it.
            pub fn append_to(&self, text: &mut Vec<u8>) {
                text.extend_from_slice(concat!($prefix, "_").as_bytes());
                text.extend_from_slice(&encode(self.0));
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = encode(self.0);
                let digits = std::str::from_utf8(&digits).map_err(|_| fmt::Error)?;
                write!(f, "{}_{digits}", $prefix)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| IdError::Event { text: text.chars().take(80).collect(), prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

event_id! {
    /// One enquiry.
    LeadId = "lead",
    /// A person, known by e-mail or phone.
    ContactId = "contact",
    /// A company.
    AccountId = "account",
    /// A deal of an account.
    OpportunityId = "opp",
    /// One decision about one lead.
    DecisionId = "decision",
    /// Something that somebody did with a lead.
    ActivityId = "activity",
    /// A command under the head, made at the door so that a commit of unknown result can be resolved.
    CommandId = "command",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_are_checked_and_suggested() {
        assert_eq!(RepId::new("mara-2").expect("valid").as_str(), "mara-2");
        for bad in ["", "-a", "Mara", "a_b", "a b", &"x".repeat(64)] {
            assert!(RepId::new(bad).is_err(), "{bad}");
        }
        let error = RepId::new("Jörg Müller").expect_err("spaces").to_string();
        assert!(error.contains("'jorg-muller'"), "{error}");
    }

    #[test]
    fn event_ids_are_typeids() {
        // The published TypeID example: this UUID and this suffix belong together.
        let uuid = 0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881_u128.to_be_bytes();
        let id = LeadId::from_bytes(uuid);
        assert_eq!(id.to_string(), "lead_01h2xcejqtf2nbrexx3vqjhp41");
        assert_eq!("lead_01h2xcejqtf2nbrexx3vqjhp41".parse(), Ok(id));
        assert!("decision_01h2xcejqtf2nbrexx3vqjhp41".parse::<LeadId>().is_err());
        assert!("lead_81h2xcejqtf2nbrexx3vqjhp41".parse::<LeadId>().is_err(), "more than 128 bits");
        assert!("lead_01h2xcejqtf2nbrexx3vqjhp4l".parse::<LeadId>().is_err(), "l is no digit");
    }

    proptest! {
        #[test]
        fn event_ids_survive_their_text_and_sort_like_time(at in 0i64..4_000_000_000_000_000, later in 1000i64..1_000_000, chance: u128) {
            let first = LeadId::new(Instant::from_unix_micros(at), chance);
            let second = LeadId::new(Instant::from_unix_micros(at + later), chance);
            prop_assert_eq!(first.to_string().parse(), Ok(first));
            let mut text = Vec::new();
            first.append_to(&mut text);
            prop_assert_eq!(text, first.to_string().into_bytes());
            prop_assert!(first < second && first.to_string() < second.to_string());
            prop_assert_eq!(first.bytes()[6] >> 4, 7);
            prop_assert_eq!(first.bytes()[8] >> 6, 2);
        }

        #[test]
        fn a_suggested_slug_is_valid(text in ".*") {
            if let Some(slug) = slugify(&text) {
                prop_assert!(RepId::new(&slug).is_ok(), "{} -> {}", text, slug);
            }
        }
    }
}
