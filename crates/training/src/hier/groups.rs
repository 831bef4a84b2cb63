//! Rows put in order of their rep. A row touches one rep only, so given the fixed effects the
//! reps are independent: each is a small dense problem over the coefficients that its rows touch.

use std::ops::Range;

use super::design::{Column, Design, NONE};

/// No coefficient.
pub(super) const SKIP: u16 = u16::MAX;

/// Rows without a rep are cut into groups of this size, so that threads can share them.
const LOOSE_ROWS: usize = 16_384;

/// The design in order of reps, entries coded by their group's own coefficients.
pub(super) struct Rows {
    /// Fixed numbers, slope numbers, multipliers of scaled columns, row-major.
    pub numbers: Vec<f64>,
    /// Fixed level columns, scaled columns, slope level columns, row-major, as local coefficients
    /// or [`SKIP`].
    pub levels: Vec<u16>,
    pub offset: Vec<f64>,
    pub won: Vec<bool>,
    pub weight: Vec<f64>,
    pub fixed_numbers: usize,
    pub slope_numbers: usize,
    pub fixed_levels: usize,
    pub scaled: usize,
    pub slope_levels: usize,
}

/// The rows of one rep (or some without), and the coefficients they touch: local coefficients
/// 0..fixed.len() are fixed ones, then come the rep's.
pub(super) struct Group {
    pub rep: Option<u32>,
    pub rows: Range<usize>,
    /// Local → place in the fixed part, ascending.
    pub fixed: Vec<u32>,
    /// Local → place in the rep's coefficients, ascending; empty without a rep.
    pub cells: Vec<u32>,
}

/// Where the columns' coefficients start. Intercept first, then numbers, levels, scaled ones, so
/// that a row's coefficients ascend.
pub(super) struct Layout {
    /// Per column of the design, in its own order.
    pub fixed: Vec<usize>,
    pub slopes: Vec<usize>,
    pub fixed_width: usize,
    pub rep_width: usize,
}

impl Layout {
    pub fn of(design: &Design) -> Self {
        let (fixed, fixed_width) = starts(&design.fixed.iter().map(|f| &f.column).collect::<Vec<_>>());
        let (slopes, rep_width) = starts(&design.slopes.iter().collect::<Vec<_>>());
        Self { fixed, slopes, fixed_width, rep_width }
    }
}

fn starts(columns: &[&Column]) -> (Vec<usize>, usize) {
    let mut next = 1;
    let mut places = vec![0; columns.len()];
    let kind = |column: &Column| match column {
        Column::Number(_) => 0,
        Column::Levels { .. } => 1,
        Column::Scaled { .. } => 2,
    };
    for wanted in 0..3 {
        for (place, column) in places.iter_mut().zip(columns) {
            if kind(column) == wanted {
                *place = next;
                next += column.width();
            }
        }
    }
    (places, next)
}

/// Sorts the rows and finds what each group touches. With `dense`, a rep's group has all of its
/// coefficients, touched or not.
pub(super) fn arrange(
    design: &Design,
    layout: &Layout,
    won: &[bool],
    weight: &[f64],
    dense: bool,
) -> (Rows, Vec<Group>) {
    let order = by_rep(design);
    let columns = Columns::of(design, layout);
    let mut rows = Rows {
        numbers: Vec::new(),
        levels: Vec::new(),
        offset: order.iter().map(|&i| design.offset[i as usize]).collect(),
        won: order.iter().map(|&i| won[i as usize]).collect(),
        weight: order.iter().map(|&i| weight[i as usize]).collect(),
        fixed_numbers: columns.fixed_numbers.len(),
        slope_numbers: columns.slope_numbers.len(),
        fixed_levels: columns.fixed_levels.len(),
        scaled: columns.scaled.len(),
        slope_levels: columns.slope_levels.len(),
    };
    let mut marks = Marks { fixed: vec![SKIP; layout.fixed_width], cells: vec![SKIP; layout.rep_width] };
    let mut groups = Vec::new();
    let mut start = 0;
    while start < order.len() {
        let rep = rep_of(design, order[start] as usize);
        let limit = if rep.is_some() { order.len() } else { (start + LOOSE_ROWS).min(order.len()) };
        let same = |&i: &u32| rep_of(design, i as usize) == rep;
        let end = start + order[start..limit].iter().take_while(|i| same(i)).count();
        let members = &order[start..end];
        let (fixed, cells) = columns.touched(members, rep.is_some(), dense, &mut marks);
        columns.push(members, rep.is_some(), &marks, &mut rows);
        marks.clear(&fixed, &cells);
        groups.push(Group { rep, rows: start..end, fixed, cells });
        start = end;
    }
    (rows, groups)
}

fn rep_of(design: &Design, row: usize) -> Option<u32> {
    if design.reps == 0 { None } else { Some(design.rep[row]).filter(|&r| r != NONE) }
}

