//! Which columns the analyses read, and which accumulators they share.

use crate::spec::{ColumnName, ExperimentSpec, Method, MetricKind};

use super::table::{ColumnKind, ColumnNeed};

/// One thing that is accumulated; columns are places in [`Layout::columns`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collector {
    /// Mean and variance of one column.
    One(usize),
    /// Means and covariance of two.
    Two(usize, usize),
    /// Moments of a value in each cell of a key.
    Cells { value: usize, key: usize },
    /// A value and the probability of its row's variant, in each cell of a key.
    Weighted { value: usize, propensity: usize, key: usize },
    /// All values of one column.
    Values(usize),
    /// Times, with their events.
    Times { time: usize, event: usize },
}

/// The columns in the order in which a batch gives them.
#[derive(Debug, Clone)]
pub struct Layout {
    pub columns: Vec<ColumnNeed>,
    pub variant: usize,
    pub matured: Option<usize>,
    pub counted: Option<usize>,
    pub exposed_at: Option<usize>,
    pub outcome_at: Option<usize>,
    pub collectors: Vec<Collector>,
    /// For each analysis of the spec, its collector.
    pub of_analysis: Vec<usize>,
}

impl Layout {
    pub fn new(spec: &ExperimentSpec) -> Self {
        let mut columns = Columns(Vec::new());
        let variant = columns.place(&spec.data.variant, ColumnKind::Key);
        let mut optional = |name: &Option<ColumnName>| name.as_ref().map(|n| columns.place(n, ColumnKind::Number));
        let (matured, counted) = (optional(&spec.data.matured), optional(&spec.data.counted));
        let (exposed_at, outcome_at) = (optional(&spec.data.exposed_at), optional(&spec.data.outcome_at));
        let mut collectors: Vec<Collector> = Vec::new();
        let of_analysis = spec
            .analyses
            .iter()
            .map(|a| {
                let epoch = spec.data.epoch.as_ref();
                let collector = collector(&spec.metric(a).kind, &a.method, epoch, &mut columns);
                collectors.iter().position(|c| *c == collector).unwrap_or_else(|| {
                    collectors.push(collector);
                    collectors.len() - 1
                })
            })
            .collect();
        Self { columns: columns.0, variant, matured, counted, exposed_at, outcome_at, collectors, of_analysis }
    }
}

/// Columns without repetition; one that is both a number and a key is read twice.
struct Columns(Vec<ColumnNeed>);

impl Columns {
    fn place(&mut self, name: &ColumnName, kind: ColumnKind) -> usize {
        let need = ColumnNeed { name: name.clone(), kind };
        self.0.iter().position(|c| *c == need).unwrap_or_else(|| {
            self.0.push(need);
            self.0.len() - 1
        })
    }
}

fn collector(kind: &MetricKind, method: &Method, epoch: Option<&ColumnName>, columns: &mut Columns) -> Collector {
    let value = match kind {
        MetricKind::Binary { column } | MetricKind::Mean { column } => columns.place(column, ColumnKind::Number),
        MetricKind::Ratio { numerator, denominator } => {
            let m = columns.place(numerator, ColumnKind::Number);
            return Collector::Two(m, columns.place(denominator, ColumnKind::Number));
        }
        MetricKind::TimeToEvent { time, event } => {
            let time = columns.place(time, ColumnKind::Number);
            return Collector::Times { time, event: columns.place(event, ColumnKind::Number) };
        }
    };
    match method {
        Method::Difference { .. } | Method::Survival { .. } => match epoch {
            Some(epoch) => Collector::Cells { value, key: columns.place(epoch, ColumnKind::Key) },
            None => Collector::One(value),
        },
        Method::Adjusted { covariate, .. } => Collector::Two(value, columns.place(covariate, ColumnKind::Number)),
        Method::Clustered { by } | Method::Stratified { by } | Method::Periods { by, .. } | Method::Paired { by } => {
            Collector::Cells { value, key: columns.place(by, ColumnKind::Key) }
        }
        Method::Weighted { propensity, by } => {
            let propensity = columns.place(propensity, ColumnKind::Number);
            Collector::Weighted { value, propensity, key: columns.place(by, ColumnKind::Key) }
        }
        Method::Quantiles { .. } | Method::Ranks | Method::Winsorised { .. } => Collector::Values(value),
    }
}
