//! How much of what a lead needs is there.

use pointsman_domain::{AttributeSchema, Entity, Values};

/// Required attributes of one entity: how many, and how many have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completeness {
    pub present: u32,
    pub required: u32,
}

impl Completeness {
    /// present / required; 1 where nothing is required.
    pub fn share(self) -> f64 {
        if self.required == 0 { 1.0 } else { f64::from(self.present) / f64::from(self.required) }
    }
}

/// Counts over the attributes that the schema marks `required`.
pub fn completeness(schema: &AttributeSchema, entity: Entity, values: &Values) -> Completeness {
    let required = schema.iter().filter(|(_, of, attribute)| *of == entity && attribute.required);
    required.fold(Completeness { present: 0, required: 0 }, |sum, (index, _, _)| Completeness {
        present: sum.present + u32::from(values.get(index).is_some()),
        required: sum.required + 1,
    })
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{Value, attribute::AttributeFile};

    use super::*;

    #[test]
    fn only_required_attributes_of_the_entity_count() {
        let file: AttributeFile = toml::from_str(
            r#"
            format = 1
            lead = [{ name = "country", type = "country", required = true }, { name = "budget", type = "money" },
                    { name = "product", type = "text", required = true }]
            account = [{ name = "sector", type = "text", required = true }]
            "#,
        )
        .unwrap();
        let schema = AttributeSchema::new(file).unwrap();
        let mut values = Values::missing(schema.len());
        let index = schema.find(Entity::Lead, "country").unwrap();
        values.set(index, Some(Value::Text("DE".into())));
        let lead = completeness(&schema, Entity::Lead, &values);
        assert_eq!((lead, lead.share()), (Completeness { present: 1, required: 2 }, 0.5));
        assert_eq!(completeness(&schema, Entity::Contact, &values).share(), 1.0);
    }
}
