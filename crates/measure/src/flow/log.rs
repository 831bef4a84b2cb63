//! Rows in: leads and what happened to them, in the order in which it happened.

use std::collections::BTreeMap;

use pointsman_domain::{Instant, LeadId, Money, RepId, record::Stage};

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doer(u32);

impl Doer {
    /// A system, or nobody known.
    pub const MACHINE: Self = Self(u32::MAX);
    /// A person without a name in the data.
    pub const SOMEBODY: Self = Self(u32::MAX - 1);

    pub fn is_human(self) -> bool {
        self != Self::MACHINE
    }

    /// The place in [`FlowLog::reps`].
    pub fn rep(self) -> Option<usize> {
        (self < Self::SOMEBODY).then_some(self.0 as usize)
    }
}

/// A lead as far as its flow goes.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowLead {
    pub id: LeadId,
    /// When it came in.
    pub at: Instant,
    /// The place in [`FlowLog::sources`].
    pub source: u32,
    /// How and when it ended; the last word is the one that counts.
    pub closed: Option<(Instant, Stage)>,
    pub value: Option<Money>,
}

impl FlowLead {
    pub fn won(&self) -> bool {
        matches!(self.closed, Some((_, Stage::Won)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowEvent {
    pub at: Instant,
    pub doer: Doer,
    /// The place in [`FlowLog::steps`].
    pub step: u32,
}

/// Leads with their events, by lead, then time, then the order in which they were told.
#[derive(Debug, Clone, Default)]
pub struct FlowLog {
    pub steps: Vec<Box<str>>,
    pub reps: Vec<RepId>,
    pub sources: Vec<Box<str>>,
    pub leads: Vec<FlowLead>,
    events: Vec<FlowEvent>,
    /// `starts[i]..starts[i + 1]` are the events of lead i.
    starts: Vec<usize>,
}

impl FlowLog {
    pub fn events_of(&self, lead: usize) -> &[FlowEvent] {
        &self.events[self.starts[lead]..self.starts[lead + 1]]
    }

    pub fn event_count(&self) -> usize {
        self.events.len()
    }

    /// Every lead with its events.
    pub fn iter(&self) -> impl Iterator<Item = (&FlowLead, &[FlowEvent])> {
        self.leads.iter().enumerate().map(|(i, lead)| (lead, self.events_of(i)))
    }

    /// The last thing known: of events, arrivals and closings.
    pub fn end(&self) -> Option<Instant> {
        let events = self.events.iter().map(|event| event.at);
        let leads = self.leads.iter().flat_map(|lead| [Some(lead.at), lead.closed.map(|(at, _)| at)]);
        events.chain(leads.flatten()).max()
    }

    pub fn start(&self) -> Option<Instant> {
        self.leads.iter().map(|lead| lead.at).min()
    }
}

/// Takes leads first, then their events in any order.
#[derive(Debug, Default)]
pub struct LogBuilder {
    log: FlowLog,
    lead_numbers: BTreeMap<LeadId, u32>,
    step_numbers: BTreeMap<Box<str>, u32>,
    rep_numbers: BTreeMap<RepId, u32>,
    source_numbers: BTreeMap<Box<str>, u32>,
    of_lead: Vec<u32>,
}

impl LogBuilder {
    pub fn lead(&mut self, id: LeadId, at: Instant, source: &str) {
        let source = number(&mut self.source_numbers, &mut self.log.sources, source);
        let next = self.log.leads.len() as u32;
        if *self.lead_numbers.entry(id).or_insert(next) == next {
            self.log.leads.push(FlowLead { id, at, source, closed: None, value: None });
        }
    }

    /// How a lead ended; a later word replaces an earlier one. Stages that close nothing are
    /// passed over.
    pub fn outcome(&mut self, id: LeadId, at: Instant, stage: Stage, value: Option<Money>) {
        let Some(&lead) = self.lead_numbers.get(&id).filter(|_| stage.closes()) else { return };
        let lead = &mut self.log.leads[lead as usize];
        if lead.closed.is_none_or(|(before, _)| before <= at) {
            lead.closed = Some((at, stage));
            lead.value = value;
        }
    }

    /// The number of a lead that was taken.
    pub fn find(&self, id: &LeadId) -> Option<u32> {
        self.lead_numbers.get(id).copied()
    }

    /// The number under which [`LogBuilder::event`] takes this step.
    pub fn step(&mut self, name: &str) -> u32 {
        number(&mut self.step_numbers, &mut self.log.steps, name)
    }

    pub fn doer(&mut self, rep: Option<&RepId>, human: bool) -> Doer {
        let Some(rep) = rep.filter(|_| human) else { return if human { Doer::SOMEBODY } else { Doer::MACHINE } };
        if let Some(&known) = self.rep_numbers.get(rep) {
            return Doer(known);
        }
        let next = self.log.reps.len() as u32;
        self.rep_numbers.insert(rep.clone(), next);
        self.log.reps.push(rep.clone());
        Doer(next)
    }

    pub fn event(&mut self, lead: u32, event: FlowEvent) {
        self.of_lead.push(lead);
        self.log.events.push(event);
    }

    /// A step made of who had a lead, for a history without activities.
    pub fn assigned(&mut self, lead: u32, at: Instant, rep: &RepId, first: bool) {
        let (doer, step) = (self.doer(Some(rep), true), self.step(if first { "assigned" } else { "passed on" }));
        self.event(lead, FlowEvent { at, doer, step });
    }

    /// The same of how far it got.
    pub fn moved(&mut self, lead: u32, at: Instant, stage: Stage) {
        let word = match stage {
            Stage::Won => "won",
            Stage::Lost => "lost",
            stage if stage.closes() => "closed otherwise",
            _ => "moved on",
        };
        let (doer, step) = (self.doer(None, false), self.step(word));
        self.event(lead, FlowEvent { at, doer, step });
    }

    /// Sorts the events by lead, time and the order in which they were told.
    pub fn finish(self) -> FlowLog {
        let Self { mut log, of_lead, .. } = self;
        let mut starts = vec![0usize; log.leads.len() + 1];
        for &lead in &of_lead {
            starts[lead as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let empty = FlowEvent { at: Instant::MIN, doer: Doer::MACHINE, step: 0 };
        let mut sorted = vec![empty; log.events.len()];
        let mut next = starts.clone();
        for (event, &lead) in log.events.iter().zip(&of_lead) {
            let place = &mut next[lead as usize];
            sorted[*place] = *event;
            *place += 1;
        }
        for span in starts.windows(2) {
            // Stable: what happened in the same microsecond keeps its order.
            sorted[span[0]..span[1]].sort_by_key(|event| event.at);
        }
        log.events = sorted;
        log.starts = starts;
        log
    }
}

fn number(numbers: &mut BTreeMap<Box<str>, u32>, names: &mut Vec<Box<str>>, name: &str) -> u32 {
    if let Some(&known) = numbers.get(name) {
        return known;
    }
    let next = names.len() as u32;
    numbers.insert(name.into(), next);
    names.push(name.into());
    next
}
