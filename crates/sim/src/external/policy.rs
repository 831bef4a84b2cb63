//! The policies that an external world can be routed by.

use std::{fmt, str::FromStr};

/// Online policies, from chance to the product's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExternalPolicy {
    Random,
    RoundRobin,
    LeastLoaded,
    /// The best score among those with a place.
    Greedy,
    /// Score minus price; prices solved once, on the history (without one on the first 500 leads).
    StaticPrices,
    /// Prices solved again every 200 leads on the last 4,000, moved by claims in between.
    ResolvedPrices,
    /// The product's default: prices solved every 200 leads on the forecast mix, moved by claims
    /// in between.
    Prices,
}

impl ExternalPolicy {
    pub const ALL: [Self; 7] = [
        Self::Random,
        Self::RoundRobin,
        Self::LeastLoaded,
        Self::Greedy,
        Self::StaticPrices,
        Self::ResolvedPrices,
        Self::Prices,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::RoundRobin => "round_robin",
            Self::LeastLoaded => "least_loaded",
            Self::Greedy => "greedy",
            Self::StaticPrices => "static_prices",
            Self::ResolvedPrices => "resolved_prices",
            Self::Prices => "prices",
        }
    }
}

impl fmt::Display for ExternalPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of the policies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no policy for external worlds: use random, round_robin, least_loaded, greedy, static_prices, \
     resolved_prices or prices"
)]
pub struct PolicyNameError(String);

impl FromStr for ExternalPolicy {
    type Err = PolicyNameError;
    fn from_str(text: &str) -> Result<Self, PolicyNameError> {
        let named = Self::ALL.into_iter().find(|policy| policy.name() == text);
        named.ok_or_else(|| PolicyNameError(text.chars().take(80).collect()))
    }
}
