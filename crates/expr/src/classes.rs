//! The classes into which the constants of all tests of one field cut its values: missing, each
//! constant, and each gap between two. Within a class every test has one answer.

use pointsman_domain::Value;

use crate::tree::{Key, Node, Question, Test, find};

/// The constants of one field, in order.
#[derive(Debug, Clone)]
pub(crate) enum Constants {
    Numbers(Box<[i64]>),
    Texts(Box<[Box<[u8]>]>),
}

/// Where one term's answer for the field changes.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub when_missing: bool,
    /// Classes at which the answer turns over, ascending.
    pub turns: Vec<u32>,
}

impl Answers {
    /// No value, nor its absence, satisfies the term.
    pub fn never(&self) -> bool {
        !self.when_missing && self.turns.is_empty()
    }
}

impl Constants {
    /// The class of a missing value.
    pub const MISSING: usize = 0;
    /// The class of values below every constant. 2 is the first constant, 3 the gap above it,
    /// 4 the second, and so on.
    pub const FIRST_GAP: usize = 1;

    /// All constants of these parts, each once, in order.
    pub fn of<'n>(parts: impl Iterator<Item = &'n Node>) -> Self {
        let (mut numbers, mut texts): (Vec<i64>, Vec<Box<[u8]>>) = Default::default();
        for (test, _) in parts.flat_map(Node::tests) {
            match &test.question {
                Question::OneOf(values) | Question::NoneOf(values) => {
                    values.iter().for_each(|value| keep(Key::of(value), &mut numbers, &mut texts));
                }
                Question::Compare(_, value) => keep(Key::of(value), &mut numbers, &mut texts),
                Question::StartsWith(part) => {
                    texts.push(part.as_bytes().into());
                    texts.push(past_prefix(part));
                }
                _ => {}
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        texts.sort_unstable();
        texts.dedup();
        // A field holds numbers or texts, never both; without constants either will do.
        if texts.is_empty() { Self::Numbers(numbers.into()) } else { Self::Texts(texts.into()) }
    }

    fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    pub fn classes(&self) -> usize {
        2 * self.len() + 2
    }

    pub fn class_of_number(&self, number: i64) -> usize {
        match self {
            Self::Numbers(numbers) => class(numbers.binary_search(&number)),
            Self::Texts(_) => Self::FIRST_GAP,
        }
    }

    pub fn class_of_text(&self, text: &[u8]) -> usize {
        match self {
            Self::Texts(texts) => class(texts.binary_search_by(|known| (**known).cmp(text))),
            Self::Numbers(_) => Self::FIRST_GAP,
        }
    }

    fn class_of(&self, value: &Value) -> usize {
        match Key::of(value) {
            Key::Number(number) => self.class_of_number(number),
            Key::Text(text) => self.class_of_text(text.as_bytes()),
        }
    }

    /// No value can lie in this gap: the constants on both sides are neighbours.
    fn is_empty_gap(&self, class: usize) -> bool {
        let (Self::Numbers(numbers), 1) = (self, class % 2) else { return false };
        let above = class / 2;
        let sides = above.checked_sub(1).and_then(|below| numbers.get(below).zip(numbers.get(above)));
        sides.is_some_and(|(below, above)| below.checked_add(1) == Some(*above))
    }

    /// The answers of a term whose parts on this field are `parts`, for every class.
    pub fn answers(&self, parts: &[Node]) -> Answers {
        let mut borders = vec![Self::FIRST_GAP];
        parts.iter().flat_map(Node::tests).for_each(|(test, _)| self.borders(test, &mut borders));
        // An empty gap has no answer of its own: what would change there changes one class later.
        borders.iter_mut().filter(|class| self.is_empty_gap(**class)).for_each(|class| *class += 1);
        borders.sort_unstable();
        borders.dedup();
        let holds = |class: usize| parts.iter().all(|part| self.holds(part, class));
        let mut answers = Answers { when_missing: holds(Self::MISSING), turns: Vec::new() };
        let mut last = answers.when_missing;
        for class in borders.into_iter().filter(|&class| class < self.classes()) {
            let now = holds(class);
            if now != last {
                answers.turns.push(class as u32);
            }
            last = now;
        }
        answers
    }

    /// The classes at which the answer of `test` may change.
    fn borders(&self, test: &Test, borders: &mut Vec<usize>) {
        let mut around = |class: usize| borders.extend([class, class + 1]);
        match &test.question {
            Question::OneOf(values) | Question::NoneOf(values) => {
                values.iter().for_each(|value| around(self.class_of(value)));
            }
            Question::Compare(_, value) => around(self.class_of(value)),
            Question::StartsWith(part) => {
                around(self.class_of_text(part.as_bytes()));
                around(self.class_of_text(&past_prefix(part)));
            }
            _ => {}
        }
    }

    fn holds(&self, node: &Node, class: usize) -> bool {
        match node {
            Node::Always => true,
            Node::Never => false,
            Node::Is(test) => self.answer(test, class),
            Node::Not(test) => !self.answer(test, class),
            Node::All(parts) => parts.iter().all(|part| self.holds(part, class)),
            Node::Any(parts) => parts.iter().any(|part| self.holds(part, class)),
        }
    }

    fn answer(&self, test: &Test, class: usize) -> bool {
        if class == Self::MISSING {
            return false;
        }
        match &test.question {
            Question::OneOf(values) => self.exact(class).is_some_and(|key| find(values, key)),
            Question::NoneOf(values) => !self.exact(class).is_some_and(|key| find(values, key)),
            Question::Compare(order, value) => order.admits(class.cmp(&self.class_of(value))),
            Question::StartsWith(part) => {
                let from = self.class_of_text(part.as_bytes());
                (from..self.class_of_text(&past_prefix(part))).contains(&class)
            }
            // `Present`; the others are not placed by class.
            _ => true,
        }
    }

    /// The constant of a class that is one, unless no value can equal it.
    fn exact(&self, class: usize) -> Option<Key<'_>> {
        let place = class.is_multiple_of(2).then(|| class / 2 - 1)?;
        match self {
            Self::Numbers(numbers) => numbers.get(place).map(|&number| Key::Number(number)),
            Self::Texts(texts) => std::str::from_utf8(texts.get(place)?).ok().map(Key::Text),
        }
    }
}

fn keep(key: Key<'_>, numbers: &mut Vec<i64>, texts: &mut Vec<Box<[u8]>>) {
    match key {
        Key::Number(number) => numbers.push(number),
        Key::Text(text) => texts.push(text.as_bytes().into()),
    }
}

fn class(found: Result<usize, usize>) -> usize {
    match found {
        Ok(place) => 2 * place + 2,
        Err(place) => 2 * place + 1,
    }
}

/// The least text above every text that starts with `part`, which is not empty: its last
/// character raised by one, because the order of bytes is the order of characters.
pub(crate) fn past_prefix(part: &str) -> Box<[u8]> {
    let mut chars = part.chars();
    let raised = match chars.next_back() {
        Some('\u{d7ff}') => Some('\u{e000}'),
        Some(last) => char::from_u32(last as u32 + 1),
        None => None,
    };
    match raised {
        Some(raised) => format!("{}{raised}", chars.as_str()).into_bytes().into(),
        // Above the last character there is none, but there are bytes that no text holds.
        None => [chars.as_str().as_bytes(), &[0xff]].concat().into(),
    }
}
