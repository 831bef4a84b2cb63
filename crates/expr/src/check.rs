//! Syntax tree → checked tree: every name known, every comparison between things of one kind,
//! every value one that can occur.

use pointsman_domain::Value;

use crate::{
    constant::{constant, threshold},
    environment::{Environment, FieldInfo},
    error::{Fault, Located},
    field::{Domain, Field, FieldKind},
    parse::{Ast, AstKind},
    suggest::nearest,
    tree::{Key, Node, Order, Pattern, Question, Test},
};

pub(crate) fn condition(environment: &Environment, ast: &Ast<'_>) -> Result<Node, Located> {
    let all = |parts: &[Ast<'_>]| parts.iter().map(|part| condition(environment, part)).collect::<Result<Vec<_>, _>>();
    match &ast.kind {
        AstKind::Bool(true) => Ok(Node::Always),
        AstKind::Bool(false) => Ok(Node::Never),
        AstKind::All(parts) => Ok(Node::all(all(parts)?)),
        AstKind::Any(parts) => Ok(Node::any(all(parts)?)),
        AstKind::Not(inner) => Ok(condition(environment, inner)?.negated()),
        AstKind::Path(parts) => bare_field(known(environment, ast.at, parts)?, ast.at),
        AstKind::Relation { left, sign, sign_at, right } => relation(environment, left, sign, *sign_at, right),
        AstKind::Call { target, name, arguments } => match target {
            Some(target) => method(environment, target, name, arguments, ast.at),
            None => function(environment, name, arguments, ast.at),
        },
        _ => Err(Located::new(ast.at, Fault::NotACondition { found: ast.describe() })),
    }
}

fn known<'e>(environment: &'e Environment, at: usize, parts: &[&str]) -> Result<&'e FieldInfo, Located> {
    environment.known(at, &parts.join("."))
}

fn is(field: Field, question: Question) -> Node {
    Node::Is(Test { field, question })
}

/// A field alone is a condition if it is true or false.
fn bare_field(info: &FieldInfo, at: usize) -> Result<Node, Located> {
    if info.kind == FieldKind::Bool {
        return Ok(is(info.field, Question::OneOf([Value::Bool(true)].into())));
    }
    let found = format!("'{}', which is {}", info.name, info.kind.words()).into();
    Err(Located::new(at, Fault::NotACondition { found }).suggesting(format!("'has({})' or a comparison", info.name)))
}

fn relation(
    environment: &Environment,
    left: &Ast<'_>,
    sign: &str,
    sign_at: usize,
    right: &Ast<'_>,
) -> Result<Node, Located> {
    if sign == "in" {
        return membership(environment, left, right);
    }
    let order = match sign {
        "<" => Some(Order::Less),
        "<=" => Some(Order::AtMost),
        ">=" => Some(Order::AtLeast),
        ">" => Some(Order::More),
        _ => None,
    };
    // A bare word beside a field is more likely a text without quotes than a second field.
    let field_of = |ast: &Ast<'_>| match &ast.kind {
        AstKind::Path(parts) => known(environment, ast.at, parts).map(Some),
        _ => Ok(None),
    };
    let (info, value, order) = match (field_of(left), field_of(right)) {
        (Ok(Some(mine)), Ok(Some(other))) => return two_fields(mine, sign, order, other, sign_at),
        (Ok(Some(info)), Ok(None)) => (info, right, order),
        (Ok(None), Ok(Some(info))) => (info, left, order.map(Order::flipped)),
        (Ok(Some(info)), Err(error)) => return Err(unquoted(info, right, error)),
        (Err(error), _) | (_, Err(error)) => return Err(error),
        (Ok(None), Ok(None)) => return truth(environment, left, sign, right),
    };
    if matches!(value.kind, AstKind::Null) {
        let instead = if sign == "!=" { "has" } else { "!has" };
        let error = Located::new(value.at, Fault::Unsupported { what: "null".into() });
        return Err(error.suggesting(format!("'{instead}({})'", info.name)));
    }
    let question = match order {
        Some(order) => {
            check_ordered(info, sign, sign_at)?;
            let (order, value) = threshold(environment, info, order, value)?;
            Question::Compare(order, value)
        }
        None => {
            let value = [constant(environment, info, value)?].into();
            if sign == "==" { Question::OneOf(value) } else { Question::NoneOf(value) }
        }
    };
    Ok(is(info.field, question))
}

