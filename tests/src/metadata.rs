//! What `cargo metadata` prints, as far as the checks of the house read it.
//!
//! The crate of that name would do, but asks for a feature of `serde_json` that the product does not use:
//! polars links `serde_json`, and would then be compiled once for `-p pointsman` and again for `--workspace`.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    /// Absent when asked for without the dependencies.
    pub resolve: Option<Resolve>,
}

#[derive(Debug, Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub dependencies: Vec<Dependency>,
}

/// A dependency as the manifest declares it.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub name: String,
    kind: Option<Kind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Dev,
    Build,
}

#[derive(Debug, Deserialize)]
pub struct Resolve {
    pub nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub struct Node {
    pub id: String,
    pub deps: Vec<Link>,
}

#[derive(Debug, Deserialize)]
pub struct Link {
    pub pkg: String,
    dep_kinds: Vec<LinkKind>,
}

#[derive(Debug, Deserialize)]
struct LinkKind {
    kind: Option<Kind>,
}

impl Dependency {
    /// Linked into what is shipped.
    pub fn is_normal(&self) -> bool {
        self.kind.is_none()
    }

    pub fn is_for_tests(&self) -> bool {
        self.kind == Some(Kind::Dev)
    }
}

impl Link {
    pub fn is_normal(&self) -> bool {
        self.dep_kinds.iter().any(|dep| dep.kind.is_none())
    }
}

impl Metadata {
    /// Of the workspace at `manifest`; `whole` with everything that it links.
    ///
    /// # Panics
    /// When cargo refuses.
    pub fn read(manifest: &Path, whole: bool) -> Self {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(manifest);
        if !whole {
            command.arg("--no-deps");
        }
        let output = command.output().expect("cargo runs");
        assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("cargo prints what it documents")
    }

    pub fn workspace_packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}
