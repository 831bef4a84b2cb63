//! `pointsman apply`: files become what is live.

use pointsman_domain::Digest;
use serde_json::json;

use crate::args::Apply;
use crate::{Done, output, store, workspace};

pub fn run(args: &Apply) -> anyhow::Result<Done> {
    let (id, differences) = apply(args)?;
    if args.json {
        output::json(&json!({ "snapshot": id, "applied": !args.dry_run, "differences": differences }))?;
    } else if differences.is_empty() {
        output::text("nothing to apply: the files are what is live")?;
    } else {
        let verb = if args.dry_run { "would become live" } else { "is live" };
        output::text(format!("{}\nsnapshot {} {verb}", differences.join("\n"), id.short()))?;
    }
    Ok(if args.dry_run && !differences.is_empty() { Done::Found } else { Done::Fine })
}

/// What is live then, or would be, and how it differs from what was.
pub fn apply(args: &Apply) -> anyhow::Result<(Digest, Vec<String>)> {
    // Faults of the files are told before a store is made.
    workspace::check(&args.workspace)?;
    let opened = store::write(&args.workspace)?;
    let snapshot = store::over_live(&opened.live, workspace::check_over(&args.workspace, &opened.live)?)?;
    let differences = store::differences(&opened.live, &snapshot.documents);
    let id = snapshot.id;
    if !differences.is_empty() && !args.dry_run {
        store::switch(&*opened.store, snapshot, &args.author, &args.reason)?;
    }
    Ok((id, differences))
}
