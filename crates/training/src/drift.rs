//! Lead effects that move: what a source, an industry or the whole market is worth changes, while
//! who is good at what changes slowly.
//!
//! The rows are cut into periods. A lead-only fit gives every effect its all-time value and a
//! deviation in each period, pooled towards it with a learned variance; later rows take the last
//! period's deviation. Its logits are the offset of the fit with reps, which therefore learns rep
//! effects from all periods at full weight.

use std::sync::Arc;

use pointsman_scoring::Scope;

use crate::{
    encode::Encoded,
    hier::{Column, Design, FixedColumn, HierLogit, NONE, Prior},
};

/// Coefficients by period at most; categories with the fewest levels come first. The fit is dense
/// in them, so twice as many cost eight times the work.
const WIDTH: usize = 360;
/// A category with more levels does not move: each level has too few rows a period.
const LEVELS: usize = 40;

/// Which categories move: those that fit.
fn moving(rows: &Encoded, periods: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..rows.inputs.categories.len()).collect();
    order.sort_by_key(|&k| rows.inputs.categories[k].len());
    let mut moves = vec![false; order.len()];
    let mut width = periods * (1 + rows.inputs.numbers.len());
    for k in order {
        let levels = rows.inputs.categories[k].len();
        width += periods * levels;
        moves[k] = width <= WIDTH && levels <= LEVELS;
    }
    moves
}

/// A lead-only fit by periods.
#[derive(Debug, Clone)]
pub struct Drift {
    pub hier: HierLogit,
    pub periods: usize,
    /// Rows it was fitted to; rows after them belong to the last period.
    pub trained: usize,
}

/// What the last period makes of the lead's effects.
#[derive(Debug, Clone)]
pub struct Latest {
    pub intercept: f64,
    /// Per number and category of the inputs.
    pub numbers: Vec<f64>,
    pub categories: Vec<Vec<f64>>,
}

impl Drift {
    /// The logit of rows that begin with those it was fitted to.
    pub fn logits(&self, rows: &Encoded) -> Vec<f64> {
        self.hier.logits(&design(rows, self.periods, self.trained))
    }

    pub fn latest(&self, rows: &Encoded) -> Latest {
        let mut effects = self.hier.fixed.iter();
        let mut next = || effects.next().expect("one entry a column of the design below");
        let last = self.periods - 1;
        let intercept = self.hier.intercept + next()[last];
        let lead = |scope: Scope| scope == Scope::Lead;
        let mut number = |scope: Scope| if lead(scope) { next()[0] + next()[last] } else { 0.0 };
        let numbers = rows.inputs.numbers.iter().map(|n| number(n.scope)).collect();
        let mut category = |moves: bool| {
            let always = next();
            match moves {
                false => always.clone(),
                true => always.iter().zip(&next()[last * always.len()..]).map(|(a, b)| a + b).collect(),
            }
        };
        let categories = moving(rows, self.periods).into_iter().map(&mut category).collect();
        Latest { intercept, numbers, categories }
    }
}

/// Columns: the period, then for each number and each category its effect and (where it moves)
/// its deviation by period.
pub fn design(rows: &Encoded, periods: usize, trained: usize) -> Design {
    let period = |row: usize| (row * periods / trained.max(1)).min(periods - 1) as u32;
    let codes: Arc<[u32]> = (0..rows.len()).map(period).collect();
    let learned = |column: Column, group: u32| FixedColumn { column, prior: Prior::Learned { group } };
    let mut fixed = vec![learned(Column::Levels { codes: codes.clone(), levels: periods }, 0)];
    for (input, x) in rows.inputs.numbers.iter().zip(&rows.standard) {
        if input.scope == Scope::Lead {
            fixed.push(learned(Column::Number(x.clone()), 1));
            fixed.push(learned(Column::Scaled { codes: codes.clone(), levels: periods, by: x.clone() }, 2));
        }
    }
    let moves = moving(rows, periods);
    for (k, (input, levels)) in rows.inputs.categories.iter().zip(&rows.levels).enumerate() {
        let (width, group) = (input.len(), 3 + 2 * k as u32);
        fixed.push(learned(Column::Levels { codes: levels.clone(), levels: width }, group));
        if !moves[k] {
            continue;
        }
        let cell = |(&level, &period): (&u32, &u32)| if level == NONE { NONE } else { period * width as u32 + level };
        let by_period = levels.iter().zip(codes.iter()).map(cell).collect();
        fixed.push(learned(Column::Levels { codes: by_period, levels: periods * width }, group + 1));
    }
    Design { fixed, rep: Arc::from([]), reps: 0, slopes: Vec::new(), offset: vec![0.0; rows.len()].into() }
}
