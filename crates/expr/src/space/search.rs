//! A search for a region of classes that satisfies formulas: propagate what must be, guess what
//! may be, take back what failed.

use super::axis::{Axes, Axis, Literal, Places};
use crate::tree::Node;

/// A condition over classes.
#[derive(Debug)]
pub(super) enum Formula {
    True,
    False,
    Is(Literal),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

impl Formula {
    pub fn of(node: &Node, axes: &mut Axes, kind: &dyn Fn(crate::Field) -> crate::FieldKind) -> Self {
        let mut each = |parts: &[Node]| parts.iter().map(|part| Self::of(part, axes, kind)).collect::<Vec<_>>();
        match node {
            Node::Always => Self::True,
            Node::Never => Self::False,
            Node::All(parts) => Self::All(each(parts)),
            Node::Any(parts) => Self::Any(each(parts)),
            Node::Is(test) => Self::Is(axes.literal(kind(test.field), test)),
            Node::Not(test) => {
                let literal = axes.literal(kind(test.field), test);
                let places = literal.places.not(axes.axes[literal.axis].len());
                Self::Is(Literal { axis: literal.axis, places: places.into() })
            }
        }
    }
}

impl Formula {
    /// The one axis it is about: `None` if there are several, `Some(None)` if there is none.
    pub fn axis(&self) -> Option<Option<usize>> {
        match self {
            Self::True | Self::False => Some(None),
            Self::Is(literal) => Some(Some(literal.axis)),
            Self::All(parts) | Self::Any(parts) => {
                let first = parts.first()?.axis()?;
                parts.iter().all(|part| part.axis() == Some(first)).then_some(first)
            }
        }
    }

    /// Whether it holds at one place of the one axis it is about.
    pub fn holds_at(&self, place: usize) -> bool {
        match self {
            Self::True => true,
            Self::False => false,
            Self::Is(literal) => literal.places.contains(place),
            Self::All(parts) => parts.iter().all(|part| part.holds_at(place)),
            Self::Any(parts) => parts.iter().any(|part| part.holds_at(place)),
        }
    }
}

/// The places that are left on every axis.
pub(super) type Region = Vec<Places>;

/// A row's values.
pub(super) type Example = Vec<(crate::Field, pointsman_domain::Value)>;

pub(super) enum Found {
    Example(Example),
    Nothing,
    GaveUp,
}

/// What a region says of a formula.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    True,
    False,
    Open,
}

pub(super) struct Search<'f> {
    formulas: &'f [&'f Formula],
    start: Region,
    effort: usize,
    /// Makes a row of a region, if it can.
    example: &'f dyn Fn(&Region) -> Option<Example>,
}

/// What a region without an example costs: so many guesses.
const FAILED_EXAMPLE: usize = 200;

impl<'f> Search<'f> {
    pub fn new(
        axes: &Axes,
        formulas: &'f [&'f Formula],
        effort: usize,
        example: &'f dyn Fn(&Region) -> Option<Example>,
    ) -> Self {
        let start = axes.axes.iter().map(|axis: &Axis| Places::all(axis.len())).collect();
        Self { formulas, start, effort, example }
    }

    pub fn run(mut self) -> Found {
        let start = std::mem::take(&mut self.start);
        let open: Vec<&Formula> = self.formulas.to_vec();
        self.descend(start, open)
    }

    /// Every formula of `open` must hold within `region`.
    fn descend(&mut self, mut region: Region, mut open: Vec<&'f Formula>) -> Found {
        loop {
            let Some((left, changed)) = propagate(&mut region, open) else { return Found::Nothing };
            open = left;
            if !changed {
                break;
            }
        }
        // What is open now offers alternatives; the one with the fewest is guessed at first.
        let Some(next) = (0..open.len()).min_by_key(|&i| alternatives(open[i], &region).len()) else {
            if let Some(example) = (self.example)(&region) {
                return Found::Example(example);
            }
            self.effort = self.effort.saturating_sub(FAILED_EXAMPLE);
            return Found::GaveUp;
        };
        let guessed = open.swap_remove(next);
        let mut gave_up = false;
        for part in alternatives(guessed, &region) {
            if self.effort == 0 {
                return Found::GaveUp;
            }
            self.effort -= 1;
            let mut with = open.clone();
            with.push(part);
            match self.descend(region.clone(), with) {
                found @ Found::Example(_) => return found,
                Found::GaveUp => gave_up = true,
                Found::Nothing => {}
            }
        }
        if gave_up { Found::GaveUp } else { Found::Nothing }
    }
}

/// Narrows the region by all that must be; `None` when that leaves nothing. Gives what is still
/// open, and whether anything changed.
fn propagate<'f>(region: &mut Region, open: Vec<&'f Formula>) -> Option<(Vec<&'f Formula>, bool)> {
    let (mut left, mut changed) = (Vec::with_capacity(open.len()), false);
    let mut stack: Vec<&Formula> = open.into_iter().rev().collect();
    while let Some(formula) = stack.pop() {
        match formula {
            Formula::True => {}
            Formula::False => return None,
            Formula::All(parts) => stack.extend(parts.iter().rev()),
            Formula::Is(literal) => {
                let places = &mut region[literal.axis];
                if !places.is_within(&literal.places) {
                    places.keep(&literal.places);
                    changed = true;
                    if places.is_empty() {
                        return None;
                    }
                }
            }
            Formula::Any(_) => match status(formula, region) {
                Status::True => {}
                Status::False => return None,
                Status::Open => match &alternatives(formula, region)[..] {
                    [only] => stack.push(only),
                    _ => left.push(formula),
                },
            },
        }
    }
    Some((left, changed))
}

/// The parts of an open formula that may still hold.
fn alternatives<'f>(formula: &'f Formula, region: &Region) -> Vec<&'f Formula> {
    match formula {
        Formula::Any(parts) => parts.iter().filter(|part| status(part, region) != Status::False).collect(),
        other => vec![other],
    }
}

fn status(formula: &Formula, region: &Region) -> Status {
    match formula {
        Formula::True => Status::True,
        Formula::Is(literal) if region[literal.axis].is_within(&literal.places) => Status::True,
        Formula::Is(literal) if region[literal.axis].meets(&literal.places) => Status::Open,
        Formula::False | Formula::Is(_) => Status::False,
        Formula::All(parts) => {
            let mut all = Status::True;
            for part in parts {
                match status(part, region) {
                    Status::False => return Status::False,
                    Status::Open => all = Status::Open,
                    Status::True => {}
                }
            }
            all
        }
        Formula::Any(parts) => {
            let mut any = Status::False;
            for part in parts {
                match status(part, region) {
                    Status::True => return Status::True,
                    Status::Open => any = Status::Open,
                    Status::False => {}
                }
            }
            any
        }
    }
}
