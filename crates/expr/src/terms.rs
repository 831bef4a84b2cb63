//! Conditions → terms: a condition holds exactly if one of its terms does, and a term is a
//! conjunction of parts that each read one field, which is what the index answers, and a rest.

use std::collections::BTreeMap;

use crate::{
    field::Field,
    tree::{Node, Question, Test},
};

#[derive(Debug, Default)]
pub(crate) struct Term {
    /// What each field must answer by itself.
    pub by_field: BTreeMap<Field, Vec<Node>>,
    /// What the index cannot answer; asked only where the rest of the term holds.
    pub rest: Vec<Node>,
}

/// The terms of `node`, in the order written. A condition with more than `limit` terms keeps its
/// larger alternatives whole, in the rest.
pub(crate) fn terms(node: &Node, limit: usize) -> Vec<Term> {
    alternatives(node, limit).into_iter().map(term).collect()
}

fn term(parts: Vec<Node>) -> Term {
    let mut term = Term::default();
    for part in parts {
        match home(&part) {
            Some(field) => term.by_field.entry(field).or_default().push(part),
            None => term.rest.push(part),
        }
    }
    term
}

fn alternatives(node: &Node, limit: usize) -> Vec<Vec<Node>> {
    if home(node).is_some() {
        return vec![vec![node.clone()]];
    }
    match node {
        Node::Always => vec![vec![]],
        Node::Never => vec![],
        Node::Is(_) | Node::Not(_) => vec![vec![node.clone()]],
        Node::Any(parts) => {
            let mut all = Vec::new();
            for part in by_home(parts, Node::any) {
                all.extend(alternatives(&part, limit));
                if all.len() > limit {
                    return vec![vec![node.clone()]];
                }
            }
            all
        }
        Node::All(parts) => {
            let mut product: Vec<Vec<Node>> = vec![vec![]];
            for part in parts {
                let factors = alternatives(part, limit);
                if product.len() * factors.len() > limit {
                    product.iter_mut().for_each(|term| term.push(part.clone()));
                    continue;
                }
                let joined = |a: &Vec<Node>, b: &Vec<Node>| a.iter().chain(b).cloned().collect();
                product = product.iter().flat_map(|a| factors.iter().map(move |b| joined(a, b))).collect();
            }
            product
        }
    }
}

/// The same parts with those that read one and the same field joined into one.
fn by_home(parts: &[Node], join: impl Fn(Vec<Node>) -> Node) -> Vec<Node> {
    let mut homes: BTreeMap<Field, Vec<Node>> = BTreeMap::new();
    let mut joined = Vec::new();
    for part in parts {
        match home(part) {
            Some(field) => homes.entry(field).or_default().push(part.clone()),
            None => joined.push(part.clone()),
        }
    }
    joined.extend(homes.into_values().map(join));
    joined
}

/// The one field that `node` reads, if every test in it can be answered from where the field's
/// value lies among the constants.
fn home(node: &Node) -> Option<Field> {
    match node {
        Node::Always | Node::Never => None,
        Node::Is(test) | Node::Not(test) => placeable(test).then_some(test.field),
        Node::All(parts) | Node::Any(parts) => {
            let first = home(parts.first()?)?;
            parts.iter().all(|part| home(part) == Some(first)).then_some(first)
        }
    }
}

fn placeable(test: &Test) -> bool {
    match test.question {
        Question::Present
        | Question::OneOf(_)
        | Question::NoneOf(_)
        | Question::Compare(..)
        | Question::StartsWith(_) => true,
        Question::EndsWith(_)
        | Question::Contains(_)
        | Question::Matches(_)
        | Question::Holds(_)
        | Question::SameAs(_)
        | Question::OtherThan(_)
        | Question::CompareWith(..) => false,
    }
}
