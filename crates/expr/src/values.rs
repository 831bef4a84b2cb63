//! Values that satisfy what is asked of one field: what a lead could say instead.

use std::collections::BTreeMap;

use pointsman_domain::{Money, RepId, Value};

use crate::{
    classes::Constants,
    environment::{Environment, FieldInfo},
    field::{Field, FieldKind},
    row::real_of,
    tree::{Negated, Node, Question},
};

impl Environment {
    /// Values of `field` that satisfy `parts`, at least one of each class that can; `None` is
    /// missing, and comes last. The rest only adds to what is tried.
    pub(crate) fn values(&self, field: Field, parts: &[Node], rest: &[Node]) -> Vec<Option<Value>> {
        let info = self.info(field);
        let mut tried = self.candidates(info, parts, rest);
        tried.retain(|value| info.can_be(value));
        let mut fitting = Vec::new();
        let mut row = self.row();
        for value in tried.into_iter().map(Some).chain([None]) {
            row.clear();
            value.iter().for_each(|value| row.set(field, value));
            if parts.iter().all(|part| part.ask(&row)) && !fitting.contains(&value) {
                fitting.push(value);
            }
        }
        fitting
    }

    fn candidates(&self, info: &FieldInfo, parts: &[Node], rest: &[Node]) -> Vec<Value> {
        let constants =
            Constants::of(parts.iter().chain(rest).filter(|part| fields_of([*part]).any(|f| f == info.field)));
        match info.kind {
            FieldKind::Bool => [true, false].map(Value::Bool).into(),
            FieldKind::Choice => (0..info.words.len() as u16).map(Value::Choice).collect(),
            FieldKind::Country => codes(&["DE", "AT", "CH", "FR", "GB", "US"], b'A'),
            FieldKind::Language => codes(&["de", "en", "fr"], b'a'),
            FieldKind::Text | FieldKind::Postcode | FieldKind::Rep => texts(&constants, info, rest),
            FieldKind::List => vec![Value::List(held(info, rest)), Value::List([].into())],
            FieldKind::Integer | FieldKind::Money | FieldKind::Date | FieldKind::Number => numbers(&constants, info),
        }
    }
}

pub(crate) fn fields_of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> impl Iterator<Item = Field> {
    let tests = nodes.into_iter().flat_map(Node::tests);
    tests.flat_map(|(test, _)| [Some(test.field), test.other_field()]).flatten()
}

impl FieldInfo {
    pub(crate) fn can_be(&self, value: &Value) -> bool {
        let number = match value {
            Value::Integer(n) => *n as f64,
            Value::Number(x) => *x,
            Value::Text(text) => return self.kind != FieldKind::Rep || RepId::new(text).is_ok(),
            _ => return true,
        };
        self.range.is_none_or(|(low, high)| (low..=high).contains(&number))
    }
}

/// All two-letter codes, well-known ones first.
pub(crate) fn codes(known: &[&str], first: u8) -> Vec<Value> {
    let letters = || (first..first + 26).map(char::from);
    let all = letters().flat_map(|a| letters().map(move |b| String::from_iter([a, b])));
    known.iter().map(|&code| code.to_owned()).chain(all).map(|code| Value::Text(code.into())).collect()
}

/// Every constant and a number in every gap.
fn numbers(constants: &Constants, info: &FieldInfo) -> Vec<Value> {
    let keys: &[i64] = if let Constants::Numbers(keys) = constants { keys } else { &[] };
    if info.kind == FieldKind::Number {
        let known: Vec<f64> = keys.iter().map(|&key| real_of(key)).collect();
        let near = known.iter().flat_map(|x| [x + 1.0, x - 1.0, x.next_up(), x.next_down()]);
        let edges = info.range.iter().flat_map(|&(low, high)| [low, high]);
        let tried = known.iter().copied().chain(near).chain(edges).chain([0.0, 1.0]);
        return tried.filter(|x| x.is_finite()).map(Value::Number).collect();
    }
    let near = keys.iter().flat_map(|key| [key.checked_add(1), key.checked_sub(1)]).flatten();
    let edges = info.range.iter().flat_map(|&(low, high)| [low as i64, high as i64]);
    let tried = keys.iter().copied().chain(near).chain(edges).chain([0, 1]);
    tried.filter_map(|number| whole(info.kind, number)).collect()
}

pub(crate) fn whole(kind: FieldKind, number: i64) -> Option<Value> {
    match kind {
        FieldKind::Money => Some(Value::Money(Money(number))),
        FieldKind::Date => i32::try_from(number).ok().map(Value::Date),
        _ => Some(Value::Integer(number)),
    }
}

/// Every constant, texts in the gaps, and one made of all the parts that the rest looks for.
fn texts(constants: &Constants, info: &FieldInfo, rest: &[Node]) -> Vec<Value> {
    let known: Vec<String> = match constants {
        Constants::Texts(texts) => texts.iter().filter_map(|t| String::from_utf8(t.to_vec()).ok()).collect(),
        Constants::Numbers(_) => vec![],
    };
    let mut tried: Vec<String> = vec!["a".into(), "other".into(), "10115".into()];
    tried.extend(known.iter().cloned());
    let mut made: BTreeMap<u8, String> = BTreeMap::new();
    for (test, negated) in rest.iter().flat_map(Node::tests) {
        if test.field != info.field || negated == Negated::Yes {
            continue;
        }
        let (place, part) = match &test.question {
            Question::Contains(part) => (1, &**part),
            Question::EndsWith(part) => (2, &**part),
            Question::Matches(pattern) => (1, pattern.as_str().trim_matches(['^', '$'])),
            _ => continue,
        };
        tried.push(part.to_owned());
        made.entry(place).or_default().push_str(part);
    }
    let ending: String = made.into_values().collect();
    // What follows a constant directly comes before everything else above it.
    let follows = known.iter().flat_map(|text| ["1", "a", "\u{0}"].map(|more| format!("{text}{more}")));
    let ended = known.iter().map(|text| format!("{text}{ending}"));
    let all: Vec<String> =
        tried.into_iter().chain(ended).chain([ending.clone()]).chain(follows).chain([String::new()]).collect();
    all.into_iter().map(|text| Value::Text(text.into())).collect()
}

/// What the rest wants a list to hold.
fn held(info: &FieldInfo, rest: &[Node]) -> Box<[Box<str>]> {
    let wanted =
        rest.iter().flat_map(Node::tests).filter(|(test, negated)| test.field == info.field && *negated == Negated::No);
    let items = wanted
        .filter_map(|(test, _)| if let Question::Holds(item) = &test.question { Some(item.clone()) } else { None });
    items.collect()
}
