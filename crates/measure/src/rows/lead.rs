//! One row a lead (`rpt_lead_v1`; in a store `lead_fact`).

use pointsman_domain::{Instant, LeadId, Micros, Money, record::Stage};
use serde::{Deserialize, Serialize};

use super::{Custody, LocalDay, Millionths, Name};

/// How a lead came into these rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Origin {
    /// Through Pointsman's door: it was decided.
    #[default]
    Door = 0,
    /// Copied from a history: no decision of Pointsman's.
    Import = 1,
}

/// What is known of one lead, as of the moment at which the rows were made.
///
/// *First* is never overwritten: what follows (hops, reopening) shows in `owner`, `hops`, `stage`.
/// Every instant is `None` until it happened, and also where nothing feeds it; which of the two it
/// is, the feeds of the whole company say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRow {
    pub lead: LeadId,
    pub origin: Origin,

    // What it is.
    pub source: Option<Name>,
    pub channel: Option<Name>,
    pub campaign: Option<Name>,
    pub country: Option<Name>,
    pub industry: Option<Name>,
    /// `1-9`, `10-49`, `50-249`, `250-999`, `1000+`.
    pub size: Option<Name>,
    pub language: Option<Name>,
    pub product: Option<Name>,
    /// `inbound`, `outbound`.
    pub direction: Option<Name>,
    /// What the workspace calls its segments (`[report] segment = "lead.…"`); else as `size`.
    pub segment: Option<Name>,
    /// Filled ÷ all attributes required for routing, at the door.
    pub completeness: Option<Millionths>,

    // How it was routed, by its first decision; an import has owners only.
    pub policy: Option<Name>,
    /// The first twelve letters of the digest of the policy's text.
    pub policy_version: Option<Name>,
    pub rule: Option<Name>,
    /// How the first owner came about: the pick's word (`expected-value`, `weighted-round-robin` …),
    /// `named` (a person did), `crm` (an owner written by the CRM), `import`.
    pub path: Option<Name>,
    pub pool: Option<Name>,
    pub experiment: Option<Name>,
    pub variant: Option<Name>,
    /// The first owner: figures by rep and by team count a lead here, whoever closed it.
    pub rep: Option<Name>,
    /// The team of `rep` when it got the lead.
    pub team: Option<Name>,
    /// Who owns it now, or owned it last.
    pub owner: Option<Name>,
    /// Probability that `rep` wins, as it was when `rep` was chosen.
    pub score: Option<Millionths>,
    /// Money expected of a win when it was decided.
    pub expected_value: Option<Money>,

    // The chain of clocks.
    pub arrived_at: Instant,
    pub arrived_day: LocalDay,
    /// The first decision.
    pub decided_at: Option<Instant>,
    /// The first owner got it.
    pub assigned_at: Option<Instant>,
    /// The first notification of a rep was delivered.
    pub notified_at: Option<Instant>,
    /// The first offer was made, and the first one was accepted.
    pub offered_at: Option<Instant>,
    pub accepted_at: Option<Instant>,
    /// Attempted or later, by a human.
    pub touched_at: Option<Instant>,
    /// Contacted: somebody was spoken to.
    pub reached_at: Option<Instant>,
    pub qualified_at: Option<Instant>,
    pub opportunity_at: Option<Instant>,
    pub won_at: Option<Instant>,
    pub lost_at: Option<Instant>,
    /// When it reached the terminal stage (or nurture) in which it is; `None` while it is open.
    pub closed_at: Option<Instant>,

    // The same in service hours: open time between arrival and that instant, in `calendar`.
    pub calendar: Option<Name>,
    pub accept_service: Option<Micros>,
    pub touch_service: Option<Micros>,
    pub reach_service: Option<Micros>,
    /// Until it was closed.
    pub close_service: Option<Micros>,

    // What was promised.
    /// First contact is due.
    pub sla_due_at: Option<Instant>,
    /// Whether the owner of that moment was absent when it was due.
    pub owner_absent_at_due: Option<bool>,

    // What happened on the way.
    /// Activities by humans.
    pub touches: u32,
    /// Changes of owner after the first.
    pub hops: u32,
    pub first_hop_at: Option<Instant>,
    /// It came back to somebody who had it before (A–B–A).
    pub ping_pong: bool,
    /// Hops with the reason *misrouted*, and credits for a wrong territory.
    pub misrouted: u32,
    /// Hops with the reason *requested*.
    pub requested: u32,
    pub declined: u32,
    pub expired: u32,
    pub reopened: u32,
    /// The first time that nobody might take it, and how long it has been parked altogether;
    /// a stay that goes on counts from `custody_since` on top.
    pub parked_at: Option<Instant>,
    pub parked_time: Micros,
    pub checklist_done: u32,
    /// Steps that the lead's type demands; `None`: no checklist.
    pub checklist_of: Option<u32>,

    // Where it is.
    pub custody: Custody,
    pub custody_since: Instant,
    /// Open, and nobody's since then; `None` while it is owned or closed.
    pub unassigned_since: Option<Instant>,
    pub stage: Stage,
    /// Revenue of the win.
    pub value: Option<Money>,
    /// The owner's last rating, 1 (useless) to 5 (perfect).
    pub feedback: Option<u8>,
    pub feedback_at: Option<Instant>,
}

