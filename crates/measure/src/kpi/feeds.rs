//! What feeds the data: a figure over something that nobody sends is not measured.

use std::collections::BTreeSet;

use super::{Dimension, Feed, KpiSpec, LeadTable, clock::Clock, table::*};
use crate::rows::{RepDayRow, SlaState};

/// The feeds that there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feeds(pub BTreeSet<Feed>);

impl Feeds {
    /// A feed is there when any row has something of it. Over all rows, never over a selection: a
    /// quarter without a touch is a finding, a company without one has no activity feed.
    pub fn of(table: &LeadTable, rep_days: &[RepDayRow], spec: &KpiSpec) -> Self {
        let any = |column: &[i64]| column.iter().any(|at| *at != NEVER);
        let part = |column: &[i32]| column.iter().any(|part| *part != UNKNOWN);
        let found = [
            (Feed::Decisions, any(&table.decided)),
            (Feed::Notifications, any(&table.notified)),
            (Feed::Offers, any(&table.offered)),
            (Feed::Activities, any(&table.touched)),
            (Feed::Contacts, any(&table.reached)),
            (Feed::Outcomes, table.stage.iter().any(|stage| stage.closes())),
            (Feed::Promises, table.sla.iter().any(|sla| sla[0] != SlaState::None)),
            (Feed::Owners, table.dimension(Dimension::Rep).iter().any(|rep| *rep != 0)),
            // Pointsman records both; a history may know neither.
            (Feed::Hops, any(&table.decided) || table.hops.iter().any(|hops| *hops > 0)),
            (Feed::Reasons, any(&table.decided) || table.flags.iter().any(|flags| flags & MISROUTED != 0)),
            (Feed::Scores, part(&table.score)),
            (Feed::Entitlements, rep_days.iter().any(|day| day.entitled.is_some())),
            (Feed::Loads, rep_days.iter().any(|day| day.busy.is_some() && day.room.is_some())),
            (Feed::Feedback, table.feedback.iter().any(|score| *score != 0)),
            (Feed::Checklists, part(&table.checklist)),
            (Feed::Completeness, part(&table.completeness)),
            (Feed::Calendars, table.watch(Clock::TouchService).iter().any(|watch| watch.started())),
            (Feed::Opportunities, any(&table.opportunity)),
            (Feed::Costs, !spec.cost.is_empty()),
            (Feed::HandlingTime, spec.handling.is_some()),
        ];
        Self(found.into_iter().filter(|(_, there)| *there).map(|(feed, _)| feed).collect())
    }

    pub fn has(&self, feed: Feed) -> bool {
        self.0.contains(&feed)
    }

    pub(super) fn missing(&self, needs: &[Feed]) -> Option<Feed> {
        needs.iter().copied().find(|feed| !self.has(*feed))
    }
}
