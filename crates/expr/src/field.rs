//! What a condition can ask about: the attributes of the workspace's schema, and a closed set of
//! built-in fields that Pointsman itself knows of every lead.

use pointsman_domain::{AttributeIndex, AttributeType};

/// One field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Builtin(Builtin),
    Attribute(AttributeIndex),
}

impl Field {
    /// Where the field stands in a row: built-in fields first.
    pub(crate) fn slot(self) -> usize {
        match self {
            Self::Builtin(builtin) => builtin as usize,
            Self::Attribute(index) => Builtin::ALL.len() + index.index(),
        }
    }
}

/// What kind of value a field holds; decides which tests it can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldKind {
    Text,
    Postcode,
    Country,
    Language,
    /// The id of a rep.
    Rep,
    /// One of a list of words.
    Choice,
    Integer,
    Number,
    Money,
    Bool,
    Date,
    List,
}

impl FieldKind {
    /// How an error calls it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Postcode => "a postcode",
            Self::Country => "a country",
            Self::Language => "a language",
            Self::Rep => "a rep's id",
            Self::Choice => "a choice",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Money => "an amount of money",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::List => "a list of texts",
        }
    }

    pub(crate) fn domain(self) -> Domain {
        match self {
            Self::Text | Self::Postcode | Self::Country | Self::Language | Self::Rep => Domain::Text,
            Self::Choice | Self::Integer | Self::Money | Self::Bool | Self::Date => Domain::Whole,
            Self::Number => Domain::Real,
            Self::List => Domain::List,
        }
    }
}

impl From<AttributeType> for FieldKind {
    fn from(kind: AttributeType) -> Self {
        match kind {
            AttributeType::Text => Self::Text,
            AttributeType::Choice => Self::Choice,
            AttributeType::Integer => Self::Integer,
            AttributeType::Number => Self::Number,
            AttributeType::Money => Self::Money,
            AttributeType::Bool => Self::Bool,
            AttributeType::Date => Self::Date,
            AttributeType::Country => Self::Country,
            AttributeType::Postcode => Self::Postcode,
            AttributeType::Language => Self::Language,
            AttributeType::List => Self::List,
        }
    }
}

/// How a row keeps a value, so that tests are comparisons of integers and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// An `i64`: integers, minor units, days, choice numbers, 0 and 1.
    Whole,
    /// An `f64`, kept as an integer of the same order.
    Real,
    Text,
    List,
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $variant:ident = $name:literal: $kind:ident,)+) => {
        /// A field that needs no schema. Whoever builds a row fills what it knows; the rest is
        /// missing, and a test of it is false.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Builtin {
            $($(#[$doc])* $variant,)+
        }

        impl Builtin {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As conditions write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            pub fn kind(self) -> FieldKind {
                match self { $(Self::$variant => FieldKind::$kind,)+ }
            }
        }
    };
}

builtins! {
    /// Share of the required attributes that are present, 0 to 1.
    LeadCompleteness = "lead.completeness": Number,
    /// An open lead of the same person was there before.
    LeadIsDuplicate = "lead.is_duplicate": Bool,
    /// 0 (least) to 9.
    LeadPriority = "lead.priority": Integer,
    /// Who owned this lead last, before it is routed again.
    LeadLastOwner = "lead.last_owner": Rep,
    /// How many reps have declined this lead.
    LeadDeclines = "lead.declines": Integer,
    /// The person was known before this lead.
    ContactKnown = "contact.known": Bool,
    /// Who dealt with this person before.
    ContactOwner = "contact.owner": Rep,
    ContactHasOwner = "contact.has_owner": Bool,
    ContactEmailDomain = "contact.email_domain": Text,
    /// The lead was matched to an account.
    AccountKnown = "account.known": Bool,
    AccountName = "account.name": Text,
    AccountDomain = "account.domain": Text,
    AccountOwner = "account.owner": Rep,
    AccountHasOwner = "account.has_owner": Bool,
    /// The nearest owner among the account's parents.
    AccountParentOwner = "account.parent_owner": Rep,
    AccountHasParentOwner = "account.has_parent_owner": Bool,
    /// The owner among the account's subsidiaries, where they agree on one.
    AccountSubsidiaryOwner = "account.subsidiary_owner": Rep,
    /// The account has an opportunity that is neither won nor lost.
    AccountOpenOpportunity = "account.open_opportunity": Bool,
    /// The owner of that opportunity.
    AccountOpportunityOwner = "account.opportunity_owner": Rep,
    EngagementPageViews = "engagement.page_views": Integer,
    EngagementMailsOpened = "engagement.mails_opened": Integer,
    EngagementForms = "engagement.forms": Integer,
    EngagementMeetings = "engagement.meetings": Integer,
    EngagementCalls = "engagement.calls": Integer,
    /// 0 to 23, in the workspace's zone.
    TimeHour = "time.hour": Integer,
    /// `"mon"` to `"sun"`, in the workspace's zone.
    TimeWeekday = "time.weekday": Choice,
    /// The local date, in the workspace's zone.
    TimeDate = "time.date": Date,
}

impl Builtin {
    /// The words of a choice, in the order of their numbers.
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Self::TimeWeekday => &["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            _ => &[],
        }
    }

    /// The smallest and largest value that can occur, where that is known.
    pub(crate) fn range(self) -> Option<(f64, f64)> {
        match self {
            Self::LeadCompleteness => Some((0.0, 1.0)),
            Self::LeadPriority => Some((0.0, 9.0)),
            Self::TimeHour => Some((0.0, 23.0)),
            Self::LeadDeclines
            | Self::EngagementPageViews
            | Self::EngagementMailsOpened
            | Self::EngagementForms
            | Self::EngagementMeetings
            | Self::EngagementCalls => Some((0.0, f64::INFINITY)),
            _ => None,
        }
    }
}
