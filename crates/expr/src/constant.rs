//! Literals → values of the kind of the field they are compared with.

use pointsman_domain::{Instant, Money, RepId, Value, id::slugify};

use crate::{
    environment::{Environment, FieldInfo},
    error::{Fault, Located},
    field::FieldKind,
    parse::{Ast, AstKind},
    suggest::nearest,
    tree::Order,
};

/// The value that `ast` means beside this field, for `==`, `!=` and `in`.
pub(crate) fn constant(environment: &Environment, info: &FieldInfo, ast: &Ast<'_>) -> Result<Value, Located> {
    let value = literal(environment, info, ast)?;
    let number = match (&value, info.kind) {
        (Value::Number(x), FieldKind::Integer) => return Err(impossible(info, ast, &x.to_string(), "a whole number")),
        (Value::Integer(n), _) => *n as f64,
        (Value::Number(x), _) => *x,
        _ => return Ok(value),
    };
    match info.range {
        Some((low, high)) if number < low || number > high => Err(out_of_range(info, ast, &value)),
        _ => Ok(value),
    }
}

/// The comparison that `order` and `ast` mean. A whole number is above 2.5 exactly when it is
/// above 2, so fields of whole numbers are compared with whole numbers only.
pub(crate) fn threshold(
    environment: &Environment,
    info: &FieldInfo,
    order: Order,
    ast: &Ast<'_>,
) -> Result<(Order, Value), Located> {
    let value = literal(environment, info, ast)?;
    let number = match value {
        Value::Integer(n) => n as f64,
        Value::Number(x) => x,
        _ => return Ok((order, value)),
    };
    if let Some((low, high)) = info.range {
        let never = match order {
            Order::Less => number <= low,
            Order::AtMost => number < low,
            Order::AtLeast => number > high,
            Order::More => number >= high,
        };
        if never {
            return Err(out_of_range(info, ast, &value));
        }
    }
    if info.kind != FieldKind::Integer || matches!(value, Value::Integer(_)) {
        return Ok((order, value));
    }
    // The conversion saturates, which keeps the meaning at both ends.
    let whole = match order {
        Order::More | Order::AtMost => number.floor(),
        Order::Less | Order::AtLeast => number.ceil(),
    };
    Ok((order, Value::Integer(whole as i64)))
}

fn literal(environment: &Environment, info: &FieldInfo, ast: &Ast<'_>) -> Result<Value, Located> {
    match (info.kind, &ast.kind) {
        (FieldKind::Text | FieldKind::Postcode, AstKind::Text(text)) => Ok(Value::Text(text.clone())),
        (FieldKind::Country, AstKind::Text(text)) => {
            code(info, ast, text, "a two-letter country code like DE", char::is_uppercase)
        }
        (FieldKind::Language, AstKind::Text(text)) => {
            code(info, ast, text, "a two-letter language code like de", char::is_lowercase)
        }
        (FieldKind::Rep, AstKind::Text(text)) => rep(info, ast, text),
        (FieldKind::Choice, AstKind::Text(text)) => choice(info, ast, text),
        (FieldKind::Integer | FieldKind::Number, AstKind::Number { negative, text }) => {
            number(info.kind, *negative, text, ast.at)
        }
        (FieldKind::Money, AstKind::Number { negative, text }) => money(environment, *negative, text, ast.at),
        (FieldKind::Bool, AstKind::Bool(b)) => Ok(Value::Bool(*b)),
        (FieldKind::Date, AstKind::Text(text)) => date(info, ast, text),
        (FieldKind::Date, AstKind::Call { target: None, name: "date" | "timestamp", arguments }) => {
            match &arguments[..] {
                [argument @ Ast { kind: AstKind::Text(text), .. }] => date(info, argument, text),
                _ => Err(Located::new(
                    ast.at,
                    Fault::Arguments { function: "date".into(), expected: "one text in quotes" },
                )),
            }
        }
        _ => Err(wrong_type(info, ast)),
    }
}

fn wrong_type(info: &FieldInfo, ast: &Ast<'_>) -> Located {
    let (field, kind, found) = (info.name.clone(), info.kind.words(), ast.describe());
    let error = Located::new(ast.at, Fault::WrongType { field, kind, found });
    match (info.kind, &ast.kind) {
        (FieldKind::List, AstKind::Text(text)) => error.suggesting(format!("'\"{text}\" in {}'", info.name)),
        (FieldKind::Integer | FieldKind::Number | FieldKind::Money, AstKind::Text(text))
            if text.parse::<f64>().is_ok_and(f64::is_finite) =>
        {
            error.suggesting(format!("{text} without quotes"))
        }
        (FieldKind::Bool, AstKind::Text(text)) if matches!(&**text, "true" | "false") => {
            error.suggesting(format!("{text} without quotes"))
        }
        (FieldKind::Text | FieldKind::Postcode | FieldKind::Choice, AstKind::Number { text, .. }) => {
            error.suggesting(format!("\"{text}\" in quotes"))
        }
        _ => error,
    }
}

