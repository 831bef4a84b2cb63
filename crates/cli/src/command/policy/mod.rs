//! `pointsman policy`: write one, check it, compare two, make one live.

mod check;
mod diff;
mod new;
mod publish;

use std::path::Path;

use anyhow::{Context, bail};
use pointsman_decision::{DocumentKind, DocumentSet, Snapshot};
use pointsman_domain::PolicyName;

use crate::{Done, args::policy::Policy};

pub fn run(args: &Policy) -> anyhow::Result<Done> {
    match args {
        Policy::New { name, workspace, json } => new::run(name, workspace, *json),
        Policy::Check(args) => check::run(args),
        Policy::Diff(args) => diff::run(args),
        Policy::Publish(args) => publish::run(args),
    }
}

/// The text of a policy that is named by a file, or by its name in the workspace.
fn text(folder: &Path, named: &str) -> anyhow::Result<String> {
    let file = Path::new(named);
    let in_folder = folder.join("policies").join(format!("{named}.toml"));
    let path = if file.is_file() { file.to_owned() } else { in_folder };
    if !path.is_file() && PolicyName::new(named).is_err() {
        bail!("'{named}' is no file");
    }
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The documents with one policy only, which rules; whatever else is wrong stays out of the way.
fn only(documents: &DocumentSet, text: &str) -> anyhow::Result<Result<Snapshot, String>> {
    let mut documents = documents.clone();
    let names: Vec<String> = documents.of(DocumentKind::Policy).map(|(name, _)| name.to_owned()).collect();
    names.iter().for_each(|name| documents.remove(DocumentKind::Policy, name));
    let documents = match documents.with_policy(text) {
        Ok(documents) => documents,
        Err(error) => return Ok(Err(error.to_string())),
    };
    Ok(Snapshot::compile(documents)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}
