//! Conditions, read and answered as plainly as possible: characters, a tree, and a map of values.
//! A test that reads a missing value is false; `!` negates whatever it stands before.

use std::collections::BTreeMap;

use super::generate::Plain;

/// What is known of the lead, by the names conditions use. What is not there is missing.
pub type Values = BTreeMap<String, Plain>;
/// How often each operator was asked.
pub type Asked = BTreeMap<String, u64>;

#[derive(Debug, Clone)]
pub enum Tree {
    True,
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    /// Operator and its sides.
    Test(&'static str, Side, Side),
}

#[derive(Debug, Clone)]
pub enum Side {
    Field(String),
    Text(String),
    Number(f64),
    Bool(bool),
    List(Vec<String>),
    Nothing,
}

pub fn read(text: &str) -> Tree {
    let mut reader = Reader { text: text.chars().collect(), at: 0 };
    let tree = reader.any();
    reader.space();
    assert_eq!(reader.at, reader.text.len(), "read to the end: {text}");
    tree
}

struct Reader {
    text: Vec<char>,
    at: usize,
}

const SIGNS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

impl Reader {
    fn space(&mut self) {
        while self.text.get(self.at) == Some(&' ') {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        self.space();
        let there = self.text[self.at..].iter().take(word.chars().count()).collect::<String>() == word;
        if there {
            self.at += word.chars().count();
        }
        there
    }

    fn any(&mut self) -> Tree {
        let mut parts = vec![self.all()];
        while self.take("||") {
            parts.push(self.all());
        }
        if parts.len() == 1 { parts.remove(0) } else { Tree::Any(parts) }
    }

    fn all(&mut self) -> Tree {
        let mut parts = vec![self.unary()];
        while self.take("&&") {
            parts.push(self.unary());
        }
        if parts.len() == 1 { parts.remove(0) } else { Tree::All(parts) }
    }

    fn unary(&mut self) -> Tree {
        if self.text[self.at..].starts_with(&['!', '(']) && self.take("!") {
            return Tree::Not(Box::new(self.unary()));
        }
        if self.take("(") {
            let tree = self.any();
            assert!(self.take(")"));
            return tree;
        }
        if self.take("has(") {
            let field = self.side();
            assert!(self.take(")"));
            return Tree::Test("has", field, Side::Nothing);
        }
        let left = self.side();
        for method in ["startsWith", "endsWith", "contains", "matches"] {
            if self.take(&format!(".{method}(")) {
                let part = self.side();
                assert!(self.take(")"));
                return Tree::Test(method, left, part);
            }
        }
        if self.take("in ") {
            return Tree::Test("in", left, self.side());
        }
        for sign in SIGNS {
            if self.take(sign) {
                return Tree::Test(sign, left, self.side());
            }
        }
        Tree::Test("bare", left, Side::Nothing)
    }

    fn side(&mut self) -> Side {
        self.space();
        let start = self.at;
        match self.text[self.at] {
            '"' => {
                let end = start + 1 + self.text[start + 1..].iter().position(|c| *c == '"').expect("a closing quote");
                self.at = end + 1;
                Side::Text(self.text[start + 1..end].iter().collect())
            }
            '[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.take("]") {
                    if let Side::Text(item) = self.side() {
                        items.push(item);
                    }
                    self.take(",");
                }
                Side::List(items)
            }
            _ => {
                let part = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '.';
                let mut end = start + self.text[start..].iter().take_while(|c| part(c)).count();
                // A method's name is not part of the field.
                let word: String = self.text[start..end].iter().collect();
                for method in [".startsWith", ".endsWith", ".contains", ".matches"] {
                    if word.ends_with(method) {
                        end -= method.len();
                    }
                }
                self.at = end;
                let word: String = self.text[start..end].iter().collect();
                match (&*word, word.parse::<f64>()) {
                    ("true", _) => Side::Bool(true),
                    ("false", _) => Side::Bool(false),
                    (_, Ok(number)) => Side::Number(number),
                    _ => Side::Field(word),
                }
            }
        }
    }
}

pub fn holds(tree: &Tree, values: &Values, asked: &mut Asked) -> bool {
    match tree {
        Tree::True => true,
        Tree::Not(inner) => {
            count(asked, "!");
            !holds(inner, values, asked)
        }
        Tree::All(parts) => {
            count(asked, "&&");
            parts.iter().all(|part| holds(part, values, asked))
        }
        Tree::Any(parts) => {
            count(asked, "||");
            parts.iter().any(|part| holds(part, values, asked))
        }
        Tree::Test(operator, left, right) => {
            count(asked, operator);
            test(operator, left, right, values)
        }
    }
}

fn count(asked: &mut Asked, operator: &str) {
    *asked.entry(format!("operator {operator}")).or_default() += 1;
}

/// The value of a side; a side that is a field may be missing.
fn value(side: &Side, values: &Values) -> Option<Plain> {
    match side {
        Side::Field(name) => values.get(name).cloned(),
        Side::Text(text) => Some(Plain::Text(text.clone())),
        Side::Number(number) => Some(Plain::Number(*number)),
        Side::Bool(bool) => Some(Plain::Bool(*bool)),
        Side::List(items) => Some(Plain::List(items.clone())),
        Side::Nothing => None,
    }
}

fn test(operator: &str, left: &Side, right: &Side, values: &Values) -> bool {
    let Some(left) = value(left, values) else { return false };
    if operator == "has" {
        return true;
    }
    if operator == "bare" {
        return left == Plain::Bool(true);
    }
    let Some(right) = value(right, values) else { return false };
    match (operator, &left, &right) {
        // `"a" in field` and `field in ["a", "b"]`.
        ("in", Plain::Text(item), Plain::List(items)) => items.contains(item),
        ("startsWith", Plain::Text(text), Plain::Text(part)) => text.starts_with(part.as_str()),
        ("endsWith", Plain::Text(text), Plain::Text(part)) => text.ends_with(part.as_str()),
        ("contains", Plain::Text(text), Plain::Text(part)) => text.contains(part.as_str()),
        // The patterns that are asked for are words with an anchor at one end or at none.
        ("matches", Plain::Text(text), Plain::Text(pattern)) => {
            match (pattern.strip_prefix('^'), pattern.strip_suffix('$')) {
                (Some(start), _) => text.starts_with(start),
                (_, Some(end)) => text.ends_with(end),
                _ => text.contains(pattern.as_str()),
            }
        }
        (sign, left, right) => {
            let order = match (left, right) {
                (Plain::Number(a), Plain::Number(b)) => a.partial_cmp(b).expect("numbers"),
                (Plain::Bool(a), Plain::Bool(b)) => a.cmp(b),
                (Plain::Text(a) | Plain::Date(a), Plain::Text(b) | Plain::Date(b)) => a.cmp(b),
                _ => panic!("{left:?} {sign} {right:?}"),
            };
            match sign {
                "==" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                _ => panic!("{sign}"),
            }
        }
    }
}
