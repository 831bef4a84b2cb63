//! What Pointsman reported, as rows: so that a dashboard elsewhere shows the same figure.

use pointsman_domain::{Instant, Money};
use serde::{Deserialize, Serialize};

use super::{LocalDay, Name};

/// One figure of one day and group (`rpt_kpi_day_v1`): leads that arrived on that day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KpiDayRow {
    pub day: LocalDay,
    /// The figure's slug.
    pub kpi: Name,
    /// `all`, `team`, `source` …, and the group's name in it.
    pub by: Name,
    pub group: Option<Name>,
    /// Leads that the figure rests on, and leads that are too young to count.
    pub n: u64,
    pub pending: u64,
    /// For shares: value = hits ÷ n.
    pub hits: Option<u64>,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Why there is no value.
    pub not_measured: Option<Name>,
}

/// One metric of one experiment (`rpt_experiment_v1`), as of its last analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentRow {
    pub experiment: Name,
    pub metric: Name,
    pub primary: bool,
    pub control: Name,
    pub variant: Name,
    pub design: Name,
    /// `draft`, `running`, `stopped`, `decided` …
    pub state: Name,
    pub started_at: Option<Instant>,
    pub decided_at: Option<Instant>,
    pub verdict: Option<Name>,
    pub n_control: u64,
    pub n_variant: u64,
    /// Variant minus control.
    pub effect: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// One component of one quarter's return (`rpt_roi_quarter_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoiQuarterRow {
    /// `2026-Q3`.
    pub quarter: Name,
    /// `conversion`, `saved`, `time`, `cycle`, `cost`, `net`.
    pub component: Name,
    pub value: Option<Money>,
    pub low: Option<Money>,
    pub high: Option<Money>,
    /// The design whose sentence it may carry.
    pub design: Option<Name>,
    /// Digest of the frozen baseline, its first twelve letters.
    pub baseline: Option<Name>,
}
