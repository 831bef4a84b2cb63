//! What the year's report is made of.

use pointsman_domain::{Currency, Reason};
use serde::{Deserialize, Serialize};

use crate::{
    Day, Interval, Role, chart::Step, experiment::data::TestResult, model::data::ModelReport, provenance::Provenance,
};

/// The whole result, as it is embedded in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DemoReport {
    pub company: String,
    pub from: Day,
    pub until: Day,
    pub leads: u64,
    pub reps: u64,
    /// `None` counts wins instead of money: all values and prices are then in wins.
    pub currency: Option<Currency>,
    /// One row a policy; the challenger has [`Role::Variant`], the baseline [`Role::Control`].
    pub policies: Vec<PolicyYear>,
    /// Wins of the challenger less those of the baseline, over the year.
    pub more_wins: Interval,
    /// Time to first contact; may be empty.
    pub contact: Vec<ContactCurve>,
    pub sla_minutes: Option<f64>,
    pub test: TestResult,
    pub money: MoneyResult,
    pub model: ModelReport,
    pub lead: LeadExplained,
    pub provenance: Provenance,
}

/// What one policy made of the year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyYear {
    /// A policy's name; those of the product (`round_robin`, `prices`, …) are translated.
    pub policy: String,
    pub role: Role,
    pub wins: Interval,
    pub win_rate: Interval,
    /// Share of the wins of the best assignment that knows the future.
    pub hindsight_share: Option<f64>,
    pub contact_p50_minutes: Option<f64>,
    pub contact_p90_minutes: Option<f64>,
    /// Share of leads contacted within the SLA.
    pub within_sla: Option<f64>,
    /// Gini coefficient of received against entitled work: 0 is equal.
    pub gini: Option<f64>,
    /// Minor units.
    pub value: Option<Interval>,
}

/// The share of leads not yet contacted after so many minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactCurve {
    pub policy: String,
    pub role: Role,
    /// `at` in minutes.
    pub steps: Vec<Step>,
}

/// What the difference is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoneyResult {
    pub evidence: Evidence,
    /// Minor units a quarter.
    pub per_quarter: Interval,
    pub quarters: Vec<Quarter>,
    /// What it consists of; may be empty.
    pub parts: Vec<MoneyPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    Experiment,
    Simulation,
    BeforeAfter,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarter {
    /// "Q1 2026".
    pub label: String,
    pub value: Interval,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoneyPart {
    pub part: PartKind,
    pub value: Interval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    MoreWins,
    LargerDeals,
    FasterContact,
    SavedHours,
    RunningCost,
}

/// One decision, candidate by candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadExplained {
    pub lead: String,
    /// What was known: name and value, as a person would read them.
    pub facts: Vec<(String, String)>,
    pub policy: String,
    pub rule: String,
    /// Probability with which this choice was drawn; 1 where nothing was drawn.
    pub propensity: f64,
    /// In the order in which they were compared; exactly one is [`Reason::Chosen`], or none.
    pub candidates: Vec<CandidateRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateRow {
    pub rep: String,
    /// Probability of a win.
    pub score: Option<f64>,
    /// Expected value, score times value.
    pub value: Option<f64>,
    /// What the capacity is worth to the leads still to come.
    pub price: Option<f64>,
    pub reason: Reason,
}
