//! The canonical tables as the rows that figures are measured on.

use std::{collections::BTreeSet, path::Path};

use pointsman_domain::{
    AttributeIndex, Currency, Entity, Instant, LeadId, Value,
    record::{ActivityKind, Lead, Stage},
};
use pointsman_expr::{Environment, ExprError};
use pointsman_measure::rows::{HistoryRows, LeadRow, LocalDay, Name, Names, SIZED_BY, completeness, size_band};
use pointsman_workhours::Zone;

use crate::{History, ReadError};

/// What a reading needs to know besides the tables.
#[derive(Debug, Clone)]
pub struct KpiRead<'a> {
    /// Dates are of this zone.
    pub zone: &'a Zone,
    /// The attribute of leads that segments them.
    pub segment: Option<&'a str>,
    /// The calendar that service time runs in.
    pub calendar: Option<&'a str>,
    /// Only leads for which a condition over their attributes holds.
    pub condition: Option<&'a str>,
}

/// Rows, with the dictionary that they are written in.
#[derive(Debug)]
pub struct KpiInput {
    pub names: Names,
    pub leads: Vec<LeadRow>,
    /// The last thing that the tables know: "now" for a history.
    pub latest: Option<Instant>,
    pub currency: Option<Currency>,
}

/// Why rows cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum KpiReadError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("'{0}' is no attribute of leads here")]
    Segment(Box<str>),
    #[error("condition: {0}")]
    Condition(#[from] ExprError),
}

/// Reads `DIR/data` of a workspace.
pub fn kpi_input(workspace: &Path, read: &KpiRead<'_>) -> Result<KpiInput, KpiReadError> {
    let history = History::open(workspace)?;
    let mut names = Names::default();
    let mut rows = HistoryRows::new(&mut names);
    history.reps()?.iter().for_each(|rep| rows.rep(rep));
    let all = history.leads()?;
    // "Now" is of the whole history, whichever leads are asked for.
    let arrived = all.iter().map(|lead| lead.at).max();
    leads(&history, all, read, &mut rows)?;
    history.assignments()?.iter().for_each(|assignment| rows.assignment(assignment));
    let outcomes = history.outcomes()?;
    outcomes.iter().for_each(|outcome| rows.outcome(outcome));
    history.feedback()?.iter().for_each(|feedback| rows.feedback(feedback));
    let mut done = None;
    let mut last: Option<(LeadId, Option<u32>)> = None;
    history.for_each_activity(|activity| {
        done = done.max(Some(activity.at));
        // Logs are mostly sorted by lead: the last one is asked first.
        let place = match last {
            Some((lead, place)) if lead == activity.lead => place,
            _ => rows.find(&activity.lead),
        };
        last = Some((activity.lead, place));
        rows.touch(place, activity.at, activity.human, activity.kind == ActivityKind::Meeting);
    })?;
    let ended = outcomes.iter().map(|outcome| outcome.at).max();
    let latest = rows.latest().max(arrived).max(done).max(ended);
    let leads = rows.finish();
    Ok(KpiInput { leads, latest, currency: history.currency(), names })
}

/// Where a word of a row stands.
type Field = fn(&mut LeadRow) -> &mut Option<Name>;

/// Attributes by the names that every workspace has.
struct Columns {
    dimensions: Vec<(AttributeIndex, Field)>,
    size: Option<AttributeIndex>,
    segment: Option<AttributeIndex>,
    required: BTreeSet<AttributeIndex>,
    source: Option<AttributeIndex>,
}

impl Columns {
    fn find(history: &History, read: &KpiRead<'_>) -> Result<Self, KpiReadError> {
        let of_leads = || history.schema.iter().filter(|(_, entity, _)| *entity == Entity::Lead);
        let find =
            |name: &str| of_leads().find(|(_, _, attribute)| &*attribute.name == name).map(|(index, _, _)| index);
        let segment = match read.segment {
            Some(name) => Some(find(name).ok_or_else(|| KpiReadError::Segment(name.into()))?),
            None => None,
        };
        let named: [(&str, Field); 7] = [
            ("channel", |row| &mut row.channel),
            ("campaign", |row| &mut row.campaign),
            ("country", |row| &mut row.country),
            ("industry", |row| &mut row.industry),
            ("language", |row| &mut row.language),
            ("product", |row| &mut row.product),
            ("direction", |row| &mut row.direction),
        ];
        Ok(Self {
            dimensions: named.into_iter().filter_map(|(name, field)| Some((find(name)?, field))).collect(),
            size: SIZED_BY.into_iter().find_map(find),
            segment,
            required: of_leads().filter(|(_, _, attribute)| attribute.required).map(|(index, _, _)| index).collect(),
            source: find("source").or_else(|| find("channel")),
        })
    }
}

fn leads(
    history: &History,
    all: Vec<Lead>,
    read: &KpiRead<'_>,
    rows: &mut HistoryRows<'_>,
) -> Result<(), KpiReadError> {
    let schema = &history.schema;
    let columns = Columns::find(history, read)?;
    let calendar = read.calendar.map(|calendar| rows.names().intern(calendar));
    let environment = Environment::new(schema);
    let condition = read.condition.map(|source| environment.compile(source)).transpose()?;
    let mut asked = environment.row();
    for lead in all {
        let holds = condition.as_ref().is_none_or(|condition| {
            asked.clear();
            asked.take(&lead.attributes);
            condition.eval(&asked)
        });
        if !holds {
            continue;
        }
        let mut row = LeadRow::new(lead.id, lead.at, LocalDay(read.zone.local_day(lead.at)));
        let mut word = |index: AttributeIndex| {
            let value = lead.attributes.get(index)?;
            let shown = match value {
                Value::Integer(n) if Some(index) == columns.size => size_band(*n)?.to_owned(),
                value => schema.show(index, value),
            };
            Some(rows.names().intern(&shown))
        };
        for (index, field) in &columns.dimensions {
            *field(&mut row) = word(*index);
        }
        row.size = columns.size.and_then(&mut word);
        row.segment = match columns.segment {
            Some(index) => word(index),
            None => row.size,
        };
        row.source = match columns.source {
            Some(index) => word(index),
            None => Some(rows.names().intern(&lead.source_system)),
        };
        let filled = columns.required.iter().filter(|index| lead.attributes.get(**index).is_some()).count();
        row.completeness = completeness(filled, columns.required.len());
        row.calendar = calendar;
        row.stage = Stage::Open;
        rows.lead(row);
    }
    Ok(())
}
