//! The leads that stand for those still to come: a weighted table of scores.

/// Columns are handled in groups of this many, so that sums have one order on every machine.
pub(super) const LANES: usize = 8;

/// Net value of a cell that is no candidate: far below nobody's 0, yet finite.
const NEVER: f32 = -1e30;

/// What a lead is worth to nobody, in the column behind those of the reps.
const NOBODY: f32 = 0.0;

/// Rows are leads, columns are reps, a cell is value × probability in any one unit. Each row has a
/// weight (how much of the coming leads it stands for; only ratios count) and a class (which
/// conditional limits it would draw on, see [`super::Bound`]).
#[derive(Debug, Clone, Default)]
pub struct Sample {
    columns: usize,
    stride: usize,
    cells: Vec<f32>,
    weights: Vec<f64>,
    classes: Vec<u8>,
    leads: usize,
    /// Σ w² of the leads, alike or not.
    squares: f64,
}

impl Sample {
    pub fn new(columns: usize) -> Self {
        Self { columns, stride: (columns + 1).next_multiple_of(LANES), ..Self::default() }
    }

    /// One lead's scores, in column order; NaN and −∞ mean "may not have it". Rows that are
    /// shorter than the table are filled up with that.
    ///
    /// Weights that are negative or not finite count as 0.
    pub fn push(&mut self, scores: impl Iterator<Item = f64>, weight: f64, class: u8) {
        let finite = |s: f64| if s.is_finite() { (s as f32).max(NEVER) } else { NEVER };
        self.cells.extend(scores.take(self.columns).map(finite));
        self.cells.resize(self.weights.len() * self.stride + self.columns, NEVER);
        self.pad();
        self.weights.push(0.0);
        self.classes.push(class.min(super::MAX_CLASSES - 1));
        self.push_again(self.weights.len() - 1, weight);
    }

    /// Fills up the row whose last column was written.
    fn pad(&mut self) {
        self.cells.push(NOBODY);
        self.cells.resize(self.cells.len().next_multiple_of(self.stride), NEVER);
    }

    /// One more lead like that of row `i`.
    pub fn push_again(&mut self, i: usize, weight: f64) {
        let weight = if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        self.weights[i] += weight;
        self.squares += weight * weight;
        self.leads += 1;
    }

    /// Leads that it was made of; those alike share a row.
    pub fn leads(&self) -> usize {
        self.leads
    }

    /// As how many leads of one weight it counts: (Σ w)² / Σ w².
    pub(super) fn effective_leads(&self) -> f64 {
        self.total_weight().powi(2) / self.squares.max(f64::MIN_POSITIVE)
    }

    pub fn rows(&self) -> usize {
        self.weights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Columns and nobody's, rounded up to whole groups; the padding is never anybody's candidate.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn row(&self, i: usize) -> &[f32] {
        &self.cells[i * self.stride..(i + 1) * self.stride]
    }

    pub(super) fn weight(&self, i: usize) -> f64 {
        self.weights[i]
    }

    pub(super) fn class(&self, i: usize) -> u8 {
        self.classes[i]
    }

    pub(super) fn total_weight(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// Weighted mean of each row's best score, at least 0: the natural unit of prices.
    pub(super) fn scale(&self) -> f64 {
        let best = |i: usize| self.row(i).iter().fold(0.0f32, |m, &s| m.max(s));
        let sum: f64 = (0..self.rows()).map(|i| self.weights[i] * f64::from(best(i))).sum();
        let total = self.total_weight();
        if total > 0.0 { sum / total } else { 0.0 }
    }

    /// The greatest score of any row, at least 0.
    pub(super) fn largest(&self) -> f64 {
        (0..self.rows()).flat_map(|i| self.row(i)).fold(0.0f64, |most, &score| most.max(f64::from(score)))
    }

    /// The same leads with these columns only, and without the cells that `never` names by column
    /// and class.
    pub(super) fn part(&self, columns: &[usize], never: impl Fn(usize, u8) -> bool) -> Self {
        let mut part = Self { leads: self.leads, squares: self.squares, ..Self::new(columns.len()) };
        (part.weights, part.classes) = (self.weights.clone(), self.classes.clone());
        part.cells.reserve_exact(self.rows() * part.stride);
        for (i, &class) in self.classes.iter().enumerate() {
            let row = self.row(i);
            part.cells.extend(columns.iter().map(|&c| if never(c, class) { NEVER } else { row[c] }));
            part.pad();
        }
        part
    }

    /// Every `step`-th row, for a first guess at the prices.
    pub(super) fn thinned(&self, step: usize) -> Self {
        let mut thin = Self::new(self.columns);
        for i in (0..self.rows()).step_by(step.max(1)) {
            thin.push(self.row(i)[..self.columns].iter().map(|s| f64::from(*s)), self.weights[i], self.classes[i]);
        }
        thin
    }
}
