//! Checked trees as text again: for findings, explanations and differences between versions.

use pointsman_domain::{Currency, Money, Value};

use crate::{
    environment::{Environment, FieldInfo},
    field::Field,
    tree::{Node, Question, Test},
};

impl Environment {
    /// A condition that compiles to the same tree.
    ///
    /// ```
    /// # use pointsman_domain::{AttributeSchema, attribute::AttributeFile};
    /// # use pointsman_expr::Environment;
    /// # let schema = AttributeSchema::new(AttributeFile { format: 1, ..AttributeFile::default() })?;
    /// let environment = Environment::new(&schema);
    /// let condition = environment.compile("!(account.known||'sat'!=time.weekday)")?;
    /// assert_eq!(environment.show(condition.tree()), r#"!account.known && !(time.weekday != "sat")"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn show(&self, node: &Node) -> String {
        let inside = |part: &Node| match part {
            Node::All(_) | Node::Any(_) => format!("({})", self.show(part)),
            _ => self.show(part),
        };
        let join = |parts: &[Node], sign| parts.iter().map(inside).collect::<Vec<_>>().join(sign);
        match node {
            Node::Always => "true".into(),
            Node::Never => "false".into(),
            Node::Is(test) => self.show_test(test),
            Node::Not(test) if self.is_atom(test) => format!("!{}", self.show_test(test)),
            Node::Not(test) => format!("!({})", self.show_test(test)),
            Node::All(parts) => join(parts, " && "),
            Node::Any(parts) => join(parts, " || "),
        }
    }

    /// `!` may stand before it without brackets.
    fn is_atom(&self, test: &Test) -> bool {
        match &test.question {
            Question::OneOf(values) => matches!(**values, [Value::Bool(true)]),
            Question::Present
            | Question::StartsWith(_)
            | Question::EndsWith(_)
            | Question::Contains(_)
            | Question::Matches(_) => true,
            _ => false,
        }
    }

    fn show_test(&self, test: &Test) -> String {
        let info = self.info(test.field);
        let name = &info.name;
        let list = |values: &[Value]| {
            let shown: Vec<String> = values.iter().map(|value| self.literal(info, value)).collect();
            format!("[{}]", shown.join(", "))
        };
        let other = |field: Field| &self.info(field).name;
        match &test.question {
            Question::Present => format!("has({name})"),
            Question::OneOf(values) => match &**values {
                [Value::Bool(true)] => name.to_string(),
                [value] => format!("{name} == {}", self.literal(info, value)),
                values => format!("{name} in {}", list(values)),
            },
            Question::NoneOf(values) => match &**values {
                [value] => format!("{name} != {}", self.literal(info, value)),
                values => format!("has({name}) && !({name} in {})", list(values)),
            },
            Question::Compare(order, value) => format!("{name} {} {}", order.sign(), self.literal(info, value)),
            Question::StartsWith(part) => format!("{name}.startsWith({})", quoted(part)),
            Question::EndsWith(part) => format!("{name}.endsWith({})", quoted(part)),
            Question::Contains(part) => format!("{name}.contains({})", quoted(part)),
            Question::Matches(pattern) => format!("{name}.matches({})", quoted(pattern.as_str())),
            Question::Holds(item) => format!("{} in {name}", quoted(item)),
            Question::SameAs(field) => format!("{name} == {}", other(*field)),
            Question::OtherThan(field) => format!("{name} != {}", other(*field)),
            Question::CompareWith(order, field) => format!("{name} {} {}", order.sign(), other(*field)),
        }
    }

    /// A value of this field as conditions write it.
    pub fn literal(&self, info: &FieldInfo, value: &Value) -> String {
        match value {
            Value::Text(text) => quoted(text),
            Value::Choice(index) => quoted(info.words.get(usize::from(*index)).map_or("", |word| word)),
            Value::Integer(n) => n.to_string(),
            Value::Number(x) => format!("{x:?}"),
            Value::Money(amount) => major_units(*amount, self.currency()),
            Value::Bool(b) => b.to_string(),
            Value::Date(_) => format!("\"{value}\""),
            Value::List(items) => format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// In double quotes, with the escapes that the lexer reads.
fn quoted(text: &str) -> String {
    let mut shown = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => shown.extend(['\\', c]),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if c.is_control() => shown.push_str(&format!("\\U{:08x}", c as u32)),
            c => shown.push(c),
        }
    }
    shown.push('"');
    shown
}

/// `50000` or `99.90`.
fn major_units(amount: Money, currency: Currency) -> String {
    let unit = 10u64.pow(currency.digits());
    let (sign, minor) = (if amount.minor_units() < 0 { "-" } else { "" }, amount.minor_units().unsigned_abs());
    match minor % unit {
        0 => format!("{sign}{}", minor / unit),
        part => format!("{sign}{}.{part:0width$}", minor / unit, width = currency.digits() as usize),
    }
}
