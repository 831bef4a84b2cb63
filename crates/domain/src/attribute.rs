//! `attributes.toml`: what a workspace knows of leads, accounts and contacts. Forms, API,
//! policies, features and completeness all read this one schema.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Money, Value, Values};

/// Whom an attribute describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    Lead,
    Account,
    Contact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    Text,
    /// One of the listed `values`.
    Choice,
    Integer,
    Number,
    Money,
    Bool,
    Date,
    /// ISO 3166-1 alpha-2, two capital letters.
    Country,
    Postcode,
    /// ISO 639-1, two small letters.
    Language,
    /// A list of texts.
    List,
}

/// One attribute as written in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    pub name: Box<str>,
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// The values of a choice, in the order they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Box<str>>,
    /// Other spellings → one of `values` (`technolgy` → `technology`), compared without case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub synonyms: BTreeMap<Box<str>, Box<str>>,
    /// Counts into completeness.
    #[serde(default)]
    pub required: bool,
    /// Erasable, never logged.
    #[serde(default)]
    pub personal: bool,
    /// Never a feature unless overridden by name (age, gender, nationality …).
    #[serde(default)]
    pub protected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Box<str>>,
}

/// Where an attribute stands in its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeIndex(u16);

impl AttributeIndex {
    pub const fn new(index: u16) -> Self {
        Self(index)
    }

    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The file as written: lists per entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeFile {
    pub format: u32,
    #[serde(default)]
    pub lead: Vec<Attribute>,
    #[serde(default)]
    pub account: Vec<Attribute>,
    #[serde(default)]
    pub contact: Vec<Attribute>,
}

/// What is wrong with an attribute file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    #[error("format {0} of the attribute file is newer than this version reads (1)")]
    Format(u32),
    #[error("attribute '{entity:?}.{name}' is listed twice")]
    Twice { entity: Entity, name: Box<str> },
    #[error("'{name}' cannot name an attribute: use a letter, then letters, digits and '_', at most 63")]
    Name { name: Box<str> },
    #[error("choice '{name}' lists no values")]
    NoValues { name: Box<str> },
    #[error("'{name}' lists values or synonyms but is not a choice")]
    NotAChoice { name: Box<str> },
    #[error("synonym '{from}' of '{name}' names '{to}', which is not one of its values")]
    Synonym { name: Box<str>, from: Box<str>, to: Box<str> },
    #[error("more than 1000 attributes")]
    TooMany,
}

/// A checked schema: attributes with their entity, numbered in the order lead, account, contact.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttributeSchema {
    all: Vec<(Entity, Attribute)>,
    by_name: BTreeMap<(Entity, Box<str>), AttributeIndex>,
}

/// A value that does not fit its attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not {expected} (attribute '{name}')")]
pub struct ValueError {
    pub name: Box<str>,
    pub given: String,
    pub expected: String,
}

impl AttributeSchema {
    pub fn new(file: AttributeFile) -> Result<Self, SchemaError> {
        if file.format != 1 {
            return Err(SchemaError::Format(file.format));
        }
        let lists = [(Entity::Lead, file.lead), (Entity::Account, file.account), (Entity::Contact, file.contact)];
        let mut schema = Self::default();
        for (entity, attribute) in lists.into_iter().flat_map(|(e, list)| list.into_iter().map(move |a| (e, a))) {
            check(&attribute)?;
            let index = AttributeIndex::new(schema.all.len() as u16);
            if schema.by_name.insert((entity, attribute.name.clone()), index).is_some() {
                return Err(SchemaError::Twice { entity, name: attribute.name });
            }
            schema.all.push((entity, attribute));
        }
        if schema.all.len() > 1000 {
            return Err(SchemaError::TooMany);
        }
        Ok(schema)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn find(&self, entity: Entity, name: &str) -> Option<AttributeIndex> {
        self.by_name.get(&(entity, name.into())).copied()
    }

    /// The attribute at `index`; indices come from this schema.
    pub fn get(&self, index: AttributeIndex) -> Option<(Entity, &Attribute)> {
        self.all.get(index.index()).map(|(entity, attribute)| (*entity, attribute))
    }

    pub fn iter(&self) -> impl Iterator<Item = (AttributeIndex, Entity, &Attribute)> {
        self.all.iter().enumerate().map(|(i, (e, a))| (AttributeIndex::new(i as u16), *e, a))
    }

    /// Values of another schema's attributes where this one has the same attribute of the same type:
    /// by name, a choice by its word. What has no place here is missing.
    pub fn adopt(&self, other: &Self, values: &Values) -> Values {
        let mut adopted = Values::missing(self.len());
        for (index, value) in values.iter() {
            let Some((entity, was)) = other.get(index) else { continue };
            let Some(here) = self.find(entity, &was.name) else { continue };
            let Some((_, is)) = self.get(here).filter(|(_, is)| is.kind == was.kind) else { continue };
            let value = match value {
                Value::Choice(place) => {
                    let word = was.values.get(usize::from(*place));
                    let place = word.and_then(|word| is.values.iter().position(|known| known == word));
                    place.map(|place| Value::Choice(place as u16))
                }
                other => Some(other.clone()),
            };
            adopted.set(here, value);
        }
        adopted
    }

    /// The text form of a value, with the choice's own word instead of its number.
    pub fn show(&self, index: AttributeIndex, value: &Value) -> String {
        match (value, self.get(index)) {
            (Value::Choice(i), Some((_, attribute))) => {
                attribute.values.get(usize::from(*i)).map_or_else(|| value.to_string(), ToString::to_string)
            }
            _ => value.to_string(),
        }
    }
}

fn check(attribute: &Attribute) -> Result<(), SchemaError> {
    let name = &attribute.name;
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if name.len() > 63 || !letters || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(SchemaError::Name { name: name.clone() });
    }
    let choice = attribute.kind == AttributeType::Choice;
    if choice && attribute.values.is_empty() {
        return Err(SchemaError::NoValues { name: name.clone() });
    }
    if !choice && (!attribute.values.is_empty() || !attribute.synonyms.is_empty()) {
        return Err(SchemaError::NotAChoice { name: name.clone() });
    }
    match attribute.synonyms.iter().find(|(_, to)| !attribute.values.contains(to)) {
        Some((from, to)) => Err(SchemaError::Synonym { name: name.clone(), from: from.clone(), to: to.clone() }),
        None => Ok(()),
    }
}

