//! The classes of each field's values, one value standing for each; and, for tests that classes
//! cannot place, a yes and a no of their own.

use std::collections::BTreeMap;

use pointsman_domain::Value;

use super::Assume;
use crate::{
    environment::{Environment, FieldInfo},
    field::{Builtin, Field, FieldKind},
    row::{Row, real_of},
    tree::{Key, Node, Question, Test},
    values::{codes, whole},
};

/// A set of places on one axis.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Places(Box<[u64]>);

impl Places {
    fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)].into())
    }

    pub fn all(count: usize) -> Self {
        let mut all = Self::none(count);
        (0..count).for_each(|place| all.insert(place));
        all
    }

    pub fn of(count: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut places = Self::none(count);
        (0..count).filter(|&place| holds(place)).for_each(|place| places.insert(place));
        places
    }

    fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    pub fn contains(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 == 1
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, others)| mine & !others == 0)
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, others)| mine & others != 0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The other places of an axis of `count`.
    pub fn not(&self, count: usize) -> Self {
        let mut others = Self::none(count);
        (0..count).filter(|&place| !self.contains(place)).for_each(|place| others.insert(place));
        others
    }

    pub fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, others)| *mine &= others);
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|&place| self.contains(place))
    }
}

/// What an axis is about.
#[derive(Debug)]
pub(super) enum Axis {
    /// A field, by the values that stand for its classes; `None` is missing. The first that fits
    /// is what an example shows.
    Values { field: Field, values: Vec<Option<Value>> },
    /// A test left free: place 0 is yes, place 1 is no.
    Free(Test),
}

impl Axis {
    pub fn len(&self) -> usize {
        match self {
            Self::Values { values, .. } => values.len(),
            Self::Free(_) => 2,
        }
    }
}

/// Where a test stands: its axis, and the places at which it is answered yes.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub axis: usize,
    pub places: std::sync::Arc<Places>,
}

#[derive(Debug)]
pub(super) struct Axes {
    pub axes: Vec<Axis>,
    by_field: BTreeMap<Field, usize>,
    /// By the test's debug form, which writes out everything that tells tests apart.
    free: BTreeMap<String, usize>,
    known: BTreeMap<String, Literal>,
    row: Row,
}

impl Axes {
    pub fn new<'n>(environment: &Environment, nodes: impl IntoIterator<Item = &'n Node>, assume: Assume) -> Self {
        let mut by_field: BTreeMap<Field, Vec<&Test>> = BTreeMap::new();
        for (test, _) in nodes.into_iter().flat_map(Node::tests) {
            by_field.entry(test.field).or_default().push(test);
            if let Some(other) = test.other_field() {
                by_field.entry(other).or_default();
            }
        }
        let (mut axes, mut places) = (Vec::new(), BTreeMap::new());
        for (field, tests) in by_field {
            let mut values = values(environment.info(field), &tests);
            if assume == Assume::Nothing || !always_known(field) {
                values.insert(0, None);
            }
            places.insert(field, axes.len());
            axes.push(Axis::Values { field, values });
        }
        Self { axes, by_field: places, free: BTreeMap::new(), known: BTreeMap::new(), row: environment.row() }
    }

    pub fn literal(&mut self, environment_kind: FieldKind, test: &Test) -> Literal {
        let name = format!("{test:?}");
        if let Some(literal) = self.known.get(&name) {
            return literal.clone();
        }
        let literal = if placeable(environment_kind, test) { self.placed(test) } else { self.freed(&name, test) };
        self.known.insert(name, literal.clone());
        literal
    }

    fn placed(&mut self, test: &Test) -> Literal {
        let axis = self.by_field[&test.field];
        let mut places = Places::none(self.axes[axis].len());
        if let Axis::Values { field, values } = &self.axes[axis] {
            for (place, value) in values.iter().enumerate() {
                self.row.clear();
                value.iter().for_each(|value| self.row.set(*field, value));
                if test.ask(&self.row) {
                    places.insert(place);
                }
            }
        }
        Literal { axis, places: places.into() }
    }

    fn freed(&mut self, name: &str, test: &Test) -> Literal {
        let next = self.axes.len();
        let axis = *self.free.entry(name.to_owned()).or_insert(next);
        if axis == next {
            self.axes.push(Axis::Free(test.clone()));
        }
        let mut yes = Places::none(2);
        yes.insert(0);
        Literal { axis, places: yes.into() }
    }
}

/// The values standing for the classes of this field give the test's answer everywhere.
fn placeable(kind: FieldKind, test: &Test) -> bool {
    match test.question {
        Question::Present
        | Question::OneOf(_)
        | Question::NoneOf(_)
        | Question::Compare(..)
        | Question::StartsWith(_) => kind != FieldKind::List || matches!(test.question, Question::Present),
        // Every value of these is tried.
        Question::EndsWith(_) | Question::Contains(_) | Question::Matches(_) => {
            matches!(kind, FieldKind::Country | FieldKind::Language)
        }
        Question::Holds(_) | Question::SameAs(_) | Question::OtherThan(_) | Question::CompareWith(..) => false,
    }
}

/// Fields that a decision's row always fills.
fn always_known(field: Field) -> bool {
    use Builtin as B;
    let Field::Builtin(builtin) = field else { return false };
    matches!(
        builtin,
        B::LeadCompleteness
            | B::LeadDeclines
            | B::ContactKnown
            | B::ContactHasOwner
            | B::AccountKnown
            | B::AccountHasOwner
            | B::AccountHasParentOwner
            | B::AccountOpenOpportunity
            | B::EngagementPageViews
            | B::EngagementMailsOpened
            | B::EngagementForms
            | B::EngagementMeetings
            | B::EngagementCalls
            | B::TimeHour
            | B::TimeWeekday
            | B::TimeDate
    )
}

