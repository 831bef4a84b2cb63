//! From a text to a condition, and the rows that conditions read.

use crate::{check, condition::Condition, environment::Environment, error::ExprError, parse::parse, row::Row};

impl Environment {
    /// Reads and checks a condition.
    pub fn compile(&self, source: &str) -> Result<Condition, ExprError> {
        let tree = parse(source).and_then(|tree| check::condition(self, &tree));
        tree.map(|root| Condition::new(source, root)).map_err(|fault| fault.in_source(source))
    }

    /// An empty row for conditions of this environment.
    pub fn row(&self) -> Row {
        Row::new(self.domains.clone())
    }
}
