//! Why a condition does not hold for a row: what would have to differ.

use crate::{
    row::Row,
    tree::{Negated, Node, Test},
};

impl Node {
    /// A smallest set of tests whose answers would all have to differ for the node to hold; empty
    /// if it holds already, `None` if it never does. Of alternatives the first with the fewest
    /// tests counts. A test that stands twice is counted twice.
    ///
    /// ```
    /// # use pointsman_domain::{AttributeSchema, attribute::AttributeFile};
    /// # use pointsman_expr::{Builtin, Environment, Node};
    /// # let schema = AttributeSchema::new(AttributeFile { format: 1, ..AttributeFile::default() })?;
    /// let environment = Environment::new(&schema);
    /// let rule = environment.compile("(account.known && account.has_owner) || contact.known")?;
    /// let mut row = environment.row();
    /// row.set_bool(Builtin::AccountKnown, true);
    /// let missing = rule.tree().blame(&row).unwrap_or_default();
    /// let shown: Vec<String> = missing.iter().map(|(test, _)| environment.show(&Node::Is((*test).clone()))).collect();
    /// assert_eq!(shown, ["account.has_owner"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn blame(&self, row: &Row) -> Option<Vec<(&Test, Negated)>> {
        match self {
            Self::Always => Some(vec![]),
            Self::Never => None,
            Self::Is(test) if test.ask(row) => Some(vec![]),
            Self::Is(test) => Some(vec![(test, Negated::No)]),
            Self::Not(test) if !test.ask(row) => Some(vec![]),
            Self::Not(test) => Some(vec![(test, Negated::Yes)]),
            Self::All(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(|part| part.blame(row)).collect();
                Some(all?.into_iter().flatten().collect())
            }
            Self::Any(parts) => parts.iter().filter_map(|part| part.blame(row)).min_by_key(Vec::len),
        }
    }
}
