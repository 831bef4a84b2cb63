//! What is kept of the leads that somebody owned.

use std::collections::BTreeMap;

use pointsman_domain::{LeadId, record::Stage};

use super::column::Column;

/// Leads with an owner, in order of time (leads given away at the same microsecond by id).
pub struct Owned {
    pub lead: Vec<LeadId>,
    /// Place in `reps`.
    pub rep: Vec<u32>,
    pub reps: Vec<Box<str>>,
    pub at: Vec<i64>,
    pub known_at: Vec<i64>,
    pub propensity: Option<Vec<f64>>,
    pub ends: Ends,
    /// Category columns in the executor's order.
    pub categories: Vec<Column>,
    /// Number columns in the executor's order; `None` where the number is counted.
    pub numbers: Vec<Option<Vec<f64>>>,
}

/// How leads ended.
#[derive(Default)]
pub struct Ends {
    /// The first terminal stage learned.
    pub first: Vec<End>,
    /// The first that is won, lost or unqualified, where `first` is another one.
    counted: BTreeMap<u32, End>,
    /// Terminal stages of leads that have no owner.
    pub strays: Vec<(i64, LeadId, Stage)>,
}

#[derive(Clone, Copy)]
pub struct End {
    pub stage: Option<Stage>,
    pub known_at: i64,
    pub at: i64,
    /// Minor units.
    pub value: f64,
}

impl End {
    const NONE: Self = Self { stage: None, known_at: 0, at: 0, value: f64::NAN };

    fn is_earlier(&self, than: &Self) -> bool {
        than.stage.is_none() || (self.known_at, self.at) < (than.known_at, than.at)
    }

    /// Whether this is an end that counts among wins and losses.
    fn counts(&self) -> bool {
        matches!(self.stage, Some(Stage::Won | Stage::Lost | Stage::Unqualified))
    }
}

impl Ends {
    /// Nothing is known of so many rows.
    pub fn of(rows: usize) -> Self {
        Self { first: vec![End::NONE; rows], ..Self::default() }
    }

    /// The first that is won, lost or unqualified.
    pub fn closing(&self, row: usize) -> End {
        let first = self.first[row];
        if first.counts() { first } else { self.counted.get(&(row as u32)).copied().unwrap_or(End::NONE) }
    }

    pub fn add(&mut self, row: u32, end: End) {
        let first = &mut self.first[row as usize];
        if end.is_earlier(first) {
            let before = std::mem::replace(first, end);
            if before.counts() && !end.counts() {
                self.counted.insert(row, before);
            }
        } else if end.counts() && !first.counts() {
            let counted = self.counted.entry(row).or_insert(end);
            if end.is_earlier(counted) {
                *counted = end;
            }
        }
    }
}
