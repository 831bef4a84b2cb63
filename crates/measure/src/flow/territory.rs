//! Where leads went beside where a territory table would have sent them, as of the day.

use std::collections::BTreeMap;

use pointsman_domain::LeadId;
use pointsman_experiment::stats::proportion::{Count, newcombe};
use serde::Serialize;

use crate::{Estimate, Share, estimate::ALPHA};

/// What the table says of a lead on the day it was assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// No row holds it; what it says to the table's columns (`DE, 10115`).
    Nowhere { says: Box<str> },
    /// The most specific row and the pool or rep that it names; a row of another destination that
    /// holds it too, where neither row lies within the other: only their order decides.
    Row { line: u32, to: Box<str>, against: Option<u32> },
}

/// A lead that got an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub lead: LeadId,
    pub expected: Expected,
    /// Where it went: the expected name if its owner belongs there, else the owner's own.
    pub actual: Box<str>,
    /// Won or not; `None` while it is open.
    pub won: Option<bool>,
}

impl Placed {
    /// `None` where the table says nothing.
    fn is_right(&self) -> Option<bool> {
        match &self.expected {
            Expected::Nowhere { .. } => None,
            Expected::Row { to, .. } => Some(*to == self.actual),
        }
    }
}

/// Assignments against a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Territories {
    /// Leads with an owner.
    pub assigned: u64,
    /// Of those that a row holds, the ones that went where it says.
    pub right: Share,
    /// Expected → actual, most leads first.
    pub matrix: Vec<Crossing>,
    /// What leads without a row say, most leads first: rows that the table lacks.
    pub missing: Vec<MissingRow>,
    /// Pairs of rows that hold the same leads and name different people, most leads first.
    pub contradictions: Vec<Contradiction>,
    /// Wins of closed leads that went where the table says, and of those that did not.
    pub won_right: Share,
    pub won_wrong: Share,
    /// Right minus wrong with Newcombe's interval: observed, because nobody drew by chance which
    /// leads went astray. `None` where one side has no closed lead.
    pub difference: Option<Estimate>,
    /// Leads that went elsewhere.
    #[serde(skip)]
    pub astray: Vec<LeadId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Crossing {
    pub expected: Box<str>,
    pub actual: Box<str>,
    pub leads: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingRow {
    pub says: Box<str>,
    pub leads: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// Lines of the file; the first one decides.
    pub line: u32,
    pub against: u32,
    pub leads: u64,
    /// Of them, those that went where the first one says.
    pub right: u64,
}

/// Compares every lead with the table.
pub fn measure(placed: &[Placed]) -> Territories {
    let (mut right, mut won_right, mut won_wrong) = (Share::default(), Share::default(), Share::default());
    let mut matrix: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut missing: BTreeMap<&str, u64> = BTreeMap::new();
    let mut pairs: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
    let mut astray = Vec::new();
    for one in placed {
        match &one.expected {
            Expected::Nowhere { says } => *missing.entry(says).or_default() += 1,
            Expected::Row { line, to, against } => {
                *matrix.entry((to, &one.actual)).or_default() += 1;
                if let Some(against) = against {
                    let pair = pairs.entry((*line, *against)).or_default();
                    pair.0 += 1;
                    pair.1 += u64::from(*to == one.actual);
                }
            }
        }
        if let Some(is_right) = one.is_right() {
            right.count(is_right);
            let wins = if is_right { &mut won_right } else { &mut won_wrong };
            one.won.into_iter().for_each(|won| wins.count(won));
            astray.extend((!is_right).then_some(one.lead));
        }
    }
    let crossing = |((expected, actual), leads): ((&str, &str), u64)| Crossing {
        expected: expected.into(),
        actual: actual.into(),
        leads,
    };
    let pair =
        |((line, against), (leads, right)): ((u32, u32), (u64, u64))| Contradiction { line, against, leads, right };
    Territories {
        assigned: placed.len() as u64,
        right,
        matrix: largest(matrix.into_iter().map(crossing), |crossing| crossing.leads),
        missing: largest(missing.into_iter().map(|(says, leads)| MissingRow { says: says.into(), leads }), |row| {
            row.leads
        }),
        contradictions: largest(pairs.into_iter().map(pair), |pair| pair.leads),
        won_right,
        won_wrong,
        difference: difference(won_right, won_wrong),
        astray,
    }
}

/// Largest first; equal ones in their own order.
fn largest<T>(all: impl Iterator<Item = T>, size: impl Fn(&T) -> u64) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_by_key(|one| std::cmp::Reverse(size(one)));
    all
}

fn difference(right: Share, wrong: Share) -> Option<Estimate> {
    let (right, wrong) = (Count::new(right.hits, right.n).ok()?, Count::new(wrong.hits, wrong.n).ok()?);
    let interval = newcombe(wrong, right, ALPHA);
    Some(Estimate { value: right.rate() - wrong.rate(), low: interval.low, high: interval.high })
}

#[cfg(test)]
mod tests {
    use pointsman_domain::Instant;

    use super::*;

    fn placed(n: u128, row: Option<(u32, &str, Option<u32>)>, actual: &str, won: Option<bool>) -> Placed {
        let expected = match row {
            Some((line, to, against)) => Expected::Row { line, to: to.into(), against },
            None => Expected::Nowhere { says: "PL".into() },
        };
        Placed { lead: LeadId::new(Instant::from_unix_micros(0), n), expected, actual: actual.into(), won }
    }

    #[test]
    fn leads_beside_the_table_by_hand() {
        let dach = Some((2, "dach", None));
        let both = Some((3, "mara", Some(4)));
        let found = measure(&[
            placed(1, dach, "dach", Some(true)),
            placed(2, dach, "dach", Some(false)),
            placed(3, dach, "luc", Some(false)),
            placed(4, both, "mara", None),
            placed(5, both, "luc", Some(false)),
            placed(6, None, "luc", Some(true)),
        ]);
        assert_eq!((found.assigned, found.right), (6, Share::new(3, 5)));
        assert_eq!((found.won_right, found.won_wrong), (Share::new(1, 2), Share::new(0, 2)));
        assert_eq!(found.matrix[0], Crossing { expected: "dach".into(), actual: "dach".into(), leads: 2 });
        assert_eq!(found.matrix.iter().map(|crossing| crossing.leads).sum::<u64>(), found.right.n);
        assert_eq!(found.missing, [MissingRow { says: "PL".into(), leads: 1 }]);
        assert_eq!(found.contradictions, [Contradiction { line: 3, against: 4, leads: 2, right: 1 }]);
        let difference = found.difference.expect("both sides have closed leads");
        assert!(difference.value == 0.5 && difference.low < 0.0 && difference.high > 0.5, "{difference:?}");
        assert_eq!(found.astray.len(), 2);
    }

    #[test]
    fn nobody_astray_is_no_difference() {
        let found = measure(&[placed(1, Some((2, "dach", None)), "dach", Some(true))]);
        assert_eq!((found.difference, found.right), (None, Share::new(1, 1)));
    }
}
