//! Rows of scores, each kept once however often it comes: leads that differ in nothing the model
//! looks at are one row.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    columns: usize,
    cells: Vec<f32>,
    classes: Vec<u8>,
    /// The first row of each hash; another one with the same hash is kept as often as it comes.
    by_hash: BTreeMap<u64, u32>,
}

impl Rows {
    pub fn new(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    /// The place of this row of `columns` scores, which is kept if it is new.
    pub fn place(&mut self, scores: &[f64], class: u8) -> u32 {
        let from = self.cells.len();
        self.cells.extend(scores.iter().map(|score| *score as f32));
        let hash = hash(&self.cells[from..], class);
        let new = self.classes.len() as u32;
        let first = *self.by_hash.entry(hash).or_insert(new);
        if first != new && self.is(first, from, class) {
            self.cells.truncate(from);
            return first;
        }
        self.classes.push(class);
        new
    }

    pub fn len(&self) -> usize {
        self.classes.len()
    }

    pub fn row(&self, place: u32) -> (&[f32], u8) {
        let from = place as usize * self.columns;
        (&self.cells[from..from + self.columns], self.classes[place as usize])
    }

    fn is(&self, place: u32, from: usize, class: u8) -> bool {
        let (row, its_class) = self.row(place);
        let same = row.iter().zip(&self.cells[from..]).all(|(a, b)| a.to_bits() == b.to_bits());
        same && its_class == class
    }
}

/// FNV-1a, a score at a time.
fn hash(row: &[f32], class: u8) -> u64 {
    let step = |hash: u64, bits: u32| (hash ^ u64::from(bits)).wrapping_mul(0x0100_0000_01b3);
    row.iter().fold(0xcbf2_9ce4_8422_2325 ^ u64::from(class), |hash, score| step(hash, score.to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_to_the_bit_and_in_its_class_is_one_row() {
        let mut rows = Rows::new(2);
        let never = f64::NEG_INFINITY;
        let places = [
            rows.place(&[0.5, never], 0),
            rows.place(&[0.5, 0.25], 0),
            rows.place(&[0.5, never], 0),
            rows.place(&[0.5, never], 1),
            rows.place(&[0.0, 0.25], 0),
            rows.place(&[-0.0, 0.25], 0),
        ];
        assert_eq!(places, [0, 1, 0, 2, 3, 4]);
        assert_eq!((rows.len(), rows.row(2)), (5, (&[0.5, f32::NEG_INFINITY][..], 1)));
    }

    #[test]
    fn rows_of_one_hash_stay_apart() {
        let mut rows = Rows::new(1);
        rows.place(&[1.0], 0);
        // As if the hash of another row were the same.
        let clash = hash(&[2.0], 0);
        rows.by_hash.insert(clash, 0);
        assert_eq!((rows.place(&[2.0], 0), rows.place(&[2.0], 0), rows.place(&[1.0], 0)), (1, 2, 0));
    }
}
