//! For one field: which terms its value allows, as a set of bits, without asking them.
//!
//! The set is a function of the value's [class](crate::classes), found by one binary search. Sets
//! of neighbouring classes differ in few bits: only some are kept whole, the others as the bits
//! to flip since the last whole one. With F flips in all that takes about 16·F bytes, and reading
//! one set of T terms touches T/64 words and at most as many flips (but at least eight).

use crate::{
    classes::{Answers, Constants},
    row::{Row, Seen},
};

#[derive(Debug, Clone)]
pub(crate) struct Column {
    slot: usize,
    constants: Constants,
    /// One per class.
    sets: Vec<Set>,
    /// Whole sets, `words` each.
    whole: Vec<u64>,
    /// Bits to flip, by class.
    flips: Vec<u32>,
    words: usize,
}

/// A set of terms: a whole one, and flips.
#[derive(Debug, Clone, Copy)]
struct Set {
    whole: u32,
    from: u32,
    until: u32,
}

impl Column {
    /// `answers` lists the terms that ask this field; the others allow every class.
    pub fn new(slot: usize, constants: Constants, answers: &[(u32, Answers)], words: usize) -> Self {
        let mut set = vec![u64::MAX; words];
        let mut turns: Vec<(u32, u32)> = Vec::new();
        for (term, answers) in answers {
            if !answers.when_missing {
                flip(&mut set, *term);
            }
            turns.extend(answers.turns.iter().map(|&class| (class, *term)));
        }
        turns.sort_unstable();
        let mut column = Self { slot, constants, sets: Vec::new(), whole: Vec::new(), flips: Vec::new(), words };
        let allowed = words.max(8);
        let mut turns = turns.into_iter().peekable();
        let mut start = 0;
        for class in 0..column.constants.classes() {
            let from = column.flips.len();
            while let Some((_, term)) = turns.next_if(|(at, _)| *at as usize == class) {
                flip(&mut set, term);
                column.flips.push(term);
            }
            if class == 0 || column.flips.len() - start > allowed {
                // Nobody needs the flips that lead to a whole set.
                column.flips.truncate(from);
                start = from;
                column.whole.extend(&set);
            }
            let whole = (column.whole.len() / words) as u32 - 1;
            column.sets.push(Set { whole, from: start as u32, until: column.flips.len() as u32 });
        }
        column
    }

    /// Removes from `alive` the terms that this row's value does not allow.
    pub fn narrow(&self, row: &Row, alive: &mut [u64], buffer: &mut [u64]) {
        let class = match row.see(self.slot) {
            Seen::Missing => Constants::MISSING,
            Seen::Key(key) => self.constants.class_of_number(key),
            Seen::Text(text) => self.constants.class_of_text(text.as_bytes()),
            // The only question about a list that is answered here is whether it is there.
            Seen::List(_) => Constants::FIRST_GAP,
        };
        let set = self.sets[class];
        let start = set.whole as usize * self.words;
        let whole = &self.whole[start..start + self.words];
        if set.from == set.until {
            alive.iter_mut().zip(whole).for_each(|(alive, set)| *alive &= set);
            return;
        }
        buffer.copy_from_slice(whole);
        self.flips[set.from as usize..set.until as usize].iter().for_each(|&term| flip(buffer, term));
        alive.iter_mut().zip(buffer).for_each(|(alive, set)| *alive &= *set);
    }
}

fn flip(set: &mut [u64], term: u32) {
    set[term as usize / 64] ^= 1 << (term % 64);
}