impl Attribute {
    /// Reads a text as this attribute's value. An empty text (after trimming) is missing: `None`.
    /// Choices are compared without case, synonyms included; country codes are capitalised,
    /// languages put in small letters.
    pub fn parse(&self, text: &str) -> Result<Option<Value>, ValueError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let refuse = |expected: &str| ValueError {
            name: self.name.clone(),
            given: text.chars().take(80).collect(),
            expected: expected.to_owned(),
        };
        let letters = |n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_alphabetic());
        let value = match self.kind {
            AttributeType::Text | AttributeType::Postcode => Value::Text(text.into()),
            AttributeType::Choice => {
                let i = self.choice(text).ok_or_else(|| refuse(&format!("one of {}", self.values.join(", "))))?;
                Value::Choice(i)
            }
            AttributeType::Integer => Value::Integer(text.parse().map_err(|_| refuse("a whole number"))?),
            AttributeType::Number => match text.parse::<f64>() {
                Ok(x) if x.is_finite() => Value::Number(x),
                _ => return Err(refuse("a number")),
            },
            AttributeType::Money => {
                Value::Money(Money(text.parse().map_err(|_| refuse("a whole number of minor units"))?))
            }
            AttributeType::Bool => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Value::Bool(true),
                "false" | "no" | "0" => Value::Bool(false),
                _ => return Err(refuse("true or false")),
            },
            AttributeType::Date => match crate::Instant::parse_as_written(text) {
                Ok(at) if text.len() == 10 => Value::Date(at.utc_day() as i32),
                _ => return Err(refuse("a date like 2026-03-01")),
            },
            AttributeType::Country if letters(2) => Value::Text(text.to_ascii_uppercase().into()),
            AttributeType::Country => return Err(refuse("a two-letter country code like DE")),
            AttributeType::Language if letters(2) => Value::Text(text.to_ascii_lowercase().into()),
            AttributeType::Language => return Err(refuse("a two-letter language code like de")),
            AttributeType::List => {
                Value::List(text.split(';').map(str::trim).filter(|t| !t.is_empty()).map(Into::into).collect())
            }
        };
        Ok(Some(value))
    }

    fn choice(&self, text: &str) -> Option<u16> {
        let place = |word: &str| self.values.iter().position(|v| v.to_lowercase() == word.to_lowercase());
        let meant = || self.synonyms.iter().find(|(from, _)| from.to_lowercase() == text.to_lowercase());
        place(text).or_else(|| meant().and_then(|(_, to)| place(to))).map(|i| i as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> Attribute {
        Attribute {
            name: "sector".into(),
            kind: AttributeType::Choice,
            values: vec!["technology".into(), "retail".into()],
            synonyms: [("technolgy".into(), "technology".into())].into(),
            required: true,
            personal: false,
            protected: false,
            label: None,
        }
    }

    #[test]
    fn values_are_read_by_type() {
        let check = |kind: AttributeType, text: &str, expected: Result<Option<Value>, &str>| {
            let attribute = Attribute { kind, values: vec![], synonyms: BTreeMap::new(), ..choice() };
            let got = attribute.parse(text).map_err(|e| e.to_string());
            assert_eq!(got, expected.map_err(str::to_owned));
        };
        assert_eq!(choice().parse(" Technolgy "), Ok(Some(Value::Choice(0))));
        let error = choice().parse("mining").expect_err("unknown").to_string();
        assert_eq!(error, "'mining' is not one of technology, retail (attribute 'sector')");
        check(AttributeType::Integer, "12", Ok(Some(Value::Integer(12))));
        check(AttributeType::Integer, " ", Ok(None));
        check(AttributeType::Number, "NaN", Err("'NaN' is not a number (attribute 'sector')"));
        check(AttributeType::Country, "de", Ok(Some(Value::Text("DE".into()))));
        check(AttributeType::Date, "1970-01-11", Ok(Some(Value::Date(10))));
        check(AttributeType::List, "a; b;", Ok(Some(Value::List(["a".into(), "b".into()].into()))));
    }

    #[test]
    fn schemas_are_checked() {
        let schema =
            |lead: Vec<Attribute>| AttributeSchema::new(AttributeFile { format: 1, lead, ..AttributeFile::default() });
        let good = schema(vec![choice()]).expect("valid");
        assert_eq!(good.find(Entity::Lead, "sector"), Some(AttributeIndex::new(0)));
        assert_eq!(good.find(Entity::Account, "sector"), None);
        assert_eq!(good.show(AttributeIndex::new(0), &Value::Choice(1)), "retail");
        assert!(matches!(schema(vec![choice(), choice()]), Err(SchemaError::Twice { .. })));
        assert!(matches!(schema(vec![Attribute { values: vec![], ..choice() }]), Err(SchemaError::NoValues { .. })));
        assert!(matches!(schema(vec![Attribute { name: "a b".into(), ..choice() }]), Err(SchemaError::Name { .. })));
        assert!(matches!(
            AttributeSchema::new(AttributeFile { format: 2, ..AttributeFile::default() }),
            Err(SchemaError::Format(2))
        ));
    }
}
