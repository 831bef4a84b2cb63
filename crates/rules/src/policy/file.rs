//! The file as written.

use std::collections::BTreeMap;

use pointsman_domain::{Pick, PolicyName, PoolId, QueueId, RepId, RuleId, TerritoryId};
use serde::Deserialize;
use toml::{Spanned, value::Datetime};

use super::{LeadType, OwnerOf, Review};
use crate::lint::Kind;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub format: u32,
    pub name: PolicyName,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub owner: String,
    pub reviewed: Option<Datetime>,
    #[serde(default)]
    pub review: Review,
    #[serde(default)]
    pub rule: Vec<Spanned<RuleFile>>,
    pub fallback: Option<FallbackFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FallbackFile {
    pub queue: QueueId,
    #[serde(default)]
    pub alarm: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) struct RuleFile {
    pub id: RuleId,
    #[serde(rename = "for")]
    pub lead_type: Option<Spanned<LeadType>>,
    pub when: Option<Spanned<String>>,
    pub pool: Option<Spanned<PoolId>>,
    pub rep: Option<Spanned<RepId>>,
    pub owner: Option<OwnerOf>,
    pub territory: Option<Spanned<TerritoryId>>,
    pub queue: Option<QueueId>,
    pub pick: Option<Pick>,
    /// Skills everybody who takes the lead must have, with the least level; the pick `best-skill`
    /// compares the sum of their levels.
    #[serde(default)]
    pub skills: BTreeMap<Box<str>, u8>,
    #[serde(default)]
    pub exclude: Vec<Spanned<RepId>>,
    pub sla: Option<Spanned<String>>,
    /// Whoever is chosen is asked first, for so long.
    pub accept: Option<Spanned<String>>,
    pub priority: Option<u8>,
    pub on_full: Option<Spanned<OnFullFile>>,
    pub explore: Option<f64>,
    pub explore_by: Option<ExploreBy>,
    /// With `expected-value`: how long a lead may wait when every price is above its value.
    pub wait: Option<Spanned<String>>,
    /// Findings of a check that are meant to be so.
    #[serde(default)]
    pub allow: Vec<Kind>,
}

/// Among whom and how the share of `explore` is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ExploreBy {
    Evenly,
    Posterior,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnFullFile {
    Next,
    Backup,
    Hold(String),
    Overflow(PoolId),
    Queue(QueueId),
}
