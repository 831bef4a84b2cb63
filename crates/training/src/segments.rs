//! Finding segments of leads within which reps differ: a score test for the variance of a block
//! of rep × level effects that the model does not have yet.
//!
//! With residuals e = c (y − p) and variances v = c² p (1 − p), c the row's weight, summed over
//! the rows of a cell (rep, level): under "no such effect" E[(Σe)²] = Σv, so
//!
//! ```text
//! z = Σ_cells ((Σe)² − Σv) / √(2 Σ_cells (Σv)²)
//! ```
//!
//! (after the common effect of each level, e − v Σe / Σv over reps, is taken off)
//! is about standard normal (the score of a variance component at 0; Lin 1997, Biometrika 84).
//! One pass over the rows a candidate, no fit.

use pointsman_scoring::{NO_LEVEL, Scope, artifact::Segment, segment};

use crate::{boost::bins::quantile_edges, encode::Encoded, hier::Column, plan::segment_column};

/// Numbers of ranges that a number is cut into.
const RANGES: [usize; 2] = [2, 4];
/// Levels of a segment at most: more cells than this share too few rows.
const MAX_LEVELS: usize = 100;
/// Levels of a category that takes part in pairs.
const PAIR_LEVELS: usize = 30;
/// Segments added at most.
const KEEP: usize = 3;
/// Among a hundred candidates of pure noise a few exceed this; the gate judges what is left.
const Z: f64 = 2.5;

/// The segments with the strongest evidence, strongest first: single ones, pairs, and the best
/// pair with a third.
pub fn find(rows: &Encoded, p: &[f64], present: &[Segment]) -> Vec<Segment> {
    let judge = |candidates: Vec<Segment>| {
        let fresh = candidates.into_iter().filter(|candidate| !present.contains(candidate));
        fresh.map(|candidate| (score(rows, p, &candidate), candidate)).collect::<Vec<(f64, Segment)>>()
    };
    let strongest = |scored: &mut Vec<(f64, Segment)>| scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let singles = singles(rows);
    let mut scored = judge(pairs(rows, &singles));
    strongest(&mut scored);
    if let Some((_, best)) = scored.first().filter(|(z, _)| *z > Z) {
        let thirds = singles.iter().filter(|third| !inputs_of(third).iter().any(|i| inputs_of(best).contains(i)));
        let triples = thirds.map(|third| pair(best, third)).filter(|s| segment::levels(s, &rows.inputs) <= MAX_LEVELS);
        let triples = judge(triples.collect());
        scored.extend(triples);
    }
    scored.extend(judge(singles));
    strongest(&mut scored);
    scored.retain(|(z, _)| *z > Z);
    scored.truncate(KEEP);
    scored.into_iter().map(|(_, segment)| segment).collect()
}

fn singles(rows: &Encoded) -> Vec<Segment> {
    let inputs = &rows.inputs;
    let mut singles: Vec<Segment> = (inputs.categories.iter().enumerate())
        .filter(|(_, c)| (2..=PAIR_LEVELS).contains(&c.len()))
        .map(|(input, _)| Segment::Category { input: input as u32 })
        .collect();
    for (input, (number, raw)) in inputs.numbers.iter().zip(&rows.raw).enumerate() {
        let cuts = RANGES.map(|ranges| quantile_edges(raw, ranges));
        let usable = cuts.into_iter().filter(|edges| number.scope == Scope::Lead && !edges.is_empty());
        singles.extend(usable.map(|edges| Segment::Bins { input: input as u32, edges }));
    }
    // With many columns the pairs would be thousands: the first thirty take part.
    singles.truncate(30);
    singles
}

fn pairs(rows: &Encoded, singles: &[Segment]) -> Vec<Segment> {
    let mut pairs = Vec::new();
    for (i, first) in singles.iter().enumerate() {
        for second in &singles[i + 1..] {
            let both = pair(first, second);
            if inputs_of(first) != inputs_of(second) && segment::levels(&both, &rows.inputs) <= MAX_LEVELS {
                pairs.push(both);
            }
        }
    }
    pairs
}

fn pair(first: &Segment, second: &Segment) -> Segment {
    Segment::Pair { first: first.clone().into(), second: second.clone().into() }
}

/// Which inputs a segment reads: (is a number, place).
fn inputs_of(segment: &Segment) -> Vec<(bool, u32)> {
    match segment {
        Segment::Category { input } => vec![(false, *input)],
        Segment::Bins { input, .. } | Segment::Number { input } => vec![(true, *input)],
        Segment::Pair { first, second } => [inputs_of(first), inputs_of(second)].concat(),
    }
}

fn score(rows: &Encoded, p: &[f64], candidate: &Segment) -> f64 {
    match segment_column(rows, candidate) {
        Column::Levels { codes, levels } => excess(rows, p, &codes, levels),
        Column::Number(_) | Column::Scaled { .. } => 0.0,
    }
}

fn excess(rows: &Encoded, p: &[f64], codes: &[u32], levels: usize) -> f64 {
    let mut cells: Vec<(f64, f64)> = vec![(0.0, 0.0); levels * rows.rep_names.len()];
    for (row, (&rep, (&weight, &level))) in rows.rep.iter().zip(rows.weight.iter().zip(codes)).enumerate() {
        if level != NO_LEVEL && rep != NO_LEVEL {
            let (residual, variance) = &mut cells[rep as usize * levels + level as usize];
            *residual += weight * (f64::from(u8::from(rows.won[row])) - p[row]);
            *variance += weight * weight * p[row] * (1.0 - p[row]);
        }
    }
    for level in 0..levels {
        let of_level = || (level..cells.len()).step_by(levels);
        let (e, v) = of_level().fold((0.0, 0.0), |(e, v), cell| (e + cells[cell].0, v + cells[cell].1));
        if v > 0.0 {
            of_level().for_each(|cell| cells[cell].0 -= cells[cell].1 * e / v);
        }
    }
    let excess: f64 = cells.iter().map(|(e, v)| e * e - v).sum();
    let spread: f64 = cells.iter().map(|(_, v)| 2.0 * v * v).sum();
    if spread > 0.0 { excess / spread.sqrt() } else { 0.0 }
}
