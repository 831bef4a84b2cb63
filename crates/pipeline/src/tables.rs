//! The canonical tables, column by column. `docs/tables.md` says the same in words.

use pointsman_domain::{AttributeSchema, AttributeType, Entity};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// String. Ids of events stand in their text form (`lead_…`).
    Text,
    /// datetime\[us, UTC\].
    Time,
    /// Int64; money in minor units.
    Integer,
    /// Float64.
    Number,
    /// Boolean.
    Flag,
    /// Date.
    Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Leads,
    Contacts,
    Accounts,
    Opportunities,
    Reps,
    Assignments,
    Activities,
    Outcomes,
    Absences,
    Feedback,
}

use Kind::{Flag, Integer, Number, Text, Time};

impl Table {
    pub const ALL: [Self; 10] = [
        Self::Leads,
        Self::Contacts,
        Self::Accounts,
        Self::Opportunities,
        Self::Reps,
        Self::Assignments,
        Self::Activities,
        Self::Outcomes,
        Self::Absences,
        Self::Feedback,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Contacts => "contacts",
            Self::Accounts => "accounts",
            Self::Opportunities => "opportunities",
            Self::Reps => "reps",
            Self::Assignments => "assignments",
            Self::Activities => "activities",
            Self::Outcomes => "outcomes",
            Self::Absences => "absences",
            Self::Feedback => "feedback",
        }
    }

    /// `leads.parquet` and so on.
    pub fn file_name(self) -> String {
        format!("{}.parquet", self.name())
    }

    /// The columns that every workspace has; attributes follow them.
    pub fn columns(self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Leads => &[
                ("id", Text),
                ("source_system", Text),
                ("external_id", Text),
                ("at", Time),
                ("known_at", Time),
                ("contact_id", Text),
                ("account_id", Text),
            ],
            Self::Contacts => &[
                ("id", Text),
                ("external_id", Text),
                ("known_at", Time),
                ("name", Text),
                ("email", Text),
                ("phone", Text),
                ("account_id", Text),
            ],
            Self::Accounts => &[
                ("id", Text),
                ("external_id", Text),
                ("known_at", Time),
                ("name", Text),
                ("domain", Text),
                ("parent_id", Text),
                ("owner", Text),
            ],
            Self::Opportunities => &[
                ("id", Text),
                ("external_id", Text),
                ("at", Time),
                ("known_at", Time),
                ("account_id", Text),
                ("owner", Text),
                ("stage", Text),
                ("amount", Integer),
            ],
            Self::Reps => &[("id", Text), ("external_id", Text), ("name", Text), ("team", Text), ("active", Flag)],
            Self::Assignments => &[
                ("lead_id", Text),
                ("rep", Text),
                ("at", Time),
                ("known_at", Time),
                ("kind", Text),
                ("propensity", Number),
            ],
            Self::Activities => &[
                ("id", Text),
                ("lead_id", Text),
                ("rep", Text),
                ("at", Time),
                ("known_at", Time),
                ("kind", Text),
                ("label", Text),
                ("lifecycle", Text),
                ("human", Flag),
            ],
            Self::Outcomes => {
                &[("lead_id", Text), ("at", Time), ("known_at", Time), ("stage", Text), ("value", Integer)]
            }
            Self::Absences => &[("rep", Text), ("from", Time), ("until", Time), ("known_at", Time), ("backup", Text)],
            Self::Feedback => &[
                ("lead_id", Text),
                ("rep", Text),
                ("at", Time),
                ("known_at", Time),
                ("score", Integer),
                ("reason", Text),
            ],
        }
    }

    /// Whose attributes stand in this table.
    pub fn entity(self) -> Option<Entity> {
        match self {
            Self::Leads => Some(Entity::Lead),
            Self::Accounts => Some(Entity::Account),
            _ => None,
        }
    }

    /// All columns under this schema: attribute `x` is column `a_x`.
    pub fn all_columns(self, schema: &AttributeSchema) -> Vec<(String, Kind)> {
        let own = self.columns().iter().map(|(name, kind)| ((*name).to_owned(), *kind));
        let attributes = schema.iter().filter(|(_, entity, _)| Some(*entity) == self.entity());
        own.chain(attributes.map(|(_, _, attribute)| (format!("a_{}", attribute.name), kind_of(attribute.kind))))
            .collect()
    }
}

/// How an attribute is stored; a list is joined by `;`.
pub(crate) fn kind_of(attribute: AttributeType) -> Kind {
    match attribute {
        AttributeType::Integer | AttributeType::Money => Integer,
        AttributeType::Number => Number,
        AttributeType::Bool => Flag,
        AttributeType::Date => Kind::Date,
        AttributeType::Text
        | AttributeType::Choice
        | AttributeType::Country
        | AttributeType::Postcode
        | AttributeType::Language
        | AttributeType::List => Text,
    }
}
