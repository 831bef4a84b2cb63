//! How leads move today, from what the store holds: the rows of the views as the log that
//! `pointsman flow` reads from files, analysed by the same function, kept for a while per period.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use pointsman_decision::Snapshot;
use pointsman_domain::{Instant, Micros, RepIndex};
use pointsman_measure::{
    flow::{Flow, FlowConfig, analyse},
    kpi::Days,
    rows::LocalDay,
};
use pointsman_report::{
    Day,
    flow::FlowReport,
    part::{Document, DocumentKind, Provenance},
};
use pointsman_store::stopwatch;
use pointsman_workhours::Calendar;

use crate::{
    errand::Errand,
    error::Problem,
    kpi::{PATIENCE, locked},
    state::State,
};

mod rows;

/// First and last day of arrival, half-open; everything where there is none.
type Period = Option<(i32, i32)>;

/// An analysis as of a moment.
#[derive(Debug)]
pub struct Found {
    pub flow: Flow,
    /// The same without names of people, for those who may not see figures of single ones.
    pub nameless: Flow,
    pub as_of: Instant,
    /// Where the record stood.
    pub seq: u64,
    live: Arc<Snapshot>,
    /// The calendar whose hours count as working hours; `None` for the assumed office hours.
    calendar: Option<String>,
    cost: Duration,
}

/// Analyses kept at most: each is a few hundred kilobytes.
const KEPT: usize = 16;
/// One that takes no longer is made anew whenever anything changed.
const QUICK: Duration = Duration::from_millis(100);
/// Time passes under a quick one, too.
const SOON: Micros = Micros(10 * Micros::SECOND.0);
/// At most this share of the time is spent on a slow one: one part in so many, and not before a while.
const SHARE: u32 = 25;
const OLDEST: Micros = Micros(5 * Micros::MINUTE.0);
/// How long a program waits for an answer.
const LONG: Duration = Duration::from_secs(9);

/// The analyses that are there, and who makes them.
#[derive(Debug, Default)]
pub struct Flows {
    kept: Mutex<BTreeMap<Period, Arc<Found>>>,
    wanted: Mutex<BTreeSet<Period>>,
    making: Errand<Result<(), Problem>>,
}

impl Flows {
    /// For a page, which does not wait long: what is there by then, and `None` while the first one of
    /// this period is being made. Blocks.
    pub fn soon(&self, state: &Arc<State>, days: Option<Days>) -> Result<Option<Arc<Found>>, Problem> {
        self.within(PATIENCE, state, days)
    }

    /// For a program. Blocks.
    pub fn now(&self, state: &Arc<State>, days: Option<Days>) -> Result<Arc<Found>, Problem> {
        self.within(LONG, state, days)?.ok_or(Problem::Slow)
    }

    fn within(
        &self,
        patience: Duration,
        state: &Arc<State>,
        days: Option<Days>,
    ) -> Result<Option<Arc<Found>>, Problem> {
        let period = days.map(|days| (days.from.0, days.until.0));
        let there = || locked(&self.kept).get(&period).cloned();
        let slow = there().filter(|found| found.cost > QUICK);
        if slow.as_ref().is_some_and(|found| !found.is_old(state.now())) {
            return Ok(slow);
        }
        locked(&self.wanted).insert(period);
        let server = Arc::downgrade(state);
        let work = move || server.upgrade().ok_or(Problem::Ours).and_then(|state| state.flows.make(&state));
        // A slow one that is old is shown with its moment, and made anew beside whoever reads.
        let patience = if slow.is_some() { Duration::ZERO } else { patience };
        self.making.run(patience, work).transpose()?;
        Ok(there())
    }

    /// Makes what is wanted, one after the other.
    fn make(&self, state: &Arc<State>) -> Result<(), Problem> {
        let wanted = std::mem::take(&mut *locked(&self.wanted));
        let seq = state.desk.follow(state)?;
        for period in wanted {
            let there = locked(&self.kept).get(&period).cloned();
            if there.is_some_and(|found| found.seq == seq && state.now() - found.as_of < SOON) {
                continue;
            }
            let found = Arc::new(find(state, seq, period)?);
            let mut kept = locked(&self.kept);
            if kept.len() >= KEPT && !kept.contains_key(&period) {
                let oldest = kept.iter().min_by_key(|(_, found)| found.as_of).map(|(period, _)| *period);
                oldest.and_then(|oldest| kept.remove(&oldest));
            }
            kept.insert(period, found);
        }
        Ok(())
    }
}

impl Found {
    fn is_old(&self, now: Instant) -> bool {
        now - self.as_of >= OLDEST.max(Micros((self.cost * SHARE).as_micros() as i64))
    }

    /// The report, with or without names of people.
    pub fn report(&self, names: bool) -> FlowReport<'_> {
        let flow = if names { &self.flow } else { &self.nameless };
        let zone = self.live.home();
        let day = |at: Option<Instant>| Day::from_unix_days(zone.local_day(at.unwrap_or(self.as_of)).into());
        FlowReport {
            flow,
            from: day(flow.from),
            until: day(flow.until),
            currency: self.live.currency,
            zone: zone.name().to_owned(),
            calendar: self.calendar.clone(),
            quiet: FlowConfig::QUIET,
            provenance: Provenance {
                engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
                documents: vec![Document {
                    kind: DocumentKind::Policy,
                    name: self.live.policy().name.to_string(),
                    version: self.live.id.short(),
                    digest: self.live.id,
                }],
                seeds: Vec::new(),
                command: format!("record up to row {}, as of {}", self.seq, self.as_of),
            },
        }
    }
}

fn find(state: &Arc<State>, seq: u64, period: Period) -> Result<Found, Problem> {
    let (live, started, as_of) = (state.live()?, stopwatch::start(), state.now());
    let days = period.map(|(from, until)| Days { from: LocalDay(from), until: LocalDay(until) });
    let input = state.read_now(|reader| rows::read(reader, &live, days))?;
    let (calendar, hours) = working_hours(state, &live);
    let config = FlowConfig { calendar: hours, quiet: FlowConfig::QUIET, fast: FlowConfig::FAST };
    let mut flow = analyse(&input.log, &input.filled, &config);
    flow.has_activities = input.has_activities;
    // One row a lead, which no page shows.
    flow.rows = Vec::new();
    let nameless = flow.without_names();
    Ok(Found { flow, nameless, as_of, seq, live, calendar, cost: started.elapsed() })
}

/// The calendar that service times run in, else office hours.
fn working_hours(state: &State, live: &Snapshot) -> (Option<String>, Calendar) {
    let reps = (0..).map(RepIndex).zip(&live.roster.reps);
    let named = state.config.kpi.calendar.as_deref().and_then(|name| {
        let mut reps = reps.filter(|(_, rep)| rep.calendar.as_ref().is_some_and(|own| own.as_str() == name));
        reps.next().map(|(index, _)| (name.to_owned(), live.calendar(index).clone()))
    });
    match named {
        Some((name, hours)) => (Some(name), hours),
        None => (None, FlowConfig::office_hours(live.home().clone())),
    }
}