/// Whether the first contact came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlaState {
    /// Nothing was promised.
    None,
    Met,
    /// Not touched and not due yet.
    Pending,
    /// Closed untouched before it was due.
    Closed,
    Breached(BreachCause),
}

/// Where the lead stood when its first contact was due: the first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreachCause {
    /// Nobody owned it: held or parked.
    Unassigned,
    /// Offered, and nobody had accepted.
    NotAccepted,
    /// Its owner was away.
    OwnerAbsent,
    /// Its owner had not been told; only where notifications are known at all.
    NotNotified,
    /// It had been passed on: the time ran with the owner before.
    PassedOn,
    /// Its owner had it and did nothing.
    NotWorked,
}

impl BreachCause {
    pub const ALL: [Self; 6] =
        [Self::Unassigned, Self::NotAccepted, Self::OwnerAbsent, Self::NotNotified, Self::PassedOn, Self::NotWorked];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unassigned => "unassigned",
            Self::NotAccepted => "not_accepted",
            Self::OwnerAbsent => "owner_absent",
            Self::NotNotified => "not_notified",
            Self::PassedOn => "passed_on",
            Self::NotWorked => "not_worked",
        }
    }
}

impl LeadRow {
    /// A row of which nothing is known but when it came in: what projections start from.
    pub fn new(lead: LeadId, arrived_at: Instant, arrived_day: LocalDay) -> Self {
        Self {
            lead,
            origin: Origin::default(),
            source: None,
            channel: None,
            campaign: None,
            country: None,
            industry: None,
            size: None,
            language: None,
            product: None,
            direction: None,
            segment: None,
            completeness: None,
            policy: None,
            policy_version: None,
            rule: None,
            path: None,
            pool: None,
            experiment: None,
            variant: None,
            rep: None,
            team: None,
            owner: None,
            score: None,
            expected_value: None,
            arrived_at,
            arrived_day,
            decided_at: None,
            assigned_at: None,
            notified_at: None,
            offered_at: None,
            accepted_at: None,
            touched_at: None,
            reached_at: None,
            qualified_at: None,
            opportunity_at: None,
            won_at: None,
            lost_at: None,
            closed_at: None,
            calendar: None,
            accept_service: None,
            touch_service: None,
            reach_service: None,
            close_service: None,
            sla_due_at: None,
            owner_absent_at_due: None,
            touches: 0,
            hops: 0,
            first_hop_at: None,
            ping_pong: false,
            misrouted: 0,
            requested: 0,
            declined: 0,
            expired: 0,
            reopened: 0,
            parked_at: None,
            parked_time: Micros(0),
            checklist_done: 0,
            checklist_of: None,
            custody: Custody::Parked,
            custody_since: arrived_at,
            unassigned_since: Some(arrived_at),
            stage: Stage::Open,
            value: None,
            feedback: None,
            feedback_at: None,
        }
    }

