use std::path::Path;

use pointsman_tests::{layers, metadata::Metadata};

fn workspace() -> Metadata {
    Metadata::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")), true)
}

#[test]
fn crates_name_only_lower_layers() {
    let faults = layers::faults(&workspace());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The check must be able to fail: a workspace with an arrow upwards, one sideways and a crate
/// without a layer.
#[test]
fn an_arrow_against_the_order_is_found() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/upward/Cargo.toml");
    let metadata = Metadata::read(Path::new(manifest), false);
    let faults = layers::faults(&metadata);
    let expected = [
        "pointsman-domain names pointsman-decision, which is not of a lower layer",
        "pointsman-rules names pointsman-assign, which is not of a lower layer",
        "pointsman-unheard has no layer",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn the_server_links_neither_polars_nor_linfa() {
    let metadata = workspace();
    let linked = layers::links(&metadata, "pointsman-server");
    let heavy: Vec<_> =
        linked.iter().filter(|n| ["polars", "linfa", "ndarray"].iter().any(|h| n.starts_with(h))).collect();
    assert!(heavy.is_empty(), "{heavy:?}");
    assert!(layers::links(&metadata, "pointsman-training").contains("linfa"), "the check can see what is linked");
}

/// Each heavy library has one home, and SQL, HTTP and the clock have theirs.
#[test]
fn heavy_libraries_have_one_home() {
    let homes = [
        ("polars", "pointsman-pipeline"),
        ("linfa", "pointsman-training"),
        ("ndarray", "pointsman-training"),
        ("rusqlite", "pointsman-store"),
        ("lettre", "pointsman-connect"),
        ("axum", "pointsman-server"),
        ("opentelemetry", "pointsman-server"),
        ("opentelemetry_sdk", "pointsman-server"),
        ("jiff", "pointsman-workhours"),
        ("clap", "pointsman"),
    ];
    for package in workspace().workspace_packages() {
        for (library, home) in homes {
            let names = package.dependencies.iter().any(|d| d.name == library && d.is_normal());
            assert!(!names || package.name == home, "{} names {library}, whose home is {home}", package.name);
        }
    }
}