/// `(a || b) == false`: a condition beside `true` or `false`.
fn truth(environment: &Environment, left: &Ast<'_>, sign: &str, right: &Ast<'_>) -> Result<Node, Located> {
    let (inner, wanted) = match (&left.kind, &right.kind, sign) {
        (AstKind::Bool(_), AstKind::Bool(_), _) => return Err(Located::new(left.at, Fault::NoField)),
        (_, AstKind::Bool(wanted), "==" | "!=") => (left, *wanted),
        (AstKind::Bool(wanted), _, "==" | "!=") => (right, *wanted),
        _ => return Err(Located::new(left.at, Fault::NoField)),
    };
    let node = condition(environment, inner)?;
    Ok(if wanted == (sign == "==") { node } else { node.negated() })
}

/// `lead.country == DE`: says that quotes are missing, where the name is no field at all.
fn unquoted(info: &FieldInfo, value: &Ast<'_>, error: Located) -> Located {
    match &value.kind {
        AstKind::Path(parts) if parts.len() == 1 && info.kind.domain() != Domain::Real => {
            error.suggesting(format!("\"{}\" in quotes", parts[0]))
        }
        _ => error,
    }
}

fn check_ordered(info: &FieldInfo, sign: &str, at: usize) -> Result<(), Located> {
    use FieldKind::{Date, Integer, Money, Number, Postcode, Text};
    match info.kind {
        Text | Postcode | Integer | Number | Money | Date => Ok(()),
        _ => Err(wrong_operation(info, &format!("'{sign}'"), at).suggesting("'==' or 'in [ … ]'")),
    }
}

fn wrong_operation(info: &FieldInfo, what: &str, at: usize) -> Located {
    let (field, kind, what) = (info.name.clone(), info.kind.words(), what.into());
    Located::new(at, Fault::WrongOperation { field, kind, what })
}

fn two_fields(
    mine: &FieldInfo,
    sign: &str,
    order: Option<Order>,
    other: &FieldInfo,
    at: usize,
) -> Result<Node, Located> {
    // Choices of two fields have their own numbers, so they compare only with themselves.
    let textual = |kind: FieldKind| kind.domain() == Domain::Text;
    let comparable = match mine.kind {
        FieldKind::List | FieldKind::Choice => false,
        kind => kind == other.kind || (textual(kind) && textual(other.kind)),
    };
    if !comparable {
        let found = format!("'{}', which is {}", other.name, other.kind.words()).into();
        return Err(Located::new(at, Fault::WrongType { field: mine.name.clone(), kind: mine.kind.words(), found }));
    }
    let question = match (order, sign) {
        (Some(order), _) => {
            check_ordered(mine, sign, at)?;
            Question::CompareWith(order, other.field)
        }
        (None, "==") => Question::SameAs(other.field),
        _ => Question::OtherThan(other.field),
    };
    Ok(is(mine.field, question))
}

/// `field in [ … ]` or `"text" in field`.
fn membership(environment: &Environment, left: &Ast<'_>, right: &Ast<'_>) -> Result<Node, Located> {
    match (&left.kind, &right.kind) {
        (AstKind::Path(parts), AstKind::List(items)) => {
            let info = known(environment, left.at, parts)?;
            if items.is_empty() {
                return Err(Located::new(right.at, Fault::Unsupported { what: "an empty list".into() }));
            }
            let values = items.iter().map(|item| constant(environment, info, item));
            let mut values = values.collect::<Result<Vec<_>, _>>()?;
            values.sort_by(|a, b| Key::of(a).cmp(&Key::of(b)));
            values.dedup_by(|a, b| Key::of(a) == Key::of(b));
            Ok(is(info.field, Question::OneOf(values.into())))
        }
        (AstKind::Text(item), AstKind::Path(parts)) => {
            let info = known(environment, right.at, parts)?;
            if info.kind != FieldKind::List {
                let error = wrong_operation(info, "'in' with the field on the right", right.at);
                return Err(error.suggesting(format!("'{}.contains(\"{item}\")' or '=='", info.name)));
            }
            Ok(is(info.field, Question::Holds(item.clone())))
        }
        (AstKind::Path(parts), _) => {
            known(environment, left.at, parts)?;
            let found = right.describe();
            Err(Located::new(right.at, Fault::Syntax { found, expected: "a list like [\"a\", \"b\"] after 'in'" }))
        }
        (_, AstKind::Path(parts)) => {
            let info = known(environment, right.at, parts)?;
            let (field, kind, found) = (info.name.clone(), info.kind.words(), left.describe());
            Err(Located::new(left.at, Fault::WrongType { field, kind, found }))
        }
        _ => Err(Located::new(left.at, Fault::NoField)),
    }
}

