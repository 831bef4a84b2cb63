//! Who held a lead: decisions, offers, owners.

use pointsman_domain::{Instant, LeadId, Micros, Money};
use serde::{Deserialize, Serialize};

use super::{LocalDay, Name};

/// A part of a whole, in millionths: 250,000 is a quarter. An integer, so that sums over any order
/// of rows and over SQL are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millionths(pub i64);

impl Millionths {
    pub const ONE: Self = Self(1_000_000);

    /// Rounded half away from zero; `None` for what is not finite.
    pub fn from_f64(part: f64) -> Option<Self> {
        part.is_finite().then(|| Self((part * Self::ONE.0 as f64).round() as i64))
    }

    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::ONE.0 as f64
    }
}

/// Who holds a lead. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Custody {
    Held = 0,
    Parked = 1,
    Offered = 2,
    Owned = 3,
    Closed = 4,
}

/// What a decision came to. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum DecisionState {
    Held = 0,
    Parked = 1,
    Offered = 2,
    Owned = 3,
}

/// One decision (`rpt_decision_v1`): the choice and what it was chosen on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Its place in the record.
    pub seq: u64,
    pub lead: LeadId,
    /// Rules windows, periods, availability.
    pub decided_at: Instant,
    pub decided_day: LocalDay,
    pub committed_at: Instant,
    /// The lead's first decision; later ones are for held, declined or re-routed leads.
    pub first: bool,
    pub state: DecisionState,
    pub rep: Option<Name>,
    pub policy: Option<Name>,
    pub policy_version: Option<Name>,
    pub rule: Option<Name>,
    /// As [`super::LeadRow::path`].
    pub path: Option<Name>,
    pub pool: Option<Name>,
    /// Where it was parked.
    pub queue: Option<Name>,
    pub priority: u8,
    pub experiment: Option<Name>,
    pub variant: Option<Name>,
    pub epoch: Option<u32>,
    /// Probability of the variant, and of this choice within it.
    pub variant_propensity: Option<f64>,
    pub choice_propensity: Option<f64>,
    /// Probability that the chosen rep wins.
    pub score: Option<Millionths>,
    /// Money expected of a win.
    pub value: Option<Money>,
    /// What the chosen rep's capacity was worth, in minor units.
    pub price: Option<Money>,
    /// When a hold ends at the latest.
    pub hold_until: Option<Instant>,
    pub sla_due_at: Option<Instant>,
    /// The first twelve letters of the digest of the artifact that scored it.
    pub model_version: Option<Name>,
}

/// Why a lead changed its owner. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ReassignReason {
    /// It should never have gone there.
    Misrouted = 1,
    Absent = 2,
    Overload = 3,
    Requested = 4,
    /// Nobody did anything in time.
    Escalated = 5,
    /// What the lead did, or what was learned of it, made another rule apply.
    ReRouted = 6,
    /// A history that does not say.
    Unknown = 7,
}

impl ReassignReason {
    pub const ALL: [Self; 7] = [
        Self::Misrouted,
        Self::Absent,
        Self::Overload,
        Self::Requested,
        Self::Escalated,
        Self::ReRouted,
        Self::Unknown,
    ];

    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == byte)
    }
}

/// Who made somebody the owner. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TakenBy {
    Decision = 1,
    /// An offer was accepted.
    Accepted = 2,
    /// A person named the owner.
    Named = 3,
    Crm = 4,
    Import = 5,
}

/// One owner of one lead (`rpt_assignment_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentRow {
    pub seq: u64,
    pub lead: LeadId,
    pub rep: Name,
    pub team: Option<Name>,
    pub at: Instant,
    pub known_at: Instant,
    pub day: LocalDay,
    /// The lead's first owner; else a hop, from `from` for `reason`.
    pub first: bool,
    pub from: Option<Name>,
    pub reason: Option<ReassignReason>,
    pub by: TakenBy,
    /// When it ended: passed on, released or closed.
    pub until: Option<Instant>,
    pub choice_propensity: Option<f64>,
}

/// How an offer ended. The numbers are stored: never renumber, only append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Answer {
    Accepted = 1,
    Declined = 2,
    /// Not answered in time.
    Expired = 3,
    /// Taken back: the lead was closed, merged or given to somebody by name.
    Withdrawn = 4,
}

/// One offer of one lead to one rep (`rpt_offer_v1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferRow {
    pub seq: u64,
    pub lead: LeadId,
    pub rep: Name,
    pub team: Option<Name>,
    pub at: Instant,
    pub day: LocalDay,
    /// Until when the rep may answer.
    pub until: Option<Instant>,
    /// 1 for the lead's first offer.
    pub nth: u32,
    pub notified_at: Option<Instant>,
    pub answered_at: Option<Instant>,
    /// `None`: still open.
    pub answer: Option<Answer>,
    pub reason: Option<Name>,
    /// Open time between offer and answer, in the rep's calendar.
    pub answer_service: Option<Micros>,
}
