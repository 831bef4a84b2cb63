//! What is known of one lead when conditions are asked: one cell per field. A row owns its
//! texts in one buffer and is meant to be reused: once warm, filling it allocates nothing.

use std::sync::Arc;

use pointsman_domain::{Money, Value, Values};

use crate::{
    environment::FieldInfo,
    field::{Builtin, Domain, Field, FieldKind},
};

/// The facts of one lead, made by [`Environment::row`](crate::Environment::row).
#[derive(Debug, Clone)]
pub struct Row {
    domains: Arc<[Domain]>,
    cells: Vec<Cell>,
    text: String,
    items: Vec<Span>,
}

/// A part of the text buffer, or of the items.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u32,
    until: u32,
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        self.from as usize..self.until as usize
    }
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Missing,
    Key(i64),
    Text(Span),
    List(Span),
}

/// What tests see of a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen<'r> {
    Missing,
    /// Whole numbers as they are, real ones as [`real_key`].
    Key(i64),
    Text(&'r str),
    List(Items<'r>),
}

/// The texts of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Items<'r> {
    spans: &'r [Span],
    text: &'r str,
}

impl<'r> Items<'r> {
    pub fn iter(self) -> impl Iterator<Item = &'r str> {
        self.spans.iter().map(move |span| &self.text[span.range()])
    }
}

/// An integer of the same order as `x`, which is not NaN; both zeros are one.
pub(crate) fn real_key(x: f64) -> i64 {
    let bits = (x + 0.0).to_bits() as i64;
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// The number behind [`real_key`].
pub(crate) fn real_of(key: i64) -> f64 {
    let bits = if key < 0 { key ^ i64::MAX } else { key };
    f64::from_bits(bits as u64)
}

impl Row {
    pub(crate) fn new(domains: Arc<[Domain]>) -> Self {
        let cells = vec![Cell::Missing; domains.len()];
        Self { domains, cells, text: String::new(), items: Vec::new() }
    }

    /// Everything is missing again; the memory is kept.
    pub fn clear(&mut self) {
        self.cells.fill(Cell::Missing);
        self.text.clear();
        self.items.clear();
    }

    /// Takes every attribute that is present; called for the lead, its account and its contact.
    pub fn take(&mut self, values: &Values) {
        for (index, value) in values.iter() {
            self.set(Field::Attribute(index), value);
        }
    }

    /// Sets one field. A value of another type than the field's, a number that is not finite and
    /// an attribute that the schema does not have count as missing.
    pub fn set(&mut self, field: Field, value: &Value) {
        let slot = field.slot();
        let Some(domain) = self.domains.get(slot) else { return };
        self.cells[slot] = match (domain, value) {
            (Domain::Whole, Value::Choice(index)) => Cell::Key(i64::from(*index)),
            (Domain::Whole, Value::Integer(n)) => Cell::Key(*n),
            (Domain::Whole, Value::Money(amount)) => Cell::Key(amount.minor_units()),
            (Domain::Whole, Value::Bool(b)) => Cell::Key(i64::from(*b)),
            (Domain::Whole, Value::Date(days)) => Cell::Key(i64::from(*days)),
            (Domain::Real, Value::Number(x)) if x.is_finite() => Cell::Key(real_key(*x)),
            (Domain::Real, Value::Integer(n)) => Cell::Key(real_key(*n as f64)),
            (Domain::Text, Value::Text(text)) => Cell::Text(self.keep(text)),
            (Domain::List, Value::List(items)) => {
                let from = self.items.len() as u32;
                for item in items {
                    let span = self.keep(item);
                    self.items.push(span);
                }
                Cell::List(Span { from, until: self.items.len() as u32 })
            }
            _ => Cell::Missing,
        };
    }

    /// One field is missing again.
    pub fn unset(&mut self, field: Field) {
        if let Some(cell) = self.cells.get_mut(field.slot()) {
            *cell = Cell::Missing;
        }
    }

    /// Sets a built-in field that holds a text or a rep's id.
    pub fn set_text(&mut self, builtin: Builtin, text: &str) {
        if self.domains[builtin as usize] == Domain::Text {
            self.cells[builtin as usize] = Cell::Text(self.keep(text));
        }
    }

    /// Sets a built-in field that is true or false.
    pub fn set_bool(&mut self, builtin: Builtin, value: bool) {
        self.set(Field::Builtin(builtin), &Value::Bool(value));
    }

    /// Sets a built-in field that counts.
    pub fn set_integer(&mut self, builtin: Builtin, value: i64) {
        self.set(Field::Builtin(builtin), &Value::Integer(value));
    }

    /// Sets the three fields of time: the local hour, the weekday counted from Monday = 0, and
    /// the local date in days since 1970-01-01.
    pub fn set_time(&mut self, hour: u8, weekday: u8, date: i32) {
        self.set_integer(Builtin::TimeHour, i64::from(hour));
        self.set(Field::Builtin(Builtin::TimeWeekday), &Value::Choice(u16::from(weekday)));
        self.set(Field::Builtin(Builtin::TimeDate), &Value::Date(date));
    }

    /// The value of a field, as it was set.
    pub fn value(&self, info: &FieldInfo) -> Option<Value> {
        let value = match self.see(info.field.slot()) {
            Seen::Missing => return None,
            Seen::Text(text) => Value::Text(text.into()),
            Seen::List(items) => Value::List(items.iter().map(Into::into).collect()),
            Seen::Key(key) => match info.kind {
                FieldKind::Choice => Value::Choice(key as u16),
                FieldKind::Money => Value::Money(Money(key)),
                FieldKind::Bool => Value::Bool(key != 0),
                FieldKind::Date => Value::Date(key as i32),
                FieldKind::Number => Value::Number(real_of(key)),
                _ => Value::Integer(key),
            },
        };
        Some(value)
    }

    /// The text of a field that holds one.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.see(field.slot()) {
            Seen::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A field of whole numbers as its number: minor units, days, a choice's place.
    pub fn whole(&self, field: Field) -> Option<i64> {
        match (self.see(field.slot()), self.domains.get(field.slot())) {
            (Seen::Key(key), Some(Domain::Whole)) => Some(key),
            _ => None,
        }
    }

    pub(crate) fn see(&self, slot: usize) -> Seen<'_> {
        match self.cells.get(slot) {
            None | Some(Cell::Missing) => Seen::Missing,
            Some(Cell::Key(key)) => Seen::Key(*key),
            Some(Cell::Text(span)) => Seen::Text(&self.text[span.range()]),
            Some(Cell::List(span)) => Seen::List(Items { spans: &self.items[span.range()], text: &self.text }),
        }
    }

    fn keep(&mut self, text: &str) -> Span {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        Span { from, until: self.text.len() as u32 }
    }
}