/// A value for each class, likely ones first.
fn values(info: &FieldInfo, tests: &[&Test]) -> Vec<Option<Value>> {
    let values = match info.kind {
        FieldKind::Bool => [false, true].map(Value::Bool).into(),
        FieldKind::Choice => (0..info.words.len() as u16).map(Value::Choice).collect(),
        FieldKind::Country => codes(&["DE", "AT", "CH", "FR", "GB", "US"], b'A'),
        FieldKind::Language => codes(&["de", "en", "fr"], b'a'),
        FieldKind::List => vec![Value::List([].into())],
        FieldKind::Text | FieldKind::Postcode | FieldKind::Rep => texts(info, tests),
        FieldKind::Number => reals(info, tests),
        FieldKind::Integer | FieldKind::Money | FieldKind::Date => wholes(info, tests),
    };
    values.into_iter().filter(|value| info.can_be(value)).map(Some).collect()
}

/// Every number that the tests name, in order.
fn keys(tests: &[&Test]) -> Vec<i64> {
    let mut keys = Vec::new();
    let mut keep = |value: &Value| match Key::of(value) {
        Key::Number(number) => keys.push(number),
        Key::Text(_) => {}
    };
    for test in tests {
        match &test.question {
            Question::OneOf(values) | Question::NoneOf(values) => values.iter().for_each(&mut keep),
            Question::Compare(_, value) => keep(value),
            _ => {}
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The numbers named, and one in each gap.
fn wholes(info: &FieldInfo, tests: &[&Test]) -> Vec<Value> {
    let keys = keys(tests);
    let below = keys.first().map_or(Some(1), |first| first.checked_sub(1));
    let above = keys.iter().filter_map(|key| key.checked_add(1));
    let all = keys.iter().copied().chain(below).chain(above.filter(|key| keys.binary_search(key).is_err()));
    all.filter_map(|number| whole(info.kind, number)).collect()
}

/// The same of real numbers; in a gap the middle, which reads better than a neighbour.
fn reals(info: &FieldInfo, tests: &[&Test]) -> Vec<Value> {
    let known: Vec<f64> = keys(tests).into_iter().map(real_of).collect();
    let (low, high) = info.range.unwrap_or((f64::MIN, f64::MAX));
    let between = |a: f64, b: f64| {
        let middle = a + (b - a) / 2.0;
        if a < middle && middle < b { Some(middle) } else { Some(a.next_up()).filter(|x| *x < b) }
    };
    let mut all = known.clone();
    match (known.first(), known.last()) {
        (Some(first), Some(last)) => {
            let below = if first - 1.0 < low {
                between(low, *first).into_iter().chain([low]).collect()
            } else {
                vec![first - 1.0]
            };
            let above = if last + 1.0 > high {
                between(*last, high).into_iter().chain([high]).collect()
            } else {
                vec![last + 1.0]
            };
            all.extend(below.into_iter().filter(|x| x < first));
            all.extend(above.into_iter().filter(|x| x > last));
        }
        _ => all.push(low.max(0.0)),
    }
    all.extend(known.windows(2).filter_map(|pair| between(pair[0], pair[1])));
    all.into_iter().filter(|x| x.is_finite()).map(Value::Number).collect()
}

/// The texts named, and one in each gap between them and the ends of their prefixes.
fn texts(info: &FieldInfo, tests: &[&Test]) -> Vec<Value> {
    let mut borders: Vec<Box<[u8]>> = Vec::new();
    for test in tests {
        match &test.question {
            Question::OneOf(values) | Question::NoneOf(values) => borders.extend(values.iter().filter_map(bytes)),
            Question::Compare(_, value) => borders.extend(bytes(value)),
            Question::StartsWith(part) => {
                borders.push(part.as_bytes().into());
                borders.push(crate::classes::past_prefix(part));
            }
            _ => {}
        }
    }
    borders.sort_unstable();
    borders.dedup();
    // Long enough to be a postcode, short enough to be a word.
    let after = ["0", "1", "a", "", "\u{1}", "\u{0}"];
    let mut all: Vec<Value> = Vec::new();
    let mut keep = |text: String| all.push(Value::Text(text.into()));
    let first = borders.first().map_or(&b"\xff"[..], |first| first);
    let usual = ["10115", "Other", "other", "0", "A", "!", "\u{1}"];
    usual.iter().filter(|text| text.as_bytes() < first).take(1).for_each(|text| keep((*text).to_owned()));
    for (place, border) in borders.iter().enumerate() {
        let next = borders.get(place + 1);
        let lies_below_next = |text: &String| next.is_none_or(|next| text.as_bytes() < next);
        let Ok(border) = std::str::from_utf8(border) else { continue };
        keep(border.to_owned());
        let padded = (info.kind == FieldKind::Postcode && border.len() < 5 && !border.is_empty())
            .then(|| format!("{border:0<5}"));
        let follows = after.iter().filter(|more| !more.is_empty()).map(|more| format!("{border}{more}"));
        padded.into_iter().chain(follows).find(lies_below_next).into_iter().for_each(&mut keep);
        // Another beginning reads better than a border with something behind it.
        usual.iter().map(|text| (*text).to_owned()).filter(|t| &**t > border && lies_below_next(t)).for_each(&mut keep);
    }
    all
}

fn bytes(value: &Value) -> Option<Box<[u8]>> {
    match value {
        Value::Text(text) => Some(text.as_bytes().into()),
        _ => None,
    }
}
