//! `pointsman backup` and `pointsman restore`: a store as one file, and back.

use anyhow::{Context, bail};
use pointsman_store::{Location, WorkspaceLock, audit::verify, backup};

use crate::args::{Backup, Restore};
use crate::{Done, output, settings::Settings};

pub fn run(args: &Backup) -> anyhow::Result<Done> {
    let location = Settings::read(&args.workspace)?.store(&args.workspace)?;
    if location.is_missing() {
        bail!("{} has no store yet", args.workspace.display());
    }
    if args.file.exists() {
        bail!("{} exists already: name a new file", args.file.display());
    }
    let what = || format!("cannot back {location} up into {}", args.file.display());
    backup::write(&location, &args.file).with_context(what)?;
    let head = head_of(&args.file)?;
    output::text(format!("{}: {} rows of the record, head {}", args.file.display(), head.seq, head.hash))?;
    Ok(Done::Fine)
}

pub fn restore(args: &Restore) -> anyhow::Result<Done> {
    let location = Settings::read(&args.workspace)?.store(&args.workspace)?;
    if !args.file.exists() {
        bail!("there is no file {}", args.file.display());
    }
    let _lock = (!location.is_shared()).then(|| WorkspaceLock::take(&args.workspace)).transpose()?;
    let what = || format!("cannot restore {} into {location}", args.file.display());
    backup::restore(&args.file, &location).with_context(what)?;
    let mut reader = location.open()?.reader()?;
    let report = verify(&mut *reader, Some(head_of(&args.file)?.hash))?;
    match report.fault {
        None => {
            output::text(format!("{location}: {} rows of the record, unbroken; head {}", report.rows, report.head))?;
            Ok(Done::Fine)
        }
        Some(fault) => {
            let problem = serde_json::to_string(&fault.problem)?;
            output::text(format!("restored, but row {} does not verify: {problem}", fault.seq))?;
            Ok(Done::Found)
        }
    }
}

fn head_of(file: &std::path::Path) -> anyhow::Result<pointsman_store::Head> {
    let store = Location::Sqlite(file.to_owned()).open().with_context(|| format!("cannot open {}", file.display()))?;
    Ok(store.reader()?.head()?)
}
