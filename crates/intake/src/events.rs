//! An event log (case, activity, lifecycle, resource, time) to leads, owners, activities and
//! outcomes. Activities are told as they come; of every case only a few dozen bytes are kept.
//!
//! The owner of a case is the first person to touch it after `owned_after` was seen. A person is
//! a resource that is neither empty nor one of the system's. A case closes with its first
//! closing activity; it is won if any `won` activity comes, whenever that is, and then the
//! outcome is known once both have come.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{
    Instant, LeadId, RepId,
    record::{Activity, ActivityKind, Assignment, AssignmentKind, Lead, Outcome, Stage},
};

use crate::{
    cell::Cell,
    ids,
    join::{JoinedRow, Known},
    mapping::{Column, EventLog, Input, Mapping},
    row::{RowFault, read_attributes, rep_id},
};

impl Column {
    fn of<'a>(&self, fields: &[&'a str]) -> &'a str {
        fields.get(self.index).map_or("", |text| text.trim())
    }

    fn fault(&self, reason: impl Into<String>) -> RowFault {
        RowFault { column: self.name.clone(), reason: reason.into() }
    }
}

const NOBODY: u32 = u32::MAX;

#[derive(Debug)]
struct Case {
    external: Box<str>,
    id: LeadId,
    first_at: Instant,
    /// First closing activity, its stage, and the first winning one.
    closed: Option<(Instant, Stage)>,
    won_at: Option<Instant>,
    owner: u32,
    events: u32,
    owned_after_seen: bool,
}

/// The fold over an event log.
#[derive(Debug, Default)]
pub struct CaseLog {
    /// SipHash of the case's external id → its number.
    numbers: BTreeMap<u128, u32>,
    cases: Vec<Case>,
    reps: Vec<(RepId, Box<str>)>,
    rep_numbers: BTreeMap<Box<str>, u32>,
    systems: BTreeSet<Box<str>>,
    last: Option<(Box<str>, u32)>,
}

/// What one event says.
#[derive(Debug, PartialEq)]
pub struct CaseRow {
    pub activity: Activity,
    /// The first owner, or a hop to another person.
    pub assignment: Option<Assignment>,
}

impl EventLog {
    /// Takes one event of the log. `fields` stand in the order of [`Input::columns`].
    pub fn take(&self, mapping: &Mapping, fields: &[&str], log: &mut CaseLog) -> Result<CaseRow, RowFault> {
        let event = self.read(mapping, fields)?;
        let rep = log.rep(event.person, &self.resource)?;
        let resource = self.resource.of(fields);
        if event.person.is_none() && !resource.is_empty() && !log.systems.contains(resource) {
            log.systems.insert(resource.into());
        }
        let case = log.case(&mapping.source, event.case, event.at);
        let state = &mut log.cases[case as usize];
        let nth = state.events;
        state.events += 1;
        if let Some(stage) = self.closing.get(event.activity)
            && state.closed.is_none()
        {
            state.closed = Some((event.at, *stage));
        }
        let winning = self.won.contains(event.activity) || self.closing.get(event.activity) == Some(&Stage::Won);
        if winning && state.won_at.is_none() {
            state.won_at = Some(event.at);
        }
        let owns =
            rep != NOBODY && state.owned_after_seen && rep != state.owner && (self.hops || state.owner == NOBODY);
        let kind = if state.owner == NOBODY { AssignmentKind::First } else { AssignmentKind::Hop };
        if owns {
            state.owner = rep;
        }
        state.owned_after_seen |= self.owned_after.as_deref().is_none_or(|activity| activity == event.activity);
        let lead = state.id;
        let by = log.reps.get(rep as usize).map(|(id, _)| id.clone());
        let assignment = by.clone().filter(|_| owns).map(|rep| Assignment {
            lead,
            rep,
            at: event.at,
            known_at: event.at,
            kind,
            propensity: None,
        });
        let activity = Activity {
            id: ids::activity(u128::from_be_bytes(lead.bytes()), nth, event.at),
            lead,
            human: by.is_some(),
            rep: by,
            at: event.at,
            known_at: event.at,
            kind: self.kind(event.activity),
            label: event.activity.into(),
            lifecycle: (!event.lifecycle.is_empty()).then(|| event.lifecycle.into()),
        };
        Ok(CaseRow { activity, assignment })
    }

    fn read<'a>(&'a self, mapping: &Mapping, fields: &[&'a str]) -> Result<Event<'a>, RowFault> {
        let (case, activity, resource) = (self.case.of(fields), self.activity.of(fields), self.resource.of(fields));
        let time = |cell: &'a Cell| {
            let text = cell.text(fields, &[])?.ok_or("is empty")?;
            cell.read_time(text, &mapping.locale)
        };
        let at = time(&self.at).map_err(|reason| RowFault { column: self.at.name.clone(), reason })?;
        for (text, column) in [(case, &self.case), (activity, &self.activity)] {
            if text.is_empty() {
                return Err(column.fault("is empty"));
            }
        }
        let person = (!resource.is_empty() && !self.system_resources.contains(resource)).then_some(resource);
        let lifecycle = self.lifecycle.as_ref().map_or("", |column| column.of(fields));
        Ok(Event { case, activity, lifecycle, person, at })
    }

