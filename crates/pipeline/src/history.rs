//! The canonical tables of a workspace, read back as records.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use pointsman_domain::{
    AttributeSchema, AttributeType, Currency, Entity, Instant, Money, RepId, TeamId, Value, Values,
    attribute::AttributeFile,
    record::{Absence, Account, Activity, Assignment, Contact, Feedback, Lead, Opportunity, Outcome, Rep},
};
use polars::prelude::*;
use serde::{
    Deserialize,
    de::value::{Error as PlainError, StrDeserializer},
};

use crate::{ReadError, frame, tables::Table};

/// Rows of a table read at once when it is streamed.
const SLICE: usize = 1 << 17;

/// An opened history: the folder of the tables, and the schema of their attribute columns.
#[derive(Debug, Clone)]
pub struct History {
    folder: PathBuf,
    pub schema: AttributeSchema,
}

impl History {
    /// Opens `DIR/data` of a workspace.
    pub fn open(workspace: &Path) -> Result<Self, ReadError> {
        let folder = workspace.join("data");
        let path = folder.join("attributes.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(ReadError::Open { path, source }),
        };
        let format = |problem: String| ReadError::Format { path: path.clone(), problem };
        let file: AttributeFile = toml::from_str(&text).map_err(|e| format(e.message().to_owned()))?;
        let schema = AttributeSchema::new(file).map_err(|e| format(e.to_string()))?;
        Ok(Self { folder, schema })
    }

    /// The currency that the tables were imported in; `None` where nothing says so.
    pub fn currency(&self) -> Option<Currency> {
        #[derive(serde::Deserialize)]
        struct Imported {
            currency: Option<Currency>,
        }
        let text = std::fs::read(self.folder.join("import.json")).ok()?;
        serde_json::from_slice::<Imported>(&text).ok()?.currency
    }

    pub(crate) fn path(&self, table: Table) -> PathBuf {
        self.folder.join(table.file_name())
    }

    pub fn leads(&self) -> Result<Vec<Lead>, ReadError> {
        self.all()
    }

    pub fn contacts(&self) -> Result<Vec<Contact>, ReadError> {
        self.all()
    }

    pub fn accounts(&self) -> Result<Vec<Account>, ReadError> {
        self.all()
    }

    pub fn opportunities(&self) -> Result<Vec<Opportunity>, ReadError> {
        self.all()
    }

    pub fn reps(&self) -> Result<Vec<Rep>, ReadError> {
        self.all()
    }

    pub fn assignments(&self) -> Result<Vec<Assignment>, ReadError> {
        self.all()
    }

    pub fn outcomes(&self) -> Result<Vec<Outcome>, ReadError> {
        self.all()
    }

    pub fn absences(&self) -> Result<Vec<Absence>, ReadError> {
        self.all()
    }

    pub fn feedback(&self) -> Result<Vec<Feedback>, ReadError> {
        self.all()
    }

    /// Activities in the order of the table, never all in memory.
    pub fn for_each_activity(&self, mut each: impl FnMut(Activity)) -> Result<(), ReadError> {
        self.stream(Table::Activities, |row| {
            each(Activity::read(row, &self.schema)?);
            Ok::<(), ReadError>(())
        })
    }

