//! What is known of the lead itself: attributes as levels or numbers, time of the week, activities.

use std::collections::BTreeMap;

use pointsman_domain::{AccountId, AttributeIndex, AttributeType, Entity, Instant, Values, record::ActivityKind};
use pointsman_scoring::{
    Coded, Executor, FeatureSpec, LocalTime, Missing, Source,
    row::number_of,
    spec::{Feature, FeatureKind},
};
use polars::prelude::StringChunked;

use super::{
    column::Column,
    group::{Group, for_each_group},
    local::local_times,
    owned::Owned,
    places::Places,
    words::Words,
};
use crate::{FeatureError, History, ReadError, frame, tables::Table};

/// An attribute that features read, and as what.
#[derive(PartialEq)]
struct Read {
    entity: Entity,
    at: AttributeIndex,
    name: String,
    kind: AttributeType,
    as_text: bool,
}

pub enum AttributeColumn {
    Texts(Column),
    Numbers(Vec<f64>),
}

/// What was read, in the order of [`reads`].
pub struct Columns {
    reads: Vec<Read>,
    values: Vec<AttributeColumn>,
}

/// The words of the activity kinds that features count, in the order of the features.
pub fn engagement_kinds(spec: &FeatureSpec) -> Vec<&'static str> {
    let kinds = spec.features.iter().filter_map(|f| match f.source {
        Source::Engagement { kind } => Some(kind),
        _ => None,
    });
    kinds.map(activity_word).collect()
}

fn activity_word(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Call => "call",
        ActivityKind::Mail => "mail",
        ActivityKind::Meeting => "meeting",
        ActivityKind::PageView => "page_view",
        ActivityKind::Task => "task",
        ActivityKind::State => "state",
        ActivityKind::Other => "other",
    }
}

/// Leads of one row group: their rows, and per attribute read what is known of them.
struct Part {
    places: Vec<Option<u32>>,
    values: Vec<AttributeColumn>,
}

type Accounts = BTreeMap<AccountId, (Instant, Values)>;

/// Reads every attribute that a feature asks for.
pub fn read(
    history: &History,
    executor: &Executor,
    places: &Places<'_>,
    owned: &Owned,
) -> Result<Columns, FeatureError> {
    let rows = owned.lead.len();
    let reads = reads(history, executor);
    let mut values: Vec<AttributeColumn> = reads.iter().map(|read| AttributeColumn::missing(read, rows)).collect();
    let mut wanted = vec!["id".to_owned()];
    wanted.extend(reads.iter().filter(|read| read.entity == Entity::Lead).map(|read| format!("a_{}", read.name)));
    let accounts: Accounts = match reads.iter().any(|read| read.entity == Entity::Account) {
        true => history.accounts()?.into_iter().map(|a| (a.id, (a.known_at, a.attributes))).collect(),
        false => BTreeMap::new(),
    };
    if !accounts.is_empty() {
        wanted.push("account_id".to_owned());
    }
    let parse = |group: &Group<'_>| {
        let mut search = places.search(group.start);
        let find = |(row, lead)| Ok(search.find(group.id(lead, 0, row)?));
        let places: Vec<Option<u32>> =
            group.texts(0)?.iter().enumerate().map(find).collect::<Result<_, ReadError>>()?;
        let mut values: Vec<AttributeColumn> =
            reads.iter().map(|read| AttributeColumn::missing(read, group.rows())).collect();
        let own = reads.iter().zip(&mut values).filter(|(read, _)| read.entity == Entity::Lead);
        for (column, (read, values)) in own.enumerate() {
            take(group, column + 1, read, executor, &places, values)?;
        }
        if !accounts.is_empty() {
            take_accounts(group, wanted.len() - 1, &reads, executor, (&places, &owned.at), &accounts, &mut values)?;
        }
        Ok(Part { places, values })
    };
    let mut found = vec![false; rows];
    for_each_group(history, Table::Leads, &wanted, parse, |part| {
        part.places.iter().flatten().for_each(|&place| found[place as usize] = true);
        values.iter_mut().zip(part.values).for_each(|(values, part_values)| values.put(&part.places, part_values));
        Ok(())
    })?;
    if let Some(row) = found.iter().position(|found| !found) {
        let rep = owned.reps[owned.rep[row] as usize].clone();
        return Err(FeatureError::NoLead { lead: owned.lead[row], rep });
    }
    Ok(Columns { reads, values })
}