const FUNCTIONS: [&str; 3] = ["has", "date", "timestamp"];
const METHODS: [&str; 4] = ["startsWith", "endsWith", "contains", "matches"];

fn function(environment: &Environment, name: &str, arguments: &[Ast<'_>], at: usize) -> Result<Node, Located> {
    match (name, arguments) {
        ("has", [Ast { at, kind: AstKind::Path(parts) }]) => {
            Ok(is(known(environment, *at, parts)?.field, Question::Present))
        }
        ("has", _) => Err(Located::new(at, Fault::Arguments { function: name.into(), expected: "one field" })),
        ("date" | "timestamp", _) => {
            Err(Located::new(at, Fault::NotACondition { found: format!("'{name}(…)', a date").into() }))
        }
        _ => {
            let error = Located::new(at, Fault::UnknownFunction { name: name.into() });
            if METHODS.contains(&name) {
                return Err(error.suggesting(format!("'field.{name}(\"…\")'")));
            }
            let near = nearest(name, FUNCTIONS).map(|near| format!("'{near}'"));
            Err(near.into_iter().fold(error, Located::suggesting))
        }
    }
}

fn method(
    environment: &Environment,
    target: &Ast<'_>,
    name: &str,
    arguments: &[Ast<'_>],
    at: usize,
) -> Result<Node, Located> {
    let AstKind::Path(parts) = &target.kind else {
        let what = format!("'{name}' on {}", target.describe()).into();
        return Err(Located::new(target.at, Fault::Unsupported { what }));
    };
    if !METHODS.contains(&name) {
        let error = Located::new(at, Fault::UnknownFunction { name: name.into() });
        let plain = name.replace('_', "");
        let near = nearest(&plain, METHODS).map(|near| format!("'{near}'"));
        return Err(near.into_iter().fold(error, Located::suggesting));
    }
    let info = known(environment, target.at, parts)?;
    let [Ast { at: part_at, kind: AstKind::Text(part) }] = arguments else {
        return Err(Located::new(at, Fault::Arguments { function: name.into(), expected: "one text in quotes" }));
    };
    if info.kind == FieldKind::List && name == "contains" {
        let error = wrong_operation(info, "'contains'", at);
        return Err(error.suggesting(format!("'\"{part}\" in {}'", info.name)));
    }
    let question = match name {
        // Every text begins with nothing, ends with it and contains it.
        "startsWith" | "endsWith" | "contains" if part.is_empty() => Question::Present,
        "startsWith" => Question::StartsWith(part.clone()),
        "endsWith" => Question::EndsWith(part.clone()),
        "contains" => Question::Contains(part.clone()),
        _ => Question::Matches(
            Pattern::new(part)
                .map_err(|reason| Located::new(*part_at, Fault::Pattern { pattern: part.clone(), reason }))?,
        ),
    };
    match info.kind {
        FieldKind::Choice => words_that(info, &question, part, *part_at),
        kind if kind.domain() == Domain::Text => Ok(is(info.field, question)),
        _ => Err(wrong_operation(info, &format!("'{name}'"), at)),
    }
}

/// A question about the word of a choice is a question about a set of its values.
fn words_that(info: &FieldInfo, question: &Question, part: &str, at: usize) -> Result<Node, Located> {
    let fits = |word: &str| match question {
        Question::StartsWith(part) => word.starts_with(&**part),
        Question::EndsWith(part) => word.ends_with(&**part),
        Question::Contains(part) => word.contains(&**part),
        Question::Matches(pattern) => pattern.occurs_in(word),
        _ => true,
    };
    let numbers = (0u16..).zip(&info.words).filter(|(_, word)| fits(word));
    let values: Vec<_> = numbers.map(|(i, _)| Value::Choice(i)).collect();
    if values.is_empty() {
        let expected = format!("one of {}", info.words.join(", ")).into();
        let (field, value) = (info.name.clone(), part.into());
        return Err(Located::new(at, Fault::ImpossibleValue { field, value, expected }));
    }
    Ok(is(info.field, Question::OneOf(values.into())))
}
