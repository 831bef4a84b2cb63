//! The row executor: the features of one lead, by the same specification and counts as a table.

use std::borrow::Cow;

use pointsman_domain::{AttributeIndex, AttributeSchema, Entity, Instant, RepId, Value, Values, record::ActivityKind};
use pointsman_workhours::Zone;

use crate::{
    FeatureState, Scope,
    spec::{FeatureKind, FeatureSpec, Missing, RateOf, Source, SpecError},
};

/// Hour and day of the week where the workspace is; `workhours` knows how to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// 0 to 23.
    pub hour: u8,
    /// 1 (Monday) to 7.
    pub weekday: u8,
}

impl LocalTime {
    pub fn in_zone(zone: &Zone, at: Instant) -> Self {
        Self { hour: zone.local_hour(at), weekday: zone.local_weekday(at) + 1 }
    }
}

/// What one decision knows of a lead. Values are read at the schema's own indices, so the three
/// may be one and the same.
#[derive(Debug, Clone, Copy)]
pub struct LeadFacts<'a> {
    pub lead: &'a Values,
    pub account: Option<&'a Values>,
    pub contact: Option<&'a Values>,
    /// When it is decided.
    pub at: Instant,
    /// That instant where the workspace is.
    pub local: LocalTime,
    /// Activities before the decision, in the order of [`ACTIVITY_KINDS`].
    pub engagement: [u32; ACTIVITY_KINDS.len()],
}

pub const ACTIVITY_KINDS: [ActivityKind; 7] = [
    ActivityKind::Call,
    ActivityKind::Mail,
    ActivityKind::Meeting,
    ActivityKind::PageView,
    ActivityKind::Task,
    ActivityKind::State,
    ActivityKind::Other,
];

/// The features of one lead (and one rep), categories and numbers apart, each in the
/// specification's order; `None` and NaN are missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureRow<'a> {
    pub categories: Vec<Option<Cow<'a, str>>>,
    pub numbers: Vec<f64>,
}

/// A checked specification, resolved against a schema.
#[derive(Debug, Clone)]
pub struct Executor {
    spec: FeatureSpec,
    schema: AttributeSchema,
    categories: Vec<Column>,
    numbers: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    feature: usize,
    /// Where an attribute feature reads.
    at: Option<(Entity, AttributeIndex)>,
    /// Which segment a rate reads.
    segment: usize,
}

impl Executor {
    pub fn new(spec: FeatureSpec, schema: &AttributeSchema) -> Result<Self, SpecError> {
        spec.check(schema)?;
        let columns = |kind: FeatureKind| {
            let numbered = spec.features.iter().enumerate().filter(move |(_, f)| f.kind == kind);
            numbered.map(|(feature, f)| Column {
                feature,
                at: f.source.attribute().and_then(|(entity, name)| Some((entity, schema.find(entity, name)?))),
                segment: f
                    .source
                    .segment()
                    .and_then(|s| spec.segments.iter().position(|name| **name == *s))
                    .unwrap_or_default(),
            })
        };
        let (categories, numbers) = (columns(FeatureKind::Category).collect(), columns(FeatureKind::Number).collect());
        Ok(Self { categories, numbers, schema: schema.clone(), spec })
    }

    pub fn spec(&self) -> &FeatureSpec {
        &self.spec
    }

    pub fn schema(&self) -> &AttributeSchema {
        &self.schema
    }

    /// Names of the category features, in the order of a row.
    pub fn category_names(&self) -> impl Iterator<Item = &str> {
        self.categories.iter().map(|c| &*self.spec.features[c.feature].name)
    }

    /// Names and scopes of the number features, in the order of a row.
    pub fn number_names(&self) -> impl Iterator<Item = (&str, Scope)> {
        self.numbers.iter().map(|c| (&*self.spec.features[c.feature].name, self.scope(c)))
    }

    fn scope(&self, column: &Column) -> Scope {
        match &self.spec.features[column.feature].source {
            Source::WinRate { of: RateOf::Rep, .. }
            | Source::RecentRate { .. }
            | Source::Tenure
            | Source::OpenLeads
            | Source::Utilisation { .. } => Scope::Rep,
            Source::WinRate { of: RateOf::RepSegment(_), .. } | Source::Experience { .. } => Scope::RepSegment,
            _ => Scope::Lead,
        }
    }

    /// All features of a lead; numbers that speak of a rep are missing without one.
    ///
    /// `state` must stand at the decision's border.
    pub fn row<'a>(&'a self, facts: &LeadFacts<'a>, state: &FeatureState, rep: Option<&RepId>) -> FeatureRow<'a> {
        let categories: Vec<_> = self.categories.iter().map(|c| self.category(c, facts)).collect();
        let levels = self.levels(&categories);
        let number = |c: &Column| match (self.scope(c), rep) {
            (Scope::Lead, _) => self.lead_number(c, facts, state, &levels),
            (_, None) => f64::NAN,
            (_, Some(rep)) => self.rep_number(c, state, rep, levels.get(c.segment).copied().unwrap_or_default()),
        };
        let numbers = self.numbers.iter().map(number).collect();
        FeatureRow { categories, numbers }
    }

