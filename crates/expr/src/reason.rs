//! Can this condition hold at all, and for whom? What a lint asks: a condition that cannot hold
//! never fires; if `a && !b` cannot hold, every lead of `a` is one of `b`; if `a && b` can, here
//! is a lead of both.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::{Money, RepId, Value};

use crate::{
    classes::Constants,
    environment::{Environment, FieldInfo},
    field::{Domain, Field, FieldKind},
    row::real_of,
    terms::{Term, terms},
    tree::{Negated, Node, Question},
};

/// Terms looked through; and for a term with a rest, values of one field and combinations tried.
const MAX_TERMS: usize = 1024;
const MAX_VALUES: usize = 24;
const MAX_TRIES: usize = 2000;

/// Whether a condition can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Possible {
    /// It holds for this: the fields that need a value. All others are missing.
    Yes(Vec<(Field, Value)>),
    /// It holds for no row whose values are possible for their fields.
    No,
    /// Not found and not ruled out: patterns, texts within texts, comparisons of two fields.
    Unknown,
}

impl Environment {
    /// Whether any row satisfies `node`.
    ///
    /// ```
    /// # use pointsman_domain::{AttributeSchema, attribute::AttributeFile};
    /// # use pointsman_expr::{Builtin, Environment, Field, Node, Possible};
    /// # use pointsman_domain::Value;
    /// # let schema = AttributeSchema::new(AttributeFile { format: 1, ..AttributeFile::default() })?;
    /// let environment = Environment::new(&schema);
    /// let early = environment.compile("time.hour < 9")?;
    /// let morning = environment.compile("time.hour < 12")?;
    /// let early_not_morning = early.and(&morning.negated());
    /// assert_eq!(environment.possible(early_not_morning.tree()), Possible::No);
    /// let morning_not_early = morning.and(&early.negated());
    /// let example = vec![(Field::Builtin(Builtin::TimeHour), Value::Integer(9))];
    /// assert_eq!(environment.possible(morning_not_early.tree()), Possible::Yes(example));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn possible(&self, node: &Node) -> Possible {
        let mut doubt = false;
        for term in terms(node, MAX_TERMS) {
            match self.possible_term(&term) {
                Possible::No => {}
                Possible::Unknown => doubt = true,
                yes @ Possible::Yes(_) => return yes,
            }
        }
        if doubt { Possible::Unknown } else { Possible::No }
    }

    fn possible_term(&self, term: &Term) -> Possible {
        let mut asked: BTreeSet<Field> = term.by_field.keys().copied().collect();
        let rest_fields: BTreeSet<Field> = fields_of(&term.rest).collect();
        asked.extend(&rest_fields);
        let mut choices: Vec<(Field, Vec<Option<Value>>)> = Vec::new();
        for field in asked {
            let parts = term.by_field.get(&field).map_or(&[][..], |parts| parts);
            let mut values = self.values(field, parts, &term.rest);
            if values.is_empty() {
                // For texts the values tried are not everything there is.
                let surely = self.info(field).kind.domain() != Domain::Text || never(parts);
                return if surely { Possible::No } else { Possible::Unknown };
            }
            values.truncate(if rest_fields.contains(&field) { MAX_VALUES } else { 1 });
            choices.push((field, values));
        }
        match self.first_that_fits(&choices, term) {
            Some(example) => Possible::Yes(example),
            None => Possible::Unknown,
        }
    }

    /// Tries combinations in order, the last field fastest.
    fn first_that_fits(&self, choices: &[(Field, Vec<Option<Value>>)], term: &Term) -> Option<Vec<(Field, Value)>> {
        let mut places = vec![0; choices.len()];
        for _ in 0..MAX_TRIES {
            let mut row = self.row();
            let chosen = choices.iter().zip(&places).map(|((field, values), place)| (*field, &values[*place]));
            let present: Vec<(Field, Value)> = chosen.filter_map(|(f, v)| v.clone().map(|v| (f, v))).collect();
            present.iter().for_each(|(field, value)| row.set(*field, value));
            let parts = term.by_field.values().flatten().chain(&term.rest);
            if parts.into_iter().all(|part| part.ask(&row)) {
                return Some(present);
            }
            let turned = (0..places.len()).rev().find(|&i| places[i] + 1 < choices[i].1.len())?;
            places[turned] += 1;
            places[turned + 1..].fill(0);
        }
        None
    }

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

/// No value of any kind, nor its absence, satisfies all parts.
fn never(parts: &[Node]) -> bool {
    Constants::of(parts.iter()).answers(parts).never()
}

pub(crate) fn fields_of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> impl Iterator<Item = Field> {
    let tests = nodes.into_iter().flat_map(Node::tests);
    tests.flat_map(|(test, _)| [Some(test.field), test.other_field()]).flatten()
}

impl FieldInfo {
    fn can_be(&self, value: &Value) -> bool {
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
fn codes(known: &[&str], first: u8) -> Vec<Value> {
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

fn whole(kind: FieldKind, number: i64) -> Option<Value> {
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
