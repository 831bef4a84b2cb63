//! The exact optimum: a list of leads assigned at once, or what hindsight could have won.
//!
//! A transportation problem with few reps and many leads. Leads enter one by one; each takes the
//! best *augmenting path*: it goes to a rep, who passes a lead on to another, …, until one with a
//! free place ends it. Between two reps only the best lead to pass on matters, so the path is
//! sought on the graph of reps (Ahuja, Magnanti, Orlin, *Network Flows*, §9.7, successive
//! shortest paths, on the side that is small). As long as every path was the best one, the
//! assignment is optimal for the leads so far, so no pass on a cycle gains anything and
//! Bellman–Ford ends. About rows · (columns² + path · columns · log rows) steps.

use std::collections::{BinaryHeap, VecDeque};

/// Leads × reps with what each pair is worth.
#[derive(Debug, Clone, Copy)]
pub struct Assignment<'a> {
    /// Row after row; NaN or −∞ where the rep may not have the lead.
    pub values: &'a [f64],
    /// Places of each rep; its length is the number of columns.
    pub capacity: &'a [u32],
    /// Leads each rep must get if that is possible at all; empty for none. Floors come before
    /// value: as many floor places as possible are filled, and then the value is greatest.
    pub floor: &'a [u32],
}

/// Who gets what, and the sum of the values.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// The column of each row; `None` if nobody may or should have it (a pair of negative value
    /// is made only to fill a floor).
    pub choices: Vec<Option<u32>>,
    pub value: f64,
}

/// The input does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    #[error("{values} values do not make whole rows of {columns} columns")]
    Ragged { values: usize, columns: usize },
    #[error("{floors} floors for {columns} columns: expected one each, or none")]
    Floors { floors: usize, columns: usize },
    #[error("floor {floor} of column {column} is above its capacity {capacity}")]
    FloorAboveCapacity { column: usize, floor: u32, capacity: u32 },
    #[error("the value in row {row}, column {column} is infinite: give a number, or -inf where a pair is not allowed")]
    Infinite { row: usize, column: usize },
}

/// Values are rounded to this fraction of the largest, and the optimum is exact for the rounded
/// ones: sums of integers neither depend on order nor lose anything.
const STEPS: f64 = (1u64 << 36) as f64;
const NEVER: i64 = i64::MIN / 4;

/// Assigns every row at once with the greatest total value.
///
/// ```
/// use pointsman_assign::flow::{Assignment, optimum};
/// // Both leads are better with the first rep, who has one place.
/// let values = [0.9, 0.5, 0.8, 0.1];
/// let best = optimum(&Assignment { values: &values, capacity: &[1, 1], floor: &[] }).unwrap();
/// assert_eq!(best.choices, [Some(1), Some(0)]);
/// assert_eq!(best.value, 0.5 + 0.8);
/// ```
pub fn optimum(problem: &Assignment<'_>) -> Result<Optimum, FlowError> {
    let columns = problem.capacity.len();
    check(problem)?;
    let mut bins = Bins::new(problem);
    let rows = problem.values.len().checked_div(columns).unwrap_or(0);
    for row in 0..rows {
        bins.insert(row);
    }
    let column = |bin: u32| Some(bins.column[bin as usize]).filter(|c| *c < columns).map(|c| c as u32);
    let choices: Vec<Option<u32>> = bins.place.iter().map(|&bin| column(bin)).collect();
    let won = choices.iter().enumerate().filter_map(|(row, c)| c.map(|c| problem.values[row * columns + c as usize]));
    Ok(Optimum { value: won.sum(), choices })
}

fn check(problem: &Assignment<'_>) -> Result<(), FlowError> {
    let (columns, floors, values) = (problem.capacity.len(), problem.floor.len(), problem.values.len());
    if (columns == 0 && values > 0) || (columns > 0 && !values.is_multiple_of(columns)) {
        return Err(FlowError::Ragged { values, columns });
    }
    if floors != 0 && floors != columns {
        return Err(FlowError::Floors { floors, columns });
    }
    for (column, (&floor, &capacity)) in problem.floor.iter().zip(problem.capacity).enumerate() {
        if floor > capacity {
            return Err(FlowError::FloorAboveCapacity { column, floor, capacity });
        }
    }
    match problem.values.iter().position(|v| *v == f64::INFINITY) {
        Some(at) => Err(FlowError::Infinite { row: at / columns, column: at % columns }),
        None => Ok(()),
    }
}

/// A lead that a bin could pass on: gain first, then the earlier lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pass {
    gain: i64,
    lead: std::cmp::Reverse<u32>,
}

/// Places of one kind: of a rep, the floor part of a rep, or nobody's.
struct Bins {
    /// The column of each bin; nobody's bin, the last, has one past the end.
    column: Vec<usize>,
    bonus: Vec<i64>,
    free: Vec<u64>,
    /// Row × column, rounded.
    values: Vec<i64>,
    columns: usize,
    place: Vec<u32>,
    /// For each ordered pair of bins the leads that may be passed on; stale ones are dropped when
    /// they come to the top.
    passes: Vec<BinaryHeap<Pass>>,
    gains: Vec<i64>,
}

