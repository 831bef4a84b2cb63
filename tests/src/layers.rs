//! The layers of the house, and the check that arrows between crates only point down.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::Metadata;

/// Layer of each crate (ARCHITECTURE.md). Crates of one layer never name each other.
pub const LAYERS: [(&str, u8); 19] = [
    ("pointsman-domain", 0),
    ("pointsman-expr", 1),
    ("pointsman-workhours", 1),
    ("pointsman-intake", 2),
    ("pointsman-rules", 2),
    ("pointsman-scoring", 2),
    ("pointsman-assign", 2),
    ("pointsman-experiment", 2),
    ("pointsman-decision", 3),
    ("pointsman-measure", 3),
    ("pointsman-pipeline", 4),
    ("pointsman-training", 4),
    ("pointsman-sim", 4),
    ("pointsman-store", 4),
    ("pointsman-connect", 4),
    ("pointsman-report", 4),
    ("pointsman-server", 5),
    ("pointsman", 6),
    ("pointsman-tests", 7),
];

/// Every arrow between workspace crates that does not point to a lower layer, and every crate
/// without a layer. Dev-dependencies are free.
pub fn faults(metadata: &Metadata) -> Vec<String> {
    let layers: BTreeMap<&str, u8> = LAYERS.into_iter().collect();
    let members: BTreeSet<&str> = metadata.workspace_packages().map(|p| p.name.as_str()).collect();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let Some(own) = layers.get(package.name.as_str()) else {
            faults.push(format!("{} has no layer", package.name));
            continue;
        };
        let named = package.dependencies.iter().filter(|d| !d.is_for_tests());
        for dependency in named.filter(|d| members.contains(d.name.as_str())) {
            let lower = layers.get(dependency.name.as_str()).is_some_and(|layer| layer < own);
            if !lower {
                faults.push(format!("{} names {}, which is not of a lower layer", package.name, dependency.name));
            }
        }
    }
    faults
}

/// Names of everything that `package` links, build scripts and tests left out.
pub fn links(metadata: &Metadata, package: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("the metadata was asked for with its resolution");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p.name.clone())).collect();
    let start = metadata.packages.iter().find(|p| p.name == package).expect("the package exists");
    let mut seen = BTreeSet::new();
    let mut open = vec![&start.id];
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(nodes[id].deps.iter().filter(|d| d.is_normal()).map(|d| &d.pkg));
        }
    }
    seen.into_iter().map(|id| names[id].clone()).collect()
}
