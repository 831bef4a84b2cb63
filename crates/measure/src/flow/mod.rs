//! How leads move through a company as it is today: where they wait, who touches them, what
//! happens twice, and which of them nobody touches.
//!
//! Every figure is observed, nothing here is caused. Definitions: a *touch* is an activity by a
//! person; a *step* is the source's word for an activity; *waiting* is the time between two
//! activities of a lead that follow each other.

mod drops;
pub mod log;
mod people;
mod process;
mod proposal;
mod sources;
pub mod survey;
pub mod territory;
mod touch;

use pointsman_domain::{Instant, LeadId, Micros};
use pointsman_workhours::{Calendar, CalendarFile, WeekHours, Zone};
use serde::Serialize;

pub use drops::{Dropped, Drops, Ends, Fates, LISTED};
pub use log::{Doer, FlowEvent, FlowLead, FlowLog, LogBuilder};
pub use people::{HandOff, People, RepRow, SinglePoint};
pub use process::{Edge, Process, Repeated, StepRow, Variant};
pub use proposal::{Proposal, ProposalKind};
pub use sources::{Filled, SourceRow};
pub use touch::{HourCell, Touch, TouchCurve, TouchStep};

/// What an analysis needs to know besides the rows.
#[derive(Debug, Clone)]
pub struct FlowConfig {
    /// Working hours that waiting is split by; its zone is the zone of hours and weekdays.
    pub calendar: Calendar,
    /// A lead that was touched once and then left alone this long counts as dropped.
    pub quiet: Micros,
    /// Touched within this time is fast.
    pub fast: Micros,
}

/// The years for which office hours are laid out; outside them they are slower, not wrong.
const LAID_OUT: std::ops::RangeInclusive<i16> = 2000..=2050;

impl Flow {
    /// The same without what is told of single people.
    pub fn without_names(&self) -> Self {
        let people = People { reps: Vec::new(), pairs: Vec::new(), single_points: Vec::new(), ..self.people.clone() };
        Self { people, ..self.clone() }
    }
}

impl FlowConfig {
    pub const QUIET: Micros = Micros(14 * Micros::DAY.0);
    pub const FAST: Micros = Micros(5 * Micros::MINUTE.0);

    /// Monday to Friday, 9 to 17: what is taken where nobody said otherwise, and the report says so.
    pub fn office_hours(zone: Zone) -> Calendar {
        let mut hours = WeekHours::default();
        for day in [&mut hours.mon, &mut hours.tue, &mut hours.wed, &mut hours.thu, &mut hours.fri] {
            *day = vec!["09:00-17:00".into()];
        }
        let file = CalendarFile { format: 1, zone: zone.name().into(), hours, holidays: vec![], stand_by: false };
        Calendar::in_zone(&file, zone, LAID_OUT).expect("these hours are well formed")
    }
}

/// The whole analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flow {
    pub leads: u64,
    /// Leads without any activity after the filters.
    pub leads_without_events: u64,
    pub events: u64,
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    pub won: u64,
    pub lost: u64,
    pub open: u64,
    pub step_count: u64,
    pub edge_count: u64,
    pub variant_count: u64,
    pub process: Process,
    pub touch: Touch,
    pub people: People,
    pub drops: Drops,
    pub sources: Vec<SourceRow>,
    pub proposals: Vec<Proposal>,
    /// What reps answered; empty where nobody was asked.
    pub survey: Vec<survey::Answered>,
    /// Assignments against a territory table; `None` where none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territories: Option<territory::Territories>,
    /// Whether the history has activities. Without them nothing is known of touches.
    pub has_activities: bool,
    /// One row a lead: the list behind every figure.
    #[serde(skip)]
    pub rows: Vec<LeadRow>,
}

/// What the analysis says of one lead.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadRow {
    pub lead: LeadId,
    pub at: Instant,
    pub source: u32,
    pub events: u32,
    pub touches: u32,
    pub first_touch: Option<Instant>,
    pub hand_offs: u32,
    pub ping_pongs: u32,
    pub repeated: u32,
    pub closed: Option<Instant>,
    pub won: bool,
    pub variant: Option<u32>,
    pub dropped: Option<Dropped>,
}

/// Analyses a log. `filled` counts filled attributes by source, as [`Filled`] describes.
pub fn analyse(log: &FlowLog, filled: &[Filled], config: &FlowConfig) -> Flow {
    let end = log.end();
    let process = process::measure(log, &config.calendar);
    let people = people::measure(log);
    let touch = touch::measure(log, end, config);
    let drops = drops::measure(log, end, config.quiet);
    let closed = |won: bool| log.leads.iter().filter(|lead| lead.closed.is_some() && lead.won() == won).count() as u64;
    let (won, lost) = (closed(true), closed(false));
    Flow {
        leads: log.leads.len() as u64,
        leads_without_events: (0..log.leads.len()).filter(|&i| log.events_of(i).is_empty()).count() as u64,
        events: log.event_count() as u64,
        from: log.start(),
        until: end,
        won,
        lost,
        open: log.leads.len() as u64 - won - lost,
        step_count: process.steps.len() as u64,
        edge_count: process.edges.len() as u64,
        variant_count: process.variants.len() as u64,
        proposals: proposal::largest(log, &process, &people, end, config),
        sources: sources::measure(log, filled),
        rows: rows(log, &process, end, config.quiet),
        survey: Vec::new(),
        territories: None,
        has_activities: true,
        process,
        touch,
        people,
        drops,
    }
}

fn rows(log: &FlowLog, process: &Process, end: Option<Instant>, quiet: Micros) -> Vec<LeadRow> {
    let row = |(i, (lead, events)): (usize, (&FlowLead, &[FlowEvent]))| {
        let passes = people::passes(events);
        LeadRow {
            lead: lead.id,
            at: lead.at,
            source: lead.source,
            events: events.len() as u32,
            touches: events.iter().filter(|event| event.doer.is_human()).count() as u32,
            first_touch: first_touch(events).map(|event| event.at),
            hand_offs: passes.hand_offs,
            ping_pongs: passes.ping_pongs,
            repeated: process::repeats(events).count() as u32,
            closed: lead.closed.map(|(at, _)| at),
            won: lead.won(),
            variant: process.variant_of.get(i).copied().flatten(),
            dropped: drops::of(lead, events, end, quiet),
        }
    };
    log.iter().enumerate().map(row).collect()
}

fn first_touch(events: &[FlowEvent]) -> Option<&FlowEvent> {
    events.iter().find(|event| event.doer.is_human())
}

fn seconds(micros: Micros) -> f64 {
    micros.as_secs_f64()
}

/// Median and 90 % quantile of seconds (type 7: linear between order statistics); sorts them.
fn median_and_p90(seconds: &mut [f64]) -> (f64, f64) {
    use pointsman_experiment::stats::quantile::of_sorted;
    seconds.sort_unstable_by(f64::total_cmp);
    (of_sorted(seconds, 0.5), of_sorted(seconds, 0.9))
}
