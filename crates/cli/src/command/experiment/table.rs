//! `experiment analyze --spec … --data …`: any table of units, streamed.

use std::path::Path;

use anyhow::Context;
use pointsman_experiment::analysis::{Analyzer, Batch, Column, ColumnKind, ExperimentResult, Outcome, Verdict};
use pointsman_experiment::spec::ExperimentSpec;
use pointsman_pipeline::{BatchColumn, Wanted, for_each_batch};
use pointsman_report::{Cx, words::experiment_record::because};
use pointsman_workhours::Zone;

use crate::output::word;
use crate::{Done, output};

pub fn run(spec: &Path, data: &Path, json: bool) -> anyhow::Result<Done> {
    let text = std::fs::read_to_string(spec).with_context(|| format!("cannot read {}", spec.display()))?;
    let spec = ExperimentSpec::from_toml(&text).with_context(|| format!("experiment {}", spec.display()))?;
    let result = analyze(&spec, data)?;
    match json {
        true => output::json(&result)?,
        false => output::text(describe(&result))?,
    }
    let invalid = result.verdicts.iter().any(|v| v.verdict == Verdict::Invalid);
    Ok(if invalid { Done::Found } else { Done::Fine })
}

/// Streams a table through the analysis of a specification.
fn analyze(spec: &ExperimentSpec, data: &Path) -> anyhow::Result<ExperimentResult> {
    let mut analyzer = Analyzer::new(spec);
    let needs = analyzer.columns().to_vec();
    let wanted: Vec<Wanted<'_>> = needs
        .iter()
        .map(|need| match need.kind {
            ColumnKind::Number => Wanted::Number(need.name.as_str()),
            ColumnKind::Key => Wanted::Text(need.name.as_str()),
        })
        .collect();
    for_each_batch::<anyhow::Error>(data, &wanted, |batch| {
        let texts: Vec<Vec<&str>> = batch
            .columns
            .iter()
            .map(|column| match column {
                BatchColumn::Texts(texts) => (0..batch.rows).map(|row| texts.get(row)).collect(),
                BatchColumn::Numbers(_) => Vec::new(),
            })
            .collect();
        let columns: Vec<Column<'_>> = batch
            .columns
            .iter()
            .zip(&texts)
            .map(|(column, texts)| match column {
                BatchColumn::Numbers(numbers) => Column::F64(numbers),
                BatchColumn::Texts(_) => Column::Text(texts),
            })
            .collect();
        Ok(analyzer.push(&Batch { rows: batch.rows, columns: &columns })?)
    })
    .with_context(|| format!("cannot analyse {}", data.display()))?;
    Ok(analyzer.finish())
}

pub fn describe(result: &ExperimentResult) -> String {
    let a = &result.accounting;
    let excluded: u64 = a.excluded.iter().map(|e| e.rows).sum();
    let mut text = format!(
        "{}: {} exposed = {} matured + {} pending + {excluded} excluded\n",
        result.experiment, a.exposed, a.matured, a.pending
    );
    if let Some(ratio) = result.sample_ratio.ok() {
        text.push_str(&format!("sample ratio: p = {:.4}\n", ratio.p_value));
    }
    for verdict in &result.verdicts {
        let said = |reason| because(Cx::EN.locale, reason, &Zone::utc());
        let because: Vec<String> = verdict.because.iter().map(said).collect();
        text.push_str(&format!("{}: {}. {}\n", verdict.variant, word(&verdict.verdict), because.join(" ")));
    }
    if let Some(Outcome::Ok(weighing)) = &result.weighing {
        for standing in &weighing.standings {
            text.push_str(&format!(
                "{}: {:.4} ± {:.4} weighted, best with probability {:.3}, next weight {:.3}\n",
                standing.variant, standing.mean, standing.std_error, standing.prob_best, standing.next_weight
            ));
        }
    }
    text.push_str("every number: --json");
    text
}