impl Bins {
    fn new(problem: &Assignment<'_>) -> Self {
        let columns = problem.capacity.len();
        let largest = problem.values.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs()));
        let scale = if largest > 0.0 { STEPS / largest } else { 0.0 };
        let rounded = |v: &f64| if v.is_finite() { (v * scale).round() as i64 } else { NEVER };
        let floor = |c: usize| problem.floor.get(c).copied().unwrap_or(0);
        // A floor place outweighs all that a path can change elsewhere: two values a bin.
        let bonus = 2 * (2 * columns as i64 + 2) * STEPS as i64;
        let mut bins: Vec<(usize, i64, u64)> = vec![];
        for (c, &capacity) in problem.capacity.iter().enumerate() {
            if floor(c) > 0 {
                bins.push((c, bonus, u64::from(floor(c))));
            }
            bins.push((c, 0, u64::from(capacity - floor(c))));
        }
        bins.push((columns, 0, u64::MAX));
        let n = bins.len();
        Self {
            column: bins.iter().map(|b| b.0).collect(),
            bonus: bins.iter().map(|b| b.1).collect(),
            free: bins.iter().map(|b| b.2).collect(),
            values: problem.values.iter().map(rounded).collect(),
            columns,
            place: vec![],
            passes: vec![BinaryHeap::new(); n * n],
            gains: vec![NEVER; n * n],
        }
    }

    fn value(&self, lead: usize, bin: usize) -> i64 {
        let column = self.column[bin];
        if column == self.columns {
            return 0;
        }
        match self.values[lead * self.columns + column] {
            NEVER => NEVER,
            value => value + self.bonus[bin],
        }
    }

    /// Places the next lead along the best path.
    fn insert(&mut self, lead: usize) {
        let (end, via) = self.best_path(lead);
        // Backwards from the free place: who passes which lead on to whom.
        let (mut moves, mut to) = (vec![], end);
        while let Some(from) = via[to] {
            let pass =
                self.passes[from * self.column.len() + to].peek().expect("a path uses passes with a finite gain");
            moves.push((pass.lead.0 as usize, to));
            to = from;
        }
        self.place.push(to as u32);
        self.free[end] -= 1;
        for &(moved, to) in &moves {
            self.place[moved] = to as u32;
        }
        moves.push((lead, to));
        for &(moved, to) in &moves {
            self.offer(moved, to);
        }
        for &(_, bin) in &moves {
            self.refresh(bin);
        }
    }

    /// Bellman–Ford for the greatest gain from the new lead to every bin, and the bin with a free
    /// place where that is greatest (the first of several).
    fn best_path(&self, lead: usize) -> (usize, Vec<Option<usize>>) {
        let n = self.column.len();
        let mut gain: Vec<i64> = (0..n).map(|bin| self.value(lead, bin)).collect();
        let mut via = vec![None; n];
        // Only full bins pass on: from a free place no path needs to go further.
        let mut queue: VecDeque<usize> = (0..n).filter(|&b| self.free[b] == 0 && gain[b] > NEVER).collect();
        let mut queued: Vec<bool> = (0..n).map(|b| self.free[b] == 0 && gain[b] > NEVER).collect();
        while let Some(from) = queue.pop_front() {
            queued[from] = false;
            let passes = &self.gains[from * n..(from + 1) * n];
            for (to, &pass) in passes.iter().enumerate() {
                let by = gain[from] + pass;
                if pass > NEVER && by > gain[to] {
                    gain[to] = by;
                    via[to] = Some(from);
                    if self.free[to] == 0 && !queued[to] {
                        queued[to] = true;
                        queue.push_back(to);
                    }
                }
            }
        }
        let open = (0..n).filter(|&bin| self.free[bin] > 0);
        let end = open.max_by(|&a, &b| gain[a].cmp(&gain[b]).then(b.cmp(&a))).expect("nobody's bin is never full");
        (end, via)
    }

    /// Puts a lead on offer from its bin to all others that may have it.
    fn offer(&mut self, lead: usize, bin: usize) {
        let n = self.column.len();
        let here = self.value(lead, bin);
        for to in (0..n).filter(|&to| to != bin) {
            let there = self.value(lead, to);
            if there > NEVER {
                self.passes[bin * n + to].push(Pass { gain: there - here, lead: std::cmp::Reverse(lead as u32) });
            }
        }
    }

    /// Drops leads that have left the bin from the tops, and notes the best gains.
    fn refresh(&mut self, bin: usize) {
        let n = self.column.len();
        for at in bin * n..(bin + 1) * n {
            let heap = &mut self.passes[at];
            while heap.peek().is_some_and(|pass| self.place[pass.lead.0 as usize] as usize != bin) {
                heap.pop();
            }
            self.gains[at] = heap.peek().map_or(NEVER, |pass| pass.gain);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every way to give out the leads: most floor places filled, then the greatest value.
    fn by_force(columns: usize, values: &[f64], capacity: &[u32], floor: &[u32]) -> (u32, f64) {
        fn walk(columns: usize, values: &[f64], left: &mut [u32], sum: f64, end: &mut dyn FnMut(&[u32], f64)) {
            if values.is_empty() {
                return end(left, sum);
            }
            let (row, rest) = values.split_at(columns);
            walk(columns, rest, left, sum, end);
            for (c, value) in row.iter().enumerate() {
                if left[c] > 0 && value.is_finite() {
                    left[c] -= 1;
                    walk(columns, rest, left, sum + value, end);
                    left[c] += 1;
                }
            }
        }
        let mut best = (0, f64::NEG_INFINITY);
        walk(columns, values, &mut capacity.to_vec(), 0.0, &mut |left, sum| {
            let filled = (0..columns).map(|c| floor.get(c).map_or(0, |f| (capacity[c] - left[c]).min(*f))).sum();
            if filled > best.0 || (filled == best.0 && sum > best.1) {
                best = (filled, sum);
            }
        });
        best
    }

    /// Leads × 3 reps with capacities, floors below them, and some pairs not allowed.
    fn small() -> impl Strategy<Value = (Vec<f64>, Vec<u32>, Vec<u32>)> {
        let cell = prop_oneof![4 => -0.3..1.0f64, 1 => Just(f64::NEG_INFINITY)];
        let rows = (0..6usize).prop_flat_map(move |n| prop::collection::vec(cell.clone(), n * 3));
        let caps = prop::collection::vec(0..4u32, 3);
        (rows, caps, prop::collection::vec(0..3u32, 3)).prop_map(|(values, capacity, floor)| {
            let floor = floor.iter().zip(&capacity).map(|(f, c)| *f.min(c)).collect();
            (values, capacity, floor)
        })
    }

    fn filled(choices: &[Option<u32>], floor: &[u32]) -> u32 {
        let got = |c: u32| choices.iter().filter(|x| **x == Some(c)).count() as u32;
        (0u32..).zip(floor).map(|(c, f)| got(c).min(*f)).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn nothing_is_better((values, capacity, floor) in small()) {
            let best = optimum(&Assignment { values: &values, capacity: &capacity, floor: &floor }).unwrap();
            let (most, value) = by_force(3, &values, &capacity, &floor);
            prop_assert_eq!(filled(&best.choices, &floor), most, "floors are met whenever that is possible");
            prop_assert!((best.value - value).abs() < 1e-8, "{} but {} is possible", best.value, value);
            for (c, cap) in (0u32..).zip(&capacity) {
                prop_assert!(best.choices.iter().filter(|x| **x == Some(c)).count() as u32 <= *cap);
            }
        }

        #[test]
        fn another_place_never_costs((values, capacity, _) in small(), at in 0..3usize) {
            let before = optimum(&Assignment { values: &values, capacity: &capacity, floor: &[] }).unwrap();
            let mut more = capacity;
            more[at] += 1;
            let after = optimum(&Assignment { values: &values, capacity: &more, floor: &[] }).unwrap();
            prop_assert!(after.value >= before.value - 1e-9);
        }

        #[test]
        fn reps_in_another_order_get_the_same_leads((values, capacity, floor) in small()) {
            let turned: Vec<f64> = values.chunks(3).flat_map(|row| [row[2], row[0], row[1]]).collect();
            let turn = |of: &[u32]| vec![of[2], of[0], of[1]];
            let first = optimum(&Assignment { values: &values, capacity: &capacity, floor: &floor }).unwrap();
            let (capacity, floor) = (turn(&capacity), turn(&floor));
            let second = optimum(&Assignment { values: &turned, capacity: &capacity, floor: &floor }).unwrap();
            let back: Vec<_> = second.choices.iter().map(|c| c.map(|c| (c + 2) % 3)).collect();
            prop_assert_eq!(first.choices, back);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |values: &[f64], capacity: &[u32], floor: &[u32]| {
            optimum(&Assignment { values, capacity, floor }).unwrap_err().to_string()
        };
        assert_eq!(refused(&[0.5; 3], &[1, 1], &[]), "3 values do not make whole rows of 2 columns");
        assert_eq!(refused(&[0.5; 2], &[1, 1], &[1]), "1 floors for 2 columns: expected one each, or none");
        assert_eq!(refused(&[0.5; 2], &[1, 1], &[0, 2]), "floor 2 of column 1 is above its capacity 1");
        assert!(refused(&[0.5, f64::INFINITY], &[1, 1], &[]).starts_with("the value in row 0, column 1 is infinite"));
        let none = optimum(&Assignment { values: &[], capacity: &[], floor: &[] }).unwrap();
        assert_eq!(none, Optimum { choices: vec![], value: 0.0 });
    }
}
