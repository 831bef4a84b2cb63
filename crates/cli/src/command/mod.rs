//! One file per command: read, compute, render. Each returns how it ended.

mod absences;
mod access;
mod apply;
mod assign;
mod audit;
mod backtest;
mod backup;
mod card_words;
mod comparison_page;
mod deliveries;
mod demo;
mod doctor;
mod evaluate;
mod experiment;
mod explain;
mod export;
mod features;
mod flow;
mod import;
mod init;
mod kpi;
mod load;
mod migrate;
mod model_report;
mod models;
mod models_compare;
mod person;
mod policy;
mod preview;
mod prices;
mod report;
mod reps;
mod roi;
mod serve;
mod simulate;
mod simulate_assign;
mod territories;
mod train;

use crate::Done;
use crate::args::{Args, Command};

pub fn run(args: Args) -> anyhow::Result<Done> {
    match args.command {
        Command::Demo(args) => demo::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Flow(args) => flow::run(&args),
        Command::Kpi(args) => kpi::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Roi(args) => roi::run(&args),
        Command::Features(args) => features::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Reps(args) => reps::run(&args),
        Command::Absences(args) => absences::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Keys(args) => access::keys(&args),
        Command::Users(args) => access::users(&args),
        Command::Deliveries(args) => deliveries::run(&args),
        Command::Person(args) => person::run(&args),
        Command::Prices(args) => prices::run(&args),
        Command::Assign(args) => assign::run(&args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Experiment(args) => experiment::run(&args),
        Command::Preview(args) => preview::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Replay(args) => explain::replay(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Doctor(args) => doctor::run(&args),
    }
}
