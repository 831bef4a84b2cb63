//! Rows of the views as a log of leads and what happened to them.

use std::collections::BTreeMap;

use pointsman_decision::Snapshot;
use pointsman_domain::{Entity, Instant, LeadId, Money, RepId, record::Stage};
use pointsman_measure::{
    Share,
    flow::{Filled, FlowEvent, FlowLog, LogBuilder},
    kpi::Days,
};
use pointsman_store::{Reader, StoreError, load::Cell, view::View};
use serde::{Deserialize, de::IntoDeserializer};

/// A log, and how complete its leads are.
pub struct Input {
    pub log: FlowLog,
    pub filled: Vec<Filled>,
    pub has_activities: bool,
}

/// What a lead may tell of itself, as the view names it.
const DIMENSIONS: [&str; 8] =
    ["channel", "campaign", "country", "industry", "size", "language", "product", "direction"];
/// Of a view where the source says nothing.
const UNKNOWN: &str = "–";
/// The step of a lead that a person worked, as its stage says, without an activity that tells of it.
const WORKED: &str = "worked";

pub fn read(reader: &mut dyn Reader, live: &Snapshot, days: Option<Days>) -> Result<Input, StoreError> {
    let mut log = LogBuilder::default();
    let (filled, mut touched) = leads(reader, live, days, &mut log)?;
    outcomes(reader, &mut log)?;
    let has_activities = activities(reader, &mut log, &mut touched)?;
    if has_activities {
        touched.into_iter().for_each(|(lead, at)| worked(&mut log, lead, at));
    } else {
        custody(reader, &mut log)?;
    }
    Ok(Input { log: log.finish(), filled, has_activities })
}

/// A column of a row of a view.
struct Columns(&'static View);

impl Columns {
    fn of(view: &str) -> Self {
        Self(View::find(view).expect("it is one of the views"))
    }

    fn at(&self, name: &str) -> usize {
        self.0.column(name).expect("it is one of the view's columns")
    }
}

fn text<'a>(cell: &'a Cell<'_>) -> Option<&'a str> {
    match cell {
        Cell::Text(text) => text.as_deref(),
        _ => None,
    }
}

fn int(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Int(n) => *n,
        _ => None,
    }
}

fn time(cell: &Cell<'_>) -> Option<Instant> {
    int(cell).map(Instant::from_unix_micros)
}

fn id(cell: &Cell<'_>) -> Option<LeadId> {
    text(cell)?.parse().ok()
}

/// Leads of the period; and when those that came in here were first worked.
fn leads(
    reader: &mut dyn Reader,
    live: &Snapshot,
    days: Option<Days>,
    log: &mut LogBuilder,
) -> Result<(Vec<Filled>, BTreeMap<u32, Instant>), StoreError> {
    let columns = Columns::of("lead");
    let [lead, origin, source, arrived, day, touched] =
        ["lead_id", "origin", "source", "arrived_at", "arrived_day", "touched_at"].map(|name| columns.at(name));
    let asked = |name: &&str| live.schema.iter().any(|(_, of, a)| of == Entity::Lead && *a.name == **name);
    let fields: Vec<(&str, usize)> =
        DIMENSIONS.iter().filter(|name| asked(name)).map(|name| (*name, columns.at(name))).collect();
    let mut filled: Vec<Filled> =
        fields.iter().map(|(name, _)| Filled { attribute: (*name).into(), by_source: Vec::new() }).collect();
    let mut sources: BTreeMap<Box<str>, usize> = BTreeMap::new();
    let mut first_touches = BTreeMap::new();
    let mut take = |cells: &[Cell<'_>]| {
        let inside = days.is_none_or(|days| {
            int(&cells[day]).is_some_and(|day| (i64::from(days.from.0)..i64::from(days.until.0)).contains(&day))
        });
        let (Some(id), Some(at), true) = (id(&cells[lead]), time(&cells[arrived]), inside) else { return };
        let name = text(&cells[source]).unwrap_or(UNKNOWN);
        log.lead(id, at, name);
        let next = sources.len();
        let place = *sources.entry(name.into()).or_insert(next);
        for (one, (_, column)) in filled.iter_mut().zip(&fields) {
            one.by_source.resize(sources.len().max(one.by_source.len()), Share::default());
            one.by_source[place].count(text(&cells[*column]).is_some());
        }
        // What was imported says by its activities who did what.
        let here = text(&cells[origin]) != Some("import");
        first_touches.extend(log.find(&id).zip(time(&cells[touched]).filter(|_| here)));
    };
    reader.view(columns.0, &mut |cells| {
        take(cells);
        Ok(())
    })?;
    Ok((filled, first_touches))
}

