//! The schema that these tests share: one attribute of each type.

use pointsman_domain::{Attribute, AttributeSchema, AttributeType, attribute::AttributeFile};
use pointsman_expr::{Environment, Field, Row};

pub const INDUSTRIES: [&str; 4] = ["technology", "retail", "finance", "health-care"];

pub fn schema() -> AttributeSchema {
    let attribute = |name: &str, kind| Attribute {
        name: name.into(),
        kind,
        values: vec![],
        synonyms: [].into(),
        required: false,
        personal: false,
        protected: false,
        label: None,
    };
    let industry = Attribute {
        values: INDUSTRIES.iter().map(|&word| word.into()).collect(),
        ..attribute("industry", AttributeType::Choice)
    };
    let lead = vec![
        attribute("country", AttributeType::Country),
        attribute("postcode", AttributeType::Postcode),
        attribute("language", AttributeType::Language),
        attribute("product", AttributeType::Text),
        attribute("employees", AttributeType::Integer),
        attribute("fit", AttributeType::Number),
        attribute("budget", AttributeType::Money),
        attribute("urgent", AttributeType::Bool),
        attribute("due", AttributeType::Date),
        attribute("tags", AttributeType::List),
    ];
    let account = vec![industry, attribute("country", AttributeType::Country)];
    let contact = vec![attribute("role", AttributeType::Text)];
    AttributeSchema::new(AttributeFile { format: 1, lead, account, contact }).expect("valid")
}

/// A row from `lead.country=DE` pairs, read as forms and files are.
#[allow(dead_code, reason = "not every test file fills rows from text")]
pub fn row(environment: &Environment, pairs: &[(&str, &str)]) -> Row {
    let schema = schema();
    let mut row = environment.row();
    for (name, text) in pairs {
        let field = environment.find(name).unwrap_or_else(|| panic!("unknown field {name}"));
        match field {
            Field::Attribute(index) => {
                let (_, attribute) = schema.get(index).expect("of this schema");
                row.set(field, &attribute.parse(text).expect("readable").expect("present"));
            }
            Field::Builtin(builtin) => match text.parse::<i64>() {
                Ok(number) => row.set_integer(builtin, number),
                Err(_) if ["true", "false"].contains(text) => row.set_bool(builtin, *text == "true"),
                Err(_) => row.set_text(builtin, text),
            },
        }
    }
    row
}
