//! `pointsman experiment`: from a draft to the default policy.

pub mod desk;
mod new;
mod report;
mod table;
mod words;

use crate::Done;
use crate::args::Experiment;

pub fn run(args: &Experiment) -> anyhow::Result<Done> {
    match args {
        Experiment::New(args) => new::run(args),
        Experiment::Plan(args) => desk::plan(args),
        Experiment::Check(args) => desk::check(args),
        Experiment::Advise(args) => desk::advise(args),
        Experiment::Start(args) => desk::start(args),
        Experiment::Status(args) => desk::status(args),
        Experiment::Pause(args) => desk::step(&args.id, "pause", &args.who, &args.at),
        Experiment::Resume(args) => desk::step(&args.id, "resume", &args.who, &args.at),
        Experiment::Stop(args) => desk::step(&args.id, "stop", &args.who, &args.at),
        Experiment::Reweigh(args) => desk::reweigh(args),
        Experiment::Analyze(args) => match (&args.id, &args.workspace, &args.spec, &args.data) {
            (Some(id), Some(workspace), ..) => desk::look(id, workspace, &args.by, args.json),
            (_, _, Some(spec), Some(data)) => table::run(spec, data, args.json),
            _ => anyhow::bail!("name a live experiment with --workspace, or a table with --spec and --data"),
        },
        Experiment::Report(args) => report::run(args),
        Experiment::Decide(args) => desk::decide(args),
        Experiment::Promote(args) => desk::promote(args),
        Experiment::List(args) => desk::list(args),
    }
}
