//! The feature specification: which features a model reads, from where, and what a missing value
//! means. It is data (`features.toml`), because two executors follow it: `pipeline` on tables,
//! [`crate::row`] on one lead. Only integers are aggregated (counts of leads and wins); rates are
//! formed at the end, so that both agree.

use pointsman_domain::{AttributeSchema, AttributeType, Digest, Entity, record::ActivityKind};
use serde::{Deserialize, Serialize};

/// The file as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    pub format: u32,
    /// Names of category features by which win rates are kept (rep × segment, segment).
    #[serde(default)]
    pub segments: Vec<Box<str>>,
    /// Attributes that must not be features, besides those that the schema marks.
    #[serde(default)]
    pub protected: Vec<Box<str>>,
    /// Protected attributes used nevertheless; the model card names them.
    #[serde(default)]
    pub allow_protected: Vec<Box<str>>,
    #[serde(default, rename = "feature")]
    pub features: Vec<Feature>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    pub name: Box<str>,
    pub kind: FeatureKind,
    pub source: Source,
    #[serde(default)]
    pub missing: Missing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    Category,
    Number,
}

/// Where a feature comes from. Everything "as of" is taken at the border: the last full hour
/// before the decision, over rows known strictly before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Attribute {
        entity: Entity,
        name: Box<str>,
    },
    /// (wins + shrink × parent rate) / (closed leads + shrink). The parent of rep × segment is the
    /// rep, of rep and segment the global rate, of the global rate one half.
    WinRate {
        of: RateOf,
        shrink: f64,
    },
    /// The rep's win rate over leads whose outcome was learned in the last `days` whole UTC days
    /// before the border's day, shrunk towards the global rate.
    RecentRate {
        days: u16,
        shrink: f64,
    },
    /// Days from the rep's first lead to the border.
    Tenure,
    /// Closed leads of the rep at the lead's level of this segment: how used the rep is to such
    /// leads.
    Experience {
        segment: Box<str>,
    },
    /// Leads that the rep holds: given, and not known to be closed.
    OpenLeads,
    /// Open leads / (leads of the rep whose outcome was learned in the last `days` whole UTC days
    /// before the border's day + 1): by Little's law proportional to how long a new lead waits.
    Utilisation {
        days: u16,
    },
    /// Hour of the day, 0 to 23, in the workspace's zone.
    Hour,
    /// Day of the week, 1 (Monday) to 7, in the workspace's zone.
    Weekday,
    /// Hour of the day in the lead's zone: the attribute holds an IANA name (`Europe/Paris`) or a
    /// country (its most populous zone); the workspace's zone where it holds neither.
    HourOf {
        entity: Entity,
        name: Box<str>,
    },
    /// Day of the week, likewise.
    WeekdayOf {
        entity: Entity,
        name: Box<str>,
    },
    /// Activities of this kind before the decision.
    Engagement {
        kind: ActivityKind,
    },
}

impl Source {
    /// The attribute it reads.
    pub fn attribute(&self) -> Option<(Entity, &str)> {
        match self {
            Self::Attribute { entity, name } | Self::HourOf { entity, name } | Self::WeekdayOf { entity, name } => {
                Some((*entity, name))
            }
            _ => None,
        }
    }

    /// The segment whose level it reads.
    pub fn segment(&self) -> Option<&str> {
        match self {
            Self::WinRate { of: RateOf::Segment(segment) | RateOf::RepSegment(segment), .. }
            | Self::Experience { segment } => Some(segment),
            _ => None,
        }
    }
}

/// Whose win rate; a segment is named by its category feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateOf {
    Global,
    Rep,
    Segment(Box<str>),
    RepSegment(Box<str>),
}

/// What stands for a missing value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Missing is a level, or an effect, of its own.
    #[default]
    Own,
    /// This number.
    Number(f64),
    /// This level.
    Level(Box<str>),
}

/// What is wrong with a specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("format {0} of the feature specification is not the one this version reads (1)")]
    Format(u32),
    #[error("feature '{0}' is listed twice")]
    Twice(Box<str>),
    #[error("feature '{feature}' reads {entity:?} attribute '{attribute}', which the schema does not have")]
    UnknownAttribute { feature: Box<str>, entity: Entity, attribute: Box<str> },
    #[error(
        "feature '{feature}' reads the protected attribute '{attribute}': remove it, or list it in allow_protected"
    )]
    Protected { feature: Box<str>, attribute: Box<str> },
    #[error("feature '{feature}' is a {kind:?}, which its source cannot give")]
    Kind { feature: Box<str>, kind: FeatureKind },
    #[error("'{segment}' is used as a segment but is no category feature listed in segments")]
    Segment { segment: Box<str> },
    #[error("feature '{feature}': shrink must be a number above 0, and days at least 1")]
    Shrink { feature: Box<str> },
    #[error("feature '{feature}': its rule for missing values does not fit its kind")]
    Missing { feature: Box<str> },
}