impl AttributeColumn {
    fn missing(read: &Read, rows: usize) -> Self {
        match read.as_text {
            true => Self::Texts(Column::missing(rows)),
            false => Self::Numbers(vec![f64::NAN; rows]),
        }
    }

    /// Puts values of a row group where their leads stand; what is missing leaves what is there.
    fn put(&mut self, places: &[Option<u32>], part: Self) {
        match (self, part) {
            (Self::Numbers(into), Self::Numbers(from)) => {
                let known = places.iter().zip(from).filter(|(_, number)| !number.is_nan());
                known.for_each(|(place, number)| place.iter().for_each(|&place| into[place as usize] = number));
            }
            (Self::Texts(into), Self::Texts(from)) => {
                let codes = into.words.adopt(&from.words);
                let known = places.iter().zip(from.codes).filter(|(_, code)| *code != Coded::MISSING);
                known.for_each(|(place, code)| {
                    place.iter().for_each(|&place| into.codes[place as usize] = codes[code as usize]);
                });
            }
            _ => {}
        }
    }
}

fn reads(history: &History, executor: &Executor) -> Vec<Read> {
    let mut reads: Vec<Read> = Vec::new();
    for feature in &executor.spec().features {
        let Some((entity, name)) = feature.source.attribute() else { continue };
        let Some(at) = history.schema.find(entity, name) else { continue };
        let Some((_, attribute)) = history.schema.get(at) else { continue };
        let of_place = !matches!(feature.source, Source::Attribute { .. });
        let as_text = of_place || feature.kind == FeatureKind::Category;
        let read = Read { entity, at, name: name.into(), kind: attribute.kind, as_text };
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
    reads
}

/// Takes a column of leads.
fn take(
    group: &Group<'_>,
    column: usize,
    read: &Read,
    executor: &Executor,
    places: &[Option<u32>],
    into: &mut AttributeColumn,
) -> Result<(), ReadError> {
    match into {
        AttributeColumn::Numbers(into) => *into = group.numbers(column)?,
        AttributeColumn::Texts(into) => {
            let plain;
            let texts: &StringChunked = match group.texts(column) {
                Ok(texts) => texts,
                Err(_) => {
                    let texts = frame::texts_of(group.column(column)).map_err(|e| group.fault(column, 0, e))?;
                    let some = |text: String| Some(text).filter(|text| !text.is_empty());
                    plain = texts.into_iter().map(some).collect();
                    &plain
                }
            };
            // A text is parsed once, however often it occurs.
            let mut seen = Words::default();
            let mut levels: Vec<u32> = Vec::new();
            for (row, (text, place)) in texts.iter().zip(places).enumerate() {
                let (Some(text), Some(_)) = (text, place) else { continue };
                let code = seen.code(text) as usize;
                if code == levels.len() {
                    levels.push(level(executor, read, text, into).map_err(|e| group.fault(column, row, e))?);
                }
                into.codes[row] = levels[code];
            }
        }
    }
    Ok(())
}

fn level(executor: &Executor, read: &Read, text: &str, into: &mut Column) -> Result<u32, String> {
    let Some((_, attribute)) = executor.schema().get(read.at) else { return Ok(Coded::MISSING) };
    let Some(value) = attribute.parse(text).map_err(|e| e.to_string())? else { return Ok(Coded::MISSING) };
    Ok(executor.text(read.at, &value).map_or(Coded::MISSING, |text| into.words.code(&text)))
}

/// Takes the attributes of the leads' accounts, as far as they were known at the decision.
fn take_accounts(
    group: &Group<'_>,
    column: usize,
    reads: &[Read],
    executor: &Executor,
    (places, at): (&[Option<u32>], &[i64]),
    accounts: &Accounts,
    values: &mut [AttributeColumn],
) -> Result<(), ReadError> {
    for (row, (text, place)) in group.texts(column)?.iter().zip(places).enumerate() {
        let (Some(_), Some(place)) = (text, place) else { continue };
        let Some((known_at, account)) = accounts.get(&group.id(text, column, row)?) else { continue };
        if known_at.unix_micros() <= at[*place as usize] {
            let of_account = reads.iter().zip(&mut *values).filter(|(read, _)| read.entity == Entity::Account);
            of_account.for_each(|(read, values)| set(read, executor, account, row, values));
        }
    }
    Ok(())
}

/// Takes an attribute of an account.
fn set(read: &Read, executor: &Executor, account: &Values, place: usize, into: &mut AttributeColumn) {
    let Some(value) = account.get(read.at) else { return };
    match into {
        AttributeColumn::Numbers(numbers) => numbers[place] = number_of(value).unwrap_or(f64::NAN),
        AttributeColumn::Texts(column) => {
            if let Some(text) = executor.text(read.at, value) {
                column.codes[place] = column.words.code(&text);
            }
        }
    }
}

/// Puts what was read into the executor's order.
pub fn assemble(
    owned: &mut Owned,
    executor: &Executor,
    columns: &Columns,
    counts: Vec<Vec<u32>>,
    local: &dyn Fn(Instant) -> LocalTime,
) {
    let spec = executor.spec();
    let mut times: BTreeMap<Option<usize>, Vec<LocalTime>> = BTreeMap::new();
    for feature in &spec.features {
        if let Some(zone) = columns.zone(feature) {
            let of = zone.and_then(|i| columns.texts(i));
            times.entry(zone).or_insert_with(|| local_times(&owned.at, of, local));
        }
    }
    let clock = |feature: &Feature| columns.zone(feature).and_then(|zone| times.get(&zone));
    let hours = |feature: &Feature| matches!(feature.source, Source::Hour | Source::HourOf { .. });
    let mut engagement = counts.into_iter();
    for feature in &spec.features {
        let shown = |time: &LocalTime| if hours(feature) { time.hour } else { time.weekday };
        let place = columns.place(feature);
        match feature.kind {
            FeatureKind::Category => {
                let mut column = match (clock(feature), place) {
                    (Some(times), _) => {
                        let mut column = Column::missing(0);
                        column.codes = times.iter().map(|time| column.words.code(&shown(time).to_string())).collect();
                        column
                    }
                    (None, Some(place)) => columns.copy(place),
                    (None, None) => Column::missing(owned.at.len()),
                };
                if let Missing::Level(level) = &feature.missing {
                    let code = column.words.code(level);
                    column.codes.iter_mut().filter(|c| **c == Coded::MISSING).for_each(|c| *c = code);
                }
                recode(&mut column.codes, &mut column.words.names);
                owned.categories.push(column);
            }
            FeatureKind::Number => owned.numbers.push(match (&feature.source, clock(feature), place) {
                (_, Some(times), _) => Some(times.iter().map(|time| f64::from(shown(time))).collect()),
                (Source::Engagement { .. }, ..) => {
                    engagement.next().map(|counts| counts.into_iter().map(f64::from).collect())
                }
                (.., Some(place)) => columns.numbers(place),
                _ => None,
            }),
        }
    }
}

/// Puts a dictionary into the order in which its texts first occur; unused ones leave.
pub fn recode(codes: &mut [u32], names: &mut Vec<Box<str>>) {
    let mut places = vec![Coded::MISSING; names.len()];
    let mut used = Vec::new();
    for code in codes.iter_mut().filter(|code| **code != Coded::MISSING) {
        let place = &mut places[*code as usize];
        if *place == Coded::MISSING {
            *place = used.len() as u32;
            used.push(names[*code as usize].clone());
        }
        *code = *place;
    }
    *names = used;
}

impl Columns {
    fn place(&self, feature: &Feature) -> Option<usize> {
        let (entity, name) = feature.source.attribute()?;
        let as_text = feature.kind == FeatureKind::Category;
        self.reads.iter().position(|read| read.entity == entity && read.name == name && read.as_text == as_text)
    }

    /// For a feature of the time of the week: the column that names the zone, if one does.
    fn zone(&self, feature: &Feature) -> Option<Option<usize>> {
        match &feature.source {
            Source::Hour | Source::Weekday => Some(None),
            Source::HourOf { entity, name } | Source::WeekdayOf { entity, name } => {
                let named = |read: &Read| read.entity == *entity && *read.name == **name && read.as_text;
                Some(self.reads.iter().position(named))
            }
            _ => None,
        }
    }

    fn texts(&self, place: usize) -> Option<&Column> {
        match &self.values[place] {
            AttributeColumn::Texts(column) => Some(column),
            AttributeColumn::Numbers(_) => None,
        }
    }

    fn copy(&self, place: usize) -> Column {
        match self.texts(place) {
            Some(column) => column.clone(),
            None => Column::missing(0),
        }
    }

    fn numbers(&self, place: usize) -> Option<Vec<f64>> {
        match &self.values[place] {
            AttributeColumn::Numbers(numbers) => Some(numbers.clone()),
            AttributeColumn::Texts(_) => None,
        }
    }
}
