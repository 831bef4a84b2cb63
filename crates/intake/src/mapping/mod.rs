//! The mapping language: one TOML file says what the columns of a CRM export, an event log or a
//! webhook body mean. `docs/tables.md` describes the tables that come out.
//!
//! ```toml
//! format = 1
//! source = "crm"
//! currency = "EUR"
//!
//! [[attributes.lead]]
//! name = "country"
//! type = "country"
//!
//! [[input]]
//! name = "deals"
//! file = "deals*.csv*"          # which of the given files; gzip is seen by itself
//! fixes.product = { GTXPro = "GTX Pro" }
//! [[input.join]]
//! input = "teams"               # now `teams.manager` can be used below
//! on = "agent"
//! key = "agent"
//! [input.lead]
//! id = "deal"
//! at = { column = "created", time = "%d-%m-%y" }
//! attributes.country = "country"
//! ```

pub(crate) mod check;
mod file;

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{
    AttributeIndex, AttributeSchema,
    attribute::AttributeFile,
    record::{ActivityKind, Stage},
};

use crate::cell::{Cell, Locale};

/// A checked mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Name of the source system: part of every id made.
    pub source: Box<str>,
    pub locale: Locale,
    pub schema: AttributeSchema,
    /// The schema as written, to lie beside the tables.
    pub attributes: AttributeFile,
    pub inputs: Vec<Input>,
}

/// What is wrong with a mapping, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    #[error("mapping line {line}, column {column}: {message}")]
    Toml { line: usize, column: usize, message: String },
    #[error("the mapping has format {0}; this version reads format 1")]
    Format(u32),
    #[error("mapping, {place}: {message}")]
    At { place: String, message: String },
}

/// One kind of input file.
#[derive(Debug, Clone)]
pub struct Input {
    pub name: Box<str>,
    /// Pattern of the file's name.
    pub file: Box<str>,
    pub delimiter: u8,
    pub encoding: Encoding,
    /// May be absent from an import.
    pub optional: bool,
    /// The needed columns, in the order in which [`Input::row`] wants their texts.
    pub columns: Vec<Box<str>>,
    /// Which of `columns` is the key by which other inputs join this one.
    pub key: Option<usize>,
    pub events: Option<EventLog>,
    pub(crate) fixes: Vec<BTreeMap<Box<str>, Box<str>>>,
    pub(crate) joins: Vec<Join>,
    pub(crate) tables: Tables,
}

/// How the bytes of a file are letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
pub enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// What older Windows programs write, ISO 8859-1 included.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Join {
    /// Position of the joined input in the mapping.
    pub input: usize,
    /// Which of our columns holds the key.
    pub on: usize,
}

/// The tables one row of an input feeds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub lead: Option<LeadCells>,
    pub contact: Option<ContactCells>,
    pub account: Option<AccountCells>,
    pub opportunity: Option<OpportunityCells>,
    pub rep: Option<RepCells>,
    pub assignment: Option<AssignmentCells>,
    pub activity: Option<ActivityCells>,
    pub outcome: Option<OutcomeCells>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub cell: Cell,
    pub among: Option<Vec<Box<str>>>,
    pub missing: Option<bool>,
}

pub(crate) type AttributeCells = Vec<(AttributeIndex, Cell)>;

#[derive(Debug, Clone)]
pub(crate) struct LeadCells {
    pub when: Vec<Condition>,
    pub id: Cell,
    pub at: Cell,
    pub known_at: Option<Cell>,
    pub contact: Option<Cell>,
    pub account: Option<Cell>,
    pub attributes: AttributeCells,
}

#[derive(Debug, Clone)]
pub(crate) struct ContactCells {
    pub when: Vec<Condition>,
    pub id: Cell,
    pub known_at: Cell,
    pub name: Option<Cell>,
    pub email: Option<Cell>,
    pub phone: Option<Cell>,
    pub account: Option<Cell>,
    pub country: Box<str>,
}

#[derive(Debug, Clone)]
pub(crate) struct AccountCells {
    pub when: Vec<Condition>,
    pub id: Cell,
    pub known_at: Cell,
    pub name: Option<Cell>,
    pub domain: Option<Cell>,
    pub parent: Option<Cell>,
    pub owner: Option<Cell>,
    pub attributes: AttributeCells,
}

