//! What each lead became, and by what and when it counts.

use pointsman_domain::{Instant, LeadId, RepId, record::Stage};

use super::{hours::ByHour, owned::Owned};
use crate::FeatureError;

/// What one lead became, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    pub won: bool,
    pub known_at: i64,
    pub value: f64,
}

impl Default for Label {
    fn default() -> Self {
        Self { won: false, known_at: i64::MAX, value: f64::NAN }
    }
}

impl Owned {
    pub fn len(&self) -> usize {
        self.lead.len()
    }

    pub fn rep_ids(&self) -> Result<Vec<RepId>, FeatureError> {
        let id = |name: &str| RepId::new(name).map_err(|_| FeatureError::Rep { rep: name.into() });
        self.reps.iter().map(|name| id(name)).collect()
    }

    /// `None` for leads that do not count at all.
    pub fn label(&self, row: usize) -> Option<Label> {
        let first = &self.ends.first[row];
        let Some(stage) = first.stage else { return Some(Label::default()) };
        let won = match stage {
            Stage::Won => true,
            Stage::Lost | Stage::Unqualified => false,
            _ => return None,
        };
        Some(Label { won, known_at: first.known_at, value: first.value })
    }

    /// The outcome by which a lead counts, and when it was learned. A lead that was merged after it
    /// was given away never counts.
    pub fn counted(&self, row: usize) -> Option<(bool, i64)> {
        let first = &self.ends.first[row];
        let stage = first.stage?;
        if first.known_at >= self.known_at[row] && matches!(stage, Stage::Merged | Stage::Erased) {
            return None;
        }
        let closing = self.ends.closing(row);
        closing.stage.map(|stage| (stage == Stage::Won, closing.known_at))
    }

    /// Rows by when their assignment was learned.
    pub fn by_known_at(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.len() as u32).collect();
        if !self.known_at.is_sorted() {
            rows.sort_by_key(|&row| self.known_at[row as usize]);
        }
        rows
    }

    /// Leads by when they stopped being open, of those that did.
    pub fn by_closing(&self) -> ByHour {
        ByHour::new((0..self.len()).filter_map(|row| Some((self.closed_at(row)?, row as u32))))
    }

    fn closed_at(&self, row: usize) -> Option<i64> {
        let (first, assigned) = (&self.ends.first[row], self.known_at[row]);
        let learned = match (self.counted(row), first.stage) {
            (Some((_, known_at)), _) => known_at,
            (None, Some(_)) if first.known_at >= assigned => first.known_at,
            _ => return None,
        };
        // An outcome learned before its assignment counts with the latter.
        Some(learned.max(assigned))
    }

    /// Everything that closes a lead, in the order in which it was learned.
    pub fn closings(&self) -> Vec<(LeadId, Stage, Instant)> {
        let mut all: Vec<(i64, LeadId, Stage)> = self.ends.strays.clone();
        for (row, first) in self.ends.first.iter().enumerate() {
            let closing = self.ends.closing(row);
            all.extend(first.stage.map(|stage| (first.known_at, self.lead[row], stage)));
            let early = first.known_at < self.known_at[row] && closing.known_at != first.known_at;
            all.extend(closing.stage.filter(|_| early).map(|stage| (closing.known_at, self.lead[row], stage)));
        }
        all.sort_by_key(|(known_at, lead, _)| (*known_at, *lead));
        all.into_iter().map(|(known_at, lead, stage)| (lead, stage, Instant::from_unix_micros(known_at))).collect()
    }
}
