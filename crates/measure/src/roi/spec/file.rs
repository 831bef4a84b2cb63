//! `roi.toml` as written: every field may still be wrong.

use serde::Deserialize;
use toml::Spanned;

use crate::roi::{Date, Design, Given, staggered::Team};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecFile {
    pub format: Spanned<u32>,
    pub name: Box<str>,
    pub currency: Spanned<Box<str>>,
    pub start: Spanned<Date>,
    pub maturity_days: u32,
    pub frozen: Box<str>,
    pub baseline: Spanned<CountedFile>,
    pub period: Spanned<CountedFile>,
    pub value: ValueFile,
    pub time: Option<TimeFile>,
    pub cycle: Option<CycleFile>,
    #[serde(default)]
    pub cost: Vec<CostFile>,
    #[serde(default)]
    pub evidence: Vec<Spanned<EvidenceFile>>,
    pub plan: Option<Spanned<PlanFile>>,
    #[serde(default)]
    pub note: Vec<super::Note>,
}

/// A period and its leads: counts, or shares of 1.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedFile {
    pub from: Date,
    pub until: Date,
    pub leads: u64,
    pub missed: Option<u64>,
    pub wins: Option<u64>,
    pub missed_share: Option<f64>,
    pub wins_per_worked: Option<f64>,
    /// Working weeks; of the calendar unless given. The period's only.
    pub weeks: Option<f64>,
}

/// A bare number is stated.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number, or { value, low, high, given = \"measured\" or \"stated\" }")]
pub enum InputFile {
    Number(f64),
    Full(FullInputFile),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullInputFile {
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub given: Option<Given>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueFile {
    pub margin: Spanned<InputFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeFile {
    pub hours: Spanned<InputFile>,
    pub reps: Spanned<f64>,
    pub rate: Spanned<InputFile>,
    pub design: Option<Design>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CycleFile {
    pub wins_a_day: Spanned<f64>,
    pub days_shorter: Spanned<InputFile>,
    pub design: Option<Design>,
    pub signed_by: Option<Box<str>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostFile {
    pub name: Box<str>,
    pub amount: Spanned<InputFile>,
}

/// What each design needs: `without` and `with` (hold-out), `weekly` and `weeks_before`
/// (interrupted series), `teams` (staggered start), `effect`, `low`, `high` and `experiment`
/// (budget split, switchback).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    pub design: Design,
    pub without: Option<crate::roi::Counts>,
    pub with: Option<crate::roi::Counts>,
    pub weekly: Option<Vec<f64>>,
    pub weeks_before: Option<usize>,
    pub teams: Option<Vec<Team>>,
    pub effect: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub experiment: Option<Box<str>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    pub leads_a_quarter: f64,
    pub held_out: f64,
}
