//! The canonical tables as a log of leads and what happened to them.

use std::path::Path;

use pointsman_domain::{Currency, Entity, Instant, LeadId, RepId};
use pointsman_expr::{Environment, ExprError};
use pointsman_measure::{
    Share,
    flow::{Filled, FlowEvent, FlowLog, LogBuilder},
};
use polars::prelude::*;

use crate::{History, ReadError, frame, tables::Table};

/// Rows of the activities read at once.
const SLICE: usize = 1 << 17;

/// Which leads and activities an analysis looks at. Empty means all.
#[derive(Debug, Clone, Default)]
pub struct FlowFilter {
    /// Leads that came in from then on, and before.
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    /// A condition over the lead's attributes (`lead.amount > 10000`).
    pub condition: Option<Box<str>>,
    /// Transitions of an event log (`COMPLETE`).
    pub lifecycles: Vec<Box<str>>,
    /// Beginnings of step names (`W_`).
    pub steps: Vec<Box<str>>,
    /// Only what people did.
    pub people_only: bool,
    /// The attribute of leads that says where they came from; else `source` or `channel` where
    /// there is one, else the source system.
    pub source: Option<Box<str>>,
}

/// A log, and how complete its leads are.
#[derive(Debug)]
pub struct FlowInput {
    pub log: FlowLog,
    pub filled: Vec<Filled>,
    /// Whether the history has activities at all. Without them the steps are made from
    /// assignments and outcomes, and nothing is known of touches.
    pub has_activities: bool,
    /// Of the amounts; `None` where the history does not say.
    pub currency: Option<Currency>,
}

/// Why a log cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("'{name}' is no attribute of leads here; there {}", list(.known))]
    Source { name: Box<str>, known: Vec<Box<str>> },
    #[error("condition: {0}")]
    Condition(#[from] ExprError),
}

fn list(names: &[Box<str>]) -> String {
    if names.is_empty() { "is none".into() } else { format!("are {}", names.join(", ")) }
}

/// Reads `DIR/data` of a workspace through a filter.
pub fn flow_input(workspace: &Path, filter: &FlowFilter) -> Result<FlowInput, FlowError> {
    let history = History::open(workspace)?;
    let mut builder = LogBuilder::default();
    let filled = leads(&history, filter, &mut builder)?;
    let outcomes = history.outcomes()?;
    for outcome in &outcomes {
        builder.outcome(outcome.lead, outcome.at, outcome.stage, outcome.value);
    }
    let path = history.path(Table::Activities);
    let fault = |problem: String| ReadError::Format { path: path.clone(), problem };
    let rows = frame::row_count(&path).map_err(fault)?;
    if rows > 0 {
        activities(&path, rows, filter, &mut builder)?;
    } else {
        custody(&history, &outcomes, &mut builder)?;
    }
    Ok(FlowInput { log: builder.finish(), filled, has_activities: rows > 0, currency: history.currency() })
}

fn leads(history: &History, filter: &FlowFilter, builder: &mut LogBuilder) -> Result<Vec<Filled>, FlowError> {
    let schema = &history.schema;
    let of_leads = || schema.iter().filter(|(_, entity, _)| *entity == Entity::Lead);
    let find = |name: &str| of_leads().find(|(_, _, attribute)| &*attribute.name == name).map(|(index, _, _)| index);
    let source = match &filter.source {
        Some(name) => Some(find(name).ok_or_else(|| {
            let names = of_leads().map(|(_, _, attribute)| attribute.name.clone()).collect();
            FlowError::Source { name: name.clone(), known: names }
        })?),
        None => find("source").or_else(|| find("channel")),
    };
    let environment = Environment::new(schema);
    let condition = filter.condition.as_deref().map(|source| environment.compile(source)).transpose()?;
    let mut row = environment.row();
    let mut sources: Vec<Box<str>> = Vec::new();
    let mut filled: Vec<Filled> = of_leads()
        .map(|(_, _, attribute)| Filled { attribute: attribute.name.clone(), by_source: Vec::new() })
        .collect();
    for lead in history.leads()? {
        let inside = filter.from.is_none_or(|from| lead.at >= from) && filter.until.is_none_or(|until| lead.at < until);
        let holds = condition.as_ref().is_none_or(|condition| {
            row.clear();
            row.take(&lead.attributes);
            condition.eval(&row)
        });
        if !(inside && holds) {
            continue;
        }
        let name = match source {
            Some(index) => lead.attributes.get(index).map_or_else(|| "–".into(), |value| schema.show(index, value)),
            None => lead.source_system.to_string(),
        };
        builder.lead(lead.id, lead.at, &name);
        let place = sources.iter().position(|known| **known == *name).unwrap_or_else(|| {
            sources.push(name.as_str().into());
            sources.len() - 1
        });
        for (one, (index, _, _)) in filled.iter_mut().zip(of_leads()) {
            one.by_source.resize(sources.len(), Share::default());
            one.by_source[place].count(lead.attributes.get(index).is_some());
        }
    }
    Ok(filled)
}