impl FeatureSpec {
    /// Every fault that can be seen without data, the first one found.
    pub fn check(&self, schema: &AttributeSchema) -> Result<(), SpecError> {
        if self.format != 1 {
            return Err(SpecError::Format(self.format));
        }
        for (i, feature) in self.features.iter().enumerate() {
            if self.features[..i].iter().any(|earlier| earlier.name == feature.name) {
                return Err(SpecError::Twice(feature.name.clone()));
            }
            self.check_feature(feature, schema)?;
        }
        let bad = self.segments.iter().find(|s| !self.is_category(s));
        bad.map_or(Ok(()), |segment| Err(SpecError::Segment { segment: segment.clone() }))
    }

    fn check_feature(&self, feature: &Feature, schema: &AttributeSchema) -> Result<(), SpecError> {
        let name = || feature.name.clone();
        let kinds: &[FeatureKind] = match &feature.source {
            Source::Attribute { entity, name: attribute } => {
                self.check_attribute(feature, *entity, attribute, schema)?
            }
            Source::WinRate { of: RateOf::Segment(s) | RateOf::RepSegment(s), .. } if !self.segments.contains(s) => {
                return Err(SpecError::Segment { segment: s.clone() });
            }
            Source::WinRate { shrink, .. } if !above_zero(*shrink) => {
                return Err(SpecError::Shrink { feature: name() });
            }
            Source::RecentRate { days, shrink } if *days == 0 || !above_zero(*shrink) => {
                return Err(SpecError::Shrink { feature: name() });
            }
            Source::Experience { segment } if !self.segments.contains(segment) => {
                return Err(SpecError::Segment { segment: segment.clone() });
            }
            Source::Utilisation { days: 0 } => return Err(SpecError::Shrink { feature: name() }),
            Source::HourOf { entity, name: attribute } | Source::WeekdayOf { entity, name: attribute } => {
                self.check_attribute(feature, *entity, attribute, schema)?;
                &[FeatureKind::Category, FeatureKind::Number]
            }
            Source::Hour | Source::Weekday => &[FeatureKind::Category, FeatureKind::Number],
            _ => &[FeatureKind::Number],
        };
        if !kinds.contains(&feature.kind) {
            return Err(SpecError::Kind { feature: name(), kind: feature.kind });
        }
        match (&feature.missing, feature.kind) {
            (Missing::Level(_), FeatureKind::Number) | (Missing::Number(_), FeatureKind::Category) => {
                Err(SpecError::Missing { feature: name() })
            }
            (Missing::Number(x), _) if !x.is_finite() => Err(SpecError::Missing { feature: name() }),
            _ => Ok(()),
        }
    }

    fn check_attribute(
        &self,
        feature: &Feature,
        entity: Entity,
        name: &str,
        schema: &AttributeSchema,
    ) -> Result<&'static [FeatureKind], SpecError> {
        let found = schema.find(entity, name).and_then(|index| schema.get(index));
        let Some((_, attribute)) = found else {
            return Err(SpecError::UnknownAttribute { feature: feature.name.clone(), entity, attribute: name.into() });
        };
        let listed = |list: &[Box<str>]| list.iter().any(|n| &**n == name);
        if (attribute.protected || listed(&self.protected)) && !listed(&self.allow_protected) {
            return Err(SpecError::Protected { feature: feature.name.clone(), attribute: name.into() });
        }
        Ok(match attribute.kind {
            AttributeType::Number | AttributeType::Money | AttributeType::Date => &[FeatureKind::Number],
            AttributeType::Integer | AttributeType::Bool => &[FeatureKind::Category, FeatureKind::Number],
            AttributeType::List => &[],
            _ => &[FeatureKind::Category],
        })
    }

    /// Names in `allow_protected` that a feature reads, for the card.
    pub fn protected_used(&self) -> Vec<Box<str>> {
        let read = |name: &str| {
            let of = |f: &Feature| f.source.attribute().is_some_and(|(_, read)| read == name);
            self.features.iter().any(of)
        };
        self.allow_protected.iter().filter(|name| read(name)).cloned().collect()
    }

    fn is_category(&self, name: &str) -> bool {
        self.features.iter().any(|f| &*f.name == name && f.kind == FeatureKind::Category)
    }

    /// SHA-256 of the compact JSON form: the specification's name in artifacts and tables.
    pub fn digest(&self) -> Digest {
        crate::canonical::digest(self)
    }
}

fn above_zero(shrink: f64) -> bool {
    shrink > 0.0 && shrink.is_finite()
}
