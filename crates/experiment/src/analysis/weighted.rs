//! Rows that came with weights: what each unit weighs, in each variant.

use crate::{moments::Moments, stats::adaptive::WeightedUnit};

/// Σ 1/p and Σ (x − pivot)/p in each cell of unit × variant, and the plain moments beside them: what
/// a reader who ignores the weights would see.
#[derive(Debug, Clone)]
pub struct WeightedCells {
    pub plain: Vec<Moments>,
    pivot: Option<f64>,
    /// At `code × variants + variant`.
    sums: Vec<WeightedUnit>,
    /// Rows of each cell.
    rows: Vec<u32>,
}

impl WeightedCells {
    pub fn new(variants: usize) -> Self {
        Self { plain: vec![Moments::default(); variants], pivot: None, sums: Vec::new(), rows: Vec::new() }
    }

    /// Returns how many rows had a finite value and a probability in (0, 1].
    pub fn add(&mut self, variant: usize, values: &[f64], propensities: &[f64], codes: &[u32]) -> usize {
        let variants = self.plain.len();
        let most = codes.iter().max().map_or(0, |c| *c as usize + 1);
        if self.sums.len() < most * variants {
            self.sums.resize(most * variants, WeightedUnit::default());
            self.rows.resize(most * variants, 0);
        }
        let usable = |x: f64, p: f64| x.is_finite() && p > 0.0 && p <= 1.0;
        let usable_rows = || values.iter().zip(propensities).zip(codes).filter(|((x, p), _)| usable(**x, **p));
        let pivot = *self.pivot.get_or_insert_with(|| usable_rows().map(|((x, _), _)| *x).next().unwrap_or(0.0));
        for ((x, p), code) in usable_rows() {
            let cell = *code as usize * variants + variant;
            self.rows[cell] += 1;
            let unit = &mut self.sums[cell];
            unit.weight += 1.0 / p;
            unit.value += (x - pivot) / p;
        }
        let taken: Vec<f64> = usable_rows().map(|((x, _), _)| *x).collect();
        self.plain[variant] = self.plain[variant].merge(Moments::of(&taken));
        taken.len()
    }

    /// As if the other's rows had come here. `recode` gives this side's number of the other's unit.
    pub fn merge(&mut self, other: &Self, recode: &[u32]) {
        self.plain.iter_mut().zip(&other.plain).for_each(|(a, b)| *a = a.merge(*b));
        let (Some(theirs), Some(ours)) = (other.pivot, self.pivot.or(other.pivot)) else {
            return;
        };
        self.pivot = Some(ours);
        let variants = self.plain.len();
        for (at, unit) in other.sums.iter().enumerate() {
            let (code, variant) = (recode[at / variants] as usize, at % variants);
            if self.sums.len() < (code + 1) * variants {
                self.sums.resize((code + 1) * variants, WeightedUnit::default());
                self.rows.resize((code + 1) * variants, 0);
            }
            let cell = code * variants + variant;
            self.rows[cell] += other.rows[at];
            let into = &mut self.sums[cell];
            into.weight += unit.weight;
            into.value += unit.value + unit.weight * (theirs - ours);
        }
    }

    /// Each unit in this variant; those without a row in it weigh nothing.
    pub fn of(&self, variant: usize) -> impl Iterator<Item = WeightedUnit> + Clone {
        self.sums.iter().skip(variant).step_by(self.plain.len()).copied()
    }

    /// Each unit in both variants of a pair.
    pub fn pairs(&self, pair: [usize; 2]) -> impl Iterator<Item = [WeightedUnit; 2]> + Clone {
        self.sums.chunks_exact(self.plain.len()).map(move |unit| pair.map(|variant| unit[variant]))
    }

    /// 1/p of each of the variant's units, averaged over its rows.
    pub fn mean_weights(&self, variant: usize) -> impl Iterator<Item = f64> {
        let rows = self.rows.iter().skip(variant).step_by(self.plain.len());
        self.of(variant)
            .zip(rows)
            .filter(|(unit, _)| unit.weight > 0.0)
            .map(|(unit, rows)| unit.weight / f64::from(*rows))
    }

    /// What weighted means are less than values.
    pub fn pivot(&self) -> f64 {
        self.pivot.unwrap_or(0.0)
    }

    /// Units with a row in any variant.
    pub fn units(&self) -> usize {
        self.sums.chunks_exact(self.plain.len()).filter(|unit| unit.iter().any(|u| u.weight > 0.0)).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::adaptive::weighted_mean;

    proptest! {
        #[test]
        fn halves_merge_like_one_table(
            rows in prop::collection::vec((-1e3..1e3f64, 0.05..1.0f64, 0u32..6), 2..60),
            cut in 0usize..60,
            offset in -1e6..1e6f64,
        ) {
            let column = |f: fn(&(f64, f64, u32)) -> f64| rows.iter().map(f).collect::<Vec<f64>>();
            let values: Vec<f64> = column(|r| r.0).iter().map(|x| x + offset).collect();
            let propensities = column(|r| r.1);
            let codes: Vec<u32> = rows.iter().map(|r| r.2).collect();
            let cut = cut.min(rows.len());
            let of = |range: std::ops::Range<usize>| {
                let mut cells = WeightedCells::new(1);
                cells.add(0, &values[range.clone()], &propensities[range.clone()], &codes[range]);
                cells
            };
            let whole = of(0..rows.len());
            let mut left = of(0..cut);
            left.merge(&of(cut..rows.len()), &[0, 1, 2, 3, 4, 5]);
            prop_assert_eq!(left.units(), whole.units());
            let (a, b) = (weighted_mean(left.of(0)), weighted_mean(whole.of(0)));
            prop_assert_eq!(a.is_ok(), b.is_ok());
            if let (Ok(a), Ok(b)) = (a, b) {
                let (x, y) = (a.mean + left.pivot(), b.mean + whole.pivot());
                prop_assert!((x - y).abs() < 1e-8 * (1.0 + y.abs()), "{x} {y}");
                prop_assert!((a.std_error - b.std_error).abs() < 1e-6 * (1.0 + b.std_error));
            }
        }
    }

    #[test]
    fn a_row_without_a_usable_probability_is_not_taken() {
        let mut cells = WeightedCells::new(1);
        let taken = cells.add(0, &[1.0, 2.0, f64::NAN, 3.0], &[0.5, 0.0, 0.5, f64::NAN], &[0, 1, 2, 3]);
        assert_eq!((taken, cells.units()), (1, 1));
    }
}
