//! Variances, and what a variance is learned from.

/// Variances by block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variances {
    /// Learned groups of the fixed part.
    pub groups: Vec<f64>,
    /// The rep intercepts, then each slope column.
    pub blocks: Vec<f64>,
    /// Over all coefficients of a rep, where it is learned.
    pub full: Option<Vec<f64>>,
}

/// What a variance is learned from.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    count: f64,
    squares: f64,
    variances: f64,
}

impl Moment {
    pub fn add(&mut self, coefficient: f64, variance: f64) {
        self.count += 1.0;
        self.squares += coefficient * coefficient;
        self.variances += variance;
    }

    pub fn variance(&self, old: f64, fast: bool) -> f64 {
        if self.count == 0.0 {
            old
        } else if fast {
            self.squares / (self.count - self.variances / old).max(1e-3)
        } else {
            (self.squares + self.variances) / self.count
        }
    }
}