    fn kind(&self, activity: &str) -> ActivityKind {
        let fits = self.kinds.iter().find(|(beginning, _)| activity.starts_with(&**beginning));
        fits.map_or(ActivityKind::Other, |(_, kind)| *kind)
    }
}

struct Event<'a> {
    case: &'a str,
    activity: &'a str,
    lifecycle: &'a str,
    person: Option<&'a str>,
    at: Instant,
}

impl CaseLog {
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The system's resources that were seen: they do things, but nobody routes to them.
    pub fn systems(&self) -> impl Iterator<Item = &str> {
        self.systems.iter().map(AsRef::as_ref)
    }

    /// The people seen, with their names in the source.
    pub fn reps(&self) -> &[(RepId, Box<str>)] {
        &self.reps
    }

    fn rep(&mut self, person: Option<&str>, column: &Column) -> Result<u32, RowFault> {
        let Some(name) = person else { return Ok(NOBODY) };
        if let Some(&number) = self.rep_numbers.get(name) {
            return Ok(number);
        }
        let number = self.reps.len() as u32;
        let id =
            rep_id(name).ok_or_else(|| column.fault(format!("'{name}' has no letter or digit to name a rep by")))?;
        if let Some((_, other)) = self.reps.iter().find(|(taken, _)| *taken == id) {
            let reason = format!("'{name}' and '{other}' would both be called '{id}'; tell them apart with fixes");
            return Err(column.fault(reason));
        }
        self.reps.push((id, name.into()));
        self.rep_numbers.insert(name.into(), number);
        Ok(number)
    }

    fn case(&mut self, source: &str, external: &str, at: Instant) -> u32 {
        // Logs are mostly sorted by case: the last one is asked first.
        if let Some((last, number)) = &self.last
            && **last == *external
        {
            return *number;
        }
        let key = ids::chance("lead", source, external);
        let next = self.cases.len() as u32;
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.cases.push(Case {
                external: external.into(),
                id: LeadId::new(at, key),
                first_at: at,
                closed: None,
                won_at: None,
                owner: NOBODY,
                events: 0,
                owned_after_seen: false,
            });
        }
        let case = &mut self.cases[number as usize];
        case.first_at = case.first_at.min(at);
        self.last = Some((external.into(), number));
        number
    }

    /// Every case as a lead with its outcome, in the order in which they were first seen.
    /// The id keeps the time of the event that was read first, `at` is the earliest time.
    pub fn finish<'a>(
        &'a self,
        mapping: &'a Mapping,
        input: &'a Input,
        known: &'a Known,
    ) -> impl Iterator<Item = Result<(Lead, Option<Outcome>), RowFault>> + 'a {
        self.cases.iter().filter_map(move |case| Some(finish(case, mapping, input, input.events.as_ref()?, known)))
    }
}

fn finish(
    case: &Case,
    mapping: &Mapping,
    input: &Input,
    events: &EventLog,
    known: &Known,
) -> Result<(Lead, Option<Outcome>), RowFault> {
    let look_up = |join: &crate::mapping::Join| -> Option<JoinedRow> {
        let by_case = join.on == events.case.index;
        known.table(join.input).filter(|_| by_case).and_then(|table| table.find(&case.external))
    };
    let joined: Vec<Option<JoinedRow>> = input.joins.iter().map(look_up).collect();
    let lead = Lead {
        id: case.id,
        source_system: mapping.source.clone(),
        external_id: case.external.clone(),
        at: case.first_at,
        known_at: case.first_at,
        contact: None,
        account: None,
        attributes: read_attributes(mapping, &events.attributes, &[], &joined)?,
    };
    let outcome = match (case.closed, case.won_at) {
        (None, None) => None,
        (Some((at, stage)), None) => Some((at, at, stage)),
        (None, Some(at)) => Some((at, at, Stage::Won)),
        (Some((at, _)), Some(won)) => Some((at, at.max(won), Stage::Won)),
    };
    let Some((at, known_at, stage)) = outcome else { return Ok((lead, None)) };
    let value = match &events.value {
        Some(cell) if stage == Stage::Won => {
            let fault = |reason| RowFault { column: cell.name.clone(), reason };
            let text = cell.text(&[], &joined).map_err(fault)?;
            text.map(|text| cell.read_money(text, &mapping.locale)).transpose().map_err(fault)?
        }
        _ => None,
    };
    let outcome = Outcome { lead: lead.id, at, known_at, stage, value };
    Ok((lead, Some(outcome)))
}
