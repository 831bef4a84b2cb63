//! What is compared with: counted before the start and sealed, so that nobody can choose it
//! afterwards with the result in sight.

use pointsman_domain::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Date, Funnel, FunnelError, Given, Period};

/// A quarter is the least that shows more than one month's mood.
pub const FEWEST_MONTHS: u8 = 3;

const FORMAT: u32 = 1;

/// Leads of a period as a file gives them: counts, or shares as somebody states them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub leads: u64,
    /// Not touched within the maturity window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<u64>,
    /// Won, of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wins: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wins_per_worked: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountsError {
    #[error("give `missed` and `wins` as counts, or `missed_share` and `wins_per_worked` as shares of 1")]
    Mixed,
    #[error(transparent)]
    Funnel(#[from] FunnelError),
}

impl Counts {
    pub fn funnel(&self) -> Result<Funnel, CountsError> {
        match (self.missed, self.wins, self.missed_share, self.wins_per_worked) {
            (Some(missed), Some(wins), None, None) => Ok(Funnel::counted(self.leads, missed, wins)?),
            (None, None, Some(missed), Some(wins)) => Ok(Funnel::stated(self.leads, missed, wins)?),
            _ => Err(CountsError::Mixed),
        }
    }
}

/// The leads before Pointsman.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub period: Period,
    /// A lead's fate counts so many days after it came in.
    pub maturity_days: u32,
    pub counts: Counts,
}

/// A baseline with the day it was sealed and the hash of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    format: u32,
    baseline: Baseline,
    frozen_on: Date,
    sha256: Digest,
}

#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("the baseline lasts {days} days, from {from} to {until}; it needs at least three months")]
    TooShort { from: Date, until: Date, days: i64 },
    #[error("the baseline's last leads came in before {until} and count after {maturity_days} days; freeze it then")]
    NotMature { until: Date, maturity_days: u32 },
    #[error("the baseline's leads cannot be used")]
    Counts(#[source] CountsError),
    #[error("the frozen baseline cannot be read")]
    Syntax(#[source] serde_json::Error),
    #[error("the frozen baseline has format {0}, this version reads {FORMAT}")]
    Format(u32),
    #[error(
        "the frozen baseline was changed after {frozen_on}: its content has the hash {found}, it was frozen as {sha256}"
    )]
    Tampered { frozen_on: Date, found: Digest, sha256: Digest },
    #[error(
        "the baseline was changed after it was frozen on {frozen_on}: {field} was {frozen}, the file says {stated}"
    )]
    Changed { frozen_on: Date, field: &'static str, frozen: String, stated: String },
}

impl Baseline {
    /// Seals it, if it is long enough, mature on that day and possible.
    pub fn freeze(self, frozen_on: Date) -> Result<Frozen, BaselineError> {
        self.check()?;
        let Period { until, .. } = self.period;
        if frozen_on.unix_days() < until.unix_days() + i64::from(self.maturity_days) {
            return Err(BaselineError::NotMature { until, maturity_days: self.maturity_days });
        }
        let sha256 = digest(&self, frozen_on)?;
        Ok(Frozen { format: FORMAT, baseline: self, frozen_on, sha256 })
    }

    fn check(&self) -> Result<Funnel, BaselineError> {
        let Period { from, until } = self.period;
        if !self.period.lasts_months(FEWEST_MONTHS) {
            return Err(BaselineError::TooShort { from, until, days: self.period.days() });
        }
        self.counts.funnel().map_err(BaselineError::Counts)
    }
}

/// Of the format, the baseline and the day, written as JSON without spaces.
fn digest(baseline: &Baseline, frozen_on: Date) -> Result<Digest, BaselineError> {
    let sealed = serde_json::to_vec(&(FORMAT, baseline, frozen_on)).map_err(BaselineError::Syntax)?;
    Ok(Digest::new(Sha256::digest(&sealed).into()))
}

impl Frozen {
    /// Reads the file again and refuses one whose content is not what was sealed.
    pub fn read(json: &str) -> Result<Self, BaselineError> {
        let frozen: Self = serde_json::from_str(json).map_err(BaselineError::Syntax)?;
        if frozen.format != FORMAT {
            return Err(BaselineError::Format(frozen.format));
        }
        let found = digest(&frozen.baseline, frozen.frozen_on)?;
        if found != frozen.sha256 {
            return Err(BaselineError::Tampered { frozen_on: frozen.frozen_on, found, sha256: frozen.sha256 });
        }
        frozen.baseline.check()?;
        Ok(frozen)
    }

    /// Refuses a baseline that says something else than what was sealed.
    pub fn must_be(&self, stated: &Baseline) -> Result<(), BaselineError> {
        let named = |baseline: &Baseline| {
            let Counts { leads, missed, wins, missed_share, wins_per_worked } = baseline.counts;
            [
                ("from", Some(baseline.period.from.to_string())),
                ("until", Some(baseline.period.until.to_string())),
                ("maturity_days", Some(baseline.maturity_days.to_string())),
                ("leads", Some(leads.to_string())),
                ("missed", missed.map(|n| n.to_string())),
                ("wins", wins.map(|n| n.to_string())),
                ("missed_share", missed_share.map(|share| share.to_string())),
                ("wins_per_worked", wins_per_worked.map(|share| share.to_string())),
            ]
        };
        let shown = |value: Option<String>| value.unwrap_or_else(|| "not given".into());
        for ((field, frozen), (_, stated)) in named(&self.baseline).into_iter().zip(named(stated)) {
            if frozen != stated {
                let (frozen, stated) = (shown(frozen), shown(stated));
                return Err(BaselineError::Changed { frozen_on: self.frozen_on, field, frozen, stated });
            }
        }
        Ok(())
    }

    pub fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    pub fn frozen_on(&self) -> Date {
        self.frozen_on
    }

    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Whether somebody counted or somebody states it.
    pub fn given(&self) -> Given {
        if self.baseline.counts.missed.is_some() { Given::Measured } else { Given::Stated }
    }
}
