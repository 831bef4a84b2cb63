//! From the file as written to the checked mapping: names are resolved, formats read, and every
//! complaint says where.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{
    AttributeSchema, Currency, Entity, Micros,
    attribute::AttributeFile,
    record::{ActivityKind, Stage},
};
use serde::{
    Deserialize,
    de::value::{Error as PlainError, StrDeserializer},
};

use super::{
    AccountCells, ActivityCells, AssignmentCells, AttributeCells, Column, Condition, ContactCells, EventLog, Input,
    Join, LeadCells, Mapping, MappingError, OpportunityCells, OutcomeCells, RepCells, Tables,
    file::{File, FileCell, FileCondition, FileEvents, FileInput},
};
use crate::cell::{Cell, DayEdge, Locale, Place, TimeFormat};

impl Mapping {
    /// Reads and checks a mapping file.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            MappingError::Toml {
                line: before.matches('\n').count() + 1,
                column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
                message: error.message().to_owned(),
            }
        })?;
        check(file)
    }
}

fn check(file: File) -> Result<Mapping, MappingError> {
    if file.format != 1 {
        return Err(MappingError::Format(file.format));
    }
    if file.source.trim().is_empty() {
        return Err(at("source", "is empty; name the system the files come from"));
    }
    let locale = locale(&file)?;
    let time = TimeFormat::new(file.time.as_deref().unwrap_or("iso")).map_err(|m| at("time", m))?;
    let attributes = AttributeFile {
        format: 1,
        lead: file.attributes.lead,
        account: file.attributes.account,
        contact: file.attributes.contact,
    };
    let schema = AttributeSchema::new(attributes.clone()).map_err(|e| at("attributes", e.to_string()))?;
    if file.input.is_empty() {
        return Err(at("input", "there is none; describe at least one file as [[input]]"));
    }
    let names: Vec<String> = file.input.iter().map(|input| input.name.clone()).collect();
    let mut resolver =
        Resolver { columns: vec![Vec::new(); names.len()], names, keys: BTreeMap::new(), time, schema: &schema };
    let mut inputs = Vec::new();
    for (position, input) in file.input.into_iter().enumerate() {
        inputs.push(resolver.input(position, input)?);
    }
    let Resolver { columns, keys, .. } = resolver;
    for (position, (input, columns)) in inputs.iter_mut().zip(columns).enumerate() {
        input.fixes.resize(columns.len(), BTreeMap::new());
        input.columns = columns;
        input.key = keys.get(&position).copied();
    }
    Ok(Mapping { source: file.source.trim().into(), locale, schema, attributes, inputs })
}

fn locale(file: &File) -> Result<Locale, MappingError> {
    let currency = match &file.currency {
        Some(code) => {
            code.parse().map_err(|e: pointsman_domain::money::CurrencyError| at("currency", e.to_string()))?
        }
        None => Currency::EUR,
    };
    let zone = file.zone.as_deref().unwrap_or("UTC");
    let offset = offset(zone).ok_or_else(|| {
        at("zone", format!("'{zone}' is not an offset: write UTC or +01:00; times with their own offset ignore it"))
    })?;
    let decimal = match file.decimal.as_deref() {
        None | Some(".") => '.',
        Some(",") => ',',
        Some(other) => return Err(at("decimal", format!("'{other}' is neither '.' nor ','"))),
    };
    Ok(Locale { currency, offset, decimal })
}

fn offset(text: &str) -> Option<Micros> {
    if matches!(text, "UTC" | "Z") {
        return Some(Micros(0));
    }
    let with_zone: pointsman_domain::Instant = format!("1970-01-02T00:00:00{text}").parse().ok()?;
    Some(Micros(Micros::DAY.0 - with_zone.unix_micros()))
}

fn at(place: impl Into<String>, message: impl Into<String>) -> MappingError {
    MappingError::At { place: place.into(), message: message.into() }
}

/// Collects, per input, the columns that anything names.
struct Resolver<'a> {
    names: Vec<String>,
    columns: Vec<Vec<Box<str>>>,
    /// Joined input → its key column.
    keys: BTreeMap<usize, usize>,
    time: TimeFormat,
    schema: &'a AttributeSchema,
}

/// Where a table's cells are resolved.
struct Scope<'a> {
    input: usize,
    joins: &'a [Join],
    /// `input.deals.lead`, for messages.
    place: String,
}