    /// Rows of a table in its order, at most `most` of them at a time.
    pub fn in_batches<T: Canonical, E: From<ReadError>>(
        &self,
        most: usize,
        mut each: impl FnMut(&[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut batch = Vec::with_capacity(most);
        self.stream(T::TABLE, |row| {
            batch.push(T::read(row, &self.schema)?);
            if batch.len() == most {
                each(&batch)?;
                batch.clear();
            }
            Ok::<(), E>(())
        })?;
        if batch.is_empty() { Ok(()) } else { each(&batch) }
    }

    /// How many rows a table has.
    pub fn count(&self, table: Table) -> Result<u64, ReadError> {
        let path = self.path(table);
        if !path.exists() {
            return Err(ReadError::Open { path, source: std::io::ErrorKind::NotFound.into() });
        }
        frame::row_count(&path).map(|rows| rows as u64).map_err(|problem| ReadError::Format { path, problem })
    }

    fn all<T: Canonical>(&self) -> Result<Vec<T>, ReadError> {
        let mut records = Vec::new();
        self.stream(T::TABLE, |row| {
            records.push(T::read(row, &self.schema)?);
            Ok::<(), ReadError>(())
        })?;
        Ok(records)
    }

    fn stream<E: From<ReadError>>(
        &self,
        table: Table,
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.folder.join(table.file_name());
        let format = |problem: String| ReadError::Format { path: path.clone(), problem };
        if !path.exists() {
            return Err(ReadError::Open { path, source: std::io::ErrorKind::NotFound.into() }.into());
        }
        let rows = frame::row_count(&path).map_err(format)?;
        let mut start = 0;
        while start < rows {
            let mut slice = frame::read_slice(&path, None, start, SLICE).map_err(format)?;
            slice.rechunk_mut_par();
            for at in 0..slice.height() {
                each(&Row { frame: &slice, at, line: (start + at) as u64 + 1, path: &path })?;
            }
            start += SLICE;
        }
        Ok(())
    }
}

/// A record that is one row of a canonical table.
pub trait Canonical: Sized {
    const TABLE: Table;

    fn read(row: &Row<'_>, schema: &AttributeSchema) -> Result<Self, ReadError>;
}

impl Canonical for Lead {
    const TABLE: Table = Table::Leads;

    fn read(row: &Row<'_>, schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            id: row.id("id")?,
            source_system: row.required("source_system")?.into(),
            external_id: row.required("external_id")?.into(),
            at: row.time("at")?,
            known_at: row.time("known_at")?,
            contact: row.maybe_id("contact_id")?,
            account: row.maybe_id("account_id")?,
            attributes: row.attributes(schema, Entity::Lead)?,
        })
    }
}

impl Canonical for Contact {
    const TABLE: Table = Table::Contacts;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            id: row.id("id")?,
            external_id: row.required("external_id")?.into(),
            known_at: row.time("known_at")?,
            name: row.text("name")?.map(Into::into),
            email: row.text("email")?.map(Into::into),
            phone: row.text("phone")?.map(Into::into),
            account: row.maybe_id("account_id")?,
        })
    }
}

impl Canonical for Account {
    const TABLE: Table = Table::Accounts;

    fn read(row: &Row<'_>, schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            id: row.id("id")?,
            external_id: row.required("external_id")?.into(),
            known_at: row.time("known_at")?,
            name: row.required("name")?.into(),
            domain: row.text("domain")?.map(Into::into),
            parent: row.maybe_id("parent_id")?,
            owner: row.maybe_id("owner")?,
            attributes: row.attributes(schema, Entity::Account)?,
        })
    }
}

impl Canonical for Opportunity {
    const TABLE: Table = Table::Opportunities;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            id: row.id("id")?,
            external_id: row.required("external_id")?.into(),
            at: row.time("at")?,
            known_at: row.time("known_at")?,
            account: row.maybe_id("account_id")?,
            owner: row.maybe_id("owner")?,
            stage: row.word("stage")?,
            amount: row.integer("amount")?.map(Money),
        })
    }
}

impl Canonical for Rep {
    const TABLE: Table = Table::Reps;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            id: row.id("id")?,
            external_id: row.required("external_id")?.into(),
            name: row.required("name")?.into(),
            team: row.maybe_id::<TeamId>("team")?,
            active: row.flag("active")?.unwrap_or(true),
        })
    }
}

impl Canonical for Assignment {
    const TABLE: Table = Table::Assignments;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            lead: row.id("lead_id")?,
            rep: row.id("rep")?,
            at: row.time("at")?,
            known_at: row.time("known_at")?,
            kind: row.word("kind")?,
            propensity: row.number("propensity")?,
        })
    }
}

impl Canonical for Outcome {
    const TABLE: Table = Table::Outcomes;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            lead: row.id("lead_id")?,
            at: row.time("at")?,
            known_at: row.time("known_at")?,
            stage: row.word("stage")?,
            value: row.integer("value")?.map(Money),
        })
    }
}

impl Canonical for Absence {
    const TABLE: Table = Table::Absences;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            rep: row.id("rep")?,
            from: row.time("from")?,
            until: row.time("until")?,
            known_at: row.time("known_at")?,
            backup: row.maybe_id::<RepId>("backup")?,
        })
    }
}

impl Canonical for Feedback {
    const TABLE: Table = Table::Feedback;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            lead: row.id("lead_id")?,
            rep: row.id("rep")?,
            at: row.time("at")?,
            known_at: row.time("known_at")?,
            score: row.integer("score")?.and_then(|n| u8::try_from(n).ok()).unwrap_or_default(),
            reason: row.text("reason")?.map(Into::into),
        })
    }
}

impl Canonical for Activity {
    const TABLE: Table = Table::Activities;

