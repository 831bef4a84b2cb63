//! `pointsman roi baseline`: seals what will be compared with.

use std::{fs::OpenOptions, io::Write, path::Path};

use anyhow::{Context, bail};
use pointsman_measure::roi::{Date, Frozen};

use super::{frozen_path, read_spec};
use crate::{Done, clock, output};

pub fn run(spec_path: &Path, json: bool) -> anyhow::Result<Done> {
    let spec = read_spec(spec_path, 1)?;
    let path = frozen_path(spec_path, &spec);
    if path.exists() {
        let known = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let known = Frozen::read(&known).with_context(|| format!("{}", path.display()))?;
        bail!("{} was frozen on {}; a baseline is frozen once", path.display(), known.frozen_on());
    }
    let frozen = spec.baseline.freeze(today()?).with_context(|| format!("{}", spec_path.display()))?;
    let mut text = serde_json::to_string_pretty(&frozen)?;
    text.push('\n');
    let cannot = || format!("cannot write {}", path.display());
    // Never over one that appeared meanwhile.
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).with_context(cannot)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot)?;
    if !spec.frozen_in_time(&frozen) {
        output::note(format!("frozen after the start on {}: every report will say so", spec.start));
    }
    if json {
        output::json(&frozen)?;
    } else {
        output::text(format!("frozen on {}: {}\n{}", frozen.frozen_on(), frozen.sha256(), path.display()))?;
    }
    Ok(Done::Fine)
}

/// The UTC day.
fn today() -> anyhow::Result<Date> {
    let now = clock::now().to_string();
    Ok(now.get(..10).unwrap_or_default().parse()?)
}