impl Resolver<'_> {
    fn input(&mut self, position: usize, file: FileInput) -> Result<Input, MappingError> {
        let place = format!("input '{}'", file.name);
        let twice = self.names.iter().filter(|name| **name == file.name).count() > 1;
        if twice || file.name.is_empty() || file.name.contains('.') {
            return Err(at(place, "the name must be given once, and without '.'"));
        }
        let delimiter = match file.delimiter.as_deref() {
            None => b',',
            Some("tab" | "\t") => b'\t',
            Some(text) if text.len() == 1 && text.is_ascii() && !matches!(text, "\"" | "\n" | "\r") => {
                text.as_bytes()[0]
            }
            Some(text) => return Err(at(place, format!("delimiter '{text}' is not one character (or 'tab')"))),
        };
        let mut joins: Vec<Join> = Vec::new();
        for join in &file.join {
            joins.push(self.join(position, &place, join)?);
        }
        let tables = self.tables(position, &joins, &file)?;
        let events = match file.events {
            Some(events) => Some(self.events(position, &joins, events)?),
            None => None,
        };
        let nothing = events.is_none() && tables.is_empty() && !self.keys.contains_key(&position);
        let joined_later = self.names.iter().enumerate().any(|(i, _)| i > position);
        if nothing && !joined_later {
            return Err(at(place, "makes no table and nothing joins it"));
        }
        let mut fixes = Vec::new();
        for (column, meanings) in file.fixes {
            let index = self.column(position, &column);
            fixes.resize(fixes.len().max(index + 1), BTreeMap::new());
            fixes[index] = meanings;
        }
        Ok(Input {
            name: file.name.into(),
            file: file.file.into(),
            delimiter,
            encoding: file.encoding,
            optional: file.optional,
            columns: Vec::new(),
            key: None,
            events,
            fixes,
            joins,
            tables,
        })
    }

    fn join(&mut self, position: usize, place: &str, join: &super::file::FileJoin) -> Result<Join, MappingError> {
        let known = self.names.iter().position(|name| *name == join.input && *name != self.names[position]);
        let input = known.ok_or_else(|| at(place, format!("joins '{}', which is no other input", join.input)))?;
        let key = self.column(input, &join.key);
        if *self.keys.entry(input).or_insert(key) != key {
            return Err(at(
                place,
                format!("joins '{}' by '{}', another input by another column", join.input, join.key),
            ));
        }
        Ok(Join { input, on: self.column(position, &join.on) })
    }

    /// The number of a column among those needed, which it joins if it is new.
    fn column(&mut self, input: usize, name: &str) -> usize {
        let columns = &mut self.columns[input];
        columns.iter().position(|c| **c == *name).unwrap_or_else(|| {
            columns.push(name.into());
            columns.len() - 1
        })
    }

    fn named(&mut self, input: usize, name: &str) -> Column {
        Column { index: self.column(input, name), name: name.into() }
    }

    /// `column`, or `joined.column` where `joined` is joined here.
    fn place(&mut self, scope: &Scope, name: &str) -> Place {
        if let Some((joined, column)) = name.split_once('.') {
            let join = scope.joins.iter().position(|j| self.names[j.input] == joined);
            if let Some(join) = join {
                return Place::Joined { join, column: self.column(scope.joins[join].input, column) };
            }
        }
        Place::Own(self.column(scope.input, name))
    }

    fn cell(&mut self, scope: &Scope, key: &str, cell: &FileCell, day: DayEdge) -> Result<Cell, MappingError> {
        let place = || format!("{}.{key}", scope.place);
        let FileCell(cell) = cell;
        let (name, found) = match (&cell.column, &cell.value) {
            (Some(column), None) => (column.as_str(), self.place(scope, column)),
            (None, Some(text)) => (key, Place::Constant(text.clone())),
            _ => return Err(at(place(), "needs either a column or a value")),
        };
        let time = match &cell.time {
            Some(text) => TimeFormat::new(text).map_err(|m| at(place(), m))?,
            // A constant is written by whoever writes the mapping.
            None if cell.value.is_some() => TimeFormat::Iso,
            None => self.time.clone(),
        };
        let times = cell.times.unwrap_or(1);
        if !(1..=1_000_000_000).contains(&times) {
            return Err(at(place(), format!("times = {times} is outside 1 to 1000000000")));
        }
        Ok(Cell {
            name: name.into(),
            place: found,
            absent: cell.absent.clone(),
            map: cell.map.clone(),
            normalise: cell.normalise,
            time,
            day: cell.day.unwrap_or(day),
            times,
        })
    }

    fn maybe(
        &mut self,
        scope: &Scope,
        key: &str,
        cell: Option<&FileCell>,
        day: DayEdge,
    ) -> Result<Option<Cell>, MappingError> {
        cell.map(|cell| self.cell(scope, key, cell, day)).transpose()
    }

    fn conditions(&mut self, scope: &Scope, when: &[FileCondition]) -> Result<Vec<Condition>, MappingError> {
        let mut conditions = Vec::new();
        for condition in when {
            if condition.among.is_none() == condition.missing.is_none() {
                return Err(at(format!("{}.when", scope.place), "needs either in = [...] or missing = true or false"));
            }
            let cell = FileCell(super::file::FullCell { column: Some(condition.column.clone()), ..Default::default() });
            let cell = self.cell(scope, "when", &cell, DayEdge::Start)?;
            conditions.push(Condition { cell, among: condition.among.clone(), missing: condition.missing });
        }
        Ok(conditions)
    }

    fn attributes(
        &mut self,
        scope: &Scope,
        entity: Entity,
        cells: &BTreeMap<Box<str>, FileCell>,
    ) -> Result<AttributeCells, MappingError> {
        let mut attributes = Vec::new();
        for (name, cell) in cells {
            let index = self
                .schema
                .find(entity, name)
                .ok_or_else(|| at(format!("{}.attributes.{name}", scope.place), "is not listed under [attributes]"))?;
            attributes.push((index, self.cell(scope, &format!("attributes.{name}"), cell, DayEdge::Start)?));
        }
        Ok(attributes)
    }

    /// Texts that a cell can only ever give must be words of `T`.
    fn words<T: for<'de> Deserialize<'de>>(scope: &Scope, key: &str, cell: &Cell) -> Result<(), MappingError> {
        let constant = match &cell.place {
            Place::Constant(text) => Some(text),
            _ => None,
        };
        let meanings = cell.map.iter().flat_map(BTreeMap::values).chain(constant).chain(&cell.absent);
        for text in meanings {
            word::<T>(text).map_err(|m| at(format!("{}.{key}", scope.place), m))?;
        }
        Ok(())
    }

    fn tables(&mut self, input: usize, joins: &[Join], file: &FileInput) -> Result<Tables, MappingError> {
        let name = file.name.as_str();
        let scope = |table: &str| Scope { input, joins, place: format!("input '{name}', {table}") };
        let mut tables = Tables::default();
        let (start, end) = (DayEdge::Start, DayEdge::End);
        if let Some(t) = &file.lead {
            let s = &scope("lead");
            tables.lead = Some(LeadCells {
                when: self.conditions(s, &t.when)?,
                id: self.cell(s, "id", &t.id, start)?,
                at: self.cell(s, "at", &t.at, start)?,
                known_at: self.maybe(s, "known_at", t.known_at.as_ref(), end)?,
                contact: self.maybe(s, "contact", t.contact.as_ref(), start)?,
                account: self.maybe(s, "account", t.account.as_ref(), start)?,
                attributes: self.attributes(s, Entity::Lead, &t.attributes)?,
            });
        }
        if let Some(t) = &file.contact {
            let s = &scope("contact");
            tables.contact = Some(ContactCells {
                when: self.conditions(s, &t.when)?,
                id: self.cell(s, "id", &t.id, start)?,
                known_at: self.cell(s, "known_at", &t.known_at, end)?,
                name: self.maybe(s, "name", t.name.as_ref(), start)?,
                email: self.maybe(s, "email", t.email.as_ref(), start)?,
                phone: self.maybe(s, "phone", t.phone.as_ref(), start)?,
                account: self.maybe(s, "account", t.account.as_ref(), start)?,
                country: t.country.clone().unwrap_or_default().into(),
            });
        }
        if let Some(t) = &file.account {
            let s = &scope("account");
            tables.account = Some(AccountCells {
                when: self.conditions(s, &t.when)?,
                id: self.cell(s, "id", &t.id, start)?,
                known_at: self.cell(s, "known_at", &t.known_at, end)?,
                name: self.maybe(s, "name", t.name.as_ref(), start)?,
                domain: self.maybe(s, "domain", t.domain.as_ref(), start)?,
                parent: self.maybe(s, "parent", t.parent.as_ref(), start)?,
                owner: self.maybe(s, "owner", t.owner.as_ref(), start)?,
                attributes: self.attributes(s, Entity::Account, &t.attributes)?,
            });
        }
        if let Some(t) = &file.opportunity {
            let s = &scope("opportunity");
            let stage = self.cell(s, "stage", &t.stage, start)?;
            Self::words::<Stage>(s, "stage", &stage)?;
            tables.opportunity = Some(OpportunityCells {
                when: self.conditions(s, &t.when)?,
                id: self.cell(s, "id", &t.id, start)?,
                at: self.cell(s, "at", &t.at, start)?,
                known_at: self.maybe(s, "known_at", t.known_at.as_ref(), end)?,
                account: self.maybe(s, "account", t.account.as_ref(), start)?,
                owner: self.maybe(s, "owner", t.owner.as_ref(), start)?,
                stage,
                amount: self.maybe(s, "amount", t.amount.as_ref(), start)?,
            });
        }
        if let Some(t) = &file.rep {
            let s = &scope("rep");
            tables.rep = Some(RepCells {
                when: self.conditions(s, &t.when)?,
                id: self.cell(s, "id", &t.id, start)?,
                name: self.maybe(s, "name", t.name.as_ref(), start)?,
                team: self.maybe(s, "team", t.team.as_ref(), start)?,
                active: self.maybe(s, "active", t.active.as_ref(), start)?,
            });
        }
        if let Some(t) = &file.assignment {
            let s = &scope("assignment");
            tables.assignment = Some(AssignmentCells {
                when: self.conditions(s, &t.when)?,
                lead: self.cell(s, "lead", &t.lead, start)?,
                rep: self.cell(s, "rep", &t.rep, start)?,
                at: self.cell(s, "at", &t.at, start)?,
                known_at: self.maybe(s, "known_at", t.known_at.as_ref(), end)?,
                kind: self.maybe(s, "kind", t.kind.as_ref(), start)?,
                propensity: self.maybe(s, "propensity", t.propensity.as_ref(), start)?,
            });
        }
        if let Some(t) = &file.activity {
            let s = &scope("activity");
            let kind = self.cell(s, "kind", &t.kind, start)?;
            Self::words::<ActivityKind>(s, "kind", &kind)?;
            tables.activity = Some(ActivityCells {
                when: self.conditions(s, &t.when)?,
                lead: self.cell(s, "lead", &t.lead, start)?,
                rep: self.maybe(s, "rep", t.rep.as_ref(), start)?,
                at: self.cell(s, "at", &t.at, end)?,
                known_at: self.maybe(s, "known_at", t.known_at.as_ref(), end)?,
                kind,
                label: self.cell(s, "label", &t.label, start)?,
                system_reps: t.system_reps.clone(),
            });
        }
        if let Some(t) = &file.outcome {
            let s = &scope("outcome");
            let stage = self.cell(s, "stage", &t.stage, start)?;
            Self::words::<Stage>(s, "stage", &stage)?;
            tables.outcome = Some(OutcomeCells {
                when: self.conditions(s, &t.when)?,
                lead: self.cell(s, "lead", &t.lead, start)?,
                at: self.cell(s, "at", &t.at, end)?,
                known_at: self.maybe(s, "known_at", t.known_at.as_ref(), end)?,
                stage,
                value: self.maybe(s, "value", t.value.as_ref(), start)?,
            });
        }
        Ok(tables)
    }

    fn events(&mut self, input: usize, joins: &[Join], file: FileEvents) -> Result<EventLog, MappingError> {
        let scope = &Scope { input, joins, place: format!("input '{}', events", self.names[input]) };
        let case = self.named(input, &file.case);
        let attributes = self.attributes(scope, Entity::Lead, &file.attributes)?;
        let value = self.maybe(scope, "value", file.value.as_ref(), DayEdge::Start)?;
        for cell in attributes.iter().map(|(_, cell)| cell).chain(&value) {
            let by_case = match cell.place {
                Place::Own(_) => false,
                Place::Joined { join, .. } => joins[join].on == case.index,
                Place::Constant(_) => true,
            };
            if !by_case {
                let message =
                    format!("'{}' must come from an input joined on the case column '{}'", cell.name, file.case);
                return Err(at(scope.place.clone(), message));
            }
        }
        let mut closing = BTreeMap::new();
        for (activity, stage) in file.closing {
            let place = || format!("{}.closing.{activity}", scope.place);
            let stage: Stage = word(&stage).map_err(|m| at(place(), m))?;
            if !stage.closes() {
                return Err(at(place(), "is a stage that does not close a lead"));
            }
            closing.insert(activity, stage);
        }
        let mut kinds = Vec::new();
        for (beginning, kind) in file.kinds {
            let kind: ActivityKind = word(&kind).map_err(|m| at(format!("{}.kinds.{beginning}", scope.place), m))?;
            kinds.push((beginning, kind));
        }
        kinds.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        Ok(EventLog {
            activity: self.named(input, &file.activity),
            lifecycle: file.lifecycle.as_deref().map(|column| self.named(input, column)),
            resource: self.named(input, &file.resource),
            case,
            at: self.cell(scope, "at", &file.at, DayEdge::Start)?,
            system_resources: file.system_resources.into_iter().collect::<BTreeSet<_>>(),
            owned_after: file.owned_after,
            closing,
            won: file.won.into_iter().collect(),
            kinds,
            hops: file.hops,
            value,
            attributes,
        })
    }
}

impl Tables {
    fn is_empty(&self) -> bool {
        self.lead.is_none()
            && self.contact.is_none()
            && self.account.is_none()
            && self.opportunity.is_none()
            && self.rep.is_none()
            && self.assignment.is_none()
            && self.activity.is_none()
            && self.outcome.is_none()
    }
}

/// Reads one word of a closed list (`won`, `call` …).
pub(crate) fn word<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<PlainError>::new(text)).map_err(|e| e.to_string())
}
