//! What one lead is to one figure. Shares, means and the list behind a figure ask the same
//! judgement, so they cannot disagree.

use pointsman_domain::record::Stage;

use super::{
    Kpi, KpiSpec, LeadTable,
    clock::{Clock, PROMISED, Watch},
    table::{self, NEVER, UNKNOWN},
};
use crate::rows::{Custody, SlaState};

/// One lead in one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Judged {
    /// The figure is not about it.
    Out,
    /// Too young, or still waiting.
    Pending,
    /// Counts, with this value: 1 or 0 for shares.
    Counts(f64),
}

pub(super) type Judge<'a> = Box<dyn Fn(usize) -> Judged + 'a>;

/// How each lead counts in a figure. For figures of rep-days: every lead is [`Judged::Out`].
pub(super) fn judge<'a>(table: &'a LeadTable, spec: &KpiSpec, kpi: Kpi) -> Judge<'a> {
    let maturity = spec.maturity().0;
    let fast = spec.fast().0;
    let t = table;
    let matured = move |row: usize| t.as_of - t.arrived[row] >= maturity;
    // The window is closed on the right: an event exactly at its end is inside.
    let within = move |row: usize, at: i64| at != NEVER && at - t.arrived[row] <= maturity;
    let owned = move |row: usize| t.dimension(super::Dimension::Rep)[row] != 0;
    let share = |hit: bool| Judged::Counts(f64::from(u8::from(hit)));
    let of_matured = move |row: usize, hit: bool| if matured(row) { share(hit) } else { Judged::Pending };
    let of_owned = move |row: usize, judged: Judged| if owned(row) { judged } else { Judged::Out };
    match kpi {
        Kpi::SpeedToLead | Kpi::SpeedToLeadP90 | Kpi::TimeTo48h => timed(t, Clock::Touch),
        Kpi::ServiceSpeed | Kpi::ServiceSpeedP90 | Kpi::ServiceTimeTo48h => timed(t, Clock::TouchService),
        Kpi::ClockDecided => timed(t, Clock::Decided),
        Kpi::ClockNotified => timed(t, Clock::Notified),
        Kpi::ClockAccepted => timed(t, Clock::Accepted),
        Kpi::ClockTouched => timed(t, Clock::Worked),
        Kpi::ClockReached => timed(t, Clock::Reached),
        Kpi::TouchedFast => by(t, Clock::Touch, fast),
        Kpi::ServiceTouchedFast => by(t, Clock::TouchService, fast),
        Kpi::TouchedInSla => by(t, Clock::Promise, PROMISED),
        Kpi::FirstContactInSla => Box::new(move |row| promise(t, row, true)),
        Kpi::SlaBreaches => Box::new(move |row| promise(t, row, false)),
        Kpi::ReachedRate => Box::new(move |row| of_matured(row, within(row, t.reached[row]))),
        Kpi::LostLeads => Box::new(move |row| of_matured(row, !within(row, t.touched[row]))),
        Kpi::Conversion | Kpi::CostPerCustomer => {
            Box::new(move |row| of_matured(row, t.stage[row] == Stage::Won && within(row, t.won[row])))
        }
        Kpi::CostPerOpportunity => Box::new(move |row| {
            let won = t.stage[row] == Stage::Won && within(row, t.won[row]);
            of_matured(row, won || within(row, t.opportunity[row]))
        }),
        Kpi::ObservedToExpected => Box::new(move |row| match t.score[row] {
            UNKNOWN => Judged::Out,
            _ => of_matured(row, t.stage[row] == Stage::Won && within(row, t.won[row])),
        }),
        Kpi::FirstAcceptance => Box::new(move |row| acceptance(t, row)),
        Kpi::RoutingAccuracyStrict => Box::new(move |row| {
            of_owned(row, of_matured(row, t.hops[row] == 0 && !t.flag(row, table::REFUSED | table::MISROUTED)))
        }),
        Kpi::RoutingAccuracyLenient => {
            Box::new(move |row| of_owned(row, of_matured(row, !t.flag(row, table::MISROUTED))))
        }
        Kpi::FeedbackScore => Box::new(move |row| match t.feedback[row] {
            0 => Judged::Out,
            score => of_owned(row, Judged::Counts(f64::from(score))),
        }),
        Kpi::FeedbackAnswers => Box::new(move |row| of_owned(row, of_matured(row, t.feedback[row] != 0))),
        Kpi::ResponseCompleteness => Box::new(move |row| match t.flag(row, table::HAS_CHECKLIST) {
            true if matured(row) || t.closed[row] != NEVER => Judged::Counts(f64::from(t.checklist[row]) / 1e6),
            true => Judged::Pending,
            false => Judged::Out,
        }),
        Kpi::LeadCompleteness => Box::new(move |row| match t.completeness[row] {
            UNKNOWN => Judged::Out,
            part => Judged::Counts(f64::from(part) / 1e6),
        }),
        Kpi::UnassignedAge => Box::new(move |row| match t.unassigned[row] {
            NEVER => Judged::Out,
            _ if matches!(t.custody[row], Custody::Owned | Custody::Closed) => Judged::Out,
            since => Judged::Counts(seconds((t.as_of - since).max(0))),
        }),
        Kpi::Parked => Box::new(move |row| match t.decided[row] {
            NEVER => Judged::Out,
            _ => share(t.flag(row, table::PARKED)),
        }),
        Kpi::Hops => Box::new(move |row| of_owned(row, Judged::Counts(f64::from(t.hops[row])))),
        Kpi::PingPong => Box::new(move |row| of_owned(row, share(t.flag(row, table::PING_PONG)))),
        Kpi::CostPerLead => Box::new(|_| Judged::Counts(1.0)),
        Kpi::HoursSaved => Box::new(move |row| match t.decided[row] {
            NEVER => Judged::Out,
            _ if !owned(row) => Judged::Out,
            _ => share(!t.flag(row, table::BY_HAND)),
        }),
        Kpi::BalanceGini | Kpi::LargestDeficit | Kpi::Utilisation => Box::new(|_| Judged::Out),
    }
}

