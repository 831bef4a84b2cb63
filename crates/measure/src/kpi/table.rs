//! Leads in columns: what figures read, and nothing else.
//!
//! A row of [`LeadRow`] is some six hundred bytes, of which a figure needs ten. Here each field is
//! a column of its own; instants are microseconds with [`NEVER`] for none, names their numbers
//! with 0 for none.

use std::{collections::BTreeMap, sync::OnceLock};

use pointsman_domain::{Instant, LeadId, record::Stage};
use pointsman_workhours::Calendar;

use super::{
    Dimension,
    clock::{Clock, Ordered, Watch, order},
};
use crate::rows::{BreachCause, Custody, LeadRow, Name, SlaState};

/// An instant that has not come.
pub(super) const NEVER: i64 = i64::MIN;
/// A part that is not known.
pub(super) const UNKNOWN: i32 = i32::MIN;

/// Leads as of one moment, ready to be measured.
///
/// About 430 bytes a lead. Orders of arrival times are made when a figure first asks and kept, so
/// a page that asks twice pays once.
#[derive(Debug)]
pub struct LeadTable {
    pub(super) as_of: i64,
    calendars: BTreeMap<Name, Calendar>,
    pub(super) id: Vec<LeadId>,
    pub(super) day: Vec<i32>,
    pub(super) arrived: Vec<i64>,
    pub(super) decided: Vec<i64>,
    pub(super) offered: Vec<i64>,
    pub(super) accepted: Vec<i64>,
    pub(super) notified: Vec<i64>,
    pub(super) touched: Vec<i64>,
    pub(super) reached: Vec<i64>,
    pub(super) opportunity: Vec<i64>,
    pub(super) won: Vec<i64>,
    pub(super) closed: Vec<i64>,
    pub(super) unassigned: Vec<i64>,
    /// Revenue of a win in minor units.
    pub(super) value: Vec<i64>,
    pub(super) score: Vec<i32>,
    pub(super) completeness: Vec<i32>,
    pub(super) checklist: Vec<i32>,
    pub(super) hops: Vec<u16>,
    pub(super) feedback: Vec<u8>,
    pub(super) stage: Vec<Stage>,
    pub(super) custody: Vec<Custody>,
    /// With notifications known, and not.
    pub(super) sla: Vec<[SlaState; 2]>,
    pub(super) flags: Vec<u8>,
    names: Vec<Vec<u32>>,
    watches: Vec<Vec<Watch>>,
    orders: Vec<OnceLock<Ordered>>,
}

/// Bits of `flags`.
pub(super) const PING_PONG: u8 = 1;
pub(super) const MISROUTED: u8 = 1 << 1;
/// The first offer was declined or expired.
pub(super) const REFUSED: u8 = 1 << 2;
pub(super) const PARKED: u8 = 1 << 3;
pub(super) const HAS_CHECKLIST: u8 = 1 << 4;
pub(super) const HAS_CALENDAR: u8 = 1 << 5;
/// A person named the first owner, or the CRM did.
pub(super) const BY_HAND: u8 = 1 << 6;

impl LeadTable {
    /// An empty table. `calendars` are those that rows name: without a lead's own, its service
    /// time is not measured.
    pub fn new(as_of: Instant, calendars: BTreeMap<Name, Calendar>) -> Self {
        Self {
            as_of: as_of.unix_micros(),
            calendars,
            id: Vec::new(),
            day: Vec::new(),
            arrived: Vec::new(),
            decided: Vec::new(),
            offered: Vec::new(),
            accepted: Vec::new(),
            notified: Vec::new(),
            touched: Vec::new(),
            reached: Vec::new(),
            opportunity: Vec::new(),
            won: Vec::new(),
            closed: Vec::new(),
            unassigned: Vec::new(),
            value: Vec::new(),
            score: Vec::new(),
            completeness: Vec::new(),
            checklist: Vec::new(),
            hops: Vec::new(),
            feedback: Vec::new(),
            stage: Vec::new(),
            custody: Vec::new(),
            sla: Vec::new(),
            flags: Vec::new(),
            names: vec![Vec::new(); Dimension::ALL.len()],
            watches: vec![Vec::new(); Clock::ALL.len()],
            orders: Clock::ALL.map(|_| OnceLock::new()).into(),
        }
    }

