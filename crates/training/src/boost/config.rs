//! What is chosen of the two boosters.

/// Trees over the lead.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostConfig {
    pub max_trees: usize,
    pub depth: usize,
    pub learning_rate: f64,
    /// Added to a leaf's curvature.
    pub lambda: f64,
    /// Added besides where a category is split: its best order was chosen from the same rows.
    pub category_lambda: f64,
    /// Least curvature of a leaf; a row with p = ½ has ¼.
    pub min_curvature: f64,
    /// Share of rows and of features each tree sees.
    pub row_share: f64,
    pub feature_share: f64,
    /// Trees without improvement on the validation rows before giving up.
    pub patience: usize,
    pub threads: usize,
    pub seed: u64,
}

impl Default for BoostConfig {
    fn default() -> Self {
        Self {
            max_trees: 400,
            depth: 3,
            learning_rate: 0.08,
            lambda: 2.0,
            category_lambda: 10.0,
            min_curvature: 5.0,
            row_share: 0.8,
            feature_share: 0.8,
            patience: 25,
            threads: 1,
            seed: 1,
        }
    }
}

/// Trees whose leaves hold one effect a rep.
#[derive(Debug, Clone, PartialEq)]
pub struct RepBoostConfig {
    pub trees: usize,
    pub depth: usize,
    pub learning_rate: f64,
    /// Precision of an effect before anything is known: 15 is a standard deviation of 0.26 logits.
    pub lambda: f64,
    /// Least curvature on each side of a split.
    pub min_curvature: f64,
    /// Share of the features that a tree sees.
    pub feature_share: f64,
    /// Splits are chosen on at most this many rows.
    pub split_rows: usize,
    pub threads: usize,
    pub seed: u64,
}

impl Default for RepBoostConfig {
    fn default() -> Self {
        Self {
            trees: 32,
            depth: 4,
            learning_rate: 0.2,
            lambda: 15.0,
            min_curvature: 40.0,
            feature_share: 0.7,
            split_rows: 60_000,
            threads: 1,
            seed: 1,
        }
    }
}
