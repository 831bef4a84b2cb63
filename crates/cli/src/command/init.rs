//! `pointsman init`: a workspace to start from, the one that stands in the repository's root.

use anyhow::{Context, bail};

use crate::args::Init;
use crate::{Done, output, workspace};

/// Path within the workspace and content. The root of the repository is this very workspace.
const FILES: [(&str, &str); 7] = [
    ("pointsman.toml", include_str!("../../../../pointsman.toml")),
    ("attributes.toml", include_str!("../../../../attributes.toml")),
    ("reps.toml", include_str!("../../../../reps.toml")),
    ("calendars/berlin.toml", include_str!("../../../../calendars/berlin.toml")),
    ("calendars/london.toml", include_str!("../../../../calendars/london.toml")),
    ("territories/regions.csv", include_str!("../../../../territories/regions.csv")),
    ("policies/default.toml", include_str!("../../../../policies/default.toml")),
];

pub fn run(args: &Init) -> anyhow::Result<Done> {
    let folder = &args.folder;
    let cannot = || format!("cannot write into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    if std::fs::read_dir(folder).with_context(cannot)?.next().is_some() {
        bail!("{} is not empty: name a new folder", folder.display());
    }
    for (path, content) in FILES {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(cannot)?;
        }
        std::fs::write(&path, content).with_context(cannot)?;
    }
    workspace::check(folder)?;
    output::text(format!(
        "made the workspace {0}: {1}\nnext: edit its files, then  pointsman policy check --workspace {0}  and  pointsman serve --workspace {0}",
        folder.display(),
        FILES.map(|(path, _)| path).join(", ")
    ))?;
    Ok(Done::Fine)
}
