//! The mapping file as written.

use std::{collections::BTreeMap, fmt};

use pointsman_domain::Attribute;
use serde::{Deserialize, Deserializer, de};

use crate::cell::{DayEdge, Normaliser};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub format: u32,
    /// Name of the source system.
    pub source: String,
    pub currency: Option<String>,
    /// Offset of times written without one: `UTC` or `+01:00`.
    pub zone: Option<String>,
    /// Default format of dates and times.
    pub time: Option<String>,
    /// `.` or `,`.
    pub decimal: Option<String>,
    #[serde(default)]
    pub attributes: Attributes,
    #[serde(default)]
    pub input: Vec<FileInput>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attributes {
    #[serde(default)]
    pub lead: Vec<Attribute>,
    #[serde(default)]
    pub account: Vec<Attribute>,
    #[serde(default)]
    pub contact: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileInput {
    pub name: String,
    /// Pattern of the file's name, `*` for anything.
    pub file: String,
    pub delimiter: Option<String>,
    #[serde(default)]
    pub encoding: super::Encoding,
    #[serde(default)]
    pub optional: bool,
    /// Column → written → meant.
    #[serde(default)]
    pub fixes: BTreeMap<String, BTreeMap<Box<str>, Box<str>>>,
    #[serde(default)]
    pub join: Vec<FileJoin>,
    pub lead: Option<FileLead>,
    pub contact: Option<FileContact>,
    pub account: Option<FileAccount>,
    pub opportunity: Option<FileOpportunity>,
    pub rep: Option<FileRep>,
    pub assignment: Option<FileAssignment>,
    pub activity: Option<FileActivity>,
    pub outcome: Option<FileOutcome>,
    pub events: Option<FileEvents>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileJoin {
    /// Name of the joined input.
    pub input: String,
    /// Column here.
    pub on: String,
    /// Column there; one row each.
    pub key: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCondition {
    pub column: String,
    #[serde(rename = "in")]
    pub among: Option<Vec<Box<str>>>,
    pub missing: Option<bool>,
}

macro_rules! table {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            /// All must hold for the row to make a row of this table.
            #[serde(default)]
            pub when: Vec<FileCondition>,
            $($(#[$meta])* pub $field: $type,)*
        }
    };
}

type Fields = BTreeMap<Box<str>, FileCell>;

table!(FileLead {
    id: FileCell,
    at: FileCell,
    known_at: Option<FileCell>,
    contact: Option<FileCell>,
    account: Option<FileCell>,
    #[serde(default)]
    attributes: Fields,
});
table!(FileContact {
    id: FileCell,
    known_at: FileCell,
    name: Option<FileCell>,
    email: Option<FileCell>,
    phone: Option<FileCell>,
    account: Option<FileCell>,
    /// ISO code that completes numbers without one.
    country: Option<String>,
});
table!(FileAccount {
    id: FileCell,
    known_at: FileCell,
    name: Option<FileCell>,
    domain: Option<FileCell>,
    parent: Option<FileCell>,
    owner: Option<FileCell>,
    #[serde(default)]
    attributes: Fields,
});
table!(FileOpportunity {
    id: FileCell,
    at: FileCell,
    known_at: Option<FileCell>,
    account: Option<FileCell>,
    owner: Option<FileCell>,
    stage: FileCell,
    amount: Option<FileCell>,
});
table!(FileRep {
    id: FileCell,
    name: Option<FileCell>,
    team: Option<FileCell>,
    active: Option<FileCell>,
});
table!(FileAssignment {
    lead: FileCell,
    rep: FileCell,
    at: FileCell,
    known_at: Option<FileCell>,
    kind: Option<FileCell>,
    propensity: Option<FileCell>,
});
table!(FileActivity {
    lead: FileCell,
    rep: Option<FileCell>,
    at: FileCell,
    known_at: Option<FileCell>,
    kind: FileCell,
    label: FileCell,
    #[serde(default)]
    system_reps: Vec<Box<str>>,
});
table!(FileOutcome {
    lead: FileCell,
    at: FileCell,
    known_at: Option<FileCell>,
    stage: FileCell,
    value: Option<FileCell>,
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileEvents {
    pub case: String,
    pub activity: String,
    pub lifecycle: Option<String>,
    pub resource: String,
    pub at: FileCell,
    #[serde(default)]
    pub system_resources: Vec<Box<str>>,
    /// The first event of a person after this activity names the owner.
    pub owned_after: Option<Box<str>>,
    /// Activity → stage.
    pub closing: BTreeMap<Box<str>, String>,
    /// Activities any of which makes the case won, whenever it comes.
    #[serde(default)]
    pub won: Vec<Box<str>>,
    /// Beginning of an activity → kind; the longest that fits counts.
    #[serde(default)]
    pub kinds: BTreeMap<Box<str>, String>,
    #[serde(default)]
    pub hops: bool,
    pub value: Option<FileCell>,
    #[serde(default)]
    pub attributes: Fields,
}

/// A cell: a column's name, or a table with what is to be done to it.
#[derive(Debug, Clone, Default)]
pub(super) struct FileCell(pub FullCell);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FullCell {
    pub column: Option<String>,
    pub value: Option<Box<str>>,
    pub absent: Option<Box<str>>,
    pub map: Option<BTreeMap<Box<str>, Box<str>>>,
    pub normalise: Option<Normaliser>,
    pub time: Option<String>,
    pub day: Option<DayEdge>,
    pub times: Option<i64>,
}

impl<'de> Deserialize<'de> for FileCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = FileCell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name, or a table like { column = \"x\" } or { value = \"x\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<FileCell, E> {
                Ok(FileCell(FullCell { column: Some(text.to_owned()), ..FullCell::default() }))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<FileCell, A::Error> {
                FullCell::deserialize(de::value::MapAccessDeserializer::new(map)).map(FileCell)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
