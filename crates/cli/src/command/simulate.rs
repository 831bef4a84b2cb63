//! `pointsman simulate`: policies where the truth is known.

use std::path::Path;

use super::demo::company;
use anyhow::Context;
use pointsman_decision::comparison::{Comparison, Estimate};
use pointsman_sim::{
    Contender, Stretch, World, compare, compare_seeds,
    run::{documents, documents_with_scores, snapshot},
};

use crate::args::{Simulate, SimulateHistory, SimulateOther};
use crate::{Done, output};

/// The demo's company.
pub const DEMO_WORLD: &str = include_str!("../../../sim/worlds/demo.toml");

pub fn run(args: &Simulate) -> anyhow::Result<Done> {
    match &args.other {
        Some(SimulateOther::Assign(args)) => return super::simulate_assign::run(args),
        Some(SimulateOther::History(args)) => return history(args),
        None => {}
    }
    let stretch = Stretch { first_day: args.first_day, days: args.days.max(1), replicates: args.replicates.max(1) };
    let text = world_text(args.world.as_deref())?;
    let drawn = |n: u32| {
        let world = parsed(args.world.as_deref(), &text, args.seed + u64::from(n))?;
        let contenders =
            args.policies.iter().map(|name| contender(&world, name)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok::<_, anyhow::Error>((world, contenders))
    };
    let runs = args.seeds.unwrap_or(stretch.replicates).max(1);
    let bar = output::bar("routing", u64::from(runs) * args.policies.len() as u64);
    let comparison = match args.seeds {
        Some(seeds) => compare_seeds(seeds, stretch, &drawn, &|| bar.inc(1))?,
        None => {
            let (world, contenders) = drawn(0)?;
            compare(&world, &contenders, stretch, &|| bar.inc(1))
        }
    };
    bar.finish_and_clear();
    if let Some(path) = &args.html {
        let digest = pointsman_decision::document::digest(text.as_bytes());
        let page = super::comparison_page::simulation(&comparison, digest, &command(args));
        let html = pointsman_report::stand_alone(&page, &comparison, pointsman_report::Cx::EN)?;
        std::fs::write(path, html).with_context(|| format!("cannot write {}", path.display()))?;
    }
    match args.json {
        true => output::json(&comparison)?,
        false => output::text(describe(&comparison))?,
    }
    Ok(Done::Fine)
}

fn history(args: &SimulateHistory) -> anyhow::Result<Done> {
    let world = world(args.world.as_deref(), args.seed)?;
    let old = company::old_policy(&world)?;
    let (_, files) = company::write_history(&world, &old, args.days, &args.into)?;
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let into = args.into.display();
    output::text(format!(
        "wrote {}\nread them with: pointsman import --mapping {into}/mappings/demo-crm.toml --into {into} {}",
        names.join(", "),
        names.join(" ")
    ))?;
    Ok(Done::Fine)
}

fn command(args: &Simulate) -> String {
    let world = args.world.as_ref().map_or_else(String::new, |path| format!(" --world {}", path.display()));
    let runs = match args.seeds {
        Some(seeds) => format!("--seeds {seeds}"),
        None => format!("--replicates {}", args.replicates),
    };
    let (policies, days, first) = (args.policies.join(","), args.days, args.first_day);
    format!(
        "pointsman simulate{world} --policies {policies} --seed {} {runs} --days {days} --first-day {first}",
        args.seed
    )
}

fn world(path: Option<&Path>, seed: u64) -> anyhow::Result<World> {
    parsed(path, &world_text(path)?, seed)
}

fn world_text(path: Option<&Path>) -> anyhow::Result<String> {
    match path {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())),
        None => Ok(DEMO_WORLD.to_owned()),
    }
}

fn parsed(path: Option<&Path>, text: &str, seed: u64) -> anyhow::Result<World> {
    World::parse(text, seed)
        .with_context(|| path.map_or_else(|| "the demo's world".into(), |p| p.display().to_string()))
}

/// A policy by its name: `manual`, or a pick. Those that compare chances see the world's own
/// scores, as wrong as its file makes them; `expected-value` also prices places, and
/// `expected-value-unpriced` does not.
fn contender(world: &World, name: &str) -> anyhow::Result<Contender> {
    let (pick, scores, priced) = match name {
        "manual" => ("weighted-round-robin", false, false),
        "expected-value" | "pointsman" => ("expected-value", true, true),
        "expected-value-unpriced" => ("expected-value", true, false),
        "best-score" => ("best-score", true, false),
        pick => (pick, false, false),
    };
    let documents =
        if scores { documents_with_scores(world, "default", pick) } else { documents(world, "default", pick) };
    let snapshot = snapshot(documents).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("'{name}' is no policy of simulations: {}", lines.join("; "))
    })?;
    Ok(Contender { name: name.into(), snapshot, priced, manual: name == "manual" })
}

/// A table of policies, the first the one the others are compared with.
pub fn describe(comparison: &Comparison) -> String {
    let show = |e: Estimate, digits: usize, scale: f64| {
        let half = (e.high - e.low) / 2.0;
        match half.is_finite() {
            true => format!("{:.digits$} ± {:.digits$}", e.value * scale, half * scale),
            false => format!("{:.digits$}", e.value * scale),
        }
    };
    let rows: Vec<Vec<String>> = comparison
        .policies
        .iter()
        .map(|p| {
            vec![
                p.name.to_string(),
                show(p.conversions, 1, 1.0),
                p.lift.map_or_else(|| "–".into(), |lift| format!("{} %", show(lift, 1, 100.0))),
                show(p.share_of_optimum, 3, 1.0),
                show(p.conversion_rate, 1, 100.0),
                show(p.reaction_hours, 2, 1.0),
                show(p.speed_median_minutes, 0, 1.0),
                show(p.lost, 1, 100.0),
                show(p.sla_breaches, 0, 1.0),
                show(p.held, 0, 1.0),
                show(p.gini, 3, 1.0),
            ]
        })
        .collect();
    let head = [
        "policy",
        "wins",
        "more than first",
        "of optimum",
        "won %",
        "reaction h",
        "median work min",
        "lost %",
        "SLA missed",
        "waited",
        "Gini",
    ];
    format!(
        "{} stretches of {} days of '{}' (seed {}); ± is half a 95 % interval\n\n{}",
        comparison.replicates,
        comparison.days,
        comparison.source,
        comparison.seed,
        output::table(&head, &rows)
    )
}
