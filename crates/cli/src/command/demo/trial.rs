//! The A/B test of the demo: run in the world, analysed like any other table of units.

use pointsman_domain::VariantId;
use pointsman_experiment::analysis::{Analyzer, ExperimentResult, UnitRow};
use pointsman_experiment::randomise::Salt;
use pointsman_experiment::spec::{Design, ExperimentSpec};
use pointsman_sim::{AbConfig, AbRow, AbRun, Contender, World, ab};

use super::{HISTORY_DAYS, QUARTER_DAYS};

/// The specification, as it is shipped.
pub const SPEC: &str = include_str!("../../../../../experiments/router/experiment.toml");
/// Leads of the test: another stretch than those of the comparison.
const DRAW: u64 = 1_000;

/// The test and what it said.
pub struct Trial {
    pub spec: ExperimentSpec,
    pub run: AbRun,
    pub result: ExperimentResult,
    pub variant: VariantId,
}

pub fn run(world: &World, contenders: &[Contender; 2]) -> anyhow::Result<Trial> {
    let spec = ExperimentSpec::from_toml(SPEC)?;
    debug_assert!(matches!(spec.design, Design::Switchback { .. }));
    let config = AbConfig {
        first_day: HISTORY_DAYS,
        days: QUARTER_DAYS,
        draw: DRAW,
        salt: Salt::new(u128::from(world.seed) << 64 | 0x9e37_79b9),
        maturity: spec.maturity,
    };
    let run = ab::switchback(world, [&contenders[0], &contenders[1]], config)?;
    let result = analyse(&spec, &run.rows)?;
    let variant = spec.variants[1].id.clone();
    Ok(Trial { spec, run, result, variant })
}

/// Feeds the rows to the analysis, one value for each column it asks for.
pub fn analyse(spec: &ExperimentSpec, rows: &[AbRow]) -> anyhow::Result<ExperimentResult> {
    let mut analyzer = Analyzer::new(spec);
    let columns: Vec<String> = analyzer.columns().iter().map(|need| need.name.as_str().to_owned()).collect();
    let mut values = vec![0.0; columns.len()];
    for row in rows {
        for (value, column) in values.iter_mut().zip(&columns) {
            *value = match column.as_str() {
                "variant" => row.variant as f64,
                "won" => f64::from(u8::from(row.won)),
                "minutes" => row.minutes.unwrap_or(f64::NAN),
                "late" => f64::from(u8::from(row.late)),
                "period" => row.cluster as f64,
                // The quarter ended longer ago than the maturity window.
                "matured" => 1.0,
                other => anyhow::bail!("the experiment asks for a column '{other}' that the demo does not have"),
            };
        }
        analyzer.push_row(&UnitRow { values: &values })?;
    }
    Ok(analyzer.finish())
}
