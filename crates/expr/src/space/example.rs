//! A row from a region of classes: the likeliest value of every field that needs one, and values
//! tried for the tests that classes leave free.

use std::collections::BTreeMap;

use pointsman_domain::Value;

use super::{
    axis::{Axes, Axis},
    search::Region,
};
use crate::{
    environment::Environment,
    field::{Domain, Field},
    row::Row,
    tree::{Question, Test},
};

/// Values of one field, and combinations, that are tried.
const MOST_VALUES: usize = 24;
const MOST_TRIES: usize = 2_000;

/// Values for which `holds`, if some of those tried do.
pub(super) fn of(
    environment: &Environment,
    axes: &Axes,
    region: &Region,
    holds: &dyn Fn(&Row) -> bool,
) -> Option<Vec<(Field, Value)>> {
    let free = free_tests(axes, region);
    let mut choices: Vec<(Field, Vec<Option<Value>>)> = Vec::new();
    for (axis, places) in axes.axes.iter().zip(region) {
        let Axis::Values { field, values } = axis else { continue };
        let mut left: Vec<Option<Value>> = places.iter().map(|place| values[place].clone()).collect();
        match free.get(field) {
            Some(tests) => {
                let mut tried = made(environment, *field, tests, &left);
                tried.append(&mut left);
                tried.truncate(MOST_VALUES);
                left = tried;
            }
            None => left.truncate(1),
        }
        choices.push((*field, left));
    }
    let mut places = vec![0; choices.len()];
    for _ in 0..MOST_TRIES {
        let mut row = environment.row();
        let chosen = choices
            .iter()
            .zip(&places)
            .filter_map(|((field, values), place)| Some((*field, values.get(*place)?.clone()?)));
        let present: Vec<(Field, Value)> = chosen.collect();
        present.iter().for_each(|(field, value)| row.set(*field, value));
        if holds(&row) {
            return Some(without_needless(environment, present, holds));
        }
        let turned = (0..places.len()).rev().find(|&i| places[i] + 1 < choices[i].1.len())?;
        places[turned] += 1;
        places[turned + 1..].fill(0);
    }
    None
}

/// The free tests by every field that they read, with the answers that the region settled.
fn free_tests<'a>(axes: &'a Axes, region: &Region) -> BTreeMap<Field, Vec<(&'a Test, Option<bool>)>> {
    let mut free: BTreeMap<Field, Vec<(&Test, Option<bool>)>> = BTreeMap::new();
    for (axis, places) in axes.axes.iter().zip(region) {
        let Axis::Free(test) = axis else { continue };
        let answer = match (places.contains(0), places.contains(1)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        for field in [Some(test.field), test.other_field()].into_iter().flatten() {
            free.entry(field).or_default().push((test, answer));
        }
    }
    free
}

/// Texts and lists made of what the tests look for.
fn made(
    environment: &Environment,
    field: Field,
    tests: &[(&Test, Option<bool>)],
    left: &[Option<Value>],
) -> Vec<Option<Value>> {
    let kind = environment.info(field).kind;
    if kind.domain() == Domain::List {
        let held =
            tests.iter().filter(|(_, answer)| *answer == Some(true)).filter_map(|(test, _)| match &test.question {
                Question::Holds(item) => Some(item.clone()),
                _ => None,
            });
        let held: Box<[Box<str>]> = held.collect();
        let list = if held.is_empty() { vec![] } else { vec![Some(Value::List(held))] };
        return list;
    }
    if kind.domain() != Domain::Text {
        return vec![];
    }
    let (mut parts, mut ending) = (String::new(), String::new());
    let mut single = Vec::new();
    for (test, answer) in tests.iter().filter(|(test, _)| test.field == field) {
        let part = match &test.question {
            Question::Contains(part) | Question::EndsWith(part) => part.to_string(),
            Question::Matches(pattern) => plain(pattern.as_str()),
            _ => continue,
        };
        single.push(part.clone());
        match (&test.question, answer) {
            (_, Some(false) | None) => {}
            (Question::EndsWith(_), _) => ending.push_str(&part),
            _ => parts.push_str(&part),
        }
    }
    let joined = format!("{parts}{ending}");
    let begun = left.iter().flatten().filter_map(|value| match value {
        Value::Text(text) => Some(format!("{text}{joined}")),
        _ => None,
    });
    // What no test looks for comes first where nothing is wanted.
    let all = [joined.clone()].into_iter().chain(begun.take(MOST_VALUES / 2)).chain(single);
    let wanted = all.filter(|text| !text.is_empty()).map(|text| Some(Value::Text(text.into())));
    if joined.is_empty() { left.iter().take(4).cloned().chain(wanted).collect() } else { wanted.collect() }
}

/// A text that a simple pattern matches: its letters, without what patterns write around them.
fn plain(pattern: &str) -> String {
    let pattern = pattern.trim_start_matches("(?i)").trim_matches(['^', '$']);
    let first = pattern.split('|').next().unwrap_or_default();
    let (mut text, mut escaped) = (String::new(), false);
    for c in first.chars() {
        match c {
            'd' if escaped => text.push('1'),
            'w' if escaped => text.push('a'),
            's' if escaped => text.push(' '),
            'b' | 'B' if escaped => {}
            c if escaped => text.push(c),
            '\\' | '(' | ')' | '?' | ':' | '+' | '*' | '[' | ']' => {}
            '.' => text.push('a'),
            c => text.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    text
}

/// Leaves out every value that the example does not need.
fn without_needless(
    environment: &Environment,
    mut present: Vec<(Field, Value)>,
    holds: &dyn Fn(&Row) -> bool,
) -> Vec<(Field, Value)> {
    for at in (0..present.len()).rev() {
        let mut row = environment.row();
        present.iter().enumerate().filter(|(i, _)| *i != at).for_each(|(_, (field, value))| row.set(*field, value));
        if holds(&row) {
            present.remove(at);
        }
    }
    present
}