pub(super) fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// Seconds to the event; those that wait are pending.
fn timed(t: &LeadTable, clock: Clock) -> Judge<'_> {
    let watches = t.watch(clock);
    Box::new(move |row| match watches[row] {
        watch if !watch.started() => Judged::Out,
        watch if watch.event() => Judged::Counts(seconds(watch.length())),
        _ => Judged::Pending,
    })
}

/// Whether the event came within `length`; those that left before are pending.
fn by(t: &LeadTable, clock: Clock, length: i64) -> Judge<'_> {
    let watches = t.watch(clock);
    let judged = move |watch: Watch| match (watch.event(), watch.length() <= length) {
        (true, in_time) => Judged::Counts(f64::from(u8::from(in_time))),
        (false, true) => Judged::Pending,
        (false, false) => Judged::Counts(0.0),
    };
    Box::new(move |row| if watches[row].started() { judged(watches[row]) } else { Judged::Out })
}

fn promise(t: &LeadTable, row: usize, met: bool) -> Judged {
    match t.sla[row][0] {
        SlaState::None | SlaState::Closed => Judged::Out,
        SlaState::Pending => Judged::Pending,
        SlaState::Met => Judged::Counts(f64::from(u8::from(met))),
        SlaState::Breached(_) => Judged::Counts(f64::from(u8::from(!met))),
    }
}

/// Of first offers that were answered or ran out; withdrawn ones are in no count.
fn acceptance(t: &LeadTable, row: usize) -> Judged {
    if t.offered[row] == NEVER {
        return Judged::Out;
    }
    match (t.flag(row, table::REFUSED), t.accepted[row] != NEVER) {
        (true, _) => Judged::Counts(0.0),
        (false, true) => Judged::Counts(1.0),
        (false, false) if t.custody[row] == Custody::Offered => Judged::Pending,
        (false, false) => Judged::Out,
    }
}
