//! `pointsman migrate`: a store's tables, brought to what this version needs.

use anyhow::Context;
use serde_json::json;

use crate::args::Migrate;
use crate::{Done, output, settings::Settings};

pub fn run(args: &Migrate) -> anyhow::Result<Done> {
    let location = Settings::read(&args.workspace)?.store(&args.workspace)?;
    let what = || format!("cannot read the format of {location}");
    let before = location.migrations().with_context(what)?;
    let left = before.iter().filter(|migration| !migration.applied).count();
    if left > 0 && !args.dry_run {
        location.migrate().with_context(|| format!("cannot migrate {location}"))?;
    }
    let now = location.migrations().with_context(what)?;
    if args.json {
        let row = |m: &pointsman_store::migration::Standing| json!({ "number": m.number, "name": m.name, "step": m.step.as_str(), "applied": m.applied });
        output::json(&json!({ "store": location.to_string(), "migrations": now.iter().map(row).collect::<Vec<_>>() }))?;
    } else {
        let rows: Vec<Vec<String>> = now
            .iter()
            .map(|m| {
                let state = if m.applied { "done" } else { "to run" };
                vec![m.number.to_string(), m.name.to_owned(), m.step.as_str().to_owned(), state.to_owned()]
            })
            .collect();
        output::text(output::table(&["number", "name", "step", "state"], &rows))?;
    }
    Ok(if args.dry_run && left > 0 { Done::Found } else { Done::Fine })
}
