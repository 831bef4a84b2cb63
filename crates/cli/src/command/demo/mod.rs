//! `pointsman demo`: the whole thing on a company whose truth is known.
//!
//! A year of history under round robin → CRM files → import → features → train → the next
//! year routed by both policies → an A/B test of the two → report → load → serve. Every step goes
//! through the same functions as its own command.

pub mod company;
mod report;
mod trial;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use pointsman_decision::comparison::Comparison;
use pointsman_domain::{Instant, Micros, ModelName};
use pointsman_sim::{Contender, Setting, Stretch, World, compare, world::START};
use pointsman_store::Projector;
use pointsman_training::{EvaluateConfig, Evaluated, Split, TrainConfig, evaluate_table};

use super::simulate::DEMO_WORLD;
use super::train::Made;
use crate::args::{Apply, Demo, Serve};
use crate::clock::{self, Stopwatch};
use crate::{Done, output, store, workspace};

/// Days of history, then the year that is routed again and again, four quarters of 91 days.
pub const HISTORY_DAYS: u32 = 365;
pub const QUARTER_DAYS: u32 = 91;
pub const YEAR_DAYS: u32 = 4 * QUARTER_DAYS;
/// The last quarter of the history.
const LAST_QUARTER: &str = "2025-Q4";
/// The model is evaluated on what came between these days of the history: late enough to have
/// something to learn from, early enough that nearly every outcome is known.
const SPLIT_DAY: u32 = 215;
const TESTED_UNTIL: u32 = 285;

/// Everything the demo found out.
pub struct Found {
    pub world: World,
    pub import: pointsman_pipeline::ImportReport,
    pub made: Made,
    pub evaluated: Evaluated,
    pub table: pointsman_scoring::FeatureTable,
    pub contenders: [Contender; 2],
    pub comparison: Comparison,
    pub trial: trial::Trial,
}

pub fn run(args: &Demo) -> anyhow::Result<Done> {
    let started = Stopwatch::start();
    make_room(&args.into)?;
    let found = find_out(args)?;
    let written = report::write(args, &found)?;
    if args.json {
        output::json(&report::summary(&found))?;
    } else {
        output::text(report::text(&found, &args.into))?;
    }
    fill_store(&args.into)?;
    eprintln!("{} ({:.0} s)", written.display(), started.seconds());
    if args.no_serve {
        return Ok(Done::Fine);
    }
    company::open_around_the_clock(&found.world, &args.into)?;
    eprintln!("the history's figures: /kpi?quarter={LAST_QUARTER}; how its leads moved: /flow; your leads: /");
    let serve = Serve { workspace: args.into.clone(), listen: Some(args.listen.clone()), apply: true };
    super::serve::run(&serve)
}

/// The history into the store. What is reported of it is made here, by the hours that the company
/// kept in that year, before its doors open around the clock.
fn fill_store(folder: &Path) -> anyhow::Result<()> {
    eprintln!("7/7  the history into the store");
    super::apply::apply(&Apply {
        workspace: folder.to_owned(),
        dry_run: false,
        author: "demo".into(),
        reason: "the company as it was".into(),
        json: false,
    })?;
    super::load::load(folder, folder)?;
    let opened = store::write(folder)?;
    let mut projector = Projector::new(&*opened.store)?;
    projector.catch_up()?;
    projector.rep_days(clock::now())?;
    Ok(())
}

/// The folder must be new or made by an earlier demo, so that nothing of anybody else's is lost.
fn make_room(folder: &Path) -> anyhow::Result<()> {
    const MARK: &str = ".pointsman-demo";
    if folder.exists() {
        let empty =
            std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?.next().is_none();
        if !empty && !folder.join(MARK).exists() {
            bail!("{} exists and was not made by a demo: name another folder with --into", folder.display());
        }
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(MARK), "made by pointsman demo; may be deleted\n"))
        .with_context(|| format!("cannot write into {}", folder.display()))
}

fn find_out(args: &Demo) -> anyhow::Result<Found> {
    let folder = &args.into;
    let world = World::parse(DEMO_WORLD, args.seed)?;
    let old = company::old_policy(&world)?;
    eprintln!("1/7  a year of '{}' under round robin", world.file.name);
    let exported = company::write_history(&world, &old, HISTORY_DAYS, folder)?;
    company::write_workspace(&world, folder)?;
    eprintln!("2/7  importing the CRM export");
    let import = company::import(folder, &exported)?;
    eprintln!("3/7  features and model");
    super::features::build(folder)?;
    let (table, _) = pointsman_pipeline::read_features(&folder.join(super::features::TABLE_FILE))?;
    let name: ModelName = "conversion".parse()?;
    let made = super::train::make(folder, &name, Some(day(HISTORY_DAYS)))?;
    workspace::promote(folder, &name, &made.manifest.version)?;
    let evaluated = evaluate(&table)?;
    let contenders = company::contenders(old, folder)?;
    eprintln!("4/7  {} years, routed by both policies", args.years);
    let stretch = Stretch { first_day: HISTORY_DAYS, days: YEAR_DAYS, replicates: args.years };
    let bar = output::bar("routing", u64::from(args.years) * 2);
    let comparison = compare(&world, &contenders, stretch, &|| bar.inc(1));
    bar.finish_and_clear();
    eprintln!("5/7  the A/B test");
    let trial = trial::run(&world, &contenders)?;
    eprintln!("6/7  the report");
    Ok(Found { world, import, made, evaluated, table, contenders, comparison, trial })
}

/// Midnight UTC of a day of the world.
pub fn day(number: u32) -> Instant {
    START + Micros::DAY.times(i64::from(number))
}

/// The model on the last part of the history, trained on what was known before.
fn evaluate(table: &pointsman_scoring::FeatureTable) -> anyhow::Result<Evaluated> {
    let config = EvaluateConfig {
        split: Split::At(day(SPLIT_DAY).unix_micros()),
        until: Some(day(TESTED_UNTIL).unix_micros()),
        labels_known: true,
        train: TrainConfig::default(),
    };
    Ok(evaluate_table(table, &config, None)?)
}

/// Routes leads of the world by one policy.
pub fn route(world: &World, contender: &Contender, leads: &[pointsman_sim::WorldLead]) -> Vec<pointsman_sim::LeadRun> {
    let policies = [Arc::clone(&contender.snapshot)];
    let priced = [contender.priced];
    pointsman_sim::run(&Setting {
        world,
        leads,
        policies: &policies,
        route: &|_, _| 0,
        priced: &priced,
        pricing: pointsman_decision::PricingConfig::simulated(),
    })
}
