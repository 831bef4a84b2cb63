//! Whoever watches the server by the shipped dashboard and the documented alarms looks at metrics that
//! it really exports.

use std::{collections::BTreeSet, path::Path};

use crate::world::Door;

/// Names of metrics in a text.
fn named(text: &str) -> BTreeSet<&str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !word(c)).filter(|word| word.starts_with("pointsman_"));
    words.filter(|name| !name.ends_with('_')).collect()
}

/// Names that are exported, with those that a histogram has.
fn exported(metrics: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        names.insert(name.to_owned());
        if kind == "histogram" {
            names.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        }
    }
    names
}

#[test]
fn dashboard_and_alarms_name_metrics_that_are_exported() {
    let door = Door::open(5);
    door.lead("DE", "p1");
    let exported = exported(&door.get("/metrics").text);
    door.stop();
    let read = |name: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
    };
    let (dashboard, operation) = (read("grafana/pointsman.json"), read("operation.md"));
    assert!(named(&dashboard).len() >= 15, "{:?}", named(&dashboard));
    let missing = |names: BTreeSet<&str>| -> Vec<String> {
        names.into_iter().filter(|name| !exported.contains(*name)).map(str::to_owned).collect()
    };
    assert_eq!(missing(named(&dashboard)), Vec::<String>::new(), "the dashboard names what nobody exports");
    assert_eq!(missing(named(&operation)), Vec::<String>::new(), "docs/operation.md names what nobody exports");
    assert_eq!(missing(named("rate(pointsman_imagined_total[5m])")), ["pointsman_imagined_total"]);
    // What wants a page at night has a picture to look at.
    for watched in ["pointsman_deliveries_dead", "pointsman_deliveries_lag_seconds", "pointsman_parked"] {
        assert!(named(&dashboard).contains(watched) && named(&operation).contains(watched), "{watched}");
    }
}
