//! `kpi.toml`: what figures mean in this company, what they should be, and what only people know.

use std::collections::BTreeMap;

use pointsman_domain::{Currency, Micros};
use serde::{Deserialize, Serialize};

use super::{Days, Kpi};
use crate::{
    roi::{Date, Given, Input},
    rows::LocalDay,
};

/// The file. Everything has a default, so that a workspace without one is measured too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KpiSpec {
    pub format: u32,
    /// A lead is judged (won, reached, missed …) when so many days have passed since it arrived.
    pub maturity_days: u16,
    /// Touched within so many minutes is fast.
    pub fast_minutes: u16,
    /// The calendar whose hours service time runs in, where a lead has none of its own.
    pub calendar: Option<Box<str>>,
    /// The attribute of leads that segments them.
    pub segment: Option<Box<str>>,
    /// Per figure, in its unit (seconds, shares 0 to 1, major units of money).
    pub targets: BTreeMap<Kpi, f64>,
    /// What winning leads costs, as stated.
    pub cost: Vec<Cost>,
    /// What a person needs to route one lead by hand, as stated.
    pub handling: Option<Handling>,
}

/// An amount that was spent over some days, evenly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub name: Box<str>,
    pub from: Date,
    /// The first day that it is no longer for.
    pub until: Date,
    /// Major units.
    pub amount: f64,
    /// Spent for leads of this source; for all where absent.
    pub source: Option<Box<str>>,
}

/// Minutes a lead, with the range that people find plausible.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handling {
    pub minutes: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

#[derive(Debug, thiserror::Error)]
pub enum KpiSpecError {
    #[error("the file of figures cannot be read")]
    Toml(#[from] toml::de::Error),
    #[error("format {0} is not known: this version reads 1")]
    Format(u32),
    #[error("maturity_days and fast_minutes must be at least 1")]
    Window,
    #[error("target of {0}: {1} is no number from 0 on")]
    Target(&'static str, f64),
    #[error("cost '{0}': {1}")]
    Cost(Box<str>, &'static str),
    #[error("handling: minutes must be above 0 and lie between low and high")]
    Handling,
}

impl Default for KpiSpec {
    fn default() -> Self {
        Self {
            format: 1,
            maturity_days: 30,
            fast_minutes: 5,
            calendar: None,
            segment: None,
            targets: BTreeMap::new(),
            cost: Vec::new(),
            handling: None,
        }
    }
}

impl KpiSpec {
    pub const FILE: &'static str = "kpi.toml";

    /// ```
    /// # use pointsman_measure::kpi::{Kpi, KpiSpec};
    /// let spec = KpiSpec::parse("format = 1\n[targets]\nspeed-to-lead = 300").unwrap();
    /// assert_eq!(spec.targets[&Kpi::SpeedToLead], 300.0);
    /// assert!(KpiSpec::parse("format = 1\n[targets]\nspeed = 300").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, KpiSpecError> {
        let spec: Self = toml::from_str(text)?;
        if spec.format != 1 {
            return Err(KpiSpecError::Format(spec.format));
        }
        if spec.maturity_days == 0 || spec.fast_minutes == 0 {
            return Err(KpiSpecError::Window);
        }
        let not_a_size = |x: f64| !(x.is_finite() && x >= 0.0);
        if let Some((kpi, target)) = spec.targets.iter().find(|(_, target)| not_a_size(**target)) {
            return Err(KpiSpecError::Target(kpi.slug(), *target));
        }
        for cost in &spec.cost {
            if not_a_size(cost.amount) {
                return Err(KpiSpecError::Cost(cost.name.clone(), "the amount is no number from 0 on"));
            }
            if cost.until <= cost.from {
                return Err(KpiSpecError::Cost(cost.name.clone(), "until must come after from"));
            }
        }
        match spec.handling {
            Some(handling) if !handling.is_sound() => Err(KpiSpecError::Handling),
            _ => Ok(spec),
        }
    }

    pub fn maturity(&self) -> Micros {
        Micros::DAY.times(i64::from(self.maturity_days))
    }

    pub fn fast(&self) -> Micros {
        Micros::MINUTE.times(i64::from(self.fast_minutes))
    }

    /// Minor units spent for the days, for one source's leads or, with `None`, for all.
    pub(super) fn spent(&self, days: Days, source: Option<&str>, currency: Currency) -> f64 {
        let minor = 10f64.powi(currency.digits() as i32);
        let wanted = |cost: &&Cost| source.is_none_or(|source| cost.source.as_deref() == Some(source));
        let within = |cost: &Cost| {
            let (from, until) = (cost.from.unix_days(), cost.until.unix_days());
            let common = until.min(i64::from(days.until.0)) - from.max(i64::from(days.from.0));
            cost.amount * minor * common.max(0) as f64 / (until - from) as f64
        };
        self.cost.iter().filter(wanted).map(within).sum()
    }

    /// The days that some cost is stated for.
    pub(super) fn cost_days(&self) -> Option<Days> {
        let day = |date: Date| LocalDay(date.unix_days() as i32);
        let from = self.cost.iter().map(|cost| day(cost.from)).min()?;
        let until = self.cost.iter().map(|cost| day(cost.until)).max()?;
        Some(Days { from, until })
    }
}

impl Handling {
    fn is_sound(self) -> bool {
        let (low, high) = (self.low.unwrap_or(self.minutes), self.high.unwrap_or(self.minutes));
        self.minutes > 0.0 && (0.0..=self.minutes).contains(&low) && high >= self.minutes && high.is_finite()
    }

    pub(super) fn input(self) -> Input {
        let (low, high) = (self.low.unwrap_or(self.minutes), self.high.unwrap_or(self.minutes));
        Input { value: self.minutes, low, high, given: Given::Stated }
    }
}