    /// `by_hand` are the words of [`LeadRow::path`] that mean a person: `named`, `crm`, `import`.
    pub fn push(&mut self, row: &LeadRow, by_hand: impl Fn(Name) -> bool) {
        let at = |at: Option<Instant>| at.map_or(NEVER, Instant::unix_micros);
        self.id.push(row.lead);
        self.day.push(row.arrived_day.0);
        self.arrived.push(row.arrived_at.unix_micros());
        self.decided.push(at(row.decided_at));
        self.offered.push(at(row.offered_at));
        self.accepted.push(at(row.accepted_at));
        self.notified.push(at(row.notified_at));
        self.touched.push(at(row.touched_at));
        self.reached.push(at(row.reached_at));
        self.opportunity.push(at(row.opportunity_at));
        self.won.push(at(row.won_at));
        self.closed.push(at(row.closed_at));
        self.unassigned.push(at(row.unassigned_since));
        self.value.push(row.value.map_or(NEVER, |value| value.0));
        let part = |part: Option<crate::rows::Millionths>| part.map_or(UNKNOWN, |part| part.0 as i32);
        self.score.push(part(row.score));
        self.completeness.push(part(row.completeness));
        self.checklist.push(checklist(row).unwrap_or(UNKNOWN));
        self.hops.push(row.hops.min(u32::from(u16::MAX)) as u16);
        self.feedback.push(row.feedback.unwrap_or(0));
        self.stage.push(row.stage);
        self.custody.push(row.custody);
        let now = Instant::from_unix_micros(self.as_of);
        self.sla.push([row.sla(now, true), row.sla(now, false)]);
        let calendar = row.calendar.and_then(|name| self.calendars.get(&name));
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        self.flags.push(
            flag(row.ping_pong, PING_PONG)
                | flag(row.misrouted > 0, MISROUTED)
                | flag(row.declined + row.expired > 0, REFUSED)
                | flag(row.parked_at.is_some(), PARKED)
                | flag(row.checklist_of.is_some_and(|of| of > 0), HAS_CHECKLIST)
                | flag(calendar.is_some(), HAS_CALENDAR)
                | flag(row.path.is_some_and(by_hand), BY_HAND),
        );
        for (column, dimension) in self.names.iter_mut().zip(Dimension::ALL) {
            column.push(dimension.of(row).map_or(0, Name::number));
        }
        for (column, clock) in self.watches.iter_mut().zip(Clock::ALL) {
            column.push(clock.watch(row, now, calendar));
        }
        self.orders.iter_mut().for_each(|order| drop(order.take()));
    }

    pub fn len(&self) -> usize {
        self.id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    pub fn as_of(&self) -> Instant {
        Instant::from_unix_micros(self.as_of)
    }

    /// The first and the last day on which a lead arrived.
    pub fn days(&self) -> Option<(i32, i32)> {
        Some((*self.day.iter().min()?, *self.day.iter().max()?))
    }

    /// Duplicates that were merged and leads that were erased are in no figure.
    pub(super) fn counts(&self, row: usize) -> bool {
        !matches!(self.stage[row], Stage::Merged | Stage::Erased)
    }

    pub(super) fn dimension(&self, dimension: Dimension) -> &[u32] {
        &self.names[dimension as usize]
    }

    pub(super) fn watch(&self, clock: Clock) -> &[Watch] {
        &self.watches[clock as usize]
    }

    /// Rows in the order of their watches, those without one left out.
    pub(super) fn order(&self, clock: Clock) -> &Ordered {
        self.orders[clock as usize].get_or_init(|| order(self.watch(clock)))
    }

    pub(super) fn flag(&self, row: usize, bit: u8) -> bool {
        self.flags[row] & bit != 0
    }

    pub(super) fn cause(&self, row: usize, notified: bool) -> Option<BreachCause> {
        match self.sla[row][usize::from(!notified)] {
            SlaState::Breached(cause) => Some(cause),
            _ => None,
        }
    }
}

/// Millionths of the steps that were done.
fn checklist(row: &LeadRow) -> Option<i32> {
    let of = row.checklist_of.filter(|of| *of > 0)?;
    let done = u64::from(row.checklist_done.min(of));
    Some((done * 1_000_000 / u64::from(of)) as i32)
}
