//! One compiled condition.

use std::sync::Arc;

use crate::{
    field::Field,
    row::Row,
    tree::{Node, Test},
};

/// A condition that fits its schema. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Condition {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: Box<str>,
    root: Node,
    fields: Vec<Field>,
}

impl Condition {
    pub(crate) fn new(source: &str, root: Node) -> Self {
        let of_test = |test: &Test| [Some(test.field), test.other_field()];
        let mut fields: Vec<Field> = root.tests().iter().flat_map(|(test, _)| of_test(test)).flatten().collect();
        fields.sort_unstable();
        fields.dedup();
        Self { inner: Arc::new(Inner { source: source.into(), root, fields }) }
    }

    /// Holds for every row.
    pub fn always() -> Self {
        Self::new("true", Node::Always)
    }

    /// Whether the condition holds for this row.
    pub fn eval(&self, row: &Row) -> bool {
        self.inner.root.ask(row)
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// What was understood, for whoever reasons about it. Its tests list the literals.
    pub fn tree(&self) -> &Node {
        &self.inner.root
    }

    /// The fields the condition reads, each once, in order.
    pub fn fields(&self) -> &[Field] {
        &self.inner.fields
    }

    /// This and `other`.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let root = Node::all([self.tree().clone(), other.tree().clone()]);
        Self::new(&format!("({}) && ({})", self.source(), other.source()), root)
    }

    /// This or `other`.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let root = Node::any([self.tree().clone(), other.tree().clone()]);
        Self::new(&format!("({}) || ({})", self.source(), other.source()), root)
    }

    /// The opposite.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self::new(&format!("!({})", self.source()), self.tree().clone().negated())
    }
}