    /// The lead's levels of the specification's segments, as [`FeatureState::assigned`] wants
    /// them; missing is the empty text.
    pub fn levels<'a>(&self, categories: &'a [Option<Cow<'_, str>>]) -> Vec<&'a str> {
        let level = |segment: &str| {
            let place = self.category_names().position(|name| name == segment);
            place.and_then(|i| categories.get(i)).and_then(|text| text.as_deref()).unwrap_or_default()
        };
        self.spec.segments.iter().map(|segment| level(segment)).collect()
    }

    /// The number of a rep for the number column `input`, at a level of its segment (ignored
    /// where the number speaks of the rep alone).
    pub fn rep_feature(&self, input: usize, state: &FeatureState, rep: &RepId, level: &str) -> f64 {
        self.numbers.get(input).map_or(f64::NAN, |c| self.rep_number(c, state, rep, level))
    }

    /// Which segment the number column `input` reads.
    pub(crate) fn segment_of(&self, input: usize) -> usize {
        self.numbers.get(input).map_or(0, |c| c.segment)
    }

    fn category<'a>(&'a self, column: &Column, facts: &LeadFacts<'a>) -> Option<Cow<'a, str>> {
        let feature = &self.spec.features[column.feature];
        let text = match (&feature.source, column.at) {
            (Source::HourOf { .. }, at) => Some(self.local_of(at, facts).hour.to_string().into()),
            (Source::WeekdayOf { .. }, at) => Some(self.local_of(at, facts).weekday.to_string().into()),
            (_, Some(at)) => read(facts, at).and_then(|value| self.text(at.1, value)),
            (Source::Hour, _) => Some(facts.local.hour.to_string().into()),
            (Source::Weekday, _) => Some(facts.local.weekday.to_string().into()),
            _ => None,
        };
        text.or(match &feature.missing {
            Missing::Level(level) => Some(Cow::Borrowed(&**level)),
            _ => None,
        })
    }

    /// The instant where the attribute says that the lead is.
    fn local_of(&self, at: Option<(Entity, AttributeIndex)>, facts: &LeadFacts<'_>) -> LocalTime {
        let value = at.and_then(|at| Some((at.1, read(facts, at)?)));
        let text = value.and_then(|(at, value)| self.text(at, value));
        let zone = text.and_then(|text| Zone::of_place(&text));
        zone.map_or(facts.local, |zone| LocalTime::in_zone(&zone, facts.at))
    }

    /// The level's text; the same as [`AttributeSchema::show`], without a copy where possible.
    pub fn text<'a>(&'a self, at: AttributeIndex, value: &'a Value) -> Option<Cow<'a, str>> {
        let text: Cow<'a, str> = match value {
            Value::Text(text) => Cow::Borrowed(&**text),
            Value::Choice(i) => Cow::Borrowed(&**self.schema.get(at)?.1.values.get(usize::from(*i))?),
            other => Cow::Owned(self.schema.show(at, other)),
        };
        (!text.is_empty()).then_some(text)
    }

    fn lead_number(&self, column: &Column, facts: &LeadFacts<'_>, state: &FeatureState, levels: &[&str]) -> f64 {
        let feature = &self.spec.features[column.feature];
        let number = match (&feature.source, column.at) {
            (Source::HourOf { .. }, at) => Some(f64::from(self.local_of(at, facts).hour)),
            (Source::WeekdayOf { .. }, at) => Some(f64::from(self.local_of(at, facts).weekday)),
            (_, Some(at)) => read(facts, at).and_then(number_of),
            (Source::WinRate { of: RateOf::Global, shrink }, _) => Some(state.global_rate(*shrink)),
            (Source::WinRate { of: RateOf::Segment(_), shrink }, _) => {
                let level = levels.get(column.segment).copied().unwrap_or_default();
                Some(state.segment_rate(column.segment, level, *shrink))
            }
            (Source::Hour, _) => Some(f64::from(facts.local.hour)),
            (Source::Weekday, _) => Some(f64::from(facts.local.weekday)),
            (Source::Engagement { kind }, _) => {
                let place = ACTIVITY_KINDS.iter().position(|k| k == kind);
                place.map(|i| f64::from(facts.engagement[i]))
            }
            _ => None,
        };
        number.unwrap_or_else(|| missing_number(&feature.missing))
    }

    fn rep_number(&self, column: &Column, state: &FeatureState, rep: &RepId, level: &str) -> f64 {
        let feature = &self.spec.features[column.feature];
        let number = match &feature.source {
            Source::WinRate { of: RateOf::Rep, shrink } => Some(state.rep_rate(rep, *shrink)),
            Source::WinRate { of: RateOf::RepSegment(_), shrink } => {
                Some(state.rep_segment_rate(rep, column.segment, level, *shrink))
            }
            Source::RecentRate { days, shrink } => Some(state.recent_rate(rep, *days, *shrink)),
            Source::Tenure => state.tenure_days(rep),
            Source::OpenLeads => Some(state.open_leads(rep) as f64),
            Source::Utilisation { days } => Some(state.utilisation(rep, *days)),
            Source::Experience { .. } => Some(state.experience(rep, column.segment, level) as f64),
            _ => None,
        };
        number.unwrap_or_else(|| missing_number(&feature.missing))
    }
}

fn read<'a>(facts: &LeadFacts<'a>, (entity, at): (Entity, AttributeIndex)) -> Option<&'a Value> {
    match entity {
        Entity::Lead => Some(facts.lead),
        Entity::Account => facts.account,
        Entity::Contact => facts.contact,
    }?
    .get(at)
}

/// A value as a number; texts have none.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Number(x) => Some(*x),
        Value::Money(m) => Some(m.minor_units() as f64),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::Date(days) => Some(f64::from(*days)),
        Value::Text(_) | Value::Choice(_) | Value::List(_) => None,
    }
}

/// The number that stands for a missing one.
pub fn missing_number(rule: &Missing) -> f64 {
    match rule {
        Missing::Number(x) => *x,
        Missing::Own | Missing::Level(_) => f64::NAN,
    }
}
