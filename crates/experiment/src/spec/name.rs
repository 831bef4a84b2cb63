//! Names that only an experiment file uses.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use pointsman_domain::{IdError, VariantId};

macro_rules! names {
    ($(#[$doc:meta] $name:ident = $check:expr),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> Result<(), IdError> = $check;
                check(text).map(|()| Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(d)?).map_err(de::Error::custom)
            }
        }
    )+};
}

/// The same rule as every other name that people give.
fn slug(text: &str) -> Result<(), IdError> {
    VariantId::new(text).map(|_| ())
}

/// Any header of a table, as written there.
fn header(text: &str) -> Result<(), IdError> {
    if text.is_empty() { Err(IdError::Slug { text: String::new(), suggestion: "converted".into() }) } else { Ok(()) }
}

names! {
    /// A metric of one experiment.
    MetricId = slug,
    /// One analysis of a metric.
    AnalysisId = slug,
    /// A column of a data table.
    ColumnName = header,
}