/// Activities, column by column: of each row only what a flow needs.
fn activities(path: &Path, rows: usize, filter: &FlowFilter, builder: &mut LogBuilder) -> Result<(), ReadError> {
    let fault = |problem: String| ReadError::Format { path: path.to_owned(), problem };
    let known = frame::column_names(path).map_err(fault)?;
    let with_lifecycle = known.iter().any(|name| name == "lifecycle");
    if !filter.lifecycles.is_empty() && !with_lifecycle {
        let problem = "is missing; import the data again".into();
        return Err(ReadError::Column { path: path.to_owned(), column: "lifecycle".into(), problem });
    }
    let names = ["lead_id", "rep", "at", "label", "human", "lifecycle"];
    let columns: Vec<String> = names[..5 + usize::from(with_lifecycle)].iter().map(|&name| name.into()).collect();
    let mut lead: (String, Option<u32>) = Default::default();
    let mut start = 0;
    while start < rows {
        let mut slice = frame::read_slice(path, Some(&columns), start, SLICE).map_err(fault)?;
        slice.rechunk_mut_par();
        let read = Slice::new(&slice, with_lifecycle).map_err(|e| fault(e.to_string()))?;
        for at in 0..slice.height() {
            let text = read.leads.get(at).unwrap_or_default();
            // Logs are mostly sorted by lead: the last one is asked first.
            if text != lead.0 {
                let id: LeadId = text.parse().map_err(|e| fault(format!("row {}: {e}", start + at + 1)))?;
                lead = (text.to_owned(), builder.find(&id));
            }
            let Some(number) = lead.1 else { continue };
            let human = read.humans.get(at).unwrap_or_default();
            let label = read.labels.get(at).unwrap_or_default();
            let lifecycle = read.lifecycles.and_then(|column| column.get(at)).unwrap_or_default();
            if !filter.takes(label, lifecycle, human) {
                continue;
            }
            let rep = read.reps.get(at).filter(|_| human).map(str::parse::<RepId>).transpose();
            let rep = rep.map_err(|e| fault(format!("row {}: {e}", start + at + 1)))?;
            let time = read.times.get(at).ok_or_else(|| fault(format!("row {}: has no time", start + at + 1)))?;
            let event = FlowEvent {
                at: Instant::from_unix_micros(frame::micros(time, read.unit)),
                doer: builder.doer(rep.as_ref(), human),
                step: builder.step(label),
            };
            builder.event(number, event);
        }
        start += SLICE;
    }
    Ok(())
}

impl FlowFilter {
    fn takes(&self, step: &str, lifecycle: &str, human: bool) -> bool {
        (human || !self.people_only)
            && (self.lifecycles.is_empty() || self.lifecycles.iter().any(|one| **one == *lifecycle))
            && (self.steps.is_empty() || self.steps.iter().any(|beginning| step.starts_with(&**beginning)))
    }
}

struct Slice<'a> {
    leads: &'a StringChunked,
    reps: &'a StringChunked,
    labels: &'a StringChunked,
    lifecycles: Option<&'a StringChunked>,
    humans: &'a BooleanChunked,
    times: &'a Int64Chunked,
    unit: TimeUnit,
}

impl<'a> Slice<'a> {
    fn new(frame: &'a DataFrame, with_lifecycle: bool) -> PolarsResult<Self> {
        let times = frame.column("at")?.datetime()?;
        Ok(Self {
            leads: frame.column("lead_id")?.str()?,
            reps: frame.column("rep")?.str()?,
            labels: frame.column("label")?.str()?,
            lifecycles: with_lifecycle.then(|| frame.column("lifecycle")?.str()).transpose()?,
            humans: frame.column("human")?.bool()?,
            times: times.physical(),
            unit: times.time_unit(),
        })
    }
}

/// A history without activities still says who had a lead and how it ended.
fn custody(
    history: &History,
    outcomes: &[pointsman_domain::record::Outcome],
    builder: &mut LogBuilder,
) -> Result<(), ReadError> {
    for assignment in history.assignments()? {
        if let Some(lead) = builder.find(&assignment.lead) {
            let first = assignment.kind == pointsman_domain::record::AssignmentKind::First;
            builder.assigned(lead, assignment.at, &assignment.rep, first);
        }
    }
    for outcome in outcomes {
        if let Some(lead) = builder.find(&outcome.lead) {
            builder.moved(lead, outcome.at, outcome.stage);
        }
    }
    Ok(())
}