/// Rows in order of rep, rows without one last; stable.
fn by_rep(design: &Design) -> Vec<u32> {
    let bucket = |row: usize| rep_of(design, row).map_or(design.reps, |r| r as usize);
    let mut starts = vec![0u32; design.reps + 2];
    for row in 0..design.len() {
        starts[bucket(row) + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut order = vec![0; design.len()];
    for row in 0..design.len() {
        let next = &mut starts[bucket(row)];
        order[*next as usize] = row as u32;
        *next += 1;
    }
    order
}

/// Place of a coefficient in the group at hand, or [`SKIP`].
struct Marks {
    fixed: Vec<u16>,
    cells: Vec<u16>,
}

impl Marks {
    fn clear(&mut self, fixed: &[u32], cells: &[u32]) {
        fixed.iter().for_each(|&f| self.fixed[f as usize] = SKIP);
        cells.iter().for_each(|&c| self.cells[c as usize] = SKIP);
    }
}

/// The design's columns by kind: (first coefficient, data).
struct Columns<'a> {
    fixed_numbers: Vec<&'a [f64]>,
    slope_numbers: Vec<&'a [f64]>,
    fixed_levels: Vec<(usize, &'a [u32])>,
    scaled: Vec<(usize, &'a [u32])>,
    multipliers: Vec<&'a [f64]>,
    slope_levels: Vec<(usize, &'a [u32])>,
    rep_width: usize,
}

impl<'a> Columns<'a> {
    fn of(design: &'a Design, layout: &Layout) -> Self {
        let mut columns = Self {
            fixed_numbers: Vec::new(),
            slope_numbers: Vec::new(),
            fixed_levels: Vec::new(),
            scaled: Vec::new(),
            multipliers: Vec::new(),
            slope_levels: Vec::new(),
            rep_width: layout.rep_width,
        };
        for (fixed, &start) in design.fixed.iter().zip(&layout.fixed) {
            match &fixed.column {
                Column::Number(x) => columns.fixed_numbers.push(x),
                Column::Levels { codes, .. } => columns.fixed_levels.push((start, codes)),
                Column::Scaled { codes, by, .. } => {
                    columns.scaled.push((start, codes));
                    columns.multipliers.push(by);
                }
            }
        }
        for (column, &start) in design.slopes.iter().zip(&layout.slopes) {
            match column {
                Column::Number(x) => columns.slope_numbers.push(x),
                Column::Levels { codes, .. } => columns.slope_levels.push((start, codes)),
                // Refused before.
                Column::Scaled { .. } => {}
            }
        }
        columns
    }

    /// Finds and marks the coefficients that these rows touch.
    fn touched(&self, rows: &[u32], has_rep: bool, dense: bool, marks: &mut Marks) -> (Vec<u32>, Vec<u32>) {
        let always = 1 + self.fixed_numbers.len();
        let levels = self.fixed_levels.iter().chain(&self.scaled);
        let fixed = collect(rows, levels, always, &mut marks.fixed);
        if !has_rep {
            return (fixed, Vec::new());
        }
        let always = if dense { self.rep_width } else { 1 + self.slope_numbers.len() };
        let cells = collect(rows, self.slope_levels.iter(), always, &mut marks.cells);
        let shift = fixed.len() as u16;
        cells.iter().for_each(|&c| marks.cells[c as usize] += shift);
        (fixed, cells)
    }

    fn push(&self, members: &[u32], has_rep: bool, marks: &Marks, rows: &mut Rows) {
        for &row in members {
            let row = row as usize;
            rows.numbers.extend(self.fixed_numbers.iter().map(|x| x[row]));
            rows.numbers.extend(self.slope_numbers.iter().map(|x| x[row]));
            rows.numbers.extend(self.multipliers.iter().map(|x| x[row]));
            let local = |marks: &[u16], start: usize, code: u32| match code {
                NONE => SKIP,
                code => marks[start + code as usize],
            };
            let fixed = self.fixed_levels.iter().chain(&self.scaled);
            rows.levels.extend(fixed.map(|(start, codes)| local(&marks.fixed, *start, codes[row])));
            let slopes = self.slope_levels.iter();
            rows.levels.extend(
                slopes.map(|(start, codes)| if has_rep { local(&marks.cells, *start, codes[row]) } else { SKIP }),
            );
        }
    }
}

/// The touched coefficients, ascending, and their places in `marks`. The first `always` are
/// touched by every row.
fn collect<'a>(
    rows: &[u32],
    columns: impl Iterator<Item = &'a (usize, &'a [u32])>,
    always: usize,
    marks: &mut [u16],
) -> Vec<u32> {
    (0..always).for_each(|c| marks[c] = 0);
    let mut touched: Vec<u32> = (0..always as u32).collect();
    for (start, codes) in columns {
        for &row in rows {
            let code = codes[row as usize];
            if code != NONE && marks[start + code as usize] == SKIP {
                marks[start + code as usize] = 0;
                touched.push((start + code as usize) as u32);
            }
        }
    }
    touched.sort_unstable();
    touched.iter().enumerate().for_each(|(local, &c)| marks[c as usize] = local as u16);
    touched
}
