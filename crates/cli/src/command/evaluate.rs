//! `pointsman evaluate`: a model on rows it has not seen.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_domain::{Instant, Micros, Probability};
use pointsman_pipeline::{parse_time, read_features, read_npy, read_table, write_predictions};
use pointsman_scoring::{Evaluation, FeatureTable, TimeScale};
use pointsman_training::rolling::{Advice, Every, RollingReport, evaluate_rolling};
use pointsman_training::{EvaluateConfig, Split, TrainConfig, Truth, evaluate_table};

use super::card_words::trials;
use super::features::TABLE_FILE;
use crate::args::Evaluate;
use crate::{Done, output};

pub fn run(args: &Evaluate) -> anyhow::Result<Done> {
    let table = read(args)?;
    let train = TrainConfig { no_rep: args.no_rep, seed: args.seed, ..TrainConfig::default() };
    let truth = args.truth.as_deref().map(|path| truth(path, args, &table)).transpose()?;
    let split = match &truth {
        // The truth speaks of the last rows: everything before them is the past.
        Some(truth) if args.split == "truth" => Split::LastRows(truth.values.len() / truth.reps.len().max(1)),
        _ => split(&args.split, table.time_scale)?,
    };
    let until = args.until.as_deref().map(|text| time(text, table.time_scale, "--until")).transpose()?;
    let config = EvaluateConfig { split, until, labels_known: args.labels_known, train };
    let every = args.rolling.as_deref().map(|text| every(text, table.time_scale)).transpose()?;
    let spinner = output::spinner("training and testing");
    let done = match every {
        Some(every) => evaluate_rolling(&table, &config, every).map(|(e, report)| (e, Some(report))),
        None => evaluate_table(&table, &config, truth.as_ref()).map(|e| (e, None)),
    };
    spinner.finish_and_clear();
    let (evaluated, rolling) = done?;
    if let Some(path) = &args.predictions {
        let rows = evaluated.test_rows.iter().zip(&evaluated.predictions);
        let named = rows.map(|(row, p)| (&*table.lead_id[*row], Probability::new(*p).unwrap_or_default()));
        write_predictions(path, named)?;
    }
    match args.json {
        true => output::json(&flat(&evaluated.evaluation, rolling.as_ref())?)?,
        false => {
            output::text(describe(&evaluated.evaluation))?;
            if let Some(report) = &rolling {
                output::text(format!("\n{}", describe_rolling(report, table.time_scale)))?;
            }
        }
    }
    Ok(Done::Fine)
}

fn read(args: &Evaluate) -> anyhow::Result<FeatureTable> {
    match (&args.table, &args.workspace) {
        (Some(table), _) => Ok(read_table(table)?),
        (None, Some(workspace)) => {
            let first = || format!("no feature table (first: pointsman features --workspace {})", workspace.display());
            let (table, _) = read_features(&workspace.join(TABLE_FILE)).with_context(first)?;
            // A lead whose outcome nobody knows can be neither right nor wrong.
            let known: Vec<usize> = (0..table.len()).filter(|&row| table.label_ts[row] != i64::MAX).collect();
            Ok(table.take(&known))
        }
        (None, None) => bail!("name --table FILE or --workspace DIR"),
    }
}

/// A time or, between 0 and 1, a share of the rows.
fn split(text: &str, scale: TimeScale) -> anyhow::Result<Split> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(Split::Share(share)),
        _ => Ok(Split::At(time(text, scale, "--split")?)),
    }
}

fn time(text: &str, scale: TimeScale, flag: &str) -> anyhow::Result<i64> {
    parse_time(text, scale).with_context(|| {
        let like = match scale {
            TimeScale::Micros => "a time like 2012-01-10 or 2012-01-10T09:00:00",
            TimeScale::Order => "a number, as in the table's column ts",
        };
        format!("{flag} '{text}' is neither {like} nor a fraction between 0 and 1")
    })
}

/// `8` stretches, or stretches of `14d`, `12h`.
fn every(text: &str, scale: TimeScale) -> anyhow::Result<Every> {
    let wrong = || format!("--rolling '{text}' is neither a number of stretches (8) nor a length of time (14d, 12h)");
    let length = |number: &str, unit: Micros| -> anyhow::Result<Every> {
        let count: i64 = number.parse().with_context(wrong)?;
        if count < 1 || scale == TimeScale::Order {
            bail!("{}; a length needs a table whose ts are times", wrong())
        }
        Ok(Every::Time(unit.times(count)))
    };
    match (text.strip_suffix('d'), text.strip_suffix('h'), text.parse::<usize>()) {
        (Some(days), ..) => length(days, Micros::DAY),
        (_, Some(hours), _) => length(hours, Micros::HOUR),
        (_, _, Ok(parts)) if (1..=1000).contains(&parts) => Ok(Every::Parts(parts)),
        _ => bail!("{}", wrong()),
    }
}

