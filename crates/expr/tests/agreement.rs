//! A rule set gives the answers of an obvious interpreter that shares no code with it: random
//! conditions, written out as text, over random rows with missing values.

mod world;

use std::collections::BTreeMap;

use pointsman_domain::{Money, Rng, Value};
use pointsman_expr::{Environment, Possible, Row, RuleSet};

/// A condition as the interpreter knows it.
#[derive(Debug, Clone)]
enum Model {
    True,
    False,
    Has(&'static str),
    Flag(&'static str),
    Relation(&'static str, &'static str, Value),
    Within(&'static str, Vec<Value>),
    Text(&'static str, &'static str, &'static str),
    Holds(&'static str, &'static str),
    Fields(&'static str, &'static str, &'static str),
    Not(Box<Model>),
    All(Vec<Model>),
    Any(Vec<Model>),
}

type Facts = BTreeMap<&'static str, Value>;

const SCALARS: [&str; 9] = [
    "lead.country",
    "lead.postcode",
    "lead.product",
    "lead.employees",
    "lead.fit",
    "lead.budget",
    "lead.urgent",
    "lead.due",
    "account.industry",
];
const TEXTS: [&str; 3] = ["lead.postcode", "lead.product", "account.domain"];
const SIGNS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const PARTS: [&str; 8] = ["1", "10", "1é", "é", "a", "ab", "", "10a"];

fn any<'a, T: ?Sized>(rng: &mut Rng, from: &[&'a T]) -> &'a T {
    from[rng.below(from.len() as u64) as usize]
}

/// Few distinct values, so that constants of many conditions meet the values of many rows.
fn value(rng: &mut Rng, field: &str) -> Value {
    let small = rng.below(5) as i64;
    match field {
        "lead.country" | "account.country" => Value::Text(any(rng, &["DE", "AT", "CH"]).into()),
        "lead.employees" => Value::Integer(small - 2),
        "lead.fit" => Value::Number(small as f64 / 2.0 - 1.0),
        "lead.budget" => Value::Money(Money((small - 2) * 50)),
        "lead.urgent" | "account.known" => Value::Bool(small > 1),
        "lead.due" => Value::Date(small as i32 - 2),
        "account.industry" => Value::Choice(rng.below(4) as u16),
        "lead.tags" => Value::List((0..small).map(|_| any(rng, &PARTS).into()).collect()),
        _ => Value::Text(any(rng, &PARTS).into()),
    }
}

fn model(rng: &mut Rng, depth: u32) -> Model {
    if depth > 0 && rng.below(3) > 0 {
        let parts = |rng: &mut Rng| (0..2 + rng.below(3)).map(|_| model(rng, depth - 1)).collect();
        return match rng.below(5) {
            0 => Model::Not(model(rng, depth - 1).into()),
            1 | 2 => Model::All(parts(rng)),
            _ => Model::Any(parts(rng)),
        };
    }
    match rng.below(12) {
        0 => Model::Has(any(rng, &["lead.tags", "lead.fit", "lead.country", "account.domain"])),
        1 => Model::Flag(any(rng, &["lead.urgent", "account.known"])),
        2 | 3 => Model::Text(
            any(rng, &TEXTS),
            any(rng, &["startsWith", "startsWith", "endsWith", "contains", "matches"]),
            any(rng, &PARTS),
        ),
        4 => Model::Holds("lead.tags", any(rng, &PARTS)),
        5 => Model::Fields("lead.postcode", any(rng, &SIGNS), any(rng, &["lead.product", "account.domain"])),
        6 => Model::Fields("lead.country", any(rng, &SIGNS[..2]), "account.country"),
        7 | 8 => {
            let field = any(rng, &SCALARS);
            Model::Within(field, (0..=rng.below(3)).map(|_| value(rng, field)).collect())
        }
        9 if rng.below(8) == 0 => {
            if rng.below(2) == 0 {
                Model::True
            } else {
                Model::False
            }
        }
        _ => {
            let field = any(rng, &SCALARS);
            let ordered = !["lead.country", "lead.urgent", "account.industry"].contains(&field);
            Model::Relation(field, any(rng, if ordered { &SIGNS } else { &SIGNS[..2] }), value(rng, field))
        }
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Choice(i) => format!("{:?}", world::INDUSTRIES[usize::from(*i)]),
        Value::Text(_) | Value::Date(_) => format!("\"{value}\""),
        Value::Money(Money(minor)) => {
            format!("{}{}.{:02}", if *minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100)
        }
        other => other.to_string(),
    }
}

fn source(model: &Model) -> String {
    let join = |parts: &[Model], sign: &str| format!("({})", parts.iter().map(source).collect::<Vec<_>>().join(sign));
    match model {
        Model::True => "true".into(),
        Model::False => "false".into(),
        Model::Has(field) => format!("has({field})"),
        Model::Flag(field) => (*field).into(),
        Model::Relation(field, sign, value) => format!("{field} {sign} {}", literal(value)),
        Model::Within(field, values) => {
            format!("{field} in [{}]", values.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        Model::Text(field, how, part) => format!("{field}.{how}({part:?})"),
        Model::Holds(field, part) => format!("{part:?} in {field}"),
        Model::Fields(a, sign, b) => format!("{a} {sign} {b}"),
        Model::Not(inner) => format!("!({})", source(inner)),
        Model::All(parts) => join(parts, " && "),
        Model::Any(parts) => join(parts, " || "),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Choice(i) => Some(f64::from(*i)),
        Value::Integer(n) => Some(*n as f64),
        Value::Number(x) => Some(*x),
        Value::Money(m) => Some(m.minor_units() as f64),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::Date(d) => Some(f64::from(*d)),
        Value::Text(_) | Value::List(_) => None,
    }
}

fn relation(a: &Value, sign: &str, b: &Value) -> bool {
    let order = match (number(a), number(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b).expect("no NaN here"),
        _ => a.to_string().cmp(&b.to_string()),
    };
    match sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn holds(model: &Model, facts: &Facts) -> bool {
    match model {
        Model::True => true,
        Model::False => false,
        Model::Has(field) => facts.contains_key(field),
        Model::Flag(field) => facts.get(field) == Some(&Value::Bool(true)),
        Model::Relation(field, sign, value) => facts.get(field).is_some_and(|found| relation(found, sign, value)),
        Model::Within(field, values) => facts.get(field).is_some_and(|found| values.contains(found)),
        Model::Text(field, how, part) => facts.get(field).is_some_and(|found| {
            let text = found.to_string();
            match *how {
                "startsWith" => text.starts_with(part),
                "endsWith" => text.ends_with(part),
                _ => text.contains(part),
            }
        }),
        Model::Holds(field, part) => {
            matches!(facts.get(field), Some(Value::List(items)) if items.iter().any(|item| &**item == *part))
        }
        Model::Fields(a, sign, b) => facts.get(a).zip(facts.get(b)).is_some_and(|(a, b)| relation(a, sign, b)),
        Model::Not(inner) => !holds(inner, facts),
        Model::All(parts) => parts.iter().all(|part| holds(part, facts)),
        Model::Any(parts) => parts.iter().any(|part| holds(part, facts)),
    }
}

fn facts(rng: &mut Rng) -> Facts {
    let others = ["lead.tags", "account.domain", "account.country", "account.known"];
    let fields = SCALARS.into_iter().chain(others);
    let mut facts = Facts::new();
    for field in fields {
        if rng.below(5) > 0 {
            facts.insert(field, value(rng, field));
        }
    }
    facts
}

fn fill(environment: &Environment, row: &mut Row, facts: &Facts) {
    row.clear();
    for (name, value) in facts {
        row.set(environment.find(name).expect("known"), value);
    }
}

fn agree(rules: u64, depth: u32, rows: u64, seed: u64) -> usize {
    let environment = Environment::new(&world::schema());
    let mut rng = Rng::seeded(seed);
    let models: Vec<Model> = (0..rules).map(|_| model(&mut rng, depth)).collect();
    let compile = |m: &Model| environment.compile(&source(m)).unwrap_or_else(|e| panic!("{}: {e}", source(m)));
    let conditions: Vec<_> = models.iter().map(compile).collect();
    let set = RuleSet::new(&conditions);
    let (mut scratch, mut row) = (set.scratch(), environment.row());
    let mut matched = 0;
    for _ in 0..rows {
        let facts = facts(&mut rng);
        fill(&environment, &mut row, &facts);
        let expected: Vec<usize> = (0..models.len()).filter(|&i| holds(&models[i], &facts)).collect();
        for (i, condition) in conditions.iter().enumerate() {
            assert_eq!(condition.eval(&row), expected.contains(&i), "{} for {facts:?}", condition.source());
            assert_eq!(condition.negated().eval(&row), !expected.contains(&i), "not {}", condition.source());
        }
        let found: Vec<usize> = set.matches(&row, &mut scratch).collect();
        for (i, condition) in conditions.iter().enumerate() {
            let source = condition.source();
            assert_eq!(found.contains(&i), expected.contains(&i), "rule {i} of seed {seed}: {source} for {facts:?}");
        }
        assert!(found.is_sorted(), "in order, each once");
        assert_eq!(set.first(&row, &mut scratch), expected.first().copied());
        assert!(set.contradictory().iter().all(|i| !expected.contains(i)), "seed {seed}");
        matched += expected.len();
    }
    matched
}

#[test]
fn a_rule_set_agrees_with_the_interpreter() {
    let mut matched = 0;
    for seed in 0..150 {
        // One rule up to some hundred, so that sets of one word and of many are met.
        let rules = [1, 5, 63, 64, 65, 200][seed as usize % 6];
        matched += agree(rules, seed as u32 % 4, 20, seed);
    }
    assert!(matched > 10_000, "the rows must satisfy something: {matched}");
}

#[test]
fn what_is_called_possible_is_and_what_is_called_impossible_is_not() {
    let environment = Environment::new(&world::schema());
    let mut rng = Rng::seeded(21);
    let samples: Vec<Facts> = (0..100).map(|_| facts(&mut rng)).collect();
    let (mut row, mut counts) = (environment.row(), [0; 3]);
    for round in 0..250 {
        let both = Model::All((0..1 + round % 4).map(|_| model(&mut rng, round % 3)).collect());
        let condition = environment.compile(&source(&both)).expect("valid");
        match environment.possible(condition.tree()) {
            Possible::Yes(example) => {
                row.clear();
                example.iter().for_each(|(field, value)| row.set(*field, value));
                assert!(condition.eval(&row), "{} for {example:?}", condition.source());
                counts[0] += 1;
            }
            Possible::No => {
                let found = samples.iter().find(|facts| holds(&both, facts));
                assert!(found.is_none(), "{} for {found:?}", condition.source());
                counts[1] += 1;
            }
            Possible::Unknown => counts[2] += 1,
        }
    }
    let [yes, no, unknown] = counts;
    assert!(yes > 150 && no > 5 && unknown < 30, "{yes} possible, {no} impossible, {unknown} unknown");
}

#[test]
fn shown_conditions_mean_what_they_meant() {
    let environment = Environment::new(&world::schema());
    let mut rng = Rng::seeded(34);
    let mut row = environment.row();
    for round in 0..200 {
        let condition = environment.compile(&source(&model(&mut rng, round % 4))).expect("valid");
        let shown = environment.show(condition.tree());
        let again = environment.compile(&shown).unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(environment.show(again.tree()), shown);
        for _ in 0..20 {
            fill(&environment, &mut row, &facts(&mut rng));
            assert_eq!(again.eval(&row), condition.eval(&row), "{shown}");
            let blamed = condition.tree().blame(&row);
            assert_eq!(blamed.is_some_and(|tests| tests.is_empty()), condition.eval(&row), "{shown}");
        }
    }
}
