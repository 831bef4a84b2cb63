//! `pointsman simulate assign`: online policies on a matrix of true probabilities made elsewhere.

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_pipeline::read_npy;
use pointsman_sim::external::{ExternalPolicy, ExternalRun, ExternalWorld, Matrix, simulate_assign};
use serde_json::json;

use crate::args::SimulateAssign;
use crate::{Done, output};

pub fn run(args: &SimulateAssign) -> anyhow::Result<Done> {
    let policy: ExternalPolicy = args.policy.parse()?;
    let (reps, capacity) = capacity(&args.capacity)?;
    let scores = matrix(&args.scores)?;
    let history = args.history.as_deref().map(matrix).transpose()?;
    let seen = args.seen.as_deref().map(matrix).transpose()?;
    let world = ExternalWorld {
        scores: &scores,
        capacity: &capacity,
        history: history.as_ref(),
        seen: seen.as_ref(),
        forecast_error: args.forecast_error,
    };
    let run = simulate_assign(&world, policy, args.seed)?;
    if let Some(path) = &args.choices {
        write_choices(path, &reps, &run)?;
    }
    if args.json {
        output::json(&json!({
            "expected_conversions": run.expected_conversions,
            "assigned": run.assigned,
            "decision_us_p50": run.decision_us_p50,
            "solves": run.solves,
            "solve_ms_p50": run.solve_ms_p50,
        }))?;
    } else {
        output::text(format!(
            "{}: {:.2} expected conversions, {} of {} leads assigned, {:.1} µs a decision, {} solves of {:.1} ms",
            args.policy,
            run.expected_conversions,
            run.assigned,
            run.choices.len(),
            run.decision_us_p50,
            run.solves,
            run.solve_ms_p50
        ))?;
    }
    Ok(Done::Fine)
}

fn matrix(path: &Path) -> anyhow::Result<Matrix> {
    let read = read_npy(path)?;
    Matrix::new(read.rows, read.columns, read.values).with_context(|| path.display().to_string())
}

/// `rep,capacity`, in the column order of the scores.
fn capacity(path: &Path) -> anyhow::Result<(Vec<String>, Vec<u32>)> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, head)) if head.trim() == "rep,capacity" => {}
        _ => bail!("{} does not start with the header rep,capacity", path.display()),
    }
    let (mut reps, mut places) = (Vec::new(), Vec::new());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let parsed = line.trim().split_once(',').and_then(|(rep, n)| Some((rep, n.trim().parse::<f64>().ok()?)));
        match parsed {
            Some((rep, n)) if n >= 0.0 && n.fract() == 0.0 && n <= f64::from(u32::MAX) => {
                reps.push(rep.to_owned());
                places.push(n as u32);
            }
            _ => bail!(
                "{}, line {}: '{line}' is not REP,PLACES with a whole number of places",
                path.display(),
                number + 1
            ),
        }
    }
    Ok((reps, places))
}

/// `lead,rep`; an empty rep is a lead that was not assigned.
fn write_choices(path: &Path, reps: &[String], run: &ExternalRun) -> anyhow::Result<()> {
    let mut text = String::from("lead,rep\n");
    for (lead, choice) in run.choices.iter().enumerate() {
        let rep = choice.and_then(|rep| reps.get(rep as usize)).map_or("", String::as_str);
        text.push_str(&format!("{lead},{rep}\n"));
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
