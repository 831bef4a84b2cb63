//! Typed results: a number with what it rests on, or why there is none.

use serde::Serialize;

use super::{Feed, FunnelPlot, Kpi};
use crate::{Estimate, rows::Name};

/// Why there is no number. Never shown as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "feed")]
pub enum NotMeasured {
    /// Nothing feeds what it needs.
    NoFeed(Feed),
    /// No lead, offer or day of this kind in the selection.
    Nothing,
    /// There are leads, but all of them are too young.
    Pending,
    /// The curve does not fall so far: it has happened for too few.
    NotYetHalf,
    /// The filters name something that the rows behind this figure do not have.
    NotByThis,
}

/// A number with its 95 % interval where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Value {
    pub value: f64,
    /// `None`: open on this side, or a count of everything there is.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// For shares of counted leads: value = hits ÷ n.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
}

impl Value {
    /// Of everything there is: nothing to be unsure of.
    pub fn exact(value: f64) -> Self {
        Self { value, low: None, high: None, hits: None }
    }

    pub fn of(estimate: Estimate) -> Self {
        let end = |end: f64| end.is_finite().then_some(end);
        Self { value: estimate.value, low: end(estimate.low), high: end(estimate.high), hits: None }
    }

    pub fn hits(self, hits: u64) -> Self {
        Self { hits: Some(hits), ..self }
    }

    /// With both ends, where it has them.
    pub fn estimate(&self) -> Option<Estimate> {
        Some(Estimate { value: self.value, low: self.low?, high: self.high? })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    Value(Value),
    NotMeasured(NotMeasured),
}

/// One figure of one selection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KpiResult {
    pub kpi: Kpi,
    /// Leads (or rep-days) that it rests on; censored ones included.
    pub n: u64,
    /// Leads that are too young or still waiting: in no share, and censored in a curve.
    pub pending: u64,
    pub measured: Measured,
}

impl KpiResult {
    pub(super) fn not(kpi: Kpi, why: NotMeasured) -> Self {
        Self { kpi, n: 0, pending: 0, measured: Measured::NotMeasured(why) }
    }

    pub fn value(&self) -> Option<Value> {
        match self.measured {
            Measured::Value(value) => Some(value),
            Measured::NotMeasured(_) => None,
        }
    }
}

/// One figure by group, with what may be said about differences between groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breakdown {
    pub kpi: Kpi,
    pub all: KpiResult,
    /// Largest n first.
    pub groups: Vec<GroupResult>,
    /// For shares: whether groups differ at all.
    pub spread: Option<Spread>,
    /// For shares of at least two groups.
    pub funnel: Option<FunnelPlot>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupResult {
    /// `None`: leads for which this is not known.
    pub name: Option<Name>,
    pub text: Box<str>,
    pub result: KpiResult,
    /// Drawn towards the whole by as much as chance explains: what to compare.
    pub shrunken: Option<Estimate>,
    /// Where the whole's share would leave a group of this size, 95 and 99.8 % of the time
    /// (Spiegelhalter 2005): outside is worth a question.
    pub limits: Option<FunnelLimits>,
    /// The shrunken interval does not hold the whole's share, and groups differ by more than chance.
    pub distinguishable: bool,
    /// Σ won ÷ Σ score, where scores are known; conversion only.
    pub observed_to_expected: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FunnelLimits {
    pub low_95: f64,
    pub high_95: f64,
    pub low_998: f64,
    pub high_998: f64,
    /// Outside the limits of 99.8 %.
    pub outside: bool,
}

/// Cochran's Q over groups, on the log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub groups: u32,
    pub p_value: f64,
    /// The share of the spread that chance does not explain.
    pub i2: f64,
}

impl Spread {
    /// Groups differ by more than chance explains (5 %).
    pub fn is_real(&self) -> bool {
        self.p_value < 0.05
    }
}
