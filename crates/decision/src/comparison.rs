//! The result of routing the same leads by several policies: simulations and back-tests.

use serde::{Deserialize, Serialize};

/// A mean over replicates with its 95 % interval (Student's t over replicates).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Several policies on the same leads. The first is the one the others are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub format: u32,
    /// The world, or the workspace whose past was replayed.
    pub source: Box<str>,
    pub seed: u64,
    /// Independent stretches of leads of the same company.
    pub replicates: u32,
    pub days: u32,
    pub policies: Vec<PolicyResult>,
    /// What choosing at random among the team would win, and perfect hindsight at most: per replicate.
    pub optimum: Estimate,
}

/// One policy. Times in minutes of working hours where it says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyResult {
    pub name: Box<str>,
    pub leads: Estimate,
    /// Expected wins: the sum of the true probabilities after waiting.
    pub conversions: Estimate,
    /// Wins per lead.
    pub conversion_rate: Estimate,
    /// Expected value of the wins, in minor units.
    pub revenue: Estimate,
    /// Expected wins had every lead been touched at once, as a share of the most that perfect
    /// hindsight could have assigned within the same quotas.
    pub share_of_optimum: Estimate,
    /// Arrival to first touch, working time.
    pub speed_median_minutes: Estimate,
    pub speed_p90_minutes: Estimate,
    /// The same as a mean in hours of the clock, of the leads that were touched.
    pub reaction_hours: Estimate,
    /// Share of leads that nobody ever touched.
    pub lost: Estimate,
    pub within_sla: Estimate,
    /// Leads touched after their SLA, or never.
    pub sla_breaches: Estimate,
    /// Leads that waited for an owner.
    pub held: Estimate,
    /// Gini coefficient of leads received per day present: 0 is perfectly even.
    pub gini: Estimate,
    /// By how much the rep who got least is below an even share of their team: 0.1 is a tenth.
    pub deficit: Estimate,
    /// Leads that nobody got.
    pub unassigned: Estimate,
    /// Against the first policy, paired by replicate; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_conversions: Option<Estimate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_revenue: Option<Estimate>,
    /// Relative: 0.1 is ten percent more wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<Estimate>,
}
