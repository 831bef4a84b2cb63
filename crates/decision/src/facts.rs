//! Everything that deciding sees of the database: read in one go, frozen with the decision.

use pointsman_domain::{AccountId, ContactId, ExperimentId, Instant, LeadId, Money, RepId, Values, VariantId};
use serde::{Deserialize, Serialize};

/// One lead, and what is known around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub format: u32,
    /// The position in the log at which these facts were read.
    pub read_at: u64,
    pub lead: LeadFacts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountFacts>,
    #[serde(default)]
    pub routing: Routing,
    #[serde(default)]
    pub engagement: Engagement,
    /// Share of the required attributes that are present, 0 to 1.
    pub completeness: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadFacts {
    pub id: LeadId,
    /// First arrival; stays when the lead is decided again.
    pub arrived: Instant,
    /// In the order of the snapshot's attribute schema: lead, account and contact attributes.
    pub attributes: Values,
    /// What a win is worth, where the caller says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    /// The rep who created an outbound lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originator: Option<RepId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactFacts {
    pub id: ContactId,
    /// The person was known before this lead.
    pub known: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_domain: Option<Box<str>>,
    /// Who dealt with this person last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountFacts {
    pub id: AccountId,
    pub name: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepId>,
    /// The name of the nearest parent that has an owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<str>>,
    /// That owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_owner: Option<RepId>,
    /// The owner among the subsidiaries, where they agree on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subsidiary_owner: Option<RepId>,
    /// The owner of the open opportunity, if there is one.
    #[serde(default)]
    pub open_opportunity: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity_owner: Option<RepId>,
}

/// The lead's own way through routing so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Routing {
    /// The first decision's instant; `None` for a new lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_decided: Option<Instant>,
    /// The seed of the first decision, kept through every later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The variant of the first exposure, kept likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Exposed>,
    /// When a hold ends at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Instant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<RepId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_owner: Option<RepId>,
}

/// A variant that a lead was exposed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exposed {
    pub experiment: ExperimentId,
    pub variant: VariantId,
    pub epoch: u32,
    /// Probability with which the variant was drawn.
    pub propensity: f64,
}

/// What the person did before the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Engagement {
    pub page_views: u32,
    pub mails_opened: u32,
    pub forms: u32,
    pub meetings: u32,
    pub calls: u32,
}

impl Facts {
    /// The facts of a lead of which nothing but itself is known.
    pub fn of(lead: LeadFacts) -> Self {
        Self {
            format: 1,
            read_at: 0,
            lead,
            contact: None,
            account: None,
            routing: Routing::default(),
            engagement: Engagement::default(),
            completeness: 1.0,
        }
    }

    /// The key whose hash decides a lead-level variant: the account, else the contact, else the lead.
    pub fn unit(&self) -> String {
        match (&self.account, &self.contact) {
            (Some(account), _) => account.id.to_string(),
            (None, Some(contact)) => contact.id.to_string(),
            (None, None) => self.lead.id.to_string(),
        }
    }
}
