//! Sums of gradient and curvature by bin and rep, and what they are evidence for.

/// `sums[bin × reps + rep]`: gradient Σ w (y − p) and curvature Σ w p (1 − p).
#[derive(Debug, Clone)]
pub(super) struct Cells {
    pub sums: Vec<(f64, f64)>,
    pub bins: usize,
    pub reps: usize,
}

impl Cells {
    pub fn new(bins: usize, reps: usize) -> Self {
        Self { sums: vec![(0.0, 0.0); bins * reps], bins, reps }
    }

    pub fn add(&mut self, bin: usize, rep: usize, (gradient, curvature): (f64, f64)) {
        let cell = &mut self.sums[bin * self.reps + rep];
        cell.0 += gradient;
        cell.1 += curvature;
    }

    pub fn bin(&self, bin: usize) -> &[(f64, f64)] {
        &self.sums[bin * self.reps..(bin + 1) * self.reps]
    }

    pub fn total(&self) -> Vec<(f64, f64)> {
        self.union((0..self.bins).collect::<Vec<_>>().as_slice())
    }

    /// The sum over bins, one entry a rep.
    pub fn union(&self, bins: &[usize]) -> Vec<(f64, f64)> {
        let mut sum = vec![(0.0, 0.0); self.reps];
        bins.iter().for_each(|&bin| join(&mut sum, self.bin(bin), 1.0));
        sum
    }
}

/// sum += sign × more.
pub(super) fn join(sum: &mut [(f64, f64)], more: &[(f64, f64)], sign: f64) {
    for (a, b) in sum.iter_mut().zip(more) {
        a.0 += sign * b.0;
        a.1 += sign * b.1;
    }
}

pub(super) fn curvature(of: &[(f64, f64)]) -> f64 {
    of.iter().map(|(_, h)| h).sum()
}

/// Evidence for effects ~ N(0, 1/λ) in these cells against none.
pub(super) fn evidence(cells: &[(f64, f64)], lambda: f64) -> f64 {
    cells.iter().map(|&(g, h)| cell(g, h, lambda)).sum()
}

/// Evidence of two sides: one side, and what is left of the total.
pub(super) fn evidence_of_both(side: &[(f64, f64)], total: &[(f64, f64)], lambda: f64) -> f64 {
    let other = |(a, b): (&(f64, f64), &(f64, f64))| cell(a.0, a.1, lambda) + cell(b.0 - a.0, b.1 - a.1, lambda);
    side.iter().zip(total).map(other).sum()
}

fn cell(g: f64, h: f64, lambda: f64) -> f64 {
    // An empty cell says nothing; most cells of a deep node are empty, and logarithms are dear.
    if h <= 0.0 { 0.0 } else { 0.5 * (g * g / (h + lambda) - (h / lambda).ln_1p()) }
}