#[derive(Debug, Clone)]
pub(crate) struct OpportunityCells {
    pub when: Vec<Condition>,
    pub id: Cell,
    pub at: Cell,
    pub known_at: Option<Cell>,
    pub account: Option<Cell>,
    pub owner: Option<Cell>,
    pub stage: Cell,
    pub amount: Option<Cell>,
}

#[derive(Debug, Clone)]
pub(crate) struct RepCells {
    pub when: Vec<Condition>,
    pub id: Cell,
    pub name: Option<Cell>,
    pub team: Option<Cell>,
    pub active: Option<Cell>,
}

#[derive(Debug, Clone)]
pub(crate) struct AssignmentCells {
    pub when: Vec<Condition>,
    pub lead: Cell,
    pub rep: Cell,
    pub at: Cell,
    pub known_at: Option<Cell>,
    pub kind: Option<Cell>,
    pub propensity: Option<Cell>,
}

#[derive(Debug, Clone)]
pub(crate) struct ActivityCells {
    pub when: Vec<Condition>,
    pub lead: Cell,
    pub rep: Option<Cell>,
    pub at: Cell,
    pub known_at: Option<Cell>,
    pub kind: Cell,
    pub label: Cell,
    pub system_reps: Vec<Box<str>>,
}

#[derive(Debug, Clone)]
pub(crate) struct OutcomeCells {
    pub when: Vec<Condition>,
    pub lead: Cell,
    pub at: Cell,
    pub known_at: Option<Cell>,
    pub stage: Cell,
    pub value: Option<Cell>,
}

/// How an input that is an event log is read.
#[derive(Debug, Clone)]
pub struct EventLog {
    pub(crate) case: Column,
    pub(crate) activity: Column,
    pub(crate) lifecycle: Option<Column>,
    pub(crate) resource: Column,
    pub(crate) at: Cell,
    pub(crate) system_resources: BTreeSet<Box<str>>,
    pub(crate) owned_after: Option<Box<str>>,
    pub(crate) closing: BTreeMap<Box<str>, Stage>,
    pub(crate) won: BTreeSet<Box<str>>,
    /// Longest beginning first.
    pub(crate) kinds: Vec<(Box<str>, ActivityKind)>,
    pub(crate) hops: bool,
    pub(crate) value: Option<Cell>,
    pub(crate) attributes: AttributeCells,
}

/// One of [`Input::columns`], with its name for messages.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub index: usize,
    pub name: Box<str>,
}

impl Mapping {
    /// Positions of the inputs in the order in which they must be read: what is joined first,
    /// then what makes leads, then what speaks of them.
    pub fn reading_order(&self) -> Vec<usize> {
        let rank = |input: &Input| match input {
            Input { key: Some(_), joins, .. } => usize::from(!joins.is_empty()),
            Input { tables: Tables { lead: Some(_), .. }, .. } | Input { events: Some(_), .. } => 2,
            _ => 3,
        };
        let mut order: Vec<usize> = (0..self.inputs.len()).collect();
        order.sort_by_key(|&i| rank(&self.inputs[i]));
        order
    }

    /// Whether any fact carries a time at which it was learned; where none does, `at` stands for it.
    pub fn gives_known_at(&self) -> bool {
        self.inputs.iter().map(|input| &input.tables).any(|t| {
            t.lead.as_ref().is_some_and(|t| t.known_at.is_some())
                || t.assignment.as_ref().is_some_and(|t| t.known_at.is_some())
                || t.activity.as_ref().is_some_and(|t| t.known_at.is_some())
                || t.outcome.as_ref().is_some_and(|t| t.known_at.is_some())
        })
    }

    /// Whether an input read after `position` speaks of leads that earlier inputs made.
    pub fn leads_are_named_after(&self, position: usize) -> bool {
        let later = self.reading_order().into_iter().skip_while(|&i| i != position).skip(1);
        let mut tables = later.map(|i| &self.inputs[i].tables);
        tables.any(|t| t.assignment.is_some() || t.activity.is_some() || t.outcome.is_some())
    }
}

impl Input {
    /// Whether a file of this name (without folders) belongs to this input.
    pub fn takes(&self, file_name: &str) -> bool {
        matches(&self.file, file_name)
    }
}

/// `*` stands for any run of characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => {
            let Some(rest) = name.strip_prefix(head) else { return false };
            let mut starts = rest.char_indices().map(|(i, _)| i).chain([rest.len()]);
            starts.any(|i| matches(tail, &rest[i..]))
        }
    }
}
