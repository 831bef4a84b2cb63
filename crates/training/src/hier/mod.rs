//! `HierLogit`: a logistic regression with partial pooling over reps, native to linfa.
//!
//! ```text
//! logit P(won) = offset + β₀ + fixed effects + b_r + slopes of rep r at the lead's levels
//! b_r ~ N(0, σ²₀),  slopes of block k ~ N(0, σ²_k)        (or all of a rep's ~ N(0, Σ))
//! ```
//!
//! Coefficients are the posterior mode, by exact Newton steps on the arrow-shaped Hessian; the
//! variances maximise the Laplace evidence (MacKay 1992, *Bayesian interpolation*, fixed points
//! σ² = Σw² / Σ(1 − v/σ²), where v are posterior variances; EM for a full Σ). Posterior variances
//! are exact given the variances.
//!
//! Reading order: [`design`] (the records), [`params`], `groups` (rows sorted by rep), `newton`
//! (one pass), `variances`, `evidence` (learning them), [`fitted`] (the model).

pub mod design;
mod evidence;
pub mod fitted;
mod groups;
mod newton;
pub mod params;
mod variances;

pub use design::{Column, Design, FixedColumn, NONE, Prior};
pub(crate) use newton::in_order;

pub use fitted::{HierLogit, RepEffects, SlopeEffects};
pub use params::{Covariance, HierLogitParams, HierLogitValidParams};

/// Why a fit was refused.
#[derive(Debug, thiserror::Error)]
pub enum HierError {
    #[error("parameter '{name}' is {value}: it must be a number above 0")]
    Parameter { name: &'static str, value: f64 },
    #[error("there are no rows to fit")]
    Empty,
    #[error("all rows have the same outcome: nothing can be learned from them")]
    OneOutcome,
    #[error("{what} has {found} entries where the design has {expected} rows")]
    Length { what: &'static str, found: usize, expected: usize },
    #[error("{what}, row {row}: {problem}")]
    Entry { what: &'static str, row: usize, problem: &'static str },
    #[error("one rep touches {0} coefficients: more than the 65,000 that fit; merge rare levels")]
    TooWide(usize),
    #[error("linfa refused the data")]
    Linfa(#[from] linfa::Error),
}
