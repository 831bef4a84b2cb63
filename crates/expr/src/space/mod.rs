//! Is there a lead for which these conditions hold and those do not, and which? What a lint asks
//! of a ladder: a rule fires for nobody if no lead meets it and none of the rules before it.
//!
//! Every field is cut into the classes within which no test changes its answer ([`axis`]);
//! conditions become formulas over sets of classes; a search with propagation decides them
//! ([`search`]). What classes cannot place (a text within a text, a comparison of two fields) is
//! left free: each such test may be answered either way. So *no* is proved for every lead, while
//! a *yes* is given only with a lead for which the conditions themselves were asked.

mod axis;
mod example;
mod search;
mod span;

use pointsman_domain::Value;

use crate::{
    environment::Environment,
    field::{Builtin, Field},
    row::Row,
    tree::{Node, Question, Test},
};
use axis::Axes;
use search::{Formula, Found, Region, Search};
pub use span::Span;

/// Whether conditions can hold together.
#[derive(Debug, Clone, PartialEq)]
pub enum Possible {
    /// They do for this: the fields that need a value. All others are missing.
    Yes(Vec<(Field, Value)>),
    /// They do for no row whose values are possible for their fields.
    No,
    /// Not found and not ruled out.
    Unknown,
}

/// What may be taken for granted of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assume {
    Nothing,
    /// The row is filled as decisions fill it: counts, times and yes-or-no fields are never
    /// missing, and an account has an owner exactly if its owner is known.
    Leads,
}

/// Conditions whose combinations can be asked about.
#[derive(Debug)]
pub struct Space<'e> {
    environment: &'e Environment,
    axes: Axes,
    nodes: Vec<Node>,
    holds: Vec<Formula>,
    fails: Vec<Formula>,
    laws: Vec<Formula>,
    law_nodes: Vec<Node>,
}

impl<'e> Space<'e> {
    pub fn new<'n>(environment: &'e Environment, nodes: impl IntoIterator<Item = &'n Node>, assume: Assume) -> Self {
        let nodes: Vec<Node> = nodes.into_iter().cloned().collect();
        let law_nodes = match assume {
            Assume::Nothing => vec![],
            Assume::Leads => laws(&nodes),
        };
        let mut axes = Axes::new(environment, nodes.iter().chain(&law_nodes), assume);
        let kind = |field| environment.info(field).kind;
        let mut formulas =
            |nodes: &[Node]| nodes.iter().map(|node| Formula::of(node, &mut axes, &kind)).collect::<Vec<_>>();
        let (holds, laws) = (formulas(&nodes), formulas(&law_nodes));
        let negated: Vec<Node> = nodes.iter().cloned().map(Node::negated).collect();
        let fails = formulas(&negated);
        Self { environment, axes, nodes, holds, fails, laws, law_nodes }
    }

    /// Whether some row satisfies all conditions of `yes` and none of `no`, by their places.
    /// Gives up as unknown after `effort` guesses.
    pub fn find(&self, yes: &[usize], no: &[usize], effort: usize) -> Possible {
        let wanted = yes.iter().map(|&i| &self.holds[i]);
        let unwanted = no.iter().map(|&i| &self.fails[i]);
        let formulas: Vec<&Formula> = wanted.chain(unwanted).chain(&self.laws).collect();
        let holds = |row: &Row| {
            yes.iter().all(|&i| self.nodes[i].ask(row))
                && !no.iter().any(|&i| self.nodes[i].ask(row))
                && self.law_nodes.iter().all(|law| law.ask(row))
        };
        let example = |region: &Region| example::of(self.environment, &self.axes, region, &holds);
        match Search::new(&self.axes, &formulas, effort, &example).run() {
            Found::Nothing => Possible::No,
            Found::GaveUp => Possible::Unknown,
            Found::Example(example) => Possible::Yes(example),
        }
    }
}

impl Space<'_> {
    /// The condition at this place as what it leaves on each field, if it asks one field at a time.
    pub fn span(&self, condition: usize) -> Option<Span> {
        Span::of(&self.holds[condition], &self.axes)
    }
}

/// Guesses of [`Environment::possible`].
const EFFORT: usize = 4_000;

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
        Space::new(self, [node], Assume::Nothing).find(&[0], &[], EFFORT)
    }
}

/// What is true of the built-in fields that the conditions read, as conditions.
fn laws(nodes: &[Node]) -> Vec<Node> {
    let mut read: Vec<Field> = nodes.iter().flat_map(Node::tests).map(|(test, _)| test.field).collect();
    read.extend(nodes.iter().flat_map(Node::tests).filter_map(|(test, _)| test.other_field()));
    read.sort_unstable();
    read.dedup();
    let reads = |field: &Builtin| read.binary_search(&Field::Builtin(*field)).is_ok();
    let is = |field, question| Node::Is(Test { field: Field::Builtin(field), question });
    let yes = |field| is(field, Question::OneOf([Value::Bool(true)].into()));
    let known = |field| is(field, Question::Present);
    let implies = |a: Node, b: Node| Node::any([a.negated(), b]);
    let mut laws = Vec::new();
    use Builtin as B;
    for (has, whom) in [
        (B::AccountHasOwner, B::AccountOwner),
        (B::AccountHasParentOwner, B::AccountParentOwner),
        (B::ContactHasOwner, B::ContactOwner),
    ] {
        if reads(&has) && reads(&whom) {
            laws.push(implies(yes(has), known(whom)));
            laws.push(implies(known(whom), yes(has)));
        }
    }
    for field in [B::AccountHasOwner, B::AccountHasParentOwner, B::AccountOpenOpportunity] {
        if reads(&field) && reads(&B::AccountKnown) {
            laws.push(implies(yes(field), yes(B::AccountKnown)));
        }
    }
    for field in [
        B::AccountName,
        B::AccountDomain,
        B::AccountOwner,
        B::AccountParentOwner,
        B::AccountSubsidiaryOwner,
        B::AccountOpportunityOwner,
    ] {
        if reads(&field) && reads(&B::AccountKnown) {
            laws.push(implies(known(field), yes(B::AccountKnown)));
        }
    }
    laws
}
