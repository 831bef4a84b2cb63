//! What a quarter brought in, as it was told: kept as the files that it is computed from, computed
//! again for whoever reads. API, pages and command line do it through here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pointsman_domain::{Currency, Digest, Instant, Micros};
use pointsman_measure::roi::{Design, Frozen, RoiResult, RoiSpec};
use pointsman_report::{
    part::{Document, DocumentKind, Provenance},
    roi::RoiReport,
};
use pointsman_store::{
    log::digest,
    reports::{KeptReturn, ReturnFigure},
};

/// Why a quarter's return is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// The ROI file itself.
    #[error("{0}")]
    Spec(String),
    /// The frozen baseline.
    #[error("{0}")]
    Frozen(String),
    #[error("the period from {from} to {until} is no quarter of the calendar, such as 2026-07-01 to 2026-10-01")]
    NoQuarter { from: String, until: String },
    #[error("the file counts money in {theirs}, this workspace in {ours}")]
    Currency { theirs: Currency, ours: Currency },
}

/// A quarter with its result.
#[derive(Debug)]
pub struct Returned {
    pub kept: KeptReturn,
    pub result: RoiResult,
}

/// An error with what it rests on, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

impl Returned {
    /// Reads both files and computes.
    pub fn of(spec: &str, frozen: &str, seed: u64, by: &str, at: Instant) -> Result<Self, ReturnError> {
        let read = RoiSpec::parse(spec, seed).map_err(|error| ReturnError::Spec(told(&error)))?;
        let sealed = Frozen::read(frozen).map_err(|error| ReturnError::Frozen(told(&error)))?;
        let period = read.period;
        let no_quarter = || ReturnError::NoQuarter { from: period.from.to_string(), until: period.until.to_string() };
        let quarter = period.quarter().ok_or_else(no_quarter)?;
        let result = RoiResult::of(read, sealed, seed).map_err(|error| ReturnError::Spec(told(&error)))?;
        let kept =
            KeptReturn { quarter: quarter.into(), at, by: by.into(), seed, spec: spec.into(), frozen: frozen.into() };
        Ok(Self { kept, result })
    }

    /// The same of what was kept.
    pub fn read(kept: &KeptReturn) -> Result<Self, ReturnError> {
        Self::of(&kept.spec, &kept.frozen, kept.seed, &kept.by, kept.at)
    }

    /// Refuses money of another currency than the views'.
    pub fn must_be_in(&self, ours: Currency) -> Result<(), ReturnError> {
        let theirs = self.result.spec.currency;
        if theirs == ours { Ok(()) } else { Err(ReturnError::Currency { theirs, ours }) }
    }

    /// The rows of `rpt_roi_quarter_v1`.
    pub fn figures(&self) -> Vec<ReturnFigure> {
        let baseline: Box<str> = self.result.frozen.sha256().to_string().chars().take(12).collect::<String>().into();
        let rows = self.result.rows();
        let figure = |row: &pointsman_measure::roi::QuarterRow| {
            let whole = |amount: f64| amount.round() as i64;
            let has_interval = row.amount.low < row.amount.high;
            ReturnFigure {
                component: row.component,
                value: whole(row.amount.value),
                low: has_interval.then(|| whole(row.amount.low)),
                high: has_interval.then(|| whole(row.amount.high)),
                design: row.design.map(|design| word(design).into()),
                baseline: baseline.clone(),
            }
        };
        rows.iter().map(figure).collect()
    }

    /// What pages and files are made of; `now` says whether every lead has had its time.
    pub fn report(&self, now: Instant) -> RoiReport<'_> {
        let document = |name: &str, text: &str| Document {
            kind: DocumentKind::Data,
            name: name.into(),
            version: String::new(),
            digest: digest(text.as_bytes()),
        };
        RoiReport {
            result: &self.result,
            mature: now.unix_micros().div_euclid(Micros::DAY.0) >= self.result.spec.mature_on_unix_days(),
            provenance: Provenance {
                engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
                documents: vec![document("roi.toml", &self.kept.spec), document("baseline", &self.kept.frozen)],
                seeds: vec![self.kept.seed],
                command: format!("pointsman roi --spec roi.toml --seed {}", self.kept.seed),
            },
        }
    }
}

fn word(design: Design) -> &'static str {
    match design {
        Design::Stated => "stated",
        Design::PrePost => "pre_post",
        Design::InterruptedSeries => "interrupted_series",
        Design::StaggeredStart => "staggered_start",
        Design::BudgetSplit => "budget_split",
        Design::Switchback => "switchback",
        Design::HoldOut => "hold_out",
    }
}

/// Results that were computed last, by the digest of what they are computed from: a rehearsal takes
/// longer than a page should.
#[derive(Debug, Default)]
pub struct Computed(Mutex<Vec<(Digest, Arc<Returned>)>>);

/// Two years of quarters.
const KEPT: usize = 8;

impl Computed {
    pub fn get(&self, kept: &KeptReturn) -> Result<Arc<Returned>, ReturnError> {
        let key = digest(format!("{kept:?}").as_bytes());
        if let Some((_, known)) = self.locked().iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(Returned::read(kept)?);
        let mut all = self.locked();
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push((key, Arc::clone(&made)));
        Ok(made)
    }

    fn locked(&self) -> MutexGuard<'_, Vec<(Digest, Arc<Returned>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn designs_are_named_as_files_name_them() {
        for design in [
            Design::Stated,
            Design::PrePost,
            Design::InterruptedSeries,
            Design::StaggeredStart,
            Design::BudgetSplit,
            Design::Switchback,
            Design::HoldOut,
        ] {
            assert_eq!(serde_json::to_value(design).unwrap(), word(design));
        }
    }
}