fn outcomes(reader: &mut dyn Reader, log: &mut LogBuilder) -> Result<(), StoreError> {
    let columns = Columns::of("outcome");
    let [lead, at, stage, value] = ["lead_id", "at", "stage", "value"].map(|name| columns.at(name));
    reader.view(columns.0, &mut |cells| {
        if let (Some(id), Some(at), Some(stage)) = (id(&cells[lead]), time(&cells[at]), stage_of(&cells[stage])) {
            log.outcome(id, at, stage, int(&cells[value]).map(Money));
        }
        Ok(())
    })
}

fn stage_of(cell: &Cell<'_>) -> Option<Stage> {
    let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text(cell)?.into_deserializer();
    Stage::deserialize(word).ok()
}

/// Whether the store holds any. A lead that an activity tells of is taken out of `touched`.
fn activities(
    reader: &mut dyn Reader,
    log: &mut LogBuilder,
    touched: &mut BTreeMap<u32, Instant>,
) -> Result<bool, StoreError> {
    let columns = Columns::of("activity");
    let [lead, rep, at, kind, label, human] =
        ["lead_id", "rep", "at", "kind", "label", "human"].map(|name| columns.at(name));
    let mut any = false;
    reader.view(columns.0, &mut |cells| {
        any = true;
        let number = id(&cells[lead]).and_then(|id| log.find(&id));
        let (Some(number), Some(at)) = (number, time(&cells[at])) else { return Ok(()) };
        let human = int(&cells[human]) == Some(1);
        let rep: Option<RepId> = text(&cells[rep]).filter(|_| human).and_then(|rep| rep.parse().ok());
        let label = text(&cells[label]).filter(|label| !label.is_empty());
        let step = log.step(label.or_else(|| text(&cells[kind])).unwrap_or(UNKNOWN));
        let doer = log.doer(rep.as_ref(), human);
        log.event(number, FlowEvent { at, doer, step });
        if human && touched.get(&number).is_some_and(|first| at <= *first) {
            touched.remove(&number);
        }
        Ok(())
    })?;
    Ok(any)
}

/// Somebody set the stage by hand: the lead was touched, though no activity says by whom.
fn worked(log: &mut LogBuilder, lead: u32, at: Instant) {
    let (doer, step) = (log.doer(None, true), log.step(WORKED));
    log.event(lead, FlowEvent { at, doer, step });
}

/// A store without activities still says who had a lead and how it ended.
fn custody(reader: &mut dyn Reader, log: &mut LogBuilder) -> Result<(), StoreError> {
    let columns = Columns::of("assignment");
    let [lead, rep, at, first] = ["lead_id", "rep", "at", "first"].map(|name| columns.at(name));
    reader.view(columns.0, &mut |cells| {
        let number = id(&cells[lead]).and_then(|id| log.find(&id));
        let rep = text(&cells[rep]).and_then(|rep| rep.parse::<RepId>().ok());
        if let (Some(number), Some(rep), Some(at)) = (number, rep, time(&cells[at])) {
            log.assigned(number, at, &rep, int(&cells[first]) == Some(1));
        }
        Ok(())
    })?;
    let columns = Columns::of("outcome");
    let [lead, at, stage] = ["lead_id", "at", "stage"].map(|name| columns.at(name));
    reader.view(columns.0, &mut |cells| {
        let number = id(&cells[lead]).and_then(|id| log.find(&id));
        if let (Some(number), Some(at), Some(stage)) = (number, time(&cells[at]), stage_of(&cells[stage])) {
            log.moved(number, at, stage);
        }
        Ok(())
    })
}