fn truth(path: &Path, args: &Evaluate, table: &FeatureTable) -> anyhow::Result<Truth> {
    let matrix = read_npy(path)?;
    let reps: Vec<Box<str>> = match &args.truth_reps {
        Some(names) => {
            let text = std::fs::read_to_string(names).with_context(|| format!("cannot read {}", names.display()))?;
            text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.trim().into()).collect()
        }
        None => {
            let mut names = table.rep.names.clone();
            names.sort();
            names
        }
    };
    if reps.len() != matrix.columns {
        bail!(
            "{} has {} columns but there are {} reps: name the columns with --truth-reps FILE, one id a line",
            path.display(),
            matrix.columns,
            reps.len()
        );
    }
    Ok(Truth { values: matrix.values, reps })
}

/// The evaluation with the gap's two numbers beside the others.
fn flat(evaluation: &Evaluation, rolling: Option<&RollingReport>) -> anyhow::Result<serde_json::Value> {
    let mut value = serde_json::to_value(evaluation)?;
    if let (Some(object), Some(report)) = (value.as_object_mut(), rolling) {
        object.insert("rolling".into(), serde_json::to_value(report)?);
    }
    if let (Some(object), Some(gap)) = (value.as_object_mut(), &evaluation.gap) {
        object.remove("gap");
        object.insert("top1_gap_closed".into(), gap.top1_gap_closed.into());
        object.insert("capacity_gap_closed".into(), gap.capacity_gap_closed.into());
    }
    Ok(value)
}

fn describe(e: &Evaluation) -> String {
    let maybe = |x: Option<f64>| x.map_or("not defined".to_owned(), |x| format!("{x:.4}"));
    let rows = [
        ("rows trained on", e.rows_train.to_string()),
        ("rows left out, label not mature", e.rows_immature.to_string()),
        ("rows tested on", e.rows_test.to_string()),
        ("log-loss", format!("{:.4}  (base rate {:.4})", e.log_loss, e.base_log_loss)),
        (
            "gain over the base rate",
            format!("{:.4}  [{:.4}, {:.4}]", e.gain_over_base.estimate, e.gain_over_base.low, e.gain_over_base.high),
        ),
        ("AUC", maybe(e.auc)),
        ("Brier score", format!("{:.4}", e.brier)),
        ("ECE, 10 bins", format!("{:.4}  (perfectly calibrated: below {:.4} in 95 %)", e.ece, e.ece_calibrated_q95)),
        ("ECE over reps", maybe(e.rep_ece)),
        ("training", format!("{:.2} s", e.train_seconds)),
    ];
    let mut lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<32}{value}")).collect();
    if let Some(gap) = &e.gap {
        lines.push(format!("{:<32}{:.4}", "gap closed, best rep", gap.top1_gap_closed));
        lines.push(format!("{:<32}{:.4}", "gap closed, under capacity", gap.capacity_gap_closed));
    }
    format!("{}\n\n{}", lines.join("\n"), trials(&e.layers))
}

fn describe_rolling(report: &RollingReport, scale: TimeScale) -> String {
    let time = |at: i64| match scale {
        TimeScale::Micros => Instant::from_unix_micros(at).to_string().chars().take(16).collect(),
        TimeScale::Order => String::new(),
    };
    let rows = report.stretches.iter().enumerate().map(|(i, s)| {
        let moved = s.moved.iter().take(3).map(|m| format!("{} {:.2}", m.feature, m.stability_index));
        vec![
            (i + 1).to_string(),
            time(s.from),
            s.rows.to_string(),
            s.rows_train.to_string(),
            format!("{:.4}", s.log_loss),
            format!("{:.4}", s.fixed_log_loss),
            format!("{:.4}", s.base_log_loss),
            format!("{:+.1}", s.fixed_missed),
            moved.collect::<Vec<_>>().join(", "),
        ]
    });
    let head =
        ["", "from", "rows", "trained on", "refitted", "left alone", "base rate", "wins off by (SE)", "moved (PSI)"];
    let advice = match report.advice {
        Advice::RefitEvery { stretches } => {
            format!("refit at least every {stretches} stretches: by then refitting had paid beyond two standard errors")
        }
        Advice::Watch { stretch } => format!(
            "watch it: from stretch {stretch} on the model left alone expects other wins than come, though refitting does not mend that beyond chance yet"
        ),
        Advice::NoNeed => "no need to hurry: on these leads a model left alone does as well as refitted ones".into(),
    };
    let gain = report.gain;
    format!(
        "{}\n\nrefitting saves {:.5} a lead [{:.5}, {:.5}]\n{advice}",
        output::table(&head, &rows.collect::<Vec<_>>()),
        gain.estimate,
        gain.low,
        gain.high
    )
}
