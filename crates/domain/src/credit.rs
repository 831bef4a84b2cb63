//! Why a lead is not to count against the rep who got it.

use serde::{Deserialize, Serialize};

/// A closed list, so that reports can count them. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum CreditReason {
    /// Nobody can be reached with what was given.
    BadData = 1,
    Spam = 2,
    /// The same enquiry as another lead.
    Duplicate = 3,
    /// Did not come to the meeting.
    NoShow = 4,
    /// Belongs to another region or team.
    WrongTerritory = 5,
    /// A student, a competitor, an applicant: never going to buy.
    NotABuyer = 6,
}

impl CreditReason {
    pub const ALL: [Self; 6] =
        [Self::BadData, Self::Spam, Self::Duplicate, Self::NoShow, Self::WrongTerritory, Self::NotABuyer];

    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == byte)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadData => "bad-data",
            Self::Spam => "spam",
            Self::Duplicate => "duplicate",
            Self::NoShow => "no-show",
            Self::WrongTerritory => "wrong-territory",
            Self::NotABuyer => "not-a-buyer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}
