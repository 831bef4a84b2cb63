//! Leads that nobody touched, and leads that were touched once and then dropped.

use pointsman_domain::{Instant, LeadId, Micros, Money};
use serde::Serialize;

use super::{FlowEvent, FlowLead, FlowLog};
use crate::{Estimate, Share};

/// How a lead slipped through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    NeverTouched,
    /// Touched exactly once, not won, and either lost or quiet since.
    TouchedOnce,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Drops {
    pub never_touched: Share,
    /// Of those never touched: closed without being won, and still open.
    pub never_touched_lost: u64,
    pub never_touched_open: u64,
    pub touched_once: Share,
    /// Wins among the closed leads that were touched more than once.
    pub won_when_touched: Share,
    /// Mean value of a win that has one, minor units.
    pub mean_value: Option<f64>,
    /// What the dropped leads would have brought at that win rate and value: observed, not
    /// caused, because leads that nobody touched may be worse ones.
    pub at_stake: Option<Estimate>,
    /// From how leads were touched to how they ended.
    pub fates: Fates,
    /// The oldest of those that are still open, at most [`LISTED`].
    pub oldest_open: Vec<LeadId>,
}

/// How leads ended, by how they were touched: every lead is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Fates {
    /// More than once, or once and not dropped.
    pub worked: Ends,
    pub touched_once: Ends,
    pub never_touched: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ends {
    pub won: u64,
    /// Closed without being won.
    pub lost: u64,
    pub open: u64,
}

impl Ends {
    fn count(&mut self, lead: &FlowLead) {
        let end = match lead.closed {
            Some(_) if lead.won() => &mut self.won,
            Some(_) => &mut self.lost,
            None => &mut self.open,
        };
        *end += 1;
    }
}

/// Leads named in a report; the whole list is in the exported table.
pub const LISTED: usize = 20;

pub(super) fn of(lead: &FlowLead, events: &[FlowEvent], end: Option<Instant>, quiet: Micros) -> Option<Dropped> {
    let touches = events.iter().filter(|event| event.doer.is_human()).count();
    let lost = lead.closed.is_some() && !lead.won();
    let last = events.iter().map(|event| event.at).max().unwrap_or(lead.at);
    let abandoned = lead.closed.is_none() && end.is_some_and(|end| last + quiet <= end);
    match touches {
        0 => Some(Dropped::NeverTouched),
        1 if lost || abandoned => Some(Dropped::TouchedOnce),
        _ => None,
    }
}

pub(super) fn measure(log: &FlowLog, end: Option<Instant>, quiet: Micros) -> Drops {
    let mut drops = Drops::default();
    let (mut value, mut valued) = (0.0, 0u64);
    let mut open: Vec<&FlowLead> = Vec::new();
    for (lead, events) in log.iter() {
        let drop = of(lead, events, end, quiet);
        drops.never_touched.count(drop == Some(Dropped::NeverTouched));
        drops.touched_once.count(drop == Some(Dropped::TouchedOnce));
        let ends = match drop {
            None => &mut drops.fates.worked,
            Some(Dropped::TouchedOnce) => &mut drops.fates.touched_once,
            Some(Dropped::NeverTouched) => &mut drops.fates.never_touched,
        };
        ends.count(lead);
        match (drop, lead.closed) {
            (Some(Dropped::NeverTouched), None) => open.push(lead),
            (Some(Dropped::NeverTouched), Some(_)) if !lead.won() => drops.never_touched_lost += 1,
            (None, Some(_)) => drops.won_when_touched.count(lead.won()),
            _ => {}
        }
        if let Some(Money(minor)) = lead.value.filter(|_| lead.won()) {
            value += minor as f64;
            valued += 1;
        }
    }
    open.sort_by_key(|lead| (lead.at, lead.id));
    drops.never_touched_open = open.len() as u64;
    drops.oldest_open = open.iter().take(LISTED).map(|lead| lead.id).collect();
    drops.mean_value = (valued > 0).then(|| value / valued as f64);
    let dropped = (drops.never_touched.hits + drops.touched_once.hits) as f64;
    drops.at_stake = drops.won_when_touched.estimate().map(|rate| {
        let worth = dropped * drops.mean_value.unwrap_or(1.0);
        Estimate { value: rate.value * worth, low: rate.low * worth, high: rate.high * worth }
    });
    drops
}
