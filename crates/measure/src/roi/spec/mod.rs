//! The file that says everything an ROI is computed from: `roi.toml`.

mod check;
mod file;

use std::fmt;

use pointsman_domain::Currency;
use serde::{Deserialize, Serialize};

use super::{
    Baseline, Cycle, Date, Evidence, Frozen, Funnel, Input, Period, RoiInputs, TimeSaved, interrupted::Interrupted,
    planner::Plan, staggered::Staggered,
};

/// A checked file; amounts in minor units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoiSpec {
    pub name: Box<str>,
    pub currency: Currency,
    /// Pointsman routes from this day on.
    pub start: Date,
    /// Where the frozen baseline lies, from the file's folder.
    pub frozen: Box<str>,
    pub baseline: Baseline,
    pub period: Period,
    pub weeks: f64,
    /// The period's leads that Pointsman routed.
    pub funnel: Funnel,
    /// What stands in the file; before and after is added by [`RoiSpec::inputs`].
    pub sources: Vec<Source>,
    pub margin: Input,
    pub time: Option<TimeSaved>,
    pub cycle: Option<Cycle>,
    pub costs: Vec<Cost>,
    pub plan: Option<Plan>,
    pub notes: Vec<Note>,
}

/// Evidence and what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    pub evidence: Evidence,
    pub detail: Detail,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    HoldOut,
    Interrupted { found: Interrupted, weekly: Vec<f64> },
    Staggered { found: Staggered },
    Experiment { experiment: Box<str> },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    pub name: Box<str>,
    pub amount: Input,
}

/// What cannot be counted, and who says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub text: Box<str>,
    pub by: Box<str>,
}

/// What is wrong in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// For example `period.wins`; empty where the file cannot be read at all.
    pub field: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// Everything that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoiSpecError(pub Vec<Problem>);

impl fmt::Display for RoiSpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = if self.0.len() == 1 { "one problem" } else { "problems" };
        write!(f, "the ROI file has {ways}:")?;
        self.0.iter().try_for_each(|Problem { line, field, problem }| match field.is_empty() {
            true => write!(f, "\n  line {line}: {problem}"),
            false => write!(f, "\n  line {line}, {field}: {problem}"),
        })
    }
}

impl std::error::Error for RoiSpecError {}

impl RoiSpec {
    /// Reads and checks; all problems at once. `seed` draws orders of start dates where there are
    /// too many to try all.
    pub fn parse(text: &str, seed: u64) -> Result<Self, RoiSpecError> {
        check::checked(text, seed)
    }

    /// What [`super::calculate`] needs, with the frozen baseline as "before".
    pub fn inputs(&self, before: Funnel) -> RoiInputs {
        let mut evidence = vec![Evidence::pre_post(before, self.funnel)];
        evidence.extend(self.sources.iter().map(|source| source.evidence));
        RoiInputs {
            leads: self.funnel.leads(),
            weeks: self.weeks,
            evidence,
            margin: self.margin,
            time: self.time,
            cycle: self.cycle.clone(),
            cost: self.cost(),
        }
    }

    /// All costs together.
    pub fn cost(&self) -> Input {
        let sum = |of: fn(&Input) -> f64| self.costs.iter().map(|cost| of(&cost.amount)).sum();
        let measured = !self.costs.is_empty() && self.costs.iter().all(|c| c.amount.given == super::Given::Measured);
        let given = if measured { super::Given::Measured } else { super::Given::Stated };
        Input { value: sum(|i| i.value), low: sum(|i| i.low), high: sum(|i| i.high), given }
    }

    /// The baseline was sealed on the start's day or earlier: nobody had seen a result.
    pub fn frozen_in_time(&self, frozen: &Frozen) -> bool {
        frozen.frozen_on() <= self.start
    }

    /// The day from which on every lead of the period counts.
    pub fn mature_on_unix_days(&self) -> i64 {
        self.period.until.unix_days() + i64::from(self.baseline.maturity_days)
    }
}
