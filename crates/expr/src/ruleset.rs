//! Many conditions at once, in order: which hold for a row, without asking each.
//!
//! Building: every condition becomes [terms](crate::terms); every field that terms ask becomes a
//! [column](crate::index). Asking: the columns narrow the set of terms (a few hundred words of
//! bits for ten thousand), and only the terms left are walked, in order; their rest, if any, is
//! asked then, each distinct test at most once for a row.

use std::collections::BTreeMap;

use crate::{
    classes::{Answers, Constants},
    condition::Condition,
    field::Field,
    index::Column,
    row::Row,
    terms::{Term, terms},
    tree::{Node, Test},
};

/// Flips that all columns together may keep (16 bytes each); what would go beyond, in rule sets
/// with many long lists, is asked instead of looked up.
const MAX_FLIPS: usize = 2_000_000;

/// Terms that one condition may become.
const MAX_TERMS: usize = 16;

/// An ordered list of conditions.
///
/// ```
/// # use pointsman_domain::{AttributeSchema, attribute::AttributeFile};
/// # use pointsman_expr::{Builtin, Condition, Environment, RuleSet};
/// # let schema = AttributeSchema::new(AttributeFile { format: 1, ..AttributeFile::default() })?;
/// let environment = Environment::new(&schema);
/// let known = environment.compile("account.known")?;
/// let rules = RuleSet::new(&[known, Condition::always()]);
/// let mut scratch = rules.scratch();
/// let mut row = environment.row();
/// assert_eq!(rules.first(&row, &mut scratch), Some(1));
/// row.set_bool(Builtin::AccountKnown, true);
/// assert_eq!(rules.matches(&row, &mut scratch).collect::<Vec<_>>(), [0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: usize,
    columns: Vec<Column>,
    /// By term: its condition and what remains to be asked.
    terms: Vec<(u32, Option<Check>)>,
    /// The distinct tests of all rests.
    tests: Vec<Test>,
    contradictory: Vec<usize>,
}

/// The rest of a term, its tests by number.
#[derive(Debug, Clone)]
enum Check {
    Is(u32),
    Not(u32),
    All(Box<[Check]>),
    Any(Box<[Check]>),
}

/// Working memory of [`RuleSet::matches`]; belongs to the caller, grows to what the largest rule
/// set asked with it needs and then no more.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    alive: Vec<u64>,
    buffer: Vec<u64>,
    answers: Vec<Option<bool>>,
}

impl RuleSet {
    pub fn new(conditions: &[Condition]) -> Self {
        let mut all: Vec<(u32, Term)> = Vec::new();
        for (rule, condition) in (0u32..).zip(conditions) {
            all.extend(terms(condition.tree(), MAX_TERMS).into_iter().map(|term| (rule, term)));
        }
        let words = all.len().div_ceil(64);
        let mut alive_rules = vec![false; conditions.len()];
        let mut dead = vec![false; all.len()];
        let mut columns = Vec::new();
        let mut flips = 0;
        let fields: std::collections::BTreeSet<Field> =
            all.iter().flat_map(|(_, term)| term.by_field.keys().copied()).collect();
        for field in fields {
            let constants = Constants::of(all.iter().flat_map(|(_, term)| term.by_field.get(&field)).flatten());
            let mut answers: Vec<(u32, Answers)> = Vec::new();
            for (number, (_, term)) in all.iter_mut().enumerate() {
                let Some(parts) = term.by_field.remove(&field) else { continue };
                let answer = constants.answers(&parts);
                dead[number] |= answer.never();
                flips += answer.turns.len();
                if flips > MAX_FLIPS {
                    flips -= answer.turns.len();
                    term.rest.extend(parts);
                } else {
                    answers.push((number as u32, answer));
                }
            }
            columns.push(Column::new(field.slot(), constants, &answers, words));
        }
        all.iter().zip(&dead).filter(|(_, dead)| !**dead).for_each(|((rule, _), _)| alive_rules[*rule as usize] = true);
        let mut numbers = Numbers::default();
        let terms = all.into_iter().map(|(rule, term)| (rule, numbers.check(term.rest))).collect();
        let contradictory = (0..conditions.len()).filter(|&rule| !alive_rules[rule]).collect();
        Self { rules: conditions.len(), columns, terms, tests: numbers.tests, contradictory }
    }

    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.rules
    }

    pub fn is_empty(&self) -> bool {
        self.rules == 0
    }

    /// Conditions that no row satisfies, because they contradict themselves on one field
    /// (`x == 1 && x == 2`). Contradictions across fields are not sought.
    pub fn contradictory(&self) -> &[usize] {
        &self.contradictory
    }

    /// Working memory of the right size.
    pub fn scratch(&self) -> Scratch {
        let mut scratch = Scratch::default();
        scratch.fit(self);
        scratch
    }

    /// The conditions that hold for `row`, in order. Lazy: a rest is asked when its turn comes.
    pub fn matches<'a>(&'a self, row: &'a Row, scratch: &'a mut Scratch) -> Matches<'a> {
        scratch.fit(self);
        for column in &self.columns {
            column.narrow(row, &mut scratch.alive, &mut scratch.buffer);
        }
        Matches { set: self, row, scratch, word: 0, last: None }
    }

    /// The first condition that holds.
    pub fn first(&self, row: &Row, scratch: &mut Scratch) -> Option<usize> {
        self.matches(row, scratch).next()
    }
}

