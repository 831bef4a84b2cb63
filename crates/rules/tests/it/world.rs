//! One schema and one roster for all tests: the workspace in the root of the repository.

use pointsman_domain::{AttributeSchema, Entity, Pick, TerritoryId};
use pointsman_expr::{Environment, Field, Row};
use pointsman_rules::{Policy, Roster, Territory, TerritoryError};

pub struct World {
    pub schema: AttributeSchema,
    pub environment: Environment,
    pub roster: Roster,
    pub territories: Vec<Territory>,
}

impl World {
    pub fn new() -> Self {
        Self::with_roster(include_str!("../../../../reps.toml"))
    }

    pub fn with_roster(roster: &str) -> Self {
        let attributes = toml::from_str(include_str!("../../../../attributes.toml")).expect("attributes");
        let schema = AttributeSchema::new(attributes).expect("a schema");
        let environment = Environment::new(&schema);
        let roster = Roster::new(&toml::from_str(roster).expect("TOML"), &environment).expect("a roster");
        Self { schema, environment, roster, territories: vec![] }
    }

    pub fn with_territory(mut self, name: &str, csv: &str) -> Self {
        self.territories.push(self.territory(name, csv.as_bytes()).expect("a territory"));
        self
    }

    pub fn territory(&self, name: &str, csv: &[u8]) -> Result<Territory, Vec<TerritoryError>> {
        Territory::parse(TerritoryId::new(name).expect("an id"), csv, &self.roster, &self.environment)
    }

    pub fn policy(&self, source: &str) -> Result<Policy, String> {
        let parsed =
            Policy::parse(source, &self.roster, &self.territories, &self.environment, Pick::WeightedRoundRobin);
        parsed.map_err(|e| e.to_string())
    }

    /// A row from `country=DE` pairs of lead attributes, read as forms are.
    pub fn lead(&self, pairs: &[(&str, &str)]) -> Row {
        let mut row = self.environment.row();
        for (name, text) in pairs {
            let index = self.schema.find(Entity::Lead, name).unwrap_or_else(|| panic!("no attribute {name}"));
            let (_, attribute) = self.schema.get(index).expect("of this schema");
            row.set(Field::Attribute(index), &attribute.parse(text).expect("readable").expect("present"));
        }
        row
    }
}