    fn read(row: &Row<'_>, _schema: &AttributeSchema) -> Result<Self, ReadError> {
        Ok(Self {
            id: row.id("id")?,
            lead: row.id("lead_id")?,
            rep: row.maybe_id("rep")?,
            at: row.time("at")?,
            known_at: row.time("known_at")?,
            kind: row.word("kind")?,
            label: row.required("label")?.into(),
            lifecycle: row.newer_text("lifecycle")?.map(Into::into),
            human: row.flag("human")?.unwrap_or_default(),
        })
    }
}

/// One row of a slice; cells are asked by column name.
#[derive(Debug)]
pub struct Row<'a> {
    frame: &'a DataFrame,
    at: usize,
    line: u64,
    path: &'a Path,
}

impl<'a> Row<'a> {
    fn fault(&self, column: &str, problem: impl Into<String>) -> ReadError {
        ReadError::Cell { path: self.path.to_owned(), line: self.line, column: column.into(), problem: problem.into() }
    }

    fn column(&self, name: &str) -> Result<&'a Column, ReadError> {
        self.frame.column(name).map_err(|_| ReadError::Column {
            path: self.path.to_owned(),
            column: name.into(),
            problem: "is missing; import the data again".into(),
        })
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, ReadError> {
        let texts = self.column(name)?.str().map_err(|e| self.fault(name, e.to_string()))?;
        Ok(texts.get(self.at))
    }

    /// A column that tables written before it was thought of lack.
    fn newer_text(&self, name: &str) -> Result<Option<&'a str>, ReadError> {
        if self.frame.column(name).is_err() { Ok(None) } else { self.text(name) }
    }

    fn required(&self, name: &str) -> Result<&'a str, ReadError> {
        self.text(name)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    fn maybe_id<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<Option<T>, ReadError> {
        let text = self.text(name)?;
        text.map(str::parse).transpose().map_err(|e: T::Err| self.fault(name, e.to_string()))
    }

    fn id<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<T, ReadError> {
        self.maybe_id(name)?.ok_or_else(|| self.fault(name, "is missing"))
    }

    fn word<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T, ReadError> {
        let text = self.required(name)?;
        T::deserialize(StrDeserializer::<PlainError>::new(text)).map_err(|e| self.fault(name, e.to_string()))
    }

    fn time(&self, name: &str) -> Result<Instant, ReadError> {
        let times = self.column(name)?.datetime().map_err(|e| self.fault(name, e.to_string()))?;
        let at = times.physical().get(self.at).ok_or_else(|| self.fault(name, "is missing"))?;
        Ok(Instant::from_unix_micros(frame::micros(at, times.time_unit())))
    }

    fn integer(&self, name: &str) -> Result<Option<i64>, ReadError> {
        let numbers = self.column(name)?.i64().map_err(|e| self.fault(name, e.to_string()))?;
        Ok(numbers.get(self.at))
    }

    fn number(&self, name: &str) -> Result<Option<f64>, ReadError> {
        let numbers = self.column(name)?.f64().map_err(|e| self.fault(name, e.to_string()))?;
        Ok(numbers.get(self.at))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, ReadError> {
        let flags = self.column(name)?.bool().map_err(|e| self.fault(name, e.to_string()))?;
        Ok(flags.get(self.at))
    }

    fn date(&self, name: &str) -> Result<Option<i32>, ReadError> {
        let days = self.column(name)?.date().map_err(|e| self.fault(name, e.to_string()))?;
        Ok(days.physical().get(self.at))
    }

    fn attributes(&self, schema: &AttributeSchema, of: Entity) -> Result<Values, ReadError> {
        let mut values = Values::missing(schema.len());
        for (index, _, attribute) in schema.iter().filter(|(_, entity, _)| *entity == of) {
            let name = format!("a_{}", attribute.name);
            let value = match attribute.kind {
                AttributeType::Integer => self.integer(&name)?.map(Value::Integer),
                AttributeType::Money => self.integer(&name)?.map(|minor| Value::Money(Money(minor))),
                AttributeType::Number => self.number(&name)?.map(Value::Number),
                AttributeType::Bool => self.flag(&name)?.map(Value::Bool),
                AttributeType::Date => self.date(&name)?.map(Value::Date),
                _ => match self.text(&name)? {
                    Some(text) => attribute.parse(text).map_err(|e| self.fault(&name, e.to_string()))?,
                    None => None,
                },
            };
            values.set(index, value);
        }
        Ok(values)
    }
}
