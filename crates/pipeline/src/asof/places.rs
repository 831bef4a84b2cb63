//! Which row of the table is a lead's. Tables are mostly in one order, so the row after the last one
//! found is asked first; an index is made when that fails for the first time.

use std::sync::OnceLock;

use pointsman_domain::LeadId;

/// Finds rows by lead; shared by threads.
pub struct Places<'a> {
    leads: &'a [LeadId],
    index: OnceLock<Index>,
}

impl<'a> Places<'a> {
    /// Of distinct leads, and their index where there is one already.
    pub fn new(leads: &'a [LeadId], index: Option<Index>) -> Self {
        Self { leads, index: index.map_or_else(OnceLock::new, OnceLock::from) }
    }

    /// A search that first looks at row `guess`, and then behind the last row found.
    pub fn search(&self, guess: usize) -> Search<'_> {
        Search { places: self, next: guess }
    }
}

pub struct Search<'a> {
    places: &'a Places<'a>,
    next: usize,
}

impl Search<'_> {
    pub fn find(&mut self, lead: LeadId) -> Option<u32> {
        let Places { leads, index } = self.places;
        if leads.get(self.next) == Some(&lead) {
            self.next += 1;
            return Some(self.next as u32 - 1);
        }
        let row = index.get_or_init(|| Index::of(leads)).find(leads, lead)?;
        self.next = row as usize + 1;
        Some(row)
    }
}

/// A hash table of row numbers, four bytes a slot and at least three slots for two rows; the leads
/// themselves stay where they are.
pub struct Index {
    slots: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl Index {
    pub fn for_rows(rows: usize) -> Self {
        Self { slots: vec![FREE; (rows + rows / 2 + 1).next_power_of_two()] }
    }

    fn of(leads: &[LeadId]) -> Self {
        let mut index = Self::for_rows(leads.len());
        for row in 0..leads.len() {
            index.insert(leads, row as u32);
        }
        index
    }

    /// Whether no earlier row was this lead's.
    pub fn insert(&mut self, leads: &[LeadId], row: u32) -> bool {
        let slot = self.slot(leads, leads[row as usize]);
        let free = self.slots[slot] == FREE;
        if free {
            self.slots[slot] = row;
        }
        free
    }

    fn find(&self, leads: &[LeadId], lead: LeadId) -> Option<u32> {
        Some(self.slots[self.slot(leads, lead)]).filter(|&row| row != FREE)
    }

    /// The slot where the lead stands or would stand.
    fn slot(&self, leads: &[LeadId], lead: LeadId) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = hash(lead) as usize & last;
        while self.slots[slot] != FREE && leads[self.slots[slot] as usize] != lead {
            slot = (slot + 1) & last;
        }
        slot
    }
}

/// Ids are hashes, or times followed by chance: both halves are mixed, and high bits come down.
fn hash(lead: LeadId) -> u64 {
    let id = u128::from_le_bytes(lead.bytes());
    let mixed = ((id as u64).rotate_left(26) ^ (id >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(n: u64) -> LeadId {
        LeadId::from_bytes(u128::from(n).to_be_bytes())
    }

    #[test]
    fn leads_are_found_in_any_order_and_strangers_are_not() {
        let leads: Vec<LeadId> = (0..1000).map(|n| lead(n * 7)).collect();
        let places = Places::new(&leads, None);
        for step in [1, 3, 7, 999] {
            let mut search = places.search(0);
            for i in 0..1000 {
                let row = i * step % 1000;
                assert_eq!(search.find(leads[row]), Some(row as u32));
                assert_eq!(search.find(lead(row as u64 * 7 + 1)), None);
            }
        }
    }

    #[test]
    fn a_lead_that_occurs_twice_keeps_its_first_row() {
        let leads = [lead(3), lead(4), lead(3)];
        let mut index = Index::for_rows(3);
        assert_eq!([0, 1, 2].map(|row| index.insert(&leads, row)), [true, true, false]);
        assert_eq!(index.find(&leads, lead(3)), Some(0));
    }
}
