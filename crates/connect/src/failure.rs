//! What came instead of an arrival.

use std::time::Duration;

use crate::target::Target;

/// Says nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody took it: no connection, no answer in time, or no word with us at all.
    #[error("{0}")]
    NoAnswer(String),
    /// An answer of a webhook's receiver that is no 2xx, with the seconds of its `Retry-After`.
    #[error("the receiver answered {status}")]
    Status { status: u16, retry_after: Option<u32> },
    /// The mail server does not take this one letter now (4xx): a full mailbox, greylisting.
    #[error("{0}")]
    NotNow(String),
    /// The mail server will never take this one letter (5xx), or it cannot be written at all.
    #[error("{0}")]
    Never(String),
}

impl Failure {
    /// Whether the receiver, rather than this one message, is in trouble.
    pub fn is_of_receiver(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            Self::NotNow(_) | Self::Never(_) => false,
        }
    }

    /// No answer within `patience`.
    pub fn late(target: &Target, patience: Duration) -> Self {
        Self::NoAnswer(format!("{} did not answer within {} s", target.host(), patience.as_secs()))
    }

    /// Whether another attempt would end the same way.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Never(_))
    }
}
