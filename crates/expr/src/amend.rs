//! What would have to be different of one lead for a condition to hold: fields with the values
//! they would need. Where [`Node::blame`] names tests, this finds an example that passes them.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use pointsman_domain::Value;

use crate::{
    environment::Environment,
    field::Field,
    row::Row,
    terms::{Term, terms},
    tree::{Key, Node},
    values::fields_of,
};

/// Terms looked through, values tried of one field, and combinations of them.
const MAX_TERMS: usize = 256;
const MAX_VALUES: usize = 12;
const MAX_TRIES: usize = 500;

/// One field with the value it would need; `None`: it would have to be missing.
pub type Amendment = (Field, Option<Value>);

impl Environment {
    /// A small set of changes to `row` after which `node` holds: as few fields as were found, each
    /// with a value near its present one. Empty if it holds already; `None` if nothing was found
    /// that changes only fields that `may` change.
    ///
    /// ```
    /// # use pointsman_domain::{AttributeSchema, Value, attribute::AttributeFile};
    /// # use pointsman_expr::{Builtin, Environment, Field};
    /// # let schema = AttributeSchema::new(AttributeFile { format: 1, ..AttributeFile::default() })?;
    /// let environment = Environment::new(&schema);
    /// let rule = environment.compile("engagement.calls >= 3 && account.known")?;
    /// let mut row = environment.row();
    /// row.set_bool(Builtin::AccountKnown, true);
    /// row.set_integer(Builtin::EngagementCalls, 1);
    /// let calls = (Field::Builtin(Builtin::EngagementCalls), Some(Value::Integer(3)));
    /// assert_eq!(environment.amend(rule.tree(), &row, |_| true), Some(vec![calls]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn amend(&self, node: &Node, row: &Row, may: impl Fn(Field) -> bool) -> Option<Vec<Amendment>> {
        if node.ask(row) {
            return Some(Vec::new());
        }
        let found = terms(node, MAX_TERMS).into_iter().filter_map(|term| self.amend_term(&term, row, &may));
        // The first of the smallest: terms are in the order written.
        found.filter(|changes| node.ask(&self.amended(row, changes))).min_by_key(Vec::len)
    }

    fn amend_term(&self, term: &Term, row: &Row, may: &impl Fn(Field) -> bool) -> Option<Vec<Amendment>> {
        let rest: BTreeSet<Field> = fields_of(&term.rest).collect();
        let rest_fails = term.rest.iter().any(|part| !part.ask(row));
        let mut choices: Vec<(Field, Vec<Option<Option<Value>>>)> = Vec::new();
        for field in term.by_field.keys().copied().chain(rest.iter().copied()).collect::<BTreeSet<_>>() {
            let parts = term.by_field.get(&field).map_or(&[][..], |parts| parts);
            let holds = parts.iter().all(|part| part.ask(row));
            if holds && !(rest_fails && rest.contains(&field)) {
                continue;
            }
            // Kept as it is where that will do, then what is nearest to it.
            let mut options: Vec<Option<Option<Value>>> = if holds { vec![None] } else { vec![] };
            if may(field) {
                let mut values = self.values(field, parts, &term.rest);
                let now = row.value(self.info(field));
                // Two fields that are compared: the one may become what the other is.
                let others =
                    rest.iter().filter(|other| **other != field).filter_map(|other| row.value(self.info(*other)));
                values.extend(others.map(Some));
                values.sort_by(|a, b| farther(a.as_ref(), b.as_ref(), now.as_ref()));
                options.extend(values.into_iter().take(MAX_VALUES).map(Some));
            }
            if options.is_empty() {
                return None;
            }
            choices.push((field, options));
        }
        self.first_combination(&choices, term, row)
    }

    fn first_combination(
        &self,
        choices: &[(Field, Vec<Option<Option<Value>>>)],
        term: &Term,
        row: &Row,
    ) -> Option<Vec<Amendment>> {
        let holds = |changes: &[Amendment]| {
            let amended = self.amended(row, changes);
            term.by_field.values().flatten().chain(&term.rest).all(|part| part.ask(&amended))
        };
        let mut places = vec![0; choices.len()];
        for _ in 0..MAX_TRIES {
            let chosen = choices.iter().zip(&places).map(|((field, options), place)| (*field, &options[*place]));
            let mut changes: Vec<Amendment> =
                chosen.filter_map(|(field, option)| option.clone().map(|value| (field, value))).collect();
            if holds(&changes) {
                // What turns out not to be needed is left as it is.
                for at in (0..changes.len()).rev() {
                    let left_out = changes.remove(at);
                    if !holds(&changes) {
                        changes.insert(at, left_out);
                    }
                }
                return Some(changes);
            }
            let turned = (0..places.len()).rev().find(|&i| places[i] + 1 < choices[i].1.len())?;
            places[turned] += 1;
            places[turned + 1..].fill(0);
        }
        None
    }

    /// The row with some fields different.
    pub fn amended(&self, row: &Row, changes: &[Amendment]) -> Row {
        let mut amended = row.clone();
        for (field, value) in changes {
            match value {
                Some(value) => amended.set(*field, value),
                None => amended.unset(*field),
            }
        }
        amended
    }
}

/// A value before the absence of one; then the nearer number first; other values as they come.
fn farther(a: Option<&Value>, b: Option<&Value>, now: Option<&Value>) -> Ordering {
    let distance = |value: &Value| match (Key::of(value), now.map(Key::of)) {
        (Key::Number(value), Some(Key::Number(now))) => value.abs_diff(now),
        _ => 0,
    };
    a.is_none().cmp(&b.is_none()).then_with(|| a.map(distance).cmp(&b.map(distance)))
}

#[cfg(test)]
mod tests {
    use pointsman_domain::AttributeSchema;

    use super::*;
    use crate::Builtin;

    fn check(source: &str, expected: Option<&[(&str, Option<Value>)]>) {
        let environment = Environment::new(&AttributeSchema::default());
        let condition = environment.compile(source).expect("valid");
        let mut row = environment.row();
        row.set_bool(Builtin::AccountKnown, true);
        row.set_integer(Builtin::EngagementCalls, 10);
        row.set_text(Builtin::AccountName, "Contoso");
        let found = environment.amend(condition.tree(), &row, |field| field != Field::Builtin(Builtin::TimeHour));
        let named = found.map(|changes| {
            changes
                .into_iter()
                .map(|(field, value)| (environment.info(field).name.to_string(), value))
                .collect::<Vec<_>>()
        });
        let expected = expected.map(|list| list.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect::<Vec<_>>());
        assert_eq!(named, expected, "{source}");
    }

    #[test]
    fn the_fewest_fields_change_to_the_nearest_values() {
        check("account.known", Some(&[]));
        check("engagement.calls < 4", Some(&[("engagement.calls", Some(Value::Integer(3)))]));
        check(
            "engagement.calls > 40 || (account.known && !account.known)",
            Some(&[("engagement.calls", Some(Value::Integer(41)))]),
        );
        check(
            "account.name.startsWith('Fab') && account.known",
            Some(&[("account.name", Some(Value::Text("Fab".into())))]),
        );
        check("!has(account.name)", Some(&[("account.name", None)]));
        check(
            "account.domain == account.name && engagement.calls == 10",
            Some(&[("account.domain", Some(Value::Text("Contoso".into())))]),
        );
    }

    #[test]
    fn nothing_is_found_where_nothing_may_change() {
        check("time.hour >= 9", None);
        check("engagement.calls < 3 && engagement.calls > 5", None);
    }
}
