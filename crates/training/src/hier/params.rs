//! Hyper-parameters of [`super::HierLogit`], unchecked and checked, as linfa has them.

use std::sync::Arc;

use linfa::ParamGuard;

use super::{HierError, HierLogit};

/// What the slopes of one rep are allowed to know of one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Covariance {
    /// Nothing: one variance a column, learned.
    Blocks,
    /// A full covariance over a rep's coefficients is learned too, pulled towards the blocks as
    /// if `weight` further reps had shown exactly them. Structures of low rank are this.
    Full { weight: f64 },
}

/// Checked hyper-parameters; made by [`HierLogitParams`].
#[derive(Debug, Clone)]
pub struct HierLogitValidParams {
    pub(crate) max_rounds: usize,
    pub(crate) tolerance: f64,
    pub(crate) min_variance: f64,
    pub(crate) threads: usize,
    pub(crate) covariance: Covariance,
    pub(crate) start: Option<Arc<HierLogit>>,
}

/// Unchecked hyper-parameters.
///
/// ```
/// use linfa::ParamGuard;
/// use pointsman_training::hier::HierLogitParams;
/// assert!(HierLogitParams::default().threads(2).check().is_ok());
/// assert!(HierLogitParams::default().tolerance(0.0).check().is_err());
/// ```
#[derive(Debug, Clone)]
pub struct HierLogitParams(HierLogitValidParams);

impl Default for HierLogitParams {
    fn default() -> Self {
        Self(HierLogitValidParams {
            max_rounds: 40,
            tolerance: 0.03,
            min_variance: 1e-5,
            threads: 1,
            covariance: Covariance::Blocks,
            start: None,
        })
    }
}

impl HierLogitParams {
    /// Rounds of variance learning at most.
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.0.max_rounds = rounds;
        self
    }

    /// Learning ends when no variance moves by more than this share in a round.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Variances never fall below this: such a block is as good as absent.
    pub fn min_variance(mut self, variance: f64) -> Self {
        self.0.min_variance = variance;
        self
    }

    /// The result does not depend on this, to the last bit.
    pub fn threads(mut self, threads: usize) -> Self {
        self.0.threads = threads;
        self
    }

    pub fn covariance(mut self, covariance: Covariance) -> Self {
        self.0.covariance = covariance;
        self
    }

    /// Begins where an earlier fit of the same shape ended; one of another shape is ignored.
    pub fn start(mut self, earlier: Arc<HierLogit>) -> Self {
        self.0.start = Some(earlier);
        self
    }
}

impl ParamGuard for HierLogitParams {
    type Checked = HierLogitValidParams;
    type Error = HierError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let p = &self.0;
        let above_zero = |name: &'static str, x: f64| match x > 0.0 && x.is_finite() {
            true => Ok(()),
            false => Err(HierError::Parameter { name, value: x }),
        };
        above_zero("tolerance", p.tolerance)?;
        above_zero("min_variance", p.min_variance)?;
        above_zero("max_rounds", p.max_rounds as f64)?;
        above_zero("threads", p.threads as f64)?;
        if let Covariance::Full { weight } = p.covariance {
            above_zero("covariance weight", weight)?;
        }
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}