    /// Whether first contact came in time, as of `now`. A touch at the due instant is in time.
    /// `notified` says whether notifications are known at all.
    pub fn sla(&self, now: Instant, notified: bool) -> SlaState {
        let Some(due) = self.sla_due_at else { return SlaState::None };
        match (self.touched_at, self.closed_at) {
            (Some(touched), _) if touched <= due => SlaState::Met,
            (None, Some(closed)) if closed <= due => SlaState::Closed,
            (None, _) if now <= due => SlaState::Pending,
            _ => SlaState::Breached(self.breach_cause(due, notified)),
        }
    }

    fn breach_cause(&self, due: Instant, notified: bool) -> BreachCause {
        let by_due = |at: Option<Instant>| at.is_some_and(|at| at <= due);
        if by_due(self.offered_at) && !by_due(self.accepted_at) && !by_due(self.assigned_at) {
            BreachCause::NotAccepted
        } else if !by_due(self.assigned_at) {
            BreachCause::Unassigned
        } else if self.owner_absent_at_due == Some(true) {
            BreachCause::OwnerAbsent
        } else if notified && !by_due(self.notified_at) {
            BreachCause::NotNotified
        } else if by_due(self.first_hop_at) {
            BreachCause::PassedOn
        } else {
            BreachCause::NotWorked
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_unix_micros(0) + Micros::MINUTE.times(minutes)
    }

    /// Due after an hour, assigned after a minute, told after two.
    fn row() -> LeadRow {
        let lead = LeadId::new(at(0), 1);
        LeadRow {
            assigned_at: Some(at(1)),
            notified_at: Some(at(2)),
            sla_due_at: Some(at(60)),
            ..LeadRow::new(lead, at(0), LocalDay(0))
        }
    }

    fn check(row: &LeadRow, now: i64, expected: SlaState) {
        assert_eq!(row.sla(at(now), true), expected, "{row:?}");
    }

    #[test]
    fn a_touch_at_the_due_instant_is_in_time() {
        check(&LeadRow { touched_at: Some(at(60)), ..row() }, 99, SlaState::Met);
        check(&LeadRow { sla_due_at: None, ..row() }, 99, SlaState::None);
        check(&row(), 60, SlaState::Pending);
        check(&LeadRow { closed_at: Some(at(9)), ..row() }, 99, SlaState::Closed);
        check(&LeadRow { closed_at: Some(at(61)), ..row() }, 99, SlaState::Breached(BreachCause::NotWorked));
    }

    #[test]
    fn a_breach_has_the_cause_of_the_moment_at_which_it_was_due() {
        use BreachCause::{NotAccepted, NotNotified, NotWorked, OwnerAbsent, PassedOn, Unassigned};
        let late =
            |row: LeadRow, cause| check(&LeadRow { touched_at: Some(at(61)), ..row }, 99, SlaState::Breached(cause));
        late(row(), NotWorked);
        late(LeadRow { first_hop_at: Some(at(30)), ..row() }, PassedOn);
        late(LeadRow { first_hop_at: Some(at(61)), ..row() }, NotWorked);
        late(LeadRow { notified_at: None, ..row() }, NotNotified);
        late(LeadRow { owner_absent_at_due: Some(true), notified_at: None, ..row() }, OwnerAbsent);
        late(LeadRow { assigned_at: Some(at(61)), ..row() }, Unassigned);
        let offered =
            LeadRow { offered_at: Some(at(1)), assigned_at: Some(at(61)), accepted_at: Some(at(61)), ..row() };
        late(offered, NotAccepted);
        assert_eq!(LeadRow { notified_at: None, ..row() }.sla(at(99), false), SlaState::Breached(NotWorked));
    }
}