fn impossible(info: &FieldInfo, ast: &Ast<'_>, value: &str, expected: &str) -> Located {
    let (field, value, expected) = (info.name.clone(), value.into(), expected.into());
    Located::new(ast.at, Fault::ImpossibleValue { field, value, expected })
}

fn out_of_range(info: &FieldInfo, ast: &Ast<'_>, value: &Value) -> Located {
    let expected = match info.range {
        Some((low, high)) if high.is_finite() => format!("between {low} and {high}"),
        Some((low, _)) => format!("at least {low}"),
        None => info.kind.words().to_owned(),
    };
    impossible(info, ast, &value.to_string(), &expected)
}

fn code(info: &FieldInfo, ast: &Ast<'_>, text: &str, expected: &str, case: fn(char) -> bool) -> Result<Value, Located> {
    let two_letters = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if two_letters && text.chars().all(case) {
        return Ok(Value::Text(text.into()));
    }
    let error = impossible(info, ast, text, expected);
    if !two_letters {
        return Err(error);
    }
    let other = if info.kind == FieldKind::Country { text.to_ascii_uppercase() } else { text.to_ascii_lowercase() };
    Err(error.suggesting(format!("\"{other}\"")))
}

fn rep(info: &FieldInfo, ast: &Ast<'_>, text: &str) -> Result<Value, Located> {
    if RepId::new(text).is_ok() {
        return Ok(Value::Text(text.into()));
    }
    let error = impossible(info, ast, text, "a rep's id like anna-snelling");
    Err(slugify(text).map(|slug| format!("\"{slug}\"")).into_iter().fold(error, Located::suggesting))
}

fn choice(info: &FieldInfo, ast: &Ast<'_>, text: &str) -> Result<Value, Located> {
    if let Some(index) = info.words.iter().position(|word| &**word == text) {
        return Ok(Value::Choice(index as u16));
    }
    let error = impossible(info, ast, text, &format!("one of {}", some_of(&info.words)));
    let near = nearest(text, info.words.iter().map(|word| &**word));
    Err(near.map(|near| format!("\"{near}\"")).into_iter().fold(error, Located::suggesting))
}

/// At most twelve words, so that an error stays readable.
fn some_of(words: &[Box<str>]) -> String {
    let shown = words.iter().take(12).map(|word| &**word).collect::<Vec<_>>().join(", ");
    if words.len() > 12 { format!("{shown}, …") } else { shown }
}

/// A number as CEL writes it: decimal or hexadecimal, `u` behind unsigned ones.
fn number(kind: FieldKind, negative: bool, text: &str, at: usize) -> Result<Value, Located> {
    let signed = format!("{}{text}", if negative { "-" } else { "" });
    let refuse = |what| Located::new(at, Fault::Literal { text: signed.clone().into(), what });
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if hex.is_none() && text.contains(['.', 'e', 'E']) {
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        return match signed.parse::<f64>() {
            Ok(x) if plain && x.is_finite() => Ok(Value::Number(x)),
            _ => Err(refuse("a number")),
        };
    }
    let digits = hex.unwrap_or(text);
    let digits = digits.strip_suffix(['u', 'U']).filter(|_| !negative).unwrap_or(digits);
    let radix = if hex.is_some() { 16 } else { 10 };
    let whole = i128::from_str_radix(digits, radix).map_err(|_| refuse("a number"))?;
    let whole = i64::try_from(if negative { -whole } else { whole }).map_err(|_| refuse("a 64-bit whole number"))?;
    match kind {
        FieldKind::Number => Ok(Value::Number(whole as f64)),
        _ => Ok(Value::Integer(whole)),
    }
}

/// An amount in major units, as people write it: `50000` and `99.90`.
fn money(environment: &Environment, negative: bool, text: &str, at: usize) -> Result<Value, Located> {
    let amount = environment.currency().parse_amount(text);
    match amount {
        Some(Money(minor)) => Ok(Value::Money(Money(if negative { -minor } else { minor }))),
        None => {
            let fault = Fault::Literal { text: text.into(), what: "an amount of the workspace's currency" };
            Err(Located::new(at, fault).suggesting("an amount like 50000 or 99.90"))
        }
    }
}

fn date(info: &FieldInfo, ast: &Ast<'_>, text: &str) -> Result<Value, Located> {
    match Instant::parse_as_written(text) {
        Ok(at) if text.len() == 10 => Ok(Value::Date(at.utc_day() as i32)),
        _ => Err(impossible(info, ast, text, "a date like 2026-03-01")),
    }
}
