//! The simulated company as files: its CRM export and its workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use pointsman_intake::Mapping;
use pointsman_pipeline::{ImportReport, ImportRequest, Progress};
use pointsman_sim::{Contender, World, history, run::documents, run::snapshot};

use super::{day, route};
use crate::workspace;

/// The policy of the past: turns.
pub const OLD: &str = "round-robin";

pub fn old_policy(world: &World) -> anyhow::Result<Contender> {
    let compiled = snapshot(documents(world, OLD, "weighted-round-robin"));
    let snapshot = compiled.map_err(|faults| anyhow::anyhow!("the demo's company does not compile: {faults:?}"))?;
    Ok(Contender { name: OLD.into(), snapshot, priced: false, manual: false })
}

/// Routes the first days by the old policy and writes what the CRM would export at their end:
/// mapping and CSV files.
pub fn write_history(
    world: &World,
    old: &Contender,
    days: u32,
    folder: &Path,
) -> anyhow::Result<(Mapping, Vec<PathBuf>)> {
    let leads = world.leads(0, days, 0);
    let runs = route(world, old, &leads);
    let raw = folder.join("crm-export");
    let cannot = || format!("cannot write into {}", raw.display());
    std::fs::create_dir_all(&raw).with_context(cannot)?;
    let mut inputs = Vec::new();
    for file in history::export(world, &leads, &runs, day(days)) {
        let path = raw.join(file.name);
        std::fs::write(&path, file.text).with_context(cannot)?;
        inputs.push(path);
    }
    let text = history::mapping(world);
    std::fs::create_dir_all(folder.join("mappings")).with_context(cannot)?;
    std::fs::write(folder.join("mappings/demo-crm.toml"), &text).with_context(cannot)?;
    Ok((Mapping::parse(&text)?, inputs))
}

/// The files of the workspace: settings, attributes, reps, absences, calendar, two policies.
pub fn write_workspace(world: &World, folder: &Path) -> anyhow::Result<()> {
    let settings = format!(
        "format = 1\nzone = \"{}\"\ncurrency = \"{}\"\npolicy = \"default\"\n\n[store]\nurl = \"sqlite:pointsman.db\"\n",
        world.file.zone, world.file.currency
    );
    let files = [
        ("pointsman.toml", settings),
        ("attributes.toml", world.attributes_document()),
        ("reps.toml", world.roster_document()),
        ("absences.toml", world.absences_document()),
        ("calendars/office.toml", world.calendar_document()),
        ("policies/default.toml", world.policy_document("default", "expected-value")),
        ("policies/round-robin.toml", world.policy_document(OLD, "weighted-round-robin")),
    ];
    for (path, text) in files {
        let path = folder.join(path);
        let cannot = || format!("cannot write {}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(cannot)?;
        }
        std::fs::write(&path, text).with_context(cannot)?;
    }
    Ok(())
}

/// Once it is served the company works around the clock, so that a lead which a newcomer sends at
/// night is decided at once.
pub fn open_around_the_clock(world: &World, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join("calendars/office.toml");
    let text = format!("format = 1\nzone = \"{}\"\nstand_by = true\n", world.file.zone);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

pub fn import(folder: &Path, (mapping, inputs): &(Mapping, Vec<PathBuf>)) -> anyhow::Result<ImportReport> {
    let mut quiet = |_: Progress<'_>| {};
    let request = ImportRequest { mapping, inputs, into_dir: folder, max_set_aside: 0.01, progress: &mut quiet };
    Ok(pointsman_pipeline::import(request)?)
}

/// The old policy and Pointsman's, both compiled from what is in the folder now.
pub fn contenders(old: Contender, folder: &Path) -> anyhow::Result<[Contender; 2]> {
    let snapshot = Arc::new(workspace::check(folder)?);
    Ok([old, Contender { name: "default".into(), snapshot, priced: true, manual: false }])
}
