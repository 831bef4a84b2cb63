//! How alike units of one group are: what decides how much a cluster or a switchback costs.

use serde::Serialize;

use super::DesignCost;
use crate::moments::Moments;

/// Groups of past units (accounts, unit × day, reps).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Groups {
    pub groups: u64,
    pub mean_size: f64,
    /// Coefficient of variation of the sizes.
    pub size_cv: f64,
    /// Intraclass correlation, 0 when groups differ by chance only.
    pub icc: f64,
}

impl Groups {
    /// One-way analysis of variance (Donner and Koval 1980): (MSB − MSW)/(MSB + (n₀ − 1) MSW), cut
    /// at 0. `None` with fewer than two groups, or when no group has two units.
    pub fn of(groups: &[Moments]) -> Option<Self> {
        let groups: Vec<&Moments> = groups.iter().filter(|g| g.n > 0.0).collect();
        let (k, n): (f64, f64) = (groups.len() as f64, groups.iter().map(|g| g.n).sum());
        if k < 2.0 || n <= k {
            return None;
        }
        let mean = groups.iter().map(|g| g.sum()).sum::<f64>() / n;
        let between = groups.iter().map(|g| g.n * (g.mean - mean) * (g.mean - mean)).sum::<f64>() / (k - 1.0);
        let within = groups.iter().map(|g| g.ss).sum::<f64>() / (n - k);
        let squares: f64 = groups.iter().map(|g| g.n * g.n).sum();
        let typical = (n - squares / n) / (k - 1.0);
        let total = between + (typical - 1.0) * within;
        let mean_size = n / k;
        Some(Self {
            groups: groups.len() as u64,
            mean_size,
            size_cv: (squares / k / (mean_size * mean_size) - 1.0).max(0.0).sqrt(),
            icc: if total > 0.0 { ((between - within) / total).clamp(0.0, 1.0) } else { 0.0 },
        })
    }

    /// What these groups cost when whole groups are randomised.
    pub fn cost(&self) -> DesignCost {
        DesignCost::Clustered { mean_size: self.mean_size.max(1.0), cv: self.size_cv, icc: self.icc }
    }

    /// The same as periods of a switchback, of which a share is kept.
    pub fn as_periods(&self, kept: f64) -> DesignCost {
        DesignCost::Switchback { leads_per_period: self.mean_size, icc: self.icc, kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_alike_within_are_told_from_chance() {
        let apart: Vec<Moments> = [[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]].iter().map(|g| Moments::of(g)).collect();
        let found = Groups::of(&apart).expect("three groups");
        assert!(found.icc > 0.99 && found.mean_size == 2.0 && found.size_cv == 0.0, "{found:?}");
        let mixed: Vec<Moments> = [[0.0, 2.0], [0.0, 2.0], [0.0, 2.0]].iter().map(|g| Moments::of(g)).collect();
        assert_eq!(Groups::of(&mixed).map(|g| g.icc), Some(0.0));
        assert_eq!(Groups::of(&[Moments::of(&[1.0]), Moments::of(&[2.0])]), None);
    }
}