impl Scratch {
    /// Every term alive, no test asked.
    fn fit(&mut self, set: &RuleSet) {
        let (words, tail) = (set.terms.len().div_ceil(64), set.terms.len() % 64);
        self.alive.clear();
        self.alive.resize(words, u64::MAX);
        if let (Some(last), 1..) = (self.alive.last_mut(), tail) {
            *last = (1 << tail) - 1;
        }
        self.buffer.resize(words, 0);
        self.answers.clear();
        self.answers.resize(set.tests.len(), None);
    }
}

/// The conditions that hold, in order.
#[derive(Debug)]
pub struct Matches<'a> {
    set: &'a RuleSet,
    row: &'a Row,
    scratch: &'a mut Scratch,
    /// The first word of `alive` that may still hold a bit.
    word: usize,
    last: Option<u32>,
}

impl Iterator for Matches<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let bits = self.scratch.alive.get_mut(self.word)?;
            if *bits == 0 {
                self.word += 1;
                continue;
            }
            let term = self.word * 64 + bits.trailing_zeros() as usize;
            *bits &= *bits - 1;
            let (rule, rest) = &self.set.terms[term];
            if self.last == Some(*rule) || !rest.as_ref().is_none_or(|rest| self.asks(rest)) {
                continue;
            }
            self.last = Some(*rule);
            return Some(*rule as usize);
        }
    }
}

impl Matches<'_> {
    fn asks(&mut self, check: &Check) -> bool {
        match check {
            Check::Is(number) => self.answer(*number),
            Check::Not(number) => !self.answer(*number),
            Check::All(parts) => parts.iter().all(|part| self.asks(part)),
            Check::Any(parts) => parts.iter().any(|part| self.asks(part)),
        }
    }

    fn answer(&mut self, number: u32) -> bool {
        let number = number as usize;
        *self.scratch.answers[number].get_or_insert_with(|| self.set.tests[number].ask(self.row))
    }
}

/// Numbers for tests, so that equal ones are asked once.
#[derive(Debug, Default)]
struct Numbers {
    tests: Vec<Test>,
    /// By the test's debug form, which writes out everything that tells tests apart.
    known: BTreeMap<String, u32>,
}

impl Numbers {
    fn check(&mut self, rest: Vec<Node>) -> Option<Check> {
        match Node::all(rest) {
            Node::Always => None,
            node => Some(self.numbered(node)),
        }
    }

    fn numbered(&mut self, node: Node) -> Check {
        match node {
            Node::Is(test) => Check::Is(self.number(test)),
            Node::Not(test) => Check::Not(self.number(test)),
            Node::All(parts) => Check::All(parts.into_iter().map(|part| self.numbered(part)).collect()),
            Node::Any(parts) => Check::Any(parts.into_iter().map(|part| self.numbered(part)).collect()),
            Node::Always => Check::All([].into()),
            Node::Never => Check::Any([].into()),
        }
    }

    fn number(&mut self, test: Test) -> u32 {
        let next = self.tests.len() as u32;
        let number = *self.known.entry(format!("{test:?}")).or_insert(next);
        if number == next {
            self.tests.push(test);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{AttributeSchema, Value};

    use super::*;
    use crate::{Builtin, Environment};

    #[test]
    fn asking_again_takes_no_more_memory() {
        let environment = Environment::new(&AttributeSchema::default());
        let sources = (0..200).map(|i| format!("time.hour == {} || account.name.contains(\"{i}\")", i % 24));
        let conditions: Vec<Condition> = sources.map(|s| environment.compile(&s).expect("valid")).collect();
        let rules = RuleSet::new(&conditions);
        let mut scratch = rules.scratch();
        let room = |s: &Scratch| (s.alive.capacity(), s.buffer.capacity(), s.answers.capacity());
        let before = room(&scratch);
        let mut row = environment.row();
        for hour in 0..24 {
            row.clear();
            row.set_time(hour, 0, 0);
            row.set(Field::Builtin(Builtin::AccountName), &Value::Text(format!("Contoso {hour}").into()));
            assert!(rules.matches(&row, &mut scratch).count() >= 8);
        }
        assert_eq!(room(&scratch), before);
    }
}
