//! The names a condition may use, each with what is known of its values.

use std::{collections::BTreeMap, sync::Arc};

use pointsman_domain::{AttributeIndex, AttributeSchema, Currency, Entity};

use crate::{
    error::{ExprError, Fault, Located},
    field::{Builtin, Domain, Field, FieldKind},
    suggest::nearest,
};

/// Reads conditions and makes rows, both for one attribute schema.
///
/// ```
/// # use pointsman_domain::{AttributeSchema, attribute::AttributeFile};
/// # use pointsman_expr::{Builtin, Environment};
/// let schema = AttributeSchema::new(AttributeFile { format: 1, ..AttributeFile::default() })?;
/// let environment = Environment::new(&schema);
/// let busy_hours = environment.compile("time.hour >= 9 && time.hour < 17")?;
/// let mut row = environment.row();
/// row.set_integer(Builtin::TimeHour, 12);
/// assert!(busy_hours.eval(&row));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Environment {
    fields: Vec<FieldInfo>,
    by_name: BTreeMap<Box<str>, usize>,
    pub(crate) domains: Arc<[Domain]>,
    currency: Currency,
    shadowed: Vec<AttributeIndex>,
}

/// What is known of one field.
#[derive(Debug, Clone)]
pub struct FieldInfo {
    pub field: Field,
    /// As conditions write it: `lead.country`.
    pub name: Box<str>,
    pub kind: FieldKind,
    /// The words of a choice, in the order of their numbers.
    pub words: Vec<Box<str>>,
    /// The smallest and largest number that can occur, where that is known.
    pub(crate) range: Option<(f64, f64)>,
}

impl Environment {
    /// The built-in fields and the attributes of `schema`; amounts of money are euros.
    pub fn new(schema: &AttributeSchema) -> Self {
        let builtins = Builtin::ALL.iter().map(|&builtin| FieldInfo {
            field: Field::Builtin(builtin),
            name: builtin.name().into(),
            kind: builtin.kind(),
            words: builtin.choices().iter().map(|&word| word.into()).collect(),
            range: builtin.range(),
        });
        let attributes = schema.iter().map(|(index, entity, attribute)| FieldInfo {
            field: Field::Attribute(index),
            name: format!("{}.{}", entity_word(entity), attribute.name).into(),
            kind: attribute.kind.into(),
            words: attribute.values.clone(),
            range: None,
        });
        let fields: Vec<FieldInfo> = builtins.chain(attributes).collect();
        let mut by_name = BTreeMap::new();
        let mut shadowed = Vec::new();
        for (place, info) in fields.iter().enumerate() {
            match (by_name.contains_key(&info.name), info.field) {
                (true, Field::Attribute(index)) => shadowed.push(index),
                _ => drop(by_name.insert(info.name.clone(), place)),
            }
        }
        let domains = fields.iter().map(|info| info.kind.domain()).collect();
        Self { fields, by_name, domains, currency: Currency::EUR, shadowed }
    }

    /// The same with amounts of money in `currency`: `lead.budget >= 50000` is fifty thousand of it.
    #[must_use]
    pub fn in_currency(self, currency: Currency) -> Self {
        Self { currency, ..self }
    }

    /// Every field, built-in ones first.
    pub fn fields(&self) -> &[FieldInfo] {
        &self.fields
    }

    /// What is known of a field of this environment.
    pub fn info(&self, field: Field) -> &FieldInfo {
        &self.fields[field.slot()]
    }

    pub fn find(&self, name: &str) -> Option<Field> {
        self.by_name.get(name).map(|&place| self.fields[place].field)
    }

    /// As [`Environment::find`], and for an unknown name the error that a condition would give.
    pub fn field(&self, name: &str) -> Result<Field, ExprError> {
        self.known(0, name).map(|info| info.field).map_err(|fault| fault.in_source(name))
    }

    pub(crate) fn known(&self, at: usize, name: &str) -> Result<&FieldInfo, Located> {
        if let Some(field) = self.find(name) {
            return Ok(self.info(field));
        }
        let error = Located::new(at, Fault::UnknownField { name: name.into() });
        Err(match self.nearest(name) {
            Some(near) => error.suggesting(format!("'{near}'")),
            None => error,
        })
    }

    /// Attributes that no condition can name, because a built-in field has their name.
    pub fn shadowed(&self) -> &[AttributeIndex] {
        &self.shadowed
    }

    /// An amount of money as people write it, in minor units.
    pub fn amount(&self, text: &str) -> Option<i64> {
        self.currency.parse_amount(text).map(pointsman_domain::Money::minor_units)
    }

    pub(crate) fn currency(&self) -> Currency {
        self.currency
    }

    /// The field that a mistyped name most likely meant: one that lacks only its entity, or the
    /// nearest by edit distance.
    fn nearest(&self, name: &str) -> Option<&str> {
        let names = || self.by_name.keys().map(|known| &**known);
        let lacks_entity = |known: &&str| known.split_once('.').is_some_and(|(_, last)| last == name);
        let other_entity = |known: &&str| known.split_once('.').map(|k| k.1) == name.split_once('.').map(|n| n.1);
        names().find(lacks_entity).or_else(|| nearest(name, names())).or_else(|| names().find(other_entity))
    }
}

fn entity_word(entity: Entity) -> &'static str {
    match entity {
        Entity::Lead => "lead",
        Entity::Account => "account",
        Entity::Contact => "contact",
    }
}
