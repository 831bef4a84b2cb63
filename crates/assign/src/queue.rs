//! Who waits for whom: the waiting leads of each rep, first in line first.
//!
//! The leads of a rule mostly wait for the same reps, so a set of reps has one line, which a lead
//! joins once however many reps may take it. A rep looks at the line of every set it belongs to;
//! so that it never looks at many, only a few sets have one, and the leads of the others (each
//! was declined by somebody else, say) stand in the own line of each of their reps.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::change::Place;

/// A set of reps, by their slots in the ledger.
pub(crate) type Slots = Arc<[u32]>;

/// At most this many sets have a line. Looking at one more costs a rep 20 ns at each decision;
/// standing in the own line of each of 200 reps costs a lead 20 µs when it begins to wait.
const SHARED: usize = 8;

type Line = BTreeSet<Place>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Queues {
    /// The sets that have a line, by the line's number; who leaves the last place closes it.
    shared: BTreeMap<Slots, usize>,
    lines: [Line; SHARED],
    by_rep: Vec<OfRep>,
}

#[derive(Debug, Clone, Default)]
struct OfRep {
    own: Line,
    /// One bit for each shared line that the rep may take from.
    shared: u8,
}

impl Queues {
    pub fn join(&mut self, reps: &Slots, place: Place) {
        if reps.is_empty() {
            return;
        }
        match self.shared.get(reps).copied().or_else(|| self.open(reps)) {
            Some(line) => {
                self.lines[line].insert(place);
            }
            None => {
                for rep in reps.iter() {
                    self.rep(*rep).own.insert(place);
                }
            }
        }
    }

    pub fn leave(&mut self, reps: &Slots, place: Place) {
        // A set that has a line now may have had none when this lead joined.
        match self.shared.get(reps).copied() {
            Some(line) if self.lines[line].remove(&place) => self.close_if_empty(reps, line),
            _ => {
                for rep in reps.iter() {
                    self.rep(*rep).own.remove(&place);
                }
            }
        }
    }

    /// The first lead in line for this rep.
    pub fn first(&self, rep: usize) -> Option<Place> {
        self.of(rep).filter_map(Line::first).min().copied()
    }

    /// The first lead in line for each rep for whom somebody waits.
    pub fn firsts(&self) -> impl Iterator<Item = Place> + '_ {
        (0..self.by_rep.len()).filter_map(|rep| self.first(rep))
    }

    /// Whether at least `count` leads wait for this rep ahead of `place`.
    pub fn are_ahead(&self, rep: usize, count: usize, place: Place) -> bool {
        let mut missing = count;
        for line in self.of(rep) {
            // Mostly a new lead asks, and everybody who waits is ahead of it.
            let all = line.last().is_some_and(|last| *last < place);
            let ahead = if all { line.len() } else { line.range(..place).take(missing).count() };
            missing = missing.saturating_sub(ahead);
            if missing == 0 {
                return true;
            }
        }
        count == 0
    }

    fn of(&self, rep: usize) -> impl Iterator<Item = &Line> {
        self.by_rep.get(rep).into_iter().flat_map(|rep| {
            let shared = self.lines.iter().enumerate().filter(|(line, _)| rep.shared >> line & 1 == 1);
            shared.map(|(_, line)| line).chain([&rep.own])
        })
    }

    fn rep(&mut self, rep: u32) -> &mut OfRep {
        let rep = rep as usize;
        if self.by_rep.len() <= rep {
            self.by_rep.resize_with(rep + 1, OfRep::default);
        }
        &mut self.by_rep[rep]
    }

    fn open(&mut self, reps: &Slots) -> Option<usize> {
        let line = self.lines.iter().position(Line::is_empty)?;
        self.shared.insert(Arc::clone(reps), line);
        reps.iter().for_each(|rep| self.rep(*rep).shared |= 1 << line);
        Some(line)
    }

    fn close_if_empty(&mut self, reps: &Slots, line: usize) {
        if self.lines[line].is_empty() {
            self.shared.remove(reps);
            reps.iter().for_each(|rep| self.rep(*rep).shared &= !(1 << line));
        }
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
            steps in prop::collection::vec((0..4u8, 0..3u8, 0..40u128, 0..32u32), 1..250),
            asked in (0..3u8, 0..40u128),
        ) {
            let (mut queues, mut plain) = (Queues::default(), vec![BTreeSet::new(); 5]);
            let mut where_is: BTreeMap<Place, Slots> = BTreeMap::new();
            for (leaves, priority, lead, set) in steps {
                let place = place(priority, lead);
                if let Some(reps) = where_is.remove(&place) {
                    queues.leave(&reps, place);
                    plain.iter_mut().for_each(|line| line.retain(|there| *there != place));
                }
                if leaves > 0 {
                    let reps: Slots = (0..5).filter(|rep| set >> rep & 1 == 1).collect();
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
            let lines = queues.lines.iter().filter(|line| !line.is_empty()).count();
            prop_assert_eq!(lines, queues.shared.len(), "who has gone leaves nothing behind");
        }
    }
}
