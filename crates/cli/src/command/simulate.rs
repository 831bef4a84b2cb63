//! `pointsman simulate`: policies where the truth is known.

use std::path::Path;

use super::demo::company;
use anyhow::Context;
use pointsman_decision::comparison::{Comparison, Estimate};
use pointsman_sim::{Contender, Stretch, World, compare, run::documents, run::snapshot};

use crate::args::{Simulate, SimulateHistory, SimulateOther};
use crate::{Done, output};

/// The demo's company.
pub const DEMO_WORLD: &str = include_str!("../../../sim/worlds/demo.toml");
/// Days before the stretch that is routed: the world has moved a little.
const FIRST_DAY: u32 = 365;

pub fn run(args: &Simulate) -> anyhow::Result<Done> {
    match &args.other {
        Some(SimulateOther::Assign(args)) => return super::simulate_assign::run(args),
        Some(SimulateOther::History(args)) => return history(args),
        None => {}
    }
    let world = world(args.world.as_deref(), args.seed)?;
    let contenders = args.policies.iter().map(|pick| contender(&world, pick)).collect::<anyhow::Result<Vec<_>>>()?;
    let stretch = Stretch { first_day: FIRST_DAY, days: args.days.max(1), replicates: args.replicates.max(1) };
    let bar = output::bar("routing", u64::from(stretch.replicates) * contenders.len() as u64);
    let comparison = compare(&world, &contenders, stretch, &|| bar.inc(1));
    bar.finish_and_clear();
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

fn world(path: Option<&Path>, seed: u64) -> anyhow::Result<World> {
    let text = match path {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        None => DEMO_WORLD.to_owned(),
    };
    World::parse(&text, seed)
        .with_context(|| path.map_or_else(|| "the demo's world".into(), |p| p.display().to_string()))
}

/// A policy that needs no model, by the name of its pick.
fn contender(world: &World, pick: &str) -> anyhow::Result<Contender> {
    let compiled = snapshot(documents(world, "default", pick));
    let snapshot = compiled.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("'{pick}' is no pick: {}", lines.join("; "))
    })?;
    Ok(Contender { name: pick.into(), snapshot, priced: false })
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
                show(p.speed_median_minutes, 0, 1.0),
                show(p.speed_p90_minutes, 0, 1.0),
                show(p.gini, 3, 1.0),
                show(p.unassigned, 1, 1.0),
            ]
        })
        .collect();
    let head = ["policy", "wins", "more than first", "of optimum", "median min", "p90 min", "Gini", "unassigned"];
    format!(
        "{} stretches of {} days of '{}' (seed {}); ± is half a 95 % interval\n\n{}",
        comparison.replicates,
        comparison.days,
        comparison.source,
        comparison.seed,
        output::table(&head, &rows)
    )
}
