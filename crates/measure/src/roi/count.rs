//! Leads, missed and won, counted from a history.

use std::ops::Range;

use pointsman_domain::{Instant, Micros};
use serde::Serialize;

use super::Counts;
use crate::flow::FlowLog;

/// Counts of the leads whose maturity window has passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Counted {
    pub counts: Counts,
    /// Leads whose window reaches beyond what the data know; they are in no count.
    pub pending: u64,
}

/// A lead is missed if no person touched it within `maturity` of its arrival, whatever its end; it is
/// won if it was touched in time and won within the same window. Counted are leads that came in
/// during `period` and whose window is over at `known_until`. `None` where there is none.
pub fn count(log: &FlowLog, period: &Range<Instant>, maturity: Micros, known_until: Instant) -> Option<Counted> {
    let (mut leads, mut missed, mut wins, mut pending) = (0, 0, 0, 0);
    for (lead, events) in log.iter().filter(|(lead, _)| period.contains(&lead.at)) {
        if known_until - lead.at < maturity {
            pending += 1;
            continue;
        }
        let in_time = |at| at - lead.at <= maturity;
        let touched = events.iter().any(|event| event.doer.is_human() && in_time(event.at));
        let won = lead.won() && lead.closed.is_some_and(|(at, _)| in_time(at));
        leads += 1;
        missed += u64::from(!touched);
        wins += u64::from(touched && won);
    }
    let counts = Counts { leads, missed: Some(missed), wins: Some(wins), missed_share: None, wins_per_worked: None };
    (leads > 0).then_some(Counted { counts, pending })
}
