//! Who waits for whom: the waiting leads of each rep, first in line first.
//!
//! The leads of a rule mostly wait for the same reps, so a line belongs to a set of reps, and a
//! lead joins one line however many reps may take it. A rep stands at the head of several.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::change::Place;

/// A set of reps, by their slots in the ledger.
pub(crate) type Slots = Arc<[u32]>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Queues {
    /// The lines in use; who has left the last place of one has closed it.
    open: BTreeMap<Slots, usize>,
    lines: Vec<BTreeSet<Place>>,
    closed: Vec<usize>,
    /// By rep: the open lines that it may take from.
    of_rep: Vec<Vec<usize>>,
}

impl Queues {
    pub fn join(&mut self, reps: &Slots, place: Place) {
        let line = self.open.get(reps).copied().unwrap_or_else(|| self.open(reps));
        self.lines[line].insert(place);
    }

    pub fn leave(&mut self, reps: &Slots, place: Place) {
        let Some(&line) = self.open.get(reps) else { return };
        self.lines[line].remove(&place);
        if self.lines[line].is_empty() {
            self.open.remove(reps);
            self.closed.push(line);
            reps.iter().for_each(|rep| self.of_rep[*rep as usize].retain(|open| *open != line));
        }
    }

    /// The first lead in line for this rep.
    pub fn first(&self, rep: usize) -> Option<Place> {
        self.of(rep).filter_map(|line| line.first()).min().copied()
    }

    /// The first lead in line for each rep for whom somebody waits.
    pub fn firsts(&self) -> impl Iterator<Item = Place> + '_ {
        (0..self.of_rep.len()).filter_map(|rep| self.first(rep))
    }

    /// Whether at least `count` leads wait for this rep ahead of `place`.
    pub fn are_ahead(&self, rep: usize, count: usize, place: Place) -> bool {
        let mut missing = count;
        for line in self.of(rep) {
            missing -= line.range(..place).take(missing).count();
            if missing == 0 {
                return true;
            }
        }
        count == 0
    }

    fn of(&self, rep: usize) -> impl Iterator<Item = &BTreeSet<Place>> {
        self.of_rep.get(rep).into_iter().flatten().map(|line| &self.lines[*line])
    }

    fn open(&mut self, reps: &Slots) -> usize {
        let line = self.closed.pop().unwrap_or(self.lines.len());
        if line == self.lines.len() {
            self.lines.push(BTreeSet::new());
        }
        self.open.insert(Arc::clone(reps), line);
        for rep in reps.iter().map(|rep| *rep as usize) {
            if self.of_rep.len() <= rep {
                self.of_rep.resize_with(rep + 1, Vec::new);
            }
            // Who is named twice stands there once.
            if self.of_rep[rep].last() != Some(&line) {
                self.of_rep[rep].push(line);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use pointsman_domain::{Instant, LeadId};
    use proptest::prelude::*;

    use super::*;

    fn place(priority: u8, lead: u128) -> Place {
        Place::new(priority, Instant::from_unix_micros(7), LeadId::from_bytes(lead.to_be_bytes()))
    }

    proptest! {
        /// A line for each rep, kept one by one, says the same.
        #[test]
        fn lines_of_sets_are_lines_of_reps(
            steps in prop::collection::vec((any::<bool>(), 0..3u8, 0..12u128, 0..16u32), 1..80),
            asked in (0..3u8, 0..12u128),
        ) {
            let (mut queues, mut plain) = (Queues::default(), vec![BTreeSet::new(); 4]);
            let mut where_is: BTreeMap<Place, Slots> = BTreeMap::new();
            for (joins, priority, lead, set) in steps {
                let place = place(priority, lead);
                if let Some(reps) = where_is.remove(&place) {
                    queues.leave(&reps, place);
                    plain.iter_mut().for_each(|line| line.retain(|there| *there != place));
                }
                if joins {
                    let reps: Slots = (0..4).filter(|rep| set >> rep & 1 == 1).collect();
                    queues.join(&reps, place);
                    reps.iter().for_each(|rep| plain[*rep as usize].extend([place]));
                    where_is.insert(place, reps);
                }
            }
            let place = place(asked.0, asked.1);
            for (rep, line) in plain.iter().enumerate() {
                prop_assert_eq!(queues.first(rep), line.first().copied());
                for count in 0..5 {
                    prop_assert_eq!(queues.are_ahead(rep, count, place), line.range(..place).count() >= count);
                }
            }
            prop_assert_eq!(queues.firsts().count(), plain.iter().filter(|line| !line.is_empty()).count());
            prop_assert_eq!(queues.lines.len() - queues.closed.len(), queues.open.len(), "who has gone leaves nothing behind");
        }
    }
}
