//! From rows to results: layout (which columns are needed), accumulators that eat rows, results,
//! verdict.
//!
//! Memory is flat in rows for moments, clusters and strata; quantiles, ranks, winsorised means and
//! curves hold 8 bytes a row and metric.

mod accumulate;
mod adaptive;
mod analyzer;
mod chunk;
mod evaluate;
mod gathered;
mod judge;
mod keys;
mod layout;
mod looking;
mod outcome;
mod result;
mod table;
mod tuning;
mod verdict;
mod weighted;

pub use adaptive::{Standing, Weighing};
pub use analyzer::Analyzer;
pub use judge::{anytime, estimate_and_p};
pub use keys::KeyValue;
pub use looking::Looking;
pub use outcome::Outcome;
pub use result::{
    Accounting, AnalysisResult, Anytime, Cell, ClusteredResult, Comparison, Excluded, ExclusionReason,
    ExperimentResult, Finding, LiftResult, MeansResult, PairedResult, PeriodsResult, QuantileResult, RanksResult,
    StratifiedResult, SurvivalArm, SurvivalResult, Tested, VariantCount, WeightedResult, WinsorisedResult,
};
pub use table::{Batch, BatchError, Column, ColumnKind, ColumnNeed, UnitRow};
pub use verdict::{Because, Guardrail, GuardrailState, Invalid, Look, Verdict, VerdictFor};
