//! What is told of experiments and of returns, kept when it is told: the rows of `rpt_experiment_v1`
//! and `rpt_roi_quarter_v1`, and the files that a quarter's return is computed from. Nothing here is
//! part of the record: told again, it is replaced.

use pointsman_domain::{ExperimentId, Instant, VariantId};

use crate::{
    error::StoreError,
    statements::{Cell, Row, Statements, Step},
};

/// A metric of an experiment, for one variant against the control.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentFigure {
    pub metric: Box<str>,
    pub variant: VariantId,
    pub control: VariantId,
    pub is_primary: bool,
    pub verdict: Option<&'static str>,
    pub n_control: u64,
    pub n_variant: u64,
    pub effect: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Where an experiment stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentStanding {
    pub id: ExperimentId,
    pub design: &'static str,
    pub state: &'static str,
    pub started_at: Option<Instant>,
    pub decided_at: Option<Instant>,
}

/// A quarter's return as it was told: the files that make the same numbers again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReturn {
    /// `2026-Q3`.
    pub quarter: Box<str>,
    pub at: Instant,
    pub by: Box<str>,
    pub seed: u64,
    /// `roi.toml`.
    pub spec: Box<str>,
    /// The frozen baseline.
    pub frozen: Box<str>,
}

/// One component of a quarter's return; amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnFigure {
    pub component: &'static str,
    pub value: i64,
    pub low: Option<i64>,
    pub high: Option<i64>,
    pub design: Option<Box<str>>,
    /// First twelve letters of the digest of the frozen baseline.
    pub baseline: Box<str>,
}

/// Reads and writes them.
pub struct Reports<'a>(&'a mut dyn Statements);

impl std::fmt::Debug for Reports<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reports")
    }
}

impl<'a> Reports<'a> {
    pub fn new(statements: &'a mut dyn Statements) -> Self {
        Self(statements)
    }

    /// Replaces what is told of an experiment.
    pub fn keep_experiment(
        &mut self,
        standing: &ExperimentStanding,
        figures: &[ExperimentFigure],
    ) -> Result<(), StoreError> {
        let gone = "DELETE FROM experiment_figures WHERE experiment = $1";
        let new = "INSERT INTO experiment_figures (experiment, metric, variant, is_primary, control, design, state,
                started_at, decided_at, verdict, n_control, n_variant, effect, low, high)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
        let row = |figure: &ExperimentFigure| {
            vec![
                standing.id.as_str().into(),
                (&*figure.metric).into(),
                figure.variant.as_str().into(),
                i64::from(figure.is_primary).into(),
                figure.control.as_str().into(),
                standing.design.into(),
                standing.state.into(),
                maybe_at(standing.started_at),
                maybe_at(standing.decided_at),
                figure.verdict.into(),
                figure.n_control.into(),
                figure.n_variant.into(),
                Cell::Real(figure.effect),
                Cell::Real(figure.low),
                Cell::Real(figure.high),
            ]
        };
        let mut steps = vec![Step::may(gone, vec![standing.id.as_str().into()])];
        steps.extend(figures.iter().map(|figure| Step::must(new, row(figure))));
        self.0.all("keep what an experiment shows", steps).map(drop)
    }

    /// Says where an experiment stands; its figures stay as they were told.
    pub fn experiment_stands(&mut self, standing: &ExperimentStanding) -> Result<(), StoreError> {
        let sql = "UPDATE experiment_figures SET state = $1, started_at = $2, decided_at = $3 WHERE experiment = $4";
        let cells = vec![
            standing.state.into(),
            maybe_at(standing.started_at),
            maybe_at(standing.decided_at),
            standing.id.as_str().into(),
        ];
        self.0.all("say where an experiment stands", vec![Step::may(sql, cells)]).map(drop)
    }

    /// Keeps a quarter's return; told again, it replaces what was told before.
    pub fn keep_return(&mut self, kept: &KeptReturn, figures: &[ReturnFigure]) -> Result<(), StoreError> {
        let report =
            "INSERT INTO roi_reports (quarter, at, kept_by, seed, spec, frozen) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (quarter) DO UPDATE SET at = excluded.at, kept_by = excluded.kept_by, seed = excluded.seed,
            spec = excluded.spec, frozen = excluded.frozen";
        let cells = vec![
            (&*kept.quarter).into(),
            kept.at.into(),
            (&*kept.by).into(),
            kept.seed.into(),
            (&*kept.spec).into(),
            (&*kept.frozen).into(),
        ];
        let gone = "DELETE FROM roi_quarters WHERE quarter = $1";
        let new = "INSERT INTO roi_quarters (quarter, component, value, low, high, design, baseline)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let row = |figure: &ReturnFigure| {
            vec![
                (&*kept.quarter).into(),
                figure.component.into(),
                figure.value.into(),
                Cell::Int(figure.low),
                Cell::Int(figure.high),
                figure.design.as_deref().into(),
                (&*figure.baseline).into(),
            ]
        };
        let mut steps = vec![Step::must(report, cells), Step::may(gone, vec![(&*kept.quarter).into()])];
        steps.extend(figures.iter().map(|figure| Step::must(new, row(figure))));
        self.0.all("keep a quarter's return", steps).map(drop)
    }

    /// Every quarter whose return was told, the newest first.
    pub fn returns(&mut self) -> Result<Vec<KeptReturn>, StoreError> {
        let sql = "SELECT quarter, at, kept_by, seed, spec, frozen FROM roi_reports ORDER BY quarter DESC";
        self.0.rows("read what quarters brought in", sql, vec![])?.iter().map(kept_return).collect()
    }

    /// One quarter's.
    pub fn return_of(&mut self, quarter: &str) -> Result<Option<KeptReturn>, StoreError> {
        let sql = "SELECT quarter, at, kept_by, seed, spec, frozen FROM roi_reports WHERE quarter = $1";
        self.0.rows("read what a quarter brought in", sql, vec![quarter.into()])?.first().map(kept_return).transpose()
    }
}

fn maybe_at(at: Option<Instant>) -> Cell {
    Cell::Int(at.map(Instant::unix_micros))
}

fn kept_return(row: &Row) -> Result<KeptReturn, StoreError> {
    Ok(KeptReturn {
        quarter: row.text(0)?,
        at: row.at(1)?,
        by: row.text(2)?,
        seed: row.number(3)?,
        spec: row.text(4)?,
        frozen: row.text(5)?,
    })
}
